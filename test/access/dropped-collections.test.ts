import { MongoClient, type Db } from 'mongodb';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createAuthenticator, type Authenticator } from '../../src/access/authenticate.ts';
import { NO_CREDENTIALS } from '../../src/access/credentials.ts';
import { openMongoDatabase } from '../../src/storage/mongo/mongo-database.ts';
import type { ParseDatabase } from '../../src/storage/parse-database.ts';
import { ACCESS_COLLECTIONS, type AccessCollection } from '../../src/storage/stored-change.ts';
import { startStore, type TestStore } from '../support/start-store.ts';

let store: TestStore;
let client: MongoClient;
let raw: Db;
let database: ParseDatabase;
let authenticator: Authenticator;

const HOME = '127.0.0.1';
/** With a prefix, so that a collection can come from a name that the gateway does not listen to. */
const PREFIX = 'app_';

const ROWS: Readonly<
  Record<AccessCollection, { readonly _id: string } & Readonly<Record<string, unknown>>>
> = {
  _User: { _id: 'ann' },
  _Session: { _id: 's1', _session_token: 'r:ann', _p_user: '_User$ann' },
  _Role: { _id: 'r1', name: 'Editors' },
  '_Join:users:_Role': { _id: 'j1', relatedId: 'ann', owningId: 'r1' },
  '_Join:roles:_Role': { _id: 'j2', relatedId: 'r1', owningId: 'r2' },
};

beforeAll(async () => {
  store = startStore();
  client = await MongoClient.connect(store.uri);
  raw = client.db(store.databaseName);
  const uri = new URL(store.uri);
  uri.pathname = `/${store.databaseName}`;
  database = await openMongoDatabase({ uri: uri.href, collectionPrefix: PREFIX });
  authenticator = createAuthenticator({
    database,
    settings: {
      applicationId: 'app',
      masterKey: 'master',
      masterKeyIps: [HOME],
      readOnlyMasterKeyIps: [],
      maintenanceKeyIps: [],
      cacheTTL: 5000,
    },
  });
});

beforeEach(async () => {
  for (const name of ACCESS_COLLECTIONS) {
    const rows = raw.collection<{ _id: string }>(`${PREFIX}${name}`);
    await rows.deleteMany({});
    await rows.insertOne(ROWS[name]);
  }
  // The stream has told of all this before the test begins.
  const roles = raw.collection<{ _id: string }>(`${PREFIX}_Role`);
  await told(['_Role'], () => roles.insertOne({ _id: 'r2', ...{ name: 'Staff' } }));
  expect(await authenticate()).toMatchObject({ userId: 'ann', roles: ['Editors', 'Staff'] });
});

afterAll(async () => {
  authenticator.close();
  await database.close();
  await client.close();
  await store.close();
});

/** Changes the database as another program does, and waits until the stream has told of these collections. */
async function told(
  collections: readonly AccessCollection[],
  change: () => Promise<unknown>,
): Promise<void> {
  const waiting = new Set<AccessCollection>(collections);
  const heard = new Promise<void>((resolve) => {
    const stop = database.changes.onNotice((notice) => {
      if (notice.kind !== 'accessChanged') return;
      waiting.delete(notice.collection);
      if (waiting.size > 0) return;
      stop();
      resolve();
    });
  });
  await change();
  await heard;
}

const authenticate = () =>
  authenticator.authenticate(
    { ...NO_CREDENTIALS, applicationId: 'app', sessionToken: 'r:ann' },
    HOME,
  );

const drop = (name: AccessCollection) => () => raw.collection(`${PREFIX}${name}`).drop();

it.each<AccessCollection>(['_Session', '_User'])(
  'a session ends with the next request when %s is dropped',
  async (name) => {
    await told([name], drop(name));
    await expect(authenticate()).rejects.toMatchObject({ body: { code: 209 } });
  },
);

it.each<[AccessCollection, readonly string[]]>([
  ['_Role', []],
  ['_Join:users:_Role', []],
  ['_Join:roles:_Role', ['Editors']],
])('roles go with the next request when %s is dropped', async (name, roles) => {
  await told([name], drop(name));
  expect(await authenticate()).toMatchObject({ roles });
});

it('a session ends when its collection is renamed away', async () => {
  await told(['_Session'], () => raw.renameCollection(`${PREFIX}_Session`, `${PREFIX}Old`));
  await expect(authenticate()).rejects.toMatchObject({ body: { code: 209 } });
  await raw.collection(`${PREFIX}Old`).drop();
});

it('a session ends when another collection takes the place of its own', async () => {
  await raw.createCollection('restored');
  await told(['_Session'], () =>
    raw.renameCollection('restored', `${PREFIX}_Session`, { dropTarget: true }),
  );
  await expect(authenticate()).rejects.toMatchObject({ body: { code: 209 } });
});

it('everything ends when the database is dropped, and goes on when it is filled again', async () => {
  // One that is not there to be dropped: the end of the database tells of it all the same.
  await told(['_Join:roles:_Role'], drop('_Join:roles:_Role'));
  await told(ACCESS_COLLECTIONS, () => raw.dropDatabase());
  await expect(authenticate()).rejects.toMatchObject({ body: { code: 209 } });
  for (const name of ACCESS_COLLECTIONS) {
    await raw.collection<{ _id: string }>(`${PREFIX}${name}`).insertOne(ROWS[name]);
  }
  expect(await authenticate()).toMatchObject({ roles: ['Editors'] });
  await told(['_Role'], () => raw.collection(`${PREFIX}_Role`).deleteMany({}));
  expect(await authenticate()).toMatchObject({ roles: [] });
});
