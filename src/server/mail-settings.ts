import type { SmtpOptions } from '../account/smtp-mailer.ts';
import type { AccountPages } from '../account/create-account-emails.ts';
import { describeSetting, type GatewaySettings, type Settings } from './settings.ts';
import { SettingsError } from './settings-error.ts';
import type { SettingName } from './setting-table.ts';

/** What sending mails takes. */
export interface MailSettings {
  readonly smtp: SmtpOptions;
  readonly templatesFolder: string | undefined;
  readonly appName: string;
  readonly pages: AccountPages;
}

/**
 * How mails are sent; `undefined` when they are not. Links begin with an address of the settings alone: one taken from a request could be
 * an attacker's, who would be sent the token.
 * @throws SettingsError for the first setting that mails need and that is missing.
 */
export function mailSettingsOf(settings: GatewaySettings): MailSettings | undefined {
  assertMailSettings(settings);
  const { smtpURL, mailFrom, publicURL, appId, appName = appId } = settings;
  if (smtpURL === undefined || mailFrom === undefined || publicURL === undefined) return undefined;
  const folder = `${publicURL}/apps/${encodeURIComponent(appId)}`;
  return {
    smtp: { url: smtpURL, from: mailFrom },
    templatesFolder: settings.mailTemplates,
    appName,
    pages: {
      verifyEmail: `${folder}/verify_email`,
      resetPassword: `${folder}/request_password_reset`,
    },
  };
}

/** @throws SettingsError as `mailSettingsOf`. */
export function assertMailSettings(settings: Settings): void {
  const needs = (name: SettingName, because: SettingName): void => {
    if (settings[name] !== undefined) return;
    throw new SettingsError(
      `${describeSetting(name)} is missing: ${describeSetting(because)} needs it`,
    );
  };
  if (settings.verifyUserEmails) needs('smtpURL', 'verifyUserEmails');
  if (settings.smtpURL === undefined) return;
  needs('mailFrom', 'smtpURL');
  needs('publicURL', 'smtpURL');
}
