import { randomBytes } from 'node:crypto';
import { StoreError } from '../errors.ts';
import { equalValues } from '../query/compare-values.ts';
import {
  catalogKey,
  encodeCollection,
  idIndexSpec,
  ID_INDEX_NAME,
  storedCollection,
  type Catalog,
  type StoredCollection,
  type StoredIndex,
} from './catalog.ts';
import { removeSize, writeSize, readSize, type CollectionSize } from './collection-size.ts';
import { checkedRaw, encodeDocument, keepNumberTypes, StoredDocument } from './document-codec.ts';
import { assertValid, assertValidator } from './document-validation.ts';
import type {
  CollectionOptions,
  Document,
  IndexSpec,
  InsertOptions,
  Namespace,
  ReplaceOptions,
  WriteBatch,
} from './engine.ts';
import type { IdSource } from './id-source.ts';
import { assertIndexable, isThereAlready, withDefaults } from './index-definition.ts';
import { entryChanges, learned, writeEntries, type KeyGuard } from './index-entries.ts';
import { encodeTuple } from './index-keys.ts';
import { decodeRecordId, indexPrefix, recordKey, storableKey } from './index-layout.ts';
import type { PendingEntry } from './journal-codec.ts';
import { keyAfter } from './key-range.ts';
import type { KeyValueWriter, Table } from './key-value.ts';
import { prepareIndex } from './prepared-index.ts';
import { StoreView } from './store-view.ts';
import { describeUpdate } from './update-description.ts';

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

/** The writes of one commit, applied to the tables as they come; the caller's transaction makes them atomic. */
export class Batch extends StoreView implements WriteBatch {
  readonly #writer: KeyValueWriter;
  readonly #ids: IdSource;
  readonly #guard: BatchGuard;
  #collections: Map<string, StoredCollection>;
  readonly #changed = new Set<string>();
  readonly #sizes = new Map<number, CollectionSize>();
  readonly #entries: PendingEntry[] = [];

  constructor({ writer, catalog, ids, guard }: BatchParts) {
    super(writer, catalog);
    this.#writer = writer;
    this.#ids = ids;
    this.#guard = guard;
    this.#collections = new Map(catalog);
  }

  override get catalog(): Catalog {
    return this.#collections;
  }

  protected override sizeOf(namespace: Namespace): CollectionSize {
    const collection = this.stored(namespace);
    if (collection === undefined) return { documents: 0, bytes: 0 };
    return this.#sizes.get(collection.id) ?? readSize(this.#writer, collection.id);
  }

  insert(namespace: Namespace, document: Document, options: InsertOptions = {}): void {
    const collection = this.#forDocuments(namespace);
    if (options.bypassValidation !== true) assertValid(collection.options, document);
    const raw = options.raw === undefined ? encodeDocument(document) : checkedRaw(options.raw);
    const recordId = this.#ids.nextRecord();
    this.#writeIndexes(collection, recordId, undefined, document);
    this.#writer.put('records', recordKey(collection.id, recordId), raw);
    this.#resize(collection, 1, raw.length);
    this.#entries.push({
      kind: 'insert',
      namespace: collection.namespace,
      uuid: collection.uuid,
      document: raw,
    });
    if (collection.options.capped === true) this.#trimCapped(collection);
  }

  replace(
    namespace: Namespace,
    before: Document,
    after: Document,
    options: ReplaceOptions = { kind: 'replace' },
  ): boolean {
    if (!equalValues(before['_id'], after['_id'])) {
      throw new StoreError(
        'ImmutableField',
        "Performing an update on the path '_id' would modify the immutable field '_id'",
      );
    }
    const collection = this.#forDocuments(namespace);
    const old = this.#recordOf(collection, before['_id']);
    if (old === undefined) return false;
    const raw = encodeDocument(keepNumberTypes(after, old.raw));
    if (raw.equals(old.raw)) return false;
    if (options.bypassValidation !== true) {
      assertValid(collection.options, after, () => old.document);
    }
    this.#writeIndexes(collection, old.recordId, old.document, after);
    this.#writer.put('records', recordKey(collection.id, old.recordId), raw);
    this.#resize(collection, 0, raw.length - old.raw.length);
    this.#entries.push(this.#replacement(collection, old, { after, raw, options }));
    return true;
  }

  remove(namespace: Namespace, document: Document): void {
    const collection = this.stored(namespace);
    if (collection === undefined) return;
    const old = this.#recordOf(collection, document['_id']);
    if (old === undefined) return;
    this.#removeRecord(collection, old);
    this.#entries.push({
      kind: 'delete',
      namespace: collection.namespace,
      uuid: collection.uuid,
      documentId: document['_id'],
      before: hasImages(collection) ? old.raw : undefined,
    });
  }

  createCollection(namespace: Namespace, options: CollectionOptions): void {
    if (this.stored(namespace) !== undefined) {
      throw new StoreError(
        'NamespaceExists',
        `Collection already exists. NS: ${catalogKey(namespace)}`,
      );
    }
    assertValidator(options);
    const isView = options.viewOn !== undefined;
    const uuid = Uint8Array.from(randomBytes(16));
    const idIndex: StoredIndex = {
      id: this.#ids.nextIndex(),
      spec: idIndexSpec(options),
      multikeyPaths: [],
      hasCutKeys: false,
    };
    this.#keep(
      storedCollection({
        id: this.#ids.nextCollection(),
        namespace,
        uuid,
        options,
        indexes: isView ? [] : [idIndex],
      }),
    );
    this.#entries.push({ kind: 'create', namespace, uuid, details: { ...options } });
  }

  dropCollection(namespace: Namespace): boolean {
    const collection = this.stored(namespace);
    if (collection === undefined) return false;
    this.#erase(collection);
    this.#entries.push({
      kind: 'drop',
      namespace: collection.namespace,
      uuid: collection.uuid,
    });
    return true;
  }

  dropDatabase(database: string): void {
    const own = this.collections(database);
    if (own.length === 0) return;
    for (const { namespace } of own) this.dropCollection(namespace);
    this.#entries.push({ kind: 'dropDatabase', namespace: { database, collection: '' } });
  }

  renameCollection(from: Namespace, to: Namespace, dropTarget: boolean): void {
    const collection = this.stored(from);
    if (collection === undefined) {
      throw new StoreError(
        'NamespaceNotFound',
        `Source collection ${catalogKey(from)} does not exist`,
      );
    }
    if (this.stored(to) !== undefined) {
      if (!dropTarget) throw new StoreError('NamespaceExists', 'target namespace exists');
      this.dropCollection(to);
    }
    this.#guard.change(collection);
    this.#forget(collection);
    this.#keep(storedCollection({ ...collection, namespace: to }));
    this.#entries.push({
      kind: 'rename',
      namespace: from,
      uuid: collection.uuid,
      details: { to: { db: to.database, coll: to.collection }, dropTarget },
    });
  }

  modifyCollection(namespace: Namespace, options: Partial<CollectionOptions>): void {
    const collection = this.#existing(namespace);
    const merged: CollectionOptions = { ...collection.options, ...options };
    assertValidator(merged);
    this.#guard.change(collection);
    this.#keep(storedCollection({ ...collection, options: merged }));
    this.#entries.push({
      kind: 'modify',
      namespace,
      uuid: collection.uuid,
      details: { ...options },
    });
  }

  createIndex(namespace: Namespace, given: IndexSpec): void {
    if (this.stored(namespace) === undefined) this.createCollection(namespace, {});
    const collection = this.#forDocuments(namespace);
    const spec = withDefaults(given, collection.options);
    assertIndexable(spec);
    if (isThereAlready(collection, spec)) return;
    prepareIndex(spec);
    this.#guard.change(collection);
    const index = this.#build(collection, {
      id: this.#ids.nextIndex(),
      spec,
      multikeyPaths: [],
      hasCutKeys: false,
    });
    this.#keep(storedCollection({ ...collection, indexes: [...collection.indexes, index] }));
    this.#entries.push({
      kind: 'createIndexes',
      namespace,
      uuid: collection.uuid,
      details: { indexes: [spec.given] },
    });
  }

  dropIndex(namespace: Namespace, name: string): void {
    const collection = this.#existing(namespace);
    if (name === ID_INDEX_NAME) {
      throw new StoreError('InvalidOptions', 'cannot drop _id index');
    }
    const index = collection.indexes.find(({ spec }) => spec.name === name);
    if (index === undefined) {
      throw new StoreError('IndexNotFound', `index not found with name [${name}]`);
    }
    this.#guard.change(collection);
    this.#clear('indexes', index.id);
    this.#keep(
      storedCollection({
        ...collection,
        indexes: collection.indexes.filter((other) => other !== index),
      }),
    );
    this.#entries.push({
      kind: 'dropIndexes',
      namespace,
      uuid: collection.uuid,
      details: { indexes: [index.spec.given] },
    });
  }

  /** Writes what was only kept in memory until now: changed descriptions and sizes. */
  finish(): BatchResult {
    for (const key of this.#changed) {
      const collection = this.#collections.get(key);
      const bytes = Buffer.from(key);
      if (collection === undefined) this.#writer.remove('catalog', bytes);
      else this.#writer.put('catalog', bytes, encodeCollection(collection));
    }
    for (const [id, size] of this.#sizes) writeSize(this.#writer, id, size);
    return { catalog: this.#collections, entries: this.#entries };
  }

  #existing(namespace: Namespace): StoredCollection {
    const collection = this.stored(namespace);
    if (collection !== undefined) return collection;
    throw new StoreError('NamespaceNotFound', `ns does not exist: ${catalogKey(namespace)}`);
  }

  #forDocuments(namespace: Namespace): StoredCollection {
    if (this.stored(namespace) === undefined) this.createCollection(namespace, {});
    const collection = this.#existing(namespace);
    if (collection.options.viewOn === undefined) return collection;
    throw new StoreError(
      'CommandNotSupportedOnView',
      `Namespace ${catalogKey(namespace)} is a view, not a collection`,
    );
  }

  #keep(collection: StoredCollection): void {
    const key = catalogKey(collection.namespace);
    this.#collections.set(key, collection);
    this.#changed.add(key);
  }

  #forget(collection: StoredCollection): void {
    const key = catalogKey(collection.namespace);
    this.#collections.delete(key);
    this.#changed.add(key);
  }

  #erase(collection: StoredCollection): void {
    this.#guard.change(collection);
    this.#forget(collection);
    this.#clear('records', collection.id);
    for (const { id } of collection.indexes) this.#clear('indexes', id);
    this.#sizes.delete(collection.id);
    removeSize(this.#writer, collection.id);
  }

  #clear(table: Table, id: number): void {
    const start = indexPrefix(id);
    for (const { key } of this.#writer.range(table, { start, end: keyAfter(start) })) {
      this.#writer.remove(table, key);
    }
  }

  #recordOf(collection: StoredCollection, id: unknown): StoredDocument | undefined {
    const [idIndex] = collection.indexes;
    if (idIndex === undefined) return undefined;
    const { key } = storableKey(encodeTuple(prepareIndex(idIndex.spec), [id ?? null]));
    const entryKey = Buffer.concat([indexPrefix(idIndex.id), key]);
    this.#guard.touch(collection, entryKey);
    const entry = this.#writer.get('indexes', entryKey);
    if (entry === undefined) return undefined;
    const recordId = decodeRecordId(entry);
    const raw = this.#writer.get('records', recordKey(collection.id, recordId));
    return raw === undefined ? undefined : new StoredDocument(raw, recordId);
  }

  #writeIndexes(
    collection: StoredCollection,
    recordId: number,
    before: Document | undefined,
    after: Document | undefined,
  ): void {
    const changes = entryChanges(collection.indexes, before, after);
    writeEntries(
      { writer: this.#writer, guard: this.#guard, collection, recordId },
      changes,
      after,
    );
    const indexes = learned(collection.indexes, changes);
    if (indexes !== collection.indexes) this.#keep(storedCollection({ ...collection, indexes }));
  }

  #removeRecord(collection: StoredCollection, old: StoredDocument): void {
    this.#writeIndexes(collection, old.recordId, old.document, undefined);
    this.#writer.remove('records', recordKey(collection.id, old.recordId));
    this.#resize(collection, -1, -old.raw.length);
  }

  #replacement(
    collection: StoredCollection,
    old: StoredDocument,
    change: { readonly after: Document; readonly raw: Buffer; readonly options: ReplaceOptions },
  ): PendingEntry {
    const { after, raw, options } = change;
    const isUpdate = options.kind === 'update';
    return {
      kind: options.kind,
      namespace: collection.namespace,
      uuid: collection.uuid,
      documentId: after['_id'],
      document: isUpdate ? undefined : raw,
      updateDescription: isUpdate
        ? (options.description ?? describeUpdate(old.document, after))
        : undefined,
      before: hasImages(collection) ? old.raw : undefined,
      after: hasImages(collection) && isUpdate ? raw : undefined,
    };
  }

  #resize(collection: StoredCollection, documents: number, bytes: number): void {
    const size = this.#sizes.get(collection.id) ?? readSize(this.#writer, collection.id);
    this.#sizes.set(collection.id, {
      documents: size.documents + documents,
      bytes: size.bytes + bytes,
    });
  }

  /** Takes the oldest documents out of a capped collection that is over its limits. */
  #trimCapped({ namespace }: StoredCollection): void {
    const collection = this.#existing(namespace);
    const { size = Infinity, max = Infinity } = collection.options;
    for (const stored of this.findStored(namespace, {})) {
      const now = this.sizeOf(namespace);
      if (now.documents <= max && now.bytes <= size) return;
      this.#removeRecord(collection, stored);
    }
  }

  #build(collection: StoredCollection, index: StoredIndex): StoredIndex {
    let built = index;
    for (const stored of this.findStored(collection.namespace, {})) {
      const changes = entryChanges([built], undefined, stored.document);
      const { recordId } = stored;
      writeEntries(
        { writer: this.#writer, guard: this.#guard, collection, recordId },
        changes,
        stored.document,
      );
      built = learned([built], changes)[0] ?? built;
    }
    return built;
  }
}

function hasImages({ options }: StoredCollection): boolean {
  return options.changeStreamPreAndPostImages?.enabled === true;
}
