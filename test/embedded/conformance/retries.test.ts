import type { Document } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openChangeStream } from '../../support/open-change-stream.ts';
import { openOwnDatabase, type OpenDatabase } from './open-database.ts';

interface Row {
  readonly _id: number;
}

let open: OpenDatabase;

beforeAll(async () => {
  open = await openOwnDatabase({ heartbeatFrequencyMS: 500, minHeartbeatFrequencyMS: 50 });
});

afterEach(async () => {
  await open.client.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
});

afterAll(async () => {
  await open.close();
});

type FailPoint = 'failCommand' | 'failGetMoreAfterCursorCheckout';

async function failOnce(data: Document, name: FailPoint = 'failCommand'): Promise<void> {
  const mode = { times: 1 };
  await open.client.db('admin').command({ configureFailPoint: name, mode, data });
}

/** Errors of a server that stops, steps down or loses its network: the driver tries once more. */
const PASSING_CODES = [6, 7, 89, 91, 189, 9001, 10_107, 11_600, 11_602, 13_435, 13_436];

describe('the driver tries again', () => {
  test.each(PASSING_CODES)(
    'a write that failed with code %i, and it is done once',
    async (code) => {
      const rows = open.database.collection<Row>(`write${code}`);
      await failOnce({ failCommands: ['insert'], errorCode: code });
      await rows.insertOne({ _id: 1 });
      expect(await rows.find().toArray()).toEqual([{ _id: 1 }]);
    },
  );

  test.each(PASSING_CODES)('a read that failed with code %i', async (code) => {
    const rows = open.database.collection<Row>(`read${code}`);
    await rows.insertOne({ _id: 1 });
    await failOnce({ failCommands: ['find'], errorCode: code });
    expect(await rows.find().toArray()).toEqual([{ _id: 1 }]);
  });

  test('a write whose answer got lost, and it is done once', async () => {
    const rows = open.database.collection<Row & { readonly n: number }>('lost');
    await rows.insertOne({ _id: 1, n: 0 });
    await failOnce({ failCommands: ['update'], closeConnection: true });
    await rows.updateOne({ _id: 1 }, { $inc: { n: 1 } });
    expect(await rows.findOne({ _id: 1 })).toEqual({ _id: 1, n: 1 });
  });

  test('a write that was done but not confirmed by the majority in time, and it is not done again', async () => {
    const rows = open.database.collection<Row & { readonly n: number }>('concern');
    await rows.insertOne({ _id: 1, n: 0 });
    await failOnce({
      failCommands: ['update'],
      writeConcernError: {
        code: 91,
        errmsg: 'Replication is being shut down',
        errorLabels: ['RetryableWriteError'],
      },
    });
    await rows.updateOne({ _id: 1 }, { $inc: { n: 1 } });
    expect(await rows.findOne({ _id: 1 })).toEqual({ _id: 1, n: 1 });
  });

  test('no write that was refused for its own fault', async () => {
    const rows = open.database.collection<Row>('fault');
    await failOnce({ failCommands: ['insert'], errorCode: 121 });
    await expect(rows.insertOne({ _id: 1 })).rejects.toMatchObject({ code: 121 });
    expect(await rows.countDocuments()).toBe(0);
  });
});

/** After these the server tells by a label that a change stream can be resumed. */
const RESUMABLE_CODES = [43, 63, 133, 150, 234, 262, 13_388, ...PASSING_CODES];

describe('a change stream goes on', () => {
  test.each(RESUMABLE_CODES)('after a getMore that failed with code %i', async (code) => {
    const rows = open.database.collection<Row>(`stream${code}`);
    const stream = await openChangeStream(rows.watch());
    await failOnce({ errorCode: code }, 'failGetMoreAfterCursorCheckout');
    await rows.insertOne({ _id: 1 });
    expect(await stream.next()).toMatchObject({ documentKey: { _id: 1 } });
    await stream.close();
  });

  test('after its connection was cut', async () => {
    const rows = open.database.collection<Row>('cut');
    const stream = await openChangeStream(rows.watch());
    await failOnce({ failCommands: ['getMore'], closeConnection: true });
    await rows.insertOne({ _id: 1 });
    expect(await stream.next()).toMatchObject({ documentKey: { _id: 1 } });
    await stream.close();
  });

  test('but not after an error that would come again', async () => {
    const stream = await openChangeStream(open.database.collection<Row>('again').watch());
    await failOnce({ failCommands: ['getMore'], errorCode: 280 });
    await expect(stream.next()).rejects.toMatchObject({ code: 280 });
  });
});

describe('a transaction', () => {
  test('is run again as a whole after a passing error inside it', async () => {
    const rows = open.database.collection<Row>('transaction');
    await rows.insertOne({ _id: 0 });
    await failOnce({ failCommands: ['insert'], errorCode: 251 });
    await open.client.withSession(async (session) =>
      session.withTransaction(async () => {
        await rows.insertOne({ _id: 1 }, { session });
      }),
    );
    expect(await rows.countDocuments()).toBe(2);
  });

  test('whose commit was lost is committed once', async () => {
    const rows = open.database.collection<Row & { readonly n: number }>('commit');
    await rows.insertOne({ _id: 1, n: 0 });
    await failOnce({ failCommands: ['commitTransaction'], closeConnection: true });
    await open.client.withSession(async (session) =>
      session.withTransaction(async () => {
        await rows.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session });
      }),
    );
    expect(await rows.findOne({ _id: 1 })).toEqual({ _id: 1, n: 1 });
  });
});

test('a blocked command is answered late, others meanwhile', async () => {
  const rows = open.database.collection<Row>('blocked');
  await rows.insertOne({ _id: 1 });
  await failOnce({ failCommands: ['find'], blockConnection: true, blockTimeMS: 300 });
  const start = performance.now();
  const slow = rows.find().toArray();
  await open.database.command({ ping: 1 });
  const pinged = performance.now() - start;
  await slow;
  expect(performance.now() - start).toBeGreaterThanOrEqual(295);
  expect(pinged).toBeLessThan(295);
});
