import fc from 'fast-check';
import type { Collection, Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type OpenDatabase } from './open-database.ts';
import { randomDocument, randomQuestion, type Question } from './random-questions.ts';

/** More for a long search: `FC_RUNS`. */
const RUNS = Number(process.env['FC_RUNS'] ?? 25);
const seed = Number(process.env['FC_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

let open: OpenDatabase;
let plain: Collection;
let indexed: Collection;

beforeAll(async () => {
  process.stdout.write(`\nindex agreement: FC_SEED=${seed}\n`);
  open = await openDatabase();
  plain = open.database.collection('plain');
  indexed = open.database.collection('indexed');
  await indexed.createIndex({ a: 1 });
  await indexed.createIndex({ b: -1, a: 1 });
  await indexed.createIndex({ 'c.d': 1 }, { sparse: true }, {});
  await indexed.createIndex(
    { 'a.d': 1 },
    { partialFilterExpression: { b: { $exists: true } } },
    {},
  );
});

afterAll(async () => {
  await open.close();
});

async function ask(
  collection: Collection,
  { filter, sort, limit }: Question,
): Promise<readonly unknown[]> {
  const found = await collection
    .find(filter)
    .sort({ ...sort, _id: 1 })
    .limit(limit)
    .toArray();
  return found.map(({ _id }) => _id as unknown);
}

/** The same documents in both collections; an array in each of two columns cannot stand in one compound index. */
async function store(given: readonly Document[]): Promise<void> {
  const rows = given.map((row, index): Document => ({ _id: index, ...row }));
  const storable = rows.filter((row) => !(Array.isArray(row['a']) && Array.isArray(row['b'])));
  for (const collection of [plain, indexed]) {
    await collection.deleteMany({});
    if (storable.length > 0) await collection.insertMany(storable.map((row) => ({ ...row })));
  }
}

const documents = fc.array(randomDocument, { minLength: 1, maxLength: 25 });
const questions = fc.array(randomQuestion, { minLength: 8, maxLength: 8 });
const settings = { seed, numRuns: RUNS };

describe('with indexes and without, the same answer to', { timeout: 600_000 }, () => {
  test('a filter and a sort', async () => {
    const property = fc.asyncProperty(documents, questions, async (given, asked) => {
      await store(given);
      for (const one of asked) expect(await ask(indexed, one)).toEqual(await ask(plain, one));
    });
    await fc.assert(property, settings);
  });

  test('a pipeline that begins with them', async () => {
    const property = fc.asyncProperty(documents, questions, async (given, asked) => {
      await store(given);
      for (const { filter, sort, limit } of asked) {
        const pipeline = [
          { $match: filter },
          { $sort: { ...sort, _id: 1 } },
          ...(limit === 0 ? [] : [{ $limit: limit }]),
        ];
        const found = await indexed.aggregate(pipeline).toArray();
        const ids = found.map(({ _id }) => _id as unknown);
        expect(ids).toEqual(await ask(plain, { filter, sort, limit }));
      }
    });
    await fc.assert(property, settings);
  });

  test('a $lookup, by fields and by variables', async () => {
    const column = fc.constantFrom('a', 'b', 'c.d', 'a.d');
    const operator = fc.constantFrom('$eq', '$gt', '$gte', '$lt', '$lte');
    const joins = fc.array(fc.tuple(column, column, operator), { minLength: 4, maxLength: 4 });
    const property = fc.asyncProperty(documents, joins, async (given, asked) => {
      await store(given);
      for (const [local, foreign, compare] of asked) {
        const byFields = { localField: local, foreignField: foreign };
        const match = { $expr: { [compare]: [`$${foreign}`, '$$value'] } };
        const byVariables = { let: { value: `$${local}` }, pipeline: [{ $match: match }] };
        for (const join of [byFields, byVariables]) {
          const joined = async (from: string): Promise<unknown> =>
            plain.aggregate([{ $lookup: { from, ...join, as: 'joined' } }, ...BY_ID]).toArray();
          expect(await joined('indexed')).toEqual(await joined('plain'));
        }
      }
    });
    await fc.assert(property, settings);
  });

  test('an update and a delete', async () => {
    const property = fc.asyncProperty(documents, randomQuestion, async (given, { filter }) => {
      await store(given);
      for (const collection of [plain, indexed]) {
        await collection.updateMany(filter, { $inc: { touched: 1 } });
      }
      const contents = async (collection: Collection): Promise<unknown> =>
        collection.find().sort({ _id: 1 }).toArray();
      expect(await contents(indexed)).toEqual(await contents(plain));
      for (const collection of [plain, indexed]) await collection.deleteMany(filter);
      expect(await contents(indexed)).toEqual(await contents(plain));
    });
    await fc.assert(property, settings);
  });
});

/** The joined documents in the order of their ids, which no join promises. */
const BY_ID = [
  { $set: { joined: { $sortArray: { input: '$joined._id', sortBy: 1 } } } },
  { $sort: { _id: 1 } },
  { $project: { joined: 1 } },
] as const;

test('a compound index refuses an array in each of two columns', async () => {
  await expect(indexed.insertOne({ a: [1], b: [1] })).rejects.toMatchObject({ code: 171 });
});
