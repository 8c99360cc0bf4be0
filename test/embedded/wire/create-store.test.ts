import { MongoClient } from 'mongodb';
import { rm } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
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

/** Sends a command that is not answered for a minute; resolves once the store has it. */
async function sendUnanswered(client: MongoClient): Promise<{ readonly answer: Promise<unknown> }> {
  const data = { failCommands: ['ping'], blockConnection: true, blockTimeMS: 60_000 };
  const block = async (): Promise<unknown> => {
    const command = { configureFailPoint: 'failCommand', mode: 'alwaysOn', data };
    return (await client.db('admin').command(command))['count'];
  };
  await block();
  const answer = client.db('kept').command({ ping: 1 });
  answer.catch(() => undefined);
  // To set it again tells how often it was met.
  while ((await block()) !== 1);
  return { answer };
}

it.each<[string, (thread: Worker) => unknown, RegExp]>([
  ['is ended from outside', (thread) => thread.terminate(), /ended with code 1/],
  [
    'meets a bug',
    (thread) => {
      thread.postMessage(null);
    },
    /Cannot read properties of null/,
  ],
])('tells its owner once when its thread %s', async (_title, hurt, reason) => {
  const thread = new Promise<Worker>((resolve) => process.once('worker', resolve));
  const crashes: string[] = [];
  const dataDirectory = await directory();
  let tell: () => void = () => undefined;
  const crashed = new Promise<void>((resolve) => (tell = resolve));
  const store = await createStore({
    dataDirectory,
    onCrash: ({ message }) => {
      crashes.push(message);
      tell();
    },
  });
  const client = await connect(store);
  const rows = client.db('kept').collection('rows');
  await rows.insertOne({ a: 1 });
  const unanswered = await sendUnanswered(client);
  hurt(await thread);
  await crashed;
  // Its connections are cut with it: nobody waits for an answer that will not come.
  await expect(unanswered.answer).rejects.toThrow(/closed|ECONNRESET/);
  await expect(store.counters()).rejects.toThrow(reason);
  await store.close();
  expect(crashes).toEqual([expect.stringMatching(reason)]);
  const again = await connect(await start(dataDirectory));
  expect(await again.db('kept').collection('rows').countDocuments()).toBe(1);
});
