import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type GraphqlBody, type TestGateway } from '../support/start-gateway.ts';
import {
  ANN,
  codesOf,
  connect,
  expectRefused,
  firstAnswer,
  seedAdvisoryWorld,
} from './advisory-world.ts';

let test: TestGateway;

beforeAll(async () => {
  test = await startGateway({ seed: seedAdvisoryWorld });
});
afterAll(async () => {
  await test.close();
});

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
      `{ cards(where: { title: { ${operator}: { query: { className: "Note", where: {} }, key: "secret" } } }) { count } }`;
    const countAs = async (operator: string, headers: Readonly<Record<string, string>>) =>
      (await test.graphql(document(operator), {}, headers)).data?.['cards'];
    for (const caller of [{}, ANN]) {
      expect(await countAs('inQueryKey', caller)).toEqual({ count: 0 });
      expect(await countAs('notInQueryKey', caller)).toEqual({ count: 2 });
    }
    const master = { 'x-parse-master-key': test.masterKey };
    expect(await countAs('inQueryKey', master)).toEqual({ count: 1 });
  });

  // Mongoose CVE-2024-53900 and its kind: projections of MongoDB compute
  it.each(['$secret', '$$ROOT', '$$ROOT.secret', 'secret.x', '_hashed_password', 'title.$secret'])(
    'as the key %s, which is an expression or a path',
    async (key) => {
      const document = (className: string) =>
        `query ($key: String!) { cards(where: { title: { inQueryKey: { query: { className: "${className}", where: {} }, key: $key } } }) { count } }`;
      for (const className of ['Note', '_User']) {
        const body = await test.graphql(document(className), { key }, ANN);
        if (body.errors === undefined) expect(body.data).toEqual({ cards: { count: 0 } });
        else expect([102, 105, 119, 121]).toContain(codesOf(body)?.[0]);
      }
    },
  );

  it.each(['$title', '$$ROOT', '{"$gt":""}', '^', '.*'])(
    'and the text %s as a value is that text',
    async (value) => {
      const documents = [
        'query ($v: String!) { cards(where: { title: { equalTo: $v } }) { count } }',
        'query ($v: String!) { cards(where: { title: { in: [$v] } }) { count } }',
        'query ($v: String!) { cards(where: { note: { have: { title: { startsWith: $v } } } }) { count } }',
        'query ($v: String!) { cards(where: { title: { endsWith: $v, ignoreCase: true } }) { count } }',
      ];
      for (const document of documents) {
        const { data } = await test.graphql(document, { v: value }, ANN);
        expect([document, data]).toEqual([document, { cards: { count: 0 } }]);
      }
      const inverse = `query ($v: String!) { user(id: "ann") { owneds(where: { title: { equalTo: $v } }) { count edges { cursor } } } }`;
      const { data } = await test.graphql(inverse, { v: value }, ANN);
      expect(data).toEqual({ user: { owneds: { count: 0, edges: [] } } });
    },
  );

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
    const client = await connect(test);
    client.send({ type: 'subscribe', id: '1', payload: { query, operationName } });
    answers.push({ errors: (await client.next()).payload as NonNullable<GraphqlBody['errors']> });
    await client.close();
    for (const answer of answers) {
      expect(answer.data ?? null).toBeNull();
      expect(codesOf(answer)).toEqual([119]);
    }
  });

  // Keystone CVE-2023-40027: what is for server keys is refused before anything is looked up
  it.each([
    ['all classes', () => '{ classes { name } }'],
    ['one class', (name: string) => `{ class(name: "${name}") { schemaFields { name } } }`],
    ['its access', (name: string) => `{ explainAccess(className: "${name}") { className } }`],
  ])('nor in the fields for server keys: %s', async (_title, documentFor) => {
    for (const caller of [{}, ANN, { 'x-parse-master-key': `${test.masterKey}x` }]) {
      const [known, unknown] = await Promise.all(
        ['Note', 'Nothing'].map((name) => test.graphql(documentFor(name), {}, caller)),
      );
      expectRefused(known!);
      expect(known).toEqual(unknown);
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
    const client = await connect(test);
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
  /** From a user to a user. */
  const NESTED = 'owneds { edges { node { owner { ';

  // CVE-2026-34573, CVE-2025-32032 and their kind
  it.each([
    [
      'fragments that fan out in twos',
      `{ ...F0 } ${Array.from({ length: 60 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(' ')} fragment F60 on Query { health }`,
    ],
    // GHSA-cgxm-vr2f-6fj8
    [
      'filters nested without end',
      `{ notes(where: ${'{ OR: ['.repeat(300)}{ title: { equalTo: "x" } }${'] }'.repeat(300)}) { count } }`,
    ],
    // CVE-2026-30946
    [
      'pointers nested without end',
      `{ users { edges { node { ${NESTED.repeat(20)}objectId${' } } } }'.repeat(20)} } } } }`,
    ],
    // graphql-armor #823, #772
    [
      'depth below an alias that looks like introspection',
      `{ __schema: users { edges { node { ${NESTED.repeat(20)}objectId${' } } } }'.repeat(20)} } } } }`,
    ],
    // graphql-armor #824
    [
      'depth that fragments hide from each other',
      `{ users { edges { node { ...F0 } } } } ${Array.from({ length: 20 }, (_, i) => `fragment F${i} on User { ${NESTED} ...F${i + 1} } } } } }`).join(' ')} fragment F20 on User { objectId }`,
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
