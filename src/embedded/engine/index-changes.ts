import { StoreError } from '../errors.ts';
import type { BatchState } from './batch-state.ts';
import {
  ID_INDEX_NAME,
  storedCollection,
  type StoredCollection,
  type StoredIndex,
} from './tables/catalog.ts';
import type { StoredDocument } from './tables/document-codec.ts';
import type { IndexChange, IndexSpec, Namespace } from './engine.ts';
import { assertIndexable, isThereAlready, withDefaults } from './keys/index-definition.ts';
import { entryChanges, learned, writeEntries } from './keys/index-entries.ts';
import { prepareIndex } from './keys/prepared-index.ts';

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
 * Changes what an index is besides its key: `hidden` and `expireAfterSeconds`, which need no new build.
 *
 * @throws StoreError 26 without the collection, 27 without the index.
 */
export function modifyIndex(
  state: BatchState,
  namespace: Namespace,
  name: string,
  change: IndexChange,
): void {
  const collection = state.existing(namespace);
  const index = collection.indexes.find(({ spec }) => spec.name === name);
  if (index === undefined) {
    throw new StoreError('IndexNotFound', `index not found with name [${name}]`);
  }
  state.guard.change(collection);
  const spec = { ...index.spec, ...change, given: { ...index.spec.given, ...change } };
  prepareIndex(spec);
  const indexes = collection.indexes.map((other) => (other === index ? { ...index, spec } : other));
  state.keep(storedCollection({ ...collection, indexes }));
  state.entries.push({
    kind: 'modify',
    namespace,
    uuid: collection.uuid,
    details: { index: { name, ...change } },
  });
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
