/** The arguments cannot be used: one line for the user; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command could not do its work: one line for the user; exit code 1. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}
