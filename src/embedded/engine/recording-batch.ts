import type { Batch } from './batch.ts';
import type {
  CollectionInfo,
  CollectionOptions,
  Document,
  IndexChange,
  IndexSpec,
  InsertOptions,
  Namespace,
  RawDocument,
  ReadCost,
  ReadQuery,
  ReplaceOptions,
  SessionRecord,
  WriteBatch,
} from './engine.ts';
import { writeConflict } from './record-locks.ts';

/** One write of a transaction, to be done again at commit. */
export type RecordedWrite = (target: WriteBatch) => void;

type OnCost = (cost: ReadCost) => void;

/** A batch that remembers what succeeded in it, so that it can be done again on another. */
export class RecordingBatch implements WriteBatch {
  readonly #batch: Batch;
  readonly #writes: RecordedWrite[];

  constructor(batch: Batch, writes: RecordedWrite[]) {
    this.#batch = batch;
    this.#writes = writes;
  }

  collection(namespace: Namespace): CollectionInfo | undefined {
    return this.#batch.collection(namespace);
  }
  collections(database?: string): readonly CollectionInfo[] {
    return this.#batch.collections(database);
  }
  find(namespace: Namespace, query: ReadQuery, onCost?: OnCost): Iterable<Document> {
    return this.#batch.find(namespace, query, onCost);
  }
  findRaw(namespace: Namespace, query: ReadQuery, onCost?: OnCost): Iterable<RawDocument> {
    return this.#batch.findRaw(namespace, query, onCost);
  }
  size(namespace: Namespace): number {
    return this.#batch.size(namespace);
  }
  dataSize(namespace: Namespace): number {
    return this.#batch.dataSize(namespace);
  }
  explain(namespace: Namespace, query: ReadQuery): ReadCost {
    return this.#batch.explain(namespace, query);
  }

  insert(namespace: Namespace, document: Document, options?: InsertOptions): void {
    this.#do((target) => {
      target.insert(namespace, document, options);
    });
  }

  replace(
    namespace: Namespace,
    before: Document,
    after: Document,
    options?: ReplaceOptions,
  ): boolean {
    const isChanged = this.#batch.replace(namespace, before, after, options);
    if (isChanged) {
      this.#writes.push((target) => {
        if (!target.replace(namespace, before, after, options)) throw writeConflict();
      });
    }
    return isChanged;
  }

  remove(namespace: Namespace, document: Document): void {
    this.#do((target) => {
      target.remove(namespace, document);
    });
  }
  createCollection(namespace: Namespace, options: CollectionOptions): void {
    this.#do((target) => {
      target.createCollection(namespace, options);
    });
  }
  dropCollection(namespace: Namespace): boolean {
    const isDropped = this.#batch.dropCollection(namespace);
    this.#writes.push((target) => {
      target.dropCollection(namespace);
    });
    return isDropped;
  }
  dropDatabase(database: string): void {
    this.#do((target) => {
      target.dropDatabase(database);
    });
  }
  renameCollection(from: Namespace, to: Namespace, dropTarget: boolean): void {
    this.#do((target) => {
      target.renameCollection(from, to, dropTarget);
    });
  }
  modifyCollection(namespace: Namespace, options: Partial<CollectionOptions>): void {
    this.#do((target) => {
      target.modifyCollection(namespace, options);
    });
  }
  createIndex(namespace: Namespace, index: IndexSpec): void {
    this.#do((target) => {
      target.createIndex(namespace, index);
    });
  }
  modifyIndex(namespace: Namespace, name: string, change: IndexChange): void {
    this.#do((target) => {
      target.modifyIndex(namespace, name, change);
    });
  }
  dropIndex(namespace: Namespace, name: string): void {
    this.#do((target) => {
      target.dropIndex(namespace, name);
    });
  }

  remember(session: string, record: SessionRecord): void {
    this.#do((target) => {
      target.remember(session, record);
    });
  }
  forgetSessions(before: Date): void {
    this.#do((target) => {
      target.forgetSessions(before);
    });
  }

  #do(write: RecordedWrite): void {
    write(this.#batch);
    this.#writes.push(write);
  }
}
