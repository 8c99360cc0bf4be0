import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, refusal, refusalCode, type OpenDatabase } from './open-database.ts';

/** What Parse Server asks for where case must not matter. */
const caseInsensitive = { locale: 'en_US', strength: 2 } as const;

let open: OpenDatabase;

beforeAll(async () => {
  open = await openDatabase();
});

afterAll(async () => {
  await open.close();
});

describe('collation of strength 2', () => {
  test('a unique index refuses the same word in another case, not with another accent', async () => {
    const users = open.database.collection('users');
    await users.createIndex({ username: 1 }, { unique: true, collation: caseInsensitive }, {});
    await users.insertOne({ username: 'Zoë' });
    expect(await refusalCode(users.insertOne({ username: 'zOË' }))).toBe(11000);
    await users.insertOne({ username: 'zoe' });
    expect(await refusalCode(users.insertOne({ username: 'ZOE' }))).toBe(11000);
  });

  test('an equality finds every case, and uses the index', async () => {
    const users = open.database.collection('find');
    await users.createIndex({ username: 1 }, { collation: caseInsensitive }, {});
    await users.insertMany(['Ada', 'ADA', 'adá', 'Bob', 7].map((username) => ({ username })));
    const find = users.find({ username: 'ada' }, { collation: caseInsensitive });
    expect((await find.toArray()).map(({ username }) => String(username)).sort()).toEqual([
      'ADA',
      'Ada',
    ]);
    const explained = await users
      .find({ username: 'ada' }, { collation: caseInsensitive })
      .explain('executionStats');
    expect(explained).toMatchObject({ executionStats: { totalDocsExamined: 2 } });
  });

  test('an index of another collation is not used for a binary comparison', async () => {
    const users = open.database.collection('binary');
    await users.createIndex({ username: 1 }, { collation: caseInsensitive }, {});
    await users.insertMany([{ username: 'Ada' }, { username: 'ada' }]);
    expect(await users.countDocuments({ username: 'ada' })).toBe(1);
    expect(await users.countDocuments({ username: { $gt: 'Z' } })).toBe(1);
  });

  test('orders without regard to case, accents after plain letters', async () => {
    const words = open.database.collection<{ _id: number; w: string }>('sorted');
    await words.insertMany(['b', 'A', 'ä', 'a', 'C', 'B'].map((w, index) => ({ _id: index, w })));
    const sorted = words.find({}, { collation: caseInsensitive }).sort({ w: 1, _id: 1 });
    const found = (await sorted.toArray()).map(({ w }) => w);
    expect(found).toEqual(['A', 'a', 'ä', 'b', 'B', 'C']);
  });

  test('of a collection is the default of its queries and indexes', async () => {
    const users = await open.database.createCollection('defaults', { collation: caseInsensitive });
    await users.createIndex({ username: 1 }, { unique: true }, {});
    await users.insertOne({ username: 'Ada' });
    expect(await users.countDocuments({ username: 'ADA' })).toBe(1);
    expect(await refusalCode(users.insertOne({ username: 'aDA' }))).toBe(11000);
  });

  test('applies to updates, deletes, distinct and aggregation', async () => {
    const rows = open.database.collection('everywhere');
    await rows.insertMany([{ k: 'a' }, { k: 'A' }, { k: 'b' }]);
    const collation = caseInsensitive;
    const { modifiedCount } = await rows.updateMany({ k: 'A' }, { $set: { x: 1 } }, { collation });
    expect(modifiedCount).toBe(2);
    expect(await rows.distinct('k', {}, { collation })).toHaveLength(2);
    const grouped = await rows
      .aggregate([{ $group: { _id: '$k', n: { $sum: 1 } } }, { $sort: { n: -1 } }], { collation })
      .toArray();
    expect(grouped.map(({ n }) => Number(n))).toEqual([2, 1]);
    expect((await rows.deleteMany({ k: 'B' }, { collation })).deletedCount).toBe(1);
  });
});

test('an unknown locale is refused by name', async () => {
  const rows = open.database.collection('locale');
  const error = await refusal(rows.find({}, { collation: { locale: 'tlh_QO' } }).toArray());
  expect(error.code).toBe(2);
  expect(error.message).toContain('tlh_QO');
});
