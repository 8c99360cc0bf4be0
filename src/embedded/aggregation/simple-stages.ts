import type { Document } from '../engine/engine.ts';
import { compileProjection } from '../query/apply-projection.ts';
import { compileAddFields } from '../query/compile-add-fields.ts';
import { compileUnset } from '../query/compile-unset.ts';
import { fieldsOf, isFields, isPlainObject, toInteger, toNumber } from '../query/bson-values.ts';
import { compileExpression } from '../query/compile-expression.ts';
import { compileFilter } from '../query/compile-filter.ts';
import { compileReplaceRoot } from '../query/compile-replace-root.ts';
import { compileSort, parseSort } from '../query/compile-sort.ts';
import { typeName } from '../query/expression-compiler.ts';
import { findNear } from '../query/geo-conditions.ts';
import { refuseAt } from '../query/refuse.ts';
import { compileGroup } from './group.ts';
import {
  expressionOptions,
  type PipelineContext,
  type Stage,
  type StageCompiler,
} from './pipeline-context.ts';

function mapping(apply: (document: Document) => Document): Stage {
  return function* (input) {
    for (const document of input) yield apply(document);
  };
}

/** The filter of a `$match`. @throws StoreError 15959, or 2 when it orders by distance. */
export function parseMatch(operand: unknown): Document {
  if (!isPlainObject(operand))
    return refuseAt(15959, 'the match filter must be an expression in an object');
  if (findNear(operand) !== undefined) {
    refuseAt(5626500, '$geoNear, $near, and $nearSphere are not allowed in this context');
  }
  return operand;
}

const match: StageCompiler = (operand, context) => {
  const filter = parseMatch(operand);
  if ('$text' in filter)
    refuseAt(17313, '$match with $text is only allowed as the first pipeline stage');
  const { collation, variables, now } = context;
  const matches = compileFilter(filter, { collation, variables, now });
  return function* (input) {
    for (const document of input) if (matches(document)) yield document;
  };
};

/** The number of a `$limit`. @throws StoreError 5107201 or 15958. */
export function parseLimit(operand: unknown): number {
  const limit = toInteger(operand);
  if (limit === undefined)
    return refuseAt(
      5107201,
      `invalid argument to $limit stage: Expected a number in: $limit: ${JSON.stringify(operand)}`,
    );
  return limit > 0 ? limit : refuseAt(15958, 'the limit must be positive');
}

/** The number of a `$skip`. @throws StoreError 5107200. */
export function parseSkip(operand: unknown): number {
  const skip = toInteger(operand);
  return skip !== undefined && skip >= 0
    ? skip
    : refuseAt(
        5107200,
        `invalid argument to $skip stage: Expected a non-negative number in: $skip: ${JSON.stringify(operand)}`,
      );
}

const limit: StageCompiler = (operand) => {
  const most = parseLimit(operand);
  return function* (input) {
    let left = most;
    for (const document of input) {
      yield document;
      left -= 1;
      if (left === 0) return;
    }
  };
};

const skip: StageCompiler = (operand) => {
  const count = parseSkip(operand);
  return function* (input) {
    let left = count;
    for (const document of input) {
      if (left > 0) left -= 1;
      else yield document;
    }
  };
};

/** The order of a `$sort`. @throws StoreError 15973, 15976 and as `parseSort`. */
export function parseSortStage(operand: unknown): ReturnType<typeof parseSort> {
  if (!isPlainObject(operand))
    return refuseAt(15973, 'the $sort key specification must be an object');
  const sort = parseSort(operand);
  return sort.length > 0 ? sort : refuseAt(15976, '$sort stage must have at least one sort key');
}

const sort: StageCompiler = (operand, { collation }) => {
  const order = compileSort(parseSortStage(operand), collation);
  return function* (input) {
    yield* [...input].sort(order);
  };
};

const project: StageCompiler = (operand, context) => {
  if (!isPlainObject(operand)) return refuseAt(15969, '$project specification must be an object');
  return mapping(compileProjection(operand, { ...expressionOptions(context), isStage: true }));
};

const unset: StageCompiler = (operand) => mapping(compileUnset(operand));

const count: StageCompiler = (operand) => {
  if (typeof operand !== 'string' || operand === '') {
    return refuseAt(40156, 'the count field must be a non-empty string');
  }
  if (operand.startsWith('$')) refuseAt(40158, 'the count field cannot be a $-prefixed path');
  if (operand.includes('.')) refuseAt(40160, "the count field cannot contain '.'");
  return function* (input) {
    let total = 0;
    const documents = input[Symbol.iterator]();
    while (documents.next().done !== true) total += 1;
    if (total > 0) yield { [operand]: total };
  };
};

const sortByCount: StageCompiler = (operand, context) => {
  const isPath = typeof operand === 'string' && operand.startsWith('$');
  const isExpression = isPlainObject(operand) && Object.keys(operand)[0]?.startsWith('$') === true;
  if (!isPath && !isExpression) {
    refuseAt(40149, 'the sortByCount field must be defined as a $-prefixed path or an expression');
  }
  const group = compileGroup({ _id: operand, count: { $sum: 1 } }, context);
  return function* (input) {
    yield* [...group(input)].sort((a, b) => toNumber(b['count']) - toNumber(a['count']));
  };
};

const sample: StageCompiler = (operand) => {
  const size = isPlainObject(operand) ? toInteger(operand['size']) : undefined;
  if (size === undefined)
    return refuseAt(28745, 'the $sample stage specification must be an object with a numeric size');
  if (size <= 0) return refuseAt(28747, 'size argument to $sample must be a positive integer');
  return function* (input) {
    const chosen: Document[] = [];
    let seen = 0;
    for (const document of input) {
      seen += 1;
      if (chosen.length < size) chosen.push(document);
      else {
        const place = Math.floor(Math.random() * seen);
        if (place < size) chosen[place] = document;
      }
    }
    for (let index = chosen.length - 1; index > 0; index--) {
      const other = Math.floor(Math.random() * (index + 1));
      const [a, b] = [chosen[index], chosen[other]];
      if (a !== undefined && b !== undefined) [chosen[index], chosen[other]] = [b, a];
    }
    yield* chosen;
  };
};

const facet: StageCompiler = (operand, context) => {
  if (!isPlainObject(operand) || Object.keys(operand).length === 0) {
    return refuseAt(40169, 'the $facet specification must be a non-empty object');
  }
  const pipelines = Object.entries(operand).map(([name, pipeline]) => {
    if (!Array.isArray(pipeline))
      return refuseAt(
        40170,
        `arguments to $facet must be arrays, ${name} is type ${typeName(pipeline)}`,
      );
    if (name.startsWith('$') || name.includes('.'))
      refuseAt(16410, `FieldPath field names may not start with '$' or contain '.': ${name}`);
    for (const stage of pipeline as readonly Document[]) {
      const stageName = Object.keys(stage)[0] ?? '';
      if (
        [
          '$facet',
          '$out',
          '$merge',
          '$geoNear',
          '$collStats',
          '$indexStats',
          '$changeStream',
          '$documents',
        ].includes(stageName)
      ) {
        refuseAt(40600, `${stageName} is not allowed to be used within a $facet stage`);
      }
    }
    // Run once on nothing, so that what is wrong with it is said at once.
    Array.from(context.run(pipeline as readonly Document[], { documents: [] }));
    return [name, pipeline as readonly Document[]] as const;
  });
  return function* (input) {
    const documents = [...input];
    yield Object.fromEntries(
      pipelines.map(
        ([name, pipeline]) => [name, [...context.run(pipeline, { documents })]] as const,
      ),
    );
  };
};

const redact: StageCompiler = (operand, context) => {
  const evaluate = compileExpression(operand, expressionOptions(context));
  const visit = (fields: Document): Document | undefined => {
    const decision = evaluate(fields, {});
    if (decision === '$$PRUNE') return undefined;
    if (decision === '$$KEEP') return fields;
    if (decision !== '$$DESCEND') {
      return refuseAt(
        17053,
        "$redact's expression should not return anything aside from the variables $$KEEP, $$DESCEND, and $$PRUNE",
      );
    }
    const result: Document = {};
    for (const [name, value] of Object.entries(fieldsOf(fields))) {
      const next = descend(value);
      if (next !== undefined) result[name] = next;
    }
    return result;
  };
  const descend = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(descend).filter((each) => each !== undefined);
    return isFields(value) ? visit(value) : value;
  };
  return function* (input) {
    for (const document of input) {
      const result = visit(document);
      if (result !== undefined) yield result;
    }
  };
};

const bucket: StageCompiler = (operand, context) => {
  if (!isPlainObject(operand))
    return refuseAt(40201, 'Argument to $bucket stage must be an object');
  const { groupBy, boundaries, default: otherwise, output, ...others } = operand;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) refuseAt(40197, `Unrecognized option to $bucket: ${unknown}`);
  if (groupBy === undefined || !Array.isArray(boundaries)) {
    return refuseAt(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified");
  }
  if (boundaries.length < 2)
    refuseAt(40192, "The $bucket 'boundaries' field must have at least 2 values");
  const limits: readonly unknown[] = boundaries;
  const branches = limits.slice(0, -1).map((low, index) => {
    const high = limits[index + 1];
    return {
      case: {
        $and: [{ $gte: [groupBy, { $literal: low }] }, { $lt: [groupBy, { $literal: high }] }],
      },
      then: { $literal: low },
    };
  });
  assertAscending(limits, context);
  const fallback = Object.hasOwn(operand, 'default') ? { default: { $literal: otherwise } } : {};
  const group = compileGroup(
    {
      _id: { $switch: { branches, ...fallback } },
      ...(isPlainObject(output) ? output : { count: { $sum: 1 } }),
    },
    context,
  );
  const order = compileSort({ _id: 1 }, context.collation);
  return function* (input) {
    yield* [...group(input)].sort(order);
  };
};

function assertAscending(limits: readonly unknown[], { collation }: PipelineContext): void {
  const order = compileSort({ v: 1 }, collation);
  for (let index = 1; index < limits.length; index++) {
    if (order({ v: limits[index - 1] }, { v: limits[index] }) >= 0) {
      refuseAt(40194, "The 'boundaries' option to $bucket must be sorted");
    }
  }
}

const documents: StageCompiler = (operand, context) => {
  const evaluate = compileExpression(operand, expressionOptions(context));
  return function* () {
    const made = evaluate({});
    if (!Array.isArray(made))
      return refuseAt(5858203, `an array is expected in $documents, but got ${typeName(made)}`);
    for (const document of made as readonly unknown[]) {
      if (!isFields(document)) return refuseAt(40228, '$documents must hold documents only');
      yield document;
    }
  };
};

const replaceRoot: StageCompiler = (operand, context, name) =>
  mapping(
    compileReplaceRoot(
      operand,
      name === '$replaceRoot' ? '$replaceRoot' : '$replaceWith',
      expressionOptions(context),
    ),
  );

const addFields: StageCompiler = (operand, context, name) =>
  mapping(compileAddFields(operand, expressionOptions(context), name));

/** Stages that need nothing but the documents that come to them. */
export const simpleStages: Readonly<Record<string, StageCompiler>> = {
  $match: match,
  $limit: limit,
  $skip: skip,
  $sort: sort,
  $project: project,
  $addFields: addFields,
  $set: addFields,
  $unset: unset,
  $replaceRoot: replaceRoot,
  $replaceWith: replaceRoot,
  $count: count,
  $sortByCount: sortByCount,
  $sample: sample,
  $facet: facet,
  $redact: redact,
  $bucket: bucket,
  $documents: documents,
  $group: (operand, context) => compileGroup(operand, context),
  // Events of this store never exceed one document, so none is ever split.
  $changeStreamSplitLargeEvent: () => (input) => input,
};
