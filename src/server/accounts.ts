import type { Authenticator } from '../access/authenticate.ts';
import type { GuardedUsers } from '../access/guarded-users.ts';
import { createUnconfiguredEmails } from '../account/account-emails.ts';
import type { AccountPolicy } from '../account/account-policy.ts';
import type { AccountService } from '../account/account-service.ts';
import { createAuthProviders, type ProviderSettings } from '../account/auth-providers.ts';
import { accountServiceFor } from '../account/create-account-service.ts';
import { createPasswords } from '../account/passwords.ts';
import { createSessions } from '../account/sessions.ts';
import type { ParseDatabase } from '../storage/parse-database.ts';
import type { Log } from './log.ts';
import type { Settings } from './settings.ts';

/** What the accounts of a gateway are made of. */
export interface AccountsOptions {
  readonly database: Pick<ParseDatabase, 'accounts'>;
  readonly authenticator: Authenticator;
  readonly settings: Settings;
  readonly log: Log;
}

/** The accounts of a gateway. */
export interface Accounts {
  /** Those of one operation, as its caller may use them. */
  serviceFor(users: GuardedUsers): AccountService;
}

/** Puts the accounts together. Issues no command. */
export function createAccounts({
  database: { accounts: store },
  authenticator,
  settings,
  log,
}: AccountsOptions): Accounts {
  const policy = accountPolicyOf(settings);
  const { supported, unsupported } = providersOf(settings);
  for (const name of unsupported) {
    log.warn(`auth.${name} is not supported: its users cannot log in here`);
  }
  const sessions = createSessions(store, policy, {
    begin: authenticator.beginSession,
    ended: ({ sessionId }) => {
      authenticator.onWritten('_Session', sessionId);
    },
    endedOf: (userId) => {
      authenticator.onWritten('_User', userId);
    },
  });
  const passwords = createPasswords(policy);
  const providers = createAuthProviders(supported);
  const emails = createUnconfiguredEmails();
  const parts = { store, policy, passwords, sessions, providers, emails };
  return { serviceFor: (users) => accountServiceFor(users, parts) };
}

/** The settings that bind accounts, as account/ wants them. */
export function accountPolicyOf(settings: Settings): AccountPolicy {
  return settings;
}

function providersOf({ auth, enableAnonymousUsers }: Settings) {
  const supported = new Map<string, ProviderSettings>();
  const unsupported: string[] = [];
  if (enableAnonymousUsers) supported.set('anonymous', { kind: 'anonymous' });
  for (const [name, provider] of auth ?? []) {
    if (provider.kind === 'unsupported') unsupported.push(name);
    else supported.set(name, provider);
  }
  return { supported, unsupported };
}
