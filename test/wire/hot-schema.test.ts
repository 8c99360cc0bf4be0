import { MongoClient, type Db } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seedGoldenWorld } from '../golden/seed-golden-world.ts';
import { startGateway, type GraphqlBody, type TestGateway } from '../support/start-gateway.ts';
import { startParseServer } from '../support/start-parse-server.ts';
import { startOwnStore, type OwnStore } from '../support/start-store.ts';
import { openWsClient } from '../support/ws-client.ts';

type Row = Readonly<Record<string, unknown>> & { readonly _id: string };

const SERVED_WITHIN_MS = 1_000;
const BUDGETS = '{ teams(order: [name_ASC]) { edges { node { budget } } } }';
const COUNTED_BUDGETS = '{ teams(order: [name_ASC]) { count edges { node { budget } } } }';

let store: OwnStore;
let gateway: TestGateway;
let client: MongoClient;
let db: Db;

// A store of its own: fail points hold back commands of whoever connects.
beforeAll(async () => {
  store = await startOwnStore();
});

afterAll(async () => {
  await store.close();
});

beforeEach(async () => {
  gateway = await startGateway({ uri: store.uri, seed: seedGoldenWorld });
  client = await MongoClient.connect(gateway.uri);
  db = client.db();
});

afterEach(async () => {
  await db.dropDatabase();
  await client.close();
  await gateway.close();
});

function ask(query: string): Promise<GraphqlBody> {
  return gateway.graphql(query, undefined, { 'x-parse-master-key': gateway.masterKey });
}

/** How long it took, in milliseconds, until a document was accepted, or refused. */
async function servedAfter(query: string, isAccepted = true): Promise<number> {
  const startMs = performance.now();
  while (((await ask(query)).errors === undefined) !== isAccepted);
  return performance.now() - startMs;
}

async function changeClass(className: string, update: object): Promise<void> {
  await db.collection<Row>('_SCHEMA').updateOne({ _id: className }, update);
}

describe('a change of the stored schema', () => {
  it('by another program is served within a second: a class, a column, the end of both', async () => {
    const planets = '{ planets { count } }';
    expect((await ask(planets)).errors).toBeDefined();
    await db.collection<Row>('_SCHEMA').insertOne({ _id: 'Planet', objectId: 'string' });
    expect(await servedAfter(planets)).toBeLessThan(SERVED_WITHIN_MS);
    await changeClass('Team', { $set: { motto: 'string' } });
    expect(await servedAfter('{ teams { edges { node { motto } } } }')).toBeLessThan(
      SERVED_WITHIN_MS,
    );
    await changeClass('Team', { $unset: { budget: '' } });
    expect(await servedAfter(BUDGETS, false)).toBeLessThan(SERVED_WITHIN_MS);
    await db.collection<Row>('_SCHEMA').deleteOne({ _id: 'Planet' });
    expect(await servedAfter(planets, false)).toBeLessThan(SERVED_WITHIN_MS);
  });

  it('of the GraphQL configuration is served within a second', async () => {
    const config = { enabledForClasses: ['Team', 'Employee'] };
    await db
      .collection<{ readonly _id: number; readonly config: object }>('_GraphQLConfig')
      .insertOne({ _id: 1, config });
    expect(await servedAfter('{ countries { count } }', false)).toBeLessThan(SERVED_WITHIN_MS);
    expect((await ask(BUDGETS)).errors).toBeUndefined();
  });

  it('by Parse Server is served within a second', async () => {
    const parseServer = await startParseServer({ databaseURI: gateway.uri });
    try {
      const response = await fetch(`${parseServer.restUrl}/schemas/Comet`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-parse-application-id': parseServer.appId,
          'x-parse-master-key': parseServer.masterKey,
        },
        body: JSON.stringify({ className: 'Comet', fields: { tail: { type: 'Number' } } }),
      });
      expect(response.status).toBe(200);
      expect(await servedAfter('{ comets { edges { node { tail } } } }')).toBeLessThan(
        SERVED_WITHIN_MS,
      );
    } finally {
      await parseServer.close();
    }
  }, 90_000);

  it('is asked for by no request: a read is its own command and nothing else', async () => {
    await changeClass('Team', { $set: { motto: 'string' } });
    await servedAfter('{ teams { edges { node { motto } } } }');
    gateway.takeCommands();
    await ask(BUDGETS);
    await ask('{ classes { name } }');
    await ask('{ __schema { queryType { name } } }');
    const commands = gateway.takeCommands();
    expect(commands.map(({ name, collection }) => `${name} ${collection}`)).toEqual(['find Team']);
  });

  it('leaves a running request on the schema it began with', async () => {
    // The count is held back; the rows come at once, and show that the request is under way.
    const data = { failCommands: ['aggregate'], blockConnection: true, blockTimeMS: 1_500 };
    await client
      .db('admin')
      .command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data });
    let isDone = false;
    const running = ask(COUNTED_BUDGETS).finally(() => {
      isDone = true;
    });
    await expect.poll(() => gateway.takeCommands().length, { interval: 5 }).toBe(1);
    await changeClass('Team', { $unset: { budget: '' } });
    await servedAfter(BUDGETS, false);
    expect(isDone).toBe(false);
    const edges = [10, 0, 20, 30].map((budget) => ({ node: { budget } }));
    expect(await running).toEqual({ data: { teams: { count: 4, edges } } });
    expect((await ask(BUDGETS)).errors?.[0]?.message).toContain('budget');
  });

  it('leaves a running subscription open, on the schema it began with', async () => {
    const socket = await openWsClient(gateway.wsUrl, {
      'X-Parse-Application-Id': gateway.appId,
      'X-Parse-Master-Key': gateway.masterKey,
    });
    await socket.next();
    const query = 'subscription { teams { event node { name budget } } }';
    socket.send({ type: 'subscribe', id: '1', payload: { query } });
    await expect.poll(() => gateway.gateway.subscriptionCount, { interval: 5 }).toBe(1);
    await changeClass('Team', { $set: { motto: 'string' } });
    await servedAfter('{ teams { edges { node { motto } } } }');
    await db.collection<Row>('Team').updateOne({ _id: 'red' }, { $set: { budget: 31 } });
    const event = { event: 'UPDATE', node: { name: 'red', budget: 31 } };
    expect(await socket.next()).toEqual({
      id: '1',
      type: 'next',
      payload: { data: { teams: event } },
    });
    await socket.close();
  });
});
