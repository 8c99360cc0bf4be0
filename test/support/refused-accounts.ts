import type { AccountStore } from '../../src/access/account-store.ts';
import type { GuardedUsers } from '../../src/access/guarded-users.ts';
import { createUnconfiguredEmails } from '../../src/account/account-emails.ts';
import { DEFAULT_ACCOUNT_POLICY } from '../../src/account/account-policy.ts';
import type { AccountService } from '../../src/account/account-service.ts';
import { accountServiceFor } from '../../src/account/create-account-service.ts';
import { createPasswords } from '../../src/account/passwords.ts';
import { createSessions } from '../../src/account/sessions.ts';

const refuse = (): Promise<never> => Promise.reject(new Error('this run has no accounts'));

/** Nobody has a name yet; everything else of accounts is refused. */
const EMPTY: AccountStore = {
  findByLogin: refuse,
  findByEmail: refuse,
  findById: refuse,
  findByProviderIds: refuse,
  findByToken: refuse,
  isTaken: () => Promise.resolve(false),
  countFailedLogin: refuse,
  forgetFailedLogins: refuse,
  change: refuse,
  createSession: refuse,
  deleteSession: refuse,
  deleteSessionsAt: refuse,
  deleteSessionsOf: refuse,
};

/** The rules of accounts over a store in memory: users are written, but nobody logs in. */
export function refusedAccounts(users: GuardedUsers): AccountService {
  const ignore = (): void => undefined;
  const news = { begin: () => ignore, ended: ignore, endedOf: ignore };
  return accountServiceFor(users, {
    store: EMPTY,
    policy: DEFAULT_ACCOUNT_POLICY,
    passwords: createPasswords(DEFAULT_ACCOUNT_POLICY),
    sessions: createSessions(EMPTY, DEFAULT_ACCOUNT_POLICY, news),
    providers: new Map(),
    emails: createUnconfiguredEmails(),
  });
}
