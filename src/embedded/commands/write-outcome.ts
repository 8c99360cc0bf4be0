import type { Document, Namespace, WriteBatch } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { type Arguments, numberFrom } from './arguments.ts';
import type { CommandRequest } from './command.ts';
import { storeErrorFrom } from './error-reply.ts';
import { namespaceText } from './namespaces.ts';
import type { StoreState } from './state/store-state.ts';
import { writeData } from './storage.ts';

/** Fields that the batched write commands share. */
export const WRITE_FIELDS = [
  'ordered',
  'bypassDocumentValidation',
  'bypassEmptyTsReplacement',
  'let',
  'stmtIds',
  'isTimeseriesNamespace',
  'collectionUUID',
] as const;

/** One statement of a batched write: does it and says what it counted. */
export type WriteStatement = (batch: WriteBatch) => Document;

/** What a batch of statements did. */
export interface BatchOutcome {
  /** By statement; undefined for one that failed or did not run. */
  readonly outcomes: readonly (Document | undefined)[];
  readonly writeErrors: readonly Document[];
  readonly retriedStmtIds: readonly number[];
}

/** @throws StoreError 16 outside MongoDB's bounds of one write command. */
export function assertBatchSize(count: number): void {
  if (count >= 1 && count <= LIMITS.writeBatchSize) return;
  throw new StoreError(
    'InvalidLength',
    `Write batch sizes must be between 1 and ${LIMITS.writeBatchSize}. Got ${count} operations.`,
  );
}

/** @throws StoreError 166 when the namespace is a view. */
export function assertNoView(batch: WriteBatch, namespace: Namespace): void {
  if (batch.collection(namespace)?.options.viewOn === undefined) return;
  throw new StoreError(
    'CommandNotSupportedOnView',
    `Namespace ${namespaceText(namespace)} is a view, not a collection`,
  );
}

/** Errors that end a batch rather than one statement: a bug, a time limit, a conflict to be retried, a shutdown. */
const WHOLE_BATCH_CODES: ReadonlySet<number> = new Set([1, 50, 112, 11600, 11601]);

/** One entry of `writeErrors`. */
function writeError(index: number, thrown: unknown): Document {
  const error = storeErrorFrom(thrown);
  // Nothing of this batch may stay when the store itself failed, when the transaction must be tried again, or when
  // the engine asks to wait for an open transaction and runs the work once more: it wants its own error back.
  if (WHOLE_BATCH_CODES.has(error.code) || error.labels.length > 0) throw thrown;
  return { index, code: error.code, ...error.info, errmsg: error.message };
}

function statementIds(args: Arguments, count: number): readonly number[] {
  const given = args.array('stmtIds');
  if (given === undefined) return Array.from({ length: count }, (_, index) => index);
  const ids = given.flatMap((id) => numberFrom(id) ?? []);
  if (given.length === count && ids.length === count) return ids;
  throw new StoreError('InvalidOptions', 'stmtIds must hold one number for each statement');
}

/**
 * Keeps in the same commit what the statements of a retryable write have done, so that a retry after a restart of the store
 * finds it.
 */
export function rememberStatements(
  { session, retryable }: CommandRequest,
  batch: WriteBatch,
  fresh: ReadonlyMap<number, Document>,
): void {
  if (session === undefined || retryable === undefined || fresh.size === 0) return;
  const before = [...retryable.statements].map(([id, { outcome }]) => [id, outcome] as const);
  batch.remember(session.key, {
    txnNumber: retryable.txnNumber,
    at: new Date(),
    statements: new Map([...before, ...fresh]),
  });
}

/**
 * Runs the statements of one command in one commit. Each stands for itself: one that fails leaves the others;
 * `ordered` stops at the first failure.
 *
 * A statement that an earlier attempt of the same retryable write has done is not done again.
 */
export async function runStatements(
  request: CommandRequest,
  state: StoreState,
  namespace: Namespace,
  statements: readonly WriteStatement[],
): Promise<BatchOutcome> {
  assertBatchSize(statements.length);
  const isOrdered = request.args.boolean('ordered') ?? true;
  const ids = statementIds(request.args, statements.length);
  const done = request.retryable?.statements;
  const fresh = new Map<number, Document>();
  const outcome = await writeData(request, state, (batch): BatchOutcome => {
    fresh.clear();
    assertNoView(batch, namespace);
    const outcomes: (Document | undefined)[] = [];
    const writeErrors: Document[] = [];
    const retriedStmtIds: number[] = [];
    for (const [index, statement] of statements.entries()) {
      request.deadline.check();
      const id = ids[index] ?? index;
      const before = done?.get(id);
      if (before !== undefined) {
        outcomes[index] = before.outcome;
        retriedStmtIds.push(id);
        continue;
      }
      try {
        const counted = statement(batch);
        outcomes[index] = counted;
        fresh.set(id, counted);
      } catch (error) {
        writeErrors.push(writeError(index, error));
        if (isOrdered || request.transaction !== undefined) break;
      }
    }
    rememberStatements(request, batch, fresh);
    return { outcomes, writeErrors, retriedStmtIds };
  });
  for (const [id, counted] of fresh) done?.set(id, { outcome: counted });
  return outcome;
}

/** The keys of a reply that every batched write has after its counts. */
export function outcomeTail({ writeErrors, retriedStmtIds }: BatchOutcome): Document {
  return {
    ...(writeErrors.length > 0 ? { writeErrors } : {}),
    ...(retriedStmtIds.length > 0 ? { retriedStmtIds } : {}),
  };
}

/** Sums one count over all statements that were done. */
export function sumOf(outcome: BatchOutcome, key: string): number {
  return outcome.outcomes.reduce((sum, counted) => sum + Number(counted?.[key] ?? 0), 0);
}
