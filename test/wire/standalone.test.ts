import { rm } from 'node:fs/promises';
import { MongoClient, type Db } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_USERS } from '../../src/cli/demo/accounts.ts';
import { createStore, type Store } from '../../src/embedded/create-store.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { temporaryDirectory } from '../support/store-location.ts';
import { openWsClient } from '../support/ws-client.ts';

const CACHE_MS = 1_500;

let dataDirectory: string;
let store: Store;
let test: TestGateway;
let mongo: MongoClient;
let db: Db;

beforeAll(async () => {
  dataDirectory = await temporaryDirectory();
  store = await createStore({ dataDirectory, standalone: true });
  test = await startGateway({ uri: store.uri, settings: { cacheTTL: String(CACHE_MS) } });
  mongo = await MongoClient.connect(test.uri);
  db = mongo.db();
});

afterAll(async () => {
  await mongo.close();
  await test.close();
  await store.close();
  await rm(dataDirectory, { recursive: true, force: true });
});

const [ada, ben] = DEMO_USERS;
const asAda = { 'x-parse-session-token': ada!.sessionToken };

const CREATE = `mutation ($title: String!) {
  createTravelNote(input: {fields: {title: $title}}) { travelNote { id objectId title } }
}`;
const TITLES = `query ($title: String!) {
  travelNotes(where: {title: {equalTo: $title}}) { edges { node { title } } }
}`;

async function titled(title: string): Promise<unknown> {
  const { data, errors } = await test.graphql(TITLES, { title }, asAda);
  expect(errors).toBeUndefined();
  return data;
}

const found = (...titles: string[]) => ({
  travelNotes: { edges: titles.map((title) => ({ node: { title } })) },
});

describe('a gateway on a standalone server', () => {
  it('reads, creates, updates and deletes', async () => {
    const created = await test.graphql(CREATE, { title: 'alone' }, asAda);
    expect(created.errors).toBeUndefined();
    expect(await titled('alone')).toEqual(found('alone'));
    const { travelNote } = (created.data as { createTravelNote: { travelNote: { id: string } } })
      .createTravelNote;
    const updated = await test.graphql(
      `mutation ($id: ID!) {
        updateTravelNote(input: {id: $id, fields: {title: "still alone"}}) { travelNote { title } }
      }`,
      { id: travelNote.id },
      asAda,
    );
    expect(updated.errors).toBeUndefined();
    expect(await titled('still alone')).toEqual(found('still alone'));
    const deleted = await test.graphql(
      'mutation ($id: ID!) { deleteTravelNote(input: {id: $id}) { travelNote { title } } }',
      { id: travelNote.id },
      asAda,
    );
    expect(deleted.errors).toBeUndefined();
    expect(await titled('still alone')).toEqual(found());
  });

  it('reads relations and pointers of a page', async () => {
    const { data, errors } = await test.graphql(
      `{ countries(first: 2, order: [name_ASC]) { edges { node {
        name capital { name } languages(first: 1) { edges { node { name } } }
      } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      countries: { edges: [{ node: { capital: { name: expect.any(String) as string } } }, {}] },
    });
  });

  it('serves a changed class a second later, without a change stream', async () => {
    const question = '{ travelNotes(first: 1) { edges { node { weather } } } }';
    expect((await test.graphql(question)).errors).toMatchObject([
      { message: expect.stringContaining('Cannot query field') as string },
    ]);
    const schemas = db.collection<{ _id: string; weather?: string }>('_SCHEMA');
    await schemas.updateOne({ _id: 'TravelNote' }, { $set: { weather: 'string' } });
    await expect
      .poll(async () => (await test.graphql(question)).errors, { interval: 20, timeout: 2_500 })
      .toBeUndefined();
  });

  it('refuses a subscription at once, and says what it needs', async () => {
    const client = await openWsClient(test.wsUrl, { 'X-Parse-Application-Id': test.appId });
    expect(await client.next()).toEqual({ type: 'connection_ack' });
    const query = 'subscription { travelNotes { event } }';
    client.send({ type: 'subscribe', id: '1', payload: { query } });
    const refusal = await client.next();
    expect(refusal).toMatchObject({
      type: 'next',
      id: '1',
      payload: {
        data: null,
        errors: [
          {
            message: expect.stringMatching(/change streams.*standalone.*replica set/) as string,
            extensions: { code: 102 },
          },
        ],
      },
    });
    expect(await client.next()).toEqual({ type: 'complete', id: '1' });
    expect(test.gateway.subscriptionsUnavailable).toContain('replica set');
    expect(test.gateway.subscriptionCount).toBe(0);
    await client.close();
  });

  it('believes a session for the time of its cache and no longer', async () => {
    const headers = { 'x-parse-session-token': ben!.sessionToken };
    const asBen = () => test.graphql('{ travelNotes(first: 1) { count } }', {}, headers);
    const startedAt = performance.now();
    expect((await asBen()).errors).toBeUndefined();
    const sessions = db.collection('_Session');
    expect((await sessions.deleteMany({ _session_token: ben!.sessionToken })).deletedCount).toBe(1);
    expect((await asBen()).errors).toBeUndefined();
    await expect
      .poll(async () => (await asBen()).errors?.[0]?.extensions['code'], {
        interval: 20,
        timeout: CACHE_MS + 1_000,
      })
      .toBe(209);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(CACHE_MS);
  });
});
