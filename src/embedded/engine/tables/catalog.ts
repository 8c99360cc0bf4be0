import { serialize, Binary } from 'bson';
import { decodeDocument } from './decode-document.ts';
import type { CollectionInfo, CollectionOptions, IndexSpec, Namespace } from '../engine.ts';

/** An index as the engine keeps it. Immutable: a change makes a new one. */
export interface StoredIndex {
  readonly id: number;
  readonly spec: IndexSpec;
  /** Every path (also inside a key's path) at which some document held an array. */
  readonly multikeyPaths: readonly string[];
  /** Some key was cut, so that key order is not value order everywhere. */
  readonly hasCutKeys: boolean;
}

/** A collection as the engine keeps it. Immutable: a change makes a new one. Views have no records and no indexes. */
export interface StoredCollection {
  readonly id: number;
  readonly namespace: Namespace;
  readonly uuid: Uint8Array;
  readonly options: CollectionOptions;
  readonly indexes: readonly StoredIndex[];
  readonly info: CollectionInfo;
}

/** Collections by {@link catalogKey}; never changed in place. */
export type Catalog = ReadonlyMap<string, StoredCollection>;

export function catalogKey({ database, collection }: Namespace): string {
  return `${database}.${collection}`;
}

/** Builds the immutable record, with what callers see of it. */
export function storedCollection(parts: Omit<StoredCollection, 'info'>): StoredCollection {
  return {
    ...parts,
    info: {
      namespace: parts.namespace,
      uuid: parts.uuid,
      options: parts.options,
      indexes: parts.indexes.map(({ spec }) => spec),
    },
  };
}

export const ID_INDEX_NAME = '_id_';

/** The index every collection has. */
export function idIndexSpec(options: CollectionOptions): IndexSpec {
  return {
    name: ID_INDEX_NAME,
    key: [['_id', 1]],
    unique: true,
    sparse: false,
    hidden: false,
    ...(options.collation === undefined ? {} : { collation: options.collation }),
    given: {
      v: 2,
      key: { _id: 1 },
      name: ID_INDEX_NAME,
      ...(options.collation === undefined ? {} : { collation: options.collation }),
    },
  };
}

export function encodeCollection(collection: StoredCollection): Buffer {
  const { id, namespace, uuid, options, indexes } = collection;
  return Buffer.from(
    serialize(
      {
        id,
        namespace,
        uuid: new Binary(uuid, Binary.SUBTYPE_UUID),
        options,
        indexes: indexes.map((index) => ({
          ...index,
          spec: {
            ...index.spec,
            key: index.spec.key.map(([path, direction]) => ({ path, direction })),
          },
        })),
      },
      { ignoreUndefined: true },
    ),
  );
}

/** What {@link encodeCollection} wrote; only this store writes it, so its shape is taken on trust. */
export function decodeCollection(bytes: Buffer): StoredCollection {
  const stored = decodeDocument(bytes) as unknown as {
    id: number;
    namespace: Namespace;
    uuid: Binary;
    options: CollectionOptions;
    indexes: (Omit<StoredIndex, 'spec'> & {
      spec: Omit<IndexSpec, 'key'> & {
        key: { path: string; direction: IndexSpec['key'][number][1] }[];
      };
    })[];
  };
  return storedCollection({
    id: stored.id,
    namespace: stored.namespace,
    uuid: Uint8Array.from(stored.uuid.value()),
    options: stored.options,
    indexes: stored.indexes.map((index) => ({
      ...index,
      spec: {
        ...index.spec,
        key: index.spec.key.map(({ path, direction }) => [path, direction] as const),
      },
    })),
  });
}
