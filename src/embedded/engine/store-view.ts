import { compileFilter } from '../query/compile-filter.ts';
import { compileSort } from '../query/compile-sort.ts';
import type { NearOrder } from '../query/geo-conditions.ts';
import { catalogKey, type Catalog, type StoredCollection } from './tables/catalog.ts';
import { chooseNearPlan, choosePlan, queryCollation } from './plan/choose-plan.ts';
import { readSize, type CollectionSize } from './tables/collection-size.ts';
import type { StoredDocument } from './tables/document-codec.ts';
import type {
  CollectionInfo,
  Document,
  Namespace,
  RawDocument,
  ReadCost,
  ReadQuery,
  Snapshot,
} from './engine.ts';
import type { KeyValueReader } from './tables/key-value.ts';
import { nearDocuments, wantedNear } from './plan/near-documents.ts';
import { isExactPlan, planName, type Plan } from './plan/plan.ts';
import { takeOrdered } from './plan/take-ordered.ts';
import { walkPlan, type WalkCount } from './plan/walk-plan.ts';

type OnCost = (cost: ReadCost) => void;

/** One consistent view of the store: a catalog and the bytes that go with it. */
export class StoreView implements Snapshot {
  readonly reader: KeyValueReader;
  readonly #catalog: Catalog;

  constructor(reader: KeyValueReader, catalog: Catalog) {
    this.reader = reader;
    this.#catalog = catalog;
  }

  /** The catalog as this view sees it. */
  get catalog(): Catalog {
    return this.#catalog;
  }

  stored(namespace: Namespace): StoredCollection | undefined {
    return this.catalog.get(catalogKey(namespace));
  }

  collection(namespace: Namespace): CollectionInfo | undefined {
    return this.stored(namespace)?.info;
  }

  collections(database?: string): readonly CollectionInfo[] {
    return [...this.catalog.values()]
      .filter(({ namespace }) => database === undefined || namespace.database === database)
      .map(({ info }) => info);
  }

  size(namespace: Namespace): number {
    return this.sizeOf(namespace).documents;
  }

  dataSize(namespace: Namespace): number {
    return this.sizeOf(namespace).bytes;
  }

  protected sizeOf(namespace: Namespace): CollectionSize {
    const collection = this.stored(namespace);
    return collection === undefined
      ? { documents: 0, bytes: 0 }
      : readSize(this.reader, collection.id);
  }

  explain(namespace: Namespace, query: ReadQuery): ReadCost {
    const collection = this.stored(namespace);
    const plan =
      collection === undefined ? 'EOF' : planName(this.#plan(collection, query, wantedNear(query)));
    return { plan, keysExamined: 0, documentsExamined: 0 };
  }

  #plan(collection: StoredCollection, query: ReadQuery, near: NearOrder | undefined): Plan {
    return near === undefined
      ? choosePlan(this.reader, collection, query)
      : chooseNearPlan(this.reader, collection, query, { path: near.path, condition: undefined });
  }

  *find(namespace: Namespace, query: ReadQuery, onCost?: OnCost): Generator<Document> {
    for (const { document } of this.findRaw(namespace, query, onCost)) yield document;
  }

  findRaw(namespace: Namespace, query: ReadQuery, onCost?: OnCost): Iterable<RawDocument> {
    return this.findStored(namespace, query, onCost);
  }

  /** As `findRaw`, with record ids. */
  *findStored(namespace: Namespace, query: ReadQuery, onCost?: OnCost): Generator<StoredDocument> {
    const collection = this.stored(namespace);
    if (collection === undefined) {
      onCost?.({ plan: 'EOF', keysExamined: 0, documentsExamined: 0 });
      return;
    }
    const count: WalkCount = { keys: 0, documents: 0 };
    const near = wantedNear(query);
    const plan = this.#plan(collection, query, near);
    try {
      yield* near === undefined
        ? this.#read(collection, query, plan, count)
        : this.#readNear(collection, query, near, count);
    } finally {
      onCost?.({
        plan: planName(plan),
        keysExamined: count.keys,
        documentsExamined: count.documents,
      });
    }
  }

  #readNear(
    collection: StoredCollection,
    query: ReadQuery,
    near: NearOrder,
    count: WalkCount,
  ): Generator<StoredDocument> {
    const { skip, limit } = pageOf(query);
    const matches = compiledFilter(collection, query);
    const { path } = near;
    const readCircle = (condition: Document | undefined): Iterable<StoredDocument> => {
      const plan = chooseNearPlan(this.reader, collection, query, { path, condition });
      const walk = walkPlan(this.reader, collection, plan, count);
      return filtered(interruptible(walk, query.interrupt), matches);
    };
    return sliced(nearDocuments(near, readCircle, limit !== Infinity), skip, limit);
  }

  *#read(
    collection: StoredCollection,
    query: ReadQuery,
    plan: Plan,
    count: WalkCount,
  ): Generator<StoredDocument> {
    const { sort = [] } = query;
    const { skip, limit } = pageOf(query);
    const walk = interruptible(walkPlan(this.reader, collection, plan, count), query.interrupt);
    const matching = isTrusted(this.reader, plan, query)
      ? walk
      : filtered(walk, compiledFilter(collection, query));
    if (sort.length === 0 || isOrderedPlan(plan)) {
      yield* sliced(matching, skip, limit);
      return;
    }
    const compare = compileSort(sort, queryCollation(query, collection));
    const ordered = takeOrdered(matching, (a, b) => compare(a.document, b.document), skip + limit);
    yield* ordered.slice(skip);
  }
}

/** Absent or zero is no limit. */
function pageOf({ skip = 0, limit = 0 }: ReadQuery): {
  readonly skip: number;
  readonly limit: number;
} {
  return { skip, limit: limit === 0 ? Infinity : limit };
}

/** Whether what the plan gives needs no second look. While writing, a document may have changed since its key was read. */
function isTrusted(reader: KeyValueReader, plan: Plan, { filter }: ReadQuery): boolean {
  if (filter === undefined || Object.keys(filter).length === 0) return true;
  return isExactPlan(plan) && !('put' in reader);
}

function isOrderedPlan(plan: Plan): boolean {
  switch (plan.kind) {
    case 'collection':
      return plan.isNatural;
    case 'index':
      return plan.order !== undefined;
    case 'union':
      return false;
  }
}

function compiledFilter(
  collection: StoredCollection,
  query: ReadQuery,
): (document: Document) => boolean {
  return compileFilter(query.filter ?? {}, {
    collation: queryCollation(query, collection),
    variables: query.variables,
    textIndex: collection.indexes.find(({ spec }) =>
      spec.key.some(([, direction]) => direction === 'text'),
    )?.spec,
  });
}

function* interruptible(
  documents: Iterable<StoredDocument>,
  interrupt: (() => void) | undefined,
): Generator<StoredDocument> {
  for (const stored of documents) {
    interrupt?.();
    yield stored;
  }
}

function* filtered(
  documents: Iterable<StoredDocument>,
  matches: (document: Document) => boolean,
): Generator<StoredDocument> {
  for (const stored of documents) if (matches(stored.document)) yield stored;
}

function* sliced<Item>(items: Iterable<Item>, skip: number, limit: number): Generator<Item> {
  let seen = 0;
  for (const item of items) {
    seen += 1;
    if (seen <= skip) continue;
    yield item;
    if (seen - skip >= limit) return;
  }
}
