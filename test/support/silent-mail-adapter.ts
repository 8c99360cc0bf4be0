/** A mail adapter for a Parse Server whose mails nobody reads: tests take the tokens from the database. */
// eslint-disable-next-line import-x/no-default-export -- Parse Server loads adapters by it
export default function createSilentMailAdapter(): {
  readonly sendMail: () => Promise<void>;
} {
  return { sendMail: () => Promise.resolve() };
}
