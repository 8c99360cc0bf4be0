import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectStore, reply, type ConnectedStore } from './connect-store.ts';

let connected: ConnectedStore;

beforeAll(async () => {
  connected = await connectStore();
  await connected.database.collection('rows').insertOne({ a: 1 });
});

afterAll(async () => {
  await connected.close();
});

describe('a command that is wrong', () => {
  const rows: readonly (readonly [claim: string, command: Document, code: number, text: string])[] =
    [
      ['is unknown', { frobnicate: 1 }, 59, "no such command: 'frobnicate'"],
      ['has an unknown field', { find: 'rows', foo: 1 }, 40415, "'find.foo' is an unknown field."],
      ['is named like an object’s own property', { constructor: 1 }, 59, 'constructor'],
      ['lacks a field', { insert: 'rows' }, 40414, "'insert.documents' is missing"],
      ['has a filter of the wrong type', { find: 'rows', filter: 3 }, 14, "'find.filter'"],
      ['has a limit of the wrong type', { find: 'rows', limit: 'x' }, 14, "'find.limit'"],
      ['has a negative limit', { find: 'rows', limit: -1 }, 51024, 'limit'],
      ['has a negative batch size', { find: 'rows', batchSize: -1 }, 51024, 'batchSize'],
      ['has an illegal collection', { find: '' }, 73, 'Invalid namespace'],
      ['has a collection with a dollar', { find: 'a$b' }, 73, 'Invalid namespace'],
      ['has a collection that is a number', { find: 5 }, 73, 'int'],
      [
        'writes a system collection',
        { insert: 'system.users', documents: [{}] },
        73,
        'system.users',
      ],
      ['inserts nothing', { insert: 'rows', documents: [] }, 16, 'Got 0 operations'],
      ['inserts what is no document', { insert: 'rows', documents: [1] }, 14, 'insert.documents.0'],
      ['has an unknown operator', { find: 'rows', filter: { $foo: 1 } }, 2, '$foo'],
      ['has an unknown stage', pipeline([{ $foo: {} }]), 40324, '$foo'],
      ['has a stage of two fields', pipeline([{ $match: {}, $limit: 1 }]), 40323, 'exactly one'],
      ['lacks a cursor', { aggregate: 'rows', pipeline: [] }, 9, 'cursor'],
      ['tails', { find: 'rows', tailable: true }, 115, 'tailable'],
      ['has bounds of an index', { find: 'rows', min: { a: 1 }, hint: { a: 1 } }, 115, 'min'],
      ['has an unknown hint', { find: 'rows', hint: 'nope' }, 2, 'hint'],
      ['has a bad read concern', { find: 'rows', readConcern: { level: 'x' } }, 9, 'level'],
      ['logs in', { saslStart: 1, mechanism: 'PLAIN', payload: '' }, 115, 'no authentication'],
      ['has an unknown API version', { ping: 1, apiVersion: '2' }, 322, 'API version'],
      [
        'is outside the API that it insists on',
        { distinct: 'rows', key: 'a', apiVersion: '1', apiStrict: true },
        323,
        'distinct',
      ],
      [
        'sorts an update, which came later',
        { update: 'rows', updates: [{ q: {}, u: { $set: { a: 1 } }, sort: { a: 1 } }] },
        40415,
        'sort',
      ],
      ['deletes two', { delete: 'rows', deletes: [{ q: {}, limit: 2 }] }, 9, 'limit'],
      [
        'modifies in two ways',
        { findAndModify: 'rows', remove: true, update: {} },
        9,
        'both an update and remove',
      ],
      ['continues no cursor', { getMore: 5n, collection: 'rows' }, 43, 'cursor id 5 not found'],
      ['sets an unknown fail point', admin({ configureFailPoint: 'x', mode: 'off' }), 249, 'x'],
    ];

  it.each(rows)('is refused by name when it %s', async (_claim, command, code, text) => {
    const target = command['$admin'] === true ? connected.client.db('admin') : connected.database;
    const sent = Object.entries(command).filter(([name]) => name !== '$admin');
    const answer = await reply(target, Object.fromEntries(sent));
    expect(answer).toMatchObject({ ok: 0, code });
    expect(String(answer['errmsg'])).toContain(text);
  });

  function pipeline(stages: Document[]): Document {
    return { aggregate: 'rows', pipeline: stages, cursor: {} };
  }

  function admin(command: Document): Document {
    return { ...command, $admin: true };
  }
});

describe('a write concern', () => {
  it('of more members than there are leaves the write done and says so', async () => {
    const answer = await reply(connected.database, {
      insert: 'concerned',
      documents: [{ _id: 1 }],
      writeConcern: { w: 2 },
    });
    expect(answer).toMatchObject({ ok: 1, n: 1, writeConcernError: { code: 100 } });
    expect(await connected.database.collection('concerned').countDocuments()).toBe(1);
  });

  it.each([{ w: 1 }, { w: 'majority', j: true }, { w: 0 }])('%o is met', async (writeConcern) => {
    const command = { insert: 'met', documents: [{}], writeConcern };
    expect(await reply(connected.database, command)).toMatchObject({ ok: 1 });
  });

  it('that is malformed stops the write', async () => {
    const command = { insert: 'never', documents: [{}], writeConcern: { w: -3 } };
    expect(await reply(connected.database, command)).toMatchObject({ ok: 0, code: 9 });
    expect(await connected.database.collection('never').countDocuments()).toBe(0);
  });
});

describe('maxTimeMS', () => {
  it('ends a scan that finds nothing', async () => {
    const big = connected.database.collection<{ _id: number }>('big');
    await big.insertMany(
      Array.from({ length: 20_000 }, (_, index) => ({ _id: index, text: `row ${index}` })),
    );
    const slow = {
      $expr: {
        $eq: [
          {
            $reduce: {
              input: { $range: [0, 200] },
              initialValue: 0,
              in: { $add: ['$$value', '$$this'] },
            },
          },
          -1,
        ],
      },
    };
    for (const command of [
      { find: 'big', filter: slow, maxTimeMS: 50 },
      { count: 'big', query: slow, maxTimeMS: 50 },
      { aggregate: 'big', pipeline: [{ $match: slow }], cursor: {}, maxTimeMS: 50 },
      { delete: 'big', deletes: [{ q: slow, limit: 0 }], maxTimeMS: 50 },
    ]) {
      const started = performance.now();
      expect(await reply(connected.database, command)).toMatchObject({
        ok: 0,
        code: 50,
        codeName: 'MaxTimeMSExpired',
      });
      expect(performance.now() - started).toBeLessThan(1_500);
    }
    expect(await big.countDocuments()).toBe(20_000);
  });
});

describe('sizes', () => {
  const megabytes = (count: number) => 'x'.repeat(count * 1024 * 1024);

  it('refuses a document beyond 16 MB, and keeps the connection', async () => {
    const insert = (more: number) => ({
      insert: 'large',
      documents: [{ text: megabytes(16) + 'x'.repeat(more) }],
    });
    expect(await reply(connected.database, insert(100_000))).toMatchObject({ ok: 0, code: 10334 });
    expect(await reply(connected.database, insert(100))).toMatchObject({
      n: 0,
      writeErrors: [{ index: 0, code: 10334 }],
    });
    expect(await reply(connected.database, { ping: 1 })).toMatchObject({ ok: 1 });
  });

  it('refuses an update that would make one, and leaves the document as it was', async () => {
    const large = connected.database.collection<{ _id: number; half: string }>('growing');
    await large.insertOne({ _id: 1, half: megabytes(9) });
    const update = {
      update: 'growing',
      updates: [{ q: { _id: 1 }, u: [{ $set: { twin: '$half' } }] }],
    };
    expect(await reply(connected.database, update)).toMatchObject({
      n: 0,
      writeErrors: [{ index: 0, code: 10334 }],
    });
    expect(Object.keys((await large.findOne({ _id: 1 })) ?? {})).toEqual(['_id', 'half']);
  });
});
