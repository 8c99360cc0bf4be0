import type { Document } from '../engine/engine.ts';
import { isPlainObject, putField, toInteger } from '../query/bson-values.ts';
import { compareValues, equalValues } from '../query/compare-values.ts';
import { compileExpression } from '../query/compile-expression.ts';
import { refuse, refuseAt } from '../query/refuse.ts';
import { compileGroupField } from './group.ts';
import { expressionOptions, type StageCompiler } from './pipeline-context.ts';

interface Keyed {
  readonly key: unknown;
  readonly document: Document;
}

/** `$bucketAuto`: a given number of groups of about the same size, equal values never parted. */
export const bucketAuto: StageCompiler = (operand, context) => {
  if (!isPlainObject(operand))
    return refuseAt(40240, 'The argument to $bucketAuto must be an object');
  const { groupBy, buckets, output = { count: { $sum: 1 } }, granularity, ...others } = operand;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) refuseAt(40245, `Unrecognized option to $bucketAuto: ${unknown}`);
  if (granularity !== undefined)
    refuse("$bucketAuto option 'granularity' is not supported", 'InvalidOptions');
  if (groupBy === undefined || buckets === undefined)
    refuseAt(40246, "$bucketAuto requires 'groupBy' and 'buckets' to be specified");
  const wanted = toInteger(buckets) ?? 0;
  if (wanted <= 0) refuseAt(40243, "The $bucketAuto 'buckets' field must be greater than 0");
  if (!isPlainObject(output))
    return refuseAt(40244, "The $bucketAuto 'output' field must be an object");
  const keyOf = compileExpression(groupBy, expressionOptions(context));
  const plans = Object.entries(output).map(
    ([field, each]) => [field, compileGroupField(field, each, context)] as const,
  );
  return function* (input) {
    const sorted: Keyed[] = [];
    for (const document of input) sorted.push({ key: keyOf(document) ?? null, document });
    sorted.sort((a, b) => compareValues(a.key, b.key, context.collation));
    const size = Math.max(1, Math.round(sorted.length / wanted));
    let start = 0;
    for (let made = 1; start < sorted.length; made++) {
      let end = made === wanted ? sorted.length : Math.min(start + size, sorted.length);
      while (
        end < sorted.length &&
        equalValues(sorted[end]?.key, sorted[end - 1]?.key, context.collation)
      )
        end += 1;
      const members = sorted.slice(start, end);
      const max = sorted[end]?.key ?? members.at(-1)?.key;
      const bucket: Document = { _id: { min: members[0]?.key, max } };
      for (const [field, plan] of plans) {
        const accumulator = plan.create();
        for (const { document } of members) accumulator.add(plan.valueOf(document));
        putField(bucket, field, accumulator.result());
      }
      yield bucket;
      start = end;
    }
  };
};
