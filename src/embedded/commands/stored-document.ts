import { BSONRegExp, ObjectId, Timestamp } from 'bson';

import type { Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { bsonTypeName, isDocument } from './arguments.ts';
import { withoutFields } from './without-fields.ts';

/**
 * A document as it may be stored: with an `_id`, which comes first.
 *
 * `{a: 1}` becomes `{_id: ObjectId(…), a: 1}`.
 *
 * @throws StoreError 53 when `_id` is an array, a regular expression or undefined, 52 when it has `$` fields.
 */
export function storableDocument(document: Document, now?: Timestamp): Document {
  const id = document['_id'];
  assertStorableId(id, Object.hasOwn(document, '_id'));
  const stamped = now === undefined ? document : withTimestamps(document, now);
  if (Object.keys(stamped)[0] === '_id') return stamped;
  return {
    _id: id ?? (Object.hasOwn(document, '_id') ? null : new ObjectId()),
    ...withoutFields(stamped, '_id'),
  };
}

function assertStorableId(id: unknown, isPresent: boolean): void {
  if (!isPresent) return;
  if (Array.isArray(id) || id instanceof BSONRegExp || id instanceof RegExp || id === undefined) {
    const type = id === undefined ? 'undefined' : bsonTypeName(id);
    throw new StoreError('InvalidIdField', `The '_id' value cannot be of type ${type}`);
  }
  if (!isDocument(id)) return;
  const field = Object.keys(id).find((name) => name.startsWith('$'));
  if (field === undefined) return;
  throw new StoreError(
    'DollarPrefixedFieldName',
    `_id fields may not contain '$'-prefixed fields: ${field} is not valid for storage.`,
  );
}

/** An empty Timestamp at the top of an inserted document stands for the time of the insert. */
function withTimestamps(document: Document, now: Timestamp): Document {
  const isEmpty = (value: unknown) => value instanceof Timestamp && value.t === 0 && value.i === 0;
  const empty = Object.keys(document).filter((name) => name !== '_id' && isEmpty(document[name]));
  if (empty.length === 0) return document;
  return { ...document, ...Object.fromEntries(empty.map((name) => [name, now])) };
}
