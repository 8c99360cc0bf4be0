import { assertDocumentsMatch, assertMatches } from '../matching.ts';
import { decodeCommonOptions } from '../arguments.ts';
import { targetOf, type Target } from '../entities.ts';
import { assertError } from '../expected-error.ts';
import { MismatchError, RefusedError, SkippedError } from '../failures.ts';
import { resultDocument } from '../result-document.ts';
import type { OperationTable, RunContext } from '../run-context.ts';
import type { SpecDocument, SpecOperation } from '../spec-file.ts';
import { BUCKET_OPERATIONS } from './bucket-operations.ts';
import { CLIENT_OPERATIONS } from './client-operations.ts';
import { COLLECTION_OPERATIONS } from './collection-operations.ts';
import { CHANGE_STREAM_OPERATIONS, CURSOR_OPERATIONS } from './cursor-operations.ts';
import { DATABASE_OPERATIONS } from './database-operations.ts';
import { SESSION_OPERATIONS } from './session-operations.ts';
import { TEST_RUNNER_OPERATIONS } from './test-runner-operations.ts';

/** Operations that answer the documents of a cursor: every one of them is matched as a root. */
const CURSOR_RESULTS = new Set([
  'aggregate',
  'find',
  'listCollections',
  'listCollectionObjects',
  'listDatabases',
  'listDatabaseObjects',
  'listIndexes',
  'listSearchIndexes',
  'runCursorCommand',
]);

/** Methods that other drivers have and the Node.js driver has not: a test of one says nothing about the server. */
const NOT_IN_DRIVER = new Set(['mapReduce', 'findOneAndDeleteRaw', 'listMongocryptdStatus']);

type Outcome = { readonly result: unknown } | { readonly error: unknown };

/**
 * Runs one operation and asserts what the test says of its result or error.
 *
 * @throws MismatchError when the answer is wrong, RefusedError when an error was not expected, SkippedError when the
 * driver lacks the method; with `rethrow` also the operation's own error after it was asserted.
 */
export async function runOperation(
  operation: SpecOperation,
  context: RunContext,
  onError: 'assert' | 'rethrow' = 'assert',
): Promise<void> {
  const args = operation.arguments ?? {};
  if (operation.object === 'testRunner') {
    const special = TEST_RUNNER_OPERATIONS[operation.name];
    if (special === undefined) throw new Error(`the runner has no ${operation.name}`);
    try {
      await special(args, context);
    } catch (error) {
      throw asVerdict(operation, error);
    }
    return;
  }
  const outcome = await outcomeOf(operation, args, context);
  assertOutcome(operation, outcome, context);
  if (onError === 'rethrow' && 'error' in outcome) throw outcome.error;
}

async function outcomeOf(
  operation: SpecOperation,
  args: SpecDocument,
  context: RunContext,
): Promise<Outcome> {
  const invoke = bindOperation(operation, context);
  const decoded = decodeCommonOptions(args);
  if (typeof args['session'] === 'string') {
    decoded['session'] = context.entities.session(args['session']);
  }
  try {
    return { result: resultDocument(await invoke(decoded)) };
  } catch (error) {
    if (isVerdict(error)) throw error;
    return { error };
  }
}

function assertOutcome(operation: SpecOperation, outcome: Outcome, context: RunContext): void {
  if (operation.ignoreResultAndError === true) return;
  const { expectError, expectResult, saveResultAsEntity } = operation;
  if (expectError !== undefined) {
    if (!('error' in outcome)) {
      throw new MismatchError(`${operation.name} succeeded, an error was expected`);
    }
    assertError(expectError, outcome.error, context.entities);
    return;
  }
  if ('error' in outcome) throw asVerdict(operation, outcome.error);
  if (expectResult !== undefined) {
    assertResult(operation.name, expectResult, outcome.result, context);
  }
  if (saveResultAsEntity !== undefined) context.entities.add(saveResultAsEntity, outcome.result);
}

function assertResult(
  name: string,
  expected: unknown,
  result: unknown,
  { entities }: RunContext,
): void {
  if (CURSOR_RESULTS.has(name) && Array.isArray(expected)) {
    assertDocumentsMatch(expected, result, entities);
  } else {
    assertMatches(expected, result, entities);
  }
}

type Invoke = (args: SpecDocument) => Promise<unknown>;

function bindOperation(operation: SpecOperation, context: RunContext): Invoke {
  const target = targetOf(operation.object, context.entities.value(operation.object));
  const find = <Entity>(table: OperationTable<Entity>, entity: Entity): Invoke => {
    const method = table[operation.name];
    if (method !== undefined) return async (args) => method(entity, args, context);
    if (NOT_IN_DRIVER.has(operation.name)) {
      throw new SkippedError(`the Node.js driver has no ${operation.name}`);
    }
    throw new Error(`the runner has no ${operation.name} for a ${target.kind}`);
  };
  return bindTarget(target, find);
}

function bindTarget(
  target: Target,
  find: <Entity>(table: OperationTable<Entity>, entity: Entity) => Invoke,
): Invoke {
  switch (target.kind) {
    case 'client':
      return find(CLIENT_OPERATIONS, target.entity);
    case 'database':
      return find(DATABASE_OPERATIONS, target.entity);
    case 'collection':
      return find(COLLECTION_OPERATIONS, target.entity);
    case 'session':
      return find(SESSION_OPERATIONS, target.entity);
    case 'bucket':
      return find(BUCKET_OPERATIONS, target.entity);
    case 'changeStream':
      return find(CHANGE_STREAM_OPERATIONS, target.entity);
    case 'cursor':
      return find(CURSOR_OPERATIONS, target.entity);
  }
}

function isVerdict(error: unknown): error is MismatchError | RefusedError | SkippedError {
  return (
    error instanceof MismatchError || error instanceof RefusedError || error instanceof SkippedError
  );
}

function asVerdict(operation: SpecOperation, error: unknown): Error {
  return isVerdict(error) ? error : new RefusedError(operation.name, error);
}
