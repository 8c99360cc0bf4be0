import { BSON, MongoClient, type Db } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { seedGoldenWorld } from '../golden/seed-golden-world.ts';
import { startGateway, type GraphqlBody, type TestGateway } from '../support/start-gateway.ts';

let test: TestGateway;
let client: MongoClient;
let database: Db;
let before: string;

beforeAll(async () => {
  test = await startGateway({ seed: seedGoldenWorld });
  client = await MongoClient.connect(test.uri);
  database = client.db();
  before = await everything();
});

afterAll(async () => {
  await client.close();
  await test.close();
});

/** All rows of all collections, as they are stored. */
async function everything(): Promise<string> {
  const collections = await database.listCollections({}, { nameOnly: true }).toArray();
  const names = collections.map(({ name }) => name).sort();
  const rows = await Promise.all(names.map((name) => database.collection(name).find().toArray()));
  return BSON.EJSON.stringify(Object.fromEntries(names.map((name, index) => [name, rows[index]])));
}

interface Answer {
  readonly status: number;
  readonly body: GraphqlBody;
}

async function send(query: string, variables?: unknown): Promise<Answer> {
  return sendText(JSON.stringify({ query, variables }));
}

async function sendText(text: string): Promise<Answer> {
  const response = await fetch(test.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-parse-application-id': test.appId },
    body: text,
  });
  return { status: response.status, body: (await response.json()) as GraphqlBody };
}

/** Whatever a test sent, the database is as it was. */
afterEach(async () => {
  const after = await everything();
  const isSame = after === before;
  // One that was written must not hide the next.
  before = after;
  expect(isSame, 'something was written').toBe(true);
});

/** Parse codes other than 1, and messages in plain words. */
function expectRefusal({ status, body }: Answer): void {
  expect(status).toBeLessThan(500);
  expect(body.errors?.length ?? 0).toBeGreaterThan(0);
  for (const { message, extensions } of body.errors ?? []) {
    expect(extensions['code'], JSON.stringify(body)).toBeTypeOf('number');
    expect(extensions['code']).not.toBe(1);
    expect(message).not.toMatch(/mongo|\bbson|\bat .+\.(ts|js):\d|undefined|\[object/i);
  }
}

const CREATE = `mutation ($fields: CreateEmployeeFieldsInput) {
  createEmployee(input: { fields: $fields }) { employee { objectId } } }`;
const UPDATE = `mutation ($fields: UpdateEmployeeFieldsInput) {
  updateEmployee(input: { id: "ben", fields: $fields }) { employee { objectId } } }`;
const NESTED = `mutation ($fields: CreateEmployeeFieldsInput) {
  createTeam(input: { fields: { name: "n", company: { createAndLink: { name: "c" } },
    members: { createAndAdd: [{ firstName: "first" }, $fields] } } }) { team { objectId } } }`;

/** Text of JSON, since an object literal cannot have the key `__proto__`. */
const WRONG: readonly (readonly [string, string])[] = [
  ...['5', 'true', '["a"]', '{"a": 1}', '{"__op": "Delete"}', '{"__type": "Date"}'].map(
    (json) => ['firstName', json] as const,
  ),
  ...['"5"', 'true', '[1]', '{}', '1e999', '{"__op": "Increment", "amount": 1}'].map(
    (json) => ['salary', json] as const,
  ),
  ...['"true"', '1', '[]', '{"__op": "Delete"}'].map((json) => ['active', json] as const),
  ...[
    '5',
    '"yesterday"',
    '{"__type": "Date", "iso": "never"}',
    '{"iso": "2020-01-01T00:00:00.000Z"}',
    '[]',
    '{"__type": "Date", "iso": {"$gt": 1}}',
  ].map((json) => ['hiredAt', json] as const),
  ...[
    '5',
    '"text"',
    '[]',
    '{"$set": 1}',
    '{"a.b": 1}',
    '{"a": {"$where": "1"}}',
    '{"a": [{"b.c": 1}]}',
    '{"__proto__": {"isAdmin": true}}',
    '{"a": {"constructor": {"prototype": 1}}}',
    '{"_bsontype": "Code", "code": "1"}',
    '{"a": [{"_bsontype": "ObjectId", "id": "x"}]}',
    '{"__op": "Delete"}',
    '{"__type": "Pointer", "className": "_User", "objectId": "ada"}',
    '{"a": {"__type": "Date", "iso": "never"}}',
    '{"a": {"__type": "GeoPoint", "latitude": "x", "longitude": 1}}',
    '{"a\\u0000": 1}',
  ].map((json) => ['profile', json] as const),
  ...[
    '[{"__op": "Add", "objects": [1]}]',
    '{"__op": "Add", "objects": [1]}',
    '[{"$inc": 1}]',
    '[[{"__proto__": 1}]]',
    '[{"__type": "Bytes", "base64": 5}]',
  ].map((json) => ['skills', json] as const),
  ...[
    '5',
    '{"latitude": 1}',
    '{"latitude": 91, "longitude": 0}',
    '{"latitude": 0, "longitude": -181}',
    '{"latitude": "1", "longitude": 1}',
    '[1, 2]',
  ].map((json) => ['position', json] as const),
  ...[
    '5',
    '[]',
    '[{"latitude": 0, "longitude": 0}]',
    '[{"latitude": 0, "longitude": 0}, {"latitude": 0, "longitude": 0}, {"latitude": 0, "longitude": 0}]',
  ].map((json) => ['area', json] as const),
  ...['5', '{"file": 5}', '{}', '{"file": {"name": 5}}', '{"upload": "x"}'].map(
    (json) => ['photo', json] as const,
  ),
  ...['5', '"not base64!"', '{"__type": "Bytes"}', '[1]'].map((json) => ['badge', json] as const),
  ...[
    '5',
    '"acme"',
    '{}',
    '{"link": null}',
    '{"link": ""}',
    '{"link": "acme", "createAndLink": {"name": "x"}}',
    '{"link": {"$ne": 1}}',
    '{"link": "gone"}',
    '{"createAndLink": {"name": 5}}',
    '{"createAndLink": {"tags": [{"$a": 1}]}}',
  ].map((json) => ['company', json] as const),
  ...[
    '5',
    '{}',
    '[]',
    '{"add": "ben", "remove": {"$gt": ""}}',
    '{"add": [null]}',
    '{"add": ["gone"]}',
    '{"set": ["gone"]}',
    '{"set": [], "add": ["ben"]}',
    '{"createAndAdd": [{"salary": "x"}]}',
  ].map((json) => ['reports', json] as const),
  ...[
    '5',
    '{"public": true}',
    '{"*": {"read": true}}',
    '{"users": [{"userId": "*", "read": true, "write": true}]}',
    '{"users": [{"userId": "role:Admin", "read": true, "write": true}]}',
    '{"users": [{"userId": "ada"}]}',
    '{"roles": [{"roleName": "", "read": true, "write": true}]}',
  ].map((json) => ['ACL', json] as const),
  ['objectId', '"chosen"'],
  ['createdAt', '"2020-01-01T00:00:00.000Z"'],
  ['_rperm', '["*"]'],
  ['_p_company', '"Company$acme"'],
  ['$set', '{"salary": 1}'],
  ['profile.a', '1'],
  ['__proto__', '{"salary": 1}'],
  ['constructor', '{}'],
];

describe('a value that a column cannot have is refused with a code, and nothing is written:', () => {
  it.each(WRONG)('%s: %s', async (name, json) => {
    for (const query of [CREATE, UPDATE, NESTED]) {
      const text = `{"query": ${JSON.stringify(query)}, "variables": {"fields": {"${name}": ${json}}}}`;
      expectRefusal(await sendText(text));
    }
  });
});

describe('a mutation made to be large is refused, and nothing is written:', () => {
  const megabytes = (count: number) => 'x'.repeat(count * 1_000_000);
  const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

  it('a body of 10 MB', async () => {
    expectRefusal(await send(CREATE, { fields: { firstName: megabytes(10) } }));
  });

  it('an object of 5,000 levels', async () => {
    const text = `{"query": ${JSON.stringify(CREATE)}, "variables": {"fields": {"profile": ${deep(5_000)}}}}`;
    expectRefusal(await sendText(text));
  });

  it('objects created in objects, thirty deep', async () => {
    let fields = '{"firstName": "last"}';
    for (let level = 0; level < 30; level += 1) {
      fields = `{"firstName": "x", "manager": {"createAndLink": ${fields}}}`;
    }
    const text = `{"query": ${JSON.stringify(CREATE)}, "variables": {"fields": ${fields}}}`;
    expectRefusal(await sendText(text));
  });

  it('a body that ends in the middle', async () => {
    expectRefusal(
      await sendText(`{"query": ${JSON.stringify(CREATE)}, "variables": {"fields": {"sal`),
    );
  });
});

describe('a write that only looks like another object’s is refused, and nothing is written:', () => {
  const change = (id: unknown) =>
    send(
      `mutation ($id: ID!) { updateEmployee(input: { id: $id, fields: { salary: 1 } }) { employee { objectId } } }`,
      { id },
    );
  const remove = (id: unknown) =>
    send(`mutation ($id: ID!) { deleteEmployee(input: { id: $id }) { employee { objectId } } }`, {
      id,
    });

  it.each([
    '',
    'gone',
    '{"$gt":""}',
    'ben\u0000',
    'Employee:ben',
    Buffer.from('Company:acme').toString('base64'),
    Buffer.from('_User:ada').toString('base64'),
    { $gt: '' },
    ['ben'],
    null,
    true,
  ])('id %j', async (id) => {
    expectRefusal(await change(id));
    expectRefusal(await remove(id));
  });
});
