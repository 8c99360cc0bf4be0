import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../../../src/embedded/engine/create-engine.ts';
import type {
  Document,
  IndexSpec,
  ReadQuery,
  SortSpec,
} from '../../../src/embedded/engine/engine.ts';
import { compileFilter } from '../../../src/embedded/query/compile-filter.ts';
import { compileSort } from '../../../src/embedded/query/compile-sort.ts';
import { index, PEOPLE } from './open-engine.ts';

const path = mkdtempSync(join(tmpdir(), 'engine-'));
const engine = createEngine({ path });
afterAll(async () => {
  await engine.close();
  rmSync(path, { recursive: true, force: true });
});

const CASELESS = { locale: 'en', strength: 2 } as const;

const scalars = fc.constantFrom<unknown>(
  null,
  0,
  1,
  2,
  3,
  'a',
  'A',
  'ab',
  'b',
  true,
  Number.NaN,
  new Date(1),
);
const elements = fc.oneof(
  scalars,
  fc.record({ c: scalars, d: scalars }, { requiredKeys: [] }),
  fc.array(scalars, { maxLength: 2 }),
);
const values = fc.oneof(
  { weight: 4, arbitrary: scalars },
  fc.array(elements, { maxLength: 3 }),
  fc.record(
    { c: fc.oneof(scalars, fc.array(scalars, { maxLength: 2 })), d: scalars },
    { requiredKeys: [] },
  ),
);
const documents = fc.array(fc.record({ a: values, b: values }, { requiredKeys: [] }), {
  minLength: 1,
  maxLength: 12,
});

const paths = fc.constantFrom('a', 'b', 'a.c', 'a.d', 'b.c');
const operators: fc.Arbitrary<Document> = fc.oneof(
  fc
    .tuple(fc.constantFrom('$eq', '$gt', '$gte', '$lt', '$lte', '$ne'), scalars)
    .map(([name, value]) => ({ [name]: value })),
  fc
    .tuple(
      fc.constantFrom('$in', '$nin', '$all'),
      fc.array(fc.oneof(scalars, fc.array(scalars, { maxLength: 2 })), { maxLength: 3 }),
    )
    .map(([name, list]) => ({ [name]: list })),
  fc.boolean().map((value) => ({ $exists: value })),
  fc.constantFrom('^a', 'a', '^ab?', '^A').map((pattern) => ({ $regex: pattern })),
  fc.tuple(scalars, scalars).map(([low, high]) => ({ $gte: low, $lt: high })),
  fc.tuple(scalars, scalars).map(([low, high]) => ({ $elemMatch: { $gte: low, $lte: high } })),
  fc.tuple(scalars, scalars).map(([c, d]) => ({ $elemMatch: { c, d: { $lte: d } } })),
  fc.tuple(scalars, scalars).map(([c, d]) => ({ $elemMatch: { c: { $gte: c, $lte: d } } })),
);
const conditions: fc.Arbitrary<Document> = fc
  .tuple(paths, fc.oneof(operators, fc.oneof(scalars, fc.array(scalars, { maxLength: 2 }))))
  .map(([name, condition]) => ({ [name]: condition }));
const expressions: fc.Arbitrary<Document> = fc
  .tuple(
    fc.constantFrom('$eq', '$gt', '$lte', '$lt', '$gte'),
    fc.constantFrom('$a', '$b', '$a.c'),
    scalars,
    fc.boolean(),
  )
  .map(([name, field, value, isFlipped]) => ({
    $expr: { [name]: isFlipped ? [{ $literal: value }, field] : [field, { $literal: value }] },
  }));
const simple = fc.oneof({ weight: 6, arbitrary: conditions }, expressions);
const filters: fc.Arbitrary<Document> = fc.oneof(
  simple,
  fc.tuple(simple, simple).map((both) => ({ $and: both })),
  fc
    .tuple(simple, simple, simple)
    .map(([one, two, three]) => ({ $and: [one, { $or: [two, three] }] })),
  fc.constant({}),
);

const sorts: fc.Arbitrary<SortSpec> = fc.uniqueArray(
  fc.tuple(paths, fc.constantFrom<1 | -1>(1, -1)),
  { maxLength: 2, selector: ([name]) => name },
);

const indexKeys = fc.uniqueArray(fc.tuple(paths, fc.constantFrom<1 | -1>(1, -1)), {
  minLength: 1,
  maxLength: 3,
  selector: ([name]) => name,
});
const indexes: fc.Arbitrary<IndexSpec[]> = fc.uniqueArray(
  fc
    .tuple(
      indexKeys,
      fc.constantFrom<Partial<IndexSpec>>(
        {},
        { sparse: true },
        { collation: CASELESS },
        { partialFilterExpression: { a: { $gt: 1 } } },
        { partialFilterExpression: { b: { $exists: true } } },
      ),
    )
    .map(([key, options]) => index(Object.fromEntries(key), options)),
  { minLength: 1, maxLength: 3, selector: ({ name }) => name },
);

const queries: fc.Arbitrary<ReadQuery> = fc.record(
  {
    filter: filters,
    sort: sorts,
    limit: fc.constantFrom(1, 3),
    skip: fc.constantFrom(0, 1),
    collation: fc.constant(CASELESS),
  },
  { requiredKeys: ['filter'] },
);

/** What a plain scan of the documents would answer. */
function expected(
  stored: readonly Document[],
  { filter = {}, sort = [], collation }: ReadQuery,
): Document[] {
  const found = stored.filter(compileFilter(filter, { collation }));
  return sort.length === 0 ? found : found.sort(compileSort(sort, collation));
}

const byId = (a: Document, b: Document): number => Number(a['_id']) - Number(b['_id']);

test('every index gives what a scan gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      documents,
      indexes,
      fc.array(queries, { minLength: 1, maxLength: 6 }),
      async (given, specs, asked) => {
        const stored = given.map((document, id) => ({ _id: id, ...document }));
        const isIndexed = await engine
          .write((batch) => {
            batch.dropCollection(PEOPLE);
            for (const spec of specs) batch.createIndex(PEOPLE, spec);
            for (const document of stored) batch.insert(PEOPLE, document);
            return true;
          })
          .catch((error: unknown) => {
            expect(error).toMatchObject({ code: 171 });
            return false;
          });
        if (!isIndexed) return;
        for (const query of asked) {
          const wanted = expected(stored, query);
          const { skip = 0, limit = Infinity, sort = [], collation } = query;
          const whole = [...engine.read().find(PEOPLE, { ...query, skip: 0, limit: 0 })];
          const plan = `${engine.read().explain(PEOPLE, query).plan} ${JSON.stringify(query)}`;
          expect([...whole].sort(byId), plan).toEqual([...wanted].sort(byId));
          const page = [...engine.read().find(PEOPLE, query)];
          expect(page.length).toBe(Math.min(Math.max(wanted.length - skip, 0), limit));
          if (sort.length === 0) continue;
          const compare = compileSort(sort, collation);
          for (const [place, document] of page.entries()) {
            expect(Math.abs(compare(document, wanted[place + skip]!))).toBe(0);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});
