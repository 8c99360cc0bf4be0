import { Binary, Long } from 'bson';

import type { Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { type Arguments, isDocument, numberFrom, wrongType } from './arguments.ts';
import type { Command, OpenTransaction } from './command.ts';
import { abortOpenTransaction, type RetryableWrite, type Session } from './state/sessions.ts';
import type { StoreState } from './state/store-state.ts';

/** Session, transaction and retryable write that a command belongs to. */
export interface SessionScope {
  readonly session: Session | undefined;
  readonly transaction: OpenTransaction | undefined;
  readonly retryable: RetryableWrite | undefined;
}

const UUID_BYTES = 16;

/**
 * The key under which a session is kept: its id in hex.
 *
 * @throws StoreError 14, 40414 or 207 when `lsid` is not `{id: <UUID>}`.
 */
export function sessionKeyOf(lsid: unknown): string {
  if (!isDocument(lsid)) throw wrongType('OperationSessionInfo.lsid', lsid, ['object']);
  const id = lsid['id'];
  if (!(id instanceof Binary)) throw wrongType('OperationSessionInfo.lsid.id', id, ['binData']);
  if (id.sub_type !== Binary.SUBTYPE_UUID || id.length() !== UUID_BYTES) {
    throw new StoreError('InvalidUUID', 'the id of a session must be a UUID of 16 bytes');
  }
  return id.toString('hex');
}

const invalidOptions = (message: string) => new StoreError('InvalidOptions', message);

function txnNumberOf(value: unknown): bigint | undefined {
  if (value === undefined || value === null) return undefined;
  const number = numberFrom(value);
  if (number === undefined) throw wrongType('OperationSessionInfo.txnNumber', value, ['long']);
  if (number < 0) throw invalidOptions('Transaction number cannot be negative');
  return value instanceof Long ? value.toBigInt() : BigInt(Math.trunc(number));
}

const transactionTooOld = (session: Session, wanted: bigint, newest: bigint) =>
  new StoreError(
    'TransactionTooOld',
    `Cannot start transaction with { txnNumber: ${wanted} } on session ${session.key} because a newer transaction with txnNumber ${newest} has already started on this session.`,
  );

const newestNumber = (session: Session): bigint => {
  const transaction = session.transaction?.txnNumber ?? -1n;
  const retryable = session.retryable?.txnNumber ?? -1n;
  return transaction > retryable ? transaction : retryable;
};

function startTransaction(state: StoreState, session: Session, txnNumber: bigint): OpenTransaction {
  const newest = newestNumber(session);
  if (txnNumber < newest) throw transactionTooOld(session, txnNumber, newest);
  if (txnNumber === newest) {
    throw new StoreError(
      'ConflictingOperationInProgress',
      `Cannot start a transaction at given transaction number ${txnNumber} because it was already used on this session.`,
    );
  }
  abortOpenTransaction(session);
  const engine = state.engine.begin({ lsid: session.lsid, txnNumber });
  const expiry = setTimeout(
    () => {
      abortOpenTransaction(session);
    },
    state.parameters.number('transactionLifetimeLimitSeconds') * 1000,
  );
  expiry.unref();
  const transaction: OpenTransaction = { state: 'open', txnNumber, engine, expiry };
  session.transaction = transaction;
  return transaction;
}

function noSuchTransaction(message: string): StoreError {
  return new StoreError('NoSuchTransaction', message, { labels: ['TransientTransactionError'] });
}

/**
 * Finds the open transaction that a statement names.
 *
 * @throws StoreError 225 when the session has gone on, 256 when it is committed, 251 when there is none any more.
 */
function continueTransaction(session: Session, txnNumber: bigint): OpenTransaction {
  const newest = newestNumber(session);
  if (txnNumber < newest) throw transactionTooOld(session, txnNumber, newest);
  const transaction = session.transaction;
  if (transaction?.txnNumber !== txnNumber) {
    throw noSuchTransaction(
      `Given transaction number ${txnNumber} does not match any in-progress transactions. The active transaction number is ${newest}`,
    );
  }
  if (transaction.state === 'open') return transaction;
  if (transaction.state === 'committed') {
    throw new StoreError(
      'TransactionCommitted',
      `Transaction with { txnNumber: ${txnNumber} } has been committed.`,
    );
  }
  throw noSuchTransaction(`Transaction with { txnNumber: ${txnNumber} } has been aborted.`);
}

function assertAllowedInTransaction(name: string, command: Command, database: string): void {
  if (command.inTransaction !== true) {
    throw new StoreError(
      'OperationNotSupportedInTransaction',
      `Cannot run '${name}' in a multi-document transaction.`,
    );
  }
  const isControl = name === 'commitTransaction' || name === 'abortTransaction';
  if (!isControl && ['admin', 'config', 'local'].includes(database)) {
    throw new StoreError(
      'OperationNotSupportedInTransaction',
      `Cannot run command against the '${database}' database in a transaction.`,
    );
  }
}

function retryableOf(session: Session, txnNumber: bigint): RetryableWrite {
  const newest = newestNumber(session);
  if (txnNumber < newest) throw transactionTooOld(session, txnNumber, newest);
  if (session.transaction?.txnNumber === txnNumber) {
    throw new StoreError(
      'ConflictingOperationInProgress',
      `Cannot run a retryable write with { txnNumber: ${txnNumber} }, which a transaction of this session has used.`,
    );
  }
  if (session.retryable?.txnNumber === txnNumber) return session.retryable;
  abortOpenTransaction(session);
  const retryable = { txnNumber, statements: new Map() };
  session.retryable = retryable;
  return retryable;
}

function assertTransactionFields(args: Arguments, body: Document): boolean {
  const autocommit = args.boolean('autocommit');
  if (autocommit === true) throw invalidOptions('Specifying autocommit=true is not allowed.');
  const starts = args.boolean('startTransaction');
  if (starts === false) throw invalidOptions('Specifying startTransaction=false is not allowed.');
  if (starts === true && autocommit === undefined) {
    throw invalidOptions('Specifying startTransaction=true requires autocommit=false');
  }
  if (autocommit === false && body['txnNumber'] === undefined) {
    throw invalidOptions("'autocommit' field requires a transaction number to also be specified");
  }
  return starts === true;
}

/** Which command comes, and to which database. */
export interface SessionTarget {
  readonly name: string;
  readonly command: Command;
  readonly database: string;
}

/**
 * Finds or makes what `lsid`, `txnNumber`, `startTransaction` and `autocommit` of a command refer to.
 *
 * commitTransaction and abortTransaction get no transaction here: they look into the session themselves, because
 * they may name one that is over.
 *
 * @throws StoreError 20 for a transaction number on a standalone server; 72, 117, 225, 251, 256 or 263 when they do not fit together or the session has gone on.
 */
export function openSession(
  state: StoreState,
  args: Arguments,
  body: Document,
  target: SessionTarget,
): SessionScope {
  const lsid = body['lsid'];
  const txnNumber = txnNumberOf(body['txnNumber']);
  if (lsid === undefined || lsid === null) {
    if (txnNumber === undefined) {
      return { session: undefined, transaction: undefined, retryable: undefined };
    }
    throw invalidOptions('Transaction number requires a session ID to also be specified');
  }
  if (txnNumber !== undefined && state.address.setName === undefined) {
    throw new StoreError(
      'IllegalOperation',
      'Transaction numbers are only allowed on a replica set member or mongos',
    );
  }
  const session = state.sessions.use(sessionKeyOf(lsid), isDocument(lsid) ? lsid : {});
  const starts = assertTransactionFields(args, body);
  if (txnNumber === undefined) return { session, transaction: undefined, retryable: undefined };
  if (args.boolean('autocommit') === undefined) {
    if (target.command.retryable !== true) {
      throw invalidOptions(
        `txnNumber may only be provided for multi-document transactions and retryable write commands. autocommit:false was not provided, and ${target.name} is not a retryable write command.`,
      );
    }
    return { session, transaction: undefined, retryable: retryableOf(session, txnNumber) };
  }
  assertAllowedInTransaction(target.name, target.command, target.database);
  if (target.name === 'commitTransaction' || target.name === 'abortTransaction') {
    return { session, transaction: undefined, retryable: undefined };
  }
  if (!starts && args.value('readConcern') !== undefined) {
    throw invalidOptions('Only the first command in a transaction may specify a readConcern');
  }
  const transaction = starts
    ? startTransaction(state, session, txnNumber)
    : continueTransaction(session, txnNumber);
  return { session, transaction, retryable: undefined };
}
