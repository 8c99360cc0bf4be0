import { StoreError } from '../errors.ts';
import { equalValues } from '../query/compare-values.ts';
import { BatchState, type BatchParts, type BatchResult } from './batch-state.ts';
import {
  catalogKey,
  storedCollection,
  type Catalog,
  type StoredCollection,
} from './tables/catalog.ts';
import {
  createCollection,
  dropCollection,
  dropDatabase,
  modifyCollection,
  renameCollection,
} from './collection-changes.ts';
import type { CollectionSize } from './tables/collection-size.ts';
import { checkedRaw, encodeDocument, StoredDocument } from './tables/document-codec.ts';
import { assertValid } from './document-validation.ts';
import type {
  CollectionOptions,
  Document,
  IndexChange,
  IndexSpec,
  InsertOptions,
  Namespace,
  ReplaceOptions,
  SessionRecord,
  WriteBatch,
} from './engine.ts';
import { createIndex, dropIndex, modifyIndex } from './index-changes.ts';
import { entryChanges, learned, writeEntries } from './keys/index-entries.ts';
import { encodeTuple } from './keys/index-keys.ts';
import { decodeRecordId, indexPrefix, recordKey, storableKey } from './tables/index-layout.ts';
import type { PendingEntry } from './journal/journal-codec.ts';
import { prepareIndex } from './keys/prepared-index.ts';
import { forgetSessions, rememberSession } from './session-records.ts';
import { StoreView } from './store-view.ts';
import { describeUpdate } from './journal/update-description.ts';

/** The writes of one commit, applied to the tables as they come; the caller's transaction makes them atomic. */
export class Batch extends StoreView implements WriteBatch {
  readonly #state: BatchState;

  constructor(parts: BatchParts) {
    super(parts.writer, parts.catalog);
    this.#state = new BatchState(parts);
  }

  override get catalog(): Catalog {
    return this.#state.catalog;
  }

  protected override sizeOf(namespace: Namespace): CollectionSize {
    const collection = this.stored(namespace);
    return collection === undefined ? { documents: 0, bytes: 0 } : this.#state.sizeOf(collection);
  }

  insert(namespace: Namespace, document: Document, options: InsertOptions = {}): void {
    const collection = this.#forDocuments(namespace);
    const raw = options.raw === undefined ? encodeDocument(document) : checkedRaw(options.raw);
    if (options.bypassValidation !== true) assertValid(collection.options, document);
    const recordId = this.#state.ids.nextRecord();
    this.#writeIndexes(collection, recordId, undefined, document);
    this.#state.writer.put('records', recordKey(collection.id, recordId), raw);
    this.#state.resize(collection, 1, raw.length);
    this.#state.entries.push({
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
    const raw = encodeDocument(after);
    if (raw.equals(old.raw)) return false;
    if (options.bypassValidation !== true) {
      assertValid(collection.options, after, () => old.document);
    }
    this.#writeIndexes(collection, old.recordId, old.document, after);
    this.#state.writer.put('records', recordKey(collection.id, old.recordId), raw);
    this.#state.resize(collection, 0, raw.length - old.raw.length);
    this.#state.entries.push(this.#replacement(collection, old, { after, raw, options }));
    return true;
  }

  remove(namespace: Namespace, document: Document): void {
    const collection = this.stored(namespace);
    if (collection === undefined) return;
    const old = this.#recordOf(collection, document['_id']);
    if (old === undefined) return;
    this.#removeRecord(collection, old);
    this.#state.entries.push({
      kind: 'delete',
      namespace: collection.namespace,
      uuid: collection.uuid,
      documentId: document['_id'],
      before: hasImages(collection) ? old.raw : undefined,
    });
  }

  createCollection(namespace: Namespace, options: CollectionOptions): void {
    createCollection(this.#state, namespace, options);
  }

  dropCollection(namespace: Namespace): boolean {
    return dropCollection(this.#state, namespace);
  }

  dropDatabase(database: string): void {
    dropDatabase(this.#state, database);
  }

  renameCollection(from: Namespace, to: Namespace, dropTarget: boolean): void {
    renameCollection(this.#state, { from, to, dropTarget });
  }

  modifyCollection(namespace: Namespace, options: Partial<CollectionOptions>): void {
    modifyCollection(this.#state, namespace, options);
  }

  createIndex(namespace: Namespace, spec: IndexSpec): void {
    const documents = this.findStored(namespace, {});
    createIndex(this.#state, { collection: this.#forDocuments(namespace), documents }, spec);
  }

  modifyIndex(namespace: Namespace, name: string, change: IndexChange): void {
    const collection = this.#state.existing(namespace);
    const documents = this.findStored(namespace, {});
    modifyIndex(this.#state, { collection, documents }, name, change);
  }

  remember(session: string, record: SessionRecord): void {
    rememberSession(this.#state.writer, session, record);
  }

  forgetSessions(before: Date): void {
    forgetSessions(this.#state.writer, before);
  }

  dropIndex(namespace: Namespace, name: string): void {
    dropIndex(this.#state, namespace, name);
  }

  /** Writes what was only kept in memory until now: changed descriptions and sizes. */
  finish(): BatchResult {
    return this.#state.finish();
  }

  #forDocuments(namespace: Namespace): StoredCollection {
    const collection = this.stored(namespace) ?? createCollection(this.#state, namespace, {});
    if (collection.options.viewOn === undefined) return collection;
    throw new StoreError(
      'CommandNotSupportedOnView',
      `Namespace ${catalogKey(namespace)} is a view, not a collection`,
    );
  }

  #recordOf(collection: StoredCollection, id: unknown): StoredDocument | undefined {
    const [idIndex] = collection.indexes;
    if (idIndex === undefined) return undefined;
    const { key } = storableKey(encodeTuple(prepareIndex(idIndex.spec), [id ?? null]));
    const entryKey = Buffer.concat([indexPrefix(idIndex.id), key]);
    this.#state.guard.touch(collection, entryKey);
    const entry = this.#state.writer.get('indexes', entryKey);
    if (entry === undefined) return undefined;
    const recordId = decodeRecordId(entry);
    const raw = this.#state.writer.get('records', recordKey(collection.id, recordId));
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
      { writer: this.#state.writer, guard: this.#state.guard, collection, recordId },
      changes,
      after,
    );
    const indexes = learned(collection.indexes, changes);
    if (indexes !== collection.indexes)
      this.#state.keep(storedCollection({ ...collection, indexes }));
  }

  #removeRecord(collection: StoredCollection, old: StoredDocument): void {
    this.#writeIndexes(collection, old.recordId, old.document, undefined);
    this.#state.writer.remove('records', recordKey(collection.id, old.recordId));
    this.#state.resize(collection, -1, -old.raw.length);
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

  /** Takes the oldest documents out of a capped collection that is over its limits. */
  #trimCapped({ namespace }: StoredCollection): void {
    const collection = this.#state.existing(namespace);
    const { size = Infinity, max = Infinity } = collection.options;
    for (const stored of this.findStored(namespace, {})) {
      const now = this.sizeOf(namespace);
      if (now.documents <= max && now.bytes <= size) return;
      this.#removeRecord(collection, stored);
    }
  }
}

function hasImages({ options }: StoredCollection): boolean {
  return options.changeStreamPreAndPostImages?.enabled === true;
}
