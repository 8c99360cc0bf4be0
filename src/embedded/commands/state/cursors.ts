import { randomBytes } from 'node:crypto';

import { StoreError } from '../../errors.ts';
import type { Document, Namespace } from '../../engine/engine.ts';
import type { ReadingCommand } from '../read-progress.ts';

/** How much one page may hold and how long it may take. */
export interface PageLimits extends ReadingCommand {
  /** Undefined for as many as fit into a reply. */
  readonly batchSize: number | undefined;
  /** How long a cursor that waits for data may wait for its first document; undefined for its own default. */
  readonly awaitMs: number | undefined;
}

/** Documents of one page in bytes, and whether more may follow. */
export interface TakenPage {
  readonly documents: readonly Uint8Array[];
  readonly exhausted: boolean;
  readonly extra?: Document;
}

/** What a cursor reads from. */
export interface CursorSource {
  take(limits: PageLimits): TakenPage | Promise<TakenPage>;
  /** Frees what it holds and ends a waiting `take`. May be called more than once. */
  close(): void;
}

/** Who opened a cursor, and under what name it is continued. */
export interface CursorOwner {
  readonly namespace: Namespace;
  readonly sessionKey?: string;
  /** The transaction it reads in. */
  readonly txnNumber?: bigint;
  readonly noTimeout: boolean;
  /** It waits for events; its failures may be overcome by opening it again. */
  readonly isChangeStream?: boolean;
  /** The command that opened it, shown by diagnostics. */
  readonly origin: Document;
}

/** An open cursor between two of its pages. */
export interface OpenCursor extends CursorOwner {
  readonly id: bigint;
  readonly source: CursorSource;
}

/** Cursors that wait for their next getMore. */
export interface CursorRegistry {
  open(source: CursorSource, owner: CursorOwner): OpenCursor;
  /**
   * Runs one getMore; a cursor is used by one command at a time.
   * @throws StoreError 43 when there is no such cursor, 12051 while another getMore uses it, 237 when it is killed meanwhile.
   */
  use<Result>(id: bigint, work: (cursor: OpenCursor) => Promise<Result>): Promise<Result>;
  /** The cursor with this id, without using it. */
  find(id: bigint): OpenCursor | undefined;
  /** Closes a cursor that has come to its end, from within `use`. */
  finish(id: bigint): void;
  /** False when there was none. */
  kill(id: bigint): boolean;
  killWhere(condition: (cursor: OpenCursor) => boolean): void;
  /** Closes those unused for longer than `idleMs`. */
  sweep(idleMs: number): void;
  readonly size: number;
  readonly timedOut: number;
}

interface Entry {
  readonly cursor: OpenCursor;
  lastUse: number;
  inUse: boolean;
  killed: boolean;
}

const newId = (): bigint => randomBytes(8).readBigUInt64LE() >> 1n || 1n;

/** An empty registry. */
export function createCursors(): CursorRegistry {
  const entries = new Map<bigint, Entry>();
  let timedOut = 0;

  const remove = (entry: Entry): void => {
    entry.killed = true;
    entries.delete(entry.cursor.id);
    entry.cursor.source.close();
  };
  const notFound = (id: bigint) => new StoreError('CursorNotFound', `cursor id ${id} not found`);

  return {
    open(source, owner) {
      let id = newId();
      while (entries.has(id)) id = newId();
      const cursor = { ...owner, id, source };
      entries.set(id, { cursor, lastUse: performance.now(), inUse: false, killed: false });
      return cursor;
    },
    async use(id, work) {
      const entry = entries.get(id);
      if (entry === undefined) throw notFound(id);
      if (entry.inUse) throw new StoreError('CursorInUse', `cursor id ${id} is already in use`);
      entry.inUse = true;
      try {
        const result = await work(entry.cursor);
        // The kill came while this getMore waited for data.
        if (hasBeenKilled(entry)) throw killedError(id);
        return result;
      } finally {
        entry.inUse = false;
        entry.lastUse = performance.now();
      }
    },
    find: (id) => entries.get(id)?.cursor,
    finish(id) {
      const entry = entries.get(id);
      if (entry === undefined) return;
      entries.delete(id);
      entry.cursor.source.close();
    },
    kill(id) {
      const entry = entries.get(id);
      if (entry === undefined) return false;
      remove(entry);
      return true;
    },
    killWhere(condition) {
      for (const entry of [...entries.values()]) if (condition(entry.cursor)) remove(entry);
    },
    sweep(idleMs) {
      const oldest = performance.now() - idleMs;
      for (const entry of [...entries.values()]) {
        if (entry.inUse || entry.cursor.noTimeout || entry.lastUse > oldest) continue;
        remove(entry);
        timedOut += 1;
      }
    },
    get size() {
      return entries.size;
    },
    get timedOut() {
      return timedOut;
    },
  };
}

const hasBeenKilled = (entry: Entry): boolean => entry.killed;

const killedError = (id: bigint) =>
  new StoreError('CursorKilled', `cursor id ${id} was killed while it was in use`);
