import { Long } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectStore, failure, reply, type ConnectedStore } from './connect-store.ts';

let connected: ConnectedStore;

beforeAll(async () => {
  connected = await connectStore();
  await connected.database
    .collection<{ _id: number }>('rows')
    .insertMany(Array.from({ length: 250 }, (_, index) => ({ _id: index, even: index % 2 === 0 })));
});

afterAll(async () => {
  await connected.close();
});

interface Page {
  readonly id: Long | number;
  readonly rows: number;
}

async function page(command: Record<string, unknown>): Promise<Page> {
  const answer = await reply(connected.database, command);
  const cursor = answer['cursor'] as Record<string, unknown> | undefined;
  if (cursor === undefined) throw new Error(String(answer['errmsg']));
  const batch = (cursor['firstBatch'] ?? cursor['nextBatch']) as unknown[];
  return { id: cursor['id'] as Long | number, rows: batch.length };
}

describe('a cursor', () => {
  it('gives 101 documents first and all the rest then', async () => {
    const first = await page({ find: 'rows' });
    expect(first.rows).toBe(101);
    const second = await page({ getMore: Long.fromValue(first.id), collection: 'rows' });
    expect(second).toEqual({ id: 0, rows: 149 });
  });

  it('keeps to batch sizes, also of none', async () => {
    const first = await page({ find: 'rows', batchSize: 0 });
    expect(first.rows).toBe(0);
    const getMore = Long.fromValue(first.id);
    expect((await page({ getMore, collection: 'rows', batchSize: 7 })).rows).toBe(7);
    expect((await page({ getMore, collection: 'rows', batchSize: 500 })).rows).toBe(243);
  });

  it('is closed when the limit is reached, the batch is single, or it is killed', async () => {
    expect(await page({ find: 'rows', limit: 5, batchSize: 5 })).toEqual({ id: 0, rows: 5 });
    expect(await page({ find: 'rows', batchSize: 5, singleBatch: true })).toEqual({
      id: 0,
      rows: 5,
    });
    const { id } = await page({ aggregate: 'rows', pipeline: [], cursor: { batchSize: 2 } });
    const getMore = Long.fromValue(id);
    const killed = await reply(connected.database, { killCursors: 'rows', cursors: [getMore] });
    expect(killed).toMatchObject({ cursorsKilled: [getMore], cursorsNotFound: [] });
    const gone = await reply(connected.database, { getMore, collection: 'rows' });
    expect(gone).toMatchObject({ ok: 0, code: 43, codeName: 'CursorNotFound' });
  });

  it('sees the data as they were when it was opened', async () => {
    const rows = connected.database.collection<{ _id: number }>('moving');
    await rows.insertMany(Array.from({ length: 50 }, (_, index) => ({ _id: index })));
    const cursor = rows.find({}, { batchSize: 10 });
    await cursor.next();
    await rows.deleteMany({ _id: { $gte: 20 } });
    await rows.insertOne({ _id: 100 });
    expect(await cursor.toArray()).toHaveLength(49);
    expect(await rows.countDocuments()).toBe(21);
  });

  it('ends a page at 16 MB', async () => {
    const large = connected.database.collection<{ _id: number; text: string }>('large');
    for (let index = 0; index < 5; index++) {
      await large.insertOne({ _id: index, text: 'x'.repeat(5_000_000) });
    }
    const first = await page({ find: 'large' });
    expect(first.rows).toBe(3);
    expect(await page({ getMore: Long.fromValue(first.id), collection: 'large' })).toEqual({
      id: 0,
      rows: 2,
    });
  });

  it('belongs to its collection and to its session', async () => {
    const { id } = await page({ find: 'rows', batchSize: 2 });
    const getMore = Long.fromValue(id);
    const elsewhere = await reply(connected.database, { getMore, collection: 'other' });
    expect(elsewhere).toMatchObject({ ok: 0, code: 13 });
  });

  it('is forgotten when its session ends', async () => {
    const session = connected.client.startSession();
    const cursor = connected.database.collection('rows').find({}, { session, batchSize: 2 });
    await cursor.next();
    await connected.client.db('admin').command({ killSessions: [session.id] });
    const error = await failure(cursor.toArray());
    expect(error.code).toBe(43);
    await session.endSession();
  });

  it('times out when nobody asks for more', async () => {
    const admin = connected.client.db('admin');
    await admin.command({ setParameter: 1, cursorTimeoutMillis: 1 });
    const { id } = await page({ find: 'rows', batchSize: 2 });
    const kept = await page({ find: 'rows', batchSize: 2, noCursorTimeout: true });
    await admin.command({ setParameter: 1, clientCursorMonitorFrequencySecs: 0.01 });
    const getMore = Long.fromValue(id);
    await expect
      .poll(async () => admin.command({ serverStatus: 1 }))
      .toMatchObject({ metrics: { cursor: { timedOut: 1 } } });
    expect(await reply(connected.database, { getMore, collection: 'rows' })).toMatchObject({
      code: 43,
    });
    expect(
      (await page({ getMore: Long.fromValue(kept.id), collection: 'rows', batchSize: 1 })).rows,
    ).toBe(1);
    await admin.command({ setParameter: 1, cursorTimeoutMillis: 600_000 });
  });
});
