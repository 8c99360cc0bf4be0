import {
  catalogKey,
  decodeCollection,
  type Catalog,
  type StoredCollection,
} from './tables/catalog.ts';
import { createCommitQueue } from './commit-queue.ts';
import type { Engine } from './engine.ts';
import { expireDocuments } from './expire-documents.ts';
import { createIdSource } from './id-source.ts';
import { openJournal } from './journal/journal-store.ts';
import type { KeyValueReader } from './tables/key-value.ts';
import { openTables } from './tables/lmdb-tables.ts';
import { RecordLocks } from './record-locks.ts';
import { readSession } from './session-records.ts';
import { StoreView } from './store-view.ts';
import { beginTransaction } from './transaction.ts';

/** How large the journal may grow before its oldest entries go. */
const DEFAULT_JOURNAL_BYTES = 64 * 1024 * 1024;

export interface EngineOptions {
  /** The folder to keep everything in; made when missing. One process may have it open. */
  readonly path: string;
  /** Bound of the journal in bytes; 64 MB unless told. */
  readonly journalBytes?: number;
  /** The clock. */
  readonly now?: () => Date;
}

/** Opens (or makes) a store in a folder. Opening reads the catalog only: it does not depend on how much is stored. */
export function createEngine({
  path,
  journalBytes = DEFAULT_JOURNAL_BYTES,
  now = () => new Date(),
}: EngineOptions): Engine {
  const tables = openTables(path);
  let catalog = readCatalog(tables.current);
  const ids = createIdSource(tables.current, catalog);
  const journal = openJournal(tables.current, tables.write, { journalBytes, now });
  const locks = new RecordLocks();
  const queue = createCommitQueue({
    tables,
    journal,
    ids,
    locks,
    now,
    catalog: () => catalog,
    publish: (next) => {
      catalog = next;
    },
  });
  const pin = (): ReturnType<Engine['pin']> => {
    const pinned = tables.pin();
    return {
      snapshot: new StoreView(pinned.reader, catalog),
      release: () => {
        pinned.release();
      },
    };
  };
  const engine: Engine = {
    read: () => new StoreView(tables.current, catalog),
    pin,
    write: (work) => queue.write(work),
    begin: (identity) =>
      beginTransaction(identity, {
        pinned: tables.pin(),
        current: () => new StoreView(tables.current, catalog),
        queue,
        ids,
        locks,
        journalNow: () => journal.now,
      }),
    remembered: (session) => readSession(tables.current, session),
    journal,
    expire: (at) => expireDocuments(engine, at),
    async close() {
      await queue.close();
      await tables.close();
    },
  };
  return engine;
}

function readCatalog(reader: KeyValueReader): Catalog {
  const catalog = new Map<string, StoredCollection>();
  const everything = { start: Buffer.alloc(1), end: Buffer.alloc(1, 0xff) };
  for (const { value } of reader.range('catalog', everything)) {
    const collection = decodeCollection(value);
    catalog.set(catalogKey(collection.namespace), collection);
  }
  return catalog;
}
