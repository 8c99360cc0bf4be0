import {
  type MongoBulkWriteError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoSystemError,
  MongoTopologyClosedError,
} from 'mongodb';
import { DuplicateValueError, GatewayError, type ErrorCode } from '../../parse/errors.ts';
import { columnName } from './system-columns.ts';

/** What was being done: some of MongoDB's numbers mean a bad query in a read and a bad value in a write. */
export type CommandPurpose = 'read' | 'write';

interface Refusal {
  readonly read: readonly [ErrorCode, string];
  readonly write: readonly [ErrorCode, string];
}

function both(code: ErrorCode, message: string): Refusal {
  return { read: [code, message], write: [code, message] };
}

const AWAY = both('ServiceUnavailable', 'The database is not available.');
const TOO_LARGE = both('ObjectTooLarge', 'The object or query is too large for the database.');
const BAD_VALUE: Refusal = {
  read: ['InvalidQuery', 'The database refuses this query.'],
  write: ['IncorrectType', 'The database refuses this value.'],
};

/**
 * MongoDB's numbers that have a meaning for a client; all others are bugs or broken databases.
 * @see https://www.mongodb.com/docs/manual/reference/error-codes/
 */
const REFUSALS: ReadonlyMap<number, Refusal> = new Map([
  [2, BAD_VALUE], // BadValue
  [9, BAD_VALUE], // FailedToParse
  [14, BAD_VALUE], // TypeMismatch
  [16755, BAD_VALUE], // geo keys cannot be extracted
  [17261, BAD_VALUE],
  [28667, BAD_VALUE], // a geometry that is none
  [40, BAD_VALUE], // ConflictingUpdateOperators
  [51091, BAD_VALUE], // invalid regular expression
  [51108, BAD_VALUE], // invalid regular expression options
  [27, both('InvalidQuery', 'The database lacks the index that this query needs.')],
  [291, both('InvalidQuery', 'The database lacks the index that this query needs.')],
  [50, both('Timeout', 'The database took too long.')],
  [262, both('Timeout', 'The database took too long.')],
  [52, both('InvalidNestedKey', "Nested keys should not contain the '$' or '.' characters")],
  [56, both('InvalidNestedKey', 'Nested keys should not be empty')],
  [57, both('InvalidNestedKey', "Nested keys should not contain the '$' or '.' characters")],
  [10334, TOO_LARGE],
  [17280, TOO_LARGE],
  [17419, TOO_LARGE],
  [17420, TOO_LARGE],
  [112, both('ServiceUnavailable', 'Others write the same objects. Try again.')],
  [251, AWAY],
  [6, AWAY],
  [7, AWAY],
  [89, AWAY],
  [91, AWAY],
  [189, AWAY],
  [9001, AWAY],
  [10107, AWAY],
  [11600, AWAY],
  [11602, AWAY],
  [13435, AWAY],
  [13436, AWAY],
]);

const DUPLICATE_KEY = 11000;

/**
 * Whatever the driver threw → the failure to report, with the driver's as its cause.
 *
 * 2 while the database is away, 137 with the column's name for a duplicate, 124 when it took too long, 102 (a read) or 111 (a
 * write) for a value it refuses, 116 for what is too large, 1 for the rest. A `GatewayError` passes unchanged.
 */
export function decodeDriverError(error: unknown, purpose: CommandPurpose): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof MongoServerError) return decodeServerError(error, purpose);
  if (isAway(error)) return new GatewayError(...AWAY[purpose], { cause: error });
  if (isSerialization(error)) return new GatewayError(...TOO_LARGE[purpose], { cause: error });
  return new GatewayError('InternalServerError', 'Internal server error.', { cause: error });
}

/** What `run` does, its failures as `decodeDriverError` tells them. @throws GatewayError */
export async function translated<T>(purpose: CommandPurpose, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw decodeDriverError(error, purpose);
  }
}

/** Place of a row that an unordered insert refused → the failure to report for it. @throws GatewayError when that is not all that went wrong. */
export function decodeRefusedRows(error: MongoBulkWriteError): ReadonlyMap<number, GatewayError> {
  const refused = [error.writeErrors].flat();
  if (refused.length === 0) throw decodeServerError(error, 'write');
  return new Map(
    refused.map(({ index, code, errmsg = '', err }) => [
      index,
      decodeServerError(new MongoServerError({ ...err, code, errmsg }), 'write'),
    ]),
  );
}

function decodeServerError(error: MongoServerError, purpose: CommandPurpose): GatewayError {
  if (error.code === DUPLICATE_KEY) {
    return new DuplicateValueError(duplicateColumn(error), { cause: error });
  }
  const refusal = REFUSALS.get(Number(error.code));
  if (refusal !== undefined) return new GatewayError(...refusal[purpose], { cause: error });
  if (error.hasErrorLabel('RetryableWriteError') || error.hasErrorLabel('RetryableError')) {
    return new GatewayError(...AWAY[purpose], { cause: error });
  }
  return new GatewayError('InternalServerError', 'Internal server error.', { cause: error });
}

/** True while the database cannot be reached: trying again later may help. */
export function isAway(error: unknown): boolean {
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoSystemError ||
    error instanceof MongoNotConnectedError ||
    error instanceof MongoTopologyClosedError ||
    (error instanceof MongoError && error.name === 'MongoClientClosedError')
  );
}

/** The driver could not even write the command: a document beyond 16 MB, or a key that BSON cannot hold. */
function isSerialization(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && error.name.startsWith('BSON'));
}

/** The first column of the index that refused; `undefined` when the server does not say. */
function duplicateColumn(error: MongoServerError): string | undefined {
  const reply = error as { readonly keyPattern?: object; readonly writeErrors?: unknown };
  const [stored] = Object.keys(reply.keyPattern ?? {});
  if (stored !== undefined) return columnName(stored.split('.')[0] ?? stored);
  const [, name] = /index: (?:\S+\$)?(\S+?)_-?1/.exec(error.message) ?? [];
  return name === undefined ? undefined : columnName(name);
}
