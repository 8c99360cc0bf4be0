import { type Db, MongoClient } from 'mongodb';
import { createGateway } from '../../src/server/create-gateway.ts';
import { readSettings, requireDatabase } from '../../src/server/settings.ts';
import { startParseServer } from '../support/start-parse-server.ts';
import { startStore } from '../support/start-store.ts';
import type { GraphqlAnswer } from './start-pair.ts';

/** Headers of a request, by their short names. */
export interface As {
  readonly sessionToken?: string;
  readonly installationId?: string;
  readonly isMaster?: true;
}

/** An answer of Parse Server's REST API. */
export interface RestAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Parse Server and the gateway on one database, under the same settings of accounts. */
export interface AccountPair {
  readonly database: Db;
  /** Asks the gateway. */
  gateway(
    document: string,
    variables?: Readonly<Record<string, unknown>>,
    as?: As,
  ): Promise<GraphqlAnswer>;
  /** Asks Parse Server's GraphQL API. */
  parseGraphql: AccountPair['gateway'];
  /** Asks Parse Server. */
  rest(method: string, path: string, body?: unknown, as?: As): Promise<RestAnswer>;
  /** Addresses of the pages that mails lead to, without a final slash. */
  readonly pages: { readonly gateway: string; readonly parseServer: string };
  close(): Promise<void>;
}

/** Settings of one of the two alone. */
export interface OwnSettings {
  readonly gateway?: Readonly<Record<string, string>>;
  readonly parseServer?: Readonly<Record<string, unknown>>;
}

/** Settings of both, under Parse Server's names. */
export type AccountSettings = Readonly<Record<string, unknown>>;

const appId = 'accounts';
const masterKey = 'accounts-master-key';

/** Starts both. Takes some seconds. */
export async function startAccountPair(
  settings: AccountSettings,
  own: OwnSettings = {},
): Promise<AccountPair> {
  const store = startStore();
  const databaseURI = store.uri.replace(/\/(\?|$)/, `/${store.databaseName}$1`);
  const parseServer = await startParseServer({
    ...{ databaseURI, appId, masterKey },
    ...settings,
    ...own.parseServer,
  });
  const flags = Object.entries(settings).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const gateway = await createGateway({
    settings: requireDatabase(
      readSettings(
        {
          ...(Object.fromEntries(flags) as Record<string, string>),
          ...own.gateway,
          ...{ databaseURI, appId, masterKey, port: '0', host: '127.0.0.1' },
        },
        { PARSE_SERVER_LOG_LEVEL: 'error' },
      ),
    ),
  });
  const client = await MongoClient.connect(store.uri);
  return {
    database: client.db(store.databaseName),
    gateway: asker(gateway.url),
    parseGraphql: asker(parseServer.graphqlUrl),
    async rest(method, path, body, as = {}) {
      const response = await fetch(`${parseServer.restUrl}/${path}`, {
        method,
        headers: headersOf(as),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as RestAnswer['body'] };
    },
    pages: {
      gateway: new URL(`/apps/${appId}`, gateway.url).href,
      parseServer: `${parseServer.restUrl}/apps/${appId}`,
    },
    async close() {
      await client.close();
      await gateway.close();
      await parseServer.close();
      await store.close();
    },
  };
}

function asker(url: string): AccountPair['gateway'] {
  return async (document, variables = {}, as = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: headersOf(as),
      body: JSON.stringify({ query: document, variables }),
    });
    return (await response.json()) as GraphqlAnswer;
  };
}

function headersOf({ sessionToken, installationId, isMaster }: As): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-parse-application-id': appId,
    ...(sessionToken !== undefined && { 'x-parse-session-token': sessionToken }),
    ...(installationId !== undefined && { 'x-parse-installation-id': installationId }),
    ...(isMaster && { 'x-parse-master-key': masterKey }),
  };
}

/** The value at a path of an answer's data, or an error that shows the answer. */
export function at(answer: GraphqlAnswer, ...path: readonly string[]): unknown {
  let value: unknown = answer.data;
  for (const name of path) {
    value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  }
  if (value === undefined || value === null) throw new Error(JSON.stringify(answer));
  return value;
}

/** The code of an answer's only error, and its message. */
export function refusal({ errors = [], data }: GraphqlAnswer): string {
  const [error, ...others] = errors;
  if (error === undefined || others.length > 0) throw new Error(JSON.stringify({ errors, data }));
  return `${String(error.extensions?.code)} ${error.message}`;
}

/** As `refusal`, of Parse Server's REST API. */
export function restRefusal({ body }: RestAnswer): string {
  return `${String(body['code'])} ${String(body['error'])}`;
}
