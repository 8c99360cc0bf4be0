import type { Document } from 'mongodb';
import type { StoredWorld } from './write-pair.ts';

/** One row that a mutation made, changed or took away, in a form two servers can be compared by. */
export interface StoredChange {
  readonly collection: string;
  readonly kind: 'added' | 'changed' | 'removed';
  /** As it is now; as it was, of a row that is gone. */
  readonly row: unknown;
}

/**
 * What is different between two states, in an order of its own. Ids that were made say only so, and times only whether they are
 * those of the mutation; numbers keep their BSON type.
 */
export function storedChanges(before: StoredWorld, after: StoredWorld): readonly StoredChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const found = names.flatMap((collection) => {
    const [old, now] = [keyed(collection, before), keyed(collection, after)];
    const added = [...now].filter(([key]) => !old.has(key));
    const removed = [...old].filter(([key]) => !now.has(key));
    const changed = [...now].filter(([key, row]) => {
      const known = old.get(key);
      return known !== undefined && JSON.stringify(known) !== JSON.stringify(row);
    });
    const kinds = { added, changed, removed };
    return Object.entries(kinds).flatMap(([kind, rows]) =>
      rows.map(([, row]) => ({ collection, kind: kind as StoredChange['kind'], row })),
    );
  });
  const made = idsMade(before, after);
  return found
    .map((change) => ({ ...change, row: comparableValue(withoutOwnId(change.row), made) }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Ids of objects that are there after, and were not before. */
export function idsMade(before: StoredWorld, after: StoredWorld): readonly string[] {
  const idsOf = (world: StoredWorld): readonly string[] =>
    [...world.values()]
      .flatMap((rows) => rows.map(({ _id }) => _id as unknown))
      .filter((id) => typeof id === 'string');
  const known = new Set(idsOf(before));
  return idsOf(after).filter((id) => !known.has(id));
}

/** An answer or a row with the ids and times that were made masked. */
export function comparableValue(value: unknown, made: readonly string[]): unknown {
  if (value instanceof Date) return maskedTime(value);
  if (typeof value === 'string') {
    return made.reduce((text, id) => text.replaceAll(id, '(new)'), maskedText(value));
  }
  if (Array.isArray(value)) return value.map((item) => comparableValue(item, made));
  if (typeof value !== 'object' || value === null) return value;
  if ('_bsontype' in value) return `${String(value._bsontype)} ${JSON.stringify(value)}`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, comparableValue(item, made)]));
}

/** Join rows have ids that nobody uses; the pair is what counts. */
function keyed(collection: string, world: StoredWorld): ReadonlyMap<string, Document> {
  const rows = world.get(collection) ?? [];
  const isJoin = collection.startsWith('_Join:');
  return new Map(
    rows.map((row): [string, Document] => [
      isJoin ? `${String(row['owningId'])} ${String(row['relatedId'])}` : String(row['_id']),
      row,
    ]),
  );
}

function withoutOwnId(row: Document): Document {
  if (typeof row['_id'] === 'string') return row;
  return Object.fromEntries(Object.entries(row).filter(([key]) => key !== '_id'));
}

const HOUR_MS = 3_600_000;

function maskedTime(time: Date): string {
  return Math.abs(Date.now() - time.getTime()) < HOUR_MS ? '(now)' : time.toISOString();
}

function maskedText(text: string): string {
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? maskedTime(new Date(text)) : text;
}
