import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type GraphqlBody, type TestGateway } from '../support/start-gateway.ts';

let test: TestGateway;

beforeAll(async () => {
  test = await startGateway();
});

afterAll(async () => {
  await test.close();
});

interface Answer {
  readonly status: number;
  readonly body: GraphqlBody;
  readonly ms: number;
}

async function post(body: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const startMs = performance.now();
  const response = await fetch(test.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-parse-application-id': test.appId,
      ...headers,
    },
    body,
  });
  const parsed = (await response.json()) as GraphqlBody;
  return { status: response.status, body: parsed, ms: performance.now() - startMs };
}

function send(query: string, variables?: unknown): Promise<Answer> {
  return post(JSON.stringify({ query, variables }));
}

/** An error with one of Parse's codes, no more than that, and no failure of the server. */
function expectRefusal({ status, body }: Answer, code: number): void {
  expect(status).toBeLessThan(500);
  expect(body.errors?.map(({ extensions }) => extensions)).toEqual([{ code }]);
  expect(JSON.stringify(body)).not.toMatch(/\bat .+\.(ts|js):\d+/);
}

/** Long for an answer, short for an attack; the machine may be busy. */
const QUICK_MS = 2_000;

const MEGABYTE = 1_000_000;
const fragments = Array.from(
  { length: 40 },
  (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`,
).join(' ');

describe('a document made to be dear is refused at once:', () => {
  it.each([
    ['1 MB of nested braces', '{a'.repeat(MEGABYTE / 2), 102],
    ['1 MB of opening brackets', `{a(b:${'['.repeat(MEGABYTE)}`, 102],
    ['1 MB of fields', `{${'a '.repeat(MEGABYTE / 2)}}`, 102],
    ['1 MB of one name', `{${'a'.repeat(MEGABYTE)}}`, 102],
    ['1 MB of an unended string', `{a(b:"${'x'.repeat(MEGABYTE)}`, 102],
    ['the same field 9,000 times', `{${'health '.repeat(9_000)}}`, 102],
    [
      'fragments that double forty times',
      `{...F0} ${fragments} fragment F40 on Query { health }`,
      102,
    ],
    ['a fragment that spreads itself', '{...F} fragment F on Query { ...F health }', 102],
    ['60 levels of fields', `${'{node(id:"x")'.repeat(60)}{id}${'}'.repeat(60)}`, 102],
  ])('%s', async (_title, query, code) => {
    const answer = await send(query);
    expectRefusal(answer, code);
    expect(answer.ms).toBeLessThan(QUICK_MS);
  });
});

describe('a body that is no request is refused:', () => {
  const plain = { 'content-type': 'text/plain' };
  const large = `{"query": "{health}", "x": "${'x'.repeat(2 * MEGABYTE)}"}`;

  it.each([
    { what: 'no JSON', body: '{"query": ', status: 400, code: 107 },
    { what: 'nothing', body: '', status: 400, code: 107 },
    { what: 'a number', body: '7', status: 400, code: 107 },
    { what: 'a query that is an object', body: '{"query": {"a": 1}}', status: 400, code: 107 },
    {
      what: 'variables that are a list',
      body: '{"query": "{health}", "variables": [1]}',
      status: 400,
      code: 107,
    },
    { what: 'a batch', body: '[{"query": "{health}"}]', status: 400, code: 107 },
    {
      what: 'another content type',
      body: '{"query": "{health}"}',
      headers: plain,
      status: 415,
      code: 107,
    },
    { what: 'more than 1 MB', body: large, status: 413, code: 116 },
  ])('$what', async ({ body, headers, status, code }) => {
    const answer = await post(body, headers);
    expectRefusal(answer, code);
    expect(answer.status).toBe(status);
  });

  it('more than 1 MB without saying so before', async () => {
    const status = await new Promise<number | string>((resolve) => {
      const sending = request(test.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-parse-application-id': test.appId },
      });
      sending.on('response', (response) => {
        resolve(response.statusCode ?? 0);
        sending.destroy();
      });
      sending.on('error', (error) => {
        resolve(error.message);
      });
      for (let part = 0; part < 8; part += 1) sending.write('x'.repeat(MEGABYTE / 4));
      sending.end();
    });
    expect(status).toBe(413);
  });
});

describe('values made to hurt are refused:', () => {
  const where = 'query ($where: CityWhereInput) { cities(where: $where) { count } }';
  it.each([
    ['a filter of unknown fields', where, { where: { $where: 'sleep(1)' } }, 102],
    [
      'a list of 50,000 values',
      where,
      { where: { name: { in: Array.from({ length: 50_000 }, String) } } },
      102,
    ],
    ['an operator as a value', where, { where: { name: { equalTo: { $gt: '' } } } }, 102],
    ['an absurd limit', '{ cities(first: -1) { edges { node { name } } } }', {}, 102],
    ['a number beyond all bounds', '{ cities(first: 99999999999999) { count } }', {}, 102],
    ['a cursor that is none', '{ cities(after: "%%%") { edges { node { name } } } }', {}, 102],
    ['a pattern that is none', where, { where: { name: { matchesRegex: '(' } } }, 102],
    ['an id that is none', '{ city(id: "") { name } }', {}, 101],
    ['an id of 100,000 characters', `{ city(id: "${'x'.repeat(100_000)}") { name } }`, {}, 101],
  ])('%s', async (_title, query, variables, code) => {
    const answer = await send(query, variables);
    expectRefusal(answer, code);
    expect(answer.ms).toBeLessThan(QUICK_MS);
  });

  it('a filter nested 5,000 times', async () => {
    const deep = `${'{"OR":['.repeat(5_000)}${']}'.repeat(5_000)}`;
    const body = `{"query": ${JSON.stringify(where)}, "variables": {"where": ${deep}}}`;
    expectRefusal(await post(body), 102);
  });

  it('a $-key in an Object value', async () => {
    const create = `mutation ($details: Object) {
      createTravelNote(input: {fields: {title: "x", details: $details}}) { clientMutationId }
    }`;
    const headers = { 'x-parse-master-key': test.masterKey };
    const answer = await post(
      JSON.stringify({ query: create, variables: { details: { $set: { a: 1 } } } }),
      headers,
    );
    expectRefusal(answer, 121);
  });
});

it('the gateway still answers after all of this', async () => {
  expect(await test.graphql('{ health }')).toEqual({ data: { health: true } });
});
