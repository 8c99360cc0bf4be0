/** The six ordered byte maps everything is stored in. */
export const TABLES = ['catalog', 'records', 'indexes', 'journal', 'meta', 'sessions'] as const;
export type Table = (typeof TABLES)[number];

export interface KeyRange {
  /** Inclusive. */
  readonly start: Buffer;
  /** Exclusive. */
  readonly end: Buffer;
  readonly reverse?: boolean;
}

export interface KeyValuePair {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Ordered bytes, compared as unsigned bytes. What is handed out belongs to the caller and never changes. */
export interface KeyValueReader {
  get(table: Table, key: Buffer): Buffer | undefined;
  /** Pairs in key order (or the reverse), lazily. Do not write to the same table while iterating. */
  range(table: Table, range: KeyRange): Iterable<KeyValuePair>;
}

/** A reader that sees its own writes. */
export interface KeyValueWriter extends KeyValueReader {
  put(table: Table, key: Buffer, value: Buffer): void;
  remove(table: Table, key: Buffer): void;
}
