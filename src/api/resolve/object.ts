import { GatewayError, objectNotFound } from '../../parse/errors.ts';
import { Pointer } from '../../parse/values.ts';
import type { ParseObject } from '../../parse/object.ts';
import type { ApiContext } from '../api-context.ts';
import { decodeGlobalId, type GlobalId, objectIdFor } from '../arguments/global-id.ts';
import { decodeReadOptions } from '../arguments/read-options.ts';
import { answering, toGraphqlError } from '../errors.ts';
import type { ClassPlan } from '../plan/api-plan.ts';
import { planOf } from './schema-plan.ts';
import { columnsOf, fieldsUnder, oncePerField } from './selection.ts';

/** `node(id)`: the object a global id names; `null` when there is none. Cost: 1 command. */
export const resolveNode = answering(async (_source, { id }, context, info) => {
  const global = decodeGlobalId(String(id), context.catalog.classes);
  const plan = planOf(info.schema).classes.get(global?.className ?? '');
  if (global === undefined || plan === undefined) throw objectNotFound();
  const columns = columnsOf(fieldsUnder(info.fieldNodes, plan.names.type, info), plan);
  const object = await context.loaders.object(global.className, global.objectId, columns);
  if (object === undefined) throw objectNotFound();
  return object;
});

/**
 * `nodes(ids)`: the objects that global ids name, in their order. `null` for what is no global id, what is not there and what may not
 * be read alike. Cost: 1 command for each class, all at once.
 * @throws GatewayError 102 for more ids than a where may hold values.
 */
export const resolveNodes = answering(async (_source, { ids }, context, info) => {
  const { maxConstraintParts } = context.limits;
  const wanted = ids as readonly string[];
  if (wanted.length > maxConstraintParts) {
    throw new GatewayError('InvalidQuery', `nodes takes ${maxConstraintParts} ids`);
  }
  const { classes } = planOf(info.schema);
  const columns = new Map<string, ReadonlySet<string>>();
  const columnsFor = (plan: ClassPlan): ReadonlySet<string> => {
    const { className } = plan.schema;
    const known =
      columns.get(className) ??
      columnsOf(fieldsUnder(info.fieldNodes, plan.names.type, info), plan);
    columns.set(className, known);
    return known;
  };
  return Promise.all(
    wanted.map(async (id) => {
      const global = decodeGlobalId(id, context.catalog.classes);
      const plan = classes.get(global?.className ?? '');
      return global === undefined || plan === undefined
        ? null
        : loadNode(global, columnsFor(plan), context);
    }),
  );
});

async function loadNode(
  { className, objectId }: GlobalId,
  columns: ReadonlySet<string>,
  { loaders, reportUnexpected }: ApiContext,
): Promise<ParseObject | Error | null> {
  try {
    return (await loaders.object(className, objectId, columns)) ?? null;
  } catch (error) {
    const isRefused = error instanceof GatewayError && REFUSALS.has(error.code);
    // An error as a list's value is that place's own error: the rest of the list stands.
    return isRefused ? null : toGraphqlError(error, reportUnexpected);
  }
}

/** How a class says that the caller may not see its objects. */
const REFUSALS: ReadonlySet<string> = new Set(['ObjectNotFound', 'OperationForbidden']);

/** `team(id)`: the object by global or plain id. Cost: 1 command. @throws GatewayError 101 when there is none to see. */
export function getResolver(plan: ClassPlan) {
  const columns = columnsOnce(plan);
  return answering(async (_source, { id, options }, context, info) => {
    const { className } = plan.schema;
    const objectId = objectIdFor(className, String(id), context.catalog.classes);
    if (objectId === undefined) throw objectNotFound();
    const { readPreference: rows, includeReadPreference: includes } = decodeReadOptions(options);
    const object = await context.loaders.object(className, objectId, columns(info), {
      rows,
      includes,
    });
    if (object === undefined) throw objectNotFound();
    return object;
  });
}

/**
 * A pointer column: the object it leads to, `null` when that is absent or may not be read.
 * Cost: 1 command for all pointers to one class on one level.
 */
export function pointerResolver(column: string, target: ClassPlan) {
  const columns = columnsOnce(target);
  return answering<ParseObject>(async (source, _args, context, info) => {
    const pointer = source.values.get(column);
    if (!(pointer instanceof Pointer) || pointer.className !== target.schema.className) return null;
    const { className, objectId } = pointer;
    const { loaders } = context;
    const from = loaders.pointedAt(source);
    const object = await loaders.object(className, objectId, columns(info), from);
    return object ?? null;
  });
}

/** The columns of `plan` that the field being resolved selects. */
export function columnsOnce(plan: ClassPlan) {
  return oncePerField((info) =>
    columnsOf(fieldsUnder(info.fieldNodes, plan.names.type, info), plan),
  );
}
