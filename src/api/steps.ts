/** Work that can be left off between two steps, each of them short, so that others have their turn meanwhile. */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** All steps at once. */
export function runSteps<Result>(steps: Steps<Result>): Result {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}
