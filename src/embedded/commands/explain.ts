import type { Document, ReadCost, Snapshot } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { AGGREGATE_FIELDS } from './aggregation.ts';
import { argumentsOf, isDocument } from './arguments.ts';
import { answer, type CommandFamily, type CommandRequest } from './command.ts';
import { COUNT_FIELDS, DISTINCT_FIELDS } from './count-distinct.ts';
import { explainAggregation } from './explain-aggregation.ts';
import {
  type ExplainedRead,
  countAll,
  explainExecution,
  explainPlan,
  parseVerbosity,
  type Verbosity,
} from './explain-plan.ts';
import { FIND_AND_MODIFY_FIELDS } from './find-and-modify.ts';
import { FIND_FIELDS, parseFind, pipelineOf } from './find.ts';
import { parseNamespace } from './namespaces.ts';
import { buildReadQuery, collationOf, hintOf, optionalDocument } from './read-options.ts';
import type { Reply } from './reply.ts';
import type { StoreState } from './state/store-state.ts';
import { holdView } from './storage.ts';
import { withoutFields } from './without-fields.ts';
import { WRITE_FIELDS } from './write-outcome.ts';

type ReadOf = (request: CommandRequest, snapshot: Snapshot) => ExplainedRead;

/** The read of a command whose filter stands under `query`. */
const readByQuery: ReadOf = (request, snapshot) => {
  const { args } = request;
  const namespace = parseNamespace(request.database, request.target);
  const query = buildReadQuery({
    filter: args.document('query') ?? {},
    sort: request.name === 'findAndModify' ? args.document('sort') : undefined,
    collation: collationOf(args, snapshot, namespace),
    hint: hintOf(args),
  });
  return { namespace, query };
};

/** The read of the one statement of an update or a delete. */
function readByStatement(list: 'updates' | 'deletes'): ReadOf {
  return (request, snapshot) => {
    const statements = request.args.required(list, request.args.documents(list));
    const [statement] = statements;
    if (statement === undefined || statements.length > 1) {
      throw new StoreError('InvalidLength', `explained write batches must be of size 1`);
    }
    const args = argumentsOf(`${request.name}.${list}`, statement);
    const namespace = parseNamespace(request.database, request.target);
    const query = buildReadQuery({
      filter: optionalDocument(args.path('q'), statement['q']) ?? {},
      collation: collationOf(args, snapshot, namespace),
      hint: hintOf(args),
    });
    return { namespace, query };
  };
}

interface Explainable {
  readonly fields: readonly string[];
  readonly read: ReadOf;
}

const EXPLAINABLE: Readonly<Record<string, Explainable>> = {
  find: {
    fields: FIND_FIELDS,
    read: (request, snapshot) => {
      const query = parseFind(request, snapshot);
      return { namespace: query.namespace, query: buildReadQuery(query) };
    },
  },
  count: { fields: COUNT_FIELDS, read: readByQuery },
  distinct: { fields: DISTINCT_FIELDS, read: readByQuery },
  findAndModify: { fields: FIND_AND_MODIFY_FIELDS, read: readByQuery },
  update: { fields: ['updates', ...WRITE_FIELDS], read: readByStatement('updates') },
  delete: { fields: ['deletes', ...WRITE_FIELDS], read: readByStatement('deletes') },
};

/** Fields that any explained command may carry. */
const COMMON_FIELDS = ['$db', 'lsid', 'comment', 'readConcern', 'writeConcern', 'maxTimeMS'];

function innerRequest(request: CommandRequest): CommandRequest {
  const body = request.args.document('explain');
  const name = body === undefined ? undefined : Object.keys(body)[0];
  if (body === undefined || name === undefined) {
    throw new StoreError('FailedToParse', 'explain command requires a nested object');
  }
  const args = argumentsOf(name, body);
  const fields = name === 'aggregate' ? AGGREGATE_FIELDS : EXPLAINABLE[name]?.fields;
  if (fields === undefined) {
    throw new StoreError(
      'CommandNotSupported',
      `Explain failed due to unsupported command: ${name}`,
    );
  }
  args.onlyFields(new Set([name, ...COMMON_FIELDS, ...fields]));
  return { ...request, name, body, args, target: body[name] };
}

function explainRead(request: CommandRequest, state: StoreState, verbosity: Verbosity): Document {
  const view = holdView(request, state);
  try {
    const { namespace, query } = (EXPLAINABLE[request.name]?.read ?? readByQuery)(
      request,
      view.snapshot,
    );
    const queryPlanner = explainPlan(view.snapshot, { namespace, query });
    if (verbosity === 'queryPlanner') return { explainVersion: '1', queryPlanner };
    const costs: ReadCost[] = [];
    const started = performance.now();
    const documents = view.snapshot.find(namespace, query, (cost) => costs.push(cost));
    const returned = countAll(request, documents);
    const milliseconds = performance.now() - started;
    return {
      explainVersion: '1',
      queryPlanner,
      executionStats: explainExecution({ returned, milliseconds, costs }),
    };
  } finally {
    view.release();
  }
}

/** A find on a view is explained as the pipeline that reads it. */
function viewPipeline(request: CommandRequest, state: StoreState): CommandRequest | undefined {
  if (request.name !== 'find') return undefined;
  const view = holdView(request, state);
  try {
    const query = parseFind(request, view.snapshot);
    if (view.snapshot.collection(query.namespace)?.options.viewOn === undefined) return undefined;
    const { collation, let: variables } = request.body;
    const body = {
      aggregate: query.namespace.collection,
      pipeline: pipelineOf(query),
      cursor: {},
      ...(isDocument(collation) ? { collation } : {}),
      ...(isDocument(variables) ? { let: variables } : {}),
    };
    return { ...request, name: 'aggregate', body, args: argumentsOf('aggregate', body) };
  } finally {
    view.release();
  }
}

function runExplain(request: CommandRequest, state: StoreState): Reply {
  const verbosity = parseVerbosity(request.args.string('verbosity'));
  const inner = innerRequest(request);
  const aggregation = inner.name === 'aggregate' ? inner : viewPipeline(inner, state);
  const explained =
    aggregation === undefined
      ? explainRead(inner, state, verbosity)
      : explainAggregation(aggregation, state, verbosity);
  return answer({ ...explained, command: withoutFields(inner.body, '$db', 'lsid') });
}

/**
 * What a command would do, and what it cost; writes are not carried out.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/explain/
 */
export const explainCommands: CommandFamily = {
  explain: { kind: 'work', stable: true, fields: ['verbosity'], run: runExplain },
};
