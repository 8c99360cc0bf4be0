import { StoreError } from '../errors.ts';
import type { BatchState } from './batch-state.ts';
import {
  ID_INDEX_NAME,
  storedCollection,
  type StoredCollection,
  type StoredIndex,
} from './tables/catalog.ts';
import { decodeDocument } from './tables/decode-document.ts';
import type { StoredDocument } from './tables/document-codec.ts';
import type { Document, IndexChange, IndexSpec, Namespace } from './engine.ts';
import { assertIndexable, isThereAlready, withDefaults } from './keys/index-definition.ts';
import { entryChanges, learned, writeEntries } from './keys/index-entries.ts';
import { keyAfter } from './keys/key-range.ts';
import { prepareIndex } from './keys/prepared-index.ts';
import { indexPrefix, keyOfEntry, recordIdOf, recordKey } from './tables/index-layout.ts';

/** More duplicates than this are not told at once, so that the answer stays small. */
const MAX_VIOLATIONS = 1000;

/** What an index is to be built over. */
export interface Indexed {
  readonly collection: StoredCollection;
  readonly documents: Iterable<StoredDocument>;
}

/** Builds an index over what is stored; nothing happens when the same one is there. @throws StoreError 67, 85, 86, 11000. */
export function createIndex(state: BatchState, indexed: Indexed, given: IndexSpec): void {
  const { collection } = indexed;
  const spec = withDefaults(given, collection.options);
  assertIndexable(spec);
  if (isThereAlready(collection, spec)) return;
  prepareIndex(spec);
  state.guard.change(collection);
  const index = buildIndex(state, indexed, {
    id: state.ids.nextIndex(),
    spec,
    multikeyPaths: [],
    hasCutKeys: false,
  });
  state.keep(storedCollection({ ...collection, indexes: [...collection.indexes, index] }));
  state.entries.push({
    kind: 'createIndexes',
    namespace: collection.namespace,
    uuid: collection.uuid,
    details: { indexes: [spec.given] },
  });
}

/** @throws StoreError 26 without the collection, 27 without the index, 72 for `_id_`. */
export function dropIndex(state: BatchState, namespace: Namespace, name: string): void {
  const collection = state.existing(namespace);
  if (name === ID_INDEX_NAME) {
    throw new StoreError('InvalidOptions', 'cannot drop _id index');
  }
  const index = collection.indexes.find(({ spec }) => spec.name === name);
  if (index === undefined) {
    throw new StoreError('IndexNotFound', `index not found with name [${name}]`);
  }
  state.guard.change(collection);
  state.clear('indexes', index.id);
  const indexes = collection.indexes.filter((other) => other !== index);
  state.keep(storedCollection({ ...collection, indexes }));
  state.entries.push({
    kind: 'dropIndexes',
    namespace,
    uuid: collection.uuid,
    details: { indexes: [index.spec.given] },
  });
}

/**
 * Changes what an index is besides its key. To become unique it is built anew, in the layout of unique indexes.
 *
 * @throws StoreError 27 without the index, 67 for a kind that cannot be unique, 359 with `violations` when its keys are not.
 */
export function modifyIndex(
  state: BatchState,
  indexed: Indexed,
  name: string,
  change: IndexChange,
): void {
  const { collection } = indexed;
  const { namespace } = collection;
  const index = collection.indexes.find(({ spec }) => spec.name === name);
  if (index === undefined) {
    throw new StoreError('IndexNotFound', `index not found with name [${name}]`);
  }
  state.guard.change(collection);
  const spec = changedSpec(index.spec, change);
  assertIndexable(spec);
  prepareIndex(spec);
  const isConverted = spec.unique && !index.spec.unique;
  const changed = isConverted ? makeUnique(state, indexed, { ...index, spec }) : { ...index, spec };
  const indexes = collection.indexes.map((other) => (other === index ? changed : other));
  state.keep(storedCollection({ ...collection, indexes }));
  state.entries.push({
    kind: 'modify',
    namespace,
    uuid: collection.uuid,
    details: { index: { name, ...change } },
  });
}

function withoutMark(given: Document): Document {
  return Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'prepareUnique'));
}

function changedSpec({ given, prepareUnique, ...spec }: IndexSpec, change: IndexChange): IndexSpec {
  const { prepareUnique: isPrepared = prepareUnique === true, ...others } = change;
  const mark = isPrepared && change.unique !== true ? { prepareUnique: true } : {};
  return { ...spec, ...others, ...mark, given: { ...withoutMark(given), ...others, ...mark } };
}

/** The index under a new number, with unique entries; those it had are removed. @throws StoreError 359. */
function makeUnique(state: BatchState, indexed: Indexed, index: StoredIndex): StoredIndex {
  const violations = findViolations(state, indexed.collection, index);
  if (violations.length > 0) {
    throw new StoreError(
      'CannotConvertIndexToUnique',
      'Cannot convert the index to unique. Please resolve conflicting documents before running collMod again.',
      { info: { violations } },
    );
  }
  state.clear('indexes', index.id);
  const { spec } = index;
  const id = state.ids.nextIndex();
  return buildIndex(state, indexed, { id, spec, multikeyPaths: [], hasCutKeys: false });
}

/** The `_id`s of the documents that share a key, for each such key. */
function findViolations(
  { writer }: BatchState,
  collection: StoredCollection,
  index: StoredIndex,
): readonly Document[] {
  const start = indexPrefix(index.id);
  const violations: Document[] = [];
  let records: number[] = [];
  let last: Buffer | undefined;
  const close = (): void => {
    if (records.length < 2) return;
    const ids = records.flatMap((recordId) => {
      const raw = writer.get('records', recordKey(collection.id, recordId));
      return raw === undefined ? [] : [decodeDocument(raw)['_id']];
    });
    violations.push({ ids });
  };
  for (const entry of writer.range('indexes', { start, end: keyAfter(start) })) {
    if (violations.length >= MAX_VIOLATIONS) return violations;
    const key = keyOfEntry(entry.key);
    if (last?.equals(key) !== true) {
      close();
      records = [];
    }
    last = key;
    records.push(recordIdOf(entry));
  }
  close();
  return violations;
}

function buildIndex(
  { writer, guard }: BatchState,
  { collection, documents }: Indexed,
  index: StoredIndex,
): StoredIndex {
  let built = index;
  for (const { document, recordId } of documents) {
    const changes = entryChanges([built], undefined, document);
    writeEntries({ writer, guard, collection, recordId }, changes, document);
    built = learned([built], changes)[0] ?? built;
  }
  return built;
}
