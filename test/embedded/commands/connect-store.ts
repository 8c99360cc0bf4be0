import { MongoClient, MongoServerError, type Db, type Document } from 'mongodb';
import { startOwnStore, type OwnStore } from '../../support/start-store.ts';

/** A store of a test file's own, a client of it, and a database that is dropped with it. */
export interface ConnectedStore {
  readonly store: OwnStore;
  readonly client: MongoClient;
  readonly database: Db;
  close(): Promise<void>;
}

/** Starts a store and connects the driver to it. */
export async function connectStore(): Promise<ConnectedStore> {
  const store = await startOwnStore();
  const client = new MongoClient(store.uri, { appName: 'commands', monitorCommands: true });
  await client.connect();
  return {
    store,
    client,
    database: client.db(store.databaseName),
    async close() {
      await client.close();
      await store.close();
    },
  };
}

/** The error a promise ends with. @throws Error when it ends well. */
export async function failure(promise: Promise<unknown>): Promise<MongoServerError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof MongoServerError) return error;
    throw error;
  }
  throw new Error('an error was expected');
}

/** Runs a command as it is and answers its reply, also when that is an error. */
export async function reply(database: Db, command: Document): Promise<Document> {
  try {
    return await database.command(command);
  } catch (error) {
    if (error instanceof MongoServerError) return error.errorResponse;
    throw error;
  }
}
