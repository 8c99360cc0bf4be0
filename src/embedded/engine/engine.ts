/**
 * The engine's contract: what commands, aggregation and change streams may ask of storage.
 *
 * Everything here is synchronous within one commit: JavaScript's single thread is the write lock, LMDB
 * gives snapshots and durability. Documents are plain objects decoded by `bson` with promoted values (strings, booleans, Date, null;
 * ObjectId, Binary, Decimal128, Timestamp, MinKey, MaxKey, BSONRegExp, Code stay BSON classes) whose numbers tell their type: an Int32
 * and a double that cannot be taken for one are JavaScript numbers, a Long of any size is a Long, a whole double within 32 bits a Double.
 */
import type { Timestamp } from 'bson';

/** One decoded document; field order is significant. */
export type Document = Record<string, unknown>;

export interface Namespace {
  readonly database: string;
  readonly collection: string;
}

/** As `collation` of the commands; only locale, strength, caseLevel and numericOrdering are honoured, the rest is refused. */
export interface Collation {
  readonly locale: string;
  readonly strength?: 1 | 2 | 3 | 4 | 5;
  readonly caseLevel?: boolean;
  readonly numericOrdering?: boolean;
}

export type IndexDirection = 1 | -1 | '2d' | '2dsphere' | 'text' | 'hashed';

export interface IndexSpec {
  readonly name: string;
  readonly key: readonly (readonly [path: string, direction: IndexDirection])[];
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly hidden: boolean;
  /** No new duplicates are let in, those that are there stay: the step before `unique`. */
  readonly prepareUnique?: boolean;
  readonly partialFilterExpression?: Document;
  readonly collation?: Collation;
  readonly expireAfterSeconds?: number;
  readonly weights?: Readonly<Record<string, number>>;
  readonly defaultLanguage?: string;
  /** The specification as it was given, to be listed back. */
  readonly given: Document;
}

/** What may change of an index while its key stays. */
export interface IndexChange {
  readonly hidden?: boolean;
  readonly expireAfterSeconds?: number;
  readonly prepareUnique?: boolean;
  readonly unique?: true;
}

export interface CollectionOptions {
  readonly capped?: boolean;
  readonly size?: number;
  readonly max?: number;
  readonly validator?: Document;
  readonly validationLevel?: 'off' | 'strict' | 'moderate';
  readonly validationAction?: 'error' | 'warn';
  readonly collation?: Collation;
  readonly changeStreamPreAndPostImages?: { readonly enabled: boolean };
  readonly viewOn?: string;
  readonly pipeline?: readonly Document[];
}

export interface CollectionInfo {
  readonly namespace: Namespace;
  /** UUID bytes, stable for the life of the collection (kept over a rename). */
  readonly uuid: Uint8Array;
  readonly options: CollectionOptions;
  readonly indexes: readonly IndexSpec[];
}

export type SortSpec = readonly (readonly [path: string, direction: 1 | -1 | Document])[];

/** What to read from one collection. The engine picks an index, filters and orders; projection is the caller's. */
export interface ReadQuery {
  readonly filter?: Document;
  readonly sort?: SortSpec;
  /** With `skip`: how many ordered documents are wanted, so that a top-k heap or an early stop can be used. */
  readonly limit?: number;
  readonly skip?: number;
  readonly collation?: Collation;
  readonly hint?: string | Document;
  /** Values of `let` variables that the filter's `$expr` may use (`$$name`), already evaluated. */
  readonly variables?: Document;
  /** Called for each document looked at; what it throws ends the read, e.g. at a time limit. */
  readonly interrupt?: (() => void) | undefined;
}

/** What a read cost, for `explain`, counters and tests: index used (or `COLLSCAN`), keys and documents looked at. */
export interface ReadCost {
  readonly plan: string;
  readonly keysExamined: number;
  readonly documentsExamined: number;
}

/** A document as stored: its bytes, and the decoded form, made when first asked for. */
export interface RawDocument {
  /** The document's BSON; owned by the receiver, never changes. */
  readonly raw: Uint8Array;
  readonly document: Document;
}

/** A consistent view of all collections. */
export interface Snapshot {
  collection(namespace: Namespace): CollectionInfo | undefined;
  collections(database?: string): readonly CollectionInfo[];
  /**
   * Matching documents, in order, lazily, with skip and limit applied. A missing collection is empty.
   * Views are not resolved here (see aggregation/).
   * `onCost` is called once, when the iteration ends.
   */
  find(
    namespace: Namespace,
    query: ReadQuery,
    onCost?: (cost: ReadCost) => void,
  ): Iterable<Document>;
  /**
   * As `find`, with the stored bytes. When an index answers the filter exactly, or there is no filter, and no sort in
   * memory is needed, nothing is decoded: a reply without projection can pass `raw` on.
   */
  findRaw(
    namespace: Namespace,
    query: ReadQuery,
    onCost?: (cost: ReadCost) => void,
  ): Iterable<RawDocument>;
  /** How many documents the collection holds, without reading them. */
  size(namespace: Namespace): number;
  /** How many bytes of BSON the collection's documents take, without reading them. */
  dataSize(namespace: Namespace): number;
  /** The plan `find` would choose, without running it; its counts are 0. @throws StoreError 2 for a bad hint. */
  explain(namespace: Namespace, query: ReadQuery): ReadCost;
}

export interface InsertOptions {
  /** The document's BSON as it arrived: stored as it is, so that number types survive and nothing is encoded twice. Must begin with what `document` decodes to. */
  readonly raw?: Uint8Array | undefined;
  readonly bypassValidation?: boolean | undefined;
}

/** What an update changed, as change streams report it. */
export interface UpdateDescription {
  /** Dotted paths to new values. */
  readonly updatedFields: Document;
  readonly removedFields: readonly string[];
  readonly truncatedArrays: readonly { readonly field: string; readonly newSize: number }[];
}

export interface ReplaceOptions {
  readonly kind: 'replace' | 'update';
  readonly bypassValidation?: boolean | undefined;
  /** For `update`, when the caller knows better than a comparison of both versions would tell. */
  readonly description?: UpdateDescription | undefined;
}

/** The writes of one commit (or of one open transaction). Reads see its own writes, also while they are being iterated. */
export interface WriteBatch extends Snapshot {
  /**
   * Adds a document (`_id` must be present); creates the collection when it is missing.
   * @throws StoreError 11000 with `keyPattern` and `keyValue` when a unique index refuses it; 121 with `errInfo` on
   * validation failure; 10334 beyond 16 MB; 166 on a view.
   */
  insert(namespace: Namespace, document: Document, options?: InsertOptions): void;
  /**
   * Replaces the document with the `_id` of `before`.
   * False when nothing changed (or the document is gone): nothing is written then.
   * @throws StoreError as `insert`; 66 when `_id` differs.
   */
  replace(
    namespace: Namespace,
    before: Document,
    after: Document,
    options?: ReplaceOptions,
  ): boolean;
  /** Removes the document with this `_id`, if it is there. */
  remove(namespace: Namespace, document: Document): void;
  createCollection(namespace: Namespace, options: CollectionOptions): void;
  /** False when there was none. */
  dropCollection(namespace: Namespace): boolean;
  dropDatabase(database: string): void;
  renameCollection(from: Namespace, to: Namespace, dropTarget: boolean): void;
  modifyCollection(namespace: Namespace, options: Partial<CollectionOptions>): void;
  /** Builds the index over what is stored. @throws StoreError 85/86 on a conflicting index, 11000 on duplicates. */
  createIndex(namespace: Namespace, index: IndexSpec): void;
  /**
   * Changes an index; only to become unique it is built anew.
   * @throws StoreError 359 with `violations`, the `_id`s that share a key, when it cannot be unique.
   */
  modifyIndex(namespace: Namespace, name: string, change: IndexChange): void;
  dropIndex(namespace: Namespace, name: string): void;
  /** Keeps with this commit what a session (its id in hex) has done, in place of what was kept of it before. */
  remember(session: string, record: SessionRecord): void;
  /** Forgets what sessions did before a time. */
  forgetSessions(before: Date): void;
}

/** What the newest numbered work of a session has done, so that it is not done twice when its answer got lost. */
export interface SessionRecord {
  readonly txnNumber: bigint;
  readonly at: Date;
  /** Of a retryable write: what each statement counted or returned. Absent for a committed transaction. */
  readonly statements?: ReadonlyMap<number, Document>;
}

export interface TransactionIdentity {
  readonly lsid: Document;
  readonly txnNumber: bigint;
}

/** A multi-document transaction: snapshot reads, buffered writes, first writer wins. */
export interface EngineTransaction {
  readonly batch: WriteBatch;
  /**
   * Applies all or nothing, and remembers for the session (its id in hex) that it is done.
   * @throws StoreError 112 WriteConflict (label TransientTransactionError).
   */
  readonly commit: (session?: string) => Promise<Timestamp>;
  readonly abort: () => void;
}

export type JournalKind =
  | 'insert'
  | 'update'
  | 'replace'
  | 'delete'
  | 'create'
  | 'drop'
  | 'rename'
  | 'dropDatabase'
  | 'createIndexes'
  | 'dropIndexes'
  | 'modify';

/** One committed change. Entries of one commit share their cluster time's second and follow each other. */
export interface JournalEntry {
  readonly time: Timestamp;
  readonly wallTime: Date;
  readonly kind: JournalKind;
  readonly namespace: Namespace;
  readonly uuid?: Uint8Array | undefined;
  readonly documentId?: unknown;
  /** insert and replace: the document as written. */
  readonly document?: Document | undefined;
  readonly updateDescription?: UpdateDescription | undefined;
  /** Only for collections with changeStreamPreAndPostImages enabled. */
  readonly before?: Document | undefined;
  readonly after?: Document | undefined;
  /** rename target, index or collection description. */
  readonly details?: Document | undefined;
  /** Set on entries of a multi-document transaction. */
  readonly transaction?: TransactionIdentity | undefined;
}

export interface Journal {
  /** Time of the newest entry (or of the store's start). Strictly increasing. */
  readonly now: Timestamp;
  /** Everything after this time is still held; a resume before it is ChangeStreamHistoryLost (286). */
  readonly oldest: Timestamp;
  /** Entries strictly after `time`, oldest first. */
  after(time: Timestamp): Iterable<JournalEntry>;
  /** Called after each commit. Returns how to stop. */
  onCommit(listener: () => void): () => void;
}

export interface Engine {
  /** The committed state as of now. Valid until the next await; a cursor that lives longer takes `pin`. Not to be used inside `write`. */
  read(): Snapshot;
  /** A snapshot that stays the same until released. */
  pin(): { readonly snapshot: Snapshot; readonly release: () => void };
  /**
   * Runs `work` soon (not at once: writes of one turn share a commit) and commits what it wrote atomically: all of it, or
   * nothing when it throws. Resolves when it is on the disk. `work` must be synchronous and may run again from the
   * start when it meets a document that an open transaction holds, so it must have no effect but on the batch.
   * @throws StoreError 112 when that transaction does not end for long.
   */
  write<Result>(work: (batch: WriteBatch) => Result): Promise<Result>;
  begin(identity: TransactionIdentity): EngineTransaction;
  /** What is kept of a session (its id in hex), also from before a restart. */
  remembered(session: string): SessionRecord | undefined;
  readonly journal: Journal;
  /** Deletes what TTL indexes have expired, one commit per collection. Called by a timer. */
  expire(now: Date): Promise<number>;
  close(): Promise<void>;
}
