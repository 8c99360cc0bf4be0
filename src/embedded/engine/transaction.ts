import type { Timestamp } from 'bson';
import { StoreError } from '../errors.ts';
import { Batch } from './batch.ts';
import type { BatchGuard } from './batch-state.ts';
import type { StoredCollection } from './tables/catalog.ts';
import { catalogKey } from './tables/catalog.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { EngineTransaction, TransactionIdentity, WriteBatch } from './engine.ts';
import type { IdSource } from './id-source.ts';
import { decodeRecordId, recordKey } from './tables/index-layout.ts';
import type { KeyValueReader } from './tables/key-value.ts';
import { createOverlay } from './tables/overlay-tables.ts';
import { RecordingBatch, type RecordedWrite } from './recording-batch.ts';
import { writeConflict, type LockOwner, type RecordLocks } from './record-locks.ts';
import type { StoreView } from './store-view.ts';

export interface TransactionParts {
  readonly pinned: { readonly reader: KeyValueReader; release(): void };
  readonly current: () => StoreView;
  readonly queue: CommitQueue;
  readonly ids: IdSource;
  readonly locks: RecordLocks;
  readonly journalNow: () => Timestamp;
}

/** Guards nothing: the transaction holds what it is about to write. */
const OWN: BatchGuard = { touch: () => undefined, change: () => undefined };

/**
 * A transaction: writes go into memory over a pinned snapshot, and are done again on the newest state at commit.
 *
 * A unique key, which every document has with its `_id`, belongs to the first transaction that writes it until that
 * ends; one that changed since the snapshot is a conflict at once.
 */
export function beginTransaction(
  identity: TransactionIdentity,
  { pinned, current, queue, ids, locks, journalNow }: TransactionParts,
): EngineTransaction {
  let end = (): void => undefined;
  const owner: LockOwner = {
    ended: new Promise((resolve) => {
      end = resolve;
    }),
  };
  const snapshot = current().catalog;
  const writes: RecordedWrite[] = [];
  let state: 'open' | 'ended' = 'open';
  const finish = (): void => {
    state = 'ended';
    locks.release(owner);
    pinned.release();
    end();
  };
  const snapshotReader: KeyValueReader = {
    get(table, key) {
      assertOpen(state);
      return pinned.reader.get(table, key);
    },
    range(table, range) {
      assertOpen(state);
      return pinned.reader.range(table, range);
    },
  };
  const guard: BatchGuard = {
    touch(collection, entryKey) {
      if (!snapshot.has(catalogKey(collection.namespace))) {
        // Made by this transaction, so nobody else knows its keys.
        return;
      }
      if (!locks.take(owner, collection.id, entryKey)) return;
      const now = current();
      assertUnchanged(collection, { before: snapshotReader, now }, entryKey);
    },
    change(collection) {
      const newest = current().stored(collection.namespace);
      if (newest !== undefined && newest.id !== collection.id) throw writeConflict();
    },
  };
  const batch = new RecordingBatch(
    new Batch({ writer: createOverlay(snapshotReader), catalog: snapshot, ids, guard }),
    writes,
  );
  return {
    batch,
    async commit(session) {
      assertOpen(state);
      // What it holds is let go only when the commit is done.
      state = 'ended';
      try {
        if (writes.length === 0) return journalNow();
        await queue.write(
          (target) => {
            replay(writes, target);
            if (session !== undefined) {
              target.remember(session, { txnNumber: identity.txnNumber, at: new Date() });
            }
          },
          {
            transaction: identity,
            guard: OWN,
          },
        );
        return journalNow();
      } catch (error) {
        throw error instanceof StoreError && error.codeName === 'DuplicateKey'
          ? writeConflict()
          : error;
      } finally {
        finish();
      }
    },
    abort() {
      if (state === 'open') finish();
    },
  };
}

function assertOpen(state: 'open' | 'ended'): void {
  if (state === 'open') return;
  throw new StoreError('NoSuchTransaction', 'the transaction has ended', {
    labels: ['TransientTransactionError'],
  });
}

/** @throws StoreError 112 when what lies at a unique key, or the collection, is not what the snapshot saw. */
function assertUnchanged(
  collection: StoredCollection,
  { before, now }: { readonly before: KeyValueReader; readonly now: StoreView },
  entryKey: Buffer,
): void {
  if (now.stored(collection.namespace)?.id !== collection.id) throw writeConflict();
  const old = recordAt(before, collection.id, entryKey);
  const newest = recordAt(now.reader, collection.id, entryKey);
  if (old === undefined ? newest !== undefined : newest?.equals(old) !== true) {
    throw writeConflict();
  }
}

function recordAt(
  reader: KeyValueReader,
  collectionId: number,
  entryKey: Buffer,
): Buffer | undefined {
  const entry = reader.get('indexes', entryKey);
  return entry === undefined
    ? undefined
    : reader.get('records', recordKey(collectionId, decodeRecordId(entry)));
}

function replay(writes: readonly RecordedWrite[], target: WriteBatch): void {
  for (const write of writes) write(target);
}
