/** Remembers which requests have been made, for all processes on one database; shared with Parse Server (`_Idempotency`). */
export interface RequestLog {
  /**
   * Makes sure that of two claims one fails, and that old ones are forgotten. Must have resolved before the first claim.
   * Cost: 2 commands.
   */
  prepare(): Promise<void>;
  /** True for the first claim of an id; it is forgotten some time after `expiresAt`. Cost: 1 command. */
  claim(requestId: string, expiresAt: Date): Promise<boolean>;
}
