/**
 * Sizes this store announces in `hello` and enforces, in bytes, documents or levels; they are MongoDB's own.
 *
 * @see https://www.mongodb.com/docs/manual/reference/limits/
 */
export const LIMITS = {
  documentBytes: 16 * 1024 * 1024,
  /** A command may carry one document of full size and its own fields around it. */
  commandBytes: 16 * 1024 * 1024 + 16 * 1024,
  messageBytes: 48_000_000,
  writeBatchSize: 100_000,
  nestedLevels: 200,
} as const;
