import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADA_SESSION, seedGoldenWorld } from '../golden/seed-golden-world.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

type Row = Readonly<Record<string, unknown>> & { readonly _id: string };
type Headers = Readonly<Record<string, string>>;

let test: TestGateway;
let master: Headers;
const ada: Headers = { 'x-parse-session-token': ADA_SESSION };
const anonymous: Headers = {};

beforeAll(async () => {
  test = await startGateway({
    seed: async (uri) => {
      await seedGoldenWorld(uri);
      const client = await MongoClient.connect(uri);
      const employees = client.db().collection<Row>('Employee');
      // gus is read by bob alone; xen's manager is no more.
      await employees.insertMany([
        { _id: 'hal', firstName: 'Hal', _p_manager: 'Employee$gus' },
        { _id: 'xen', firstName: 'Xen', _p_manager: 'Employee$zzz' },
      ]);
      const hidden = { '_metadata.class_permissions.protectedFields': { '*': ['budget', 'lead'] } };
      const schemas = client.db().collection<Row>('_SCHEMA');
      await schemas.updateOne({ _id: 'Team' }, { $set: hidden });
      const closed = { '_metadata.class_permissions.find': { 'role:Leads': true } };
      await schemas.updateOne({ _id: 'Country' }, { $set: closed });
      await client.close();
    },
  });
  master = { 'x-parse-master-key': test.masterKey };
  await test.graphql('{ teams { count } }', {}, ada);
});

afterAll(async () => {
  await test.close();
});

async function ids(list: string, args: string, headers: Headers): Promise<string> {
  test.takeCommands();
  const { data, errors } = await test.graphql(
    `{ list: ${list}(${args}) { edges { node { objectId } } } }`,
    {},
    headers,
  );
  expect(errors).toBeUndefined();
  expect(test.takeCommands()).toHaveLength(1);
  return [...JSON.stringify(data).matchAll(/"objectId":"(\w+)"/g)].map(([, id]) => id).join(' ');
}

async function refusal(list: string, args: string, headers: Headers): Promise<string> {
  const { errors = [] } = await test.graphql(
    `{ ${list}(${args}) { count edges { cursor } } }`,
    {},
    headers,
  );
  return errors.map(({ message, extensions }) => `${String(extensions['code'])} ${message}`).join();
}

describe('orderBy', () => {
  it('orders by a column of the object a pointer leads to, then by columns of its own, in one command', async () => {
    const args = 'orderBy: [{ manager: firstName_DESC }, { self: salary_ASC }]';
    expect(await ids('employees', args, master)).toBe('hal dan ben cat xen fay gus eve ann');
    const upwards = 'orderBy: [{ manager: firstName_ASC }, { self: firstName_DESC }]';
    expect(await ids('employees', upwards, master)).toBe('xen gus fay eve ann cat ben dan hal');
    const own =
      'orderBy: [{ self: active_ASC }, { company: revenue_ASC }, { self: objectId_DESC }]';
    expect(await ids('employees', own, master)).toBe('xen hal dan cat gus fay eve ben ann');
  });

  it('takes an object that may not be read for none', async () => {
    const args = 'orderBy: [{ manager: firstName_DESC }]';
    expect(await ids('employees', args, ada)).toBe('dan ben cat ann eve fay hal xen');
    expect(await ids('employees', args, anonymous)).toBe('dan ben cat ann hal xen');
  });

  it.each([
    ['employees', '{ manager: firstName_ASC }', 'master'],
    ['employees', '{ manager: firstName_DESC }, { company: revenue_ASC }', 'ada'],
    ['employees', '{ company: founded_DESC }', 'master'],
    ['employees', '{ manager: createdAt_ASC }, { manager: id_DESC }', 'master'],
    ['teams', '{ company: logo_ASC }', 'master'],
    ['teams', '{ lead: manager_DESC }', 'master'],
    // No place can be told in an order by arrays or positions: cursors count rows.
    ['employees', '{ company: tags_ASC }', 'ada'],
    ['employees', '{ company: location_ASC }', 'ada'],
  ])('%s by %s go on behind each row, and before it', async (list, by, who) => {
    const headers = who === 'ada' ? ada : master;
    const page = async (args: string): Promise<[ids: string, cursor: string]> => {
      const { data, errors } = await test.graphql(
        `{ ${list}(orderBy: [${by}], ${args}) { edges { cursor node { objectId } } } }`,
        {},
        headers,
      );
      expect(errors).toBeUndefined();
      const text = JSON.stringify(data);
      const found = [...text.matchAll(/"objectId":"(\w+)"/g)].map(([, id]) => id).join(' ');
      return [found, /"cursor":"([^"]+)"/.exec(text)?.[1] ?? ''];
    };
    const [all] = await page('first: 100');
    const seen: string[] = [];
    let after = '';
    for (;;) {
      const [row, cursor] = await page(`first: 1, after: "${after}"`);
      if (row === '') break;
      after = cursor;
      const [rest] = await page(`before: "${cursor}", first: 100`);
      expect(rest).toBe(seen.join(' '));
      seen.push(row);
    }
    expect(seen.join(' ')).toBe(all);
    expect((await page('last: 2'))[0]).toBe(seen.slice(-2).join(' '));
  });

  it('holds in relations and inverse pointers, counts nothing else, and has page info', async () => {
    const query = `{ teams(order: [name_ASC]) { edges { node { members(first: 2, orderBy: [{ manager: firstName_DESC }]) {
      count edges { node { objectId } } pageInfo { hasNextPage } } } } } }`;
    test.takeCommands();
    const { data } = await test.graphql(query, {}, master);
    expect(test.takeCommands()).toHaveLength(3);
    const members = (count: number, ...list: string[]) => ({
      node: {
        members: {
          count,
          edges: list.map((objectId) => ({ node: { objectId } })),
          pageInfo: { hasNextPage: count > list.length },
        },
      },
    });
    expect(data).toEqual({
      teams: {
        edges: [
          members(3, 'ben', 'eve'),
          members(0),
          members(5, 'dan', 'cat'),
          members(4, 'dan', 'ben'),
        ],
      },
    });
    const inverse = await test.graphql(
      '{ company(id: "bolt") { employees(orderBy: [{ manager: firstName_DESC }]) { edges { node { objectId } } } } }',
      {},
      master,
    );
    expect(inverse.data).toEqual({
      company: {
        employees: { edges: [{ node: { objectId: 'dan' } }, { node: { objectId: 'cat' } }] },
      },
    });
  });

  it.each([
    [
      'both ways at once',
      'employees',
      'order: [salary_ASC], orderBy: [{ self: salary_ASC }]',
      /^102 /,
    ],
    ['a pointer that may not be read', 'teams', 'orderBy: [{ lead: firstName_ASC }]', /^119 /],
    [
      'a column of its own that may not be read',
      'teams',
      'orderBy: [{ self: budget_ASC }]',
      /^119 /,
    ],
    ['a class that may not be searched', 'companies', 'orderBy: [{ country: name_ASC }]', /^119 /],
    [
      'two fields at once',
      'employees',
      'orderBy: [{ manager: firstName_ASC, self: salary_ASC }]',
      /exactly one/,
    ],
    ['no field', 'employees', 'orderBy: [{}]', /exactly one/],
    ['null', 'employees', 'orderBy: [{ manager: null }]', /non-null|must be/],
    [
      'a cursor of another order',
      'employees',
      'orderBy: [{ manager: firstName_ASC }], after: "x"',
      /^102 /,
    ],
  ])('refuses %s', async (_what, list, args, expected) => {
    expect(await refusal(list, args, anonymous)).toMatch(expected);
  });

  it('takes as many columns as MongoDB, and refuses more', async () => {
    const columns =
      'firstName salary active hiredAt profile skills position photo badge area createdAt updatedAt'.split(
        ' ',
      );
    const keys = ['self', 'manager'].flatMap((owner) =>
      columns.map((column) => `{ ${owner}: ${column}_ASC }`),
    );
    const more = [
      'name',
      'founded',
      'revenue',
      'tags',
      'settings',
      'location',
      'logo',
      'createdAt',
    ].map((column) => `{ company: ${column}_ASC }`);
    const all = [...keys, ...more];
    expect(all).toHaveLength(32);
    expect(await ids('employees', `orderBy: [${all.slice(1).join()}], first: 1`, master)).not.toBe(
      '',
    );
    expect(await refusal('employees', `orderBy: [${all.join()}]`, master)).toMatch(/^102 /);
  });

  it('refuses the column of an object that may not be read there, and nothing to those who may', async () => {
    expect(await refusal('companies', 'orderBy: [{ country: name_ASC }]', ada)).toBe('');
    const throughTeam = 'orderBy: [{ company: revenue_ASC }]';
    expect(await refusal('teams', throughTeam, anonymous)).toBe('');
  });
});
