import { rm } from 'node:fs/promises';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore, type Store } from '../../src/embedded/create-store.ts';
import { APP_NAME } from '../../src/storage/mongo/observe-commands.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { temporaryDirectory } from '../support/store-location.ts';
import { seedGoldenWorld } from './seed-golden-world.ts';

type Row = Readonly<Record<string, unknown>> & { readonly _id: string };

const CHILDREN = 300;
const MEMBERS = 20_000;

let dataDirectory: string;
let store: Store;
let gateway: TestGateway;

// The embedded store counts the documents that each client's commands look at.
beforeAll(async () => {
  dataDirectory = await temporaryDirectory();
  store = await createStore({ dataDirectory, port: 0 });
  gateway = await startGateway({ uri: store.uri, seed: seedManyChildren });
});

afterAll(async () => {
  await gateway.close();
  await store.close();
  await rm(dataDirectory, { recursive: true, force: true });
});

async function seedManyChildren(uri: string): Promise<void> {
  await seedGoldenWorld(uri);
  await seedManyMembers(uri);
  const client = await MongoClient.connect(uri);
  const children = Array.from({ length: CHILDREN }, (_, index): Row => {
    const company = ['acme', 'bolt', 'cogs'][index % 3] ?? '';
    const at = new Date(1_700_000_000_000 + index);
    return { _id: `child${index}`, _p_company: `Company$${company}`, _created_at: at };
  });
  await client.db().collection<Row>('Employee').insertMany(children);
  await client.close();
}

/** A team of as many members, of whom every tenth is readable by nobody and one of every hundred is gone. */
async function seedManyMembers(uri: string): Promise<void> {
  const client = await MongoClient.connect(uri);
  const db = client.db();
  const numbers = Array.from({ length: MEMBERS }, (_, index) => index);
  const idOf = (index: number): string => `member${String(index).padStart(5, '0')}`;
  const rows = numbers
    .filter((index) => index % 100 !== 0)
    .map((index): Row => ({ _id: idOf(index), ...(index % 10 === 1 && { _rperm: [] }) }));
  await db.collection<Row>('Team').insertOne({ _id: 'crowd', name: 'crowd' });
  await db.collection<Row>('Employee').insertMany(rows);
  await db
    .collection('_Join:members:Team')
    .insertMany(numbers.map((index) => ({ owningId: 'crowd', relatedId: idOf(index) })));
  await client.close();
}

async function ask(query: string, headers: Readonly<Record<string, string>> = {}) {
  await store.resetCounters();
  const { data, errors } = await gateway.graphql(query, undefined, headers);
  expect(errors).toBeUndefined();
  return { data, examined: (await store.counters(APP_NAME)).documentsExamined };
}

async function examined(query: string): Promise<number> {
  return (await ask(query, { 'x-parse-master-key': gateway.masterKey })).examined;
}

describe('documents that the store looks at', () => {
  it('are the page of a pointer level and no more', async () => {
    const first = 10;
    const query = `{ employees(first: ${first}) { edges { node { company { name } } } } }`;
    expect(await examined(query)).toBeLessThanOrEqual(first + 3 + 1);
  });

  it('are a page for each parent where an index leads to the children in their order', async () => {
    const list = 'employees(first: 2) { edges { node { objectId } } pageInfo { hasNextPage } }';
    const found = await examined(`{ companies { edges { node { ${list} } } } }`);
    expect(found).toBeLessThanOrEqual(3 + 3 * (2 + 1));
  });

  it('are a page of a relation of 20,000 members, and those passed over: gone or not to be read', async () => {
    const page = 'edges { node { objectId } } pageInfo { hasNextPage endCursor }';
    const team = (args: string) => `{ team(id: "crowd") { members(${args}) { ${page} } } }`;
    const first = await ask(team('first: 10'));
    expect(first.data).toMatchObject({ team: { members: { pageInfo: { hasNextPage: true } } } });
    // member00000 is gone, …01 and …11 may not be read.
    expect(idsIn(first.data)).toEqual(
      [2, 3, 4, 5, 6, 7, 8, 9, 10, 12].map((index) => `member${String(index).padStart(5, '0')}`),
    );
    // Each member costs a join row and the member; the eleventh tells that there are more.
    expect(first.examined).toBeLessThanOrEqual(1 + 2 * (11 + 3));
    const after = await ask(team(`first: 10, after: "${cursorIn(first.data)}"`));
    expect(idsIn(after.data)[0]).toBe('member00013');
    expect(idsIn(after.data)).toHaveLength(10);
    expect(after.examined).toBeLessThanOrEqual(1 + 2 * (11 + 2));
    const last = await ask(team('last: 10'));
    expect(idsIn(last.data).at(-1)).toBe('member19999');
    expect(last.examined).toBeLessThanOrEqual(1 + 2 * (11 + 2));
    const skipped = await ask(team('skip: 90, first: 10'));
    expect(idsIn(skipped.data)).toHaveLength(10);
    expect(skipped.examined).toBeLessThanOrEqual(1 + 2 * (101 + 15));
    const one = await ask(team('where: { objectId: { equalTo: "member10002" } }'));
    expect(idsIn(one.data)).toEqual(['member10002']);
    expect(one.examined).toBeLessThanOrEqual(1 + 2);
  });

  it('are each member and its join row once for a count, of the parents counted and no others', async () => {
    const counted = await ask('{ team(id: "red") { members { count } } }');
    expect(counted.data).toEqual({ team: { members: { count: 4 } } });
    expect(counted.examined).toBeLessThanOrEqual(1 + 2 * 4);
    const crowd = await ask('{ team(id: "crowd") { members { count } } }');
    expect(crowd.data).toEqual({ team: { members: { count: MEMBERS * (1 - 1 / 100 - 1 / 10) } } });
    expect(crowd.examined).toBeLessThanOrEqual(1 + 2 * MEMBERS);
    const one = await ask(
      '{ team(id: "crowd") { members(where: { objectId: { in: ["member00002", "member00001"] } }) { count } } }',
    );
    expect(one.data).toEqual({ team: { members: { count: 1 } } });
    expect(one.examined).toBeLessThanOrEqual(1 + 2 * 2);
  });

  it('are the children counted, where an index leads to them', async () => {
    const count = await ask('{ company(id: "acme") { employees { count } } }');
    expect(count.data).toEqual({ company: { employees: { count: 2 + CHILDREN / 3 } } });
    expect(count.examined).toBeLessThanOrEqual(1 + 2 + CHILDREN / 3);
  });

  it('are a page for each of many relations under two aliases, however large one of them is', async () => {
    const page = 'edges { node { objectId } } pageInfo { hasNextPage }';
    const query = `{ teams { edges { node { a: members(first: 10) { ${page} } b: members(first: 10) { ${page} } } } } }`;
    expect(await examined(query)).toBeLessThanOrEqual(5 + 4 * 2 * 7 + 2 * 13);
  });
});

type Answer = Awaited<ReturnType<typeof ask>>['data'];

const ANSWER = /"objectId":"(\w+)"/g;

function idsIn(data: Answer): readonly string[] {
  return [...JSON.stringify(data).matchAll(ANSWER)].map(([, id = '']) => id);
}

function cursorIn(data: Answer): string {
  return /"endCursor":"([\w-]+)"/.exec(JSON.stringify(data))?.[1] ?? '';
}
