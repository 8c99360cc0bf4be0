import { MongoClient, type Db } from 'mongodb';
import { startGateway, withDatabase, type TestGateway } from '../support/start-gateway.ts';
import { startParseServer, type RunningParseServer } from '../support/start-parse-server.ts';
import { startStore } from '../support/start-store.ts';

/** What one side answered: its data, or the code of its first error. */
export interface SchemaAnswer {
  readonly data: unknown;
  readonly code: unknown;
}

/** One of the two: whom to ask, and its database. */
export interface SchemaSide {
  readonly db: Db;
  ask(document: string, variables?: Readonly<Record<string, unknown>>): Promise<SchemaAnswer>;
}

/** Parse Server and the gateway, each on a database of its own that Parse Server has prepared. */
export interface SchemaPair {
  readonly theirs: SchemaSide;
  readonly ours: SchemaSide;
  readonly gateway: TestGateway;
  readonly parseServer: RunningParseServer;
  /** Parse Server's REST API, with the master key. */
  rest(method: string, path: string, body?: object): Promise<SchemaAnswer>;
  /** Both databases as they were at the start. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function startSchemaPair(
  settings: Readonly<Record<string, string>> = {},
): Promise<SchemaPair> {
  const store = startStore();
  const client = await MongoClient.connect(store.uri);
  const theirDb = client.db(store.databaseName);
  const databaseURI = withDatabase(store.uri, store.databaseName);
  const parseServer = await startParseServer({ databaseURI });
  const rows = await theirDb.collection<Row>('_SCHEMA').find().toArray();
  const seed = async (uri: string): Promise<void> => {
    const { pathname } = new URL(uri);
    await client.db(pathname.slice(1)).collection<Row>('_SCHEMA').insertMany(rows);
  };
  const gateway = await startGateway({ seed, settings });
  const ourDb = client.db(gateway.databaseName);
  const headers = {
    'content-type': 'application/json',
    'x-parse-application-id': parseServer.appId,
    'x-parse-master-key': parseServer.masterKey,
  };
  const rest = async (method: string, path: string, body?: object): Promise<SchemaAnswer> => {
    const response = await fetch(`${parseServer.restUrl}${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const data = (await response.json()) as { readonly code?: unknown };
    return { data, code: response.ok ? undefined : (data.code ?? response.status) };
  };
  const asking =
    (url: string): SchemaSide['ask'] =>
    async (query, variables = {}) => {
      const body = JSON.stringify({ query, variables });
      const response = await fetch(url, { method: 'POST', headers, body });
      const answer = (await response.json()) as {
        readonly data?: unknown;
        readonly errors?: readonly { readonly extensions?: { readonly code?: unknown } }[];
      };
      return { data: answer.data ?? null, code: answer.errors?.[0]?.extensions?.code };
    };
  const reset = async (): Promise<void> => {
    for (const db of [theirDb, ourDb]) {
      for (const { name } of await db.listCollections().toArray()) {
        if (!name.startsWith('_')) await db.dropCollection(name);
        else if (name.startsWith('_Join:') && name.split(':')[2] !== '_Role') {
          await db.dropCollection(name);
        }
      }
      await db.collection<Row>('_SCHEMA').deleteMany({});
      await db.collection<Row>('_SCHEMA').insertMany(rows);
    }
    await rest('GET', '/schemas');
  };
  return {
    theirs: { db: theirDb, ask: asking(parseServer.graphqlUrl) },
    ours: { db: ourDb, ask: asking(gateway.url) },
    gateway,
    parseServer,
    rest,
    reset,
    async close() {
      await client.close();
      await gateway.close();
      await parseServer.close();
      await store.close();
    },
  };
}

type Row = Readonly<Record<string, unknown>> & { readonly _id: string };

/** All rows of `_SCHEMA` by class; the order of their keys is of no importance. */
export async function readSchemaRows(db: Db): Promise<Readonly<Record<string, Row>>> {
  const rows = await db.collection<Row>('_SCHEMA').find().toArray();
  return Object.fromEntries(rows.map((row) => [row._id, row]));
}

/** Name → key of the real indexes of a class; empty for a class without a collection. */
export async function readRealIndexes(db: Db, className: string): Promise<object> {
  const [found] = await db.listCollections({ name: className }).toArray();
  if (found === undefined) return {};
  const indexes = await db.collection(className).indexes();
  return Object.fromEntries(indexes.map(({ name, key }): [string, unknown] => [String(name), key]));
}
