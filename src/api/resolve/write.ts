import { PUBLIC_ACL } from '../../parse/acl.ts';
import { objectNotFound } from '../../parse/errors.ts';
import type { ParseObject } from '../../parse/object.ts';
import { type ParseValue, Pointer } from '../../parse/values.ts';
import { EVERYTHING } from '../../query/constraint.ts';
import type { FieldOperation } from '../../query/write-request.ts';
import type { ApiContext } from '../api-context.ts';
import { objectIdFor } from '../arguments/global-id.ts';
import { type Fields, fieldsAt } from '../arguments/operators.ts';
import {
  decodeCreate,
  decodeUpdate,
  type RelationChange,
  type WriteTree,
} from '../arguments/write-tree.ts';
import { answering, type Resolve } from '../errors.ts';
import type { ApiPlan, ClassPlan } from '../plan/api-plan.ts';
import { columnsOf, fieldsUnder } from './selection.ts';

type WriteObject = (
  input: Fields,
  context: ApiContext,
  columns: ReturnType<typeof columnsOf>,
) => Promise<ParseObject>;

/**
 * `createTeam(input)`. Everything is checked before anything is written; objects to link are then created one by one, in the input's
 * order, before the object itself. What they cost when a later one fails is not undone.
 * Cost: that of one `create` for each object.
 */
export function createResolver(plan: ClassPlan, payloadType: string, api: ApiPlan) {
  return mutationResolver(plan, payloadType, (input, context) =>
    writeNew(decodeCreate(input['fields'], plan, { api, catalog: context.catalog }), context),
  );
}

/** `updateTeam(input)`: one atomic command, after those that create objects to link. @throws GatewayError 101 */
export function updateResolver(plan: ClassPlan, payloadType: string, api: ApiPlan) {
  return mutationResolver(plan, payloadType, async (input, context, select) => {
    const objectId = idOf(input, plan, context);
    const tree = decodeUpdate(input['fields'], plan, { api, catalog: context.catalog });
    const operations = await operationsOf(tree, context);
    const { className } = plan.schema;
    return context.store.update({
      className,
      objectId,
      guard: EVERYTHING,
      operations,
      acl: tree.acl,
      select,
    });
  });
}

/** `deleteTeam(input)`: answers the object as it was. Cost: 1 command. @throws GatewayError 101 */
export function deleteResolver(plan: ClassPlan, payloadType: string) {
  return mutationResolver(plan, payloadType, (input, context, select) => {
    const objectId = idOf(input, plan, context);
    const { className } = plan.schema;
    return context.store.delete({ className, objectId, guard: EVERYTHING, select });
  });
}

function mutationResolver(plan: ClassPlan, payloadType: string, write: WriteObject) {
  const { payloadField, type } = plan.names;
  const resolve: Resolve<unknown> = async (_source, args, context, info) => {
    const input = fieldsAt(args['input'], 'input');
    const payload = fieldsUnder(info.fieldNodes, payloadType, info);
    const columns = columnsOf(fieldsUnder(payload.get(payloadField), type, info), plan);
    try {
      const object = await write(input, context, columns);
      return { [payloadField]: object, clientMutationId: input['clientMutationId'] };
    } finally {
      // Also after a failure: a part may have been written.
      context.loaders.clear();
    }
  };
  return answering(resolve);
}

/** Another class's global id names nothing here. @throws GatewayError 101 */
function idOf({ id }: Fields, { schema }: ClassPlan, { catalog }: ApiContext): string {
  const objectId = objectIdFor(schema.className, String(id), catalog.classes);
  if (objectId === undefined) throw objectNotFound();
  return objectId;
}

async function writeNew(tree: WriteTree, context: ApiContext): Promise<ParseObject> {
  const values = await linkedValues(tree, context);
  const relations = new Map<
    string,
    { readonly targetClass: string; readonly add: readonly string[] }
  >();
  for (const [field, change] of tree.relations) {
    const add = await addedIds(change, context);
    if (add.length > 0) relations.set(field, { targetClass: change.targetClass, add });
  }
  return context.store.create({
    className: tree.plan.schema.className,
    objectId: undefined,
    values,
    acl: tree.acl ?? PUBLIC_ACL,
    relations,
  });
}

async function operationsOf(
  tree: WriteTree,
  context: ApiContext,
): Promise<ReadonlyMap<string, FieldOperation>> {
  const operations = new Map<string, FieldOperation>();
  for (const field of tree.unset) operations.set(field, { kind: 'unset' });
  for (const [field, value] of await linkedValues(tree, context)) {
    operations.set(field, { kind: 'set', value });
  }
  for (const [field, change] of tree.relations) {
    const { targetClass, remove } = change;
    const add = await addedIds(change, context);
    operations.set(field, { kind: 'relate', targetClass, add, remove });
  }
  return operations;
}

async function linkedValues(
  tree: WriteTree,
  context: ApiContext,
): Promise<ReadonlyMap<string, ParseValue>> {
  const values = new Map(tree.values);
  for (const [field, linked] of tree.linked) {
    const { className, objectId } = await writeNew(linked, context);
    values.set(field, new Pointer(className, objectId));
  }
  return values;
}

async function addedIds(
  { add, created }: RelationChange,
  context: ApiContext,
): Promise<readonly string[]> {
  const ids = [...add];
  for (const tree of created) ids.push((await writeNew(tree, context)).objectId);
  return ids;
}
