import type { Document, Namespace } from '../engine/engine.ts';
import { isPlainObject } from '../query/bson-values.ts';
import { compileExpression } from '../query/compile-expression.ts';
import { typeName } from '../query/expression-compiler.ts';
import { assertUserVariable } from '../query/expressions/logic-operators.ts';
import { splitPath, visitPath } from '../query/paths.ts';
import { refuse, refuseAt } from '../query/refuse.ts';
import { createCollectionJoin, type CollectionJoin } from './collection-join.ts';
import { expressionOptions, type PipelineContext, type StageCompiler } from './pipeline-context.ts';
import { setPath } from './set-path.ts';

interface LookupPlan {
  readonly from: Namespace | undefined;
  readonly as: string;
  readonly equality: { readonly localField: string; readonly foreignField: string } | undefined;
  readonly pipeline: readonly Document[] | undefined;
  readonly variables: readonly (readonly [string, (document: Document) => unknown])[];
}

/** The collection a stage reads besides its own. @throws StoreError 9 for a malformed or unreachable one. */
export function parseFrom(given: unknown, context: PipelineContext, stage: string): Namespace {
  const database = context.database ?? '';
  if (typeof given === 'string') return { database, collection: given };
  if (isPlainObject(given) && typeof given['coll'] === 'string') {
    const other = given['db'] ?? database;
    if (other === database) return { database, collection: given['coll'] };
  }
  return refuse(
    `${stage} argument 'from: ${JSON.stringify(given)}' must be a string, is type ${typeName(given)}`,
    'FailedToParse',
  );
}

function pathOf(given: Document, name: string): string | undefined {
  const path = given[name];
  if (path === undefined) return undefined;
  if (typeof path !== 'string')
    return refuse(
      `$lookup argument '${name}: ${JSON.stringify(path)}' must be a string, is type ${typeName(path)}`,
      'FailedToParse',
    );
  if (path.startsWith('$'))
    refuseAt(
      16410,
      `FieldPath field names may not start with '$'. Consider using $getField or $setField.`,
    );
  return path === '' ? refuseAt(40352, 'FieldPath cannot be constructed with empty string') : path;
}

function parseLookup(operand: unknown, context: PipelineContext): LookupPlan {
  if (!isPlainObject(operand))
    return refuse('the $lookup specification must be an Object', 'FailedToParse');
  const known = ['from', 'as', 'localField', 'foreignField', 'let', 'pipeline'];
  const unknown = Object.keys(operand).find((name) => !known.includes(name));
  if (unknown !== undefined) refuse(`unknown argument to $lookup: ${unknown}`, 'FailedToParse');
  const as = pathOf(operand, 'as');
  if (as === undefined) return refuse("must specify 'as' field for a $lookup", 'FailedToParse');
  const localField = pathOf(operand, 'localField');
  const foreignField = pathOf(operand, 'foreignField');
  const pipeline = operand['pipeline'];
  if (pipeline !== undefined && !Array.isArray(pipeline))
    return refuse("$lookup argument 'pipeline' must be an array", 'TypeMismatch');
  if ((localField === undefined) !== (foreignField === undefined)) {
    refuse(
      "$lookup requires both or neither of 'localField' and 'foreignField' to be specified",
      'FailedToParse',
    );
  }
  if (localField === undefined && pipeline === undefined) {
    refuse(
      "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified",
      'FailedToParse',
    );
  }
  const makesDocuments = isPlainObject(pipeline?.[0]) && '$documents' in pipeline[0];
  return {
    from:
      operand['from'] === undefined && makesDocuments
        ? undefined
        : parseFrom(operand['from'], context, '$lookup'),
    as,
    equality:
      localField === undefined || foreignField === undefined
        ? undefined
        : { localField, foreignField },
    pipeline: pipeline as readonly Document[] | undefined,
    variables: parseLet(operand['let'], pipeline !== undefined, context),
  };
}

function parseLet(
  given: unknown,
  hasPipeline: boolean,
  context: PipelineContext,
): LookupPlan['variables'] {
  if (given === undefined) return [];
  if (!hasPipeline)
    refuse("$lookup with a 'let' argument must also specify 'pipeline'", 'FailedToParse');
  if (!isPlainObject(given))
    return refuse(
      `$lookup argument 'let: ${JSON.stringify(given)}' must be an object`,
      'FailedToParse',
    );
  return Object.entries(given).map(([name, expression]) => {
    assertUserVariable(name);
    return [name, compileExpression(expression, expressionOptions(context))] as const;
  });
}

/**
 * The values a local field joins by: elements in place of an array, null for an absent field. An empty
 * array joins to nothing.
 */
export function localValues(document: Document, path: string): readonly unknown[] {
  const values: unknown[] = [];
  const found = { emptyArray: false };
  visitPath(document, splitPath(path), true, (value, isElement) => {
    if (!Array.isArray(value) || isElement) values.push(value ?? null);
    else if (value.length === 0) found.emptyArray = true;
    return false;
  });
  return values.length === 0 && !found.emptyArray ? [null] : values;
}

/** Stages that depend on nothing of the parent give every parent the same documents. */
function isConstant({ equality, variables }: LookupPlan): boolean {
  return equality === undefined && variables.length === 0;
}

/**
 * `$lookup` in all three forms: by equality, by a pipeline, by both. Each parent costs one narrowed read;
 * a join without an index costs one scan for all parents.
 *
 * @see https://www.mongodb.com/docs/manual/reference/operator/aggregation/lookup/
 */
export const lookup: StageCompiler = (operand, context) => {
  const plan = parseLookup(operand, context);
  assertPipeline(plan, context);
  return function* (input) {
    const { equality, from } = plan;
    const join =
      equality === undefined || from === undefined
        ? undefined
        : createCollectionJoin(from, equality.foreignField, context);
    let shared: readonly Document[] | undefined;
    for (const document of input) {
      context.interrupt?.();
      if (isConstant(plan)) shared ??= [...joined(document, plan, join, context)];
      yield setPath(document, plan.as, shared ?? [...joined(document, plan, join, context)]);
    }
  };
};

/** Runs the inner pipeline on nothing, so that what is wrong with it is said before any document. */
function assertPipeline({ pipeline, variables }: LookupPlan, context: PipelineContext): void {
  if (pipeline === undefined || pipeline.length === 0) return;
  const names = Object.fromEntries(variables.map(([name]) => [name, null]));
  for (const stage of pipeline) {
    if ('$out' in stage || '$merge' in stage)
      refuseAt(
        51047,
        `${Object.keys(stage)[0] ?? ''} is not allowed within a $lookup's sub-pipeline`,
      );
  }
  const options = { variables: { ...context.variables, ...names }, documents: [] };
  context.run(
    pipeline.filter((stage) => !('$geoNear' in stage) && !hasText(stage)),
    options,
  );
}

function hasText(stage: Document): boolean {
  return isPlainObject(stage['$match']) && '$text' in stage['$match'];
}

function joined(
  parent: Document,
  plan: LookupPlan,
  join: CollectionJoin | undefined,
  context: PipelineContext,
): Iterable<Document> {
  const { equality, pipeline, from } = plan;
  const bound = Object.fromEntries(
    plan.variables.map(([name, evaluate]) => [name, evaluate(parent)]),
  );
  const variables = { ...context.variables, ...bound };
  if (equality === undefined || join === undefined) {
    return context.run(pipeline ?? [], {
      variables,
      database: context.database,
      collection: from?.collection,
    });
  }
  const values = localValues(parent, equality.localField);
  return pipeline === undefined || pipeline.length === 0
    ? join.matching(values)
    : join.through(values, { pipeline, variables });
}
