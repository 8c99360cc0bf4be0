import type { ProtectedFields } from '../parse/class-permissions.ts';
import type { DeniedKeyword } from './denied-keywords.ts';

/** The settings of Parse Server that access depends on, under Parse Server's names. */
export interface AccessRules {
  /** Columns hidden on top of what the classes themselves hide: class → whom → columns. */
  readonly protectedFields: ReadonlyMap<string, ProtectedFields>;
  /** A user sees and filters all columns of the own user object, whatever is protected. */
  readonly protectedFieldsOwnerExempt: boolean;
  /** New users are readable by themselves only; otherwise by everybody. */
  readonly enforcePrivateUsers: boolean;
  /** What no write may carry, besides the keys that never may. */
  readonly requestKeywordDenylist: readonly DeniedKeyword[];
}

/** What Parse Server 9 does without settings: nobody sees the e-mail address of another user. */
export const DEFAULT_ACCESS_RULES: AccessRules = {
  protectedFields: new Map([['_User', new Map([['*', new Set(['email'])]])]]),
  protectedFieldsOwnerExempt: true,
  enforcePrivateUsers: true,
  requestKeywordDenylist: [],
};
