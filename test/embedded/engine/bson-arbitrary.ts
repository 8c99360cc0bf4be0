import {
  Binary,
  BSONRegExp,
  Code,
  Decimal128,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'bson';
import fc from 'fast-check';

/** Texts that meet: short, with NUL, surrogates and high code units. */
const texts = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'ab', 'a\0', 'a\0b', '\0', 'é', '\uffff', '😀', 'A'),
  fc.string({ maxLength: 4, unit: 'binary' }),
);

const decimals = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '1',
    '1.0',
    '1.1',
    '-1.1',
    'NaN',
    'Infinity',
    '-Infinity',
    '1E+6111',
    '-1E+6111',
    '1E-6176',
    '-1E-6176',
    '9007199254740993',
    '9007199254740993.5',
    '1.7976931348623157E308',
    '1.8E308',
    '-1.8E308',
    '0.1',
  ),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((value) => String(value))
    .filter((text) => text.length < 30),
);

const numbers = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double(),
  fc.constantFrom(0.1, 1.1, -0, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => Long.fromBigInt(value)),
  fc
    .constantFrom(2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, 5n)
    .map((value) => Long.fromBigInt(value)),
  decimals.map((text) => Decimal128.fromStringWithRounding(text)),
);

const leaves = fc.oneof(
  { weight: 3, arbitrary: numbers },
  { weight: 2, arbitrary: texts },
  fc.constant(null),
  fc.boolean(),
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(new Date(-1), new Date(0)),
  fc.integer({ min: 0, max: 3 }).map((value) => ObjectId.createFromTime(value)),
  fc.uint8Array({ maxLength: 3 }).map((bytes) => new Binary(bytes, bytes.length % 2 === 0 ? 0 : 5)),
  fc.tuple(fc.nat(2), fc.nat(2)).map(([t, i]) => new Timestamp({ t, i })),
  fc.constantFrom(new BSONRegExp('a'), new BSONRegExp('a', 'i'), new BSONRegExp('b')),
  fc.constantFrom(
    new MinKey(),
    new MaxKey(),
    new Code('x'),
    new Code('y'),
    new Code('x', { a: 1 }),
  ),
);

/** Any BSON value, nested a little. */
export const bsonValues: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { weight: 8, arbitrary: leaves },
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'ab'), tie('value')), {
        maxLength: 3,
        selector: ([name]) => name,
      })
      .map((fields) => Object.fromEntries(fields)),
  ),
})).value;
