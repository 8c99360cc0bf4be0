import type { Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { argumentsOf } from './arguments.ts';

const READ_CONCERN_LEVELS: ReadonlySet<string> = new Set([
  'local',
  'available',
  'majority',
  'linearizable',
  'snapshot',
]);

const TRANSACTION_LEVELS: ReadonlySet<string> = new Set(['local', 'majority', 'snapshot']);

const READ_CONCERN_FIELDS: ReadonlySet<string> = new Set([
  'level',
  'afterClusterTime',
  'atClusterTime',
  'afterOpTime',
  'provenance',
]);

/**
 * Checks a read concern; each level is met, because every read here sees only durable commits of the one member.
 *
 * @throws StoreError 9 for an unknown level, 72 for one that a transaction does not take, 115 for `atClusterTime` and
 * for a snapshot outside a transaction.
 */
export function assertReadConcern(concern: Document | undefined, isInTransaction: boolean): void {
  if (concern === undefined) return;
  const args = argumentsOf('readConcern', concern);
  args.onlyFields(READ_CONCERN_FIELDS);
  const level = args.string('level');
  if (level !== undefined && !READ_CONCERN_LEVELS.has(level)) {
    throw new StoreError(
      'FailedToParse',
      `Enumeration value '${level}' for field 'readConcern.level' is not a valid value.`,
    );
  }
  if (isInTransaction && level !== undefined && !TRANSACTION_LEVELS.has(level)) {
    throw new StoreError(
      'InvalidOptions',
      "The readConcern level must be either 'local' (default), 'majority' or 'snapshot' in order to run in a transaction",
    );
  }
  // A snapshot that lasts over several commands would have to be held by time; a transaction has one.
  if (!isInTransaction && level === 'snapshot') {
    throw new StoreError(
      'CommandNotSupported',
      "readConcern level 'snapshot' outside a transaction is not supported",
    );
  }
  if (args.value('atClusterTime') !== undefined) {
    throw new StoreError('CommandNotSupported', 'readConcern.atClusterTime is not supported');
  }
}

const WRITE_CONCERN_FIELDS: ReadonlySet<string> = new Set([
  'w',
  'j',
  'wtimeout',
  'wtimeoutMS',
  'fsync',
  'provenance',
  'getLastError',
]);

const MAX_MEMBERS = 50;

/**
 * Checks a write concern and tells what stays unmet once the write is durable.
 *
 * A set of one member meets `w` of 0, 1 and `majority`; for more the write is done and the reply carries the
 * returned `writeConcernError`.
 *
 * @throws StoreError 9 when it is malformed.
 */
export function unmetWriteConcern(concern: Document | undefined): Document | undefined {
  if (concern === undefined) return undefined;
  const args = argumentsOf('writeConcern', concern);
  args.onlyFields(WRITE_CONCERN_FIELDS);
  args.boolean('j');
  const errInfo = { writeConcern: { ...concern, provenance: 'clientSupplied' } };
  const w = args.value('w');
  if (typeof w === 'string') {
    if (w === 'majority') return undefined;
    return {
      code: 79,
      codeName: 'UnknownReplWriteConcern',
      errmsg: `No write concern mode named '${w}' found in replica set configuration`,
      errInfo,
    };
  }
  const members = args.number('w');
  if (members === undefined) return undefined;
  if (members < 0 || members > MAX_MEMBERS || !Number.isInteger(members)) {
    throw new StoreError(
      'FailedToParse',
      `w has to be a non-negative number and not greater than ${MAX_MEMBERS}; found: ${members}`,
    );
  }
  if (members <= 1) return undefined;
  return {
    code: 100,
    codeName: 'UnsatisfiableWriteConcern',
    errmsg: 'Not enough data-bearing nodes',
    errInfo,
  };
}
