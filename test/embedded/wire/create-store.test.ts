import { MongoClient } from 'mongodb';
import { rm } from 'node:fs/promises';
import { afterEach, expect, it } from 'vitest';
import { createStore, type Store } from '../../../src/embedded/create-store.ts';
import { temporaryDirectory } from '../../support/store-location.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function directory(): Promise<string> {
  const path = await temporaryDirectory();
  cleanups.push(async () => rm(path, { recursive: true, force: true }));
  return path;
}

async function start(dataDirectory: string, port = 0): Promise<Store> {
  const store = await createStore({ dataDirectory, port });
  cleanups.push(async () => store.close());
  return store;
}

async function connect(store: Store, appName = 'test'): Promise<MongoClient> {
  const client = await new MongoClient(store.uri, { appName }).connect();
  cleanups.push(async () => client.close());
  return client;
}

it('starts again on its port with its data, and the same client goes on', async () => {
  const dataDirectory = await directory();
  const first = await start(dataDirectory);
  const client = await connect(first);
  const rows = client.db('kept').collection('rows');
  await rows.insertOne({ a: 1 });
  await first.close();
  await start(dataDirectory, first.port);
  expect(await rows.countDocuments()).toBe(1);
});

it('rejects when its port is taken, and leaves the data free for another', async () => {
  const taken = await start(await directory());
  const dataDirectory = await directory();
  await expect(createStore({ dataDirectory, port: taken.port })).rejects.toThrow(/EADDRINUSE/);
  await start(dataDirectory);
});

it('closes once, however often it is told to', async () => {
  const store = await start(await directory());
  await Promise.all([store.close(), store.close()]);
  await expect(store.counters()).rejects.toThrow('closed');
});

it('counts per client, without monitoring, and starts again at zero', async () => {
  const store = await start(await directory());
  const rows = (await connect(store, 'one')).db('counted').collection('rows');
  const other = (await connect(store, 'two')).db('counted').collection('rows');
  await rows.insertMany([{ a: 1 }, { a: 2 }]);
  await rows.find({ a: 1 }).toArray();
  await other.countDocuments();
  expect(await store.counters('one')).toMatchObject({
    work: 2,
    documentsReturned: 1,
    documentsExamined: 2,
  });
  expect((await store.counters('one')).commands).toMatchObject({ insert: 1, find: 1 });
  expect((await store.counters('two')).work).toBe(1);
  expect((await store.counters()).work).toBe(3);
  await store.resetCounters('one');
  expect((await store.counters('one')).work).toBe(0);
  expect((await store.counters('two')).work).toBe(1);
});
