import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, refusal, refusalCode, type OpenDatabase } from './open-database.ts';

let open: OpenDatabase;

beforeAll(async () => {
  open = await openDatabase();
});

afterAll(async () => {
  await open.close();
});

describe('a unique index', () => {
  test('refuses a second document with the same value and names key and value', async () => {
    const users = open.database.collection('unique');
    await users.createIndex({ username: 1 }, { unique: true }, {});
    await users.insertOne({ username: 'ada' });
    const error: unknown = await users.insertOne({ username: 'ada' }).catch((one: unknown) => one);
    expect(error).toMatchObject({
      code: 11000,
      keyPattern: { username: 1 },
      keyValue: { username: 'ada' },
    });
    expect(String(error)).toContain('E11000 duplicate key error collection');
    expect(String(error)).toContain('username_1');
  });

  test('counts a missing value as null', async () => {
    const users = open.database.collection('uniqueMissing');
    await users.createIndex({ email: 1 }, { unique: true }, {});
    await users.insertOne({ name: 'first' });
    expect(await refusalCode(users.insertOne({ name: 'second' }))).toBe(11000);
    expect(await refusalCode(users.insertOne({ email: null }))).toBe(11000);
  });

  test('cannot be built over duplicates', async () => {
    const users = open.database.collection('uniqueLate');
    await users.insertMany([{ a: 1 }, { a: 1 }]);
    expect(await refusalCode(users.createIndex({ a: 1 }, { unique: true }, {}))).toBe(11000);
    expect((await users.indexes()).map(({ name }) => name)).toEqual(['_id_']);
  });

  test('holds over an update, and leaves the document as it was', async () => {
    const users = open.database.collection<{ _id: number; a: number }>('uniqueUpdate');
    await users.createIndex({ a: 1 }, { unique: true }, {});
    await users.insertMany([
      { _id: 1, a: 1 },
      { _id: 2, a: 2 },
    ]);
    expect(await refusalCode(users.updateOne({ _id: 2 }, { $set: { a: 1 } }))).toBe(11000);
    expect(await users.findOne({ _id: 2 })).toEqual({ _id: 2, a: 2 });
  });

  test('lets exactly one of two simultaneous inserts through', async () => {
    const users = open.database.collection('uniqueRace');
    await users.createIndex({ a: 1 }, { unique: true }, {});
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, async () => users.insertOne({ a: 'same' })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await users.countDocuments({ a: 'same' })).toBe(1);
  });

  test('treats 1 and 1.0 alike, and 1 and "1" as different', async () => {
    const numbers = open.database.collection('uniqueNumbers');
    await numbers.createIndex({ a: 1 }, { unique: true }, {});
    await numbers.insertOne({ a: 1 });
    await numbers.insertOne({ a: '1' });
    const { Double } = await import('mongodb');
    expect(await refusalCode(numbers.insertOne({ a: new Double(1) }))).toBe(11000);
  });

  test('over two columns refuses only the pair', async () => {
    const pairs = open.database.collection('uniquePair');
    await pairs.createIndex({ a: 1, b: 1 }, { unique: true }, {});
    await pairs.insertMany([
      { a: 1, b: 1 },
      { a: 1, b: 2 },
      { a: 2, b: 1 },
    ]);
    expect(await refusalCode(pairs.insertOne({ a: 1, b: 2 }))).toBe(11000);
  });

  test('over an array refuses a value that another document holds, not one held twice by itself', async () => {
    const tags = open.database.collection('uniqueArray');
    await tags.createIndex({ tags: 1 }, { unique: true }, {});
    await tags.insertOne({ tags: ['a', 'b', 'a'] });
    expect(await refusalCode(tags.insertOne({ tags: ['c', 'b'] }))).toBe(11000);
  });
});

describe('a sparse index', () => {
  test('that is unique lets any number of documents go without the value', async () => {
    const users = open.database.collection('sparse');
    await users.createIndex({ email: 1 }, { unique: true, sparse: true }, {});
    await users.insertMany([{ name: 'a' }, { name: 'b' }, { email: 'c@example.org' }]);
    expect(await refusalCode(users.insertOne({ email: 'c@example.org' }))).toBe(11000);
    expect(await users.countDocuments({})).toBe(3);
  });

  test('is not used where it would lose documents', async () => {
    const users = open.database.collection<{ _id: number; a?: number | null }>('sparseSort');
    await users.createIndex({ a: 1 }, { sparse: true }, {});
    await users.insertMany([{ _id: 1, a: 2 }, { _id: 2 }, { _id: 3, a: 1 }]);
    const sorted = await users.find().sort({ a: 1 }).toArray();
    expect(sorted.map(({ _id }) => _id)).toEqual([2, 3, 1]);
    expect(await users.countDocuments({ a: null })).toBe(1);
    expect(await users.countDocuments({ a: { $exists: false } })).toBe(1);
    expect(await users.countDocuments({ a: { $ne: 2 } })).toBe(2);
  });
});

describe('a partial index', () => {
  test('that is unique binds only the documents it covers', async () => {
    const users = open.database.collection('partial');
    await users.createIndex(
      { email: 1 },
      { unique: true, partialFilterExpression: { verified: { $eq: true } } },
      {},
    );
    await users.insertMany([
      { email: 'a', verified: false },
      { email: 'a', verified: false },
      { email: 'a', verified: true },
    ]);
    expect(await refusalCode(users.insertOne({ email: 'a', verified: true }))).toBe(11000);
    expect(
      await refusalCode(users.updateOne({ verified: false }, { $set: { verified: true } })),
    ).toBe(11000);
  });

  test('is not used for a query that reaches beyond it', async () => {
    const rows = open.database.collection('partialReach');
    await rows.createIndex({ a: 1 }, { partialFilterExpression: { b: { $gt: 5 } } }, {});
    await rows.insertMany([
      { a: 1, b: 1 },
      { a: 1, b: 9 },
    ]);
    expect(await rows.countDocuments({ a: 1 })).toBe(2);
    expect(await rows.countDocuments({ a: 1, b: { $gt: 6 } })).toBe(1);
  });
});

describe('the catalogue of indexes', () => {
  test('lists what was created, _id_ first', async () => {
    const rows = open.database.collection('listed');
    await rows.createIndex({ a: 1, b: -1 }, { name: 'pair', sparse: true }, {});
    await rows.createIndex({ place: '2dsphere' });
    expect(await rows.indexes()).toMatchObject([
      { name: '_id_', key: { _id: 1 } },
      { name: 'pair', key: { a: 1, b: -1 }, sparse: true },
      { name: 'place_2dsphere', key: { place: '2dsphere' }, '2dsphereIndexVersion': 3 },
    ]);
  });

  test('creating the same index again changes nothing', async () => {
    const rows = open.database.collection('again');
    await rows.createIndex({ a: 1 });
    await rows.createIndex({ a: 1 });
    expect(await rows.indexes()).toHaveLength(2);
  });

  test('the same name for another key, and the same key with other options, are refused', async () => {
    const rows = open.database.collection('conflict');
    await rows.createIndex({ a: 1 }, { name: 'one' }, {});
    expect(await refusalCode(rows.createIndex({ b: 1 }, { name: 'one' }, {}))).toBe(86);
    expect(await refusalCode(rows.createIndex({ a: 1 }, { name: 'two' }, {}))).toBe(85);
  });

  test('a dropped index binds nobody; _id_ and unheard-of names cannot be dropped', async () => {
    const rows = open.database.collection('dropped');
    await rows.createIndex({ a: 1 }, { unique: true }, {});
    await rows.insertOne({ a: 1 });
    await rows.dropIndex('a_1');
    await rows.insertOne({ a: 1 });
    expect(await refusalCode(rows.dropIndex('a_1'))).toBe(27);
    expect(await refusalCode(rows.dropIndex('_id_'))).toBe(72);
  });

  test('dropping all indexes keeps _id_', async () => {
    const rows = open.database.collection('dropAll');
    await rows.createIndex({ a: 1 });
    await rows.createIndex({ b: 1 });
    await rows.dropIndexes();
    expect((await rows.indexes()).map(({ name }) => name)).toEqual(['_id_']);
  });

  test('an unknown index type and an unknown option are refused by name', async () => {
    const rows = open.database.collection('unknown');
    const type = await refusal(rows.createIndex({ a: 'hologram' as '2d' }));
    expect(type).toMatchObject({
      code: 67,
      message: expect.stringContaining('hologram') as string,
    });
    const command = { createIndexes: 'unknown', indexes: [{ key: { a: 1 }, name: 'a', wat: 1 }] };
    const option = await refusal(open.database.command(command));
    expect(option.message).toContain('wat');
  });
});

describe('_id', () => {
  test('is unique, immutable, and given by the server when it is missing', async () => {
    const rows = open.database.collection<{ _id: string; a?: number }>('ids');
    await rows.insertOne({ _id: 'x' });
    expect(await refusalCode(rows.insertOne({ _id: 'x' }))).toBe(11000);
    expect(await refusalCode(rows.updateOne({ _id: 'x' }, [{ $set: { _id: 'y' } }]))).toBe(66);
    await open.database.command({ insert: 'ids', documents: [{ a: 1 }] });
    expect(await rows.findOne({ a: 1 })).toMatchObject({
      _id: expect.objectContaining({ _bsontype: 'ObjectId' }) as object,
    });
  });

  test('may be a document, told apart by the order of its keys', async () => {
    const rows = open.database.collection<{ _id: unknown }>('documentIds');
    await rows.insertMany([{ _id: { a: 1, b: 2 } }, { _id: { b: 2, a: 1 } }]);
    expect(await rows.find({ _id: { a: 1, b: 2 } }).toArray()).toHaveLength(1);
    expect(await refusalCode(rows.insertOne({ _id: { a: 1, b: 2 } }))).toBe(11000);
  });

  test('cannot be an array or a regular expression', async () => {
    const rows = open.database.collection<{ _id: unknown }>('badIds');
    expect(await refusalCode(rows.insertOne({ _id: [1] }))).toBeOneOf([2, 53]);
    expect(await refusalCode(rows.insertOne({ _id: /a/u }))).toBeOneOf([2, 53]);
  });
});

describe('an index that is made unique', () => {
  const modify = (collMod: string, change: Record<string, unknown>) =>
    open.database.command({ collMod, index: { keyPattern: { x: 1 }, ...change } });

  test('first lets no new duplicates in, then tells those that are there', async () => {
    const rows = open.database.collection<{ _id: number; x?: unknown }>('prepared');
    await rows.createIndex({ x: 1 });
    await rows.insertMany([
      { _id: 1, x: 1 },
      { _id: 2, x: 1 },
      { _id: 3, x: [2, 3] },
      { _id: 4, x: 3 },
      { _id: 5, x: 'one' },
    ]);
    expect(await modify('prepared', { prepareUnique: true })).toMatchObject({
      prepareUnique_old: false,
      prepareUnique_new: true,
    });
    expect(await rows.indexes()).toMatchObject([{}, { name: 'x_1', prepareUnique: true }]);
    const refused: unknown = await rows.insertOne({ _id: 6, x: 1 }).catch((one: unknown) => one);
    expect(refused).toMatchObject({ code: 11000, keyPattern: { x: 1 }, keyValue: { x: 1 } });
    expect(await refusalCode(rows.updateOne({ _id: 5 }, { $set: { x: 3 } }))).toBe(11000);
    await rows.updateOne({ _id: 1 }, { $set: { other: true } });
    await rows.insertOne({ _id: 7, x: 'on' });
    const failed: unknown = await modify('prepared', { unique: true }).catch((one: unknown) => one);
    expect(failed).toMatchObject({
      code: 359,
      codeName: 'CannotConvertIndexToUnique',
      errorResponse: { violations: [{ ids: [1, 2] }, { ids: [3, 4] }] },
    });
    expect(await rows.countDocuments({ x: 1 })).toBe(2);
  });

  test('then is unique, and found by as before', async () => {
    const rows = open.database.collection<{ _id: number; x: number }>('converted');
    await rows.createIndex({ x: 1 });
    await rows.insertMany([
      { _id: 1, x: 1 },
      { _id: 2, x: 1 },
    ]);
    await modify('converted', { prepareUnique: true });
    await rows.updateOne({ _id: 2 }, { $set: { x: 2 } });
    expect(await modify('converted', { unique: true })).toMatchObject({ unique_new: true });
    const [, index] = await rows.indexes();
    expect(index).toMatchObject({ name: 'x_1', unique: true });
    expect(index).not.toHaveProperty('prepareUnique');
    expect(await rows.find({ x: 2 }).toArray()).toEqual([{ _id: 2, x: 2 }]);
    expect(await refusalCode(rows.insertOne({ _id: 3, x: 2 }))).toBe(11000);
    await rows.deleteOne({ _id: 2 });
    await rows.insertOne({ _id: 3, x: 2 });
    expect(await rows.find({}).sort({ x: -1 }).toArray()).toEqual([
      { _id: 3, x: 2 },
      { _id: 1, x: 1 },
    ]);
  });

  test('can be left as it was, and is not made unique at once', async () => {
    const rows = open.database.collection<{ _id: number; x: number }>('unprepared');
    await rows.createIndex({ x: 1 });
    await rows.insertOne({ _id: 1, x: 1 });
    expect(await refusalCode(modify('unprepared', { unique: true }))).toBe(72);
    await modify('unprepared', { prepareUnique: true });
    await modify('unprepared', { prepareUnique: false });
    await rows.insertOne({ _id: 2, x: 1 });
    expect((await rows.indexes())[1]).not.toHaveProperty('prepareUnique');
    expect(await refusalCode(modify('unprepared', { unique: true }))).toBe(72);
    expect(await refusalCode(modify('unprepared', { unique: false }))).toBe(2);
  });
});
