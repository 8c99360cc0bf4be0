import { rm } from 'node:fs/promises';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createStore, type Store } from '../../../src/embedded/create-store.ts';
import { temporaryDirectory } from '../../support/store-location.ts';

let dataDirectory: string;
let store: Store;
let reader: MongoClient;
let writer: MongoClient;

beforeAll(async () => {
  dataDirectory = await temporaryDirectory();
  store = await createStore({ dataDirectory, port: 0 });
  reader = await new MongoClient(store.uri, { appName: 'reader' }).connect();
  writer = await new MongoClient(store.uri, { appName: 'writer' }).connect();
});

afterAll(async () => {
  await reader.close();
  await writer.close();
  await store.close();
  await rm(dataDirectory, { recursive: true, force: true });
});

describe('counters of the embedded store', () => {
  test('tell apart what each client had done', async () => {
    await store.resetCounters();
    await writer
      .db('d')
      .collection('c')
      .insertMany([{ a: 1 }, { a: 2 }, { a: 3 }]);
    await reader
      .db('d')
      .collection('c')
      .find({ a: { $gt: 1 } })
      .toArray();
    await reader.db('d').collection('c').countDocuments({});
    const [read, written] = [await store.counters('reader'), await store.counters('writer')];
    expect(read).toMatchObject({ work: 2, commands: { find: 1, aggregate: 1 } });
    expect(written).toMatchObject({ work: 1, commands: { insert: 1 } });
  });

  test('tell what reads cost: documents examined and returned', async () => {
    const rows = writer.db('d').collection('cost');
    await rows.createIndex({ a: 1 });
    await rows.insertMany(Array.from({ length: 100 }, (_, a) => ({ a, b: a })));
    await store.resetCounters();
    await reader
      .db('d')
      .collection('cost')
      .find({ a: { $in: [1, 2] } })
      .toArray();
    expect(await store.counters('reader')).toMatchObject({
      documentsReturned: 2,
      documentsExamined: 2,
    });
    await store.resetCounters();
    await reader.db('d').collection('cost').find({ b: 1 }).toArray();
    expect(await store.counters('reader')).toMatchObject({
      documentsReturned: 1,
      documentsExamined: 100,
    });
  });

  test('count every getMore, and nothing for monitoring', async () => {
    const rows = writer.db('d').collection('more');
    await rows.insertMany(Array.from({ length: 25 }, (_, a) => ({ a })));
    await store.resetCounters();
    await reader.db('d').collection('more').find({}, { batchSize: 10 }).toArray();
    expect(await store.counters('reader')).toMatchObject({
      work: 3,
      commands: { find: 1, getMore: 2 },
    });
  });

  test('of all clients are the sum, and start again at zero', async () => {
    await store.resetCounters();
    await reader.db('d').collection('c').findOne({});
    await writer.db('d').collection('c').findOne({});
    expect(await store.counters()).toMatchObject({ work: 2, commands: { find: 2 } });
    await store.resetCounters('reader');
    expect(await store.counters()).toMatchObject({ work: 1 });
  });
});
