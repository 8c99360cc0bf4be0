import {
  Binary,
  BSONRegExp,
  Code,
  Decimal128,
  Double,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'bson';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { compareValues } from '../../../src/embedded/query/compare-values.ts';
import { compileSort, parseSort } from '../../../src/embedded/query/compile-sort.ts';
import { equalityKey } from '../../../src/embedded/query/equality-key.ts';
import { codeOf } from './store-error-of.ts';

/** One value of each kind, in MongoDB's order. */
const ASCENDING: readonly unknown[] = [
  new MinKey(),
  undefined,
  null,
  Number.NaN,
  -Infinity,
  Decimal128.fromString('-1E+400'),
  -1.5,
  0,
  Decimal128.fromString('0.1'),
  0.1,
  Long.fromString('9007199254740992'),
  Long.fromString('9007199254740993'),
  Decimal128.fromString('9007199254740993.5'),
  Infinity,
  '',
  'Z',
  'a',
  'ab',
  '\uffff',
  '😀',
  {},
  { a: 1 },
  { b: 0 },
  { b: 0, a: 1 },
  { a: 'x' },
  [],
  [1],
  [1, 2],
  [2],
  new Binary(Buffer.from([1])),
  new Binary(Buffer.from([1]), 5),
  new Binary(Buffer.from([0, 0])),
  new ObjectId('65f000000000000000000001'),
  new ObjectId('65f000000000000000000002'),
  false,
  true,
  new Date(-1),
  new Date(0),
  Timestamp.fromBits(2, 1),
  Timestamp.fromBits(1, 2),
  new BSONRegExp('a', ''),
  new BSONRegExp('a', 'i'),
  new Code('x'),
  new MaxKey(),
];

const value = fc.oneof(
  fc.constantFrom(...ASCENDING),
  fc.double(),
  fc.integer(),
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...ASCENDING), { maxLength: 3 }),
  fc.dictionary(fc.string({ maxLength: 2 }), fc.constantFrom(...ASCENDING), { maxKeys: 3 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((each) => Long.fromBigInt(each)),
);

describe('compareValues', () => {
  it('orders every type as MongoDB does', () => {
    for (const [low, a] of ASCENDING.entries()) {
      for (const [high, b] of ASCENDING.entries()) {
        expect([low, high, compareValues(a, b)]).toEqual([low, high, Math.sign(low - high)]);
      }
    }
  });

  it('compares numbers of different types by value', () => {
    expect(compareValues(1, Long.fromNumber(1))).toBe(0);
    expect(compareValues(new Double(2.5), Decimal128.fromString('2.50'))).toBe(0);
    expect(compareValues(-0, 0)).toBe(0);
    expect(compareValues(Decimal128.fromString('NaN'), Number.NaN)).toBe(0);
  });

  it('is a total order that equality keys agree with', () => {
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        expect(compareValues(a, b) + compareValues(b, a)).toBe(0);
        if (compareValues(a, b) <= 0 && compareValues(b, c) <= 0) {
          expect(compareValues(a, c)).toBeLessThanOrEqual(0);
        }
        expect(equalityKey(a) === equalityKey(b)).toBe(compareValues(a, b) === 0);
      }),
      { numRuns: 1000 },
    );
  });

  it('folds case under a collation, and orders digits by number', () => {
    expect(compareValues('a', 'A', { locale: 'en', strength: 2 })).toBe(0);
    expect(compareValues('é', 'e', { locale: 'en', strength: 1 })).toBe(0);
    expect(compareValues('é', 'e', { locale: 'en', strength: 2 })).toBe(1);
    expect(compareValues('x10', 'x9', { locale: 'en', numericOrdering: true })).toBe(1);
    expect(equalityKey(['a'], { locale: 'en', strength: 2 })).toBe(
      equalityKey(['A'], { locale: 'en', strength: 2 }),
    );
  });
});

describe('compileSort', () => {
  const sorted = (sort: Record<string, 1 | -1>, values: readonly unknown[]) =>
    values
      .map((a, index) => (a === undefined ? { index } : { a, index }))
      .sort(compileSort(sort))
      .map(({ index }) => index);

  test.each<[Record<string, 1 | -1>, readonly unknown[], readonly number[]]>([
    [{ a: 1 }, [3, undefined, 1, null], [1, 3, 2, 0]],
    [{ a: -1 }, [3, undefined, 1], [0, 2, 1]],
    [{ a: 1 }, [[2, 9], [1, 5], [3]], [1, 0, 2]],
    [{ a: -1 }, [[2, 9], [1, 5], [3]], [0, 1, 2]],
    [{ a: 1 }, [1, [], null], [1, 2, 0]],
    [{ a: 1 }, ['b', 1, true], [1, 0, 2]],
    [{ a: 1, index: -1 }, [1, 1, 0], [2, 1, 0]],
    [{ 'a.b': 1 }, [{ b: 2 }, [{ b: 1 }, { b: 5 }], 7], [2, 1, 0]],
  ])('%j of %j is %j', (sort, values, order) => {
    expect(sorted(sort, values)).toEqual(order);
  });

  it('keeps equal documents in their order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 })), (values) => {
        const order = sorted({ a: 1 }, values);
        for (const [place, index] of order.entries()) {
          const next = order[place + 1];
          if (next !== undefined && values[index] === values[next])
            expect(index).toBeLessThan(next);
        }
      }),
    );
  });

  test.each([
    [{ a: 2 }, 15975],
    [{ a: 'x' }, 15974],
    [{ '': 1 }, 40352],
    [{ $a: 1 }, 16410],
    [{ a: { $meta: 'foo' } }, 17308],
  ])('refuses %j with code %j', (sort, code) => {
    expect(codeOf(() => parseSort(sort))).toBe(code);
  });
});
