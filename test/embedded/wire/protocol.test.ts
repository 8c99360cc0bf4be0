import { serialize } from 'bson';
import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startOwnStore, type OwnStore } from '../../support/start-store.ts';
import { connectRaw, frame, opMsg, sequence, type RawConnection } from './raw-connection.ts';

let store: OwnStore;
let client: MongoClient;
const open: RawConnection[] = [];

beforeAll(async () => {
  store = await startOwnStore();
  client = new MongoClient(store.uri);
  await client.connect();
});

afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});

afterAll(async () => {
  await client.close();
  await store.close();
});

async function connection(): Promise<RawConnection> {
  const made = await connectRaw(store.uri);
  open.push(made);
  return made;
}

const ping = { ping: 1, $db: 'admin' };

async function expectAlive(): Promise<void> {
  expect(await client.db('admin').command({ ping: 1 })).toMatchObject({ ok: 1 });
}

describe('hello', () => {
  it('answers the legacy form as the primary of a replica set of one', async () => {
    const raw = await connection();
    const head = Buffer.concat([Buffer.alloc(4), Buffer.from('admin.$cmd\0'), Buffer.alloc(8)]);
    raw.send(frame(7, 2004, Buffer.concat([head, serialize({ isMaster: 1, helloOk: true })])));
    const { responseTo, opCode, document } = await raw.reply();
    const me = new URL(store.uri).host;
    expect({ responseTo, opCode }).toEqual({ responseTo: 7, opCode: 1 });
    expect(document).toMatchObject({
      ok: 1,
      ismaster: true,
      helloOk: true,
      setName: 'embedded',
      hosts: [me],
      me,
      maxWireVersion: 21,
      logicalSessionTimeoutMinutes: 30,
    });
    expect(document).not.toHaveProperty('compression');
  });

  it('streams replies to a client that allows it, each answering the one before', async () => {
    const raw = await connection();
    raw.send(opMsg(1, { hello: 1, $db: 'admin' }));
    const { document } = await raw.reply();
    const awaited = {
      hello: 1,
      topologyVersion: document['topologyVersion'],
      maxAwaitTimeMS: 20,
      $db: 'admin',
    };
    raw.send(opMsg(2, awaited, 1 << 16));
    const first = await raw.reply();
    const second = await raw.reply();
    expect(first).toMatchObject({ responseTo: 2, moreToCome: true });
    expect(second.moreToCome).toBe(true);
    expect(second.responseTo).not.toBe(2);
  });
});

describe('OP_MSG', () => {
  it('takes documents from a sequence and answers with the request id', async () => {
    const raw = await connection();
    const command = serialize({ insert: 'sequences', $db: store.databaseName });
    const body = Buffer.concat([
      Buffer.alloc(5),
      command,
      sequence('documents', [serialize({ _id: 1 }), serialize({ _id: 2 })]),
    ]);
    raw.send(frame(9, 2013, body));
    expect(await raw.reply()).toMatchObject({ responseTo: 9, document: { n: 2, ok: 1 } });
  });

  it('checks the checksum where there is one', async () => {
    const raw = await connection();
    const message = opMsg(1, ping, 1);
    const wrong = Buffer.concat([message, Buffer.from([1, 2, 3, 4])]);
    wrong.writeInt32LE(wrong.length, 0);
    raw.send(wrong);
    await raw.closed();
    await expectAlive();
  });

  it('does an unacknowledged write and answers only what comes after it', async () => {
    const raw = await connection();
    const insert = {
      insert: 'quiet',
      documents: [{ _id: 1 }],
      writeConcern: { w: 0 },
      $db: store.databaseName,
    };
    raw.send(opMsg(1, insert, 2));
    raw.send(opMsg(2, { count: 'quiet', $db: store.databaseName }));
    expect(await raw.reply()).toMatchObject({ responseTo: 2, document: { n: 1 } });
  });

  it('answers requests that were sent ahead, in their order', async () => {
    const raw = await connection();
    raw.send(Buffer.concat([1, 2, 3, 4, 5].map((id) => opMsg(id, ping))));
    const ids = [];
    for (let count = 0; count < 5; count++) ids.push((await raw.reply()).responseTo);
    expect(ids).toEqual([1, 2, 3, 4, 5]);
  });

  it('takes a message that arrives byte by byte', async () => {
    const raw = await connection();
    for (const byte of opMsg(3, ping)) raw.send(Buffer.of(byte));
    expect(await raw.reply()).toMatchObject({ responseTo: 3, document: { ok: 1 } });
  });
});

describe('abuse', () => {
  it.each([
    ['garbage', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    [
      'a negative length',
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ],
    ['a length of 49 MB', frameHeader(49_000_000)],
    ['an unknown operation', frame(1, 2005, Buffer.alloc(8))],
    ['a compressed message', frame(1, 2012, Buffer.alloc(16))],
    ['unknown required flags', opMsg(1, ping, 1 << 5)],
  ])('closes the socket that sends %s, and only that one', async (_name, bytes) => {
    const raw = await connection();
    raw.send(bytes);
    await raw.closed();
    await expectAlive();
  });

  it.each([
    ['a section of unknown kind', Buffer.concat([Buffer.alloc(4), Buffer.of(9)]), 9],
    ['no section', Buffer.alloc(4), 9],
    [
      'two bodies',
      Buffer.concat([Buffer.alloc(5), serialize(ping), Buffer.of(0), serialize(ping)]),
      9,
    ],
    ['a body that is cut off', Buffer.concat([Buffer.alloc(5), Buffer.from([90, 0, 0, 0, 1])]), 9],
    [
      'a body that is no BSON',
      Buffer.concat([Buffer.alloc(5), Buffer.from([10, 0, 0, 0, 0x77, 0x61, 0, 1, 2, 0])]),
      22,
    ],
    ['a command without $db', opMsg(1, { ping: 1 }).subarray(16), 40571],
    ['an empty command', opMsg(1, {}).subarray(16), 40571],
  ])('answers %s with an error and goes on', async (_name, body, code) => {
    const raw = await connection();
    raw.send(frame(1, 2013, body));
    expect((await raw.reply()).document).toMatchObject({ ok: 0, code });
    raw.send(opMsg(2, ping));
    expect((await raw.reply()).document).toMatchObject({ ok: 1 });
  });

  it('refuses a document that nests beyond 200 levels, however deep', async () => {
    const raw = await connection();
    const levels = 100_000;
    const opening = Buffer.from([0x03, 0x61, 0x00]);
    const parts: Buffer[] = [];
    for (let level = 0; level < levels; level++) {
      const length = Buffer.alloc(4);
      length.writeInt32LE(5 + (levels - level) * 8, 0);
      parts.push(length, opening);
    }
    const innermost = Buffer.from([5, 0, 0, 0, 0]);
    const deep = Buffer.concat([...parts, innermost, Buffer.alloc(levels)]);
    const command = serialize({ insert: 'deep', $db: store.databaseName });
    const body = Buffer.concat([Buffer.alloc(5), command, sequence('documents', [deep])]);
    raw.send(frame(1, 2013, body));
    expect((await raw.reply()).document).toMatchObject({ ok: 0, code: 15, codeName: 'Overflow' });
    await expectAlive();
  });

  it('survives clients that vanish in the middle of a message and of an answer', async () => {
    const collection = client.db(store.databaseName).collection('many');
    await collection.insertMany(Array.from({ length: 2000 }, () => ({ text: 'x'.repeat(2000) })));
    for (let round = 0; round < 20; round++) {
      const raw = await connectRaw(store.uri);
      raw.send(opMsg(1, { find: 'many', batchSize: 2000, $db: store.databaseName }));
      raw.send(opMsg(2, ping).subarray(0, 10));
      raw.close();
    }
    await expectAlive();
    expect(await collection.countDocuments()).toBe(2000);
  });
});

function frameHeader(length: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(length, 0);
  header.writeInt32LE(2013, 12);
  return header;
}
