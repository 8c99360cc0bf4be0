import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClassRow, manyClassRows } from '../support/many-classes.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { openWsClient, type WsClient } from '../support/ws-client.ts';

const CLASS_COUNT = 30;
const QUERY = `${getIntrospectionQuery()} query Mixed { a: __typename __schema { queryType { name } } health }`;
const WHOLE = { query: QUERY, operationName: 'IntrospectionQuery' };
const MIXED = { query: QUERY, operationName: 'Mixed' };
const FAILING = { query: '{ __schema { queryType { name } } node(id: "nonsense") { id } }' };
const REFUSED = { query: '{ __schema { queryType { name } } class5(id: "nonsense") { id } }' };

let gateway: TestGateway;
let keys: Readonly<Record<string, string>>;

beforeAll(async () => {
  gateway = await startGateway({
    seed: async (uri) => {
      const client = await MongoClient.connect(uri);
      const rows = [...manyClassRows(CLASS_COUNT)];
      await client.db().collection<ClassRow>('_SCHEMA').insertMany(rows);
      await client.close();
    },
  });
  keys = {
    'X-Parse-Application-Id': gateway.appId,
    'X-Parse-Master-Key': gateway.masterKey,
  };
});

afterAll(() => gateway.close());

async function post(
  body: object,
  accept: string,
  signal: AbortSignal | null = null,
): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...keys, accept };
  return fetch(gateway.url, { method: 'POST', headers, body: JSON.stringify(body), signal });
}

async function ask(body: object, accept = 'application/json'): Promise<string> {
  return (await post(body, accept)).text();
}

async function connect(): Promise<WsClient> {
  const client = await openWsClient(gateway.wsUrl, keys);
  expect(await client.next()).toEqual({ type: 'connection_ack' });
  return client;
}

describe('the schema', () => {
  it('is told whole over HTTP, to whatever asks for JSON', async () => {
    const whole = await ask(WHOLE);
    const { data } = JSON.parse(whole) as { readonly data: IntrospectionQuery };
    const fields = buildClientSchema(data).getQueryType()?.getFields();
    expect(Object.keys(fields ?? {})).toContain(`class${CLASS_COUNT - 1}s`);
    for (const accept of ['*/*', 'application/graphql-response+json', 'text/html, application/*']) {
      expect(await ask(WHOLE, accept)).toBe(whole);
    }
  });

  it.each(['text/event-stream', 'application/json; charset=latin1, text/event-stream'])(
    'is told as an event to whom accepts %s',
    async (accept) => {
      const events = await ask(WHOLE, accept);
      expect(events).toContain(`event: next\ndata: ${await ask(WHOLE)}\n`);
    },
  );

  it('is told beside other fields, and with the errors of those', async () => {
    expect(await ask(MIXED)).toBe(
      '{"data":{"a":"Query","__schema":{"queryType":{"name":"Query"}},"health":true}}',
    );
    const errors = [{ path: ['node'], extensions: { code: 101 } }];
    const failing: unknown = JSON.parse(await ask(FAILING));
    expect(failing).toMatchObject({
      data: { __schema: { queryType: { name: 'Query' } }, node: null },
      errors,
    });
    expect(JSON.parse(await ask(REFUSED))).toMatchObject({
      data: null,
      errors: [{ path: ['class5'], extensions: { code: 101 } }],
    });
    const client = await connect();
    client.send({ type: 'subscribe', id: '1', payload: FAILING });
    expect((await client.next()).payload).toMatchObject({
      data: { node: null, __schema: {} },
      errors,
    });
    await client.close();
  });

  it('is told over WebSockets as over HTTP, and what is asked meanwhile is answered whole', async () => {
    const client = await connect();
    for (const id of ['1', '2']) client.send({ type: 'subscribe', id, payload: WHOLE });
    client.send({ type: 'subscribe', id: '3', payload: { query: '{ health }' } });
    client.send({ type: 'subscribe', id: '4', payload: MIXED });
    const answers = new Map<string | undefined, unknown>();
    const completed: (string | undefined)[] = [];
    while (completed.length < 4) {
      const { id, type, payload } = await client.next();
      if (type === 'complete') completed.push(id);
      else answers.set(id, payload);
    }
    const whole: unknown = JSON.parse(await ask(WHOLE));
    expect(answers.get('1')).toEqual(whole);
    expect(answers.get('2')).toEqual(whole);
    expect(answers.get('3')).toEqual({ data: { health: true } });
    expect(answers.get('4')).toEqual(JSON.parse(await ask(MIXED)));
    await client.close();
  });

  it('is told to the end to a client that has cancelled, which goes on to ask', async () => {
    const client = await connect();
    client.send({ type: 'subscribe', id: '1', payload: WHOLE });
    client.send({ type: 'complete', id: '1' });
    client.send({ type: 'subscribe', id: '2', payload: { query: '{ health }' } });
    let answer = await client.next();
    while (answer.id !== '2') answer = await client.next();
    expect(answer.payload).toEqual({ data: { health: true } });
    await client.close();
  });

  it('is not told on to whoever has gone', async () => {
    const leaving = new AbortController();
    const response = await post(WHOLE, 'application/json', leaving.signal);
    expect(response.status).toBe(200);
    leaving.abort();
    const client = await connect();
    client.send({ type: 'subscribe', id: '1', payload: WHOLE });
    await client.close();
    expect(await gateway.graphql('{ health }')).toEqual({ data: { health: true } });
  });
});
