import { isPlainDocument } from './bson-types.ts';

/**
 * A result object of the driver as a document that expectations can be held against: maps become documents with
 * text keys, and what the driver marks as absent by null (an upserted id) is left out.
 *
 * Documents, arrays and BSON values are returned as they are.
 */
export function resultDocument(result: unknown): unknown {
  if (result instanceof Map) {
    return Object.fromEntries(
      [...result].map(([key, value]: [unknown, unknown]) => [String(key), resultDocument(value)]),
    );
  }
  if (!isWriteResult(result)) return result;
  return Object.fromEntries(
    RESULT_KEYS.flatMap((key) => {
      const value: unknown = Reflect.get(result, key);
      return value === undefined || value === null ? [] : [[key, resultDocument(value)]];
    }),
  );
}

/** The keys of all write results, of which some are getters and would be lost in a copy. */
const RESULT_KEYS = [
  'acknowledged',
  'insertedId',
  'insertedIds',
  'insertedCount',
  'matchedCount',
  'modifiedCount',
  'deletedCount',
  'upsertedCount',
  'upsertedId',
  'upsertedIds',
  'insertResults',
  'updateResults',
  'deleteResults',
] as const;

function isWriteResult(result: unknown): result is object {
  if (!isPlainDocument(result)) return false;
  return 'acknowledged' in result || 'insertedCount' in result;
}
