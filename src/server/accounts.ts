import type { Authenticator } from '../access/authenticate.ts';
import type { GuardedUsers } from '../access/guarded-users.ts';
import {
  type AccountEmails,
  type AccountLinks,
  createUnconfiguredEmails,
} from '../account/account-emails.ts';
import type { AccountPolicy } from '../account/account-policy.ts';
import type { AccountService } from '../account/account-service.ts';
import { createAuthProviders, type ProviderSettings } from '../account/auth-providers.ts';
import {
  createAccountEmails,
  type AccountEmailsOptions,
} from '../account/create-account-emails.ts';
import { accountServiceFor } from '../account/create-account-service.ts';
import { createPasswords } from '../account/passwords.ts';
import { readMailTemplates } from '../account/mail-templates.ts';
import { createSessions } from '../account/sessions.ts';
import { createSmtpMailer } from '../account/smtp-mailer.ts';
import type { ParseDatabase } from '../storage/parse-database.ts';
import type { Log } from './log.ts';
import { mailSettingsOf } from './mail-settings.ts';
import type { GatewaySettings, Settings } from './settings.ts';

/** What the accounts of a gateway are made of. */
export interface AccountsOptions {
  readonly database: Pick<ParseDatabase, 'accounts'>;
  readonly authenticator: Authenticator;
  readonly settings: GatewaySettings;
  readonly log: Log;
}

/** The accounts of a gateway. */
export interface Accounts {
  /** Those of one operation, as its caller may use them. */
  serviceFor(users: GuardedUsers): AccountService;
  /** What the pages do that mails lead to; `undefined` when none are sent. */
  readonly pages: { readonly appName: string; readonly links: AccountLinks } | undefined;
  /** Resolves when the mails on their way are sent. */
  close(): Promise<void>;
}

/**
 * Puts the accounts together. Issues no command.
 * @throws SettingsError for a missing setting; Error for a mail template that cannot be read.
 */
export async function createAccounts({
  database: { accounts: store },
  authenticator,
  settings,
  log,
}: AccountsOptions): Promise<Accounts> {
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
  const mails = await createMails({ store, policy, passwords, sessions }, settings, log);
  const { emails } = mails;
  const parts = { store, policy, passwords, sessions, providers, emails };
  return { ...mails, serviceFor: (users) => accountServiceFor(users, parts) };
}

type MailedAccounts = Pick<AccountEmailsOptions, 'store' | 'policy' | 'passwords' | 'sessions'>;

async function createMails(
  accounts: MailedAccounts,
  settings: GatewaySettings,
  log: Log,
): Promise<Omit<Accounts, 'serviceFor'> & { readonly emails: AccountEmails }> {
  const mail = mailSettingsOf(settings);
  if (mail === undefined) {
    return {
      emails: createUnconfiguredEmails(),
      pages: undefined,
      close: () => Promise.resolve(),
    };
  }
  const { appName, pages } = mail;
  const emails = createAccountEmails({
    ...accounts,
    appName,
    pages,
    templates: await readMailTemplates(mail.templatesFolder),
    mailer: createSmtpMailer(mail.smtp),
    reportFailure: (error) => {
      log.error({ err: error }, 'a mail could not be sent');
    },
  });
  return { emails, pages: { appName, links: emails }, close: () => emails.close() };
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
