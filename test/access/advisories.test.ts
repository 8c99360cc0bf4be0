import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type GraphqlBody, type TestGateway } from '../support/start-gateway.ts';
import { openWsClient, type WsClient } from '../support/ws-client.ts';

let test: TestGateway;
let mongo: MongoClient;

const ANN = { 'x-parse-session-token': 'r:ann' };
const CREATED = new Date('2024-01-01T00:00:00.000Z');

const permissions = {
  find: { '*': true },
  get: { '*': true },
  count: { '*': true },
  create: { '*': true },
  update: { '*': true },
  delete: { '*': true },
  addField: {},
  protectedFields: { '*': ['secret', 'vault', 'watchers', 'boss'] },
};

const SCHEMAS = [
  {
    _id: 'Note',
    title: 'string',
    secret: 'string',
    vault: 'object',
    boss: '*_User',
    watchers: 'relation<_User>',
    _metadata: { class_permissions: permissions },
  },
  { _id: 'Card', title: 'string', note: '*Note' },
  { _id: 'Closed', title: 'string', _metadata: { class_permissions: {} } },
  {
    _id: 'Owned',
    title: 'string',
    owner: '*_User',
    _metadata: {
      class_permissions: {
        ...permissions,
        find: { pointerFields: ['owner'] },
        get: { pointerFields: ['owner'] },
        protectedFields: {},
      },
    },
  },
  {
    _id: '_User',
    username: 'string',
    email: 'string',
    emailVerified: 'boolean',
    authData: 'object',
  },
  { _id: '_Role', name: 'string', users: 'relation<_User>', roles: 'relation<_Role>' },
  {
    _id: '_Session',
    user: '*_User',
    installationId: 'string',
    sessionToken: 'string',
    expiresAt: 'date',
    createdWith: 'object',
  },
] as const;

const times = { _created_at: CREATED, _updated_at: CREATED };
const ROWS: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  Note: [
    { _id: 'n1', title: 'one', secret: 'swordfish', vault: { code: 7 }, _p_boss: '_User$ann' },
    { _id: 'n2', title: 'two', secret: 'opensesame', vault: { code: 8 }, _p_boss: '_User$bob' },
  ],
  Card: [{ _id: 'c1', title: 'one', _p_note: 'Note$n1' }],
  Closed: [{ _id: 'x1', title: 'closed' }],
  Owned: [
    { _id: 'o1', title: "ann's", _p_owner: '_User$ann' },
    { _id: 'o2', title: "bob's", _p_owner: '_User$bob' },
  ],
  '_Join:watchers:Note': [{ _id: 'j1', owningId: 'n1', relatedId: 'ann' }],
  _User: ['ann', 'bob'].map((name) => ({
    _id: name,
    username: name,
    email: `${name}@example.org`,
    _hashed_password: '$2b$10$abcdefghijklmnopqrstuv',
    _rperm: ['*', name],
    _wperm: [name],
  })),
  _Session: ['ann', 'bob'].map((name) => ({
    _id: `s${name}`,
    _session_token: `r:${name}`,
    _p_user: `_User$${name}`,
    expiresAt: new Date('2099-01-01T00:00:00.000Z'),
  })),
};

async function seed(uri: string): Promise<void> {
  const client = await MongoClient.connect(uri);
  try {
    const db = client.db();
    const columns = { objectId: 'string', createdAt: 'date', updatedAt: 'date' };
    await db
      .collection<{ _id: string }>('_SCHEMA')
      .insertMany(SCHEMAS.map((row) => ({ ...columns, ...row })));
    for (const [name, rows] of Object.entries(ROWS)) {
      await db.collection(name).insertMany(rows.map((row) => ({ ...times, ...row })));
    }
  } finally {
    await client.close();
  }
}

beforeAll(async () => {
  test = await startGateway({ seed });
  mongo = await MongoClient.connect(test.uri);
});
afterAll(async () => {
  await mongo.close();
  await test.close();
});

const codesOf = ({ errors }: GraphqlBody) => errors?.map(({ extensions }) => extensions['code']);

/** Nothing of what is protected, and no code but that of a refusal. */
function expectRefused(body: GraphqlBody, code = 119): void {
  expect(new Set(codesOf(body))).toEqual(new Set([code]));
  expect(JSON.stringify(body)).not.toMatch(/opensesame|ann@|\$2b\$/);
}

describe('a protected column is no oracle', () => {
  it.each([
    // GHSA-72hp-qff8-4pvv
    ['inside OR', '{ notes(where: { OR: [{ secret: { equalTo: "swordfish" } }] }) { count } }'],
    ['inside AND', '{ notes(where: { AND: [{ secret: { exists: true } }] }) { count } }'],
    [
      'inside NOR inside OR',
      '{ notes(where: { OR: [{ NOR: [{ secret: { equalTo: "x" } }] }] }) { edges { node { objectId } } } }',
    ],
    // GHSA-r2m8-pxm9-9c4g
    [
      'by a dotted path',
      '{ notes(where: { vault: { equalTo: { key: "code", value: 7 } } }) { count } }',
    ],
    ['as an order', '{ notes(order: [secret_ASC]) { edges { node { objectId } } } }'],
    [
      'as an order of a count',
      '{ notes(order: [vault_DESC], first: 1) { count edges { cursor } } }',
    ],
    // GHSA-wmwx-jr2p-4j4r, GHSA-rmhf-xv62-rm99
    [
      'as the page of a relation',
      '{ note(id: "n1") { watchers { edges { node { username } } } } }',
    ],
    ['as the count of a relation', '{ note(id: "n1") { watchers { count } } }'],
    [
      'as a relation in a filter',
      '{ notes(where: { watchers: { have: { username: { equalTo: "ann" } } } }) { count } }',
    ],
    ['as a relation that exists', '{ notes(where: { watchers: { exists: true } }) { count } }'],
    // GHSA-2m6g-crv8-p3c6
    ['by a pattern', '{ notes(where: { secret: { matchesRegex: "^s" } }) { count } }'],
    ['by comparing', '{ notes(where: { secret: { greaterThan: "s" } }) { count } }'],
    ['by a list', '{ notes(where: { secret: { in: ["swordfish"] } }) { count } }'],
    [
      'as a pointer',
      '{ notes(where: { boss: { have: { username: { equalTo: "ann" } } } }) { count } }',
    ],
    [
      'through a pointer of another class',
      '{ cards(where: { note: { have: { secret: { equalTo: "swordfish" } } } }) { count } }',
    ],
    [
      'in the query that values are taken from',
      `{ cards(where: { title: { inQueryKey: {
        query: { className: "Note", where: { secret: { equalTo: "swordfish" } } }, key: "title" } } }) { count } }`,
    ],
    [
      'of users: an e-mail address',
      '{ users(where: { email: { matchesRegex: "^ann" } }) { count } }',
    ],
    ['of users: an order by e-mail address', '{ users(order: [email_ASC]) { edges { cursor } } }'],
  ])('%s', async (_title, document) => {
    expectRefused(await test.graphql(document, {}, ANN));
    expectRefused(await test.graphql(document));
  });

  it('as the key that values are taken from: it has none', async () => {
    const document = (operator: string) =>
      `{ notes(where: { title: { ${operator}: { query: { className: "Note", where: {} }, key: "secret" } } }) { count } }`;
    expect(await test.graphql(document('inQueryKey'))).toEqual({ data: { notes: { count: 0 } } });
    expect(await test.graphql(document('notInQueryKey'))).toEqual({
      data: { notes: { count: 2 } },
    });
  });

  it.each(['_hashed_password', '_rperm', '_auth_data_facebook', '_session_token', 'password'])(
    'nor is the internal column %s',
    async (column) => {
      const ask = (className: string) =>
        test.graphql(
          `query ($where: Object!) { cards(where: { title: { inQueryKey: {
            query: { className: "${className}", where: $where }, key: "username" } } }) { count } }`,
          { where: { [column]: { exists: true } } },
          ANN,
        );
      for (const className of ['_User', '_Session', 'Note']) {
        expect([105, 119]).toContain(codesOf(await ask(className))?.[0]);
      }
    },
  );

  // GHSA-mmg8-87c5-jrc2
  it.each([
    [
      'an object that looks like a list',
      { OR: { 0: { secret: { equalTo: 'swordfish' } }, length: 1 } },
    ],
    ['an operator of MongoDB', { $where: 'this.secret' }],
    ['an expression', { $expr: { $eq: ['$secret', 'swordfish'] } }],
    ['an operator inside a value', { title: { equalTo: { $gt: '' } } }],
    ['a dotted name', { 'vault.code': { equalTo: 7 } }],
    ['an internal name', { _rperm: { exists: false } }],
  ])('not even when the filter is %s', async (_title, where) => {
    const typed = 'query ($where: NoteWhereInput) { notes(where: $where) { count } }';
    expectRefused(await test.graphql(typed, { where }), 102);
    const untyped = `query ($where: Object!) { cards(where: { title: { inQueryKey: {
      query: { className: "Note", where: $where }, key: "title" } } }) { count } }`;
    const body = await test.graphql(untyped, { where });
    expect(body.errors).toHaveLength(1);
    expect([102, 105, 107, 119, 121]).toContain(codesOf(body)?.[0]);
  });

  // GHSA-g4v2-qx3q-4p64
  it('of sessions: tokens of others do not exist', async () => {
    const document = '{ sessions { count edges { node { sessionToken user { username } } } } }';
    expectRefused(await test.graphql(document), 209);
    const { data } = await test.graphql(document, {}, ANN);
    expect(JSON.stringify(data)).not.toContain('bob');
    expect(data).toMatchObject({ sessions: { count: 1 } });
    const ofBob = await test.graphql('{ session(id: "sbob") { objectId } }', {}, ANN);
    expect(codesOf(ofBob)).toEqual([101]);
  });

  it('what may not be read and what does not exist get the same answer', async () => {
    const [hidden, absent] = await Promise.all(
      ['o2', 'o9'].map((id) => test.graphql(`{ owned(id: "${id}") { title } }`, {}, ANN)),
    );
    expect(hidden).toEqual(absent);
    expect(codesOf(hidden ?? {})).toEqual([101]);
  });
});

async function connect(parameters: Readonly<Record<string, unknown>> = {}): Promise<WsClient> {
  const client = await openWsClient(test.wsUrl, {
    'X-Parse-Application-Id': test.appId,
    ...parameters,
  });
  expect(await client.next()).toEqual({ type: 'connection_ack' });
  return client;
}

/** What the socket says first to a document. */
async function firstAnswer(
  client: WsClient,
  query: string,
  variables?: object,
): Promise<GraphqlBody> {
  client.send({ type: 'subscribe', id: '1', payload: { query, ...(variables && { variables }) } });
  const { type, payload } = await client.next();
  const isList = type === 'error';
  return (isList ? { errors: payload } : payload) as GraphqlBody;
}

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
    const client = await connect({ 'X-Parse-Session-Token': 'r:ann' });
    expectRefused(await firstAnswer(client, document));
    await client.close();
  });

  // GHSA-fph2-r4qg-9576, GHSA-97pr-9hgg-3p8r
  it('pointer permissions and a changed ACL hold for events, before and after', async () => {
    const client = await connect({ 'X-Parse-Session-Token': 'r:ann' });
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
});

/** Every name of the schema but those that every schema has. */
async function readSchemaNames(): Promise<ReadonlySet<string>> {
  const query = `{ __schema { types { name fields { name args { name } } inputFields { name } enumValues { name } } } }`;
  const body = await test.graphql(query, {}, { 'x-parse-master-key': test.masterKey });
  const names = [...JSON.stringify(body.data).matchAll(/"name":"(\w+)"/g)].map(([, name]) => name!);
  const common = ['Query', 'Mutation', 'Subscription', 'ID', 'Int', 'Float', 'String', 'Boolean'];
  return new Set(names.filter((name) => !common.includes(name)));
}

describe('the schema is told to nobody', () => {
  let schemaNames: ReadonlySet<string>;
  beforeAll(async () => {
    schemaNames = await readSchemaNames();
  });

  // GHSA-48q3-prgv-gm4w
  const asking = [
    ['plainly', '{ __schema { types { name } } }'],
    ['by an alias', '{ health: __type(name: "Note") { fields { name } } }'],
    [
      'in a fragment',
      'query { ...F } fragment F on Query { ...G } fragment G on Query { __schema { types { name } } }',
    ],
    [
      'in an inline fragment',
      '{ ... on Query { ... @include(if: true) { __type(name: "Note") { name } } } }',
    ],
    [
      'in an operation that is not run',
      'query A { health } query B { __schema { types { name } } }',
    ],
  ] as const;

  it.each(asking)('asked %s by POST, GET and WebSocket', async (_title, query) => {
    const operationName = query.startsWith('query A') ? 'A' : undefined;
    const headers = { 'x-parse-application-id': test.appId, 'content-type': 'application/json' };
    const search = new URLSearchParams({ query, ...(operationName && { operationName }) });
    const answers = [
      await fetch(test.url, {
        method: 'POST',
        headers,
        body: JSON.stringify({ query, operationName }),
      }).then((response) => response.json() as Promise<GraphqlBody>),
      await fetch(`${test.url}?${search.toString()}`, { headers }).then(
        (response) => response.json() as Promise<GraphqlBody>,
      ),
    ];
    const client = await connect();
    client.send({ type: 'subscribe', id: '1', payload: { query, operationName } });
    answers.push({ errors: (await client.next()).payload as NonNullable<GraphqlBody['errors']> });
    await client.close();
    for (const answer of answers) {
      expect(answer.data ?? null).toBeNull();
      expect(codesOf(answer)).toEqual([119]);
    }
  });

  // GHSA-8cph-rgr4-g5vj, GHSA-9g8f-h8f3-hjcm
  it.each([
    ['a field', '{ notez { count } }', {}],
    ['a column', '{ notes { edges { node { titel } } } }', {}],
    ['an argument', '{ notes(wher: {}) { count } }', {}],
    ['a type', 'query ($a: NoteWhereInpu) { notes(where: $a) { count } }', {}],
    ['a fragment of a type', '{ notes { edges { node { ... on Not { title } } } } }', {}],
    ['an enum value', '{ notes(order: [titel_ASC]) { count } }', {}],
    ['an input field', '{ notes(where: { titel: { equalTo: "x" } }) { count } }', {}],
    [
      'an enum value in a variable',
      'query ($o: [NoteOrder!]) { notes(order: $o) { count } }',
      { o: ['titel_ASC'] },
    ],
    [
      'an input field in a variable',
      'query ($w: NoteWhereInput) { notes(where: $w) { count } }',
      { w: { titel: { equalTo: 'x' }, secre: 1 } },
    ],
    ['a column that needs fields', '{ notes { edges { node } } }', {}],
    ['an argument that is missing', '{ note { title } }', {}],
    ['a value of another type', '{ notes(where: { title: 7 }) { count } }', {}],
    [
      'a value of another type in a variable',
      'query ($w: NoteWhereInput) { notes(where: $w) { count } }',
      { w: { title: 7 } },
    ],
    [
      'a column that is missing in a variable',
      'query ($q: TextInput!) { notes(where: { title: { text: $q } }) { count } }',
      { q: {} },
    ],
    [
      'an operator in a variable',
      'query ($w: NoteWhereInput) { notes(where: $w) { count } }',
      { w: { title: { equalT: 'x' } } },
    ],
  ])('nor guessed from the hint about %s', async (_title, query, variables) => {
    const client = await connect();
    const answers = [
      await test.graphql(query, variables),
      await firstAnswer(client, query, variables),
    ];
    await client.close();
    const sent = new Set(`${query} ${JSON.stringify(variables)}`.match(/\w+/g));
    for (const answer of answers) {
      expect(codesOf(answer)?.every((code) => code === 102)).toBe(true);
      const text = JSON.stringify(answer.errors?.map(({ message }) => message));
      expect(text).not.toMatch(/did you mean/i);
      const quoted = [...text.matchAll(/\\"([^"\\]*)\\"/g)].flatMap(
        ([, name]) => name?.match(/\w+/g) ?? [],
      );
      expect(quoted.filter((name) => schemaNames.has(name) && !sent.has(name))).toEqual([]);
    }
  });
});

describe('work is bounded before it is begun', () => {
  const QUICK_MS = 2_000;

  // CVE-2026-34573, CVE-2025-32032 and their kind
  it.each([
    [
      'fragments that fan out in twos',
      `{ ...F0 } ${Array.from({ length: 60 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(' ')} fragment F60 on Query { health }`,
    ],
    [
      'filters nested without end',
      `{ notes(where: ${'{ OR: ['.repeat(300)}{ title: { equalTo: "x" } }${'] }'.repeat(300)}) { count } }`,
    ],
    // CVE-2023-26144
    ['fields that overlap by the thousand', `{ ${'notes { count } '.repeat(3_000)} }`],
  ])('%s', async (_title, query) => {
    const start = performance.now();
    const body = await test.graphql(query);
    expect(performance.now() - start).toBeLessThan(QUICK_MS);
    expect(codesOf(body)?.every((code) => code === 102) ?? body.data !== undefined).toBe(true);
  });

  // Directus GHSA-ph52-67fq-75wj
  it('one field under 200 aliases is read once', async () => {
    test.takeCommands();
    const aliases = Array.from({ length: 200 }, (_, i) => `a${i}: notes { count }`);
    const body = await test.graphql(`{ ${aliases.join(' ')} }`);
    expect(Object.keys(body.data ?? {})).toHaveLength(200);
    expect(test.takeCommands().length).toBeLessThan(3);
  });
});

describe('keys that JavaScript gives a meaning to have none', () => {
  // GHSA-p6h4-93qp-jhcm, GHSA-prm5-8g2m-24gg, GHSA-462x-c3jw-7vr6
  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    '%s as column, class and key',
    async (key) => {
      const inner = `{"${key}": {"isPolluted": true}}`;
      const bodies = [
        `{"query": "query ($w: NoteWhereInput) { notes(where: $w) { count } }", "variables": {"w": ${inner}}}`,
        `{"query": "query ($w: Object!) { cards(where: { title: { inQueryKey: { query: { className: \\"Note\\", where: $w }, key: \\"title\\" } } }) { count } }", "variables": {"w": ${inner}}}`,
        `{"query": "{ cards(where: { title: { inQueryKey: { query: { className: \\"${key}\\", where: {} }, key: \\"title\\" } } }) { count } }"}`,
        `{"query": "{ health }", "${key}": {"isPolluted": true}}`,
      ];
      for (const body of bodies) {
        const response = await fetch(test.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-parse-application-id': test.appId },
          body,
        });
        const answer = (await response.json()) as GraphqlBody;
        expect(response.status).toBeLessThan(500);
        expect(codesOf(answer) ?? []).not.toContain(1);
      }
      expect(Reflect.get({}, 'isPolluted')).toBeUndefined();
    },
  );
});
