import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { BSON } from 'mongodb';
import type { ClassCatalog } from '../../parse/class-schema.ts';
import { decodeJson } from '../../parse/json.ts';
import {
  catalogOf,
  decodeCatalogEntry,
  type CatalogEntry,
  type Report,
} from './class-schema-codec.ts';
import type { RowCommands } from './row-commands.ts';

const RETRY_MS = 500;
const POLL_MS = 1_000;
/** How long rows are decoded before requests have their turn. */
const TURN_MS = 2;

/** A row as it was read, and what it means; `undefined` for what is no class. */
interface KnownRow {
  readonly bytes: string;
  readonly entry: CatalogEntry | undefined;
}

type KnownRows = ReadonlyMap<KnownRow['bytes'], KnownRow>;

type CatalogListener = (catalog: ClassCatalog) => void;

/**
 * The newest catalog and GraphQL configuration of a database, read again on request.
 *
 * Requests that come while one reading is under way share the next one. Listeners hear of content that differs only.
 */
export class CatalogSource {
  readonly #commands: RowCommands;
  readonly #report: Report;
  readonly #listeners = new Set<CatalogListener>();
  readonly #closing = new AbortController();
  #catalog: ClassCatalog = catalogOf([]);
  #graphqlConfig: unknown;
  #known: KnownRows = new Map();
  #configText: string | undefined;
  #version: string | undefined;
  #current: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(commands: RowCommands, report: Report) {
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

  /** Reads once. Cost: 2 commands. @throws GatewayError as `RowCommands` does. */
  async read(): Promise<void> {
    const [rows, [config]] = await Promise.all([
      this.#commands.findBytes('_SCHEMA'),
      this.#commands.find('_GraphQLConfig', { _id: { $eq: 1 } }, { limit: 1 }),
    ]);
    const known = await this.#decode(rows);
    await nextTurn();
    const entries = [...known.values()].map(({ entry }) => entry);
    const catalog = catalogOf(entries.filter((entry) => entry !== undefined));
    const graphqlConfig = decodeJson(config?.['config']);
    const configText = JSON.stringify(graphqlConfig);
    this.#known = known;
    const isSame = catalog.version === this.#version && configText === this.#configText;
    if (isSame || this.#closing.signal.aborted) return;
    this.#catalog = catalog;
    this.#version = catalog.version;
    // Who has built on the configuration sees by its identity that it is the same.
    if (configText !== this.#configText) this.#graphqlConfig = graphqlConfig;
    this.#configText = configText;
    await nextTurn();
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

  /** Rows that are as they were keep their entry, undecoded: of hundreds of classes, a change decodes one. */
  async #decode(rows: readonly Uint8Array[]): Promise<KnownRows> {
    const byClass = new Map(
      [...this.#known.values()].map(({ entry }) => [entry?.schema.className, entry]),
    );
    const known = new Map<string, KnownRow>();
    let turnEndsAtMs = performance.now() + TURN_MS;
    for (const row of rows) {
      const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString('latin1');
      const knownRow = this.#known.get(bytes);
      if (knownRow === undefined) {
        const entry = decodeCatalogEntry(BSON.deserialize(row), this.#report);
        const before = byClass.get(entry?.schema.className);
        const isSame = before !== undefined && before.text === entry?.text;
        known.set(bytes, { bytes, entry: isSame ? before : entry });
      } else {
        // The text of before, or every reading would leave a copy of all rows behind.
        known.set(knownRow.bytes, knownRow);
      }
      if (performance.now() < turnEndsAtMs) continue;
      await nextTurn();
      turnEndsAtMs = performance.now() + TURN_MS;
    }
    return known;
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
