import { Timestamp } from 'bson';

import type { Document, Namespace } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { decodeResumeToken, type ResumePoint } from './resume-token.ts';

const FULL_DOCUMENT = ['default', 'updateLookup', 'whenAvailable', 'required'] as const;
const BEFORE_CHANGE = ['off', 'whenAvailable', 'required'] as const;

/** What a stream watches: one collection, one database, or everything. */
export type WatchScope =
  | { readonly kind: 'collection'; readonly namespace: Namespace }
  | { readonly kind: 'database'; readonly database: string }
  | { readonly kind: 'cluster' };

/** Where a stream begins. */
export type StreamStart =
  | { readonly kind: 'now' }
  /** Events at this time are the first. */
  | { readonly kind: 'at'; readonly time: Timestamp }
  | { readonly kind: 'after'; readonly point: ResumePoint };

/** A `$changeStream` stage, checked. */
export interface ChangeStreamOptions {
  readonly scope: WatchScope;
  readonly start: StreamStart;
  readonly fullDocument: (typeof FULL_DOCUMENT)[number];
  readonly fullDocumentBeforeChange: (typeof BEFORE_CHANGE)[number];
  readonly showExpandedEvents: boolean;
}

const OPTIONS: ReadonlySet<string> = new Set([
  'fullDocument',
  'fullDocumentBeforeChange',
  'resumeAfter',
  'startAfter',
  'startAtOperationTime',
  'allChangesForCluster',
  'showExpandedEvents',
]);

const isPlain = (value: unknown): value is Document =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !('_bsontype' in value);

const mismatch = (name: string, expected: string) =>
  new StoreError(
    'TypeMismatch',
    `BSON field '$changeStream.${name}' is the wrong type, expected type '${expected}'`,
  );

function choiceOf<Choice extends string>(
  stage: Document,
  name: string,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const given = stage[name];
  if (given === undefined || given === null) return choices[0];
  if (typeof given !== 'string') throw mismatch(name, 'string');
  const choice = choices.find((each) => each === given);
  if (choice !== undefined) return choice;
  throw new StoreError(
    'BadValue',
    `Enumeration value '${given}' for field '$changeStream.${name}' is not a valid value.`,
  );
}

function flagOf(stage: Document, name: string): boolean {
  const given = stage[name];
  if (given === undefined || given === null) return false;
  if (typeof given === 'boolean') return given;
  throw mismatch(name, 'bool');
}

function pointOf(stage: Document, name: string): ResumePoint {
  const token = stage[name];
  if (!isPlain(token)) throw mismatch(name, 'object');
  return decodeResumeToken(token);
}

function startOf(stage: Document): StreamStart {
  const given = ['resumeAfter', 'startAfter', 'startAtOperationTime'].filter(
    (name) => stage[name] !== undefined && stage[name] !== null,
  );
  if (given.length > 1) {
    throw new StoreError(
      'InvalidOptions',
      'Only one type of resume option is allowed, but multiple were found.',
      { code: 50674 },
    );
  }
  if (given[0] === 'startAtOperationTime') {
    const time = stage['startAtOperationTime'];
    if (!(time instanceof Timestamp)) throw mismatch('startAtOperationTime', 'timestamp');
    return { kind: 'at', time };
  }
  if (given[0] === undefined) return { kind: 'now' };
  const point = pointOf(stage, given[0]);
  if (given[0] === 'resumeAfter' && point.kind === 'invalidate') {
    throw new StoreError(
      'InvalidResumeToken',
      "Attempting to resume a change stream using 'resumeAfter' is not allowed from an invalidate notification.",
    );
  }
  return { kind: 'after', point };
}

function scopeOf(stage: Document, database: string, collection: string | undefined): WatchScope {
  const isCluster = flagOf(stage, 'allChangesForCluster');
  if (isCluster) {
    if (database === 'admin' && collection === undefined) return { kind: 'cluster' };
    throw new StoreError(
      'InvalidOptions',
      "A $changeStream with 'allChangesForCluster:true' may only be opened on the 'admin' database, and with no collection name",
    );
  }
  if (['admin', 'config', 'local'].includes(database)) {
    throw new StoreError(
      'InvalidNamespace',
      `$changeStream may not be opened on the internal ${database} database`,
    );
  }
  if (collection === undefined) return { kind: 'database', database };
  if (collection.startsWith('system.')) {
    throw new StoreError(
      'InvalidNamespace',
      `$changeStream may not be opened on the internal ${database}.${collection} collection`,
    );
  }
  return { kind: 'collection', namespace: { database, collection } };
}

/**
 * A `$changeStream` stage as it is opened on a collection, or on a database when there is none.
 *
 * @throws StoreError 40415 for an unknown option, 14 or 2 for a wrong one, 260 for a bad token, 72 or 73 for a place
 * where no stream can be opened.
 * @see https://www.mongodb.com/docs/manual/reference/operator/aggregation/changeStream/
 */
export function parseChangeStream(
  stage: unknown,
  database: string,
  collection: string | undefined,
): ChangeStreamOptions {
  if (!isPlain(stage)) {
    throw new StoreError('FailedToParse', 'the $changeStream stage must be an object');
  }
  for (const name of Object.keys(stage)) {
    if (OPTIONS.has(name)) continue;
    throw new StoreError(
      'UnknownOperatorOrField',
      `BSON field '$changeStream.${name}' is an unknown field.`,
      { code: 40415 },
    );
  }
  return {
    scope: scopeOf(stage, database, collection),
    start: startOf(stage),
    fullDocument: choiceOf(stage, 'fullDocument', FULL_DOCUMENT),
    fullDocumentBeforeChange: choiceOf(stage, 'fullDocumentBeforeChange', BEFORE_CHANGE),
    showExpandedEvents: flagOf(stage, 'showExpandedEvents'),
  };
}
