import { MongoClient } from 'mongodb';
import { createGateway, type GatewayOptions } from '../../src/server/create-gateway.ts';
import { readSettings, requireDatabase } from '../../src/server/settings.ts';
import { startParseServer } from '../support/start-parse-server.ts';
import { startStore } from '../support/start-store.ts';
import type { Caller } from './read-corpus.ts';
import { seedParityData, type ParityData } from './seed-parity-data.ts';

/** The body of a GraphQL answer, whoever gave it. */
export interface GraphqlAnswer {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions?: { readonly code?: unknown };
  }[];
}

type Ask = (
  document: string,
  caller: Caller,
  variables?: Readonly<Record<string, unknown>>,
) => Promise<GraphqlAnswer>;

/** Parse Server and the gateway on one database that Parse Server filled. */
export interface Pair {
  readonly data: ParityData;
  readonly askParseServer: Ask;
  readonly askGateway: Ask;
  /** The document as it is stored, for comparing what each of the two writes. */
  readStored(
    className: string,
    objectId: string,
  ): Promise<Readonly<Record<string, unknown>> | null>;
  /** All rows of a collection, as they are stored. */
  readRows(collection: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  removeRows(collection: string): Promise<void>;
  /** Related ids in a relation column, sorted. */
  readRelated(className: string, field: string, objectId: string): Promise<readonly string[]>;
  /** Where subscriptions of the gateway connect. */
  readonly gatewayUrl: string;
  /** How many subscriptions the gateway serves. */
  subscriptionCount(): number;
  close(): Promise<void>;
}

const masterKey = 'parity-master-key';
const applicationId = 'parity';

interface PairOptions extends Pick<GatewayOptions, 'ownsIndexes'> {
  /** What Parse Server stores as its GraphQL configuration. */
  readonly graphqlConfig?: object;
}

/** Starts both, fills the database through Parse Server's REST API. Takes some seconds. */
export async function startPair({ graphqlConfig, ...options }: PairOptions = {}): Promise<Pair> {
  const store = startStore();
  const databaseURI = store.uri.replace(/\/(\?|$)/, `/${store.databaseName}$1`);
  const parseServer = await startParseServer({ databaseURI, appId: applicationId, masterKey });
  const { restUrl, graphqlUrl } = parseServer;
  const data = await seedParityData({ restUrl, applicationId, masterKey });
  if (graphqlConfig !== undefined) await configure(restUrl, graphqlConfig);
  const gateway = await createGateway({
    ...options,
    settings: requireDatabase(
      readSettings(
        { databaseURI, appId: applicationId, masterKey, port: '0', host: '127.0.0.1' },
        { PARSE_SERVER_LOG_LEVEL: 'error' },
      ),
    ),
  });
  const client = await MongoClient.connect(store.uri);
  const database = client.db(store.databaseName);
  return {
    data,
    askParseServer: asker(graphqlUrl, data),
    askGateway: asker(gateway.url, data),
    readStored: async (className, objectId) =>
      database.collection<{ _id: string }>(className).findOne({ _id: objectId }),
    readRows: async (collection) => database.collection(collection).find().toArray(),
    removeRows: async (collection) => {
      await database.collection(collection).deleteMany({});
    },
    readRelated: async (className, field, objectId) => {
      const rows = await database
        .collection(`_Join:${field}:${className}`)
        .find({ owningId: objectId })
        .toArray();
      return rows.map((row) => String(row['relatedId'])).sort();
    },
    gatewayUrl: gateway.url,
    subscriptionCount: () => gateway.subscriptionCount,
    async close() {
      await client.close();
      await gateway.close();
      await parseServer.close();
      await store.close();
    },
  };
}

async function configure(restUrl: string, graphqlConfig: object): Promise<void> {
  const response = await fetch(`${restUrl}/graphql-config`, {
    method: 'PUT',
    headers: {
      'content-type': 'application/json',
      'x-parse-application-id': applicationId,
      'x-parse-master-key': masterKey,
    },
    body: JSON.stringify({ params: graphqlConfig }),
  });
  if (!response.ok) throw new Error(`graphql-config: ${await response.text()}`);
}

function asker(url: string, data: ParityData): Ask {
  return async (document, caller, variables = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-parse-application-id': applicationId,
        ...credentials(caller, data),
      },
      body: fillIds(JSON.stringify({ query: document, variables }), data),
    });
    return (await response.json()) as GraphqlAnswer;
  };
}

function credentials(caller: Caller, { sessions }: ParityData): Readonly<Record<string, string>> {
  if (caller === 'master') return { 'x-parse-master-key': masterKey };
  if (caller === 'anonymous') return {};
  return { 'x-parse-session-token': sessions.get(caller) ?? '' };
}

/** `{{key}}` → the seed object's objectId, `{{Class:key}}` → its global id. */
function fillIds(document: string, { ids }: ParityData): string {
  return document.replace(
    /\{\{(?:(\w+):)?(\w+)\}\}/g,
    (_, className: string | undefined, key: string) => {
      const id = ids.get(key);
      if (id === undefined) throw new Error(`no seed object ${key}`);
      return className === undefined ? id : Buffer.from(`${className}:${id}`).toString('base64');
    },
  );
}
