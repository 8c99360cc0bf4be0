import { randomBytes } from 'node:crypto';
import { StoreError } from '../errors.ts';
import type { BatchState } from './batch-state.ts';
import {
  catalogKey,
  idIndexSpec,
  storedCollection,
  type StoredCollection,
} from './tables/catalog.ts';
import { assertValidator } from './document-validation.ts';
import type { CollectionOptions, Namespace } from './engine.ts';

/** @throws StoreError 48 when there is one. */
export function createCollection(
  state: BatchState,
  namespace: Namespace,
  options: CollectionOptions,
): StoredCollection {
  if (state.stored(namespace) !== undefined) {
    throw new StoreError(
      'NamespaceExists',
      `Collection already exists. NS: ${catalogKey(namespace)}`,
    );
  }
  assertValidator(options);
  const uuid = Uint8Array.from(randomBytes(16));
  const idIndex = {
    id: state.ids.nextIndex(),
    spec: idIndexSpec(options),
    multikeyPaths: [],
    hasCutKeys: false,
  };
  const collection = storedCollection({
    id: state.ids.nextCollection(),
    namespace,
    uuid,
    options,
    indexes: options.viewOn === undefined ? [idIndex] : [],
  });
  state.keep(collection);
  state.entries.push({ kind: 'create', namespace, uuid, details: { ...options } });
  return collection;
}

/** False when there was none. */
export function dropCollection(state: BatchState, namespace: Namespace): boolean {
  const collection = state.stored(namespace);
  if (collection === undefined) return false;
  state.erase(collection);
  state.entries.push({ kind: 'drop', namespace: collection.namespace, uuid: collection.uuid });
  return true;
}

export function dropDatabase(state: BatchState, database: string): void {
  const own = [...state.catalog.values()].filter(
    ({ namespace }) => namespace.database === database,
  );
  if (own.length === 0) return;
  for (const { namespace } of own) dropCollection(state, namespace);
  state.entries.push({ kind: 'dropDatabase', namespace: { database, collection: '' } });
}

export interface Renaming {
  readonly from: Namespace;
  readonly to: Namespace;
  readonly dropTarget: boolean;
}

/** Records and indexes stay where they are: they know the collection by number. @throws StoreError 26, 48. */
export function renameCollection(state: BatchState, { from, to, dropTarget }: Renaming): void {
  const collection = state.stored(from);
  if (collection === undefined) {
    throw new StoreError(
      'NamespaceNotFound',
      `Source collection ${catalogKey(from)} does not exist`,
    );
  }
  if (catalogKey(from) === catalogKey(to)) {
    throw new StoreError('IllegalOperation', "Can't rename a collection to itself");
  }
  const target = state.stored(to);
  if (target !== undefined) {
    if (!dropTarget) throw new StoreError('NamespaceExists', 'target namespace exists');
    state.erase(target);
  }
  state.guard.change(collection);
  state.forget(collection);
  state.keep(storedCollection({ ...collection, namespace: to }));
  state.entries.push({
    kind: 'rename',
    namespace: from,
    uuid: collection.uuid,
    details: {
      to: { db: to.database, coll: to.collection },
      ...(target === undefined ? {} : { dropTarget: target.uuid }),
    },
  });
}

/** @throws StoreError 26. */
export function modifyCollection(
  state: BatchState,
  namespace: Namespace,
  options: Partial<CollectionOptions>,
): void {
  const collection = state.existing(namespace);
  const merged: CollectionOptions = { ...collection.options, ...options };
  assertValidator(merged);
  state.guard.change(collection);
  state.keep(storedCollection({ ...collection, options: merged }));
  state.entries.push({
    kind: 'modify',
    namespace,
    uuid: collection.uuid,
    details: { ...options },
  });
}
