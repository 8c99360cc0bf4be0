import { rm } from 'node:fs/promises';
import { Double, Int32, Long, UUID, deserialize } from 'bson';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnStore, type SpawnedStore } from '../../support/spawn-store.ts';
import { temporaryDirectory } from '../../support/store-location.ts';
import { connectRaw, opMsg, type RawConnection } from '../wire/raw-connection.ts';

type Document = Readonly<Record<string, unknown>>;

let dataDirectory: string;
let store: SpawnedStore;
let connection: RawConnection;

/** Sends a command as it is, which the driver would not: it numbers its commands by itself. */
async function send(command: Document): Promise<Document> {
  connection.send(opMsg(1, { ...command, $db: command['$db'] ?? 'd' }));
  const { document } = await connection.reply();
  return Object.fromEntries(
    Object.entries(document).filter(([key]) => key !== 'operationTime' && key !== '$clusterTime'),
  );
}

const session = (txnNumber: number): Document => ({
  lsid: { id: new UUID().toBinary() },
  txnNumber: Long.fromNumber(txnNumber),
});

async function stored(collection: string): Promise<unknown> {
  const reply = await send({ find: collection, sort: { _id: 1 } });
  return (reply['cursor'] as { readonly firstBatch: unknown }).firstBatch;
}

interface Attempt {
  readonly command: Document;
  /** What a retry answers besides what the first attempt did. */
  readonly mark: Document;
}

const increment = { $inc: { n: 1 } };
const RETRIED: Readonly<Record<string, Attempt>> = {
  update: {
    command: { update: 'update', updates: [{ q: { _id: 1 }, u: increment }] },
    mark: { retriedStmtIds: [0] },
  },
  findAndModify: {
    command: { findAndModify: 'findAndModify', query: { _id: 1 }, update: increment },
    mark: { retriedStmtId: 0 },
  },
  insert: {
    command: { insert: 'insert', documents: [2, 3, 4].map((_id) => ({ _id })) },
    mark: { retriedStmtIds: [0, 1, 2] },
  },
  delete: {
    command: { delete: 'delete', deletes: [{ q: {}, limit: 1 }] },
    mark: { retriedStmtIds: [0] },
  },
  upsert: {
    command: { update: 'upsert', updates: [{ q: { _id: 9 }, u: increment, upsert: true }] },
    mark: { retriedStmtIds: [0] },
  },
};

const firstReplies = new Map<string, Document>();
const contents = new Map<string, unknown>();
const sessions = new Map(Object.keys(RETRIED).map((name) => [name, session(7)]));
const half = { insert: 'half', documents: [1, 2, 3].map((_id) => ({ _id })), ...session(1) };
const gone = session(8);
const transaction = { ...session(5), autocommit: false };
const commit = { commitTransaction: 1, ...transaction, $db: 'admin' };

const typed = {
  findAndModify: 'typed',
  query: { _id: 1 },
  update: { $inc: { long: Long.ONE } },
  new: true,
  ...session(3),
};

/** What a command that returns one document returned, every number as the class of its type. */
async function typedValue(command: Document): Promise<unknown> {
  connection.send(opMsg(1, { ...command, $db: 'd' }));
  const { bytes } = await connection.reply();
  return (deserialize(bytes, { promoteValues: false }) as { readonly value: unknown }).value;
}

const TYPED = { _id: new Int32(1), long: Long.fromNumber(6), double: new Double(5) };

/** Does everything once, and cuts the power. */
beforeAll(async () => {
  dataDirectory = await temporaryDirectory();
  store = await spawnStore(dataDirectory);
  connection = await connectRaw(store.uri);
  await send({ insert: 'typed', documents: [{ ...TYPED, long: Long.fromNumber(5) }] });
  expect(await typedValue(typed)).toEqual(TYPED);
  for (const [name, { command }] of Object.entries(RETRIED)) {
    await send({ insert: name, documents: [{ _id: 0 }, { _id: 1, n: 0 }] });
    firstReplies.set(name, await send({ ...command, ...sessions.get(name) }));
    contents.set(name, await stored(name));
  }
  await send({ insert: 'half', documents: [{ _id: 2 }] });
  expect(await send(half)).toMatchObject({ n: 1, writeErrors: [{ index: 1, code: 11_000 }] });
  await send({ insert: 'gone', documents: [{ _id: 1 }], ...gone });
  await send({
    insert: 'transacted',
    documents: [{ _id: 1 }],
    ...transaction,
    startTransaction: true,
  });
  expect(await send(commit)).toEqual({ ok: 1 });
  await store.kill();
  store = await spawnStore(dataDirectory);
  connection = await connectRaw(store.uri);
});

afterAll(async () => {
  connection.close();
  await store.close();
  await rm(dataDirectory, { recursive: true, force: true });
});

describe('sent again after the store was killed', () => {
  it.each(Object.entries(RETRIED))(
    'a write is done once and answered as before: %s',
    async (name, { command, mark }) => {
      const again = await send({ ...command, ...sessions.get(name) });
      expect(again).toEqual({ ...firstReplies.get(name), ...mark });
      expect(await stored(name)).toEqual(contents.get(name));
    },
  );

  it('what was returned has its number types', async () => {
    expect(await typedValue(typed)).toEqual(TYPED);
  });

  it('a write goes on after the statements that were done', async () => {
    await send({ delete: 'half', deletes: [{ q: { _id: 2 }, limit: 1 }] });
    expect(await send(half)).toMatchObject({ n: 3, retriedStmtIds: [0] });
    expect(await stored('half')).toEqual([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
  });

  it('a commit is still a commit', async () => {
    expect(await send(commit)).toEqual({ ok: 1 });
    expect(await stored('transacted')).toEqual([{ _id: 1 }]);
  });

  it('a write is refused when the session has gone on, and a new one is not', async () => {
    const insert = (_id: number, txnNumber: number) =>
      send({
        insert: 'gone',
        documents: [{ _id }],
        ...gone,
        txnNumber: Long.fromNumber(txnNumber),
      });
    expect(await insert(2, 7)).toMatchObject({ ok: 0, code: 225 });
    expect(await insert(3, 9)).toEqual({ n: 1, ok: 1 });
    expect(await stored('gone')).toEqual([{ _id: 1 }, { _id: 3 }]);
  });
});
