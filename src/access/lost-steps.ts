import { GatewayError, objectNotFound } from '../parse/errors.ts';
import { EVERYTHING, allOf, hasObjectIdIn } from '../query/constraint.ts';
import { firstRows } from '../query/find-request.ts';
import { groupBy } from '../query/group-by.ts';
import type { WriteStep } from '../query/write-request.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { PrincipalReads } from './principal-reads.ts';

/**
 * Those of the steps, as they were given, that found no object only because of the condition they set.
 * Cost: 1 command for each class and kind of conditional steps, else none.
 */
export async function stoppedByCondition(
  steps: readonly WriteStep[],
  reads: PrincipalReads,
  store: ObjectStore,
): Promise<ReadonlySet<WriteStep>> {
  const groups = groupBy(steps.filter(isConditional), ({ kind, request }) =>
    JSON.stringify([request.className, kind]),
  );
  const there = new Set<WriteStep>();
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const { className } = first.request;
    const ids = group.flatMap(({ request }) => request.objectId ?? []);
    const rights = reads.isBound
      ? allOf(
          reads.narrowing.rowsFor(className, first.kind),
          reads.narrowing.rowsFor(className, 'get'),
        )
      : EVERYTHING;
    const found = await store.find({
      className,
      where: allOf(hasObjectIdIn(ids), rights),
      order: [],
      page: firstRows(ids.length),
      select: new Set(),
      readPreference: undefined,
    });
    const foundIds = new Set(found.map(({ objectId }) => objectId));
    for (const step of group) if (foundIds.has(step.request.objectId ?? '')) there.add(step);
  }
  return there;
}

/** The refusal of steps of which one finds no object that the caller may write: 101, for users 206. */
export function notWritable(
  steps: readonly WriteStep[],
  { isBound }: PrincipalReads,
): GatewayError {
  const className = steps.find(({ kind }) => kind !== 'create')?.request.className;
  return className === '_User' && isBound
    ? new GatewayError('SessionMissing', 'Permission denied')
    : objectNotFound();
}

function isConditional(step: WriteStep): boolean {
  return step.kind !== 'create' && step.request.guard !== EVERYTHING;
}
