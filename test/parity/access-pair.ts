import { MongoClient } from 'mongodb';
import { createGateway, type Gateway } from '../../src/server/create-gateway.ts';
import { readSettings, requireDatabase } from '../../src/server/settings.ts';
import { startParseServer } from '../support/start-parse-server.ts';
import { startStore } from '../support/start-store.ts';
import { withDatabase } from '../support/start-gateway.ts';
import type { ParityPrincipal } from './access-document.ts';
import type { ParityWorld } from './access-world.ts';
import type { GraphqlAnswer } from './start-pair.ts';
import { writeWorld } from './write-world.ts';

/** Both servers with one world in their database. */
export interface InstalledWorld {
  /** The prefix that stands for `@` in this world. */
  readonly prefix: string;
  askParseServer(document: string, principal: ParityPrincipal): Promise<GraphqlAnswer>;
  askGateway(document: string, principal: ParityPrincipal): Promise<GraphqlAnswer>;
  close(): Promise<void>;
}

/** Parse Server on a database that worlds are written into, one after the other. */
export interface AccessPair {
  install(world: ParityWorld): Promise<InstalledWorld>;
  close(): Promise<void>;
}

const applicationId = 'access-parity';
const masterKey = 'access-parity-master';
const readOnlyMasterKey = 'access-parity-reader';

/** Starts Parse Server; a gateway comes with each world. */
export async function startAccessPair(): Promise<AccessPair> {
  const store = startStore();
  const databaseURI = withDatabase(store.uri, store.databaseName);
  const parseServer = await startParseServer({
    databaseURI,
    appId: applicationId,
    masterKey,
    readOnlyMasterKey,
  });
  const client = await MongoClient.connect(store.uri);
  const database = client.db(store.databaseName);
  let made = 0;
  return {
    async install(world) {
      made += 1;
      const prefix = `w${made}`;
      await writeWorld(database, world, prefix);
      await forgetSchemas(parseServer.restUrl);
      const gateway = await openGateway(databaseURI);
      return installed(prefix, parseServer.graphqlUrl, gateway);
    },
    async close() {
      await client.close();
      await parseServer.close();
      await store.close();
    },
  };
}

/** Parse Server never looks at `_SCHEMA` again by itself, but does when the schema API is asked. */
async function forgetSchemas(restUrl: string): Promise<void> {
  const response = await fetch(`${restUrl}/schemas`, {
    headers: { 'x-parse-application-id': applicationId, 'x-parse-master-key': masterKey },
  });
  if (!response.ok) throw new Error(`schemas: ${await response.text()}`);
  await response.arrayBuffer();
}

function openGateway(databaseURI: string): Promise<Gateway> {
  const flags = {
    databaseURI,
    appId: applicationId,
    masterKey,
    readOnlyMasterKey,
    port: '0',
    host: '127.0.0.1',
    silent: 'true',
  };
  return createGateway({ settings: requireDatabase(readSettings(flags, {})) });
}

function installed(prefix: string, parseServerUrl: string, gateway: Gateway): InstalledWorld {
  const asker = (url: string) => async (document: string, principal: ParityPrincipal) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-parse-application-id': applicationId,
        ...credentials(principal, prefix),
      },
      body: JSON.stringify({ query: withGlobalIds(document.replaceAll('@', prefix)) }),
    });
    return (await response.json()) as GraphqlAnswer;
  };
  return {
    prefix,
    askParseServer: asker(parseServerUrl),
    askGateway: asker(gateway.url),
    close: () => gateway.close(),
  };
}

/** `<<Alpha:w1a0>>` → that text in base64. */
function withGlobalIds(document: string): string {
  return document.replace(/<<(.*?)>>/g, (_match, id: string) => Buffer.from(id).toString('base64'));
}

function credentials(principal: ParityPrincipal, prefix: string): Readonly<Record<string, string>> {
  switch (principal) {
    case 'anonymous':
      return {};
    case 'master':
      return { 'x-parse-master-key': masterKey };
    case 'readOnlyMaster':
      return { 'x-parse-master-key': readOnlyMasterKey };
    default:
      return { 'x-parse-session-token': `r:${principal.replace('@', prefix)}` };
  }
}
