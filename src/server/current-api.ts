import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import { buildApiInSteps, type BuiltApi } from '../api/build-api.ts';
import type { ClassCatalog } from '../parse/class-schema.ts';
import type { ParseDatabase } from '../storage/parse-database.ts';
import type { Log } from './log.ts';
import { takeTurns } from './take-turns.ts';

/** An API and the classes it was built from; both stay as they are while requests that began with them run. */
export interface Api {
  readonly catalog: ClassCatalog;
  readonly schema: GraphQLSchema;
}

/** The API of the newest catalog. */
export interface CurrentApi {
  readonly current: Api;
  /** Resolves when every change heard of so far is built, or was logged as one that cannot be. */
  settled(): Promise<void>;
  /** Stops a build that is under way, too. */
  close(): void;
}

/**
 * Builds the API, and builds it anew, between requests, when the catalog changes; changes that come meanwhile are built together
 * next. The new one replaces the old one by reference: requests and subscriptions end on the one they began with. A catalog that
 * cannot be served is logged, and the API of before stays.
 * @throws what building throws for the first catalog.
 */
export async function createCurrentApi(
  database: Pick<ParseDatabase, 'catalog' | 'graphqlConfig' | 'onCatalog'>,
  log: Log,
): Promise<CurrentApi> {
  const closing = new AbortController();
  const isClosing = () => closing.signal.aborted;
  let built: BuiltApi | undefined;
  async function build(): Promise<Api> {
    const startMs = performance.now();
    const { catalog, graphqlConfig } = database;
    const told = new Set(built?.report);
    built = await takeTurns(
      buildApiInSteps(catalog, { graphqlConfig, ...(built && { before: built }) }),
      closing.signal,
    );
    for (const line of built.report) if (!told.has(line)) log.warn(line);
    const buildMs = Math.round(performance.now() - startMs);
    log.info({ classes: catalog.classes.size, buildMs }, 'API built');
    return { catalog, schema: built.schema };
  }

  // A property, as it changes while an await goes on.
  const changed = { isStale: false };
  let isBuilding = false;
  async function follow(): Promise<void> {
    isBuilding = true;
    while (changed.isStale && !isClosing()) {
      // Others hear of the change in this turn, too.
      await nextTurn();
      changed.isStale = false;
      try {
        current = await build();
      } catch (error) {
        if (isClosing()) break;
        log.error({ err: error }, 'the changed classes cannot be served; the API of before stays');
      }
    }
    isBuilding = false;
  }

  let settled = Promise.resolve();
  function hear(): void {
    changed.isStale = true;
    if (!isBuilding) settled = follow();
  }

  // Heard of from the first: the catalog may change while the first API is built.
  isBuilding = true;
  const stop = database.onCatalog(hear);
  let current = await build().catch((error: unknown) => {
    stop();
    throw error;
  });
  isBuilding = false;
  if (changed.isStale) hear();
  return {
    get current() {
      return current;
    },
    settled: () => settled,
    close() {
      closing.abort();
      stop();
    },
  };
}
