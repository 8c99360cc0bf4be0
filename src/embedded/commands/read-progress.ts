import type { ReadCost } from '../engine/engine.ts';
import type { Deadline } from './deadline.ts';

/** The command a read works for at the moment. */
export interface ReadingCommand {
  readonly deadline: Deadline;
  readonly cost: { readonly add: (cost: ReadCost) => void };
}

/** Ties a read that may outlive its command to the command that is now asking for its documents. */
export interface ReadProgress {
  /** Called for each document looked at. @throws StoreError 50 when the present command's time is over. */
  readonly check: () => void;
  readonly addCost: (cost: ReadCost) => void;
  readonly follow: (command: ReadingCommand) => void;
}

/** Progress of a read that begins with `first`. */
export function createReadProgress(first: ReadingCommand): ReadProgress {
  let current = first;
  return {
    check: () => {
      current.deadline.check();
    },
    addCost: (cost) => {
      current.cost.add(cost);
    },
    follow: (command) => {
      current = command;
    },
  };
}
