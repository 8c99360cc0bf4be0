import type { Document, Namespace, RawDocument, Snapshot } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { compileProjection } from '../query/apply-projection.ts';
import type { CommandFamily, CommandRequest } from './command.ts';
import { createDocumentSource } from './document-source.ts';
import { parseNamespace } from './namespaces.ts';
import { openCursor } from './open-cursor.ts';
import { openPipeline } from './open-pipeline.ts';
import {
  buildReadQuery,
  collationOf,
  hintOf,
  type QueryParts,
  variablesOf,
} from './read-options.ts';
import { encodeBson, type Reply } from './reply.ts';
import type { StoreState } from './state/store-state.ts';
import { type HeldView, holdView } from './storage.ts';

/** Options that would change what is returned and are not honoured. */
const REFUSED_FLAGS = ['tailable', 'awaitData', 'returnKey', 'showRecordId'] as const;

/** Fields of `find`, as `explain` needs them too. */
export const FIND_FIELDS = [
  'filter',
  'sort',
  'projection',
  'hint',
  'skip',
  'limit',
  'batchSize',
  'singleBatch',
  'max',
  'min',
  ...REFUSED_FLAGS,
  'oplogReplay',
  'noCursorTimeout',
  'allowPartialResults',
  'allowDiskUse',
  'collation',
  'let',
] as const;

/** A find with everything checked that needs no data. */
export interface FindQuery extends QueryParts {
  readonly namespace: Namespace;
  readonly filter: Document;
  readonly projection: Document | undefined;
}

function assertHonoured({ args }: CommandRequest): void {
  for (const flag of REFUSED_FLAGS) {
    if (args.boolean(flag) !== true) continue;
    throw new StoreError('CommandNotSupported', `find with '${flag}' is not supported`);
  }
  for (const bound of ['min', 'max']) {
    if (Object.keys(args.document(bound) ?? {}).length === 0) continue;
    throw new StoreError('CommandNotSupported', `find with '${bound}' is not supported`);
  }
}

/** The query of a `find`, checked. @throws StoreError for what is malformed or not supported. */
export function parseFind(request: CommandRequest, snapshot: Snapshot): FindQuery {
  const { args } = request;
  const namespace = parseNamespace(request.database, request.target);
  assertHonoured(request);
  return {
    namespace,
    filter: args.document('filter') ?? {},
    sort: args.document('sort'),
    projection: args.document('projection'),
    limit: args.count('limit'),
    skip: args.count('skip'),
    collation: collationOf(args, snapshot, namespace),
    hint: hintOf(args),
    variables: variablesOf(args),
  };
}

const unchanged = (document: Document): Document => document;

function* encoded(
  documents: Iterable<Document>,
  change: (document: Document) => Document = unchanged,
): Iterable<Uint8Array> {
  for (const document of documents) yield encodeBson(change(document));
}

function* storedBytes(documents: Iterable<RawDocument>): Iterable<Uint8Array> {
  for (const { raw } of documents) yield raw;
}

/** Whole documents go out as they are stored; only a projection needs them decoded. */
function readCollection(view: HeldView, query: FindQuery) {
  const { namespace, filter, projection, collation, variables } = query;
  const { snapshot, progress } = view;
  const read = buildReadQuery(query, progress.check);
  if (projection === undefined || Object.keys(projection).length === 0) {
    return storedBytes(snapshot.findRaw(namespace, read, progress.addCost));
  }
  const project = compileProjection(projection, { filter, collation, variables });
  return encoded(snapshot.find(namespace, read, progress.addCost), project);
}

/** A find as the pipeline that reads a view the same way. */
export function pipelineOf(query: FindQuery): Document[] {
  const { filter, sort, skip, limit, projection } = query;
  return [
    { $match: filter },
    ...(sort === undefined || Object.keys(sort).length === 0 ? [] : [{ $sort: sort }]),
    ...(skip === undefined || skip === 0 ? [] : [{ $skip: skip }]),
    ...(limit === undefined || limit === 0 ? [] : [{ $limit: limit }]),
    ...(projection === undefined || Object.keys(projection).length === 0
      ? []
      : [{ $project: projection }]),
  ];
}

async function runFind(request: CommandRequest, state: StoreState): Promise<Reply> {
  const { args } = request;
  const view = holdView(request, state);
  let source;
  let query: FindQuery;
  try {
    query = parseFind(request, view.snapshot);
    const isView = view.snapshot.collection(query.namespace)?.options.viewOn !== undefined;
    const { namespace, collation, variables } = query;
    const documents = isView
      ? encoded(
          openPipeline(request, view, {
            namespace,
            pipeline: pipelineOf(query),
            collation,
            variables,
          }),
        )
      : readCollection(view, query);
    // A transaction may write between two pages, so its cursors read everything at once.
    source = createDocumentSource({
      documents: request.transaction === undefined ? documents : [...documents],
      limit: query.limit === 0 ? undefined : query.limit,
      release: view.release,
      progress: view.progress,
    });
  } catch (error) {
    view.release();
    throw error;
  }
  return openCursor(request, state, source, {
    namespace: query.namespace,
    batchSize: args.count('batchSize'),
    single: args.boolean('singleBatch') ?? false,
    noTimeout: args.boolean('noCursorTimeout') ?? false,
  });
}

/**
 * Reading one collection or view.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/find/
 */
export const findCommands: CommandFamily = {
  find: { kind: 'work', stable: true, inTransaction: true, fields: FIND_FIELDS, run: runFind },
};
