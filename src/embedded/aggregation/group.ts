import type { Document } from '../engine/engine.ts';
import type { Accumulator } from '../query/accumulators.ts';
import { isPlainObject, putField } from '../query/bson-values.ts';
import { compileExpression } from '../query/compile-expression.ts';
import { equalityKey } from '../query/equality-key.ts';
import { refuseAt } from '../query/refuse.ts';
import { compileAccumulator, type AccumulatorPlan } from './group-accumulators.ts';
import { expressionOptions, type PipelineContext, type Stage } from './pipeline-context.ts';

/** One computed field of a group. @throws StoreError 40234, 40238, 15952. */
export function compileGroupField(
  field: string,
  operand: unknown,
  context: PipelineContext,
): AccumulatorPlan {
  if (field.includes('.')) refuseAt(40235, `The field name '${field}' cannot contain '.'`);
  if (field.startsWith('$'))
    refuseAt(40236, `The field name '${field}' cannot be an operator name`);
  if (!isPlainObject(operand))
    return refuseAt(40234, `The field '${field}' must be an accumulator object`);
  const [name, ...more] = Object.keys(operand);
  if (name === undefined || more.length > 0) {
    return refuseAt(40238, `The field '${field}' must specify one accumulator`);
  }
  return compileAccumulator(name, operand[name], context);
}

interface Group {
  readonly id: unknown;
  readonly accumulators: readonly Accumulator[];
}

/**
 * Compiles `$group`. Groups come in the order of their first documents; an absent `_id` is null.
 *
 * @throws StoreError 15947, 15955 and those of the accumulators.
 * @see https://www.mongodb.com/docs/manual/reference/operator/aggregation/group/
 */
export function compileGroup(operand: unknown, context: PipelineContext): Stage {
  if (!isPlainObject(operand))
    return refuseAt(15947, "a group's fields must be specified in an object");
  if (!Object.hasOwn(operand, '_id'))
    return refuseAt(15955, 'a group specification must include an _id');
  const { _id, ...fields } = operand;
  const idOf = compileExpression(_id, expressionOptions(context));
  const plans = Object.entries(fields).map(
    ([field, accumulator]) => [field, compileGroupField(field, accumulator, context)] as const,
  );
  return function* (input) {
    const groups = new Map<string, Group>();
    for (const document of input) {
      const id = idOf(document) ?? null;
      const key = equalityKey(id, context.collation);
      let group = groups.get(key);
      if (group === undefined) {
        group = { id, accumulators: plans.map(([, plan]) => plan.create()) };
        groups.set(key, group);
      }
      for (const [index, accumulator] of group.accumulators.entries()) {
        accumulator.add(plans[index]?.[1].valueOf(document));
      }
    }
    for (const { id, accumulators } of groups.values()) {
      const result: Document = { _id: id };
      for (const [index, accumulator] of accumulators.entries()) {
        putField(result, plans[index]?.[0] ?? '', accumulator.result());
      }
      yield result;
    }
  };
}
