import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { MongoClient } from 'mongodb';
import { inject } from 'vitest';
import { createStore } from '../../src/embedded/create-store.ts';
import { EXTERNAL_STORE_URI, temporaryDirectory } from './store-location.ts';

/** A place for the data of one test. */
export interface TestStore {
  /** Connection string without a database name. */
  readonly uri: string;
  /** A name that no other test uses; nothing is stored under it yet. */
  readonly databaseName: string;
  /** Drops that database: one command. */
  close(): Promise<void>;
}

/** A store that no other test touches. */
export interface OwnStore extends TestStore {
  /** Where it keeps its data; absent when the server is not ours. */
  readonly dataDirectory: string | undefined;
}

/**
 * A fresh database in the one store of the test run, or in the server that `TEST_DATABASE_URI` names.
 *
 * Cheap: nothing is started. Other test files use the same store at the same time, so a test that sets fail points,
 * watches the whole cluster or restarts the store takes `startOwnStore`.
 */
export function startStore(): TestStore {
  const uri = EXTERNAL_STORE_URI ?? inject('storeUri');
  const databaseName = freshDatabaseName();
  return { uri, databaseName, close: async () => dropDatabase(uri, databaseName) };
}

/** A store of its own in a temporary directory, which `close` removes; the named server when `TEST_DATABASE_URI` is set. */
export async function startOwnStore(): Promise<OwnStore> {
  if (EXTERNAL_STORE_URI !== undefined) return { ...startStore(), dataDirectory: undefined };
  const dataDirectory = await temporaryDirectory();
  const store = await createStore({ dataDirectory, port: 0 });
  return {
    uri: store.uri,
    databaseName: freshDatabaseName(),
    dataDirectory,
    async close() {
      await store.close();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

/** `test_` and twelve random hexadecimal digits. */
export function freshDatabaseName(): string {
  return `test_${randomBytes(6).toString('hex')}`;
}

async function dropDatabase(uri: string, databaseName: string): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 });
  try {
    await client.db(databaseName).dropDatabase();
  } finally {
    await client.close();
  }
}
