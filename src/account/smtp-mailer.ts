import { createTransport } from 'nodemailer';
import type { Mail, Mailer } from './mailer.ts';

/** Where mails are handed over, and who they are from. */
export interface SmtpOptions {
  /** `smtp://user:password@host:port` or `smtps://…`. */
  readonly url: string;
  /** `App <no-reply@example.com>` or the address alone. */
  readonly from: string;
}

/** How long a mail server may take for each step, in ms. A mail is sent behind the answer: nobody waits for it. */
const PATIENCE_MS = 15_000;
const MAX_CONNECTIONS = 5;

/**
 * Hands mails to an SMTP server over a few connections that are kept open. With `smtp://` the connection is encrypted where the
 * server offers it, as STARTTLS.
 *
 * Templates and addresses are text to the library: it neither reads files nor fetches addresses for them.
 * @see https://nodemailer.com/smtp
 */
export function createSmtpMailer({ url, from }: SmtpOptions): Mailer {
  const transport = createTransport(
    {
      url,
      pool: true,
      maxConnections: MAX_CONNECTIONS,
      connectionTimeout: PATIENCE_MS,
      greetingTimeout: PATIENCE_MS,
      socketTimeout: PATIENCE_MS,
    },
    { from, disableFileAccess: true, disableUrlAccess: true },
  );
  return {
    async send({ to, subject, text, html }: Mail): Promise<void> {
      assertOneAddress(to);
      await transport.sendMail({
        to: { name: '', address: to },
        subject,
        text,
        ...(html !== undefined && { html }),
      });
    },
    close: () => {
      transport.close();
    },
  };
}

/**
 * Parse takes whatever has an `@` between two characters for an address. In a mail's head a comma would be a second recipient and a
 * line break another header: such an address is somebody's attack, or a mistake, and gets no mail.
 */
const ONE_ADDRESS = /^[^\s,;:<>()[\]"\\@\p{Cc}\p{Cf}]+@[^\s,;:<>()[\]"\\@\p{Cc}\p{Cf}]+$/u;

/** Longest address that SMTP carries. */
const MAX_ADDRESS_LENGTH = 254;

function assertOneAddress(address: string): void {
  if (address.length <= MAX_ADDRESS_LENGTH && ONE_ADDRESS.test(address)) return;
  throw new Error('the e-mail address is not one that a mail can be sent to');
}
