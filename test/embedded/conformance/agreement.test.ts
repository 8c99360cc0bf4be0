import fc from 'fast-check';
import type { Collection, Document } from 'mongodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type OpenDatabase } from './open-database.ts';

/** Few different values, so that filters hit; every kind of value that an index orders. */
const scalar = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0.5, -0.5, '', 'a', 'A', 'ab', 'b', 'ä', true, false, null),
  fc.constantFrom(new Date(0), new Date(1_000)),
);
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 2, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.record({ d: scalar, e: scalar }, { requiredKeys: [] }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.record({ d: scalar }, { requiredKeys: [] }), { maxLength: 2 }),
  },
);
const document = fc.record({ a: value, b: value, c: value }, { requiredKeys: [] });

const path = fc.constantFrom('a', 'b', 'c', 'a.d', 'c.d');
const comparison = fc
  .tuple(fc.constantFrom('$eq', '$gt', '$gte', '$lt', '$lte', '$ne'), value)
  .map(([operator, operand]) => ({ [operator]: operand }));
const condition = fc.oneof(
  { weight: 3, arbitrary: scalar },
  { weight: 5, arbitrary: comparison },
  {
    weight: 1,
    arbitrary: fc.tuple(comparison, comparison).map(([one, other]) => ({ ...one, ...other })),
  },
  { weight: 1, arbitrary: comparison.map((inner) => ({ $not: inner })) },
  { weight: 1, arbitrary: comparison.map((inner) => ({ $elemMatch: inner })) },
  { weight: 2, arbitrary: fc.array(value, { maxLength: 3 }).map(($in) => ({ $in })) },
  { weight: 1, arbitrary: fc.array(value, { maxLength: 2 }).map(($nin) => ({ $nin })) },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 2 }).map(($all) => ({ $all })) },
  { weight: 1, arbitrary: fc.boolean().map(($exists) => ({ $exists })) },
  { weight: 1, arbitrary: fc.nat(3).map(($size) => ({ $size })) },
  { weight: 1, arbitrary: fc.constantFrom('a', 'a.', '^b').map(($regex) => ({ $regex })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('string', 'number', 'array', 'null', 'object')
      .map(($type) => ({ $type })),
  },
);
const clause = fc.tuple(path, condition).map(([key, one]): Document => ({ [key]: one }));
const filter = fc.oneof(
  { weight: 4, arbitrary: clause },
  { weight: 2, arbitrary: fc.tuple(clause, clause).map(([one, other]) => ({ ...one, ...other })) },
  { weight: 1, arbitrary: fc.tuple(clause, clause).map(($and): Document => ({ $and })) },
  { weight: 1, arbitrary: fc.tuple(clause, clause).map(($or): Document => ({ $or })) },
  { weight: 1, arbitrary: fc.tuple(clause, clause).map(($nor): Document => ({ $nor })) },
);
const sort = fc.oneof(
  fc.constantFrom<Document>({ a: 1 }, { a: -1 }, { b: 1, a: -1 }, { 'c.d': 1 }, { b: -1 }),
);

/** Each filter is asked for with its sort; `_id` last makes the order total. */
const question = fc.record({ filter, sort, limit: fc.constantFrom(0, 2) });

const RUNS = 40;
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
  { filter: given, sort: order, limit }: { filter: Document; sort: Document; limit: number },
): Promise<readonly unknown[]> {
  const found = await collection
    .find(given)
    .sort({ ...order, _id: 1 })
    .limit(limit)
    .toArray();
  return found.map(({ _id }) => _id as unknown);
}

test(
  'a filter and a sort answer the same with indexes and without',
  { timeout: 120_000 },
  async () => {
    const documents = fc.array(document, { minLength: 1, maxLength: 25 });
    const questions = fc.array(question, { minLength: 8, maxLength: 8 });
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
