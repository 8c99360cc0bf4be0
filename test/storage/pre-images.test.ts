import { MongoClient, type Db } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openMongoDatabase } from '../../src/storage/mongo/mongo-database.ts';
import { startStore, type TestStore } from '../support/start-store.ts';

let store: TestStore;
let client: MongoClient;
let raw: Db;

beforeAll(async () => {
  store = startStore();
  client = await MongoClient.connect(store.uri);
  raw = client.db(store.databaseName);
  const rows = ['Old', 'New'].map((_id) => ({ _id, objectId: 'string' }));
  await raw.collection<{ _id: string }>('_SCHEMA').insertMany(rows);
  await raw.collection<{ _id: string }>('Old').insertOne({ _id: 'o1' });
});
afterAll(async () => {
  await client.close();
  await store.close();
});

function open(ownsIndexes: boolean, onReport: (line: string) => void = () => undefined) {
  const uri = new URL(store.uri);
  uri.pathname = `/${store.databaseName}`;
  return openMongoDatabase({ uri: uri.href, ownsIndexes, onReport });
}

const LACKING = /only the master key hears of deletes in Old:/;

async function keeping(): Promise<readonly string[]> {
  const collections = await raw.listCollections({}, { nameOnly: false }).toArray();
  return collections
    .filter(({ options }) => JSON.stringify(options ?? {}).includes('"enabled":true'))
    .map(({ name }) => name)
    .sort();
}

it('classes that keep no states before deletes are reported, and changed only where the database is ours', async () => {
  const line = await new Promise<string>((resolve) => {
    const opened = open(false, (text) => {
      if (!LACKING.test(text)) return;
      resolve(text);
      void opened.then(async (database) => database.close());
    });
  });
  expect(line).toMatch(LACKING);
  expect(await keeping()).toEqual([]);

  const own = await open(true);
  await expect.poll(keeping).toEqual(['New', 'Old']);
  await own.close();
});
