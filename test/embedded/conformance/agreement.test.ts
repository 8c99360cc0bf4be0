import fc from 'fast-check';
import type { Collection, Document } from 'mongodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type OpenDatabase } from './open-database.ts';
import { randomDocument, randomQuestion, type Question } from './random-questions.ts';

const RUNS = 60;
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

test(
  'a filter and a sort answer the same with indexes and without',
  { timeout: 120_000 },
  async () => {
    const documents = fc.array(randomDocument, { minLength: 1, maxLength: 25 });
    const questions = fc.array(randomQuestion, { minLength: 8, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(documents, questions, async (given, asked) => {
        const rows = given.map((row, index): Document => ({ _id: index, ...row }));
        // An array in each of two columns cannot stand in one compound index.
        const storable = rows.filter(
          (row) => !(Array.isArray(row['a']) && Array.isArray(row['b'])),
        );
        for (const collection of [plain, indexed]) {
          await collection.deleteMany({});
          if (storable.length > 0) await collection.insertMany(storable);
        }
        for (const one of asked) expect(await ask(indexed, one)).toEqual(await ask(plain, one));
      }),
      { seed, numRuns: RUNS },
    );
  },
);

test('a compound index refuses an array in each of two columns', async () => {
  await expect(indexed.insertOne({ a: [1], b: [1] })).rejects.toMatchObject({ code: 171 });
});
