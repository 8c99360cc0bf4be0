import DataLoader from 'dataloader';
import type { GuardedStore } from '../access/guarded-store.ts';
import type { ParseObject } from '../parse/object.ts';
import type {
  CountRequest,
  FindRequest,
  Link,
  ReadPreference,
  RelatedCountRequest,
  RelatedRequest,
  Selection,
} from '../query/find-request.ts';
import { ColumnLoader } from './column-loader.ts';
import { LevelScheduler } from './level-scheduler.ts';
import { requestKey } from './request-key.ts';

/** The batched reads of one request. Objects loaded once are not asked for again with fewer columns. */
export interface RequestLoaders {
  /**
   * The object, or `undefined` when it is absent or may not be read.
   * Cost: one command for all loads of one class, level and source, whatever columns each asks for.
   */
  object(
    className: string,
    objectId: string,
    select: Selection,
    source?: ObjectSource,
  ): Promise<ParseObject | undefined>;
  /** Where the objects that this one points at are to be read, as was said when it was read. */
  pointedAt(object: ParseObject): ObjectSource | undefined;
  /** A page. Cost: that of one `find` for all equal requests of the operation, whatever columns each asks for. */
  page(find: FindRequest): Promise<readonly ParseObject[]>;
  /** A number of objects. Cost: one `count` for all equal requests. */
  count(count: CountRequest): Promise<number>;
  /** One owner's page. Cost: that of one `findRelated` for all owners and aliases of one link and level, whatever each asks for. */
  related(link: Link, ownerId: string, find: FindRequest): Promise<readonly ParseObject[]>;
  /** One owner's number of children. Cost: as `related`, with `countRelated`. */
  relatedCount(link: Link, ownerId: string, count: CountRequest): Promise<number>;
  /** Objects as the store has just shown them, with all their columns: loading them costs nothing. */
  keep(objects: readonly ParseObject[]): void;
  /** Forgets everything read so far: after a write, and between the events of a subscription. */
  clear(): void;
}

/** Which members of a replica set an object is read from, and those that it points at. */
export interface ObjectSource {
  readonly rows: ReadPreference | undefined;
  readonly includes: ReadPreference | undefined;
}

const ANYWHERE: ObjectSource = { rows: undefined, includes: undefined };

const ONLY = 'only';
const NO_COLUMNS: Selection = new Set();

/** The loaders of one request over one principal's store; they live as long as the request. */
export function loadersFor(store: GuardedStore): RequestLoaders {
  const scheduler = new LevelScheduler();
  const objects = new Map<string, ColumnLoader<ParseObject>>();
  const pages = new Map<string, ColumnLoader<readonly ParseObject[]>>();
  const counts = new Map<string, ColumnLoader<number>>();
  // Aliases that ask for different pages of one link are one read all the same.
  const relatedPages = together((requests: readonly RelatedRequest[]) =>
    store.findRelated(requests),
  );
  const relatedCounts = together((requests: readonly RelatedCountRequest[]) =>
    store.countRelated(requests),
  );
  const includes = new WeakMap<ParseObject, ReadPreference>();
  const note = (found: readonly ParseObject[], preference: ReadPreference | undefined) => {
    if (preference !== undefined) for (const object of found) includes.set(object, preference);
    return found;
  };
  const objectsOf = (className: string, source = ANYWHERE): ColumnLoader<ParseObject> =>
    held(
      objects,
      [className, source.rows, source.includes].join(' '),
      () =>
        new ColumnLoader({
          scheduler,
          merge: mergeObjects,
          read: async (objectIds, columns) =>
            byObjectId(
              await store.get({
                ...{ className, objectIds, select: columns },
                ...(source.rows !== undefined && { readPreference: source.rows }),
              }),
            ),
        }),
    );
  return {
    object: async (className, objectId, select, source) => {
      const object = await objectsOf(className, source).load(objectId, select);
      if (object !== undefined) note([object], source?.includes);
      return object;
    },
    pointedAt: (object) => {
      const preference = includes.get(object);
      return preference && { rows: preference, includes: preference };
    },
    keep: (kept) => {
      for (const object of kept) objectsOf(object.className).keep(object.objectId, 'all', object);
    },
    page: async (find) => {
      const loader = held(
        pages,
        requestKey(find),
        () =>
          new ColumnLoader({
            scheduler,
            read: async (_ids, select) => new Map([[ONLY, await store.find({ ...find, select })]]),
          }),
      );
      return note((await loader.load(ONLY, find.select)) ?? [], find.includeReadPreference);
    },
    count: async (count) => {
      const loader = held(
        counts,
        requestKey(count),
        () =>
          new ColumnLoader({
            scheduler,
            read: async () => new Map([[ONLY, await store.count(count)]]),
          }),
      );
      return (await loader.load(ONLY, NO_COLUMNS)) ?? 0;
    },
    related: async (link, ownerId, find) => {
      const loader = held(
        pages,
        relatedKey(link, find),
        () =>
          new ColumnLoader({
            scheduler,
            read: (ownerIds, select) =>
              relatedPages.load({ link, ownerIds, find: { ...find, select } }),
          }),
      );
      return note((await loader.load(ownerId, find.select)) ?? [], find.includeReadPreference);
    },
    relatedCount: async (link, ownerId, count) => {
      const loader = held(
        counts,
        relatedKey(link, count),
        () =>
          new ColumnLoader({
            scheduler,
            read: (ownerIds) => relatedCounts.load({ link, ownerIds, count }),
          }),
      );
      return (await loader.load(ownerId, NO_COLUMNS)) ?? 0;
    },
    clear: () => {
      objects.clear();
      pages.clear();
      counts.clear();
    },
  };
}

/** Loads of one turn as one call; each is answered or fails for itself. */
function together<Request, Answer>(
  read: (requests: readonly Request[]) => readonly Promise<Answer>[],
): DataLoader<Request, Answer> {
  return new DataLoader(
    (requests) =>
      Promise.all(
        read(requests).map((answer) =>
          answer.catch((error: unknown) =>
            error instanceof Error ? error : new Error(String(error)),
          ),
        ),
      ),
    { cache: false },
  );
}

function held<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  const present = map.get(key);
  if (present !== undefined) return present;
  const created = create();
  map.set(key, created);
  return created;
}

function relatedKey(link: Link, request: FindRequest | CountRequest): string {
  return `${requestKey(link)}${requestKey(request)}`;
}

function byObjectId(found: readonly ParseObject[]): ReadonlyMap<string, ParseObject> {
  return new Map(found.map((object) => [object.objectId, object]));
}

/** The newer read wins where both hold a column. */
function mergeObjects(held: ParseObject, added: ParseObject): ParseObject {
  return { ...added, values: new Map([...held.values, ...added.values]) };
}
