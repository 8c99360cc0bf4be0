import { MongoClient, type Db, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { openWsClient, type WsClient } from '../support/ws-client.ts';
import {
  codesOf,
  connect,
  expectRefused,
  firstAnswer,
  seedAdvisoryWorld,
} from './advisory-world.ts';

let test: TestGateway;
let mongo: MongoClient;
let raw: Db;

const ANN_TOKEN = { 'X-Parse-Session-Token': 'r:ann' };
const BOB_TOKEN = { 'X-Parse-Session-Token': 'r:bob' };

beforeAll(async () => {
  test = await startGateway({ seed: seedAdvisoryWorld });
  mongo = await MongoClient.connect(test.uri);
  raw = mongo.db();
});
afterAll(async () => {
  await mongo.close();
  await test.close();
});

const change = (collection: string, _id: string, $set: Document) =>
  raw.collection<{ _id: string }>(collection).updateOne({ _id }, { $set });

/** Sockets of these callers, each subscribed to the same document. */
async function subscribeAll(
  query: string,
  callers: readonly Readonly<Record<string, unknown>>[],
): Promise<readonly WsClient[]> {
  const clients: WsClient[] = [];
  for (const caller of callers) {
    const client = await connect(test, caller);
    client.send({ type: 'subscribe', id: '1', payload: { query } });
    clients.push(client);
  }
  await expect.poll(() => test.gateway.subscriptionCount, { timeout: 5_000 }).toBe(callers.length);
  return clients;
}

async function closeAll(clients: readonly WsClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.close()));
  await expect.poll(() => test.gateway.subscriptionCount, { timeout: 5_000 }).toBe(0);
}

const payloadOf = async (client: WsClient) => JSON.stringify((await client.next()).payload);

describe('a subscription is no way around', () => {
  it.each([
    // GHSA-j7mm-f4rv-6q6q
    ['a protected column', 'subscription { notes(where: { secret: { equalTo: "a" } }) { event } }'],
    [
      'a protected column inside OR',
      'subscription { notes(where: { OR: [{ secret: { matchesRegex: "^s" } }] }) { event } }',
    ],
    // GHSA-7ch5-98q2-7289
    ['a class that may not be found', 'subscription { closeds { event } }'],
  ])('to %s', async (_title, document) => {
    const client = await connect(test, ANN_TOKEN);
    expectRefused(await firstAnswer(client, document));
    await client.close();
  });

  // GHSA-fph2-r4qg-9576, GHSA-97pr-9hgg-3p8r
  it('pointer permissions and a changed ACL hold for events, before and after', async () => {
    const client = await connect(test, ANN_TOKEN);
    const query = 'subscription { owneds { event node { objectId title } } }';
    client.send({ type: 'subscribe', id: '1', payload: { query } });
    await expect.poll(() => test.gateway.subscriptionCount, { timeout: 5_000 }).toBe(1);
    const owned = mongo.db().collection<{ _id: string }>('Owned');
    await owned.updateOne({ _id: 'o2' }, { $set: { title: "bob's second" } });
    await owned.updateOne({ _id: 'o1' }, { $set: { title: 'for bob only', _rperm: ['bob'] } });
    await owned.updateOne({ _id: 'o1' }, { $set: { title: 'again' }, $unset: { _rperm: '' } });
    const seen: string[] = [];
    while (!seen.some((text) => text.includes('again'))) {
      seen.push(JSON.stringify((await client.next()).payload));
    }
    expect(seen.join(' ')).not.toMatch(/bob's|for bob/);
    await client.close();
  });

  // GHSA-vgjh-hmwf-c588
  it.each([[{ $gt: '' }], [{ $ne: null }], [['r:ann']], [7], [true]])(
    'nor is a session token that is %j',
    async (token) => {
      const client = await openWsClient(test.wsUrl, {
        'X-Parse-Application-Id': test.appId,
        'X-Parse-Session-Token': token,
      });
      expect(await client.closed).toBeGreaterThanOrEqual(4400);
    },
  );

  // GHSA-qpc3-fg4j-8hgm
  it('a change of a protected column looks like one of none', async () => {
    const query = 'subscription { notes { event node { objectId title secret vault updatedAt } } }';
    const [ann] = await subscribeAll(query, [ANN_TOKEN]);
    const at = new Date('2025-01-01T00:00:00.000Z');
    await change('Note', 'n1', { title: 'one', _updated_at: at });
    await change('Note', 'n1', { secret: 'changed', vault: { code: 9 }, _updated_at: at });
    const plain = await payloadOf(ann!);
    expect(plain).toContain('"secret":null');
    expect(await payloadOf(ann!)).toBe(plain);
    await closeAll([ann!]);
  });

  it('nor can a protected column be watched', async () => {
    const client = await connect(test, ANN_TOKEN);
    for (const argument of ['watch: [secret]', 'watch: ["secret"]', 'fields: ["secret"]']) {
      const answer = await firstAnswer(client, `subscription { notes(${argument}) { event } }`);
      expect(codesOf(answer)).toEqual([102]);
    }
    await client.close();
  });

  // GHSA-m983-v2ff-wq65, GHSA-5hmj-jcgp-6hff
  it('what one subscriber may see of an event is not what the next one sees', async () => {
    const query = 'subscription { notes { node { objectId secret } } }';
    const master = { 'X-Parse-Master-Key': test.masterKey };
    const clients = await subscribeAll(query, [ANN_TOKEN, master, BOB_TOKEN, master, {}]);
    await change('Note', 'n2', { title: 'two, changed' });
    const seen = await Promise.all(clients.map(payloadOf));
    expect(seen.map((text) => text.includes('opensesame'))).toEqual([
      false,
      true,
      false,
      true,
      false,
    ]);
    expect(seen.every((text) => text.includes('"objectId":"n2"'))).toBe(true);
    await closeAll(clients);
  });

  // GHSA-9jpp-xhh6-75mf
  it('callers with the same roles and the same document are told apart', async () => {
    const query = 'subscription { owneds { node { objectId } } }';
    const clients = await subscribeAll(query, [ANN_TOKEN, BOB_TOKEN]);
    await change('Owned', 'o2', { title: 'for bob' });
    await change('Owned', 'o1', { title: 'for ann' });
    await change('Owned', 'o2', { title: 'for bob again' });
    const [ann, bob] = clients;
    expect(await payloadOf(ann!)).toContain('"objectId":"o1"');
    expect(await payloadOf(bob!)).toContain('"objectId":"o2"');
    expect(await payloadOf(bob!)).toContain('"objectId":"o2"');
    await closeAll(clients);
  });

  // GHSA-crrq-vr9j-fxxh
  it('events of users and sessions tell no token, password or address of others', async () => {
    const users = 'subscription { users { node { objectId username email authDataResponse } } }';
    const [ann] = await subscribeAll(users, [ANN_TOKEN]);
    await change('_User', 'bob', { username: 'bob', _hashed_password: '$2b$10$other' });
    const seen = await payloadOf(ann!);
    expect(seen).toContain('"objectId":"bob"');
    expect(seen).not.toMatch(/bob@|\$2b\$|r:bob/);
    await closeAll([ann!]);
    const sessions = 'subscription { sessions { node { objectId sessionToken } } }';
    const anybody = await connect(test);
    expectRefused(await firstAnswer(anybody, sessions), 209);
    await anybody.close();
    const [own] = await subscribeAll(sessions, [ANN_TOKEN]);
    await change('_Session', 'sbob', { installationId: 'i2' });
    await change('_Session', 'sann', { installationId: 'i1' });
    const ofOwn = await payloadOf(own!);
    expect(ofOwn).toContain('"objectId":"sann"');
    expect(ofOwn).not.toContain('bob');
    await closeAll([own!]);
  });
});
