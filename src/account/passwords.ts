import { hash, verify } from '@node-rs/bcrypt';
import type { AccountColumns, StoredAccount } from '../access/account-store.ts';
import { GatewayError } from '../parse/errors.ts';
import type { AccountPolicy, PasswordPolicy } from './account-policy.ts';

/** Parse's: 2¹⁰ rounds. */
const COST = 10;
/** Of a password that nobody knows: what is compared for users who have none. */
const NOBODYS_HASH = '$2y$10$LNLdHeRJ0WuufqC7Q7kwp.T6uGY0ilAx3oBvifuGUEImLuIwtht3m';
const DAY_MS = 86_400_000;

/** A password to be set. */
export interface NewPassword {
  readonly password: string;
  /** As it will be; `undefined` where it is not known. */
  readonly username: string | undefined;
  /** Whose password changes; `undefined` for a new user. */
  readonly account: StoredAccount | undefined;
}

/** Hashes and compares passwords, off the event loop, under one policy. */
export interface Passwords {
  /** What is stored for a password. @throws GatewayError 142 for one that may not be. */
  columnsFor(chosen: NewPassword): Promise<AccountColumns>;
  /** What is stored for a new user without one: as Parse Server does, its age begins all the same. */
  readonly columnsWithout: () => AccountColumns;
  /**
   * Whether it is the password of the account. Takes as long for an account that has none, or that does not exist.
   * What follows byte 72 does not count, as with Parse Server.
   */
  isRight(password: string, account: StoredAccount | undefined): Promise<boolean>;
  /** True when the policy wants to see the stored account before its password changes. */
  readonly looksAtAccount: boolean;
}

/** @see Passwords */
export function createPasswords({
  passwordPolicy,
}: Pick<AccountPolicy, 'passwordPolicy'>): Passwords {
  const ageColumns = (): AccountColumns =>
    (passwordPolicy?.maxPasswordAge ?? 0) > 0 ? { passwordChangedAt: new Date() } : {};
  return {
    columnsWithout: ageColumns,
    looksAtAccount:
      passwordPolicy?.doNotAllowUsername === true || (passwordPolicy?.maxPasswordHistory ?? 0) > 0,
    async columnsFor(chosen) {
      if (passwordPolicy === undefined)
        return { hashedPassword: await hash(chosen.password, COST) };
      assertAllowed(chosen, passwordPolicy);
      await assertUnused(chosen, passwordPolicy);
      return {
        hashedPassword: await hash(chosen.password, COST),
        ...ageColumns(),
        ...historyColumns(chosen, passwordPolicy),
      };
    },
    async isRight(password, account) {
      const stored = account?.hashedPassword ?? '';
      if (stored === '') {
        await isHashOf(password, NOBODYS_HASH);
        return false;
      }
      return isHashOf(password, stored);
    },
  };
}

/** The moment a password stops to log in; `undefined`: never. */
export function passwordExpiry(
  changedAt: Date,
  { maxPasswordAge }: PasswordPolicy,
): Date | undefined {
  if (maxPasswordAge === undefined || maxPasswordAge === 0) return undefined;
  return new Date(changedAt.getTime() + maxPasswordAge * DAY_MS);
}

/** A stored text that is no hash fits no password. */
async function isHashOf(password: string, stored: string): Promise<boolean> {
  if (password === '') return false;
  return verify(password, stored).catch(() => false);
}

function assertAllowed({ password, username, account }: NewPassword, policy: PasswordPolicy): void {
  if (policy.validatorPattern !== undefined) {
    // A pattern with the flag g or y would remember where it was.
    policy.validatorPattern.lastIndex = 0;
    if (!policy.validatorPattern.test(password)) {
      throw refusal(
        policy.validationError ?? 'Password does not meet the Password Policy requirements.',
      );
    }
  }
  const name = username ?? account?.username ?? '';
  if (policy.doNotAllowUsername === true && name !== '' && password.includes(name)) {
    throw refusal('Password cannot contain your username.');
  }
}

async function assertUnused(
  { password, account }: NewPassword,
  { maxPasswordHistory = 0 }: PasswordPolicy,
): Promise<void> {
  if (account === undefined || maxPasswordHistory === 0) return;
  const used = [
    ...account.passwordHistory.slice(0, maxPasswordHistory - 1),
    account.hashedPassword,
  ];
  const isUsed = await Promise.all(
    used.filter((stored) => typeof stored === 'string').map((stored) => isHashOf(password, stored)),
  );
  if (isUsed.includes(true)) {
    throw refusal(`New password should not be the same as last ${maxPasswordHistory} passwords.`);
  }
}

/** The present password joins those before it; one fewer than the policy counts are kept, as the new one is of the number. */
function historyColumns(
  { account }: NewPassword,
  { maxPasswordHistory = 0 }: PasswordPolicy,
): AccountColumns {
  if (account === undefined || maxPasswordHistory === 0) return {};
  const kept = account.passwordHistory.slice(0, maxPasswordHistory);
  const room = Math.max(0, maxPasswordHistory - 2);
  return {
    passwordHistory: [
      ...kept.slice(Math.max(0, kept.length - room)),
      account.hashedPassword ?? null,
    ],
  };
}

function refusal(message: string): GatewayError {
  return new GatewayError('ValidationError', message);
}
