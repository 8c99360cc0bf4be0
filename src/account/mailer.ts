/** One mail, ready to be sent. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string | undefined;
}

/** Sends mails. */
export interface Mailer {
  /** Resolves when the mail is handed over. @throws Error when it could not be; nothing is sent twice. */
  send(mail: Mail): Promise<void>;
  close(): void;
}
