import { Decimal128, Long } from 'bson';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inverted } from '../../../src/embedded/engine/keys/key-range.ts';
import { encodeValueKey } from '../../../src/embedded/engine/keys/value-key.ts';
import { compareValues } from '../../../src/embedded/query/compare-values.ts';
import { bsonValues } from './bson-arbitrary.ts';

test('keys compare as bytes exactly as their values do', () => {
  fc.assert(
    fc.property(bsonValues, bsonValues, (a, b) => {
      const byBytes = Buffer.compare(encodeValueKey(a), encodeValueKey(b));
      expect(byBytes).toBe(compareValues(a, b));
    }),
    { numRuns: 4000 },
  );
});

test('no key is the beginning of another one', () => {
  fc.assert(
    fc.property(bsonValues, bsonValues, (a, b) => {
      const [left, right] = [encodeValueKey(a), encodeValueKey(b)];
      if (left.equals(right)) return;
      expect(right.subarray(0, left.length).equals(left)).toBe(false);
    }),
    { numRuns: 2000 },
  );
});

test('inverted keys compare the other way round', () => {
  fc.assert(
    fc.property(bsonValues, bsonValues, (a, b) => {
      const byBytes = Buffer.compare(inverted(encodeValueKey(a)), inverted(encodeValueKey(b)));
      expect(byBytes).toBe(-compareValues(a, b) + 0);
    }),
  );
});

test('numbers of every type have one order by value', () => {
  const ascending = [
    Number.NaN,
    -Infinity,
    Decimal128.fromString('-1.8E308'),
    -Number.MAX_VALUE,
    -1,
    0,
    Decimal128.fromString('1E-6176'),
    Number.MIN_VALUE,
    1,
    Decimal128.fromString('9007199254740992.5'),
    Long.fromBigInt(2n ** 53n + 1n),
    Long.MAX_VALUE,
    2 ** 63,
    Number.MAX_VALUE,
    Decimal128.fromString('1.8E308'),
    Infinity,
  ];
  const shuffled = [...ascending].reverse();
  shuffled.sort((a, b) => Buffer.compare(encodeValueKey(a), encodeValueKey(b)));
  expect(shuffled).toEqual(ascending);
});
