import { conflict } from '../parse/errors.ts';
import type { ParseObject } from '../parse/object.ts';
import type { WriteStep } from '../query/write-request.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { PlanOutcome, WritePlan, WrittenObject } from './guarded-store.ts';
import { danglingLinks, linkNotFound } from './linked-objects.ts';
import { notWritable, stoppedByCondition } from './lost-steps.ts';
import { assertStepAllowed, isImpossible, narrowStep, type StepJudge } from './narrow-step.ts';
import { keyOf } from './pointer-key.ts';
import { isOfInstallation } from './resolve-installation.ts';
import { settlePlan } from './settle-plan.ts';

/** Who writes, and how what cannot go with others is written. */
export interface EachParts extends StepJudge {
  readonly store: ObjectStore;
  /** Takes a plan of several steps, or one that a class has rules of its own for; its links lead somewhere. */
  readonly writeWhole: (plan: WritePlan) => Promise<readonly WrittenObject[]>;
  /** What was written, as the caller may see it. */
  readonly tell: (object: ParseObject, step: WriteStep | undefined) => WrittenObject;
}

/**
 * Takes each plan for itself: what became of each, at its place. Plans of one step go to the store together.
 *
 * Cost: 1 command for each class that is linked to, those of `ObjectStore.writeEach`, of each other plan, and of `stoppedByCondition`.
 * @throws GatewayError what meets all plans alike, such as 2.
 */
export async function writeEach(
  parts: EachParts,
  plans: readonly WritePlan[],
): Promise<readonly PlanOutcome[]> {
  const { reads, store } = parts;
  const links = plans.flatMap((plan) => plan.links);
  const dangling = await danglingLinks(links, reads, store);
  const outcomes: PlanOutcome[] = [];
  const singles = new Map<number, WriteStep>();
  for (const [place, plan] of plans.entries()) {
    const outcome = await settlePlan(async () => {
      const [missing] = plan.links.filter((link) => dangling.has(keyOf(link)));
      if (missing !== undefined) throw linkNotFound(missing);
      const single = singleStep(plan);
      if (single === undefined) {
        return (await parts.writeWhole({ steps: plan.steps, links: [] })).at(-1);
      }
      assertStepAllowed(single, parts);
      const narrowed = await narrowStep(single, parts);
      if (isImpossible(narrowed)) throw notWritable(plan.steps, reads);
      singles.set(place, narrowed);
      return undefined;
    });
    if (outcome !== undefined) outcomes[place] = outcome;
  }
  for (const [place, outcome] of await writeSingles(parts, singles, plans)) {
    outcomes[place] = outcome;
  }
  return outcomes;
}

function singleStep({ steps }: WritePlan): WriteStep | undefined {
  const [only] = steps;
  return steps.length === 1 && only !== undefined && !isOfInstallation(only) ? only : undefined;
}

/** Narrowed steps by the place of their plan → what became of each. */
async function writeSingles(
  { reads, store, tell }: EachParts,
  singles: ReadonlyMap<number, WriteStep>,
  plans: readonly WritePlan[],
): Promise<ReadonlyMap<number, PlanOutcome>> {
  const found = await store.writeEach([...singles.values()]);
  const places = [...singles.keys()];
  const given = (place: number): readonly WriteStep[] => plans[place]?.steps ?? [];
  const lost = places.filter((_, index) => found[index]?.kind === 'notFound');
  const stopped = await stoppedByCondition(lost.flatMap(given), reads, store);
  return new Map(
    places.map((place, index): [number, PlanOutcome] => {
      const outcome = found[index];
      const steps = given(place);
      if (outcome?.kind === 'written') {
        return [place, { kind: 'written', written: tell(outcome.object, steps[0]) }];
      }
      if (outcome?.kind === 'refused') return [place, outcome];
      const isStopped = steps.some((step) => stopped.has(step));
      return [
        place,
        { kind: 'refused', error: isStopped ? conflict() : notWritable(steps, reads) },
      ];
    }),
  );
}
