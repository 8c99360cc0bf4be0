import { GatewayError } from '../../parse/errors.ts';
import type { Constraint } from '../../query/constraint.ts';
import { BY_OBJECT_ID, firstRows } from '../../query/find-request.ts';
import type { ApiContext } from '../api-context.ts';
import { encodeGlobalId } from '../arguments/global-id.ts';
import { type Fields, fieldsAt, invalidQuery } from '../arguments/operators.ts';
import { decodeWhere } from '../arguments/where.ts';
import { decodeCreate } from '../arguments/write-tree.ts';
import { answering, type Resolve } from '../errors.ts';
import type { ApiPlan, ClassPlan } from '../plan/api-plan.ts';
import { columnsOf, fieldsUnder } from './selection.ts';
import { withUploads } from './uploads.ts';
import { planCreate, planUpdate, writeAll } from './write.ts';

/** How often it is looked again when somebody else was faster. */
const ATTEMPTS = 3;

/**
 * `upsertTeam(input)`: changes the one object that `where` matches, or creates one.
 *
 * The change is made only while the object still matches. Two at once make two objects, unless an index keeps the columns unique: then the
 * second changes what the first has made.
 * Cost: 1 command to look, and that of the write. @throws GatewayError 409 when several objects match; as `createTeam` and `updateTeam`.
 */
export function upsertResolver(plan: ClassPlan, api: ApiPlan) {
  const { type, bulk } = plan.names;
  const resolve: Resolve<unknown> = async (_source, args, context, info) => {
    const input = fieldsAt(args['input'], 'input');
    const payload = fieldsUnder(info.fieldNodes, bulk?.upsert.payload ?? '', info);
    const select = columnsOf(fieldsUnder(payload.get('object'), type, info), plan);
    const matched = fieldsAt(input['where'], 'where');
    if (Object.keys(matched).length === 0) throw invalidQuery('where must not be empty');
    const where = decodeWhere(matched, plan, api, context);
    const target = { plan, api, context, select };
    const create = () =>
      withUploads(input['create'], async () => {
        const tree = decodeCreate(input['create'] ?? {}, plan, { api, catalog: context.catalog });
        return writeAll(planCreate(tree), context);
      });
    const update = (objectId: string) => {
      const id = encodeGlobalId(plan.schema.className, objectId);
      const change: Fields = {
        ...{ id, fields: input['update'], operations: input['operations'], where: matched },
      };
      return withUploads(change, async () => writeAll(planUpdate(change, target), context));
    };
    for (let attempt = 1; ; attempt += 1) {
      const objectId = await idOfMatch(where, plan, context);
      try {
        const written = await (objectId === undefined ? create() : update(objectId));
        return {
          object: written.at(-1)?.object,
          wasCreated: objectId === undefined,
          clientMutationId: input['clientMutationId'],
        };
      } catch (error) {
        if (attempt >= ATTEMPTS || !isOvertaken(error, objectId)) throw error;
      }
    }
  };
  return answering(resolve);
}

/** `undefined` when nothing matches. @throws GatewayError 409 when several objects do. */
async function idOfMatch(
  where: Constraint,
  { schema, names }: ClassPlan,
  { store }: ApiContext,
): Promise<string | undefined> {
  const found = await store.find({
    className: schema.className,
    where,
    order: [BY_OBJECT_ID],
    page: firstRows(2),
    select: new Set(),
    readPreference: undefined,
  });
  if (found.length > 1) {
    throw new GatewayError('Conflict', `where matches more than one ${names.type}`);
  }
  return found[0]?.objectId;
}

/** What there was has gone or no longer matches; or what there was not has come. */
function isOvertaken(error: unknown, objectId: string | undefined): boolean {
  if (!(error instanceof GatewayError)) return false;
  return objectId === undefined
    ? error.code === 'DuplicateValue'
    : error.code === 'Conflict' || error.code === 'ObjectNotFound';
}
