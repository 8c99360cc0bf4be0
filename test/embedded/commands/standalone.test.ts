import { rm } from 'node:fs/promises';
import { MongoClient, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore, type Store } from '../../../src/embedded/create-store.ts';
import { temporaryDirectory } from '../../support/store-location.ts';

let dataDirectory: string;
let store: Store;
let client: MongoClient;

beforeAll(async () => {
  dataDirectory = await temporaryDirectory();
  store = await createStore({ dataDirectory, standalone: true });
  client = await MongoClient.connect(store.uri);
});

afterAll(async () => {
  await client.close();
  await store.close();
  await rm(dataDirectory, { recursive: true, force: true });
});

const rows = () => client.db('d').collection<{ _id: number; n: number }>('rows');

describe('a standalone store', () => {
  it('says that it is writable and of no replica set', async () => {
    expect(store.uri).not.toContain('replicaSet');
    const hello = await client.db('admin').command({ hello: 1 });
    expect(hello).toMatchObject({ isWritablePrimary: true, readOnly: false, ok: 1 });
    const ofSets = ['setName', 'hosts', 'primary', 'me', 'setVersion', 'electionId', 'lastWrite'];
    expect(Object.keys(hello)).not.toEqual(expect.arrayContaining([expect.toBeOneOf(ofSets)]));
    const status = await client.db('admin').command({ serverStatus: 1 });
    expect(status).not.toHaveProperty('repl');
  });

  it('tells no cluster time', async () => {
    const reply = await client.db('d').command({ insert: 'timeless', documents: [{ _id: 1 }] });
    expect(reply).toEqual({ n: 1, ok: 1 });
  });

  it('reads and writes, with sessions and with the majority', async () => {
    await client.withSession(async (session) => {
      await rows().insertOne({ _id: 1, n: 1 }, { session, writeConcern: { w: 'majority' } });
      await rows().updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session });
      const read = rows().find({}, { session, readConcern: 'majority' });
      expect(await read.toArray()).toEqual([{ _id: 1, n: 2 }]);
    });
  });

  it('refuses a change stream', async () => {
    await expect(rows().watch().tryNext()).rejects.toMatchObject({
      code: 40_573,
      message: 'The $changeStream stage is only supported on replica sets',
    });
  });

  it('refuses a transaction, and writes nothing', async () => {
    const transact = client.withSession((session) =>
      session.withTransaction(() => rows().insertOne({ _id: 2, n: 2 }, { session })),
    );
    const text = 'Transaction numbers are only allowed on a replica set member or mongos';
    // The driver puts a text of its own in place of the server's.
    await expect(transact).rejects.toMatchObject({ originalError: { code: 20, message: text } });
    expect(await rows().findOne({ _id: 2 })).toBeNull();
  });

  it.each([
    ['replSetGetStatus', { replSetGetStatus: 1 }, 76, 'not running with --replSet'],
    ['replSetGetConfig', { replSetGetConfig: 1 }, 76, 'not running with --replSet'],
    [
      'a read of a snapshot',
      { find: 'rows', readConcern: { level: 'snapshot' } },
      123,
      'replica set member',
    ],
    [
      'a linearizable read',
      { find: 'rows', readConcern: { level: 'linearizable' } },
      123,
      'replica set member',
    ],
    [
      'a write to two members',
      { insert: 'rows', documents: [{ _id: 3 }], writeConcern: { w: 2 } },
      2,
      "'w' > 1 when a host is not replicated",
    ],
    [
      'a write to tagged members',
      { insert: 'rows', documents: [{ _id: 3 }], writeConcern: { w: 'east' } },
      2,
      "non-majority 'w' mode east",
    ],
  ] satisfies [string, Document, number, string][])(
    'refuses %s',
    async (_title, command, code, message) => {
      await expect(client.db('admin').command(command)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(message) as string,
      });
    },
  );

  it('refuses a write that is numbered to be retried', async () => {
    const session = client.startSession();
    const command = { insert: 'rows', documents: [{ _id: 4 }], txnNumber: 1n };
    const lsid = session.id;
    await session.endSession();
    await expect(client.db('d').command({ ...command, lsid })).rejects.toMatchObject({ code: 20 });
    expect(await rows().findOne({ _id: 4 })).toBeNull();
  });

  it('serves the same data as a replica set, and back', async () => {
    await rows().insertOne({ _id: 5, n: 5 });
    await client.close();
    await store.close();
    const replicated = await createStore({ dataDirectory });
    const other = await MongoClient.connect(replicated.uri);
    expect(await other.db('d').collection('rows').countDocuments({ n: 5 })).toBe(1);
    await other.close();
    await replicated.close();
    store = await createStore({ dataDirectory, standalone: true });
    client = await MongoClient.connect(store.uri);
    expect(await rows().countDocuments({ n: 5 })).toBe(1);
  });
});
