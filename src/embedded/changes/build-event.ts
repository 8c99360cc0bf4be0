import { Binary, Long } from 'bson';

import type { Document, JournalEntry, Namespace } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { disambiguatePaths } from './disambiguate-paths.ts';
import type { ChangeStreamOptions } from './parse-change-stream.ts';
import { encodeResumeToken } from './resume-token.ts';
import { renameTarget } from './watched-entry.ts';

/** Reads the present version of a document; undefined when it is gone. */
export type Lookup = (namespace: Namespace, id: unknown) => Document | undefined;

const nsOf = ({ database, collection }: Namespace): Document => ({
  db: database,
  coll: collection,
});

function missingImage(which: string, entry: JournalEntry): StoreError {
  return new StoreError(
    'NoMatchingDocument',
    `Change stream was configured to require a ${which} for all update, delete and replace events, but the ${which} was not found for event at ${entry.time.t}:${entry.time.i}`,
  );
}

function fullDocument(entry: JournalEntry, options: ChangeStreamOptions, lookup: Lookup): Document {
  if (entry.kind === 'insert' || entry.kind === 'replace') return { fullDocument: entry.document };
  if (entry.kind !== 'update') return {};
  switch (options.fullDocument) {
    case 'default':
      return {};
    case 'updateLookup':
      return { fullDocument: lookup(entry.namespace, entry.documentId) ?? null };
    case 'whenAvailable':
      return { fullDocument: entry.after ?? null };
    case 'required':
      if (entry.after === undefined) throw missingImage('post-image', entry);
      return { fullDocument: entry.after };
  }
}

function beforeChange(entry: JournalEntry, options: ChangeStreamOptions): Document {
  if (entry.kind !== 'update' && entry.kind !== 'replace' && entry.kind !== 'delete') return {};
  switch (options.fullDocumentBeforeChange) {
    case 'off':
      return {};
    case 'whenAvailable':
      return { fullDocumentBeforeChange: entry.before ?? null };
    case 'required':
      if (entry.before === undefined) throw missingImage('pre-image', entry);
      return { fullDocumentBeforeChange: entry.before };
  }
}

function updateDescription(entry: JournalEntry, isExpanded: boolean, lookup: Lookup): Document {
  const description = entry.updateDescription;
  if (entry.kind !== 'update' || description === undefined) return {};
  const { updatedFields, removedFields, truncatedArrays } = description;
  const plain = { updatedFields, removedFields, truncatedArrays };
  if (!isExpanded) return { updateDescription: plain };
  const after = entry.after ?? lookup(entry.namespace, entry.documentId);
  return {
    updateDescription: {
      ...plain,
      disambiguatedPaths: disambiguatePaths(description, after),
    },
  };
}

function documentKey(entry: JournalEntry): Document {
  switch (entry.kind) {
    case 'insert':
      return { documentKey: { _id: entry.document?.['_id'] } };
    case 'update':
    case 'replace':
    case 'delete':
      return { documentKey: { _id: entry.documentId } };
    case 'create':
    case 'drop':
    case 'rename':
    case 'dropDatabase':
    case 'createIndexes':
    case 'dropIndexes':
    case 'modify':
      return {};
  }
}

function placeOf(entry: JournalEntry): Document {
  if (entry.kind === 'dropDatabase') return { ns: { db: entry.namespace.database } };
  const target = renameTarget(entry);
  return { ns: nsOf(entry.namespace), ...(target === undefined ? {} : { to: nsOf(target) }) };
}

const ID_INDEX = { v: 2, key: { _id: 1 }, name: '_id_' } as const;

function operationDescription(entry: JournalEntry): Document {
  const { details } = entry;
  if (details === undefined || entry.kind === 'drop' || entry.kind === 'dropDatabase') return {};
  const isCollection = entry.kind === 'create' && details['viewOn'] === undefined;
  return { operationDescription: isCollection ? { idIndex: ID_INDEX, ...details } : details };
}

/** What only streams with `showExpandedEvents` see. */
function expanded(entry: JournalEntry, options: ChangeStreamOptions): Document {
  if (!options.showExpandedEvents) return {};
  const uuid = entry.uuid;
  return {
    ...(uuid === undefined || entry.kind === 'dropDatabase'
      ? {}
      : { collectionUUID: new Binary(uuid, Binary.SUBTYPE_UUID) }),
    ...operationDescription(entry),
  };
}

/**
 * The event a stream shows for one entry of the journal.
 *
 * @throws StoreError 47 when the stream requires an image that was not kept.
 * @see https://www.mongodb.com/docs/manual/reference/change-events/
 */
export function buildEvent(
  entry: JournalEntry,
  options: ChangeStreamOptions,
  lookup: Lookup,
): Document {
  const { transaction } = entry;
  return {
    _id: encodeResumeToken({ time: entry.time, kind: 'event' }),
    operationType: entry.kind,
    clusterTime: entry.time,
    ...expanded(entry, options),
    wallTime: entry.wallTime,
    ...(transaction === undefined
      ? {}
      : { lsid: transaction.lsid, txnNumber: Long.fromBigInt(transaction.txnNumber) }),
    ...fullDocument(entry, options, lookup),
    ...placeOf(entry),
    ...documentKey(entry),
    ...updateDescription(entry, options.showExpandedEvents, lookup),
    ...beforeChange(entry, options),
  };
}

/** The last event of a stream: what it watches is gone. */
export function buildInvalidate(
  entry: JournalEntry,
): Document & { readonly _id: { readonly _data: string } } {
  return {
    _id: encodeResumeToken({ time: entry.time, kind: 'invalidate' }),
    operationType: 'invalidate',
    clusterTime: entry.time,
    wallTime: entry.wallTime,
  };
}
