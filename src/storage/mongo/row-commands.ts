import {
  type AggregateOptions,
  type AnyBulkWriteOperation,
  type ClientSession,
  type Collection,
  type Db,
  type Document,
  type Filter,
  MongoBulkWriteError,
  type ReadPreferenceLike,
  type UpdateFilter,
} from 'mongodb';
import type { GatewayError } from '../../parse/errors.ts';
import type { ReadPreference } from '../../query/find-request.ts';
import { commentOf, type Collation, type CommandOptions } from './command-options.ts';
import type { StoredDocument } from './document.ts';
import { decodeDriverError, decodeRefusedRows, translated, type CommandPurpose } from './errors.ts';
import type { StoredFilter } from './filter.ts';
import { createGate, type Gate } from './gate.ts';
import type { StoredSort } from './page.ts';

/** What a find asks for besides its filter. */
export interface FindShape {
  readonly projection?: Readonly<Record<string, 0 | 1>> | undefined;
  readonly sort?: StoredSort | Readonly<Record<string, unknown>> | undefined;
  readonly skip?: number;
  /** `undefined`: every row. */
  readonly limit?: number;
  readonly readPreference?: ReadPreference | undefined;
  /** How texts are compared; `undefined`: byte by byte. */
  readonly collation?: Collation | undefined;
}

const READ_PREFERENCES: Readonly<Record<ReadPreference, ReadPreferenceLike>> = {
  PRIMARY: 'primary',
  PRIMARY_PREFERRED: 'primaryPreferred',
  SECONDARY: 'secondary',
  SECONDARY_PREFERRED: 'secondaryPreferred',
  NEAREST: 'nearest',
};

/** Reads of one operation that are sent at the same time: the connections are there for all. */
const READS_AT_ONCE = 16;

/** Rows per batch when all are wanted: the server cuts a batch at 16 MB by itself. */
const ALL_ROWS = 1_000_000;

/** What bounds some commands: the transaction they are part of, or the turns that an operation's reads take. */
export interface CommandsWithin {
  readonly session?: ClientSession;
  readonly gate?: Gate;
}

/**
 * The only place that sends commands for rows, of objects and of whatever else Parse keeps: each method is one command (and a `getMore` for each further 16 MB of
 * rows), bounded in time, with the driver's failures translated.
 *
 * @throws GatewayError as `decodeDriverError` says; every method.
 */
export class RowCommands {
  readonly #db: Db;
  readonly #options: CommandOptions;
  readonly #collectionPrefix: string;
  readonly #maxTimeMS: number;
  readonly #comment: { readonly comment?: string };
  /** The transaction that the commands are part of. */
  readonly #session: { readonly session?: ClientSession };
  readonly #gate: Gate | undefined;

  constructor(db: Db, options: CommandOptions, within: CommandsWithin = {}) {
    this.#db = db;
    this.#options = options;
    this.#gate = within.gate;
    this.#collectionPrefix = options.collectionPrefix;
    this.#maxTimeMS = options.maxTimeMs;
    this.#comment = commentOf(options);
    this.#session = within.session === undefined ? {} : { session: within.session };
  }

  /** The same commands for one operation: of its reads so many go out at once, and the others wait for these, not those of other operations. */
  forOperation(): RowCommands {
    return new RowCommands(this.#db, this.#options, { gate: createGate(READS_AT_ONCE) });
  }

  /**
   * What `run` writes through the commands it is given happens whole or not at all; it is run anew when another transaction
   * was in the way, so it must change nothing else. The server must have transactions.
   * Cost: what `run` sends, and 1 command to commit. @throws what `run` throws, after everything is undone.
   */
  async transaction<T>(run: (within: RowCommands) => Promise<T>): Promise<T> {
    return translated('write', () =>
      this.#db.client.withSession((session) =>
        session.withTransaction(() => run(new RowCommands(this.#db, this.#options, { session }))),
      ),
    );
  }

  /** The stored name of a class's or join table's collection. */
  collectionName(name: string): string {
    return `${this.#collectionPrefix}${name}`;
  }

  find(name: string, filter: StoredFilter, shape: FindShape = {}): Promise<StoredDocument[]> {
    const { projection, sort, skip = 0, limit, readPreference, collation } = shape;
    return this.#sent('read', () =>
      this.#collection(name)
        .find(filter as Filter<Document>, {
          ...this.#comment,
          ...this.#session,
          maxTimeMS: this.#maxTimeMS,
          // One more than the limit, or the server keeps a cursor open for a page that is full.
          batchSize: limit === undefined ? ALL_ROWS : limit + 1,
          ...(projection && { projection }),
          ...(sort && Object.keys(sort).length > 0 && { sort: sort as Record<string, 1 | -1> }),
          ...(skip > 0 && { skip }),
          ...(limit !== undefined && { limit }),
          ...(collation && { collation: { ...collation } }),
          ...readFrom(readPreference),
        })
        .toArray(),
    );
  }

  /** Every document of a small collection as its BSON, so that who knows it need not decode it again. */
  async findBytes(name: string): Promise<readonly Uint8Array[]> {
    const options = { ...this.#comment, maxTimeMS: this.#maxTimeMS, batchSize: ALL_ROWS };
    const documents: readonly unknown[] = await translated('read', () =>
      this.#collection(name)
        .find({}, { ...options, raw: true })
        .toArray(),
    );
    return documents.filter((document) => document instanceof Uint8Array);
  }

  count(name: string, filter: StoredFilter, readPreference?: ReadPreference): Promise<number> {
    return this.#sent('read', () =>
      this.#collection(name).countDocuments(filter as Filter<Document>, {
        maxTimeMS: this.#maxTimeMS,
        ...readFrom(readPreference),
      }),
    );
  }

  /** A pipeline over one collection. */
  aggregate(
    name: string,
    pipeline: readonly StoredFilter[],
    readPreference?: ReadPreference,
  ): Promise<StoredDocument[]> {
    return this.#sent('read', () =>
      this.#collection(name)
        .aggregate([...pipeline] as Document[], this.#aggregateOptions(readPreference))
        .toArray(),
    );
  }

  /** A pipeline over the database: it begins with `$documents`. */
  aggregateRows(
    pipeline: readonly StoredFilter[],
    readPreference?: ReadPreference,
  ): Promise<StoredDocument[]> {
    return this.#sent('read', () =>
      this.#db
        .aggregate([...pipeline] as Document[], this.#aggregateOptions(readPreference))
        .toArray(),
    );
  }

  async insertOne(name: string, document: StoredDocument): Promise<void> {
    // The driver adds to what it inserts; ours is not for others to change.
    await this.#sent('write', () =>
      this.#collection(name).insertOne({ ...document }, { ...this.#session }),
    );
  }

  /** All or as many as there are before the first refusal; documents without order among them. */
  async insertMany(name: string, documents: readonly StoredDocument[]): Promise<void> {
    if (documents.length === 0) return;
    await this.#sent('write', () =>
      this.#collection(name).insertMany(
        documents.map((document) => ({ ...document })),
        { ordered: false, ...this.#session },
      ),
    );
  }

  /** Each row for itself, in 1 command: place of a row that was refused → why. Never in a transaction, which a refusal ends. */
  async insertEach(
    name: string,
    documents: readonly StoredDocument[],
  ): Promise<ReadonlyMap<number, GatewayError>> {
    try {
      await this.#collection(name).insertMany(
        documents.map((document) => ({ ...document })),
        { ordered: false },
      );
      return new Map();
    } catch (error) {
      if (error instanceof MongoBulkWriteError) return decodeRefusedRows(error);
      throw decodeDriverError(error, 'write');
    }
  }

  /** Changes one row for each filter, in their order and in 1 command. How many of the filters found a row. */
  async updateEach(
    name: string,
    changes: readonly { readonly filter: StoredFilter; readonly update: StoredFilter }[],
  ): Promise<number> {
    const operations = changes.map(({ filter, update }) => ({
      updateOne: { filter, update },
    }));
    const { matchedCount } = await this.#sent('write', () =>
      this.#collection(name).bulkWrite(operations, { ordered: true, ...this.#session }),
    );
    return matchedCount;
  }

  /** The row after the change, or `undefined` when the filter finds none. */
  async findOneAndUpdate(
    name: string,
    filter: StoredFilter,
    change: { readonly update: StoredFilter; readonly projection: FindShape['projection'] },
  ): Promise<StoredDocument | undefined> {
    const row = await this.#sent('write', () =>
      this.#collection(name).findOneAndUpdate(
        filter as Filter<Document>,
        change.update as UpdateFilter<Document>,
        {
          returnDocument: 'after',
          maxTimeMS: this.#maxTimeMS,
          ...this.#session,
          ...(change.projection && { projection: change.projection }),
        },
      ),
    );
    return row ?? undefined;
  }

  /** The row as it was, or `undefined` when the filter finds none. */
  async findOneAndDelete(
    name: string,
    filter: StoredFilter,
    projection: FindShape['projection'],
  ): Promise<StoredDocument | undefined> {
    const row = await this.#sent('write', () =>
      this.#collection(name).findOneAndDelete(filter as Filter<Document>, {
        maxTimeMS: this.#maxTimeMS,
        ...this.#session,
        ...(projection && { projection }),
      }),
    );
    return row ?? undefined;
  }

  /** Several writes in one call; none are sent for an empty list. */
  async bulkWrite(name: string, operations: readonly AnyBulkWriteOperation[]): Promise<void> {
    if (operations.length === 0) return;
    await this.#sent('write', () =>
      this.#collection(name).bulkWrite([...operations], { ...this.#session }),
    );
  }

  async deleteMany(name: string, filter: StoredFilter): Promise<void> {
    await this.deleteCounted(name, filter);
  }

  /** As `deleteMany`; how many rows went. */
  async deleteCounted(name: string, filter: StoredFilter): Promise<number> {
    const { deletedCount } = await this.#sent('write', () =>
      this.#collection(name).deleteMany(filter as Filter<Document>, { ...this.#session }),
    );
    return deletedCount;
  }

  /** How many rows the filter finds. Takes as long as it takes: it may be every row of a class. */
  async updateMany(name: string, filter: StoredFilter, update: StoredFilter): Promise<number> {
    const { matchedCount } = await translated('write', () =>
      this.#collection(name).updateMany(
        filter as Filter<Document>,
        update as UpdateFilter<Document>,
      ),
    );
    return matchedCount;
  }

  /** In a transaction failures pass as they are, for the driver to see whether to begin anew. */
  #sent<T>(purpose: CommandPurpose, run: () => Promise<T>): Promise<T> {
    if (this.#session.session !== undefined) return run();
    const gate = purpose === 'read' ? this.#gate : undefined;
    return translated(purpose, () => (gate === undefined ? run() : gate(run)));
  }

  #collection(name: string): Collection {
    return this.#db.collection(this.collectionName(name));
  }

  #aggregateOptions(readPreference: ReadPreference | undefined): AggregateOptions {
    return {
      maxTimeMS: this.#maxTimeMS,
      batchSize: ALL_ROWS,
      allowDiskUse: true,
      ...readFrom(readPreference),
    };
  }
}

function readFrom(readPreference: ReadPreference | undefined): {
  readonly readPreference?: ReadPreferenceLike;
} {
  return readPreference === undefined ? {} : { readPreference: READ_PREFERENCES[readPreference] };
}
