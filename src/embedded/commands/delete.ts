import type { Document, Namespace } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { argumentsOf } from './arguments.ts';
import { answer, type CommandFamily, type CommandRequest } from './command.ts';
import { assertWritable, parseNamespace } from './namespaces.ts';
import { buildReadQuery, collationOf, hintOf, variablesOf } from './read-options.ts';
import type { Reply } from './reply.ts';
import type { StoreState } from './state/store-state.ts';
import {
  outcomeTail,
  runStatements,
  sumOf,
  WRITE_FIELDS,
  type WriteStatement,
} from './write-outcome.ts';

const STATEMENT_FIELDS: ReadonlySet<string> = new Set(['q', 'limit', 'collation', 'hint']);

function deleteStatement(
  request: CommandRequest,
  namespace: Namespace,
  body: Document,
  variables: Document | undefined,
): WriteStatement {
  const args = argumentsOf('delete.deletes', body);
  args.onlyFields(STATEMENT_FIELDS);
  const filter = args.required('q', args.document('q'));
  const limit = args.required('limit', args.number('limit'));
  const hint = hintOf(args);
  if (limit !== 0 && limit !== 1) {
    throw new StoreError(
      'FailedToParse',
      `The limit field in delete objects must be 0 or 1. Got ${limit}`,
    );
  }
  if (limit === 0 && request.retryable !== undefined) {
    throw new StoreError('InvalidOptions', 'Cannot use retryable writes with limit=0');
  }
  return (batch) => {
    const collation = collationOf(args, batch, namespace);
    const query = buildReadQuery(
      { filter, limit, collation, hint, variables },
      request.deadline.check,
    );
    let n = 0;
    // Gathered first: what is removed must not change what is still to be found.
    for (const document of [...batch.find(namespace, query, request.cost.add)]) {
      request.deadline.check();
      batch.remove(namespace, document);
      n += 1;
    }
    return { n };
  };
}

async function runDelete(request: CommandRequest, state: StoreState): Promise<Reply> {
  const namespace = parseNamespace(request.database, request.target);
  assertWritable(namespace);
  const { args } = request;
  const deletes = args.required('deletes', args.documents('deletes'));
  const variables = variablesOf(args);
  const statements = deletes.map((body) => deleteStatement(request, namespace, body, variables));
  const outcome = await runStatements(request, state, namespace, statements);
  return answer({ n: sumOf(outcome, 'n'), ...outcomeTail(outcome) });
}

/**
 * Removing documents.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/delete/
 */
export const deleteCommands: CommandFamily = {
  delete: {
    kind: 'work',
    stable: true,
    inTransaction: true,
    writes: true,
    retryable: true,
    fields: ['deletes', ...WRITE_FIELDS],
    run: runDelete,
  },
};
