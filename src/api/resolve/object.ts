import { objectNotFound } from '../../parse/errors.ts';
import { Pointer } from '../../parse/values.ts';
import type { ParseObject } from '../../parse/object.ts';
import { decodeGlobalId, objectIdFor } from '../arguments/global-id.ts';
import { answering } from '../errors.ts';
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

/** `team(id)`: the object by global or plain id. Cost: 1 command. @throws GatewayError 101 when there is none to see. */
export function getResolver(plan: ClassPlan) {
  const columns = columnsOnce(plan);
  return answering(async (_source, { id }, context, info) => {
    const { className } = plan.schema;
    const objectId = objectIdFor(className, String(id), context.catalog.classes);
    if (objectId === undefined) throw objectNotFound();
    const object = await context.loaders.object(className, objectId, columns(info));
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
    const object = await context.loaders.object(pointer.className, pointer.objectId, columns(info));
    return object ?? null;
  });
}

/** The columns of `plan` that the field being resolved selects. */
export function columnsOnce(plan: ClassPlan) {
  return oncePerField((info) =>
    columnsOf(fieldsUnder(info.fieldNodes, plan.names.type, info), plan),
  );
}
