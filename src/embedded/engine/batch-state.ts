import { StoreError } from '../errors.ts';
import {
  catalogKey,
  encodeCollection,
  type Catalog,
  type StoredCollection,
} from './tables/catalog.ts';
import { readSize, removeSize, writeSize, type CollectionSize } from './tables/collection-size.ts';
import type { Namespace } from './engine.ts';
import type { IdSource } from './id-source.ts';
import type { KeyGuard } from './keys/index-entries.ts';
import { indexPrefix } from './tables/index-layout.ts';
import type { PendingEntry } from './journal/journal-codec.ts';
import { keyAfter } from './keys/key-range.ts';
import type { KeyValueWriter, Table } from './tables/key-value.ts';

/** Told what a batch is about to touch, so that open transactions are neither overwritten nor overlooked. */
export interface BatchGuard extends KeyGuard {
  /** Before a collection is dropped, renamed, modified or indexed. */
  change(collection: StoredCollection): void;
}

export interface BatchParts {
  readonly writer: KeyValueWriter;
  readonly catalog: Catalog;
  readonly ids: IdSource;
  readonly guard: BatchGuard;
}

/** What a batch leaves behind once its bytes are written. */
export interface BatchResult {
  readonly catalog: Catalog;
  readonly entries: readonly PendingEntry[];
}

/** What one batch has changed so far, besides the bytes it wrote. */
export class BatchState {
  readonly writer: KeyValueWriter;
  readonly ids: IdSource;
  readonly guard: BatchGuard;
  readonly entries: PendingEntry[] = [];
  readonly #collections: Map<string, StoredCollection>;
  readonly #changed = new Set<string>();
  readonly #sizes = new Map<number, CollectionSize>();

  constructor({ writer, catalog, ids, guard }: BatchParts) {
    this.writer = writer;
    this.ids = ids;
    this.guard = guard;
    this.#collections = new Map(catalog);
  }

  get catalog(): Catalog {
    return this.#collections;
  }

  stored(namespace: Namespace): StoredCollection | undefined {
    return this.#collections.get(catalogKey(namespace));
  }

  /** @throws StoreError 26 when there is none. */
  existing(namespace: Namespace): StoredCollection {
    const collection = this.stored(namespace);
    if (collection !== undefined) return collection;
    throw new StoreError('NamespaceNotFound', `ns does not exist: ${catalogKey(namespace)}`);
  }

  /** Puts a new version of a collection's description in place of the old one. */
  keep(collection: StoredCollection): void {
    const key = catalogKey(collection.namespace);
    this.#collections.set(key, collection);
    this.#changed.add(key);
  }

  forget(collection: StoredCollection): void {
    const key = catalogKey(collection.namespace);
    this.#collections.delete(key);
    this.#changed.add(key);
  }

  sizeOf({ id }: StoredCollection): CollectionSize {
    return this.#sizes.get(id) ?? readSize(this.writer, id);
  }

  resize(collection: StoredCollection, documents: number, bytes: number): void {
    const size = this.sizeOf(collection);
    this.#sizes.set(collection.id, {
      documents: size.documents + documents,
      bytes: size.bytes + bytes,
    });
  }

  /** Removes a collection with all its records and index entries. */
  erase(collection: StoredCollection): void {
    this.guard.change(collection);
    this.forget(collection);
    this.clear('records', collection.id);
    for (const { id } of collection.indexes) this.clear('indexes', id);
    this.#sizes.delete(collection.id);
    removeSize(this.writer, collection.id);
  }

  /** Removes everything under one collection's or index's number. */
  clear(table: Table, id: number): void {
    const start = indexPrefix(id);
    for (const { key } of this.writer.range(table, { start, end: keyAfter(start) })) {
      this.writer.remove(table, key);
    }
  }

  /** Writes what was only kept in memory until now: changed descriptions and sizes. */
  finish(): BatchResult {
    for (const key of this.#changed) {
      const collection = this.#collections.get(key);
      const bytes = Buffer.from(key);
      if (collection === undefined) this.writer.remove('catalog', bytes);
      else this.writer.put('catalog', bytes, encodeCollection(collection));
    }
    for (const [id, size] of this.#sizes) writeSize(this.writer, id, size);
    return { catalog: this.#collections, entries: this.entries };
  }
}
