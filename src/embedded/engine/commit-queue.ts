import { StoreError } from '../errors.ts';
import { Batch } from './batch.ts';
import type { BatchGuard, BatchResult } from './batch-state.ts';
import type { Catalog } from './tables/catalog.ts';
import type { WriteBatch } from './engine.ts';
import type { IdSource } from './id-source.ts';
import type { EntryContext } from './journal/journal-codec.ts';
import type { JournalStore } from './journal/journal-store.ts';
import type { KeyValueWriter } from './tables/key-value.ts';
import type { LmdbTables } from './tables/lmdb-tables.ts';
import { HeldByTransaction, type RecordLocks } from './record-locks.ts';

/** How long a write waits for transactions that hold its documents. */
const LONGEST_WAIT_MS = 30_000;

/** Where batches become commits: all that were asked for in one turn share one LMDB transaction, each atomic by itself. */
export interface CommitQueue {
  write<Result>(work: (batch: WriteBatch) => Result, how?: CommitOptions): Promise<Result>;
  /** Lets what was asked for finish, refuses the rest. */
  close(): Promise<void>;
}

export interface CommitOptions {
  /** Set for the commit of a multi-document transaction. */
  readonly transaction?: EntryContext['transaction'];
  /** In place of the check against open transactions. */
  readonly guard?: BatchGuard;
}

export interface CommitParts {
  readonly tables: LmdbTables;
  readonly journal: JournalStore;
  readonly ids: IdSource;
  readonly locks: RecordLocks;
  readonly now: () => Date;
  readonly catalog: () => Catalog;
  readonly publish: (catalog: Catalog) => void;
}

interface Job {
  /** Runs the work in a batch; remembers its result. */
  readonly run: (batch: Batch) => void;
  readonly options: CommitOptions;
  readonly succeed: () => void;
  readonly fail: (reason: unknown) => void;
}

/** The outcome of one job within a commit. */
type Outcome = { readonly result: BatchResult } | { readonly error: unknown };

export function createCommitQueue(parts: CommitParts): CommitQueue {
  const { tables, locks } = parts;
  const guard: BatchGuard = {
    touch: (_collection, entryKey) => {
      locks.assertKeyFree(entryKey);
    },
    change: ({ id }) => {
      locks.assertCollectionFree(id);
    },
  };
  let waiting: Job[] = [];
  let isClosed = false;
  let lastCommit: Promise<void> = Promise.resolve();

  const commit = async (jobs: readonly Job[]): Promise<void> => {
    let outcomes: readonly Outcome[];
    try {
      outcomes = commitJobs(parts, guard, jobs);
    } catch (error) {
      for (const job of jobs) job.fail(error);
      return;
    }
    await tables.flushed();
    for (const [place, job] of jobs.entries()) {
      const outcome = outcomes[place];
      if (outcome !== undefined && 'error' in outcome) job.fail(outcome.error);
      else job.succeed();
    }
  };

  const enqueue = (job: Job): void => {
    waiting.push(job);
    if (waiting.length > 1) return;
    lastCommit = new Promise((resolve) => {
      setImmediate(() => {
        const jobs = waiting;
        waiting = [];
        void commit(jobs).then(resolve);
      });
    });
  };

  const attempt = <Result>(
    work: (batch: WriteBatch) => Result,
    options: CommitOptions,
  ): Promise<Result> =>
    new Promise((resolve, reject) => {
      const kept: Result[] = [];
      enqueue({
        run: (batch) => {
          kept[0] = work(batch);
        },
        options,
        succeed: () => {
          const [result] = kept as [Result];
          resolve(result);
        },
        fail: (reason) => {
          reject(reason instanceof Error ? reason : new Error(String(reason)));
        },
      });
    });

  return {
    async write(work, options = {}) {
      const deadline = Date.now() + LONGEST_WAIT_MS;
      for (;;) {
        if (isClosed) throw new StoreError('InterruptedAtShutdown', 'the store is closing');
        try {
          return await attempt(work, options);
        } catch (error) {
          if (!(error instanceof HeldByTransaction)) throw error;
          await endOf(error, deadline - Date.now());
        }
      }
    },
    async close() {
      isClosed = true;
      await lastCommit;
    },
  };
}

/** @throws StoreError 112 when the transaction does not end in time. */
async function endOf({ owner }: HeldByTransaction, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => {
        reject(new StoreError('WriteConflict', 'a transaction held the document for too long'));
      },
      Math.max(timeoutMs, 0),
    );
  });
  try {
    await Promise.race([owner.ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** One LMDB transaction for all jobs; a job that throws is undone by itself. */
function commitJobs(
  parts: CommitParts,
  guard: BatchGuard,
  jobs: readonly Job[],
): readonly Outcome[] {
  const { tables, journal, publish } = parts;
  let latest = parts.catalog();
  const runIn = (writer: KeyValueWriter, job: Job): BatchResult => {
    const { ids } = parts;
    const batch = new Batch({ writer, catalog: latest, ids, guard: job.options.guard ?? guard });
    job.run(batch);
    return batch.finish();
  };
  const record = (writer: KeyValueWriter, job: Job, result: BatchResult): Outcome => {
    const context = { wallTime: parts.now(), transaction: job.options.transaction };
    journal.append(writer, result.entries, context);
    latest = result.catalog;
    return { result };
  };
  try {
    const outcomes = tables.write((writer) => {
      const [only] = jobs;
      // A job alone needs no transaction within the transaction: when it throws, all is undone.
      const all =
        jobs.length === 1 && only !== undefined
          ? [record(writer, only, runIn(writer, only))]
          : jobs.map((job): Outcome => {
              try {
                return record(
                  writer,
                  job,
                  tables.write((inner) => runIn(inner, job)),
                );
              } catch (error) {
                return { error };
              }
            });
      journal.settle(writer);
      return all;
    });
    publish(latest);
    journal.committed();
    return outcomes;
  } catch (error) {
    journal.aborted();
    throw error;
  }
}
