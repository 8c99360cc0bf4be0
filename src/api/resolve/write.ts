import { PUBLIC_ACL } from '../../parse/acl.ts';
import type { AccountPlan, GivenCredentials } from '../../account/account-service.ts';
import { objectNotFound } from '../../parse/errors.ts';
import { createObjectId } from '../../parse/object-id.ts';
import { type ParseValue, Pointer } from '../../parse/values.ts';
import type { Selection } from '../../query/find-request.ts';
import type { FieldOperation, WriteStep } from '../../query/write-request.ts';
import type { ApiContext } from '../api-context.ts';
import { objectIdFor } from '../arguments/global-id.ts';
import { type Fields, fieldsAt, invalidQuery } from '../arguments/operators.ts';
import {
  decodeCreate,
  decodeUpdate,
  type RelationChange,
  type WriteTree,
} from '../arguments/write-tree.ts';
import { decodeCondition, decodeOperations } from '../arguments/write-operations.ts';
import { answering, type Resolve } from '../errors.ts';
import type { ApiPlan, ClassPlan } from '../plan/api-plan.ts';
import { columnsOf, fieldsUnder } from './selection.ts';
import { withUploads } from './uploads.ts';

/** What one mutation writes; the last step's object is the answer. */
type PlanWrite = (input: Fields, context: ApiContext, select: Selection) => AccountPlan;

/**
 * `createTeam(input)`: the object and all objects that are created to be linked to, whole or not at all.
 * Cost: 1 command; with objects inside that of `GuardedStore.write`.
 */
export function createResolver(plan: ClassPlan, payloadType: string, api: ApiPlan) {
  return mutationResolver(plan, payloadType, (input, context) => {
    const tree = decodeCreate(input['fields'], plan, { api, catalog: context.catalog });
    return planCreate(tree);
  });
}

/** A new object, after those of the objects inside of it. */
export function planCreate(tree: WriteTree): AccountPlan {
  const draft: Draft = { steps: [], links: [], credentials: new Map() };
  addCreate(tree, undefined, draft);
  return draft;
}

/** `updateTeam(input)`: one atomic command, or one transaction with the objects that are created to be linked to. @throws GatewayError 101 */
export function updateResolver(plan: ClassPlan, payloadType: string, api: ApiPlan) {
  return mutationResolver(plan, payloadType, (input, context, select) => {
    return planUpdate(input, { plan, api, context, select });
  });
}

/** What one object is changed under. */
export interface ChangeTarget {
  readonly plan: ClassPlan;
  readonly api: ApiPlan;
  readonly context: ApiContext;
  readonly select: Selection;
}

/** A change of one object, after the objects that it creates. @throws GatewayError 102 for a column that is changed twice. */
export function planUpdate(input: Fields, target: ChangeTarget): AccountPlan {
  const { plan, api, context, select } = target;
  const objectId = idOf(input, plan, context);
  const tree = decodeUpdate(input['fields'], plan, { api, catalog: context.catalog });
  const draft: Draft = { steps: [], links: [], credentials: new Map() };
  const operations = new Map(operationsOf(tree, draft));
  for (const [field, operation] of decodeOperations(input['operations'], plan)) {
    if (operations.has(field)) throw invalidQuery(`${field} is changed twice`);
    operations.set(field, operation);
  }
  const guard = decodeCondition(input, plan, target);
  const { className } = plan.schema;
  const request = { className, objectId, guard, operations, acl: tree.acl, select };
  draft.credentials.set(draft.steps.length, tree.credentials);
  draft.steps.push({ kind: 'update', request });
  return draft;
}

/** `deleteTeam(input)`: answers the object as it was. Cost: 1 command. @throws GatewayError 101 */
export function deleteResolver(plan: ClassPlan, payloadType: string, api: ApiPlan) {
  return mutationResolver(plan, payloadType, (input, context, select) =>
    planDelete(input, { plan, api, context, select }),
  );
}

/** A deletion of one object. */
export function planDelete(input: Fields, target: ChangeTarget): AccountPlan {
  const { plan, context, select } = target;
  const objectId = idOf(input, plan, context);
  const { className } = plan.schema;
  const request = { className, objectId, guard: decodeCondition(input, plan, target), select };
  return { steps: [{ kind: 'delete', request }], links: [], credentials: new Map() };
}

function mutationResolver(plan: ClassPlan, payloadType: string, planWrite: PlanWrite) {
  const { payloadField, type } = plan.names;
  const resolve: Resolve<unknown> = async (_source, args, context, info) => {
    const input = fieldsAt(args['input'], 'input');
    const payload = fieldsUnder(info.fieldNodes, payloadType, info);
    const columns = columnsOf(fieldsUnder(payload.get(payloadField), type, info), plan);
    const written = await withUploads(input, () =>
      writeAll(planWrite(input, context, columns), context),
    );
    return {
      [payloadField]: written.at(-1)?.object,
      clientMutationId: input['clientMutationId'],
    };
  };
  return answering(resolve);
}

/** Writes, and forgets what was read before; what the write itself has shown is not read again. */
export async function writeAll(plan: AccountPlan, { accounts, store, loaders }: ApiContext) {
  try {
    const written = await (writesUsers(plan) ? accounts : store).write(plan);
    loaders.clear();
    const created = written.filter((_, index) => plan.steps[index]?.kind === 'create');
    loaders.keep(created.filter(({ isReadable }) => isReadable).map(({ object }) => object));
    return written;
  } catch (error) {
    // The part that a server without transactions could not undo.
    loaders.clear();
    throw error;
  }
}

/** Whether account/ must have a hand in it. */
export function writesUsers({ steps }: AccountPlan): boolean {
  return steps.some(({ kind, request }) => kind !== 'delete' && request.className === '_User');
}

/** Another class's global id names nothing here. @throws GatewayError 101 */
function idOf({ id }: Fields, { schema }: ClassPlan, { catalog }: ApiContext): string {
  const objectId = objectIdFor(schema.className, String(id), catalog.classes);
  if (objectId === undefined) throw objectNotFound();
  return objectId;
}

interface Draft {
  readonly steps: WriteStep[];
  readonly links: Pointer[];
  readonly credentials: Map<number, GivenCredentials>;
}

/** The object's step, after those of the objects inside of it. */
function addCreate(tree: WriteTree, objectId: string | undefined, draft: Draft): void {
  draft.links.push(...tree.links);
  const values = linkedValues(tree, draft);
  const relations = new Map<
    string,
    { readonly targetClass: string; readonly add: readonly string[] }
  >();
  for (const [field, change] of tree.relations) {
    // Removed after it was added, as in an update; `others` are none yet.
    const removed = new Set(change.remove === 'others' ? [] : change.remove);
    const add = addedIds(change, draft).filter((id) => !removed.has(id));
    if (add.length > 0) relations.set(field, { targetClass: change.targetClass, add });
  }
  const { className } = tree.plan.schema;
  const request = { className, objectId, values, acl: tree.acl ?? PUBLIC_ACL, relations };
  draft.credentials.set(draft.steps.length, tree.credentials);
  draft.steps.push({ kind: 'create', request });
}

function operationsOf(tree: WriteTree, draft: Draft): ReadonlyMap<string, FieldOperation> {
  draft.links.push(...tree.links);
  const operations = new Map<string, FieldOperation>();
  for (const field of tree.unset) operations.set(field, { kind: 'unset' });
  for (const [field, value] of linkedValues(tree, draft)) {
    operations.set(field, { kind: 'set', value });
  }
  for (const [field, change] of tree.relations) {
    const { targetClass, remove } = change;
    operations.set(field, { kind: 'relate', targetClass, add: addedIds(change, draft), remove });
  }
  return operations;
}

function linkedValues(tree: WriteTree, draft: Draft): ReadonlyMap<string, ParseValue> {
  const values = new Map(tree.values);
  for (const [field, linked] of tree.linked) values.set(field, created(linked, draft));
  return values;
}

function addedIds({ add, created: trees }: RelationChange, draft: Draft): readonly string[] {
  return [...add, ...trees.map((tree) => created(tree, draft).objectId)];
}

/** Adds an object that others of the plan lead to. */
function created(tree: WriteTree, draft: Draft): Pointer {
  const objectId = createObjectId();
  addCreate(tree, objectId, draft);
  return new Pointer(tree.plan.schema.className, objectId);
}
