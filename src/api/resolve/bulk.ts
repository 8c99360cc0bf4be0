import type { PlanOutcome } from '../../access/guarded-store.ts';
import { settlePlan } from '../../access/settle-plan.ts';
import type { AccountPlan } from '../../account/account-service.ts';
import type { Selection } from '../../query/find-request.ts';
import type { ApiContext } from '../api-context.ts';
import { fieldsAt, invalidQuery, listAt } from '../arguments/operators.ts';
import { decodeCreate } from '../arguments/write-tree.ts';
import { answering, type Resolve } from '../errors.ts';
import type { ApiPlan, BulkNames, ClassPlan } from '../plan/api-plan.ts';
import { columnsOf, fieldsUnder } from './selection.ts';
import { hasUploads, withUploads } from './uploads.ts';
import { planCreate, planDelete, planUpdate, writeAll, writesUsers } from './write.ts';

/** Items of one mutation. */
export const MAX_ITEMS = 1000;

type PlanItem = (item: unknown, context: ApiContext, select: Selection) => AccountPlan;

/** `createManyTeams(input)`: each object for itself. Cost: as `GuardedStore.writeEach`. */
export function createManyResolver(plan: ClassPlan, api: ApiPlan) {
  return manyResolver(plan, 'items', (fields, { catalog }) =>
    planCreate(decodeCreate(fields, plan, { api, catalog })),
  );
}

/** `updateManyTeams(input)`: each object for itself. Cost: as `GuardedStore.writeEach`. */
export function updateManyResolver(plan: ClassPlan, api: ApiPlan) {
  return manyResolver(plan, 'items', (item, context, select) =>
    planUpdate(fieldsAt(item, 'items'), { plan, api, context, select }),
  );
}

/** `deleteManyTeams(input)`: answers the objects as they were. Cost: as `GuardedStore.writeEach`. */
export function deleteManyResolver(plan: ClassPlan, api: ApiPlan) {
  return manyResolver(plan, 'ids', (id, context, select) =>
    planDelete({ id }, { plan, api, context, select }),
  );
}

function manyResolver(plan: ClassPlan, list: 'items' | 'ids', planItem: PlanItem) {
  const { type, bulk } = plan.names;
  const names: Pick<BulkNames, 'payload' | 'result'> = bulk ?? { payload: '', result: '' };
  const resolve: Resolve<unknown> = async (_source, args, context, info) => {
    const input = fieldsAt(args['input'], 'input');
    const payload = fieldsUnder(info.fieldNodes, names.payload, info);
    const result = fieldsUnder(payload.get('results'), names.result, info);
    const select = columnsOf(fieldsUnder(result.get('object'), type, info), plan);
    const items = listAt(input[list], list);
    if (items.length > MAX_ITEMS) throw invalidQuery(`${list} may have at most ${MAX_ITEMS}`);
    const outcomes = await writeItems(items, context, (item) => planItem(item, context, select));
    return {
      results: outcomes.map((outcome) =>
        outcome.kind === 'written'
          ? { object: outcome.written.object }
          : { errorCode: outcome.error.parseCode, errorMessage: outcome.error.message },
      ),
      writtenCount: outcomes.filter(({ kind }) => kind === 'written').length,
      clientMutationId: input['clientMutationId'],
    };
  };
  return answering(resolve);
}

/** Items with files and users go one by one, the others together. */
async function writeItems(
  items: readonly unknown[],
  context: ApiContext,
  planItem: (item: unknown) => AccountPlan,
): Promise<readonly PlanOutcome[]> {
  const outcomes: PlanOutcome[] = [];
  const together = new Map<number, AccountPlan>();
  const changed = new Set<string>();
  for (const [place, item] of items.entries()) {
    const outcome = await settlePlan(async () => {
      if (hasUploads(item)) {
        const written = await withUploads(item, async () => writeAll(planItem(item), context));
        return written.at(-1);
      }
      const plan = planItem(item);
      assertChangedOnce(plan, changed);
      if (writesUsers(plan)) return (await writeAll(plan, context)).at(-1);
      together.set(place, plan);
      return undefined;
    });
    if (outcome !== undefined) outcomes[place] = outcome;
  }
  const written = await writeTogether([...together.values()], context);
  for (const [index, place] of [...together.keys()].entries()) {
    const outcome = written[index];
    if (outcome !== undefined) outcomes[place] = outcome;
  }
  return outcomes;
}

async function writeTogether(
  plans: readonly AccountPlan[],
  { store, loaders }: ApiContext,
): Promise<readonly PlanOutcome[]> {
  try {
    return await store.writeEach(plans);
  } finally {
    loaders.clear();
  }
}

/** Which of two changes of one object comes first would be anybody's guess. @throws GatewayError 102 */
function assertChangedOnce({ steps }: AccountPlan, changed: Set<string>): void {
  const last = steps.at(-1);
  if (last === undefined || last.kind === 'create') return;
  const { objectId } = last.request;
  if (changed.has(objectId)) throw invalidQuery(`${objectId} is given twice`);
  changed.add(objectId);
}
