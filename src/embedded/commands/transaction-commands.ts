import { StoreError } from '../errors.ts';
import { answer, type CommandFamily, type CommandRequest } from './command.ts';
import type { Reply } from './reply.ts';
import { abortOpenTransaction, type Session, type SessionTransaction } from './state/sessions.ts';
import type { StoreState } from './state/store-state.ts';

function noSuchTransaction(message: string): StoreError {
  return new StoreError('NoSuchTransaction', message, { labels: ['TransientTransactionError'] });
}

interface Named {
  readonly session: Session;
  readonly transaction: SessionTransaction;
}

/** The transaction that a commit or an abort names, whatever its state. */
function namedTransaction(request: CommandRequest): Named {
  const { session, body } = request;
  if (session === undefined || request.args.boolean('autocommit') !== false) {
    throw new StoreError(
      'InvalidOptions',
      `${request.name} must be run within a transaction: with lsid, txnNumber and autocommit: false`,
    );
  }
  const transaction = session.transaction;
  const txnNumber = BigInt(String(body['txnNumber']));
  if (transaction?.txnNumber === txnNumber) return { session, transaction };
  if (transaction !== undefined && transaction.txnNumber > txnNumber) {
    throw new StoreError(
      'TransactionTooOld',
      `Cannot continue transaction ${txnNumber} because a newer transaction ${transaction.txnNumber} has already started on this session.`,
    );
  }
  throw noSuchTransaction(
    `Given transaction number ${txnNumber} does not match any in-progress transactions.`,
  );
}

function closeCursors(state: StoreState, session: Session, txnNumber: bigint): void {
  state.cursors.killWhere(
    (cursor) => cursor.sessionKey === session.key && cursor.txnNumber === txnNumber,
  );
}

async function runCommit(request: CommandRequest, state: StoreState): Promise<Reply> {
  const { session, transaction } = namedTransaction(request);
  if (transaction.state === 'aborted') {
    throw noSuchTransaction(
      `Transaction with { txnNumber: ${transaction.txnNumber} } has been aborted.`,
    );
  }
  if (transaction.state === 'committed') {
    // A commit that is sent again answers as the first did, once that is durable.
    await transaction.time;
    return answer();
  }
  const { txnNumber } = transaction;
  clearTimeout(transaction.expiry);
  closeCursors(state, session, txnNumber);
  const time = transaction.engine.commit(session.key);
  session.transaction = { state: 'committed', txnNumber, time };
  try {
    await time;
    return answer();
  } catch (error) {
    session.transaction = { state: 'aborted', txnNumber };
    throw error;
  }
}

function runAbort(request: CommandRequest, state: StoreState): Reply {
  const { session, transaction } = namedTransaction(request);
  if (transaction.state === 'committed') {
    throw new StoreError(
      'TransactionCommitted',
      `Transaction with { txnNumber: ${transaction.txnNumber} } has been committed.`,
    );
  }
  if (transaction.state === 'aborted') {
    throw noSuchTransaction(
      `Transaction with { txnNumber: ${transaction.txnNumber} } has been aborted.`,
    );
  }
  closeCursors(state, session, transaction.txnNumber);
  abortOpenTransaction(session);
  return answer();
}

const shared = {
  kind: 'work',
  stable: true,
  inTransaction: true,
  writes: true,
  fields: ['recoveryToken'],
} as const;

/**
 * Ends of multi-document transactions; they begin with the first statement's `startTransaction`.
 *
 * @see https://www.mongodb.com/docs/manual/core/transactions/
 */
export const transactionCommands: CommandFamily = {
  commitTransaction: { ...shared, run: runCommit },
  abortTransaction: { ...shared, run: runAbort },
};
