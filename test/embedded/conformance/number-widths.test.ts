import { Decimal128, Double, Int32, Long, Timestamp, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type OpenDatabase } from './open-database.ts';
import { typedText } from './typed-text.ts';

const long = (value: number): Long => Long.fromNumber(value);
const double = (value: number): Double => new Double(value);
const decimal = (text: string): Decimal128 => Decimal128.fromString(text);

/** Every numeric type with the same value, and the edges of the whole ones. */
const ROW = {
  _id: 1,
  int: new Int32(6),
  long: long(6),
  double: double(6),
  decimal: decimal('6'),
  minus: new Int32(-4),
  half: double(2.5),
  maxInt: new Int32(0x7fffffff),
  minInt: new Int32(-0x80000000),
  maxLong: Long.MAX_VALUE,
  list: [long(3), double(1), new Int32(2)],
  pairs: [
    { k: 'a', v: long(1) },
    { k: 'b', v: double(2) },
  ],
  inner: { n: long(6), d: double(6) },
  date: new Date('2021-01-03T00:00:00Z'),
  later: new Date('2021-01-05T00:00:00Z'),
  stamp: new Timestamp({ t: 7, i: 8 }),
  text: 'héllo',
  nothing: null,
};

const TYPES = ['int', 'long', 'double', 'decimal'] as const;
type NumberType = (typeof TYPES)[number];

/** Decimal over double over long over int. */
const widest = (a: NumberType, b: NumberType): NumberType =>
  TYPES[Math.max(TYPES.indexOf(a), TYPES.indexOf(b))]!;

let open: OpenDatabase;

beforeAll(async () => {
  open = await openDatabase({ promoteValues: false, promoteLongs: false });
  await open.database.collection<Document & { _id: number }>('row').insertOne({ ...ROW });
});

afterAll(async () => {
  await open.close();
});

/** What an expression gives for the row, with types. The same in `$project`, in a `find` and in `$set`. */
async function valueOf(expression: unknown): Promise<string> {
  const rows = open.database.collection('row');
  const [[projected], [found], [set]] = await Promise.all([
    rows.aggregate([{ $project: { _id: 0, v: expression } }]).toArray(),
    rows.find({}, { projection: { _id: 0, v: expression } }).toArray(),
    rows.aggregate([{ $set: { v: expression } }]).toArray(),
  ]);
  const text = typedText(projected?.['v']);
  expect(typedText(found?.['v'])).toBe(text);
  expect(typedText(set?.['v'])).toBe(text);
  return text;
}

describe('two numbers give the wider type', () => {
  const PAIRS = TYPES.flatMap((a) => TYPES.map((b) => [a, b] as const));

  test.each([
    ['$add', '12', widest],
    ['$subtract', '0', widest],
    ['$multiply', '36', widest],
    ['$mod', '0', widest],
    [
      '$divide',
      '1',
      (a: NumberType, b: NumberType) => (widest(a, b) === 'decimal' ? 'decimal' : 'double'),
    ],
    ['$pow', '46656', widest],
  ])('%s', async (operator, result, typeOf) => {
    const asked = PAIRS.map(([a, b]) => ({ [operator]: [`$${a}`, `$${b}`] }));
    const given = PAIRS.map(([a, b]) => `${typeOf(a, b)} ${result}`);
    expect(await valueOf(asked)).toBe(`[${given.join(', ')}]`);
  });

  test.each(['$log', '$atan2'])(
    '%s gives a double, or a decimal of a decimal',
    async (operator) => {
      const asked = PAIRS.map(([a, b]) => ({ $type: { [operator]: [`$${a}`, `$${b}`] } }));
      const given = PAIRS.map(([a, b]) => (widest(a, b) === 'decimal' ? 'decimal' : 'double'));
      expect(await valueOf(asked)).toBe(`[${given.join(', ')}]`);
    },
  );
});

describe('one number', () => {
  test.each(['$abs', '$ceil', '$floor', '$round', '$trunc', '$toString'])(
    '%s keeps its type',
    async (operator) => {
      const asked = TYPES.map((type) => ({ [operator]: `$${type}` }));
      const given =
        operator === '$toString' ? TYPES.map(() => '6') : TYPES.map((type) => `${type} 6`);
      expect(await valueOf(asked)).toBe(`[${given.join(', ')}]`);
    },
  );

  test.each([
    '$sqrt',
    '$exp',
    '$ln',
    '$log10',
    '$sin',
    '$cos',
    '$tan',
    '$atan',
    '$sinh',
    '$cosh',
    '$tanh',
    '$asinh',
    '$acosh',
    '$degreesToRadians',
    '$radiansToDegrees',
  ])('%s gives a double, or a decimal of a decimal', async (operator) => {
    const asked = TYPES.map((type) => ({ $type: { [operator]: `$${type}` } }));
    expect(await valueOf(asked)).toBe('[double, double, double, decimal]');
  });

  test.each([
    ['$toInt', 'int'],
    ['$toLong', 'long'],
    ['$toDouble', 'double'],
    ['$toDecimal', 'decimal'],
  ])('%s makes it %s', async (operator, type) => {
    const text = `${type} 6`;
    const converted = TYPES.map((each) => ({ $convert: { input: `$${each}`, to: type } }));
    const made = TYPES.map((each) => ({ [operator]: `$${each}` }));
    expect(await valueOf([...made, ...converted])).toBe(
      `[${[...made, ...converted].map(() => text).join(', ')}]`,
    );
  });
});

describe('whole numbers', () => {
  test.each([
    [{ $add: ['$maxInt', 1] }, 'long 2147483648'],
    [{ $add: ['$maxInt', 1, -1] }, 'int 2147483647'],
    [{ $add: ['$minInt', -1] }, 'long -2147483649'],
    [{ $add: ['$maxLong', 1] }, 'double 9223372036854776000'],
    [{ $add: [] }, 'int 0'],
    [{ $subtract: ['$minInt', 1] }, 'long -2147483649'],
    [{ $multiply: ['$maxInt', '$maxInt'] }, 'long 4611686014132420609'],
    [{ $multiply: ['$maxInt', 2] }, 'long 4294967294'],
    [{ $multiply: ['$maxLong', 2] }, 'double 18446744073709552000'],
    [{ $multiply: [0, -5] }, 'int 0'],
    [{ $multiply: [] }, 'int 1'],
    [{ $mod: ['$minus', 2] }, 'int 0'],
    [{ $mod: ['$minus', 3] }, 'int -1'],
    [{ $abs: '$minInt' }, 'long 2147483648'],
    [{ $abs: '$minus' }, 'int 4'],
    [{ $round: ['$maxInt', -1] }, 'long 2147483650'],
    [{ $round: [{ $add: ['$int', 0] }, -1] }, 'int 10'],
    [{ $pow: [2, 31] }, 'long 2147483648'],
    [{ $pow: [2, 64] }, 'double 18446744073709552000'],
    [{ $pow: [2, -1] }, 'double 0.5'],
    [{ $pow: [1, -1] }, 'int 1'],
    [{ $sum: ['$maxInt', 1] }, 'long 2147483648'],
    [{ $sum: ['$maxInt', 1, -1] }, 'int 2147483647'],
    [{ $bitAnd: ['$int', 4] }, 'int 4'],
    [{ $bitOr: ['$int', '$long'] }, 'long 6'],
    [{ $bitXor: ['$int', 2] }, 'int 4'],
    [{ $bitNot: '$int' }, 'int -7'],
    [{ $bitNot: '$long' }, 'long -7'],
  ])('%j is %s', async (expression, text) => {
    expect(await valueOf(expression)).toBe(text);
  });
});

describe('doubles', () => {
  test.each([
    [{ $add: ['$half', '$half'] }, 'double 5'],
    [{ $subtract: ['$half', '$half'] }, 'double 0'],
    [{ $multiply: ['$half', 2] }, 'double 5'],
    [{ $divide: [6, 2] }, 'double 3'],
    [{ $floor: '$half' }, 'double 2'],
    [{ $ceil: '$half' }, 'double 3'],
    [{ $round: '$half' }, 'double 2'],
    [{ $trunc: ['$half', 0] }, 'double 2'],
    [{ $abs: { $multiply: ['$double', -1] } }, 'double 6'],
    [{ $sqrt: 9 }, 'double 3'],
    [{ $avg: [2, 4] }, 'double 3'],
    [{ $avg: '$list' }, 'double 2'],
    [{ $avg: [2, decimal('4')] }, 'decimal 3'],
    [{ $stdDevPop: [2, 2] }, 'double 0'],
    [{ $stdDevSamp: [2, 2] }, 'double 0'],
    [{ $sum: ['$half', '$half'] }, 'double 5'],
    [{ $sum: '$list' }, 'double 6'],
    [{ $sum: [1, long(2)] }, 'long 3'],
    [{ $sum: [double(1), decimal('2')] }, 'decimal 3'],
    [{ $median: { input: '$list', method: 'approximate' } }, 'double 2'],
    [
      { $percentile: { input: [1, 2], p: [0.5, 1], method: 'approximate' } },
      '[double 1, double 2]',
    ],
  ])('%j is %s', async (expression, text) => {
    expect(await valueOf(expression)).toBe(text);
  });
});

/** Operators that hand a value on: asked with a long and with a whole double. */
const PASSING: readonly (readonly [name: string, of: (value: unknown) => unknown])[] = [
  ['the field itself', (value) => value],
  ['$cond', (value) => ({ $cond: [true, value, 0] })],
  ['$cond by names', (value) => ({ $cond: { if: false, then: 0, else: value } })],
  ['$ifNull', (value) => ({ $ifNull: ['$nothing', value] })],
  ['$switch', (value) => ({ $switch: { branches: [{ case: true, then: value }] } })],
  [
    '$switch by default',
    (value) => ({ $switch: { branches: [{ case: false, then: 0 }], default: value } }),
  ],
  ['$let', (value) => ({ $let: { vars: { x: value }, in: '$$x' } })],
  ['$map', (value) => ({ $first: { $map: { input: [value], in: '$$this' } } })],
  [
    '$filter',
    (value) => ({ $first: { $filter: { input: [value], cond: { $gt: ['$$this', 0] } } } }),
  ],
  ['$reduce', (value) => ({ $reduce: { input: [value], initialValue: 0, in: '$$this' } })],
  ['$reduce of nothing', (value) => ({ $reduce: { input: [], initialValue: value, in: 0 } })],
  ['$arrayElemAt', (value) => ({ $arrayElemAt: [[0, value], long(1)] })],
  ['$first', (value) => ({ $first: [[value, 0]] })],
  ['$last', (value) => ({ $last: [[0, value]] })],
  ['$firstN', (value) => ({ $first: { $firstN: { n: double(1), input: [value] } } })],
  ['$lastN', (value) => ({ $first: { $lastN: { n: 1, input: [0, value] } } })],
  ['$maxN', (value) => ({ $first: { $maxN: { n: 1, input: [0, value] } } })],
  ['$minN', (value) => ({ $first: { $minN: { n: 1, input: [9, value] } } })],
  ['$max', (value) => ({ $max: [0, value] })],
  ['$min', (value) => ({ $min: [9, value] })],
  ['$slice', (value) => ({ $first: { $slice: [[0, value], long(1), double(1)] } })],
  ['$concatArrays', (value) => ({ $last: { $concatArrays: [[0], [value]] } })],
  ['$reverseArray', (value) => ({ $first: { $reverseArray: [[0, value]] } })],
  ['$sortArray', (value) => ({ $last: { $sortArray: { input: [value, 0], sortBy: double(1) } } })],
  ['$zip', (value) => ({ $first: { $first: { $zip: { inputs: [[value], [0]] } } } })],
  ['$setUnion', (value) => ({ $first: { $setUnion: [[value], [6]] } })],
  ['$setIntersection', (value) => ({ $first: { $setIntersection: [[value], [6]] } })],
  ['$setDifference', (value) => ({ $first: { $setDifference: [[value], [0]] } })],
  [
    '$arrayToObject',
    (value) => ({ $getField: { field: 'k', input: { $arrayToObject: [[['k', value]]] } } }),
  ],
  [
    '$objectToArray',
    (value) => ({
      $let: { vars: { x: { $first: { $objectToArray: { k: value } } } }, in: '$$x.v' },
    }),
  ],
  [
    '$mergeObjects',
    (value) => ({ $getField: { field: 'k', input: { $mergeObjects: [{ k: 0 }, { k: value }] } } }),
  ],
  [
    '$setField',
    (value) => ({
      $getField: { field: 'k', input: { $setField: { field: 'k', input: {}, value } } },
    }),
  ],
  [
    '$unsetField',
    (value) => ({
      $getField: { field: 'k', input: { $unsetField: { field: 'j', input: { j: 1, k: value } } } },
    }),
  ],
  ['an object', (value) => ({ $getField: { field: 'k', input: { k: value } } })],
];

describe('a value that is handed on keeps its type by', () => {
  test.each(PASSING)('%s', async (_name, of) => {
    expect(await valueOf(of('$long'))).toBe('long 6');
    expect(await valueOf(of('$double'))).toBe('double 6');
    // Constants of the command keep theirs too.
    expect(await valueOf(of({ $ifNull: [long(6), 0] }))).toBe('long 6');
    expect(await valueOf(of({ $literal: double(6) }))).toBe('double 6');
  });

  test('paths into arrays and objects', async () => {
    expect(await valueOf('$list')).toBe('[long 3, double 1, int 2]');
    expect(await valueOf('$pairs.v')).toBe('[long 1, double 2]');
    expect(await valueOf('$inner')).toBe('{n: long 6, d: double 6}');
    expect(await valueOf({ $map: { input: '$list', in: { $add: ['$$this', 1] } } })).toBe(
      '[long 4, double 2, int 3]',
    );
  });
});

describe('what is counted or taken from a date', () => {
  test.each([
    [{ $size: '$list' }, 'int 3'],
    [{ $strLenCP: '$text' }, 'int 5'],
    [{ $strLenBytes: '$text' }, 'int 6'],
    [{ $indexOfArray: ['$list', 2] }, 'int 2'],
    [{ $indexOfCP: ['$text', 'o'] }, 'int 4'],
    [{ $indexOfBytes: ['$text', 'z'] }, 'int -1'],
    [{ $cmp: ['$int', '$half'] }, 'int 1'],
    [{ $strcasecmp: ['a', 'b'] }, 'int -1'],
    [{ $binarySize: '$text' }, 'int 6'],
    [{ $range: [0, long(2)] }, '[int 0, int 1]'],
    [{ $year: '$date' }, 'int 2021'],
    [{ $dayOfYear: '$date' }, 'int 3'],
    [{ $isoWeekYear: '$date' }, 'long 2020'],
    [{ $isoWeek: '$date' }, 'int 53'],
    [{ $toLong: '$date' }, 'long 1609632000000'],
    [{ $toDouble: '$date' }, 'double 1609632000000'],
    [{ $subtract: ['$later', '$date'] }, 'long 172800000'],
    [{ $dateDiff: { startDate: '$date', endDate: '$later', unit: 'day' } }, 'long 2'],
    [{ $add: ['$date', long(1)] }, 'date 2021-01-03T00:00:00.001Z'],
    [{ $tsSecond: '$stamp' }, 'long 7'],
    [{ $tsIncrement: '$stamp' }, 'long 8'],
    [{ $toInt: true }, 'int 1'],
    [{ $toLong: '7' }, 'long 7'],
    [{ $toDouble: '7' }, 'double 7'],
    [{ $toDecimal: '7' }, 'decimal 7'],
  ])('%j is %s', async (expression, text) => {
    expect(await valueOf(expression)).toBe(text);
  });
});
