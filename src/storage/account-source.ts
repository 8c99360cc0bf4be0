import type { ParseRecord } from '../parse/values.ts';
import type { AccountColumns } from './account-columns.ts';
import type { StoredSession } from './session-source.ts';

/** A user as far as it says who may log in as whom. Never shown to anybody. */
export interface StoredAccount {
  readonly userId: string;
  readonly username: string | undefined;
  readonly email: string | undefined;
  readonly isEmailVerified: boolean;
  /** `undefined` for a user who logs in by other means. */
  readonly hashedPassword: string | undefined;
  /** Hashes, oldest first. */
  readonly passwordHistory: readonly (string | null)[];
  readonly passwordChangedAt: Date | undefined;
  readonly emailVerifyToken: string | undefined;
  readonly emailVerifyTokenExpiresAt: Date | undefined;
  readonly resetToken: string | undefined;
  readonly resetTokenExpiresAt: Date | undefined;
  /** The ACL names nobody: the master key has closed the account. */
  readonly isClosed: boolean;
  readonly authData: ReadonlyMap<string, ParseRecord>;
}

/** One provider's id of somebody. */
export interface ProviderId {
  readonly provider: string;
  readonly id: string;
}

/** A change of one account. */
export interface AccountChange {
  readonly userId: string;
  readonly columns: AccountColumns;
  /** Stored values of `authData` that must still be there: provider → its data as it was read. */
  readonly expected?: ReadonlyMap<string, ParseRecord>;
  /** The reset token that must still be there. */
  readonly expectedResetToken?: string;
  /** The verification token that must still be there. */
  readonly expectedVerifyToken?: string;
  /** Whether `updatedAt` is set. */
  readonly isUpdate: boolean;
}

/** How many failures lock an account. */
export interface LockoutRule {
  readonly threshold: number;
  /** How long an account stays locked. Minutes. */
  readonly duration: number;
}

/** A session to be made. */
export interface NewSession {
  readonly userId: string;
  readonly token: string;
  /** `undefined` after a change of password. */
  readonly createdWith: { readonly action: string; readonly authProvider?: string } | undefined;
  readonly installationId: string | undefined;
  /** `undefined`: never. */
  readonly expiresAt: Date | undefined;
}

/**
 * What signing up, logging in and out and e-mail verification need of the database, with nobody's rights in mind: only `access/`
 * may hold one, and hands it to `account/` alone. Every method that changes something is one atomic command.
 *
 * All methods throw `GatewayError` `ServiceUnavailable` (2) while the database is away.
 */
export interface AccountSource {
  /** Whose user name or e-mail address this is, exactly; at most 3. Cost: 1 command. */
  findByLogin(login: string): Promise<readonly StoredAccount[]>;
  /** Whose e-mail address this is, exactly, or who has it for a user name and no address; at most 1. Cost: 1 command. */
  findByEmail(email: string): Promise<StoredAccount | undefined>;
  /** Cost: 1 command. */
  findById(userId: string): Promise<StoredAccount | undefined>;
  /** Who has one of these ids; at most 2. Cost: 1 command. */
  findByProviderIds(ids: readonly ProviderId[]): Promise<readonly StoredAccount[]>;
  /** Who was sent this token; expired ones are found, too. Cost: 1 command. */
  findByToken(
    kind: 'verifyEmail' | 'resetPassword',
    token: string,
  ): Promise<StoredAccount | undefined>;
  /** Whether another user has this, letter case aside. Cost: 1 command. */
  isTaken(
    column: 'username' | 'email',
    value: string,
    exceptUserId: string | undefined,
  ): Promise<boolean>;
  /**
   * Counts a failed log-in, and locks the account when that makes enough. How many there are now; `undefined` while it is locked.
   * Cost: 1 command, 2 when it locks.
   */
  countFailedLogin(userId: string, rule: LockoutRule): Promise<number | undefined>;
  /** Forgets the failed log-ins. False while the account is locked. Cost: 1 command. */
  forgetFailedLogins(userId: string, rule: LockoutRule): Promise<boolean>;
  /** False when there is no such user, or not with what was expected. Cost: 1 command. */
  change(change: AccountChange): Promise<boolean>;
  /** Cost: 1 command, and 1 more for the first session that a database ever has. */
  createSession(session: NewSession): Promise<StoredSession>;
  /** The session that was ended, or `undefined` when there is none. Cost: 1 command. */
  deleteSession(token: string): Promise<StoredSession | undefined>;
  /** Ends the sessions that the user has on this installation; how many there were. Cost: 1 command. */
  deleteSessionsAt(userId: string, installationId: string): Promise<number>;
  /** Ends all sessions of the user, or all but one. How many there were. Cost: 1 command. */
  deleteSessionsOf(userId: string, exceptToken: string | undefined): Promise<number>;
}
