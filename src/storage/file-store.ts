/** One stored file, as far as it is known without its bytes. */
export interface StoredFile {
  readonly name: string;
  /** Tells this content from another that was stored under the same name before or after it. */
  readonly version: string;
  /** Bytes. */
  readonly length: number;
  readonly storedAt: Date;
  /** What its writer noted beside it; `{}` when nothing. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Bytes `start` to `end`, the latter not included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Which uploads that never ended are meant. */
export interface RemovalOptions {
  readonly startedBefore: Date;
  /** Counts, and removes nothing. */
  readonly isDryRun?: boolean;
}

/** What was removed, or would be. */
export interface UnfinishedUploads {
  readonly fileCount: number;
  readonly partCount: number;
}

/**
 * The bytes of files, with nobody's rights in mind: only `access/` may hold one. Nothing is ever held whole in memory.
 *
 * Every method throws `GatewayError` `ServiceUnavailable` (2) while the database is away.
 */
export interface FileStore {
  /**
   * Stores the bytes as they come; whole or not at all: what was written is removed when `bytes` fails.
   * Cost: 1 command for each MB and 1 at the end; 2 more for the first file of a process.
   * @throws what `bytes` throws.
   */
  write(name: string, bytes: AsyncIterable<Uint8Array>): Promise<StoredFile>;
  /** The newest file of this name. Cost: 1 command. */
  find(name: string): Promise<StoredFile | undefined>;
  /**
   * The bytes in order, as fast as they are taken. Cost: 1 command, 1 more for each further MB.
   * @throws GatewayError 1 when parts are missing or of another size.
   */
  read(file: StoredFile, range: ByteRange): AsyncIterable<Uint8Array>;
  /** Removes this version and no other of its name. Cost: 2 commands. */
  remove(file: StoredFile): Promise<void>;
  /** Removes every version; false when there is none. Cost: 3 commands, 1 when there is none. */
  delete(name: string): Promise<boolean>;
  /**
   * Removes what is left of uploads whose process died: bytes of files that nobody can find. Time enough must have passed for an
   * upload that is still on its way to have ended. Cost: 2 or 3 commands for each 250 MB of files that old.
   */
  removeUnfinished(options: RemovalOptions): Promise<UnfinishedUploads>;
}
