import { calculateObjectSize } from 'bson';

import type { Document, Namespace } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { equalityKey } from '../query/equality-key.ts';
import { splitPath, visitPath } from '../query/paths.ts';
import { answer, type CommandFamily, type CommandRequest } from './command.ts';
import { countAll } from './explain-plan.ts';
import { parseNamespace } from './namespaces.ts';
import { openPipeline } from './open-pipeline.ts';
import { buildReadQuery, collationOf, hintOf, type QueryParts } from './read-options.ts';
import type { Reply } from './reply.ts';
import type { StoreState } from './state/store-state.ts';
import { currentView, holdView } from './storage.ts';

/** Fields of `count`, as `explain` needs them too. */
export const COUNT_FIELDS = ['query', 'limit', 'skip', 'hint', 'fields', 'collation'] as const;

/** Fields of `distinct`, as `explain` needs them too. */
export const DISTINCT_FIELDS = ['key', 'query', 'hint', 'collation'] as const;

/** Documents that a command's query selects, from a collection or a view, in a held view that the caller releases. */
function selected(
  request: CommandRequest,
  view: ReturnType<typeof holdView>,
  namespace: Namespace,
  parts: QueryParts,
): Iterable<Document> {
  if (view.snapshot.collection(namespace)?.options.viewOn === undefined) {
    return view.snapshot.find(
      namespace,
      buildReadQuery(parts, request.deadline.check),
      request.cost.add,
    );
  }
  const { filter = {}, skip = 0, limit = 0, collation } = parts;
  const pipeline = [
    { $match: filter },
    ...(skip > 0 ? [{ $skip: skip }] : []),
    ...(limit > 0 ? [{ $limit: limit }] : []),
  ];
  return openPipeline(request, view, { namespace, pipeline, collation });
}

function countLimit(request: CommandRequest): number | undefined {
  // A negative limit means the same as its positive, for the sake of old clients.
  const limit = request.args.number('limit');
  return limit === undefined ? undefined : Math.abs(Math.trunc(limit));
}

function runCount(request: CommandRequest, state: StoreState): Reply {
  const namespace = parseNamespace(request.database, request.target);
  const { args } = request;
  const filter = args.document('query') ?? {};
  const limit = countLimit(request);
  const skip = args.count('skip');
  const snapshot = currentView(request, state);
  const isView = snapshot.collection(namespace)?.options.viewOn !== undefined;
  if (Object.keys(filter).length === 0 && !isView && args.value('hint') === undefined) {
    const rest = Math.max(0, snapshot.size(namespace) - (skip ?? 0));
    return answer({ n: limit === undefined || limit === 0 ? rest : Math.min(limit, rest) });
  }
  const view = holdView(request, state);
  try {
    const collation = collationOf(args, view.snapshot, namespace);
    const parts = { filter, limit, skip, hint: hintOf(args), collation };
    return answer({ n: countAll(request, selected(request, view, namespace, parts)) });
  } finally {
    view.release();
  }
}

/** The distinct values at a path: array elements one by one, in the order they are met. */
function distinctValues(
  documents: Iterable<Document>,
  key: string,
  request: CommandRequest,
  collation: QueryParts['collation'],
): unknown[] {
  const parts = splitPath(key);
  const found = new Map<string, unknown>();
  for (const document of documents) {
    request.deadline.check();
    visitPath(document, parts, true, (value, isElement) => {
      const isWholeArray = Array.isArray(value) && !isElement;
      if (value === undefined || isWholeArray) return false;
      const identity = equalityKey(value, collation);
      if (!found.has(identity)) found.set(identity, value);
      return false;
    });
  }
  return [...found.values()];
}

function runDistinct(request: CommandRequest, state: StoreState): Reply {
  const namespace = parseNamespace(request.database, request.target);
  const { args } = request;
  const key = args.required('key', args.string('key'));
  if (key === '') throw new StoreError('BadValue', 'distinct key cannot be an empty string');
  const view = holdView(request, state);
  try {
    const collation = collationOf(args, view.snapshot, namespace);
    const parts = { filter: args.document('query') ?? {}, hint: hintOf(args), collation };
    const documents = selected(request, view, namespace, parts);
    const values = distinctValues(documents, key, request, collation);
    if (calculateObjectSize({ values }) > LIMITS.documentBytes) {
      throw new StoreError('BadValue', 'distinct too big, 16mb cap', { code: 17217 });
    }
    return { ...answer({ values }), returned: values.length };
  } finally {
    view.release();
  }
}

/**
 * Counting documents and gathering distinct values.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/count/
 */
export const countCommands: CommandFamily = {
  count: { kind: 'work', stable: true, fields: COUNT_FIELDS, run: runCount },
  distinct: { kind: 'work', inTransaction: true, fields: DISTINCT_FIELDS, run: runDistinct },
};
