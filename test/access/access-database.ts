import { MongoClient, type Db } from 'mongodb';
import type { Acl } from '../../src/parse/acl.ts';
import type { ClassCatalog } from '../../src/parse/class-schema.ts';
import { CollectionCommands } from '../../src/storage/mongo/collection-commands.ts';
import { observeCommands } from '../../src/storage/mongo/observe-commands.ts';
import { RowCommands } from '../../src/storage/mongo/row-commands.ts';
import { buildMongoStore } from '../../src/storage/mongo/mongo-store.ts';
import { createSessionSource } from '../../src/storage/mongo/session-source.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import type { SessionSource } from '../../src/storage/session-source.ts';
import { startStore } from '../support/start-store.ts';

/** A database of one test file: raw access as another program has it, and the gateway's own. */
export interface AccessDatabase {
  readonly raw: Db;
  readonly sessions: SessionSource;
  storeFor(catalog: ClassCatalog): ObjectStore;
  /** Names of the commands that went to the database meanwhile, e.g. `['find _Session']`. */
  commandsOf(work: () => Promise<unknown>): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openAccessDatabase(): Promise<AccessDatabase> {
  const store = startStore();
  const client = await MongoClient.connect(store.uri, { monitorCommands: true });
  const raw = client.db(store.databaseName);
  const sent = { collectionPrefix: '', maxTimeMs: 10_000 };
  const commands = new RowCommands(raw, sent);
  const collections = new CollectionCommands(raw, sent);
  let seen: string[] = [];
  observeCommands(client, ({ name, collection }) => seen.push(`${name} ${collection}`));
  return {
    raw,
    sessions: createSessionSource(commands),
    storeFor: (catalog) =>
      buildMongoStore({
        commands,
        collections,
        catalog,
        abilities: { hasDocumentsStage: true, hasIndex: () => Promise.resolve(true) },
        writing: { hasTransactions: true },
        report: () => undefined,
      }),
    async commandsOf(work) {
      seen = [];
      await work();
      return seen;
    },
    async close() {
      await client.close();
      await store.close();
    },
  };
}

/** A row's ACL keys as Parse stores them; none for an open half. */
export function storedAcl({ readers, writers }: Acl): Record<string, readonly string[]> {
  return {
    ...(readers && { _rperm: readers }),
    ...(writers && { _wperm: writers }),
  };
}
