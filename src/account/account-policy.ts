import type { LockoutRule } from '../access/account-store.ts';

/** Demands on passwords. Absent members demand nothing. */
export interface PasswordPolicy {
  readonly validatorPattern?: RegExp;
  /** What is said of a password that the pattern refuses. */
  readonly validationError?: string;
  readonly doNotAllowUsername?: boolean;
  /** How many passwords, the present one among them, may not be chosen again. */
  readonly maxPasswordHistory?: number;
  /** Days after which a password no longer logs in. */
  readonly maxPasswordAge?: number;
  /** Seconds for which the link of a password reset works. */
  readonly resetTokenValidityDuration?: number;
  readonly resetTokenReuseIfValid?: boolean;
  /** Whether a reset for an unknown address looks like any other; default true. */
  readonly resetPasswordSuccessOnInvalidEmail?: boolean;
}

/** When failed log-ins lock an account. */
export interface LockoutPolicy extends LockoutRule {
  readonly unlockOnPasswordReset: boolean;
}

/**
 * The rules of accounts, under Parse Server's names.
 * @see https://parseplatform.org/parse-server/api/master/ParseServerOptions.html
 */
export interface AccountPolicy {
  /** Seconds. */
  readonly sessionLength: number;
  readonly expireInactiveSessions: boolean;
  readonly revokeSessionOnPasswordReset: boolean;
  readonly passwordPolicy: PasswordPolicy | undefined;
  readonly accountLockout: LockoutPolicy | undefined;
  readonly convertUsernameToLowercase: boolean;
  readonly convertEmailToLowercase: boolean;
  readonly verifyUserEmails: boolean;
  readonly preventLoginWithUnverifiedEmail: boolean;
  readonly preventSignupWithUnverifiedEmail: boolean;
  /** Seconds; `undefined`: the link of a verification mail works for ever. */
  readonly emailVerifyTokenValidityDuration: number | undefined;
  readonly emailVerifyTokenReuseIfValid: boolean;
  readonly emailVerifySuccessOnInvalidEmail: boolean;
}

/** What Parse Server does without settings. */
export const DEFAULT_ACCOUNT_POLICY: AccountPolicy = {
  sessionLength: 31_536_000,
  expireInactiveSessions: true,
  revokeSessionOnPasswordReset: true,
  passwordPolicy: undefined,
  accountLockout: undefined,
  convertUsernameToLowercase: false,
  convertEmailToLowercase: false,
  verifyUserEmails: false,
  preventLoginWithUnverifiedEmail: false,
  preventSignupWithUnverifiedEmail: false,
  emailVerifyTokenValidityDuration: undefined,
  emailVerifyTokenReuseIfValid: false,
  emailVerifySuccessOnInvalidEmail: true,
};
