import type { AccountColumns } from '../access/account-store.ts';
import { GatewayError } from '../parse/errors.ts';

/** Whom a verification mail goes to. */
export interface VerificationMail {
  readonly email: string;
  readonly username: string | undefined;
  readonly token: string;
}

/** The part of accounts that needs mails: verification of addresses, and forgotten passwords. */
export interface AccountEmails {
  /** What is stored beside a new or changed address, its token among it; `undefined` where addresses are not verified. */
  verificationColumns(): AccountColumns | undefined;
  /** Begins to send the mail and returns at once; what goes wrong is reported, not thrown. */
  sendVerification(mail: VerificationMail): void;
  /** Sends the mail again. @throws GatewayError 204 without an address, 125 for one that is none, 1 where mails cannot be sent. */
  resendVerification(email: string): Promise<void>;
  /** Sends a link. @throws GatewayError as `resendVerification`. */
  requestPasswordReset(email: string): Promise<void>;
  /** Sets the password of whom the token was sent to. @throws GatewayError for a token that is unknown, used or expired. */
  confirmPasswordReset(token: string, password: string): Promise<void>;
}

/** What the pages can do that mails lead to; whoever has the token may. */
export interface AccountLinks {
  /** Takes the address for verified. False for a token that is unknown, used or expired. Cost: 2 commands. */
  verifyEmail(token: string): Promise<boolean>;
  /** Sends the mail again to whom the token was sent; nothing happens for one that is unknown. */
  resendVerificationByToken(token: string): Promise<void>;
  /** Whether the token can still set a password. Cost: 1 command. */
  resetTokenState(token: string): Promise<'valid' | 'invalid' | 'expired'>;
  /** Sets the password of whom the token was sent to. @throws GatewayError -1 for a token that is unknown, used or expired; 142. */
  confirmPasswordReset(token: string, password: string): Promise<void>;
}

/** For a gateway that cannot send mails: what needs one is refused with code 1, as Parse Server does. */
export function createUnconfiguredEmails(): AccountEmails {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new GatewayError(
        'InternalServerError',
        'An appName, publicServerURL, and emailAdapter are required for password reset and email verification functionality.',
      ),
    );
  return {
    verificationColumns: () => undefined,
    sendVerification: () => undefined,
    resendVerification: refuse,
    requestPasswordReset: refuse,
    confirmPasswordReset: refuse,
  };
}
