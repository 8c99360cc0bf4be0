import type { Snapshot, WriteBatch } from '../engine/engine.ts';
import type { CommandRequest } from './command.ts';
import { createReadProgress, type ReadProgress } from './read-progress.ts';
import type { StoreState } from './state/store-state.ts';

/** A view of the data that stays the same until it is released. */
export interface HeldView {
  readonly snapshot: Snapshot;
  /** Of everything that is read in this view. */
  readonly progress: ReadProgress;
  readonly release: () => void;
}

/** What the command sees right now: its transaction's view, or the committed state. Valid until the next await. */
export function currentView(request: CommandRequest, state: StoreState): Snapshot {
  return request.transaction?.engine.batch ?? state.engine.read();
}

/** What the command sees, held for a cursor that outlives the command. Must be released. */
export function holdView(request: CommandRequest, state: StoreState): HeldView {
  const progress = createReadProgress(request);
  if (request.transaction === undefined) {
    const pinned = state.engine.pin();
    return {
      snapshot: pinned.snapshot,
      progress,
      release: () => {
        pinned.release();
      },
    };
  }
  return { snapshot: request.transaction.engine.batch, progress, release: () => undefined };
}

/**
 * Writes in the command's transaction, or as one durable commit of its own.
 *
 * Outside a transaction it resolves when a crash can no longer lose what was written.
 */
export async function writeData<Result>(
  request: CommandRequest,
  state: StoreState,
  work: (batch: WriteBatch) => Result,
): Promise<Result> {
  if (request.transaction !== undefined) return work(request.transaction.engine.batch);
  return state.engine.write(work);
}
