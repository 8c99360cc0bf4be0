import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Steps } from '../api/steps.ts';

/** How long work goes on before requests have their turn. */
const TURN_MS = 2;

/** A promise to wait for when the turn is over; `undefined` while there is time. */
export type TurnTaker = () => Promise<void> | undefined;

/** Keeps the time for one piece of work that is done in turns with others. */
export function createTurnTaker(turnMs = TURN_MS): TurnTaker {
  let endsAtMs = performance.now() + turnMs;
  return () => {
    if (performance.now() < endsAtMs) return undefined;
    return nextTurn().then(() => {
      endsAtMs = performance.now() + turnMs;
    });
  };
}

/** Resolves when the events that wait have had their turn, for work that follows upon work. */
export async function endTurn(): Promise<void> {
  await nextTurn();
  // What is planned while an event is handled still belongs to the turn of that event.
  await nextTurn();
}

/** All steps, with turns for others between them. @throws the signal's reason at the end of the turn in which it came. */
export async function takeTurns<Result>(
  steps: Steps<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const turn = createTurnTaker();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    const over = turn();
    if (over === undefined) continue;
    await over;
    signal?.throwIfAborted();
  }
}
