import { MongoClient, type Db } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/api/arguments/global-id.ts';
import { ADA_SESSION, seedGoldenWorld } from '../golden/seed-golden-world.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let test: TestGateway;
let client: MongoClient;
let raw: Db;

beforeAll(async () => {
  test = await startGateway({ seed: seedGoldenWorld });
  client = await MongoClient.connect(test.uri);
  raw = client.db();
  await raw.collection('Company').createIndex({ name: 1 }, { unique: true, sparse: true }, {});
});

afterAll(async () => {
  await client.close();
  await test.close();
});

beforeEach(async () => {
  await companies().deleteMany({ _id: { $nin: ['acme', 'bolt', 'cogs'] } });
  await companies().updateOne(
    { _id: 'acme' },
    {
      $set: { revenue: 100, tags: ['tools', 'toys'], settings: { theme: { dark: true } } },
      $unset: { _wperm: '' },
    },
  );
  await companies().updateOne({ _id: 'bolt' }, { $set: { _wperm: ['nobody'], revenue: 50 } });
});

function companies() {
  return raw.collection<{ _id: string }>('Company');
}

async function row(_id: string) {
  return companies().findOne({ _id });
}

const ada = { 'x-parse-session-token': ADA_SESSION };

/** The answer's data, the code of its first error, and the commands it cost. */
async function ask(document: string, variables: Readonly<Record<string, unknown>> = {}) {
  test.takeCommands();
  const { data, errors } = await test.graphql(document, variables, ada);
  const commands = test.takeCommands().map(({ name, collection }) => `${name} ${collection}`);
  return { data, code: errors?.[0]?.extensions['code'], commands };
}

const UPDATE = `mutation ($input: UpdateCompanyInput!) {
  updateCompany(input: $input) { company { revenue tags { ... on Element { value } } settings } }
}`;

async function update(input: Readonly<Record<string, unknown>>) {
  return ask(UPDATE, { input: { id: 'acme', ...input } });
}

describe('operations', () => {
  it('change columns from the values that are there, with other columns, in one command', async () => {
    await ask('{ viewer { sessionToken } }');
    const { data, code, commands } = await update({
      fields: { name: 'Acme' },
      operations: {
        revenue: { increment: 5 },
        tags: { addUnique: ['toys', 'new'] },
        settings: { set: [{ path: 'theme.size', value: { px: 3 } }], unset: ['theme.dark'] },
      },
    });
    expect(code).toBeUndefined();
    expect(data).toMatchObject({
      updateCompany: {
        company: {
          revenue: 105,
          tags: [{ value: 'tools' }, { value: 'toys' }, { value: 'new' }],
          settings: { theme: { size: { px: 3 } } },
        },
      },
    });
    expect(commands).toEqual(['findAndModify Company']);
  });

  it.each([
    [{ revenue: { min: 90 } }, { revenue: 90 }],
    [{ revenue: { min: 110 } }, { revenue: 100 }],
    [{ revenue: { max: 110 } }, { revenue: 110 }],
    [{ founded: { max: '1900-01-01T00:00:00.000Z' } }, { revenue: 100 }],
    [{ tags: { add: ['toys'] } }, { tags: ['tools', 'toys', 'toys'] }],
    [{ tags: { remove: ['toys', 'none'] } }, { tags: ['tools'] }],
    [{ settings: { set: [{ path: 'a', value: null }] } }, { settings: { a: null } }],
  ])('%j make %j', async (operations, expected) => {
    expect((await update({ operations })).code).toBeUndefined();
    expect(await row('acme')).toMatchObject(expected);
  });

  it.each([
    [{ operations: { revenue: {} } }, 102],
    [{ operations: { revenue: { increment: 1, min: 2 } } }, 102],
    [{ operations: { revenue: { increment: 1 } }, fields: { revenue: 1 } }, 102],
    [{ operations: { settings: {} } }, 102],
    [{ operations: { settings: { set: [{ path: '', value: 1 }] } } }, 121],
    [{ operations: { settings: { set: [{ path: 'a..b', value: 1 }] } } }, 121],
    [{ operations: { settings: { set: [{ path: '$where', value: 1 }] } } }, 121],
    [{ operations: { settings: { set: [{ path: '__proto__.x', value: 1 }] } } }, 105],
    [{ operations: { settings: { set: [{ path: 'a.__type', value: 'Pointer' }] } } }, 105],
    [
      {
        operations: { settings: { set: [{ path: 'a'.repeat(51).split('').join('.'), value: 1 }] } },
      },
      121,
    ],
    [{ operations: { settings: { set: [{ path: 'a', value: { $gt: 1 } }] } } }, 121],
    [{ operations: { settings: { set: [{ path: 'a', value: 1 }], unset: ['a.b'] } } }, 111],
    [{ operations: { tags: { add: [{ __type: 'Pointer', className: 1 }] } } }, 111],
  ])('%j is refused with code %i and changes nothing', async (input, code) => {
    const before = await row('acme');
    expect((await update(input)).code).toBe(code);
    expect(await row('acme')).toEqual(before);
  });

  it('of the wrong kind of column, or a user’s ways to log in, do not exist', async () => {
    for (const document of [
      'mutation { updateCompany(input: { id: "acme", operations: { name: { increment: 1 } } }) { clientMutationId } }',
      'mutation { updateUser(input: { id: "ada", operations: { authData: { unset: ["x"] } } }) { clientMutationId } }',
    ]) {
      expect((await ask(document)).data).toBeUndefined();
    }
  });

  it('lose nothing when 100 come at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        test.graphql(UPDATE, {
          input: {
            id: 'acme',
            operations: { revenue: { increment: 1 }, tags: { addUnique: [`t${n % 10}`] } },
          },
        }),
      ),
    );
    expect(answers.filter(({ errors }) => errors !== undefined)).toEqual([]);
    const after = await row('acme');
    expect(after).toMatchObject({ revenue: 200 });
    expect((after as unknown as { tags: string[] }).tags).toHaveLength(12);
  });
});

describe('conditions', () => {
  it('let only one of two writers through who have read the same', async () => {
    const { data } = await ask('{ company(id: "acme") { updatedAt } }');
    const { updatedAt } = (data as { company: { updatedAt: string } }).company;
    const input = { ifUpdatedAt: updatedAt, operations: { revenue: { increment: 1 } } };
    const answers = await Promise.all([update(input), update(input)]);
    expect(answers.map(({ code }) => code).sort()).toEqual([409, undefined]);
    expect(await row('acme')).toMatchObject({ revenue: 101 });
  });

  it('by where stop a withdrawal that is too large', async () => {
    const withdraw = (amount: number) =>
      update({
        where: { revenue: { greaterThanOrEqualTo: amount } },
        operations: { revenue: { increment: -amount } },
      });
    expect((await withdraw(60)).code).toBeUndefined();
    expect((await withdraw(60)).code).toBe(409);
    expect(await row('acme')).toMatchObject({ revenue: 40 });
  });

  it('hold for deletions, too', async () => {
    await companies().insertOne({ _id: 'gone', revenue: 1 } as { _id: string });
    const remove = (revenue: number) =>
      ask(
        `mutation { deleteCompany(input: { id: "gone", where: { revenue: { equalTo: ${revenue} } } }) { company { id } } }`,
      );
    expect((await remove(2)).code).toBe(409);
    expect(await row('gone')).not.toBeNull();
    expect((await remove(1)).code).toBeUndefined();
    expect(await row('gone')).toBeNull();
  });
});

const RESULTS =
  '{ results { object { objectId name revenue } errorCode errorMessage } writtenCount }';

describe('many at once', () => {
  it('are created by one command, each for itself', async () => {
    const { data, commands } = await ask(
      `mutation { createManyCompanies(input: { items: [
        { name: "One", revenue: 1 }, { name: "Acme" }, { name: "Two", country: { link: "none" } }, { name: "Three" }
      ] }) ${RESULTS} }`,
    );
    const { createManyCompanies: many } = data as { createManyCompanies: ManyAnswer };
    expect(many.writtenCount).toBe(2);
    expect(many.results.map(({ errorCode }) => errorCode)).toEqual([null, 137, 101, null]);
    expect(many.results.map(({ object }) => object?.name)).toEqual([
      ...['One', undefined, undefined, 'Three'],
    ]);
    expect(commands).toEqual(['find Country', 'insert Company']);
    expect(await companies().countDocuments()).toBe(5);
  });

  it('are created with what is inside of them, whole or not at all', async () => {
    const countries = raw.collection('Country');
    const before = await countries.countDocuments();
    const { data } = await ask(
      `mutation { createManyCompanies(input: { items: [
        { name: "In1", country: { createAndLink: { name: "N1", code: "N1" } } },
        { name: "Acme", country: { createAndLink: { name: "N2", code: "N2" } } }
      ] }) ${RESULTS} }`,
    );
    const { createManyCompanies: many } = data as { createManyCompanies: ManyAnswer };
    expect(many.results.map(({ errorCode }) => errorCode)).toEqual([null, 137]);
    expect(await countries.countDocuments()).toBe(before + 1);
    await countries.deleteMany({ code: { $in: ['N1', 'N2'] } });
  });

  it('are changed each for itself; what may not be written or does not fit stays', async () => {
    const global = encodeGlobalId('Company', 'cogs');
    const { data } = await ask(
      `mutation ($items: [UpdateManyCompaniesItemInput!]!) {
        updateManyCompanies(input: { items: $items }) ${RESULTS}
      }`,
      {
        items: [
          { id: 'acme', operations: { revenue: { increment: 1 } } },
          { id: 'bolt', operations: { revenue: { increment: 1 } } },
          { id: global, where: { revenue: { lessThan: 0 } }, fields: { revenue: 0 } },
          { id: 'acme', fields: { revenue: 7 } },
          { id: encodeGlobalId('Team', 'red'), fields: { revenue: 7 } },
        ],
      },
    );
    const { updateManyCompanies: many } = data as { updateManyCompanies: ManyAnswer };
    expect(many.results.map(({ errorCode }) => errorCode)).toEqual([null, 101, 409, 102, 101]);
    expect(many.results[0]?.object).toMatchObject({ objectId: 'acme', revenue: 101 });
    expect(await row('bolt')).toMatchObject({ revenue: 50 });
  });

  it('are deleted and answered as they were', async () => {
    await companies().insertMany([
      { _id: 'x1', name: 'X1' } as { _id: string },
      { _id: 'x2', name: 'X2' } as { _id: string },
    ]);
    const { data, commands } = await ask(
      `mutation { deleteManyCompanies(input: { ids: ["x2", "bolt", "x1", "none"] }) ${RESULTS} }`,
    );
    const { deleteManyCompanies: many } = data as { deleteManyCompanies: ManyAnswer };
    expect(many.results.map(({ errorCode }) => errorCode)).toEqual([null, 101, null, 101]);
    expect(many.results[0]?.object?.name).toBe('X2');
    expect(commands).toEqual(['find Company', 'delete Company', 'commitTransaction admin']);
  });

  it('are no more than a thousand', async () => {
    const ids = Array.from({ length: 1001 }, (_, n) => `n${n}`);
    const { code } = await ask(
      'mutation ($ids: [ID!]!) { deleteManyCompanies(input: { ids: $ids }) { writtenCount } }',
      { ids },
    );
    expect(code).toBe(102);
  });
});

describe('upsert', () => {
  const upsert = (name: string, by = 1) =>
    ask(
      `mutation ($name: String!, $by: Float!) { upsertCompany(input: {
        where: { name: { equalTo: $name } }
        create: { name: $name, revenue: 1 }
        operations: { revenue: { increment: $by } }
      }) { wasCreated object { name revenue } } }`,
      { name, by },
    );

  it('creates what is not there and changes what is, at one command more', async () => {
    const first = await upsert('Newest');
    expect(first.data).toEqual({
      upsertCompany: { wasCreated: true, object: { name: 'Newest', revenue: 1 } },
    });
    expect(first.commands).toEqual(['find Company', 'insert Company']);
    const second = await upsert('Newest', 2);
    expect(second.data).toEqual({
      upsertCompany: { wasCreated: false, object: { name: 'Newest', revenue: 3 } },
    });
    expect(second.commands).toEqual(['find Company', 'findAndModify Company']);
  });

  it('makes one object and loses nothing when 10 come at once, where the column is unique', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => upsert('Race')));
    expect(answers.filter(({ code }) => code !== undefined)).toEqual([]);
    const rows = await companies()
      .find({ name: 'Race' } as object)
      .toArray();
    expect(rows).toMatchObject([{ revenue: 10 }]);
  });

  it('refuses several matches, none to match, and what may not be written', async () => {
    const write = (where: string) =>
      ask(
        `mutation { upsertCompany(input: { where: ${where}, update: { revenue: 1 } }) { wasCreated } }`,
      );
    expect((await write('{ revenue: { greaterThan: 0 } }')).code).toBe(409);
    expect((await write('{}')).code).toBe(102);
    expect((await write('{ name: { equalTo: "Bolt" } }')).code).toBe(101);
  });
});

interface ManyAnswer {
  readonly writtenCount: number;
  readonly results: readonly {
    readonly object: { readonly name?: string; readonly revenue?: number } | null;
    readonly errorCode: number | null;
  }[];
}
