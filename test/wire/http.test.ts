import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_USERS } from '../../src/cli/demo/accounts.ts';
import { startGateway, type GraphqlBody, type TestGateway } from '../support/start-gateway.ts';

let test: TestGateway;

beforeAll(async () => {
  test = await startGateway();
});

afterAll(async () => {
  await test.close();
});

/** A request as a client makes it, with the application id unless it is taken away. */
function send(init: RequestInit, path = ''): Promise<Response> {
  const headers = new Headers({ 'x-parse-application-id': test.appId });
  new Headers(init.headers).forEach((value, name) => {
    headers.set(name, value);
  });
  return fetch(`${test.url}${path}`, { ...init, headers });
}

function post(body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return send({
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

async function bodyOf(response: Response): Promise<GraphqlBody & Record<string, unknown>> {
  return (await response.json()) as GraphqlBody & Record<string, unknown>;
}

describe('a request', () => {
  it('is answered from the database, at a known number of commands', async () => {
    await test.graphql('{ health }');
    test.takeCommands();
    const { data } = await test.graphql(
      '{ countries(first: 3, order: [name_ASC]) { edges { node { name capital { name } } } } }',
    );
    expect(data).toEqual({
      countries: {
        edges: [
          { node: { name: 'Afghanistan', capital: { name: 'Kabul' } } },
          { node: { name: 'Albania', capital: { name: 'Tirana' } } },
          { node: { name: 'Algeria', capital: { name: 'Algiers' } } },
        ],
      },
    });
    expect(test.takeCommands().map(({ collection }) => collection)).toEqual(['Country', 'City']);
  });

  it('can be a GET, but not with a mutation', async () => {
    const query = await send({ method: 'GET' }, '?query=%7Bhealth%7D');
    expect(await bodyOf(query)).toEqual({ data: { health: true } });
    const mutation = encodeURIComponent(
      'mutation { createTravelNote(input: {fields: {title: "x"}}) { clientMutationId } }',
    );
    expect((await send({ method: 'GET' }, `?query=${mutation}`)).status).toBe(405);
  });

  it('is answered with 403 without the application id, and with 400 for a session that is none', async () => {
    const body = JSON.stringify({ query: '{ health }' });
    const nobody = await post(body, { 'x-parse-application-id': 'another' });
    expect(nobody.status).toBe(403);
    expect(await bodyOf(nobody)).toMatchObject({
      error: 'unauthorized',
      errors: [{ message: 'unauthorized' }],
    });
    const stranger = await post(body, { 'x-parse-session-token': 'r:none' });
    expect(stranger.status).toBe(400);
    expect(await bodyOf(stranger)).toMatchObject({
      code: 209,
      error: 'Invalid session token',
      errors: [{ extensions: { code: 209 } }],
    });
  });

  it('sees what its session may see', async () => {
    const [ada, , cleo] = DEMO_USERS;
    const titles = async (headers: Readonly<Record<string, string>>) => {
      const { data } = await test.graphql('{ travelNotes { count } }', {}, headers);
      return (data?.['travelNotes'] as { readonly count: number }).count;
    };
    const anonymous = await titles({});
    const asCleo = await titles({ 'x-parse-session-token': cleo!.sessionToken });
    const asAda = await titles({ 'x-parse-session-token': ada!.sessionToken });
    const asMaster = await titles({ 'x-parse-master-key': test.masterKey });
    expect([anonymous < asCleo, asCleo < asAda, asAda < asMaster]).toEqual([true, true, true]);
  });

  it('is read with Basic authentication as Parse Server reads it', async () => {
    const basic = Buffer.from(`${test.appId}:${test.masterKey}`).toString('base64');
    const response = await fetch(test.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Basic ${basic}` },
      body: JSON.stringify({ query: '{ travelNotes { count } }' }),
    });
    expect(await bodyOf(response)).toEqual({ data: { travelNotes: { count: 36 } } });
  });
});

describe('an error', () => {
  it.each([
    ['a syntax error', { query: '{ health' }, 102],
    ['an unknown field', { query: '{ nothing }' }, 102],
    [
      'a variable of the wrong type',
      { query: 'query ($n: Int) { countries(first: $n) { count } }', variables: { n: 'x' } },
      102,
    ],
    ['an object that is not there', { query: '{ country(id: "nowhere") { name } }' }, 101],
    [
      'a refused write',
      { query: 'mutation { createCity(input: {fields: {name: "x"}}) { clientMutationId } }' },
      119,
    ],
  ])('has Parse’s code and no stack: %s', async (_title, request, code) => {
    const body = await bodyOf(await post(JSON.stringify(request)));
    expect(body.errors?.map(({ extensions }) => extensions)).toEqual([{ code }]);
  });

  it('suggests nothing to those who may not read the schema', async () => {
    const query = '{ countrie { count } }';
    const anonymous = await test.graphql(query);
    expect(anonymous.errors?.[0]?.message).toBe('Cannot query field "countrie" on type "Query".');
    const master = await test.graphql(query, {}, { 'x-parse-master-key': test.masterKey });
    expect(master.errors?.[0]?.message).toContain('Did you mean');
  });
});

describe('introspection', () => {
  const query = '{ q: __schema { queryType { name } } }';

  it('is refused by default, however it is spelled, and open to the master key', async () => {
    for (const document of [
      query,
      'query { ...F } fragment F on Query { __type(name: "City") { name } }',
    ]) {
      const response = await post(JSON.stringify({ query: document }));
      expect([response.status, (await bodyOf(response)).errors?.[0]?.extensions]).toEqual([
        403,
        { code: 119 },
      ]);
    }
    const master = await test.graphql(query, {}, { 'x-parse-master-key': test.masterKey });
    expect(master).toEqual({ data: { q: { queryType: { name: 'Query' } } } });
  });

  it('leaves __typename to everybody', async () => {
    expect(await test.graphql('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
  });
});

describe('browsers', () => {
  it('are told what Parse Server tells them', async () => {
    const preflight = await fetch(test.url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-parse-application-id, content-type',
      },
    });
    expect(preflight.ok).toBe(true);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toContain(
      'x-parse-session-token',
    );
    const refusal = await post('{}', {
      'x-parse-application-id': 'another',
      origin: 'https://app.example.com',
    });
    expect(refusal.headers.get('access-control-allow-origin')).not.toBeNull();
  });

  it('get GraphiQL without an application id, made for the classes at hand', async () => {
    const page = await fetch(test.url, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await page.text();
    expect(html).toContain('countries(first: 5');
    expect(html).not.toMatch(/<(script|link)[^>]+(src|href)="?https?:/);
  });
});

describe('GET /health', () => {
  it('says that the database answers', async () => {
    const response = await fetch(new URL('/health', test.url));
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  });
});

describe('a changed class', () => {
  it('is served without a restart', async () => {
    const client = await MongoClient.connect(test.uri);
    const rows = client.db().collection<{ _id: string }>('_SCHEMA');
    await rows.updateOne({ _id: 'Language' }, { $set: { speakers: 'number' } });
    const query = '{ languages(first: 1) { edges { node { speakers } } } }';
    await expect
      .poll(() => test.graphql(query), { timeout: 5_000, interval: 20 })
      .toEqual({ data: { languages: { edges: [{ node: { speakers: null } }] } } });
    await client.close();
  });
});
