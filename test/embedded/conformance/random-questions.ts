import fc from 'fast-check';
import type { Document } from 'mongodb';

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
/** A document without `_id`; columns may be missing. */
export const randomDocument = fc.record({ a: value, b: value, c: value }, { requiredKeys: [] });

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

/** What is asked: a filter, a sort (add `_id` to make it total) and a limit, 0 for none. */
export interface Question {
  readonly filter: Document;
  readonly sort: Document;
  readonly limit: number;
}

/** Questions that random documents often answer. */
export const randomQuestion: fc.Arbitrary<Question> = fc.record({
  filter,
  sort,
  limit: fc.constantFrom(0, 2),
});
