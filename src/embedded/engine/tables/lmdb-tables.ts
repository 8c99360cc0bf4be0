import { mkdirSync } from 'node:fs';
import { open, type Database, type RootDatabase, type Transaction, TransactionFlags } from 'lmdb';
import { StoreError } from '../../errors.ts';
import { lockFolder } from './folder-lock.ts';
import {
  TABLES,
  type KeyRange,
  type KeyValuePair,
  type KeyValueReader,
  type KeyValueWriter,
  type Table,
} from './key-value.ts';

/** Commit when the callback returns, abort when it throws; the flush to disk happens in the background (see `flushed`). */
const ABORTABLE_ASYNC_FLUSH =
  TransactionFlags.ABORTABLE | TransactionFlags.SYNCHRONOUS_COMMIT | TransactionFlags.NO_SYNC_FLUSH;

/** How many pinned snapshots and processes may read at once. */
const MAX_READERS = 2000;

/**
 * Address space the data file is mapped into from the start; memory and disk are only taken for what is stored. A map that has to
 * grow is mapped anew and the old one kept for its readers, so that its pages count as resident twice. It still grows beyond
 * this. Windows would make the file that large, so there it grows from small.
 */
const RESERVED_BYTES = 4 * 1024 ** 3;

type Bytes = Database<Buffer, Buffer>;

/** The tables in one LMDB environment. */
export interface LmdbTables {
  /** The committed state as of this turn of the event loop. */
  readonly current: KeyValueReader;
  pin(): { readonly reader: KeyValueReader; release(): void };
  /** Runs `work` in one write transaction: everything it put becomes visible when it returns, nothing when it throws. May be nested. */
  readonly write: <Result>(work: (writer: KeyValueWriter) => Result) => Result;
  /** Resolves when what was committed so far is on the disk. */
  flushed(): Promise<void>;
  close(): Promise<void>;
}

/** Opens (or makes) the tables in the folder `path`. @throws Error when another process has them open. */
export function openTables(path: string): LmdbTables {
  mkdirSync(path, { recursive: true });
  const unlock = lockFolder(path);
  const root: RootDatabase<Buffer, Buffer> = open({
    path,
    keyEncoding: 'binary',
    encoding: 'binary',
    maxDbs: TABLES.length + 1,
    maxReaders: MAX_READERS,
    noMemInit: false,
    ...(process.platform === 'win32' ? {} : { mapSize: RESERVED_BYTES }),
  });
  const databases = new Map<Table, Bytes>();
  for (const table of TABLES) {
    databases.set(
      table,
      root.openDB<Buffer, Buffer>({ name: table, keyEncoding: 'binary', encoding: 'binary' }),
    );
  }
  let isClosed = false;
  const database = (table: Table): Bytes => {
    const found = databases.get(table);
    if (found === undefined) throw new Error(`no table ${table}`);
    if (isClosed) throw new StoreError('InterruptedAtShutdown', 'the store is closed');
    return found;
  };
  const current = createReader(database);
  const writer: KeyValueWriter = {
    get: (table, key) => current.get(table, key),
    range: (table, range) => rangeInChunks(current, table, range),
    put: (table, key, value) => {
      void database(table).put(key, value);
    },
    remove: (table, key) => {
      void database(table).remove(key);
    },
  };
  return {
    current,
    pin() {
      const transaction = root.useReadTransaction();
      let isOpen = true;
      return {
        reader: createReader((table) => {
          if (!isOpen) throw new Error('the snapshot was released');
          return database(table);
        }, transaction),
        release() {
          if (isOpen) transaction.done();
          isOpen = false;
        },
      };
    },
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the enum's members are bits to be joined
    write: (work) => root.transactionSync(() => work(writer), ABORTABLE_ASYNC_FLUSH),
    flushed: async () => {
      await root.flushed;
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      await root.close();
      unlock();
    },
  };
}

function createReader(
  database: (table: Table) => Bytes,
  transaction?: Transaction,
): KeyValueReader {
  const pinned = transaction === undefined ? {} : { transaction };
  return {
    get: (table, key) => database(table).get(key, pinned),
    range: (table, { start, end, reverse }: KeyRange) =>
      reverse === true
        ? // LMDB walks backwards from an inclusive start to an exclusive end; ours is the other way round.
          database(table).getRange({
            ...pinned,
            start: end,
            end: start,
            reverse: true,
            exclusiveStart: true,
            inclusiveEnd: true,
          })
        : database(table).getRange({ ...pinned, start, end }),
  };
}

const FIRST_CHUNK = 16;
const LARGEST_CHUNK = 1024;

/** Reads ahead a little at a time, so that a caller may write to the table between two pairs. */
function* rangeInChunks(
  reader: KeyValueReader,
  table: Table,
  range: KeyRange,
): Generator<KeyValuePair> {
  let rest = range;
  for (let size = FIRST_CHUNK; ; size = Math.min(size * 4, LARGEST_CHUNK)) {
    const chunk: KeyValuePair[] = [];
    for (const pair of reader.range(table, rest)) {
      chunk.push(pair);
      if (chunk.length === size) break;
    }
    yield* chunk;
    const last = chunk.at(-1);
    if (last === undefined || chunk.length < size) return;
    rest =
      range.reverse === true
        ? { ...rest, end: last.key }
        : { ...rest, start: Buffer.concat([last.key, Buffer.of(0)]) };
  }
}
