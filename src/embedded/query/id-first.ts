import type { Document } from '../engine/engine.ts';

/** The document with `_id`, if it has one, before its other fields. */
export function idFirst(document: Document): Document {
  if (!Object.hasOwn(document, '_id') || Object.keys(document)[0] === '_id') return document;
  const { _id, ...others } = document;
  return { _id, ...others };
}
