import type { StoredCollection, StoredIndex } from '../tables/catalog.ts';
import { duplicateKey } from './duplicate-key.ts';
import type { Document } from '../engine.ts';
import { keyAfter } from './key-range.ts';
import { indexKeysOf, keyValueOf } from './index-keys.ts';
import {
  decodeRecordId,
  indexEntry,
  indexPrefix,
  keyOfEntry,
  recordIdOf,
} from '../tables/index-layout.ts';
import type { KeyValueWriter } from '../tables/key-value.ts';
import { prepareIndex } from './prepared-index.ts';

/** Told of every key of a unique index before it is written or removed, so that transactions can be kept apart. */
export interface KeyGuard {
  touch(collection: StoredCollection, entryKey: Buffer): void;
}

/** One index's entries for one version of a document. */
export interface EntryChange {
  readonly index: StoredIndex;
  readonly added: readonly Buffer[];
  readonly removed: readonly Buffer[];
  readonly arrayPaths: readonly string[];
  readonly hasCutKeys: boolean;
}

/** Which keys of each index go and come when a document changes; either version may be absent. */
export function entryChanges(
  indexes: readonly StoredIndex[],
  before: Document | undefined,
  after: Document | undefined,
): readonly EntryChange[] {
  return indexes.map((index) => {
    const prepared = prepareIndex(index.spec);
    const old = before === undefined ? undefined : indexKeysOf(prepared, before);
    const fresh = after === undefined ? undefined : indexKeysOf(prepared, after);
    return {
      index,
      added: missingFrom(fresh?.keys ?? [], old?.keys ?? []),
      removed: missingFrom(old?.keys ?? [], fresh?.keys ?? []),
      arrayPaths: fresh?.arrayPaths ?? [],
      hasCutKeys: fresh?.hasCutKeys ?? false,
    };
  });
}

function missingFrom(keys: readonly Buffer[], others: readonly Buffer[]): readonly Buffer[] {
  if (others.length === 0) return keys;
  if (keys.length * others.length < 64) {
    return keys.filter((key) => !others.some((other) => other.equals(key)));
  }
  const known = new Set(others.map((other) => other.toString('latin1')));
  return keys.filter((key) => !known.has(key.toString('latin1')));
}

export interface EntryWrite {
  readonly writer: KeyValueWriter;
  readonly guard: KeyGuard;
  readonly collection: StoredCollection;
  readonly recordId: number;
}

/**
 * Writes the entries of one changed document: checks all unique indexes, then writes.
 *
 * @throws StoreError 11000 when another document has one of the added keys.
 */
export function writeEntries(
  { writer, guard, collection, recordId }: EntryWrite,
  changes: readonly EntryChange[],
  after: Document | undefined,
): void {
  for (const { index, added, removed } of changes) {
    if (!index.spec.unique && index.spec.prepareUnique !== true) continue;
    const prefix = indexPrefix(index.id);
    for (const key of removed) guard.touch(collection, Buffer.concat([prefix, key]));
    for (const key of added) {
      const entryKey = Buffer.concat([prefix, key]);
      guard.touch(collection, entryKey);
      if (!isHeldByOther(writer, index, entryKey, recordId)) continue;
      const keyValue = keyValueOf(prepareIndex(index.spec), after ?? {}, key);
      throw duplicateKey(collection.namespace, index.spec, keyValue);
    }
  }
  for (const { index, added, removed } of changes) {
    const prefix = indexPrefix(index.id);
    for (const key of removed) {
      writer.remove('indexes', indexEntry(prefix, key, recordId, index.spec.unique).key);
    }
    for (const key of added) {
      const entry = indexEntry(prefix, key, recordId, index.spec.unique);
      writer.put('indexes', entry.key, entry.value);
    }
  }
}

/** Whether another record has this key. */
function isHeldByOther(
  writer: KeyValueWriter,
  { spec }: StoredIndex,
  entryKey: Buffer,
  recordId: number,
): boolean {
  if (spec.unique) {
    const holder = writer.get('indexes', entryKey);
    return holder !== undefined && decodeRecordId(holder) !== recordId;
  }
  for (const entry of writer.range('indexes', { start: entryKey, end: keyAfter(entryKey) })) {
    if (keyOfEntry(entry.key).equals(entryKey) && recordIdOf(entry) !== recordId) return true;
  }
  return false;
}

/** The indexes with what a change taught about them, or the same array when it taught nothing. */
export function learned(
  indexes: readonly StoredIndex[],
  changes: readonly EntryChange[],
): readonly StoredIndex[] {
  const updated = indexes.map((index, place) => {
    const change = changes[place];
    if (change?.index !== index) return index;
    const fresh = change.arrayPaths.filter((path) => !index.multikeyPaths.includes(path));
    const hasCutKeys = index.hasCutKeys || change.hasCutKeys;
    if (fresh.length === 0 && hasCutKeys === index.hasCutKeys) return index;
    return { ...index, hasCutKeys, multikeyPaths: [...index.multikeyPaths, ...fresh] };
  });
  return updated.some((index, place) => index !== indexes[place]) ? updated : indexes;
}
