import { createHash } from 'node:crypto';
import { getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedGoldenWorld } from '../golden/seed-golden-world.ts';
import { startGateway, type GraphqlBody, type TestGateway } from '../support/start-gateway.ts';
import { type Probe, walkArguments } from './argument-walk.ts';

let test: TestGateway;
let asMaster: Readonly<Record<string, string>>;

beforeAll(async () => {
  test = await startGateway({ seed });
  asMaster = { 'x-parse-master-key': test.masterKey };
});

afterAll(async () => {
  await test.close();
});

/** Columns with names that every JavaScript object has, one that is hidden, and names of MongoDB's own operators as values. */
const ODD = {
  ...{ _id: 'Odd', objectId: 'string', updatedAt: 'date', createdAt: 'date', secret: 'string' },
  ...{
    ['constructor']: 'string',
    ['toString']: 'string',
    valueOf: 'number',
    isPrototypeOf: '*Team',
  },
  _metadata: {
    class_permissions: {
      find: { '*': true },
      count: { '*': true },
      protectedFields: { '*': ['secret'] },
    },
  },
};

async function seed(uri: string): Promise<void> {
  await seedGoldenWorld(uri);
  const client = await MongoClient.connect(uri);
  const db = client.db();
  await db.collection<{ _id: string }>('_SCHEMA').insertOne(ODD);
  const odd = { secret: 'x', ['constructor']: 'c', ['toString']: 's', valueOf: 1 };
  await db.collection<{ _id: string }>('Odd').insertOne({ _id: 'odd', ...odd });
  await client.close();
}

const LISTS = { Team: 'teams', Company: 'companies', Employee: 'employees', Country: 'countries' };

/** What no message may hold: stored names, words of the driver or of JavaScript, places in files. */
const INTERNALS = /_rperm|_p_|_Join|mongo|pipeline|is not a function|Cannot read|\bat .+:\d+:\d+/i;

/** Probes that are sent at the same time. */
const AT_ONCE = 8;

interface Walked {
  readonly probe: Probe;
  readonly status: number;
  readonly body: GraphqlBody;
  readonly ms: number;
}

async function send(probe: Probe, headers: Readonly<Record<string, string>>): Promise<Walked> {
  const startedAt = performance.now();
  const response = await fetch(test.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-parse-application-id': test.appId,
      ...headers,
    },
    body: JSON.stringify({ query: probe.query, variables: probe.variables }),
  });
  const body = (await response.json()) as GraphqlBody;
  return { probe, status: response.status, body, ms: performance.now() - startedAt };
}

/** Why an answer is not what a client may get; empty when it is. */
function faultsOf({ probe, status, body, ms }: Walked): readonly string[] {
  const faults = (body.errors ?? []).flatMap(({ message, extensions: { code } }) => {
    // What was sent is said again ahead of the last semicolon.
    const own = message.startsWith('Variable "$')
      ? message.slice(message.lastIndexOf(';'))
      : message;
    return [
      ...(typeof code !== 'number' || code === 1 ? [`code ${String(code)}: ${message}`] : []),
      ...(INTERNALS.test(own) && !/cannot represent/.test(own) ? [`tells: ${own}`] : []),
    ];
  });
  if (status >= 500) faults.push(`status ${status}`);
  if (ms > 5_000) faults.push(`${Math.round(ms)} ms`);
  return faults.map(
    (fault) => `${probe.place} = ${JSON.stringify(probe.variables).slice(0, 200)}: ${fault}`,
  );
}

it('bad values in every argument that reads are answered, or refused with a code', async () => {
  const { data } = await test.graphql(getIntrospectionQuery(), {}, asMaster);
  const probes = walkArguments(data as unknown as IntrospectionQuery, LISTS);
  const walked: Walked[] = [];
  const walk = async (): Promise<void> => {
    for (const probe of probes)
      walked.push(await send(probe, walked.length % 2 === 0 ? {} : asMaster));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, walk));
  expect(walked.flatMap(faultsOf)).toEqual([]);
  const places = new Set(walked.map(({ probe }) => probe.place));
  expect(places.size).toBeGreaterThan(300);
  const refused = walked.filter(({ body }) => body.errors !== undefined).length;
  expect(refused).toBeGreaterThan(500);
  expect(walked.length - refused).toBeGreaterThan(500);
}, 120_000);

const codesOf = ({ errors }: GraphqlBody): readonly unknown[] => [
  ...new Set(errors?.map(({ extensions }) => extensions['code'])),
];

const aliases = (count: number, field: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field(index)}`).join(' ');

const named = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `n${at}`);

describe('what one operation may ask of the database', () => {
  const leading = (count: number) => ({
    OR: named(count).map((name) => ({ company: { have: { name: { equalTo: name } } } })),
  });

  it('is 200 conditions on other objects, over all of its aliases', async () => {
    const query = (count: number) =>
      `query ($where: TeamWhereInput) { ${aliases(count, (at) => `teams(first: ${at}, where: $where) { count }`)} }`;
    expect((await test.graphql(query(1), { where: leading(200) })).errors).toBeUndefined();
    expect(codesOf(await test.graphql(query(1), { where: leading(201) }))).toEqual([102]);
    test.takeCommands();
    expect(codesOf(await test.graphql(query(5), { where: leading(60) }))).toEqual([102]);
    expect(test.takeCommands().length).toBeLessThanOrEqual(3 * 61);
  });

  it('counts conditions inside subqueries and on what relations hold', async () => {
    const inside = {
      $or: named(150).map((name) => ({
        company: { $inQuery: { className: 'Company', where: { name } } },
      })),
    };
    const query = { className: 'Team', where: inside };
    const held = { in: ['ann'] };
    const where = {
      name: { inQueryKey: { query, key: 'name' } },
      OR: named(50).map(() => ({ members: held })),
    };
    const document = 'query ($where: TeamWhereInput) { teams(where: $where) { count } }';
    expect(codesOf(await test.graphql(document, { where }))).toEqual([102]);
  });

  it('is 50,000 values in wheres, however many aliases share them', async () => {
    const query = `query ($where: TeamWhereInput) { ${aliases(900, (at) => `teams(first: ${at}, where: $where) { edges { node { id } } }`)} }`;
    const startedAt = performance.now();
    expect(codesOf(await test.graphql(query, { where: { name: { in: named(9_000) } } }))).toEqual([
      102,
    ]);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('is done by 16 reads at a time, so that those of others need not wait', async () => {
    test.takeCommands();
    const query = `{ ${aliases(200, (at) => `teams(where: { budget: { greaterThan: ${at} } }) { edges { node { id } } }`)} }`;
    expect((await test.graphql(query)).errors).toBeUndefined();
    // What an operation before, refused in part, has still sent is not meant.
    const own = (body: object): boolean => JSON.stringify(body).includes('budget');
    const commands = test.takeCommands().filter(({ body }) => own(body));
    expect(commands).toHaveLength(200);
    const most = commands.map(
      ({ startedAtMs: at }) =>
        commands.filter(
          (other) => other.startedAtMs <= at && at < other.startedAtMs + other.durationMs,
        ).length,
    );
    expect(Math.max(...most)).toBeLessThanOrEqual(16);
    expect(Math.max(...most)).toBeGreaterThan(4);
  });
});

it.each([
  ['a text to search for', { name: { text: { search: { term: 'x '.repeat(2_501) } } } }, 102],
  [
    'the path of a key',
    {
      name: {
        inQueryKey: {
          query: { className: 'Company', where: {} },
          key: `settings${'.a'.repeat(101)}`,
        },
      },
    },
    121,
  ],
])('%s has an end', async (_title, where, code) => {
  const query = 'query ($where: TeamWhereInput) { teams(where: $where) { count } }';
  expect(codesOf(await test.graphql(query, { where }))).toEqual([code]);
});

describe('names that every JavaScript object has', () => {
  const select = '{ edges { node { constructor toString valueOf isPrototypeOf { name } } } }';
  const found = {
    data: {
      odds: {
        edges: [{ node: { constructor: 'c', toString: 's', valueOf: 1, isPrototypeOf: null } }],
      },
    },
  };

  it.each([
    [
      '{ constructor: { equalTo: "c" }, toString: { startsWith: "s" }, valueOf: { greaterThan: 0 } }',
    ],
    ['{ OR: [{ constructor: { equalTo: "c" } }], isPrototypeOf: { exists: false } }'],
    [
      '{ toString: { inQueryKey: { query: { className: "Odd", where: { constructor: "c" } }, key: "toString" } } }',
    ],
  ])('may be those of columns: %s', async (where) => {
    expect(await test.graphql(`{ odds(where: ${where}) ${select} }`)).toEqual(found);
  });

  it('may be left out of a where that is a variable', async () => {
    const query = `query ($where: OddWhereInput) { odds(where: $where, order: [toString_ASC]) ${select} }`;
    expect(await test.graphql(query, { where: { toString: { equalTo: 's' } } })).toEqual(found);
    expect(await test.graphql(query, { where: {} })).toEqual(found);
  });

  it.each([
    ['{"constructor":[{}]}', 119],
    ['{"hasOwnProperty":[{}]}', 119],
    ['{"__proto__":[{}]}', 105],
    ['{"name":{"constructor":1}}', 107],
    ['{"name":{"__proto__":1}}', 107],
  ])('are no connectives and no operators: %s', async (where, code) => {
    const query = JSON.parse(`{"className":"Team","where":${where}}`) as object;
    const document =
      'query ($query: SubqueryInput!) { teams(where: {name: {inQueryKey: {query: $query, key: "name"}}}) { count } }';
    expect(codesOf(await test.graphql(document, { query }))).toEqual([code]);
  });
});

describe('a forged cursor', () => {
  const forged = (order: string, values: readonly unknown[]): string => {
    const text = JSON.stringify([order, values.map((value) => [value])]);
    const sum = createHash('sha256').update(text).digest('hex').slice(0, 12);
    return Buffer.from(`${sum}:${text}`).toString('base64url');
  };
  const ask = (after: string, order: string) =>
    test.graphql(`{ odds(after: "${after}"${order}) { edges { cursor node { id } } } }`);

  it('cannot ask about a hidden column', async () => {
    const after = forged('secret,objectId', ['w', 'odd']);
    expect(codesOf(await ask(after, ', order: [secret_ASC]'))).toEqual([119]);
    expect(codesOf(await ask(after, ''))).toEqual([102]);
    const own = forged('toString,objectId', ['r', 'x']);
    expect((await ask(own, ', order: [toString_ASC]')).data).toMatchObject({
      odds: { edges: [{}] },
    });
  });

  it.each([
    [{ $gt: '' }],
    [{ $where: '1' }],
    [JSON.parse('{"__proto__":{}}')],
    [{ __type: 'Date', iso: 'x' }],
  ])('carries no operator: %o', async (value) => {
    const after = forged('toString,objectId', [value, 'x']);
    expect(codesOf(await ask(after, ', order: [toString_ASC]'))).toEqual([102]);
  });
});

it('the gateway answers as before after all of this', async () => {
  expect(await test.graphql('{ teams(first: 1) { edges { node { name } } } }')).toEqual({
    data: { teams: { edges: [{ node: { name: 'blue' } }] } },
  });
});
