import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXTERNAL_STORE_URI } from '../../support/store-location.ts';
import { openDatabase, refusal, type OpenDatabase } from './open-database.ts';

let open: OpenDatabase;

beforeAll(async () => {
  open = await openDatabase();
  await open.database.collection('c').insertOne({ a: 1 });
});

afterAll(async () => {
  await open.close();
});

/** What is asked for, which name the refusal must give, and MongoDB's code for it. */
type Row = readonly [claim: string, command: Document, named: string, code: number];

const ROWS: readonly Row[] = [
  ['an unknown command', { levitate: 1 }, 'levitate', 59],
  ['an unknown option of a command', { find: 'c', levitate: 1 }, 'levitate', 40_415],
  ['an unknown query operator', { find: 'c', filter: { a: { $levitate: 1 } } }, '$levitate', 2],
  ['an unknown top-level operator', { find: 'c', filter: { $levitate: 1 } }, '$levitate', 2],
  ['an unknown expression', { find: 'c', filter: { $expr: { $levitate: 1 } } }, '$levitate', 168],
  [
    'an unknown stage',
    { aggregate: 'c', pipeline: [{ $levitate: {} }], cursor: {} },
    '$levitate',
    40_324,
  ],
  [
    'an unknown accumulator',
    { aggregate: 'c', pipeline: [{ $group: { _id: null, x: { $levitate: 1 } } }], cursor: {} },
    '$levitate',
    15_952,
  ],
  [
    'an unknown expression of a stage',
    { aggregate: 'c', pipeline: [{ $project: { x: { $levitate: 1 } } }], cursor: {} },
    '$levitate',
    31_325,
  ],
  [
    'a stage with two names',
    { aggregate: 'c', pipeline: [{ $match: {}, $limit: 1 }], cursor: {} },
    'exactly one field',
    40_323,
  ],
  [
    'an unusable regular expression',
    { find: 'c', filter: { a: { $regex: '(' } } },
    'egular expression',
    51_091,
  ],
  [
    'an unknown projection operator',
    { find: 'c', projection: { a: { $levitate: 1 } } },
    '$levitate',
    31_325,
  ],
  ['a negative limit', { find: 'c', limit: -1 }, 'limit', 51_024],
  ['a negative skip', { find: 'c', skip: -1 }, 'skip', 51_024],
  ['a sort that is no direction', { find: 'c', sort: { a: 7 } }, 'sort', 15_975],
  ['a filter of the wrong type', { find: 'c', filter: 1 }, 'filter', 14],
  ['an aggregation without a cursor', { aggregate: 'c', pipeline: [] }, 'cursor', 9],
  ['a collection name with a null byte', { find: 'a\0b' }, 'namespace', 73],
  ['a collection name that begins with a dot', { create: '.a' }, '.a', 73],
];

describe('refused by name', () => {
  test.each(ROWS)('%s', async (_claim, command, named, code) => {
    const { code: given, message } = await refusal(open.database.command(command));
    expect(message).toContain(named);
    expect(given).toBe(code);
  });

  test.each<Row>([
    ['an unknown update operator', { $levitate: { a: 2 } }, '$levitate', 9],
    ['two update operators at one path', { $set: { a: 2 }, $inc: { a: 1 } }, "'a'", 40],
    ['$inc by a text', { $inc: { a: 'x' } }, 'non-numeric', 14],
    ['$push to a number', { $push: { a: 1 } }, "'a'", 2],
    ['$rename to itself', { $rename: { a: 'a' } }, '$rename', 2],
  ])('%s', async (_claim, update, named, code) => {
    const error = await refusal(open.database.collection('c').updateOne({}, update));
    expect(error.message).toContain(named);
    expect(error.code).toBe(code);
  });

  test('what the embedded store lacks', async (context) => {
    if (EXTERNAL_STORE_URI !== undefined) context.skip('a MongoDB has these');
    const lacking: readonly (readonly [Document, string])[] = [
      [{ find: 'c', readConcern: { level: 'snapshot' } }, 'snapshot'],
      [{ find: 'c', tailable: true }, 'tailable'],
      [{ create: 'x', timeseries: { timeField: 't' } }, 'timeseries'],
      [{ create: 'x', clusteredIndex: { key: { _id: 1 }, unique: true } }, 'clusteredIndex'],
      [{ mapReduce: 'c', map: 'm', reduce: 'r', out: 'o' }, 'mapReduce'],
      [{ find: 'c', filter: { $where: 'true' } }, '$where'],
      [{ find: 'c', collation: { locale: 'en', alternate: 'shifted' } }, 'alternate'],
    ];
    for (const [command, named] of lacking) {
      const { message } = await refusal(open.database.command(command));
      expect(message).toContain(named);
    }
  });

  test('a write that is refused changes nothing', async () => {
    expect(
      await open.database
        .collection('c')
        .find({}, { projection: { _id: 0 } })
        .toArray(),
    ).toEqual([{ a: 1 }]);
  });

  test('a document above 16 MiB', async () => {
    const { code } = await refusal(
      open.database.collection('c').insertOne({ big: 'x'.repeat(16 * 1024 * 1024) }),
    );
    expect([2, 10_334, 17_280]).toContain(code);
  });

  test('a cursor that does not exist', async () => {
    const { Long } = await import('mongodb');
    const command = { getMore: Long.fromNumber(4_711), collection: 'c' };
    expect(await refusal(open.database.command(command))).toMatchObject({ code: 43 });
  });

  test('nesting beyond what the format allows, quickly and without harm', async () => {
    let nested: Document = { a: 1 };
    for (let depth = 0; depth < 250; depth += 1) nested = { a: nested };
    await refusal(open.database.collection('c').insertOne({ nested }));
    expect(await open.database.command({ ping: 1 })).toMatchObject({ ok: 1 });
  });
});
