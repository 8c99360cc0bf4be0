import type { AccountStore, StoredAccount } from '../access/account-store.ts';
import { createObjectId } from '../parse/object-id.ts';
import { GatewayError } from '../parse/errors.ts';
import type { AccountPolicy, LockoutPolicy } from './account-policy.ts';
import { passwordExpiry, type Passwords } from './passwords.ts';

/** A user name or an e-mail address, and a password. */
export interface PasswordClaim {
  readonly username: string;
  readonly password: string;
  readonly isMaster: boolean;
}

/** What log-ins by password are decided with. */
export interface LogInParts {
  readonly store: AccountStore;
  readonly policy: AccountPolicy;
  readonly passwords: Passwords;
}

/**
 * Whose name and password these are. The same work is done, and the same said, whether there is no such user, no such password,
 * or an account that is closed.
 *
 * Cost: 1 command, and with a lock-out policy 1 more, 2 when it locks.
 * @throws GatewayError 200, 201 for what is missing; 101 for what does not fit, and while the account is locked; 205 for an address
 * that must be verified first.
 */
export async function authenticateUser(
  { username, password, isMaster }: PasswordClaim,
  { store, policy, passwords }: LogInParts,
): Promise<StoredAccount> {
  if (username === '') {
    throw new GatewayError('UsernameMissing', 'username/email is required.');
  }
  if (password === '') throw new GatewayError('PasswordMissing', 'password is required.');
  const found = await store.findByLogin(username);
  // Where one user's name is another's address, the name counts.
  const account = found.length > 1 ? found.find((one) => one.username === username) : found[0];
  const isRight = await passwords.isRight(password, account);
  await countAttempt(account, { isRight, store, lockout: policy.accountLockout });
  if (account === undefined || !isRight) throw wrongCredentials();
  if (account.isClosed && !isMaster) throw wrongCredentials();
  const mustBeVerified = policy.verifyUserEmails && policy.preventLoginWithUnverifiedEmail;
  if (mustBeVerified && !account.isEmailVerified) throw unverified();
  return account;
}

/** @throws GatewayError 101 while the account is locked. */
async function countAttempt(
  account: StoredAccount | undefined,
  attempt: {
    readonly isRight: boolean;
    readonly store: AccountStore;
    readonly lockout: LockoutPolicy | undefined;
  },
): Promise<void> {
  const { isRight, store, lockout } = attempt;
  if (lockout === undefined) return;
  if (account !== undefined && isRight) {
    if (!(await store.forgetFailedLogins(account.userId, lockout))) throw locked(lockout);
    return;
  }
  // For nobody, too: a command that finds nothing takes as long.
  const count = await store.countFailedLogin(account?.userId ?? createObjectId(), lockout);
  if (account === undefined) return;
  if (count === undefined || count > lockout.threshold) throw locked(lockout);
}

/**
 * Refuses a password that is too old; one of before the policy begins to age now. Cost: 1 command in that case, else none.
 * @throws GatewayError 101
 */
export async function assertPasswordFresh(
  { userId, passwordChangedAt }: StoredAccount,
  { store, policy: { passwordPolicy } }: LogInParts,
): Promise<void> {
  const expiry = passwordPolicy && passwordExpiry(passwordChangedAt ?? new Date(), passwordPolicy);
  if (expiry === undefined) return;
  if (passwordChangedAt === undefined) {
    await store.change({ userId, columns: { passwordChangedAt: new Date() }, isUpdate: false });
  } else if (expiry < new Date()) {
    throw new GatewayError(
      'ObjectNotFound',
      'Your password has expired. Please reset your password.',
    );
  }
}

/** What is said to somebody whose address must be verified first. */
export function unverified(): GatewayError {
  return new GatewayError('EmailNotFound', 'User email is not verified.');
}

function wrongCredentials(): GatewayError {
  return new GatewayError('ObjectNotFound', 'Invalid username/password.');
}

function locked({ duration }: LockoutPolicy): GatewayError {
  return new GatewayError(
    'ObjectNotFound',
    `Your account is locked due to multiple failed login attempts. Please try again after ${duration} minute(s)`,
  );
}
