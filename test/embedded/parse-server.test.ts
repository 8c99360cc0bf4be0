import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startParseServer, type RunningParseServer } from '../support/start-parse-server.ts';
import { startOwnStore, type OwnStore } from '../support/start-store.ts';

type Json = Record<string, unknown>;

let store: OwnStore;
let parse: RunningParseServer;

beforeAll(async () => {
  store = await startOwnStore();
  const databaseURI = store.uri.replace('/?', `/${store.databaseName}?`);
  parse = await startParseServer({ databaseURI });
}, 90_000);

afterAll(async () => {
  await parse.close();
  await store.close();
});

interface Answer {
  readonly status: number;
  readonly body: Json;
}

/** One REST call; `as` is the master, a session token, or nobody. */
async function rest(method: string, path: string, body?: unknown, as = 'master'): Promise<Answer> {
  const credentials: Record<string, string> =
    as === 'master'
      ? { 'X-Parse-Master-Key': parse.masterKey }
      : as === 'nobody'
        ? {}
        : { 'X-Parse-Session-Token': as };
  const response = await fetch(`${parse.restUrl}${path}`, {
    method,
    headers: {
      'X-Parse-Application-Id': parse.appId,
      'Content-Type': 'application/json',
      ...credentials,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

async function create(className: string, object: Json): Promise<string> {
  const { status, body } = await rest('POST', `/classes/${className}`, object);
  expect(status).toBe(201);
  return String(body['objectId']);
}

async function find(className: string, query: Record<string, unknown>): Promise<Json[]> {
  const parameters = Object.entries(query).map(
    ([name, value]) =>
      `${name}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`,
  );
  const { body } = await rest('GET', `/classes/${className}?${parameters.join('&')}`);
  return body['results'] as Json[];
}

async function graphql(query: string, variables: Json = {}): Promise<Json> {
  const response = await fetch(parse.graphqlUrl, {
    method: 'POST',
    headers: {
      'X-Parse-Application-Id': parse.appId,
      'X-Parse-Master-Key': parse.masterKey,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Json;
}

const pointer = (className: string, objectId: string) => ({
  __type: 'Pointer',
  className,
  objectId,
});

describe('Parse Server on the embedded store', () => {
  it('creates, changes, reads and deletes objects', async () => {
    const id = await create('Game', { score: 1, tags: ['a'], data: { deep: { er: 1 } } });
    const changed = await rest('PUT', `/classes/Game/${id}`, {
      score: { __op: 'Increment', amount: 4 },
      tags: { __op: 'AddUnique', objects: ['a', 'b'] },
      data: { __op: 'Delete' },
    });
    expect(changed.status).toBe(200);
    const { body } = await rest('GET', `/classes/Game/${id}`);
    expect(body).toMatchObject({ score: 5, tags: ['a', 'b'] });
    expect(body).not.toHaveProperty('data');
    expect((await rest('DELETE', `/classes/Game/${id}`)).status).toBe(200);
    expect((await rest('GET', `/classes/Game/${id}`)).body).toMatchObject({ code: 101 });
  });

  it('queries by comparison, list, regular expression and order, and counts', async () => {
    for (const [name, n] of [
      ['ann', 1],
      ['bob', 2],
      ['Bea', 3],
      ['cy', 4],
    ] as const) {
      await create('Row', { name, n });
    }
    const names = async (where: Json, rest_: Json = {}) =>
      (await find('Row', { where, order: 'n', ...rest_ })).map((row) => row['name']);
    expect(await names({ n: { $gt: 1, $lte: 3 } })).toEqual(['bob', 'Bea']);
    expect(await names({ name: { $in: ['ann', 'cy', 'zoe'] } })).toEqual(['ann', 'cy']);
    expect(await names({ name: { $regex: '^b', $options: 'i' } })).toEqual(['bob', 'Bea']);
    expect(await names({ $or: [{ n: 1 }, { n: 4 }] }, { order: '-n' })).toEqual(['cy', 'ann']);
    expect(await names({}, { skip: 1, limit: 2 })).toEqual(['bob', 'Bea']);
    const counted = await rest('GET', '/classes/Row?count=1&limit=0');
    expect(counted.body).toMatchObject({ count: 4, results: [] });
  });

  it('signs up, logs in and out, and keeps usernames unique without regard to case', async () => {
    const signUp = await rest('POST', '/users', { username: 'Ada', password: 'pw-1' }, 'nobody');
    expect(signUp.status).toBe(201);
    const token = String(signUp.body['sessionToken']);
    for (const username of ['Ada', 'ADA']) {
      const again = await rest('POST', '/users', { username, password: 'x' }, 'nobody');
      expect(again.body).toMatchObject({ code: 202 });
    }
    expect((await rest('GET', '/users/me', undefined, token)).body).toMatchObject({
      username: 'Ada',
    });
    const login = await rest('GET', '/login?username=Ada&password=pw-1', undefined, 'nobody');
    expect(login.status).toBe(200);
    expect((await rest('POST', '/logout', {}, token)).status).toBe(200);
    expect((await rest('GET', '/users/me', undefined, token)).body).toMatchObject({ code: 209 });
  });

  it('keeps an object to the role it is granted to', async () => {
    const make = async (username: string) => {
      const { body } = await rest('POST', '/users', { username, password: 'pw' }, 'nobody');
      return { id: String(body['objectId']), token: String(body['sessionToken']) };
    };
    const member = await make('member');
    const stranger = await make('stranger');
    await rest('POST', '/roles', {
      name: 'Readers',
      ACL: { '*': { read: true } },
      users: { __op: 'AddRelation', objects: [pointer('_User', member.id)] },
    });
    const id = await create('Secret', { word: 'x', ACL: { 'role:Readers': { read: true } } });
    const read = async (as: string) =>
      (await rest('GET', `/classes/Secret/${id}`, undefined, as)).body;
    expect(await read(member.token)).toMatchObject({ word: 'x' });
    expect(await read(stranger.token)).toMatchObject({ code: 101 });
  });

  it('follows pointers and relations', async () => {
    const author = await create('Author', { name: 'Sei' });
    const first = await create('Book', { title: 'one', author: pointer('Author', author) });
    const second = await create('Book', { title: 'two' });
    await rest('PUT', `/classes/Author/${author}`, {
      books: { __op: 'AddRelation', objects: [pointer('Book', first), pointer('Book', second)] },
    });
    const related = await find('Book', {
      where: { $relatedTo: { object: pointer('Author', author), key: 'books' } },
      order: 'title',
    });
    expect(related.map((book) => book['title'])).toEqual(['one', 'two']);
    const [included] = await find('Book', { where: { title: 'one' }, include: 'author' });
    expect(included).toMatchObject({ author: { name: 'Sei' } });
    const inner = await find('Book', {
      where: { author: { $inQuery: { where: { name: 'Sei' }, className: 'Author' } } },
    });
    expect(inner).toHaveLength(1);
  });

  it('finds places near a point, nearest first, and within a box', async () => {
    const place = (latitude: number, longitude: number) => ({
      __type: 'GeoPoint',
      latitude,
      longitude,
    });
    for (const [name, latitude] of [
      ['far', 40],
      ['near', 10.01],
      ['here', 10],
    ] as const) {
      await create('Place', { name, at: place(latitude, 20) });
    }
    const near = await find('Place', {
      where: { at: { $nearSphere: place(10, 20), $maxDistanceInKilometers: 100 } },
    });
    expect(near.map((each) => each['name'])).toEqual(['here', 'near']);
    const boxed = await find('Place', {
      where: { at: { $within: { $box: [place(30, 10), place(50, 30)] } } },
    });
    expect(boxed.map((each) => each['name'])).toEqual(['far']);
  });

  it('searches text with scores', async () => {
    await create('Article', { subject: 'coffee coffee and cream' });
    await create('Article', { subject: 'coffee' });
    await create('Article', { subject: 'tea' });
    const found = await find('Article', {
      where: { subject: { $text: { $search: { $term: 'coffee' } } } },
      order: '$score',
      keys: '$score',
    });
    expect(found).toHaveLength(2);
  });

  it('stores files in GridFS and serves them', async () => {
    const bytes = Buffer.alloc(600_000, 'abc');
    const stored = await fetch(`${parse.restUrl}/files/hello.txt`, {
      method: 'POST',
      headers: {
        'X-Parse-Application-Id': parse.appId,
        'X-Parse-Master-Key': parse.masterKey,
        'Content-Type': 'text/plain',
      },
      body: bytes,
    });
    const { url } = (await stored.json()) as { url: string };
    const served = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(served.equals(bytes)).toBe(true);
  });

  it('manages schemas with indexes', async () => {
    const made = await rest('POST', '/schemas/Book2', {
      className: 'Book2',
      fields: { title: { type: 'String' }, pages: { type: 'Number' } },
      indexes: { byTitle: { title: 1 } },
    });
    expect(made.body).toMatchObject({ indexes: { byTitle: { title: 1 } } });
    const changed = await rest('PUT', '/schemas/Book2', {
      className: 'Book2',
      fields: { pages: { __op: 'Delete' } },
      indexes: { byTitle: { __op: 'Delete' } },
    });
    expect(changed.body['fields']).not.toHaveProperty('pages');
    expect((await rest('DELETE', '/schemas/Book2')).status).toBe(200);
    expect((await rest('GET', '/schemas/Book2')).status).toBe(400);
  });

  it('aggregates and gathers distinct values', async () => {
    for (const [kind, n] of [
      ['a', 1],
      ['a', 2],
      ['b', 3],
    ] as const)
      await create('Fact', { kind, n });
    const pipeline = encodeURIComponent(
      JSON.stringify([{ $group: { _id: '$kind', sum: { $sum: '$n' } } }, { $sort: { _id: 1 } }]),
    );
    const { body } = await rest('GET', `/aggregate/Fact?pipeline=${pipeline}`);
    expect(body['results']).toEqual([
      { objectId: 'a', sum: 3 },
      { objectId: 'b', sum: 3 },
    ]);
    const distinct = await rest('GET', '/aggregate/Fact?distinct=kind');
    expect(distinct.body['results']).toEqual(['a', 'b']);
  });

  it('does a batch in one transaction, all or nothing', async () => {
    await create('Account', { name: 'a', balance: 10 });
    const requests = [
      { method: 'POST', path: '/parse/classes/Account', body: { name: 'b', balance: 1 } },
      { method: 'PUT', path: '/parse/classes/Account/doesNotExist', body: { balance: 2 } },
    ];
    const failed = await rest('POST', '/batch', { requests, transaction: true });
    expect(failed.status).not.toBe(200);
    expect(await find('Account', { where: { name: 'b' } })).toEqual([]);
    const done = await rest('POST', '/batch', {
      requests: requests.slice(0, 1),
      transaction: true,
    });
    expect(done.status).toBe(200);
    expect(await find('Account', { where: { name: 'b' } })).toHaveLength(1);
  });

  it('answers GraphQL: create, find with a filter and a count', async () => {
    await create('Hero', { name: 'first', age: 1 });
    const made = await graphql(
      'mutation ($fields: CreateHeroFieldsInput) { createHero(input: {fields: $fields}) { hero { objectId name } } }',
      { fields: { name: 'second', age: 7 } },
    );
    expect(made).toMatchObject({ data: { createHero: { hero: { name: 'second' } } } });
    const found = await graphql(
      '{ heroes(where: {age: {greaterThan: 3}}) { count edges { node { name age } } } }',
    );
    expect(found).toEqual({
      data: { heroes: { count: 1, edges: [{ node: { name: 'second', age: 7 } }] } },
    });
  });
});
