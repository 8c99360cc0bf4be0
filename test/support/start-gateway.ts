import { createGateway, type Gateway } from '../../src/server/create-gateway.ts';
import { readSettings, requireDatabase } from '../../src/server/settings.ts';
import type { CommandEvent } from '../../src/storage/mongo/observe-commands.ts';
import { seedSmallWorld } from './seed-small-world.ts';
import { startStore } from './start-store.ts';

/** The body of a GraphQL answer. */
export interface GraphqlBody {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: Readonly<Record<string, unknown>>;
  }[];
}

export interface StartGatewayOptions {
  /** Settings by flag name, over those of tests. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Fills the database before the gateway opens it; by default the demo's small world. */
  readonly seed?: (uri: string) => Promise<void>;
  /** A server of the test's own, for tests that take it away; by default the one of the run. */
  readonly uri?: string;
}

/** A gateway on a database of its own, serving on the loopback address. */
export interface TestGateway {
  readonly gateway: Gateway;
  readonly url: string;
  readonly wsUrl: string;
  /** Connection string of the database. */
  readonly uri: string;
  readonly databaseName: string;
  readonly appId: string;
  readonly masterKey: string;
  /** POSTs a document with the application id and the given headers. */
  graphql(
    document: string,
    variables?: Readonly<Record<string, unknown>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<GraphqlBody>;
  /** Commands that requests cost since the last call. */
  takeCommands(): readonly CommandEvent[];
  close(): Promise<void>;
}

const MASTER_KEY = 'test-master-key';
const APP_ID = 'test-app';

/** Starts a gateway over real sockets. `close` also drops its database. */
export async function startGateway(options: StartGatewayOptions = {}): Promise<TestGateway> {
  const store = options.uri === undefined ? startStore() : undefined;
  const databaseName = store?.databaseName ?? 'test';
  const uri = withDatabase(store?.uri ?? options.uri ?? '', databaseName);
  await (options.seed ?? seedSmallWorld)(uri);
  const commands: CommandEvent[] = [];
  const flags = {
    databaseURI: uri,
    appId: APP_ID,
    masterKey: MASTER_KEY,
    host: '127.0.0.1',
    port: '0',
    silent: 'true',
    ...options.settings,
  };
  const gateway = await createGateway({
    settings: requireDatabase(readSettings(flags, {})),
    onCommand: (event) => {
      commands.push(event);
    },
  });
  return {
    gateway,
    url: gateway.url,
    wsUrl: gateway.url.replace('http:', 'ws:'),
    uri,
    databaseName,
    appId: APP_ID,
    masterKey: MASTER_KEY,
    async graphql(query, variables, headers) {
      const response = await fetch(gateway.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-parse-application-id': APP_ID,
          ...headers,
        },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as GraphqlBody;
    },
    takeCommands: () => commands.splice(0),
    async close() {
      await gateway.close();
      await store?.close();
    },
  };
}

/** `mongodb://host/?x` and a name → `mongodb://host/name?x`. */
export function withDatabase(uri: string, databaseName: string): string {
  return uri.replace(/^(mongodb:\/\/[^/?]+)\/?/, `$1/${databaseName}`);
}
