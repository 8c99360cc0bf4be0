import type { Document, ReadQuery, SortSpec } from '../engine/engine.ts';
import { isPlainObject } from '../query/bson-values.ts';
import { compileFilter } from '../query/compile-filter.ts';
import { refuse, refuseAt } from '../query/refuse.ts';
import { bucketAuto } from './bucket-auto.ts';
import { densify } from './densify.ts';
import { fill } from './fill.ts';
import { geoNear } from './geo-near.ts';
import { graphLookup } from './graph-lookup.ts';
import { lookup } from './lookup.ts';
import type { PipelineContext, PipelineOptions, Stage, StageCompiler } from './pipeline-context.ts';
import { readNamespace } from './read-namespace.ts';
import { setWindowFields } from './set-window-fields.ts';
import {
  parseLimit,
  parseMatch,
  parseSkip,
  parseSortStage,
  simpleStages,
} from './simple-stages.ts';
import { statisticsStages } from './statistics-stages.ts';
import { unionWith } from './union-with.ts';
import { unwind } from './unwind.ts';

export type { PipelineOptions } from './pipeline-context.ts';

/** Stages that make documents and so must come first. */
const SOURCES: Readonly<Record<string, StageCompiler>> = {
  ...statisticsStages,
  $geoNear: geoNear,
};

const STAGES: Readonly<Record<string, StageCompiler>> = {
  ...simpleStages,
  ...SOURCES,
  $unwind: unwind,
  $lookup: lookup,
  $graphLookup: graphLookup,
  $unionWith: unionWith,
  $setWindowFields: setWindowFields,
  $fill: fill,
  $densify: densify,
  $bucketAuto: bucketAuto,
};

const UNSUPPORTED = new Set([
  '$listSessions',
  '$listSampledQueries',
  '$listSearchIndexes',
  '$planCacheStats',
  '$querySettings',
  '$queryStats',
  '$rankFusion',
  '$search',
  '$searchMeta',
  '$shardedDataDistribution',
  '$vectorSearch',
]);

const LAST_ONLY = new Set(['$out', '$merge']);

interface NamedStage {
  readonly name: string;
  readonly operand: unknown;
}

function parseStage(stage: unknown): NamedStage {
  if (!isPlainObject(stage))
    return refuse("Each element of the 'pipeline' array must be an object", 'TypeMismatch');
  const [name, ...more] = Object.keys(stage);
  if (name === undefined || more.length > 0) {
    return refuseAt(40323, 'A pipeline stage specification object must contain exactly one field.');
  }
  return { name, operand: stage[name] };
}

/** Whether the name is a stage that `runPipeline` runs. */
export function isStageName(name: string): boolean {
  return Object.hasOwn(STAGES, name);
}

function compileStage(
  { name, operand }: NamedStage,
  index: number,
  context: PipelineContext,
): Stage {
  const compile = Object.hasOwn(STAGES, name) ? STAGES[name] : undefined;
  if (compile === undefined) {
    if (LAST_ONLY.has(name))
      return refuseAt(40601, `${name} can only be the final stage in the pipeline`);
    if (name === '$changeStream')
      return refuseAt(40602, '$changeStream is only valid as the first stage in a pipeline');
    if (UNSUPPORTED.has(name))
      return refuse(`stage ${name} is not supported`, 'CommandNotSupported');
    return refuse(`Unrecognized pipeline stage name: '${name}'`, 'UnknownStage');
  }
  const isSource = Object.hasOwn(SOURCES, name) || name === '$documents';
  if (isSource && index > 0)
    refuseAt(40602, `${name} is only valid as the first stage in a pipeline`);
  return compile(operand, context, name);
}

/** The start of a pipeline that the collection's own read does: filter, order, and which of them. */
interface LeadingRead {
  readonly query: ReadQuery;
  readonly isEmpty: boolean;
  /** How many stages it stands for. */
  readonly length: number;
}

function combined(filters: readonly Document[]): Document | undefined {
  const [only] = filters;
  return filters.length <= 1 ? only : { $and: filters };
}

/**
 * Takes leading `$match`, `$sort`, `$skip` and `$limit` together into one read. A `$match` after the
 * `$sort` is taken too, as filtering keeps an order.
 */
function leadingRead(stages: readonly NamedStage[], context: PipelineContext): LeadingRead {
  const filters: Document[] = [];
  let sort: SortSpec | undefined;
  let skip = 0;
  let limit = Infinity;
  let length = 0;
  for (const { name, operand } of stages) {
    const isWindowed = skip > 0 || limit < Infinity;
    if (name === '$match' && !isWindowed) {
      const filter = parseMatch(operand);
      if ('$text' in filter && length > 0)
        refuseAt(17313, '$match with $text is only allowed as the first pipeline stage');
      filters.push(filter);
    } else if (name === '$sort' && sort === undefined && !isWindowed) {
      sort = parseSortStage(operand);
    } else if (name === '$skip') {
      const count = parseSkip(operand);
      skip += count;
      limit = Math.max(0, limit - count);
    } else if (name === '$limit') {
      limit = Math.min(limit, parseLimit(operand));
    } else break;
    length += 1;
  }
  const filter = combined(filters);
  const { collation, hint, variables } = context;
  const query: ReadQuery = {
    ...(filter && { filter }),
    ...(sort && { sort }),
    ...(limit < Infinity && { limit }),
    ...(skip > 0 && { skip }),
    ...(collation && { collation }),
    ...(hint !== undefined && { hint }),
    variables: { NOW: context.now, ...variables },
    ...(context.interrupt && { interrupt: context.interrupt }),
  };
  return { query, isEmpty: limit === 0, length };
}

function* watched(documents: Iterable<Document>, interrupt: () => void): Iterable<Document> {
  for (const document of documents) {
    interrupt();
    yield document;
  }
}

interface Opened {
  readonly documents: Iterable<Document>;
  /** Stages already done. */
  readonly done: number;
}

/** The documents a pipeline begins with. */
function openSource(stages: readonly NamedStage[], context: PipelineContext): Opened {
  if (context.documents !== undefined) return { documents: context.documents, done: 0 };
  const first = stages[0]?.name ?? '';
  const { snapshot, database = '', collection } = context;
  if (Object.hasOwn(SOURCES, first)) return { documents: [], done: 0 };
  if (first === '$documents') {
    if (collection !== undefined)
      refuse('$documents can only be run with {aggregate: 1}', 'InvalidNamespace');
    return { documents: [], done: 0 };
  }
  if (collection === undefined) {
    return refuse(
      `{aggregate: 1} is not valid for '${first}'; a collection is required.`,
      'InvalidNamespace',
    );
  }
  if (snapshot === undefined) return { documents: [], done: 0 };
  const { query, isEmpty, length } = leadingRead(stages, context);
  // What is wrong with a filter is said before the first document is asked for.
  if (query.filter !== undefined && !('$text' in query.filter)) assertFilter(query, context);
  const documents = isEmpty ? [] : snapshot.find({ database, collection }, query, context.onCost);
  return { documents, done: length };
}

function assertFilter({ filter = {} }: ReadQuery, context: PipelineContext): void {
  const { $and } = filter;
  const hasText =
    Array.isArray($and) &&
    $and.some((clause: unknown) => isPlainObject(clause) && '$text' in clause);
  if (!hasText)
    compileFilter(filter, {
      collation: context.collation,
      variables: { NOW: context.now, ...context.variables },
    });
}

/** A view's stages before the pipeline's own, on the collection it stands on. */
function resolveView(
  pipeline: readonly Document[],
  options: PipelineOptions,
): { readonly pipeline: readonly Document[]; readonly options: PipelineOptions } {
  const { snapshot, database = '', collection, documents } = options;
  if (snapshot === undefined || collection === undefined || documents !== undefined)
    return { pipeline, options };
  const target = readNamespace(snapshot, { database, collection });
  return {
    pipeline: [...target.pipeline, ...pipeline],
    options: { ...options, collection: target.namespace.collection },
  };
}

/**
 * Runs an aggregation pipeline over a snapshot, or over given documents. Documents come lazily, except
 * where a stage needs all of them. Leading `$match`, `$sort`, `$skip` and `$limit` are one read of the
 * collection, so an index serves them; views are resolved. `$out` and `$merge` are the caller's.
 *
 * @throws StoreError 40324 for an unknown stage, 40323 for a malformed one, those of the stages; all
 * before the first document, except what only a document can show.
 * @see https://www.mongodb.com/docs/manual/reference/operator/aggregation-pipeline/
 */
export function runPipeline(
  pipeline: readonly Document[],
  options: PipelineOptions = {},
): Iterable<Document> {
  const resolved = resolveView(pipeline, options);
  const now = options.now ?? new Date();
  const context: PipelineContext = {
    ...resolved.options,
    now,
    run: (inner, { documents, ...changed }) =>
      runPipeline(inner, { ...options, hint: undefined, now, ...changed, documents }),
  };
  const stages = resolved.pipeline.map(parseStage);
  for (const { name } of stages) {
    if (!Object.hasOwn(STAGES, name)) compileStage({ name, operand: undefined }, 0, context);
  }
  const { documents, done } = openSource(stages, context);
  const compiled = stages
    .map((stage, index) => (index < done ? undefined : compileStage(stage, index, context)))
    .filter((stage) => stage !== undefined);
  const { interrupt } = context;
  const source = interrupt === undefined ? documents : watched(documents, interrupt);
  return compiled.reduce((input, stage) => stage(input), source);
}
