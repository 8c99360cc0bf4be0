import { MongoServerError, type ClientSession, type Collection } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, openOwnDatabase, refusalCode, type OpenDatabase } from './open-database.ts';

interface Row {
  readonly _id: number;
  readonly n?: number;
}

let open: OpenDatabase;

beforeAll(async () => {
  open = await openDatabase();
});

afterAll(async () => {
  await open.close();
});

async function collectionOf(name: string, ...rows: Row[]): Promise<Collection<Row>> {
  const collection = open.database.collection<Row>(name);
  await open.database.createCollection(name);
  if (rows.length > 0) await collection.insertMany(rows);
  return collection;
}

/** Runs with a session in an open transaction, which is aborted afterwards unless it was ended. */
async function inTransaction(
  work: (session: ClientSession) => Promise<void>,
  session = open.client.startSession(),
): Promise<void> {
  session.startTransaction();
  try {
    await work(session);
  } finally {
    await session.endSession();
  }
}

describe('isolation', () => {
  test('a transaction sees its own writes, others see them after the commit', async () => {
    const rows = await collectionOf('own');
    await inTransaction(async (session) => {
      await rows.insertOne({ _id: 1 }, { session });
      expect(await rows.countDocuments({}, { session })).toBe(1);
      expect(await rows.find().toArray()).toEqual([]);
      await session.commitTransaction();
      expect(await rows.find().toArray()).toEqual([{ _id: 1 }]);
    });
  });

  test('a transaction reads one snapshot from its first command to its end', async () => {
    const rows = await collectionOf('snapshot', { _id: 1, n: 1 });
    await inTransaction(async (session) => {
      expect(await rows.findOne({ _id: 1 }, { session })).toEqual({ _id: 1, n: 1 });
      await rows.updateOne({ _id: 1 }, { $set: { n: 2 } });
      await rows.insertOne({ _id: 2 });
      expect(await rows.find({}, { session }).toArray()).toEqual([{ _id: 1, n: 1 }]);
      expect(await rows.aggregate([{ $count: 'n' }], { session }).toArray()).toEqual([{ n: 1 }]);
    });
  });

  test('an abort leaves no trace', async () => {
    const rows = await collectionOf('abort', { _id: 1, n: 1 });
    await inTransaction(async (session) => {
      await rows.updateOne({ _id: 1 }, { $set: { n: 2 } }, { session });
      await rows.insertOne({ _id: 2 }, { session });
      await rows.deleteOne({ _id: 1 }, { session });
      await session.abortTransaction();
    });
    expect(await rows.find().toArray()).toEqual([{ _id: 1, n: 1 }]);
  });

  test('several collections and databases change at one moment', async () => {
    const here = await collectionOf('here');
    const there = open.client.db(`${open.database.databaseName}_there`).collection<Row>('there');
    await there.insertOne({ _id: 0 });
    await inTransaction(async (session) => {
      await here.insertOne({ _id: 1 }, { session });
      await there.insertOne({ _id: 1 }, { session });
      await session.commitTransaction();
    });
    expect([await here.countDocuments(), await there.countDocuments()]).toEqual([1, 2]);
    await open.client.db(there.dbName).dropDatabase();
  });
});

describe('a conflict', () => {
  test('the second writer of a document is told to try again', async () => {
    const rows = await collectionOf('conflict', { _id: 1, n: 0 });
    await inTransaction(async (first) => {
      await inTransaction(async (second) => {
        await rows.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session: first });
        const error: unknown = await rows
          .updateOne({ _id: 1 }, { $inc: { n: 10 } }, { session: second })
          .then(async () => {
            await first.commitTransaction();
            await second.commitTransaction();
          })
          .catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(MongoServerError);
        expect(error).toMatchObject({ code: 112 });
        const isTransient =
          error instanceof MongoServerError && error.hasErrorLabel('TransientTransactionError');
        expect(isTransient).toBe(true);
        if (first.inTransaction()) await first.commitTransaction();
      });
    });
    expect(await rows.findOne({ _id: 1 })).toEqual({ _id: 1, n: 1 });
  });

  test('a document changed since the snapshot cannot be overwritten', async () => {
    const rows = await collectionOf('lost', { _id: 1, n: 0 });
    await inTransaction(async (session) => {
      await rows.findOne({ _id: 1 }, { session });
      await rows.updateOne({ _id: 1 }, { $inc: { n: 1 } });
      const late = rows
        .updateOne({ _id: 1 }, { $inc: { n: 10 } }, { session })
        .then(async () => session.commitTransaction());
      expect(await refusalCode(late)).toBe(112);
    });
    expect(await rows.findOne({ _id: 1 })).toEqual({ _id: 1, n: 1 });
  });

  test('withTransaction retries until all counted', async () => {
    const rows = await collectionOf('counter', { _id: 1, n: 0 });
    await Promise.all(
      Array.from({ length: 6 }, async () =>
        open.client.withSession(async (session) =>
          session.withTransaction(async () => {
            const found = await rows.findOne({ _id: 1 }, { session });
            await rows.updateOne({ _id: 1 }, { $set: { n: found!.n! + 1 } }, { session });
          }),
        ),
      ),
    );
    expect(await rows.findOne({ _id: 1 })).toEqual({ _id: 1, n: 6 });
  });

  test('a duplicate key aborts the transaction', async () => {
    const rows = await collectionOf('duplicate', { _id: 1 });
    await inTransaction(async (session) => {
      await rows.insertOne({ _id: 2 }, { session });
      expect(await refusalCode(rows.insertOne({ _id: 1 }, { session }))).toBe(11_000);
      expect(await refusalCode(rows.findOne({ _id: 2 }, { session }))).toBe(251);
    });
    expect(await rows.countDocuments()).toBe(1);
  });
});

describe('a transaction that is over', () => {
  test('by killSessions leaves no trace and its documents free', async () => {
    const rows = await collectionOf('killed', { _id: 1, n: 0 });
    await inTransaction(async (session) => {
      await rows.updateOne({ _id: 1 }, { $set: { n: 5 } }, { session });
      await open.client.db('admin').command({ killSessions: [session.id] });
      await rows.updateOne({ _id: 1 }, { $inc: { n: 1 } });
      expect(await refusalCode(session.commitTransaction())).toBe(251);
    });
    expect(await rows.findOne({ _id: 1 })).toEqual({ _id: 1, n: 1 });
  });

  test('because its client is gone frees its documents when its lifetime ends', async () => {
    const own = await openOwnDatabase();
    await own.client.db('admin').command({ setParameter: 1, transactionLifetimeLimitSeconds: 1 });
    const rows = own.database.collection<Row>('orphan');
    await rows.insertOne({ _id: 1, n: 0 });
    const session = own.client.startSession();
    session.startTransaction();
    await rows.updateOne({ _id: 1 }, { $set: { n: 5 } }, { session });
    // The client never speaks of the transaction again. A write outside waits for it or is told of the conflict.
    let written: unknown;
    while (written === undefined) {
      written = await rows.updateOne({ _id: 1 }, { $inc: { n: 1 } }).catch((error: unknown) => {
        if (error instanceof MongoServerError && error.code === 112) return undefined;
        throw error;
      });
    }
    expect(await rows.findOne({ _id: 1 })).toEqual({ _id: 1, n: 1 });
    await session.endSession();
    await own.client.db('admin').command({ setParameter: 1, transactionLifetimeLimitSeconds: 60 });
    await own.close();
  });

  test('committing twice is committing once', async () => {
    const rows = await collectionOf('twice', { _id: 1, n: 0 });
    await inTransaction(async (session) => {
      await rows.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session });
      await session.commitTransaction();
      await session.commitTransaction();
    });
    expect(await rows.findOne({ _id: 1 })).toEqual({ _id: 1, n: 1 });
  });
});
