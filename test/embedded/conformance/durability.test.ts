import { rm } from 'node:fs/promises';
import { MongoClient, type Collection } from 'mongodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { spawnStore, type SpawnedStore } from '../../support/spawn-store.ts';
import { EXTERNAL_STORE_URI, temporaryDirectory } from '../../support/store-location.ts';

interface Row {
  readonly _id: number;
  readonly n: number;
}

/** What the store acknowledged: the value of each document, or nothing for one that was deleted. */
type Acknowledged = Map<number, number | undefined>;

const ROUNDS = 3;
const WRITERS = 4;

let dataDirectory: string;

beforeEach(async () => {
  dataDirectory = await temporaryDirectory();
});

afterEach(async () => {
  await rm(dataDirectory, { recursive: true, force: true });
});

describe('a store that is killed', () => {
  test(
    'has lost no acknowledged write, and no write by half',
    { timeout: 60_000 },
    async (context) => {
      if (EXTERNAL_STORE_URI !== undefined) context.skip('only the embedded store is killed');
      const acknowledged: Acknowledged = new Map();
      for (let round = 0; round < ROUNDS; round += 1) {
        const store = await spawnStore(dataDirectory);
        await withRows(store, async (rows) => {
          await expectStored(rows, acknowledged);
          await writeUntilKilled(store, rows, acknowledged, round * 1_000_000);
        });
      }
      const store = await spawnStore(dataDirectory);
      await withRows(store, async (rows) => {
        await expectStored(rows, acknowledged);
      });
      await store.close();
      expect(acknowledged.size).toBeGreaterThan(100);
    },
  );

  test('keeps transactions whole', { timeout: 60_000 }, async (context) => {
    if (EXTERNAL_STORE_URI !== undefined) context.skip('only the embedded store is killed');
    const store = await spawnStore(dataDirectory);
    const client = await new MongoClient(store.uri, CLIENT_OPTIONS).connect();
    const pairs = client.db('d').collection<Row>('pairs');
    await pairs.createIndex({ n: 1 });
    let committed = 0;
    const writing = (async () => {
      for (let n = 0; ; n += 1) {
        await client.withSession(async (session) =>
          session.withTransaction(async () => {
            await pairs.insertOne({ _id: 2 * n, n }, { session });
            await pairs.insertOne({ _id: 2 * n + 1, n }, { session });
          }),
        );
        committed = n + 1;
        if (committed === 40) void store.kill();
      }
    })();
    await expect(writing).rejects.toThrow();
    await store.kill();
    await client.close();
    const again = await spawnStore(dataDirectory);
    const reader = await new MongoClient(again.uri, CLIENT_OPTIONS).connect();
    const counts = await reader
      .db('d')
      .collection<Row>('pairs')
      .aggregate([{ $group: { _id: '$n', count: { $sum: 1 } } }])
      .toArray();
    await reader.close();
    await again.close();
    expect(counts.length).toBeGreaterThanOrEqual(committed);
    expect(counts.filter(({ count }) => count !== 2)).toEqual([]);
  });
});

const CLIENT_OPTIONS = {
  serverSelectionTimeoutMS: 2_000,
  retryWrites: false,
} as const;

async function withRows(
  store: SpawnedStore,
  work: (rows: Collection<Row>) => Promise<void>,
): Promise<void> {
  const client = await new MongoClient(store.uri, CLIENT_OPTIONS).connect();
  try {
    await work(client.db('d').collection<Row>('rows'));
  } finally {
    await client.close();
  }
}

/** Several clients insert, update and delete at once; the process is killed in the middle of it. */
async function writeUntilKilled(
  store: SpawnedStore,
  rows: Collection<Row>,
  acknowledged: Acknowledged,
  firstId: number,
): Promise<void> {
  const enough = acknowledged.size + 60 + Math.floor(Math.random() * 60);
  const writer = async (offset: number): Promise<void> => {
    for (let _id = firstId + offset; ; _id += WRITERS) {
      await rows.insertOne({ _id, n: 0 });
      acknowledged.set(_id, 0);
      if (_id % 3 === 0) {
        // Once sent, a write that is not acknowledged may have happened or not: it is no longer known.
        acknowledged.delete(_id);
        await rows.updateOne({ _id }, { $set: { n: _id } });
        acknowledged.set(_id, _id);
      } else if (_id % 7 === 0) {
        acknowledged.delete(_id);
        await rows.deleteOne({ _id });
        acknowledged.set(_id, undefined);
      }
      if (acknowledged.size >= enough) void store.kill();
    }
  };
  await Promise.allSettled(Array.from({ length: WRITERS }, async (_, offset) => writer(offset)));
  await store.kill();
}

async function expectStored(rows: Collection<Row>, acknowledged: Acknowledged): Promise<void> {
  const stored = new Map((await rows.find().toArray()).map(({ _id, n }) => [_id, n]));
  const lost = [...acknowledged].filter(([_id, n]) => stored.get(_id) !== n);
  expect(lost).toEqual([]);
}
