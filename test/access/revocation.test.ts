import { MongoClient, type Db, type Document } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_ACCESS_RULES } from '../../src/access/access-rules.ts';
import { createAuthenticator, type Authenticator } from '../../src/access/authenticate.ts';
import { createGuardedFeed } from '../../src/access/create-guarded-feed.ts';
import { createGuardedStore } from '../../src/access/create-guarded-store.ts';
import { NO_CREDENTIALS } from '../../src/access/credentials.ts';
import { createLiveHub, type LiveHub } from '../../src/live/live-hub.ts';
import { EVERYTHING } from '../../src/query/constraint.ts';
import { LIVE_EVENT_KINDS, type LiveEvent } from '../../src/query/live-request.ts';
import { openMongoDatabase } from '../../src/storage/mongo/mongo-database.ts';
import type { ParseDatabase } from '../../src/storage/parse-database.ts';
import type { AccessCollection } from '../../src/storage/stored-change.ts';
import { startStore, type TestStore } from '../support/start-store.ts';

let store: TestStore;
let client: MongoClient;
let raw: Db;
let database: ParseDatabase;
let authenticator: Authenticator;
let hub: LiveHub;

const HOME = '127.0.0.1';
const row = (name: string) => raw.collection<{ _id: string }>(name);

beforeAll(async () => {
  store = startStore();
  client = await MongoClient.connect(store.uri);
  raw = client.db(store.databaseName);
  const times = { objectId: 'string', createdAt: 'date', updatedAt: 'date' };
  await raw.collection<Document & { _id: string }>('_SCHEMA').insertMany([
    { _id: 'Note', ...times, text: 'string' },
    { _id: '_User', ...times },
    { _id: '_Session', ...times },
    { _id: '_Role', ...times },
  ]);
  await raw.createCollection('Note', { changeStreamPreAndPostImages: { enabled: true } });
  const uri = new URL(store.uri);
  uri.pathname = `/${store.databaseName}`;
  database = await openMongoDatabase({ uri: uri.href });
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
  hub = createLiveHub({ feed: createGuardedFeed({ database, rules: DEFAULT_ACCESS_RULES }) });
});

beforeEach(async () => {
  for (const name of ['_User', '_Session', '_Role', '_Join:users:_Role', 'Note']) {
    await raw.collection(name).deleteMany({});
  }
  await row('_User').insertOne({ _id: 'ann' });
  const session = { _id: 's1', _session_token: 'r:ann', _p_user: '_User$ann' };
  await row('_Session').insertOne(session);
  await row('_Role').insertOne({ _id: 'r1', ...{ name: 'Editors' } });
  await raw.collection('_Join:users:_Role').insertOne({ relatedId: 'ann', owningId: 'r1' });
  // The stream has told of all this before the test begins.
  await told('_Role', () => row('_Role').updateOne({ _id: 'r1' }, { $set: { seen: true } }));
});

afterAll(async () => {
  hub.close();
  authenticator.close();
  await database.close();
  await client.close();
  await store.close();
});

/** Writes as another program does, and waits until the stream has told of it. */
async function told(collection: AccessCollection, write: () => Promise<unknown>): Promise<void> {
  const heard = new Promise<void>((resolve) => {
    const stop = database.changes.onNotice((notice) => {
      if (notice.kind !== 'accessChanged' || notice.collection !== collection) return;
      stop();
      resolve();
    });
  });
  await write();
  await heard;
}

const authenticate = (sessionToken: string | undefined = 'r:ann') =>
  authenticator.authenticate({ ...NO_CREDENTIALS, applicationId: 'app', sessionToken }, HOME);

async function subscribe(sessionToken?: string): Promise<AsyncIterator<LiveEvent>> {
  const principal =
    sessionToken === undefined
      ? ({ kind: 'anonymous', installationId: undefined } as const)
      : await authenticate(sessionToken);
  const source = hub.sourceFor(authenticator.principalSource(principal));
  const request = { className: 'Note', where: EVERYTHING, events: new Set(LIVE_EVENT_KINDS) };
  return source.subscribe(request)[Symbol.asyncIterator]();
}

async function nextOf(events: AsyncIterator<LiveEvent>): Promise<string> {
  const next = await events.next();
  return next.done === true ? 'end' : `${next.value.kind} ${next.value.object.objectId}`;
}

const note = (_id: string, readers?: readonly string[]) =>
  row('Note').insertOne({ _id, ...(readers && { _rperm: readers }) });

describe('a change by another program', () => {
  it('takes a role away from the next request on', async () => {
    expect(await authenticate()).toMatchObject({ roles: ['Editors'] });
    await told('_Join:users:_Role', () => raw.collection('_Join:users:_Role').deleteMany({}));
    expect(await authenticate()).toMatchObject({ roles: [] });
  });

  it('renames a role from the next request on', async () => {
    await authenticate();
    await told('_Role', () => row('_Role').updateOne({ _id: 'r1' }, { $set: { name: 'Others' } }));
    expect(await authenticate()).toMatchObject({ roles: ['Others'] });
  });

  it('ends a session from the next request on, when it goes or when its user goes', async () => {
    await authenticate();
    await told('_User', () => row('_User').deleteOne({ _id: 'ann' }));
    await expect(authenticate()).rejects.toMatchObject({ body: { code: 209 } });
    await told('_User', () => row('_User').insertOne({ _id: 'ann' }));
    await authenticate();
    await told('_Session', () => row('_Session').deleteOne({ _id: 's1' }));
    await expect(authenticate()).rejects.toMatchObject({ body: { code: 209 } });
  });
});

describe('subscribers', () => {
  it('hear of what they may read, in order, deletes included', async () => {
    const [ann, anybody] = [await subscribe('r:ann'), await subscribe()];
    await note('n1', ['role:Editors']);
    await note('n2');
    await row('Note').deleteOne({ _id: 'n1' });
    await row('Note').deleteOne({ _id: 'n2' });
    const heard = [];
    for (let i = 0; i < 4; i += 1) heard.push(await nextOf(ann));
    expect(heard).toEqual(['create n1', 'create n2', 'delete n1', 'delete n2']);
    expect([await nextOf(anybody), await nextOf(anybody)]).toEqual(['create n2', 'delete n2']);
    await Promise.all([ann.return?.(), anybody.return?.()]);
  });

  it('who lose a role hear nothing for it that is committed afterwards', async () => {
    const ann = await subscribe('r:ann');
    await note('n1', ['role:Editors']);
    expect(await nextOf(ann)).toBe('create n1');
    await raw.collection('_Join:users:_Role').deleteMany({});
    await note('n2', ['role:Editors']);
    await note('n3');
    expect(await nextOf(ann)).toBe('create n3');
    await ann.return?.();
  });

  it('whose session ends are told with 209 at once, without an event', async () => {
    const ann = await subscribe('r:ann');
    const next = ann.next();
    await row('_Session').deleteOne({ _id: 's1' });
    await expect(next).rejects.toMatchObject({ parseCode: 209 });
    expect([hub.subscriptionCount, authenticator.listenerCount]).toEqual([0, 0]);
  });

  it('whose class is closed are told with 119', async () => {
    const anybody = await subscribe();
    const next = anybody.next();
    const closed = { $set: { _metadata: { class_permissions: { find: { ann: true } } } } };
    await raw.collection<{ _id: string }>('_SCHEMA').updateOne({ _id: 'Note' }, closed);
    await expect(next).rejects.toMatchObject({ parseCode: 119 });
    await raw
      .collection<{ _id: string }>('_SCHEMA')
      .updateOne({ _id: 'Note' }, { $unset: { _metadata: 1 } });
  });
});

it('a write of this process is seen by its next request, without waiting for the stream', async () => {
  await authenticate();
  const { catalog } = database;
  const guarded = createGuardedStore({
    store: database.storeFor(catalog),
    catalog,
    principal: await authenticate(),
    rules: DEFAULT_ACCESS_RULES,
    onWritten: (className, objectId) => {
      authenticator.onWritten(className, objectId);
    },
  });
  await guarded.delete({
    className: '_Session',
    objectId: 's1',
    guard: EVERYTHING,
    select: new Set(),
  });
  await expect(authenticate()).rejects.toMatchObject({ body: { code: 209 } });
});
