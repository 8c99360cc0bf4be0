import { DEFAULT_ACCESS_RULES, type AccessRules } from '../access/access-rules.ts';
import type { KeySettings } from '../access/authenticate.ts';
import type { GatewaySettings, Settings } from './settings.ts';

/** The settings that say who may call, as access/ wants them. */
export function keySettingsOf(settings: GatewaySettings): KeySettings {
  return { ...settings, applicationId: settings.appId };
}

/** The settings that hide columns, as access/ wants them. */
export function accessRulesOf(settings: Settings): AccessRules {
  const classes = Object.entries(settings.protectedFields).map(([className, groups]) => {
    const hidden = Object.entries(groups).map(
      ([group, columns]) => [group, new Set(columns)] as const,
    );
    return [className, new Map(hidden)] as const;
  });
  return {
    ...DEFAULT_ACCESS_RULES,
    protectedFields: new Map(classes),
    protectedFieldsOwnerExempt: settings.protectedFieldsOwnerExempt,
    enforcePrivateUsers: settings.enforcePrivateUsers,
    requestKeywordDenylist: settings.requestKeywordDenylist,
  };
}

/** The providers whose ids find users: all but second factors. */
export function identityProvidersOf({ auth, enableAnonymousUsers }: Settings): readonly string[] {
  const named = [...(auth ?? [])].filter(([, { kind }]) => kind !== 'totp').map(([name]) => name);
  return enableAnonymousUsers ? ['anonymous', ...named] : named;
}
