import type { Document } from '../engine/engine.ts';
import { STORE_ERRORS, StoreError } from '../errors.ts';

/** Codes after which a driver may send a retryable write again. */
const RETRYABLE_WRITE_CODES: ReadonlySet<number> = new Set([
  6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,
]);

const TRANSIENT_TRANSACTION_CODES: ReadonlySet<number> = new Set([24, 112, 246, 251, 267]);

/** MongoDB's names of codes that only a fail point makes this store answer. */
const FURTHER_NAMES: Readonly<Record<number, string>> = {
  7: 'HostNotFound',
  24: 'LockTimeout',
  63: 'StaleShardVersion',
  133: 'FailedToSatisfyReadPreference',
  134: 'ReadConcernMajorityNotAvailableYet',
  150: 'StaleEpoch',
  189: 'PrimarySteppedDown',
  234: 'RetryChangeStream',
  246: 'SnapshotUnavailable',
  262: 'ExceededTimeLimit',
  9001: 'SocketException',
  11602: 'InterruptedDueToReplStateChange',
  13388: 'StaleConfig',
  13435: 'NotPrimaryNoSecondaryOk',
  13436: 'NotPrimaryOrSecondary',
};

const NAMES = new Map<number, string>(
  Object.entries(STORE_ERRORS).map(([name, code]) => [code, name]),
);

/** MongoDB's name of an error code; `Location123` when it has none. */
export function codeNameOf(code: number): string {
  return NAMES.get(code) ?? FURTHER_NAMES[code] ?? `Location${code}`;
}

/** Codes after which a driver may open a change stream again where it was. */
const RESUMABLE_STREAM_CODES: ReadonlySet<number> = new Set([
  6, 7, 63, 89, 91, 133, 150, 189, 234, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436,
]);

/** What a command was about, as far as error labels depend on it. */
export interface LabelContext {
  readonly isRetryableWrite: boolean;
  readonly isInTransaction: boolean;
  readonly isCommitOrAbort: boolean;
  /** A getMore of a change stream. */
  readonly isChangeStream: boolean;
}

/** The labels MongoDB's server puts on an error with this code. */
export function labelsOf(code: number, context: LabelContext): string[] {
  if (context.isChangeStream && RESUMABLE_STREAM_CODES.has(code)) {
    return ['ResumableChangeStreamError'];
  }
  const isRetryable = RETRYABLE_WRITE_CODES.has(code);
  if (context.isInTransaction && !context.isCommitOrAbort) {
    return isRetryable || TRANSIENT_TRANSACTION_CODES.has(code)
      ? ['TransientTransactionError']
      : [];
  }
  if (context.isCommitOrAbort && TRANSIENT_TRANSACTION_CODES.has(code)) {
    return ['TransientTransactionError'];
  }
  return isRetryable && (context.isRetryableWrite || context.isCommitOrAbort)
    ? ['RetryableWriteError']
    : [];
}

/** Anything thrown as the store's own error; what is none is a bug and becomes InternalError. */
export function storeErrorFrom(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return new StoreError('Overflow', 'the command nests too deeply');
  }
  // The serializer's buffer is a little larger than a document may be, and this is how it says that it is full.
  if (error instanceof RangeError && 'code' in error && error.code === 'ERR_OUT_OF_RANGE') {
    return new StoreError('BSONObjectTooLarge', 'a document would be larger than 16 MB');
  }
  const message = error instanceof Error ? error.message : String(error);
  return new StoreError('InternalError', `internal error: ${message}`);
}

/** `{ok: 0, errmsg, code, codeName}` with labels and further keys. */
export function errorDocument(error: StoreError, labels: readonly string[]): Document {
  return {
    ok: 0,
    errmsg: error.message,
    code: error.code,
    codeName: error.codeName,
    ...error.info,
    ...(labels.length > 0 ? { errorLabels: labels } : {}),
  };
}
