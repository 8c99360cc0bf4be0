import type { AccountColumns, AccountStore, StoredAccount } from '../access/account-store.ts';
import { GatewayError } from '../parse/errors.ts';
import { randomText } from '../parse/random-text.ts';
import type { AccountEmails, AccountLinks, VerificationMail } from './account-emails.ts';
import type { AccountPolicy } from './account-policy.ts';
import { type MailName, type MailTemplates, renderMail } from './mail-templates.ts';
import type { Mailer } from './mailer.ts';
import type { Passwords } from './passwords.ts';
import type { Sessions } from './sessions.ts';

/** What mails about accounts are made of. */
export interface AccountEmailsOptions {
  readonly store: AccountStore;
  readonly mailer: Mailer;
  readonly templates: MailTemplates;
  readonly policy: AccountPolicy;
  readonly appName: string;
  readonly pages: AccountPages;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  /** Hears of mails that could not be sent. Must not throw. */
  readonly reportFailure: (error: unknown) => void;
}

/** Addresses of the pages that mails lead to, without a token. */
export interface AccountPages {
  readonly verifyEmail: string;
  readonly resetPassword: string;
}

/** Mails and links of accounts, and how to stop: mails on their way are sent first. */
export interface RunningAccountEmails extends AccountEmails, AccountLinks {
  close(): Promise<void>;
}

/**
 * Verification of addresses and forgotten passwords, with mails.
 *
 * Asking for a mail takes as long for an address that nobody has as for one that somebody has: whatever only the latter needs happens
 * behind the answer.
 */
export function createAccountEmails(options: AccountEmailsOptions): RunningAccountEmails {
  return new EmailedAccounts(options);
}

class EmailedAccounts implements RunningAccountEmails {
  readonly #options: AccountEmailsOptions;
  readonly #store: AccountStore;
  readonly #policy: AccountPolicy;
  readonly #running = new Set<Promise<void>>();

  constructor(options: AccountEmailsOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#policy = options.policy;
  }

  verificationColumns(): AccountColumns | undefined {
    return this.#policy.verifyUserEmails ? newVerification(this.#policy, new Date()) : undefined;
  }

  sendVerification({ email, username, token }: VerificationMail): void {
    this.#behind(() => this.#send('verification', { email, username: username ?? email, token }));
  }

  async resendVerification(email: string): Promise<void> {
    assertAddress(email);
    const found = await this.#store.findByEmail(email);
    const account = found?.email === email ? found : undefined;
    if (account === undefined || account.isEmailVerified) {
      if (this.#policy.emailVerifySuccessOnInvalidEmail) return;
      throw account === undefined
        ? new GatewayError('EmailNotFound', `No user found with email ${email}`)
        : new GatewayError('OtherCause', `Email ${email} is already verified.`);
    }
    this.#behind(() => this.#verifyAgain(account));
  }

  async resendVerificationByToken(token: string): Promise<void> {
    const account = await this.#store.findByToken('verifyEmail', token);
    if (account === undefined || account.isEmailVerified) return;
    this.#behind(() => this.#verifyAgain(account));
  }

  async requestPasswordReset(email: string): Promise<void> {
    assertAddress(email);
    const account = await this.#store.findByEmail(email);
    if (account === undefined) {
      if (this.#policy.passwordPolicy?.resetPasswordSuccessOnInvalidEmail ?? true) return;
      throw new GatewayError('ObjectNotFound', 'A user with that email does not exist.');
    }
    this.#behind(() => this.#sendReset(account, email));
  }

  async confirmPasswordReset(token: string, password: string): Promise<void> {
    if (password === '') throw new GatewayError('PasswordMissing', 'you must provide a password');
    const found = await this.#findByResetToken(token);
    if (found.state !== 'valid') throw RESET_REFUSALS[found.state]();
    const { account } = found;
    const { username, userId } = account;
    const { passwords, sessions } = this.#options;
    const columns = await passwords.columnsFor({ password, username, account });
    const unlocked = this.#policy.accountLockout?.unlockOnPasswordReset === true;
    const isChanged = await this.#store.change({
      userId,
      columns: {
        ...columns,
        resetToken: null,
        resetTokenExpiresAt: null,
        ...(unlocked && { failedLoginCount: null, lockoutExpiresAt: null }),
      },
      expectedResetToken: token,
      isUpdate: true,
    });
    if (!isChanged) throw RESET_REFUSALS.invalid();
    if (this.#policy.revokeSessionOnPasswordReset) await sessions.endAllOf(userId);
  }

  async resetTokenState(token: string): Promise<'valid' | 'invalid' | 'expired'> {
    return (await this.#findByResetToken(token)).state;
  }

  async verifyEmail(token: string): Promise<boolean> {
    if (!this.#policy.verifyUserEmails || token === '') return false;
    const account = await this.#store.findByToken('verifyEmail', token);
    if (account === undefined) return false;
    if (this.#policy.emailVerifyTokenValidityDuration !== undefined) {
      const expiresAt = account.emailVerifyTokenExpiresAt;
      if (account.isEmailVerified || !isAhead(expiresAt)) return false;
    }
    return this.#store.change({
      userId: account.userId,
      columns: { emailVerified: true, emailVerifyToken: null, emailVerifyTokenExpiresAt: null },
      expectedVerifyToken: token,
      isUpdate: true,
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#running);
    this.#options.mailer.close();
  }

  async #findByResetToken(
    token: string,
  ): Promise<
    { readonly state: 'valid'; readonly account: StoredAccount } | { readonly state: RefusedToken }
  > {
    const account =
      token === '' ? undefined : await this.#store.findByToken('resetPassword', token);
    if (account === undefined) return { state: 'invalid' };
    const isLimited = this.#policy.passwordPolicy?.resetTokenValidityDuration !== undefined;
    const isExpired = isLimited && !isAhead(account.resetTokenExpiresAt);
    return isExpired ? { state: 'expired' } : { state: 'valid', account };
  }

  async #verifyAgain(account: StoredAccount): Promise<void> {
    const { userId, email, username = '' } = account;
    if (!this.#policy.verifyUserEmails || email === undefined) return;
    const known = this.#policy.emailVerifyTokenReuseIfValid ? account.emailVerifyToken : undefined;
    if (known !== undefined && isAhead(account.emailVerifyTokenExpiresAt)) {
      await this.#send('verification', { email, username, token: known });
      return;
    }
    const columns = newVerification(this.#policy, new Date());
    const isChanged = await this.#store.change({ userId, columns, isUpdate: true });
    if (!isChanged) return;
    await this.#send('verification', { email, username, token: columns.emailVerifyToken });
  }

  async #sendReset(account: StoredAccount, email: string): Promise<void> {
    const { userId, username = email } = account;
    const seconds = this.#policy.passwordPolicy?.resetTokenValidityDuration;
    const known =
      this.#policy.passwordPolicy?.resetTokenReuseIfValid === true ? account.resetToken : undefined;
    if (known !== undefined && seconds !== undefined && isAhead(account.resetTokenExpiresAt)) {
      await this.#send('password-reset', { email, username, token: known });
      return;
    }
    const resetToken = createToken();
    const expiry = seconds === undefined ? {} : { resetTokenExpiresAt: secondsAhead(seconds) };
    const columns = { resetToken, ...expiry };
    const isChanged = await this.#store.change({ userId, columns, isUpdate: false });
    if (!isChanged) return;
    await this.#send('password-reset', { email, username, token: resetToken });
  }

  async #send(
    name: MailName,
    to: { readonly email: string; readonly username: string; readonly token: string },
  ): Promise<void> {
    const { pages, templates, mailer, appName } = this.#options;
    const page = name === 'verification' ? pages.verifyEmail : pages.resetPassword;
    const link = `${page}?token=${encodeURIComponent(to.token)}`;
    const { email, username } = to;
    await mailer.send(renderMail(templates[name], email, { appName, username, email, link }));
  }

  #behind(work: () => Promise<void>): void {
    const running = work().catch(this.#options.reportFailure);
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }
}

type RefusedToken = 'invalid' | 'expired';

const RESET_REFUSALS: Readonly<Record<RefusedToken, () => GatewayError>> = {
  invalid: () =>
    new GatewayError('OtherCause', 'Failed to reset password: username / email / token is invalid'),
  expired: () => new GatewayError('OtherCause', 'The password reset link has expired'),
};

/** @throws GatewayError 204 */
function assertAddress(email: string): void {
  if (email === '') throw new GatewayError('EmailMissing', 'you must provide an email');
}

function newVerification(
  { emailVerifyTokenValidityDuration: seconds }: AccountPolicy,
  now: Date,
): AccountColumns & { readonly emailVerifyToken: string } {
  return {
    emailVerified: false,
    emailVerifyToken: createToken(),
    ...(seconds !== undefined && { emailVerifyTokenExpiresAt: secondsAhead(seconds, now) }),
  };
}

/** As long as Parse's: nobody guesses one. */
const TOKEN_LENGTH = 25;

function createToken(): string {
  return randomText(TOKEN_LENGTH);
}

function secondsAhead(seconds: number, now = new Date()): Date {
  return new Date(now.getTime() + seconds * 1_000);
}

function isAhead(time: Date | undefined): boolean {
  return time !== undefined && time.getTime() > Date.now();
}
