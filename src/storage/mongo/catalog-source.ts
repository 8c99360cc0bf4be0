import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ClassCatalog } from '../../parse/class-schema.ts';
import { decodeJson } from '../../parse/json.ts';
import {
  catalogOf,
  decodeCatalogEntry,
  type CatalogEntry,
  type Report,
} from './class-schema-codec.ts';
import type { Commands } from './commands.ts';
import type { StoredDocument } from './document.ts';

const RETRY_MS = 500;
const POLL_MS = 1_000;
/** How long rows are decoded before requests have their turn. */
const TURN_MS = 2;

/** A row as it was read, and what it meant. */
interface KnownRow {
  readonly row: StoredDocument;
  readonly entry: CatalogEntry | undefined;
}

type CatalogListener = (catalog: ClassCatalog) => void;

/**
 * The newest catalog and GraphQL configuration of a database, read again on request.
 *
 * Requests that come while one reading is under way share the next one. Listeners hear of content that differs only.
 */
export class CatalogSource {
  readonly #commands: Commands;
  readonly #report: Report;
  readonly #listeners = new Set<CatalogListener>();
  readonly #closing = new AbortController();
  #catalog: ClassCatalog = catalogOf([]);
  #graphqlConfig: unknown;
  #known: ReadonlyMap<unknown, KnownRow> = new Map();
  #version = '';
  #current: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(commands: Commands, report: Report) {
    this.#commands = commands;
    this.#report = report;
  }

  get catalog(): ClassCatalog {
    return this.#catalog;
  }

  get graphqlConfig(): unknown {
    return this.#graphqlConfig;
  }

  onCatalog(listener: CatalogListener): () => void {
    const own: CatalogListener = (catalog) => {
      listener(catalog);
    };
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Reads once. Cost: 2 commands. @throws GatewayError as `Commands` does. */
  async read(): Promise<void> {
    const [rows, [config]] = await Promise.all([
      this.#commands.find('_SCHEMA', {}),
      this.#commands.find('_GraphQLConfig', { _id: { $eq: 1 } }, { limit: 1 }),
    ]);
    const catalog = catalogOf(await this.#decode(rows));
    const graphqlConfig = decodeJson(config?.['config']);
    const version = `${catalog.version} ${JSON.stringify(graphqlConfig)}`;
    if (version === this.#version || this.#closing.signal.aborted) return;
    this.#catalog = catalog;
    this.#graphqlConfig = graphqlConfig;
    this.#version = version;
    for (const listener of [...this.#listeners]) {
      try {
        listener(catalog);
      } catch (error) {
        this.#report(`a catalog listener failed: ${String(error)}`);
      }
    }
  }

  /** Resolves once a reading that began after this call has succeeded; tries for as long as it takes, until closed. */
  async refresh(): Promise<void> {
    if (this.#current === undefined) return this.#begin();
    // Begun before the change was seen: what it read may be older.
    this.#next ??= this.#current.then(() => {
      this.#next = undefined;
      return this.#begin();
    });
    return this.#next;
  }

  /** Reads every second until closed; for servers without change streams. */
  startPolling(): void {
    void this.#poll();
  }

  close(): void {
    this.#closing.abort();
  }

  /** Rows that are as they were keep their entry: of hundreds of classes, a change decodes one. */
  async #decode(rows: readonly StoredDocument[]): Promise<readonly CatalogEntry[]> {
    const known = new Map<unknown, KnownRow>();
    let turnEndsAtMs = performance.now() + TURN_MS;
    for (const row of rows) {
      const before = this.#known.get(row['_id']);
      const isSame = before !== undefined && isDeepStrictEqual(before.row, row);
      const entry = isSame ? before.entry : decodeCatalogEntry(row, this.#report);
      known.set(row['_id'], { row, entry });
      if (performance.now() < turnEndsAtMs) continue;
      await nextTurn();
      turnEndsAtMs = performance.now() + TURN_MS;
    }
    this.#known = known;
    return [...known.values()].map(({ entry }) => entry).filter((entry) => entry !== undefined);
  }

  #begin(): Promise<void> {
    this.#current = this.#readUntilDone().finally(() => {
      this.#current = undefined;
    });
    return this.#current;
  }

  async #readUntilDone(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await this.read();
        return;
      } catch (error) {
        this.#report(`the class schemas could not be read: ${String(error)}`);
        await this.#pause(RETRY_MS);
      }
    }
  }

  async #poll(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      await this.#pause(POLL_MS);
      await this.refresh();
    }
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#closing;
    await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
