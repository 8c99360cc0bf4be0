import { MongoClient, type Db, type Document, type ObjectId } from 'mongodb';
import { createGateway, type Gateway } from '../../src/server/create-gateway.ts';
import { readSettings, requireDatabase } from '../../src/server/settings.ts';
import { startParseServer, type RunningParseServer } from '../support/start-parse-server.ts';
import { startStore } from '../support/start-store.ts';
import { withDatabase } from '../support/start-gateway.ts';
import type { ParityPrincipal } from './access-document.ts';
import type { ParityWorld } from './access-world.ts';
import type { GraphqlAnswer } from './start-pair.ts';
import { writeWorld } from './write-world.ts';

/** All rows of all collections but `_SCHEMA`, by collection. */
export type StoredWorld = ReadonlyMap<string, readonly Document[]>;

/** What a mutation did. */
export interface Outcome {
  readonly answer: GraphqlAnswer;
  readonly stored: StoredWorld;
}

/** Parse Server and the gateway on one world, which each of them finds as it was installed. */
export interface WritableWorld {
  /** What stands for `@` in its ids. */
  readonly prefix: string;
  readonly before: StoredWorld;
  /** Performs the document by one server after the other, and puts back what each of them changed. */
  perform(
    document: string,
    principal: ParityPrincipal,
  ): Promise<Record<'theirs' | 'ours', Outcome>>;
  close(): Promise<void>;
}

export interface WritePair {
  install(world: ParityWorld): Promise<WritableWorld>;
  close(): Promise<void>;
}

/** Columns of every kind, beside those that access depends on. */
const MORE_COLUMNS = {
  flag: 'boolean',
  at: 'date',
  info: 'object',
  place: 'geopoint',
  area: 'polygon',
  raw: 'bytes',
  pic: 'file',
};

const applicationId = 'write-parity';
const masterKey = 'write-parity-master';
const readOnlyMasterKey = 'write-parity-reader';

/** Starts Parse Server; a gateway comes with each world. */
export async function startWritePair(): Promise<WritePair> {
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
      const prefix = `v${made}`;
      await writeWorld(database, world, prefix);
      await database
        .collection<{ _id: string }>('_SCHEMA')
        .updateMany({ _id: { $in: ['Alpha', 'Beta', 'Gamma'] } }, { $set: MORE_COLUMNS });
      await writeInstallations(database, prefix);
      await forgetSchemas(parseServer.restUrl);
      const gateway = await openGateway(databaseURI);
      return installed(database, prefix, { parseServer, gateway });
    },
    async close() {
      await client.close();
      await parseServer.close();
      await store.close();
    },
  };
}

/**
 * Devices as they are found in old databases: known by id and token, by token alone, by id alone, and several of one token; one that
 * only `@u0` may change.
 */
async function writeInstallations(database: Db, prefix: string): Promise<void> {
  const text = ['installationId', 'deviceToken', 'deviceType', 'appIdentifier', 'timeZone'];
  const row = { ...Object.fromEntries(text.map((name) => [name, 'string'])), channels: 'array' };
  await database
    .collection<{ _id: string }>('_SCHEMA')
    .updateOne({ _id: '_Installation' }, { $set: row }, { upsert: true });
  const time = new Date('2024-01-02T03:04:05.678Z');
  const rows = [
    { _id: 'i1', installationId: 'aa', deviceToken: 't1', deviceType: 'ios' },
    { _id: 'i2', deviceToken: 't2', deviceType: 'ios' },
    { _id: 'i3', installationId: 'cc', deviceType: 'android' },
    { _id: 'i4', installationId: 'dd', deviceToken: 't4', deviceType: 'ios', appIdentifier: 'x' },
    { _id: 'i5', installationId: 'ee', deviceToken: 't4', deviceType: 'ios', appIdentifier: 'y' },
    { _id: 'i6', installationId: 'ff', deviceToken: 't6', deviceType: 'ios', ...ownedBy(prefix) },
  ];
  const installations = database.collection<{ _id: string }>('_Installation');
  await installations.deleteMany({});
  await installations.insertMany(
    rows.map((each) => ({ ...each, _created_at: time, _updated_at: time })),
  );
}

function ownedBy(prefix: string): object {
  return { _rperm: ['*'], _wperm: [`${prefix}u0`] };
}

async function installed(
  database: Db,
  prefix: string,
  servers: { readonly parseServer: RunningParseServer; readonly gateway: Gateway },
): Promise<WritableWorld> {
  const before = await readWorld(database);
  const perform = async (url: string, document: string, principal: ParityPrincipal) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-parse-application-id': applicationId,
        ...credentials(principal, prefix),
      },
      body: JSON.stringify({ query: document.replaceAll('@', prefix) }),
    });
    const answer = (await response.json()) as GraphqlAnswer;
    const stored = await readWorld(database);
    await putBack(database, before, stored);
    return { answer, stored };
  };
  return {
    prefix,
    before,
    async perform(document, principal) {
      const theirs = await perform(servers.parseServer.graphqlUrl, document, principal);
      const ours = await perform(servers.gateway.url, document, principal);
      return { theirs, ours };
    },
    close: () => servers.gateway.close(),
  };
}

/** Every row as one command gives it: `_from` says of which collection. */
async function readWorld(database: Db): Promise<StoredWorld> {
  const collections = await database.listCollections({}, { nameOnly: true }).toArray();
  const names = collections.map(({ name }) => name).filter((name) => name !== '_SCHEMA');
  const [first, ...others] = names.map((name) => ({
    coll: name,
    pipeline: [{ $set: { _from: name } }],
  }));
  if (first === undefined) return new Map();
  const rows = await database
    .collection(first.coll)
    .aggregate([...first.pipeline, ...others.map((other) => ({ $unionWith: other }))], {
      promoteValues: false,
    })
    .toArray();
  const world = new Map<string, Document[]>();
  for (const { _from: name, ...row } of rows) {
    world.set(String(name), [...(world.get(String(name)) ?? []), row]);
  }
  return world;
}

async function putBack(database: Db, before: StoredWorld, after: StoredWorld): Promise<void> {
  const names = new Set([...before.keys(), ...after.keys()]);
  for (const name of names) {
    const [old, now] = [keyed(before.get(name)), keyed(after.get(name))];
    const isOther = (key: string): boolean =>
      JSON.stringify(old.get(key)) !== JSON.stringify(now.get(key));
    const stray = [...now.keys()].filter(isOther).map((key) => now.get(key)?.['_id'] as ObjectId);
    const lost = [...old.keys()]
      .filter(isOther)
      .map((key) => old.get(key))
      .filter((row) => row !== undefined);
    const collection = database.collection(name);
    if (stray.length > 0) await collection.deleteMany({ _id: { $in: stray } });
    if (lost.length > 0) await collection.insertMany(lost.map((row) => ({ ...row })));
  }
}

function keyed(rows: readonly Document[] = []): ReadonlyMap<string, Document> {
  return new Map(rows.map((row) => [String(row['_id']), row]));
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
