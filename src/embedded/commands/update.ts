import type { Document, Namespace, WriteBatch } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import type { UpdateKind } from '../query/apply-update.ts';
import { argumentsOf, type Arguments } from './arguments.ts';
import { answer, type CommandFamily, type CommandRequest } from './command.ts';
import {
  parseUpdateDocument,
  planUpdate,
  updateDocument,
  upsertDocument,
  type UpdateTarget,
} from './document-update.ts';
import { assertWritable, parseNamespace } from './namespaces.ts';
import { buildReadQuery, collationOf, hintOf, variablesOf } from './read-options.ts';
import type { Reply } from './reply.ts';
import type { StoreState } from './state/store-state.ts';
import {
  type BatchOutcome,
  outcomeTail,
  runStatements,
  sumOf,
  WRITE_FIELDS,
  type WriteStatement,
} from './write-outcome.ts';

const STATEMENT_FIELDS: ReadonlySet<string> = new Set([
  'q',
  'u',
  'c',
  'upsert',
  'multi',
  'collation',
  'arrayFilters',
  'hint',
]);

/** One update of a command, checked as far as that needs no data. */
interface Statement {
  readonly args: Arguments;
  readonly filter: Document;
  readonly update: Document | readonly Document[];
  readonly arrayFilters: readonly Document[] | undefined;
  readonly hint: string | Document | undefined;
  readonly variables: Document | undefined;
  readonly isMulti: boolean;
  readonly isUpsert: boolean;
}

function parseStatement(
  request: CommandRequest,
  body: Document,
  variables: Document | undefined,
): Statement {
  const args = argumentsOf('update.updates', body);
  args.onlyFields(STATEMENT_FIELDS);
  const isMulti = args.boolean('multi') ?? false;
  if (isMulti && request.retryable !== undefined) {
    throw new StoreError('InvalidOptions', 'Cannot use retryable writes with multi=true');
  }
  const constants = args.document('c');
  return {
    args,
    filter: args.required('q', args.document('q')),
    update: parseUpdateDocument(args.path('u'), args.required('u', args.value('u'))),
    arrayFilters: args.documents('arrayFilters'),
    hint: hintOf(args),
    variables: constants === undefined ? variables : { ...variables, ...constants },
    isMulti,
    isUpsert: args.boolean('upsert') ?? false,
  };
}

function assertMultiIsOperators({ isMulti }: Statement, kind: UpdateKind): void {
  if (!isMulti || kind !== 'replacement') return;
  throw new StoreError(
    'FailedToParse',
    'multi update is not supported for replacement-style update',
  );
}

function runStatement(
  request: CommandRequest,
  batch: WriteBatch,
  target: UpdateTarget,
  statement: Statement,
): Document {
  const { args, filter, update, arrayFilters, hint, variables, isMulti } = statement;
  const { namespace } = target;
  const collation = collationOf(args, batch, namespace);
  const plan = planUpdate({ filter, update, arrayFilters, collation, variables });
  assertMultiIsOperators(statement, plan.kind);
  const limit = isMulti ? undefined : 1;
  const query = buildReadQuery(
    { filter, limit, collation, hint, variables },
    request.deadline.check,
  );
  let n = 0;
  let nModified = 0;
  // Gathered first: a changed document must not be met again.
  for (const before of [...batch.find(namespace, query, request.cost.add)]) {
    request.deadline.check();
    n += 1;
    if (updateDocument(batch, target, plan, before).isModified) nModified += 1;
  }
  if (n > 0 || !statement.isUpsert) return { n, nModified };
  const made = upsertDocument(batch, target, plan, filter);
  return { n: 1, nModified: 0, upserted: { _id: made['_id'] } };
}

function upsertedOf(outcome: BatchOutcome): Document[] {
  return outcome.outcomes.flatMap((counted, index) => {
    const upserted = counted?.['upserted'] as Document | undefined;
    return upserted === undefined ? [] : [{ index, _id: upserted['_id'] }];
  });
}

async function runUpdate(request: CommandRequest, state: StoreState): Promise<Reply> {
  const namespace: Namespace = parseNamespace(request.database, request.target);
  assertWritable(namespace);
  const { args } = request;
  const updates = args.required('updates', args.documents('updates'));
  const target = {
    namespace,
    bypassValidation: args.boolean('bypassDocumentValidation') ?? false,
  };
  const variables = variablesOf(args);
  const parsed = updates.map((body) => parseStatement(request, body, variables));
  const statements = parsed.map(
    (statement): WriteStatement =>
      (batch) =>
        runStatement(request, batch, target, statement),
  );
  const outcome = await runStatements(request, state, namespace, statements);
  const upserted = upsertedOf(outcome);
  return answer({
    n: sumOf(outcome, 'n'),
    ...(upserted.length > 0 ? { upserted } : {}),
    nModified: sumOf(outcome, 'nModified'),
    ...outcomeTail(outcome),
  });
}

/**
 * Changing documents by operators, pipelines or replacement.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/update/
 */
export const updateCommands: CommandFamily = {
  update: {
    kind: 'work',
    stable: true,
    inTransaction: true,
    writes: true,
    retryable: true,
    fields: ['updates', ...WRITE_FIELDS],
    run: runUpdate,
  },
};
