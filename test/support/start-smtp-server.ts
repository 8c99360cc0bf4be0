import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** One mail as it came over the wire. */
export interface ReceivedMail {
  readonly recipients: readonly string[];
  readonly sender: string;
  /** Head and body, quoted-printable lines joined and decoded. */
  readonly text: string;
  /** The head alone, as it came. */
  readonly head: string;
}

/** A real SMTP server that keeps what it gets. */
export interface MailServer {
  readonly url: string;
  /** The mails that came and were not taken yet, oldest first. */
  readonly received: readonly ReceivedMail[];
  /** Takes the next mail, waiting for it. */
  next(): Promise<ReceivedMail>;
  /** From now on every recipient is refused, or no longer. */
  refuse(isRefusing: boolean): void;
  close(): Promise<void>;
}

/** Listens on a free port of this machine. */
export async function startSmtpServer(): Promise<MailServer> {
  const received: ReceivedMail[] = [];
  const waiting: ((mail: ReceivedMail) => void)[] = [];
  let isRefusing = false;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onRcptTo: (_address, _session, done) => {
      done(isRefusing ? new Error('no such mailbox') : undefined);
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const raw = Buffer.concat(chunks).toString('utf8');
        const mail = {
          recipients: rcptTo.map(({ address }) => address),
          sender: mailFrom === false ? '' : mailFrom.address,
          head: raw.slice(0, raw.indexOf('\r\n\r\n')),
          text: decodeQuotedPrintable(raw),
        };
        const waiter = waiting.shift();
        if (waiter === undefined) received.push(mail);
        else waiter(mail);
        done();
      });
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    next: () =>
      new Promise((resolve) => {
        const mail = received.shift();
        if (mail === undefined) waiting.push(resolve);
        else resolve(mail);
      }),
    refuse: (refusing) => {
      isRefusing = refusing;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}

function decodeQuotedPrintable(text: string): string {
  return text
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
}
