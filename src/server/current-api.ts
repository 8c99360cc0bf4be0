import type { GraphQLSchema } from 'graphql';
import { buildApi } from '../api/build-api.ts';
import type { ClassCatalog } from '../parse/class-schema.ts';
import type { ParseDatabase } from '../storage/parse-database.ts';
import type { Log } from './log.ts';

/** An API and the classes it was built from; both stay as they are while requests that began with them run. */
export interface Api {
  readonly catalog: ClassCatalog;
  readonly schema: GraphQLSchema;
}

/** The API of the newest catalog. */
export interface CurrentApi {
  readonly current: Api;
  close(): void;
}

/**
 * Builds the API, and builds it anew at each change of the catalog. The new one replaces the old one by reference: requests and
 * subscriptions end on the one they began with. A catalog that cannot be served is logged, and the API of before stays.
 */
export function createCurrentApi(database: ParseDatabase, log: Log): CurrentApi {
  function build(catalog: ClassCatalog): Api {
    const startMs = performance.now();
    const { schema, report } = buildApi(catalog, { graphqlConfig: database.graphqlConfig });
    for (const line of report) log.warn(line);
    const buildMs = Math.round(performance.now() - startMs);
    log.info({ classes: catalog.classes.size, buildMs }, 'API built');
    return { catalog, schema };
  }

  let current = build(database.catalog);
  const stop = database.onCatalog((catalog) => {
    try {
      current = build(catalog);
    } catch (error) {
      log.error({ err: error }, 'the changed classes cannot be served; the API of before stays');
    }
  });
  return {
    get current() {
      return current;
    },
    close: stop,
  };
}
