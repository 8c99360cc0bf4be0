import { Long, type Document } from 'mongodb';
import { Binary } from 'bson';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectStore, reply, type ConnectedStore } from './connect-store.ts';
import { connectRaw, opMsg } from '../wire/raw-connection.ts';

let connected: ConnectedStore;
let lsid: Document;

beforeAll(async () => {
  connected = await connectStore();
});

beforeEach(async () => {
  const bytes = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
  lsid = { id: new Binary(bytes, Binary.SUBTYPE_UUID) };
  const rows = connected.database.collection<{ _id: number }>('rows');
  await rows.deleteMany({});
  await rows.insertOne({ _id: 1 });
});

afterAll(async () => {
  await connected.close();
});

/** Sends a command with exactly these session fields, which the driver would set itself. */
async function send(command: Document, database = connected.store.databaseName): Promise<Document> {
  const raw = await connectRaw(connected.store.uri);
  try {
    raw.send(opMsg(1, { ...command, $db: database }));
    return (await raw.reply()).document;
  } finally {
    raw.close();
  }
}

const inTransaction = (number: number, isFirst = false) => ({
  lsid,
  txnNumber: Long.fromNumber(number),
  autocommit: false,
  ...(isFirst ? { startTransaction: true } : {}),
});

const insert = (id: number) => ({ insert: 'rows', documents: [{ _id: id }] });
const count = async () => connected.database.collection('rows').countDocuments();

async function commit(number: number): Promise<Document> {
  return send({ commitTransaction: 1, ...inTransaction(number) }, 'admin');
}

async function abort(number: number): Promise<Document> {
  return send({ abortTransaction: 1, ...inTransaction(number) }, 'admin');
}

describe('a transaction', () => {
  it('is seen by others only once it is committed, and commits again as before', async () => {
    expect(await send({ ...insert(2), ...inTransaction(1, true) })).toMatchObject({ ok: 1, n: 1 });
    const inside = await send({ find: 'rows', ...inTransaction(1) });
    expect(inside).toMatchObject({ cursor: { firstBatch: [{ _id: 1 }, { _id: 2 }] } });
    expect(await count()).toBe(1);
    expect(await commit(1)).toMatchObject({ ok: 1 });
    expect(await count()).toBe(2);
    expect(await commit(1)).toMatchObject({ ok: 1 });
    expect(await abort(1)).toMatchObject({ ok: 0, code: 256, codeName: 'TransactionCommitted' });
    expect(await send({ ...insert(3), ...inTransaction(1) })).toMatchObject({ code: 256 });
  });

  it('leaves nothing when it is aborted', async () => {
    await send({ ...insert(2), ...inTransaction(1, true) });
    expect(await abort(1)).toMatchObject({ ok: 1 });
    expect(await count()).toBe(1);
    for (const answer of [
      await abort(1),
      await commit(1),
      await send({ ...insert(3), ...inTransaction(1) }),
    ]) {
      expect(answer).toMatchObject({
        ok: 0,
        code: 251,
        codeName: 'NoSuchTransaction',
        errorLabels: ['TransientTransactionError'],
      });
    }
  });

  it('ends at its first error, also one of a single document', async () => {
    const doubled = await send({ ...insert(1), ...inTransaction(1, true) });
    expect(doubled).toMatchObject({ writeErrors: [{ code: 11000 }] });
    expect(await commit(1)).toMatchObject({ code: 251 });
    expect(await send({ find: 'rows', foo: 1, ...inTransaction(2, true) })).toMatchObject({
      code: 40415,
    });
    expect(await commit(2)).toMatchObject({ code: 251 });
  });

  it('loses to whom writes the same document first, and may be tried again', async () => {
    const other = { id: new Binary(Buffer.alloc(16, 7), Binary.SUBTYPE_UUID) };
    const update = (value: number) => ({
      update: 'rows',
      updates: [{ q: { _id: 1 }, u: { $set: { value } } }],
    });
    await send({ ...update(1), ...inTransaction(1, true) });
    const second = await send({
      ...update(2),
      ...inTransaction(1, true),
      lsid: other,
    });
    expect(second).toMatchObject({ code: 112, errorLabels: ['TransientTransactionError'] });
    expect(await commit(1)).toMatchObject({ ok: 1 });
    expect(await connected.database.collection('rows').findOne()).toMatchObject({ value: 1 });
  });

  it('expires after its lifetime', async () => {
    const admin = connected.client.db('admin');
    await admin.command({ setParameter: 1, transactionLifetimeLimitSeconds: 0.02 });
    await send({ ...insert(2), ...inTransaction(1, true) });
    await admin.command({ setParameter: 1, transactionLifetimeLimitSeconds: 60 });
    await expect
      .poll(async () => admin.command({ serverStatus: 1 }))
      .toMatchObject({ transactions: { currentOpen: 0 } });
    expect(await commit(1)).toMatchObject({ code: 251 });
    expect(await count()).toBe(1);
  });

  it('ends with its session', async () => {
    await send({ ...insert(2), ...inTransaction(1, true) });
    await connected.client.db('admin').command({ killSessions: [lsid] });
    expect(await commit(1)).toMatchObject({ code: 251 });
  });

  const misuses: readonly (readonly [string, () => Document, number])[] = [
    ['counts', () => ({ count: 'rows', ...inTransaction(9, true) }), 263],
    ['lists collections', () => ({ listCollections: 1, ...inTransaction(9, true) }), 263],
    [
      'watches',
      () => ({
        aggregate: 'rows',
        pipeline: [{ $changeStream: {} }],
        cursor: {},
        ...inTransaction(9, true),
      }),
      263,
    ],
    [
      'sets a write concern',
      () => ({ ...insert(9), writeConcern: { w: 1 }, ...inTransaction(9, true) }),
      72,
    ],
    ['has no session', () => ({ ...insert(9), txnNumber: Long.ONE, autocommit: false }), 72],
    ['has no number', () => ({ ...insert(9), lsid, autocommit: false }), 72],
    [
      'starts with autocommit',
      () => ({ ...insert(9), ...inTransaction(9, true), autocommit: true }),
      72,
    ],
    ['was never started', () => ({ ...insert(9), ...inTransaction(9) }), 251],
    ['has a session that is no UUID', () => ({ ...insert(9), lsid: { id: 1 } }), 14],
    ['numbers a read', () => ({ find: 'rows', lsid, txnNumber: Long.ONE }), 72],
  ];

  it.each(misuses)('is refused when it %s', async (_claim, command, code) => {
    expect(await send(command())).toMatchObject({ ok: 0, code });
    expect(await count()).toBe(1);
  });

  it('cannot go back to an older number, nor start twice under one', async () => {
    await send({ ...insert(2), ...inTransaction(5, true) });
    expect(await send({ ...insert(3), ...inTransaction(4, true) })).toMatchObject({ code: 225 });
    expect(await send({ ...insert(3), ...inTransaction(5, true) })).toMatchObject({ code: 117 });
    expect(await send({ ...insert(3), ...inTransaction(5) })).toMatchObject({ ok: 1 });
    expect(await commit(5)).toMatchObject({ ok: 1 });
    expect(await count()).toBe(3);
  });

  it('is dropped by a newer one of its session', async () => {
    await send({ ...insert(2), ...inTransaction(1, true) });
    await send({ ...insert(3), ...inTransaction(2, true) });
    expect(await commit(2)).toMatchObject({ ok: 1 });
    expect(await connected.database.collection<{ _id: number }>('rows').distinct('_id')).toEqual([
      1, 3,
    ]);
  });
});

describe('a retryable write', () => {
  const once = (number: number) => ({ lsid, txnNumber: Long.fromNumber(number) });

  it('is done once, however often it is sent', async () => {
    const increment = {
      update: 'rows',
      updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }],
      ...once(1),
    };
    expect(await send(increment)).toMatchObject({ n: 1, nModified: 1 });
    expect(await send(increment)).toMatchObject({ n: 1, nModified: 1, retriedStmtIds: [0] });
    expect(await connected.database.collection('rows').findOne()).toMatchObject({ n: 1 });
    const both = { insert: 'rows', documents: [{ _id: 2 }, { _id: 3 }], ...once(2) };
    expect(await send(both)).toMatchObject({ n: 2 });
    expect(await send(both)).toMatchObject({ n: 2, retriedStmtIds: [0, 1] });
    const modify = {
      findAndModify: 'rows',
      query: { _id: 1 },
      update: { $inc: { n: 1 } },
      new: true,
      ...once(3),
    };
    expect(await send(modify)).toMatchObject({ value: { n: 2 } });
    expect(await send(modify)).toMatchObject({ value: { n: 2 }, retriedStmtId: 0 });
    expect(await send(increment)).toMatchObject({ ok: 0, code: 225 });
  });

  it('is sent again by the driver when the connection breaks, with one effect', async () => {
    const admin = connected.client.db('admin');
    await admin.command({
      configureFailPoint: 'failCommand',
      mode: { times: 1 },
      data: { failCommands: ['update'], closeConnection: true },
    });
    const rows = connected.database.collection<{ _id: number; n?: number }>('rows');
    await rows.updateOne({ _id: 1 }, { $inc: { n: 1 } });
    expect(await rows.findOne()).toEqual({ _id: 1, n: 1 });
  });

  it('cannot touch many documents', async () => {
    const many = { delete: 'rows', deletes: [{ q: {}, limit: 0 }], ...once(1) };
    expect(await send(many)).toMatchObject({ ok: 0, code: 72 });
    expect(await count()).toBe(1);
  });
});

describe('a fail point', () => {
  it('reaches only the commands and the application it names', async () => {
    const admin = connected.client.db('admin');
    const configure = async (data: Document, mode: unknown = { times: 1 }) =>
      admin.command({ configureFailPoint: 'failCommand', mode, data });
    await configure({ failCommands: ['ping'], errorCode: 9001, appName: 'someone else' });
    expect(await reply(connected.database, { ping: 1 })).toMatchObject({ ok: 1 });
    await configure({ failCommands: ['ping'], errorCode: 9001, errorLabels: ['MyLabel'] });
    expect(await reply(connected.database, { ping: 1 })).toMatchObject({
      ok: 0,
      code: 9001,
      codeName: 'SocketException',
      errorLabels: ['MyLabel'],
    });
    expect(await reply(connected.database, { ping: 1 })).toMatchObject({ ok: 1 });
    await configure({ failCommands: ['ping'], errorCode: 1 }, 'alwaysOn');
    await configure({}, 'off');
    expect(await reply(connected.database, { ping: 1 })).toMatchObject({ ok: 1 });
    expect(
      await reply(admin, {
        configureFailPoint: 'failCommand',
        mode: 'alwaysOn',
        data: { nope: 1 },
      }),
    ).toMatchObject({ code: 40415 });
  });
});
