import { MongoClient, type Db } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_USERS, userId } from '../../src/cli/demo/accounts.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { openWsClient, type WsClient } from '../support/ws-client.ts';

let test: TestGateway;
let mongo: MongoClient;
let db: Db;

beforeAll(async () => {
  test = await startGateway();
  mongo = await MongoClient.connect(test.uri);
  db = mongo.db();
});

afterAll(async () => {
  await mongo.close();
  await test.close();
});

const [ada, , cleo] = DEMO_USERS;

/** A client whose connection is acknowledged. */
async function connect(parameters: Readonly<Record<string, unknown>> = {}): Promise<WsClient> {
  const client = await openWsClient(test.wsUrl, {
    'X-Parse-Application-Id': test.appId,
    ...parameters,
  });
  expect(await client.next()).toEqual({ type: 'connection_ack' });
  return client;
}

function subscribe(client: WsClient, id: string, query: string, extensions?: object): void {
  client.send({ type: 'subscribe', id, payload: { query, ...(extensions && { extensions }) } });
}

/** Resolves when the hub holds as many subscriptions. */
async function subscriptions(count: number): Promise<void> {
  await expect
    .poll(() => test.gateway.subscriptionCount, { interval: 5, timeout: 5_000 })
    .toBe(count);
}

const NOTES = 'subscription { travelNotes { event node { objectId title } } }';

interface NotePayload {
  readonly data: {
    readonly travelNotes: {
      readonly event: string;
      readonly node: { readonly objectId: string; readonly title: string };
    };
  };
}

async function nextNote(client: WsClient): Promise<string> {
  const { payload } = await client.next();
  const { event, node } = (payload as NotePayload).data.travelNotes;
  return `${event} ${node.objectId} ${node.title}`;
}

describe('a subscription', () => {
  it('hears of what another writer changes in the database', async () => {
    const client = await connect();
    subscribe(client, '1', NOTES);
    await subscriptions(1);
    const now = new Date();
    const notes = db.collection<{ _id: string; title: string }>('TravelNote');
    const row = { title: 'from afar', _created_at: now, _updated_at: now };
    await notes.insertOne({ _id: 'elsewhere1', ...row });
    await notes.updateOne({ _id: 'elsewhere1' }, { $set: { title: 'changed' } });
    expect(await nextNote(client)).toMatch(/^CREATE elsewhere1 from afar$/i);
    expect(await nextNote(client)).toMatch(/^UPDATE elsewhere1 changed$/i);
    await client.close();
    await subscriptions(0);
  });

  it('hears of a mutation of another client, and only of what its user may read', async () => {
    const asAda = await connect({ 'x-parse-session-token': ada!.sessionToken });
    const asNobody = await connect();
    subscribe(asAda, 'a', NOTES);
    subscribe(asNobody, 'n', NOTES);
    await subscriptions(2);
    const create = `mutation ($title: String!, $acl: ACLInput) {
      createTravelNote(input: {fields: {title: $title, ACL: $acl}}) { travelNote { objectId } }
    }`;
    const asUser = { 'x-parse-session-token': ada!.sessionToken };
    const own = { users: [{ userId: userId('ada'), read: true, write: true }] };
    const secret = await test.graphql(create, { title: 'secret', acl: own }, asUser);
    const open = await test.graphql(create, { title: 'open' }, asUser);
    expect([secret.errors, open.errors]).toEqual([undefined, undefined]);
    expect(await nextNote(asAda)).toMatch(/secret$/);
    expect(await nextNote(asAda)).toMatch(/open$/);
    expect(await nextNote(asNobody)).toMatch(/open$/);
    await asAda.close();
    await asNobody.close();
    await subscriptions(0);
  });

  it('ends when its client completes it', async () => {
    const client = await connect();
    subscribe(client, '1', NOTES);
    await subscriptions(1);
    client.send({ type: 'complete', id: '1' });
    await subscriptions(0);
    await client.close();
  });
});

describe('a query over a WebSocket', () => {
  it('is answered as over HTTP', async () => {
    const client = await connect();
    subscribe(client, 'q', '{ country(id: "nowhere") { name } }');
    const { payload } = await client.next();
    expect(payload).toMatchObject({ errors: [{ extensions: { code: 101 } }] });
    expect(JSON.stringify(payload)).not.toContain('stack');
    await client.close();
  });

  it('runs as the user that its own extensions name, as GraphiQL sends them', async () => {
    const client = await connect();
    const headers = { 'X-Parse-Session-Token': cleo!.sessionToken };
    subscribe(client, 'q', '{ viewer { user { username } } }', { headers });
    expect((await client.next()).payload).toEqual({
      data: { viewer: { user: { username: 'cleo' } } },
    });
    await client.close();
  });

  it.each([
    ['an unknown field', '{ nothing }', 102],
    ['a syntax error', '{', 102],
    ['introspection', '{ __schema { queryType { name } } }', 119],
    ['ten thousand braces', '{a'.repeat(10_000), 102],
  ])('is refused with a code for %s', async (_title, query, code) => {
    const client = await connect();
    subscribe(client, 'q', query);
    expect(await client.next()).toMatchObject({
      type: 'error',
      id: 'q',
      payload: [{ extensions: { code } }],
    });
    await client.close();
  });

  it('is refused once the session is over, and the connection stays', async () => {
    const client = await connect();
    const headers = { 'X-Parse-Session-Token': 'r:00000000000000000000000000000000' };
    subscribe(client, 'q', '{ health }', { headers });
    expect(await client.next()).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 209 } }],
    });
    subscribe(client, 'r', '{ health }');
    expect((await client.next()).payload).toEqual({ data: { health: true } });
    await client.close();
  });
});

describe('a connection is closed', () => {
  it.each([
    ['without an application id', {}],
    [
      'with a session that is none',
      { 'X-Parse-Application-Id': 'test-app', 'X-Parse-Session-Token': 'r:x' },
    ],
    [
      'with a token that is an operator',
      { 'X-Parse-Application-Id': 'test-app', 'X-Parse-Session-Token': { $ne: 1 } },
    ],
  ])('with 4403 %s', async (_title, parameters) => {
    const client = await openWsClient(test.wsUrl, parameters);
    expect(await client.closed).toBe(4403);
  });

  it('with 4400 for what is no message', async () => {
    const client = await connect();
    client.send('{"type":"nonsense"}');
    expect(await client.closed).toBe(4400);
  });

  it('with 4401 when it subscribes before it is acknowledged', async () => {
    const client = await openWsClient(test.wsUrl);
    subscribe(client, '1', NOTES);
    expect(await client.closed).toBe(4401);
  });

  it('with 4409 when an id is used twice', async () => {
    const client = await connect();
    subscribe(client, '1', NOTES);
    subscribe(client, '1', NOTES);
    expect(await client.closed).toBe(4409);
    await subscriptions(0);
  });

  it('with 4429 when it begins twice', async () => {
    const client = await connect();
    client.send({ type: 'connection_init', payload: {} });
    expect(await client.closed).toBe(4429);
  });

  it('with 1009 when a message is larger than a request may be', async () => {
    const client = await connect();
    client.send('x'.repeat(2_000_000));
    expect(await client.closed).toBe(1009);
  });
});

describe('an upgrade', () => {
  it('is refused elsewhere than at the API', async () => {
    await expect(openWsClient(`${test.wsUrl}/other`)).rejects.toThrow('404');
  });
});
