import type { Document } from '../engine/engine.ts';
import { identicalValues } from './identical-values.ts';
import { refuse } from './refuse.ts';

/** Keeps `_id`, at the front. @throws StoreError 66 when the update has another. */
export function withSameId(
  before: Document,
  after: Document,
  message: (id: unknown) => string,
): Document {
  if (!Object.hasOwn(before, '_id')) return after;
  if (!Object.hasOwn(after, '_id')) return { _id: before['_id'], ...after };
  if (!identicalValues(before['_id'], after['_id'])) {
    refuse(message(after['_id']), 'ImmutableField');
  }
  return after;
}

/** The refusal of another `_id`. */
export const ALTERED = (id: unknown): string =>
  `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${JSON.stringify(id)}`;

/** The document itself where the update changes nothing. */
export function unchangedOr(before: Document, after: Document): Document {
  return identicalValues(before, after) ? before : after;
}
