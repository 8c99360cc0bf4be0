import { setTimeout as delay } from 'node:timers/promises';
import {
  MongoServerError,
  type ChangeStreamDocument,
  type ChangeStreamOptions,
  type Db,
  type ResumeToken,
} from 'mongodb';
import type { ClassCatalog } from '../../parse/class-schema.ts';
import type { LiveEventKind } from '../../query/live-request.ts';
import {
  ACCESS_COLLECTIONS,
  type AccessCollection,
  type ChangeFeed,
  type ChangeListener,
  type FeedNotice,
  type NoticeListener,
  type StoredChange,
} from '../stored-change.ts';
import type { Report } from './class-schema-codec.ts';
import { decodeDocument, type StoredDocument } from './document.ts';
import { BACKGROUND_COMMENT } from './observe-commands.ts';

/** What the feed reads and whom it serves. */
export interface ChangeFeedParts {
  readonly db: Db;
  readonly collectionPrefix: string;
  readonly hasPreImages: boolean;
  readonly report: Report;
  /** Told of each change of the stored schema or configuration; changes of objects wait until it has answered. */
  readonly onSchemaChange: () => Promise<void>;
  readonly catalog: () => ClassCatalog;
}

/** A feed that can be ended. */
export interface MongoChangeFeed extends ChangeFeed {
  close(): Promise<void>;
}

const AWAIT_MS = 5_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;

/** Numbers that say a place in the stream can never be reached again. */
const LOST_HISTORY: ReadonlySet<unknown> = new Set([50_811, 136, 222, 260, 280, 286]);

const SCHEMA_COLLECTIONS: ReadonlySet<string> = new Set(['_SCHEMA', '_GraphQLConfig']);

const EVENT_KINDS: ReadonlyMap<string, LiveEventKind> = new Map([
  ['insert', 'create'],
  ['update', 'update'],
  ['replace', 'update'],
  ['delete', 'delete'],
]);

/** A feed for servers that have no change streams; `reason` is told to whoever wants to subscribe. */
export function buildUnavailableFeed(reason: string): MongoChangeFeed {
  return {
    isAvailable: false,
    unavailableReason: reason,
    listen: () => () => undefined,
    onNotice: () => () => undefined,
    close: () => Promise.resolve(),
  };
}

/**
 * Opens the one change stream of this process and resolves once it stands: what is committed from then on arrives.
 *
 * After an error it goes on from where it was; where the server has forgotten that place, listeners are told that changes are lost.
 * Rejects with the driver's error when the server has no change streams or forbids them.
 */
export async function openChangeFeed(parts: ChangeFeedParts): Promise<MongoChangeFeed> {
  const feed = new Feed(parts);
  await feed.open();
  return feed;
}

class Feed implements MongoChangeFeed {
  readonly isAvailable = true;
  readonly unavailableReason = '';
  readonly #parts: ChangeFeedParts;
  readonly #listeners = new Set<ChangeListener>();
  readonly #noticeListeners = new Set<NoticeListener>();
  readonly #closing = new AbortController();
  #token: ResumeToken;
  #interruption: FeedNotice | undefined;
  #running: Promise<void> = Promise.resolve();
  #closeStream: () => Promise<void> = () => Promise.resolve();

  constructor(parts: ChangeFeedParts) {
    this.#parts = parts;
  }

  async open(): Promise<void> {
    await this.#takePlace();
    this.#running = this.#run();
  }

  listen(listener: ChangeListener): () => void {
    // Two subscriptions of one function are two.
    const own: ChangeListener = (change) => {
      listener(change);
    };
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  onNotice(listener: NoticeListener): () => void {
    const own: NoticeListener = (notice) => {
      listener(notice);
    };
    this.#noticeListeners.add(own);
    if (this.#interruption !== undefined) own(this.#interruption);
    return () => this.#noticeListeners.delete(own);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#closeStream();
    await this.#running;
  }

  /** Opens the stream for a moment: proves that it opens, and learns the place it stands at. Delivers what waits there. */
  async #takePlace(): Promise<void> {
    const stream = this.#watch(1);
    try {
      const first = await stream.tryNext();
      this.#token = stream.resumeToken;
      if (first !== null) await this.#deliver(first);
    } finally {
      await stream.close();
    }
  }

  async #run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!this.#isClosing()) {
      try {
        if (this.#interruption !== undefined) await this.#resume();
        retryMs = FIRST_RETRY_MS;
        await this.#follow();
      } catch (error) {
        if (this.#isClosing()) return;
        this.#interrupt(error);
        await delay(retryMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      }
    }
  }

  /** Delivers events until the stream fails or ends. */
  async #follow(): Promise<void> {
    const stream = this.#watch(AWAIT_MS);
    this.#closeStream = () => stream.close();
    try {
      while (!this.#isClosing()) {
        const event = await stream.next();
        await this.#deliver(event);
        this.#token = stream.resumeToken;
        // The stream is over, but the place after it can be taken.
        if (event.operationType === 'invalidate') return;
      }
    } finally {
      if (!this.#isClosing()) this.#token = stream.resumeToken ?? this.#token;
      this.#closeStream = () => Promise.resolve();
      await stream.close();
    }
  }

  #interrupt(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#interruption === undefined) {
      this.#parts.report(`change stream interrupted: ${reason}`);
      this.#interruption = { kind: 'interrupted', reason };
      this.#notify(this.#interruption);
    }
    if (isLostHistory(error)) {
      this.#parts.report(`change stream: changes of the meantime are lost: ${reason}`);
      this.#token = undefined;
    }
  }

  async #resume(): Promise<void> {
    const isComplete = this.#token !== undefined;
    const stream = this.#watch(1);
    try {
      const first = await stream.tryNext();
      this.#token = stream.resumeToken;
      // What the catalog missed is found by reading it again.
      if (!isComplete) await this.#parts.onSchemaChange();
      this.#interruption = undefined;
      this.#parts.report('change stream resumed');
      this.#notify({ kind: 'resumed', isComplete });
      if (first !== null) await this.#deliver(first);
    } finally {
      await stream.close();
    }
  }

  #watch(maxAwaitTimeMS: number) {
    const { db, collectionPrefix, hasPreImages } = this.#parts;
    const options: ChangeStreamOptions = {
      fullDocument: 'updateLookup',
      maxAwaitTimeMS,
      comment: BACKGROUND_COMMENT,
      ...(hasPreImages && { fullDocumentBeforeChange: 'whenAvailable' }),
      ...(this.#token !== undefined && { startAfter: this.#token }),
    };
    const collections = `^${escapeRegex(collectionPrefix)}(?!_Join:(?!users:_Role$|roles:_Role$)|fs\\.|system\\.)`;
    return db.watch<StoredDocument>(
      [
        {
          $match: {
            $or: [
              { 'ns.coll': { $regex: collections } },
              { 'to.coll': { $regex: collections } },
              { operationType: { $in: ['dropDatabase', 'invalidate'] } },
            ],
          },
        },
      ],
      options,
    );
  }

  async #deliver(event: ChangeStreamDocument<StoredDocument>): Promise<void> {
    const kind = EVENT_KINDS.get(event.operationType);
    if (kind === undefined) return this.#deliverWhole(event);
    const [name] = this.#namesOf(event);
    if (name === undefined) return;
    if (SCHEMA_COLLECTIONS.has(name)) return this.#parts.onSchemaChange();
    const documentId = 'documentKey' in event ? (event.documentKey._id as unknown) : undefined;
    const objectId = typeof documentId === 'string' ? documentId : undefined;
    if (isAccessCollection(name)) this.#notifyAccess(name, objectId, kind);
    if (objectId === undefined || this.#listeners.size === 0) return;
    const change = this.#decode(event, { kind, className: name, objectId });
    if (change !== undefined) this.#emit(this.#listeners, change);
  }

  /** What befell whole collections: dropped, renamed, replaced by one that was renamed, or all gone with the database. */
  async #deliverWhole(event: ChangeStreamDocument<StoredDocument>): Promise<void> {
    const names = this.#namesOf(event);
    const isAll = event.operationType === 'dropDatabase' || event.operationType === 'invalidate';
    for (const name of isAll ? ACCESS_COLLECTIONS : names.filter(isAccessCollection)) {
      this.#notifyAccess(name, undefined, 'delete');
    }
    if (isAll || names.some((name) => SCHEMA_COLLECTIONS.has(name))) {
      await this.#parts.onSchemaChange();
    }
  }

  #decode(
    event: ChangeStreamDocument<StoredDocument>,
    of: Pick<StoredChange, 'kind' | 'className' | 'objectId'>,
  ): StoredChange | undefined {
    const schema = this.#parts.catalog().classes.get(of.className);
    if (schema === undefined) return undefined;
    const decode = (document: StoredDocument | null | undefined) =>
      document ? decodeDocument(document, schema, this.#parts.report) : undefined;
    const after = decode('fullDocument' in event ? event.fullDocument : undefined);
    const before = decode(
      'fullDocumentBeforeChange' in event ? event.fullDocumentBeforeChange : undefined,
    );
    return {
      ...of,
      object: of.kind === 'delete' ? before : after,
      before: of.kind === 'update' ? before : undefined,
    };
  }

  /** The collections an event is about, without prefix; of a rename, the old name and the new one. */
  #namesOf(event: ChangeStreamDocument<StoredDocument>): readonly string[] {
    const prefix = this.#parts.collectionPrefix;
    const places: readonly object[] = [
      ...('ns' in event ? [event.ns] : []),
      ...('to' in event ? [event.to] : []),
    ];
    return places
      .map((place) => ('coll' in place ? place.coll : undefined))
      .filter((stored) => typeof stored === 'string')
      .filter((stored) => stored.startsWith(prefix))
      .map((stored) => stored.slice(prefix.length));
  }

  #notifyAccess(
    collection: AccessCollection,
    documentId: string | undefined,
    change: LiveEventKind,
  ): void {
    this.#notify({ kind: 'accessChanged', collection, documentId, change });
  }

  #notify(notice: FeedNotice): void {
    this.#emit(this.#noticeListeners, notice);
  }

  /** One listener's failure is not another's. */
  #emit<T>(listeners: ReadonlySet<(value: T) => void>, value: T): void {
    for (const listener of [...listeners]) {
      try {
        listener(value);
      } catch (error) {
        this.#parts.report(`a change listener failed: ${String(error)}`);
      }
    }
  }

  #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }
}

function isAccessCollection(name: string): name is AccessCollection {
  return (ACCESS_COLLECTIONS as readonly string[]).includes(name);
}

function isLostHistory(error: unknown): boolean {
  return (
    error instanceof MongoServerError &&
    (LOST_HISTORY.has(error.code) || error.hasErrorLabel('NonResumableChangeStreamError'))
  );
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
