/** The store answered, and the answer is not what the test file says: never acceptable. */
export class MismatchError extends Error {
  override readonly name = 'MismatchError';
}

/** The store refused an operation that the test file expects to work; `cause` is what the driver threw. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  /** The server's error code, or nothing when the error arose in the driver. */
  readonly code: number | undefined;

  constructor(operation: string, cause: unknown) {
    super(`${operation} failed: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    const code: unknown =
      typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined;
    this.code = typeof code === 'number' ? code : undefined;
  }
}

/** The test cannot be run here, whatever the store does; the message is the reason. */
export class SkippedError extends Error {
  override readonly name = 'SkippedError';
}
