import { rm } from 'node:fs/promises';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore, type Store } from '../../src/embedded/create-store.ts';
import { APP_NAME } from '../../src/storage/mongo/commands.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { temporaryDirectory } from '../support/store-location.ts';
import { seedGoldenWorld } from './seed-golden-world.ts';

type Row = Readonly<Record<string, unknown>> & { readonly _id: string };

const CHILDREN = 300;

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
  const client = await MongoClient.connect(uri);
  const children = Array.from({ length: CHILDREN }, (_, index): Row => {
    const company = ['acme', 'bolt', 'cogs'][index % 3] ?? '';
    const at = new Date(1_700_000_000_000 + index);
    return { _id: `child${index}`, _p_company: `Company$${company}`, _created_at: at };
  });
  await client.db().collection<Row>('Employee').insertMany(children);
  await client.close();
}

async function examined(query: string): Promise<number> {
  await store.resetCounters();
  const master = { 'x-parse-master-key': gateway.masterKey };
  expect((await gateway.graphql(query, undefined, master)).errors).toBeUndefined();
  return (await store.counters(APP_NAME)).documentsExamined;
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
});
