import { MongoClient, type Db, type Document, type MongoClientOptions } from 'mongodb';
import { startOwnStore, startStore, type TestStore } from '../../support/start-store.ts';

/** A connected client and a database that no other test uses. */
export interface OpenDatabase {
  readonly client: MongoClient;
  readonly database: Db;
  readonly uri: string;
  /** Disconnects and drops the database. */
  close(): Promise<void>;
}

/** Connects to a fresh database of the run's store, or of the server that `TEST_DATABASE_URI` names. */
export async function openDatabase(options: MongoClientOptions = {}): Promise<OpenDatabase> {
  return connect(startStore(), options);
}

/** As `openDatabase`, in a store whose parameters and fail points are no other test's business. */
export async function openOwnDatabase(options: MongoClientOptions = {}): Promise<OpenDatabase> {
  return connect(await startOwnStore(), options);
}

async function connect(store: TestStore, options: MongoClientOptions): Promise<OpenDatabase> {
  const client = await new MongoClient(store.uri, options).connect();
  return {
    client,
    database: client.db(store.databaseName),
    uri: store.uri,
    async close() {
      await client.close();
      await store.close();
    },
  };
}

/**
 * How many documents a command looked at, by its `explain` with `executionStats`: those of the first read and of
 * every `$lookup`.
 */
export function documentsExamined(explained: Document): number {
  return sumOf(explained, 'totalDocsExamined');
}

function sumOf(value: unknown, key: string): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, item) => sum + sumOf(item, key), 0);
  }
  return Object.entries(value).reduce(
    (sum, [name, item]) => sum + (name === key ? Number(item) : sumOf(item, key)),
    0,
  );
}

/** The server's error code of a refused operation. @throws Error when it is not refused, or not by the server. */
export async function refusalCode(work: Promise<unknown>): Promise<number> {
  return (await refusal(work)).code;
}

/** Code and message of a refused operation. @throws Error when it is not refused, or not by the server. */
export async function refusal(
  work: Promise<unknown>,
): Promise<{ readonly code: number; readonly message: string }> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('the operation was expected to be refused');
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code !== 'number') throw error;
  return { code, message: error.message };
}
