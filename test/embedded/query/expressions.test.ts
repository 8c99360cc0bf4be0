import { Decimal128, Double, Long, ObjectId, Timestamp } from 'bson';
import { describe, expect, it, test } from 'vitest';

import { compileExpression } from '../../../src/embedded/query/compile-expression.ts';
import { codeOf } from './store-error-of.ts';

const D = new Date('2024-02-29T13:05:06.789Z');
const DOC = {
  n: 7,
  s: 'Grüße',
  l: [3, 1, 2],
  o: { b: 1, a: 2 },
  d: D,
  objects: [{ k: 1 }, { k: 2 }, {}, 5],
  nil: null,
  z: Decimal128.fromString('1.10'),
};

const of = (expression: unknown) => compileExpression(expression)(DOC);

type Row = readonly [expression: unknown, result: unknown];

const TABLES: Readonly<Record<string, readonly Row[]>> = {
  paths: [
    ['$n', 7],
    ['$o.b', 1],
    ['$objects.k', [1, 2]],
    ['$l.0', []],
    ['$missing.x', undefined],
    ['$$ROOT.n', 7],
    ['$$CURRENT.o.a', 2],
    ['$$REMOVE', undefined],
    [{ x: '$missing', y: '$n' }, { y: 7 }],
    [
      ['$missing', 1],
      [null, 1],
    ],
    [{ $literal: '$n' }, '$n'],
  ],
  arithmetic: [
    [{ $add: ['$n', 1, 0.5] }, 8.5],
    [{ $add: ['$n', '$nil'] }, null],
    [{ $add: ['$d', 1000] }, new Date(D.getTime() + 1000)],
    [{ $subtract: ['$d', new Date(D.getTime() - 5)] }, Long.fromNumber(5)],
    [{ $add: [2147483647, 1] }, Long.fromNumber(2147483648)],
    [{ $multiply: ['$z', 2] }, Decimal128.fromString('2.20')],
    [{ $divide: [7, 2] }, 3.5],
    [{ $divide: [Decimal128.fromString('1'), 8] }, Decimal128.fromString('0.125')],
    [{ $mod: [-7, 3] }, -1],
    [{ $round: [2.5] }, new Double(2)],
    [{ $round: [3.5] }, new Double(4)],
    [{ $round: [1234.567, -2] }, new Double(1200)],
    [{ $trunc: [-2.7] }, new Double(-2)],
    [{ $floor: -2.1 }, new Double(-3)],
    [{ $ceil: 2.1 }, new Double(3)],
    [{ $abs: -3 }, 3],
    [{ $pow: [2, 10] }, 1024],
    [{ $sqrt: 25 }, new Double(5)],
    [{ $log: [100, 10] }, new Double(2)],
    [{ $sum: '$l' }, 6],
    [{ $sum: ['$n', 'x', 1] }, 8],
    [{ $avg: '$l' }, new Double(2)],
    [{ $max: ['$n', 9, null] }, 9],
    [{ $stdDevPop: '$l' }, Math.sqrt(2 / 3)],
    [{ $bitAnd: [12, 10] }, 8],
  ],
  logic: [
    [{ $eq: ['$n', Long.fromNumber(7)] }, true],
    [{ $gt: ['x', 5] }, true],
    [{ $lt: ['$missing', null] }, true],
    [{ $cmp: [1, 2] }, -1],
    [{ $and: [1, 'x', []] }, true],
    [{ $or: [0, null] }, false],
    [{ $not: [0] }, true],
    [{ $cond: [{ $gt: ['$n', 5] }, 'big', 'small'] }, 'big'],
    [{ $cond: { if: 0, then: 1, else: 2 } }, 2],
    [{ $ifNull: ['$nil', '$missing', 'other'] }, 'other'],
    [
      {
        $switch: {
          branches: [
            { case: false, then: 1 },
            { case: true, then: 2 },
          ],
        },
      },
      2,
    ],
    [{ $let: { vars: { x: '$n' }, in: { $add: ['$$x', 1] } } }, 8],
  ],
  arrays: [
    [{ $map: { input: '$l', as: 'e', in: { $multiply: ['$$e', 2] } } }, [6, 2, 4]],
    [{ $filter: { input: '$l', cond: { $gte: ['$$this', 2] }, limit: 1 } }, [3]],
    [
      {
        $reduce: {
          input: '$l',
          initialValue: '',
          in: { $concat: ['$$value', { $toString: '$$this' }] },
        },
      },
      '312',
    ],
    [{ $arrayElemAt: ['$l', -1] }, 2],
    [{ $arrayElemAt: ['$l', 9] }, undefined],
    [{ $slice: ['$l', 1, 5] }, [1, 2]],
    [{ $slice: ['$l', -2] }, [1, 2]],
    [{ $concatArrays: ['$l', [9]] }, [3, 1, 2, 9]],
    [{ $in: [2, '$l'] }, true],
    [{ $indexOfArray: ['$l', 2] }, 2],
    [{ $size: '$l' }, 3],
    [{ $range: [0, 6, 2] }, [0, 2, 4]],
    [{ $reverseArray: '$l' }, [2, 1, 3]],
    [{ $sortArray: { input: '$l', sortBy: -1 } }, [3, 2, 1]],
    [
      { $zip: { inputs: ['$l', ['a']], useLongestLength: true, defaults: [0, 'z'] } },
      [
        [3, 'a'],
        [1, 'z'],
        [2, 'z'],
      ],
    ],
    [
      {
        $arrayToObject: [
          [
            ['a', 1],
            ['b', 2],
          ],
        ],
      },
      { a: 1, b: 2 },
    ],
    [
      { $objectToArray: '$o' },
      [
        { k: 'b', v: 1 },
        { k: 'a', v: 2 },
      ],
    ],
    [{ $firstN: { n: 2, input: '$l' } }, [3, 1]],
    [
      {
        $setUnion: [
          [2, 1],
          [3, 2],
        ],
      },
      [1, 2, 3],
    ],
    [{ $setIntersection: [[1, 2, 2], [2]] }, [2]],
    [{ $setDifference: [[1, 2], [2]] }, [1]],
    [
      {
        $setEquals: [
          [1, 2, 1],
          [2, 1],
        ],
      },
      true,
    ],
    [{ $setIsSubset: [[1], [2, 1]] }, true],
    [{ $mergeObjects: ['$o', { a: 9 }, null] }, { b: 1, a: 9 }],
    [{ $getField: { field: 'a', input: '$o' } }, 2],
    [{ $setField: { field: { $literal: 'x.y' }, input: {}, value: 1 } }, { 'x.y': 1 }],
    [
      { $percentile: { input: [1, 2, 3, 4], p: [0.5, 1], method: 'approximate' } },
      [new Double(2), new Double(4)],
    ],
  ],
  strings: [
    [{ $concat: ['a', '$s'] }, 'aGrüße'],
    [{ $concat: ['a', '$nil'] }, null],
    [{ $toUpper: 'grü' }, 'GRü'],
    [{ $strLenCP: '$s' }, 5],
    [{ $strLenBytes: '$s' }, 7],
    [{ $substrCP: ['$s', 1, 2] }, 'rü'],
    [{ $substrBytes: ['hello', 1, 3] }, 'ell'],
    [{ $indexOfCP: ['$s', 'ß'] }, 3],
    [{ $indexOfBytes: ['$s', 'ß'] }, 4],
    [{ $split: ['a-b-c', '-'] }, ['a', 'b', 'c']],
    [{ $trim: { input: '  x ' } }, 'x'],
    [{ $ltrim: { input: '00x', chars: '0' } }, 'x'],
    [{ $replaceAll: { input: 'a.a', find: 'a', replacement: { $literal: '$&' } } }, '$&.$&'],
    [{ $regexMatch: { input: 'Hello', regex: '^h', options: 'i' } }, true],
    [
      { $regexFind: { input: '😀ab', regex: '(a)(z)?' } },
      { match: 'a', idx: 1, captures: ['a', null] },
    ],
    [{ $regexFind: { input: 'a😀b', regex: '[^a]' } }, { match: '😀', idx: 1, captures: [] }],
    [
      { $regexFindAll: { input: 'aXbX', regex: /X/ } },
      [
        { match: 'X', idx: 1, captures: [] },
        { match: 'X', idx: 3, captures: [] },
      ],
    ],
    [{ $strcasecmp: ['a', 'B'] }, -1],
  ],
  dates: [
    [{ $year: '$d' }, 2024],
    [{ $dayOfYear: '$d' }, 60],
    [{ $dayOfWeek: '$d' }, 5],
    [{ $week: '$d' }, 8],
    [{ $isoWeek: { date: new Date('2021-01-03T00:00:00Z') } }, 53],
    [{ $isoWeekYear: new Date('2021-01-03T00:00:00Z') }, Long.fromNumber(2020)],
    [{ $hour: { date: '$d', timezone: 'America/New_York' } }, 8],
    [{ $hour: { date: '$d', timezone: '+05:30' } }, 18],
    [{ $dateToString: { date: '$d' } }, '2024-02-29T13:05:06.789Z'],
    [
      { $dateToString: { date: '$d', format: '%d/%m/%Y %H:%M %z', timezone: 'Europe/Paris' } },
      '29/02/2024 14:05 +0100',
    ],
    [{ $dateFromString: { dateString: '2024-02-29T13:05:06.789Z' } }, D],
    [
      { $dateFromString: { dateString: '2024-07-01', timezone: 'Europe/Paris' } },
      new Date('2024-06-30T22:00:00Z'),
    ],
    [
      { $dateFromString: { dateString: '06-15-2018', format: '%m-%d-%Y' } },
      new Date('2018-06-15T00:00:00Z'),
    ],
    [{ $dateFromString: { dateString: 'x', onError: 'bad' } }, 'bad'],
    [{ $dateFromParts: { year: 2017, month: 14, day: 1 } }, new Date('2018-02-01T00:00:00Z')],
    [
      { $dateFromParts: { isoWeekYear: 2021, isoWeek: 1, isoDayOfWeek: 1 } },
      new Date('2021-01-04T00:00:00Z'),
    ],
    [
      { $dateToParts: { date: '$d', iso8601: true } },
      {
        isoWeekYear: 2024,
        isoWeek: 9,
        isoDayOfWeek: 4,
        hour: 13,
        minute: 5,
        second: 6,
        millisecond: 789,
      },
    ],
    [
      { $dateAdd: { startDate: new Date('2024-01-31T00:00:00Z'), unit: 'month', amount: 1 } },
      new Date('2024-02-29T00:00:00Z'),
    ],
    [
      { $dateSubtract: { startDate: '$d', unit: 'day', amount: 60 } },
      new Date('2023-12-31T13:05:06.789Z'),
    ],
    [
      {
        $dateAdd: {
          startDate: new Date('2024-03-30T12:00:00Z'),
          unit: 'day',
          amount: 1,
          timezone: 'Europe/Paris',
        },
      },
      new Date('2024-03-31T11:00:00Z'),
    ],
    [
      { $dateDiff: { startDate: new Date('2023-12-31T23:59:00Z'), endDate: '$d', unit: 'year' } },
      Long.fromNumber(1),
    ],
    [
      { $dateDiff: { startDate: new Date('2024-01-01T00:00:00Z'), endDate: '$d', unit: 'day' } },
      Long.fromNumber(59),
    ],
    [{ $dateTrunc: { date: '$d', unit: 'month' } }, new Date('2024-02-01T00:00:00Z')],
    [
      { $dateTrunc: { date: '$d', unit: 'week', startOfWeek: 'monday' } },
      new Date('2024-02-26T00:00:00Z'),
    ],
    [{ $dateTrunc: { date: '$d', unit: 'hour', binSize: 6 } }, new Date('2024-02-29T12:00:00Z')],
  ],
  types: [
    [{ $type: '$missing' }, 'missing'],
    [{ $type: '$z' }, 'decimal'],
    [{ $toString: '$n' }, '7'],
    [{ $toInt: '12' }, 12],
    [{ $toInt: 3.9 }, 3],
    [{ $toLong: '$d' }, Long.fromNumber(D.getTime())],
    [{ $toDouble: true }, new Double(1)],
    [{ $toBool: 'false' }, true],
    [{ $toDate: Long.fromNumber(D.getTime()) }, D],
    [{ $toObjectId: '65f000000000000000000001' }, new ObjectId('65f000000000000000000001')],
    [{ $toDecimal: '1.10' }, Decimal128.fromString('1.10')],
    [{ $convert: { input: 'x', to: 'int', onError: -1 } }, -1],
    [{ $convert: { input: null, to: 'int', onNull: 0 } }, 0],
    [{ $isNumber: '$z' }, true],
    [{ $tsSecond: Timestamp.fromBits(1, 5) }, Long.fromNumber(5)],
  ],
};

describe('compileExpression', () => {
  for (const [name, rows] of Object.entries(TABLES)) {
    test.each(rows)(`${name}: %j is %j`, (expression, result) => {
      expect(of(expression)).toEqual(result);
    });
  }

  test.each<[unknown, number]>([
    [{ $foo: 1 }, 168],
    ['$$nope', 17276],
    ['$', 16872],
    ['$a..b', 15998],
    [{ $add: 1, $sum: 1 }, 15983],
    [{ $divide: [1] }, 16020],
    [{ $cond: { if: 1 } }, 17081],
    [{ $filter: { input: [] } }, 28648],
    [{ $map: { input: [], foo: 1, in: 1 } }, 28647],
    [{ $let: { vars: { Bad: 1 }, in: 1 } }, 9],
  ])('refuses %j with code %j when it is compiled', (expression, code) => {
    expect(codeOf(() => compileExpression(expression))).toBe(code);
  });

  test.each<[unknown, number]>([
    [{ $divide: [1, 0] }, 16608],
    [{ $add: ['x', 1] }, 16554],
    [{ $size: 5 }, 17124],
    [{ $in: [1, 2] }, 40081],
    [{ $toInt: 'x' }, 241],
    [{ $toInt: 1e12 }, 241],
    [{ $dateFromString: { dateString: 'x' } }, 241],
    [{ $year: { date: D, timezone: 'Nowhere/City' } }, 40485],
    [{ $arrayElemAt: ['x', 1] }, 28689],
    [{ $sqrt: -1 }, 28714],
    [{ $switch: { branches: [{ case: false, then: 1 }] } }, 40066],
    [{ $concat: [1] }, 16702],
    [{ $range: [0, 1e9] }, 96],
  ])('refuses %j with code %j when it runs', (expression, code) => {
    const evaluate = compileExpression(expression);
    expect(codeOf(() => evaluate(DOC))).toBe(code);
  });

  it('reads variables that are given when it runs', () => {
    const evaluate = compileExpression({ $add: ['$$x', '$a'] }, { names: ['x'] });
    expect([evaluate({ a: 1 }, { x: 2 }), evaluate({ a: 1 }, { x: 5 })]).toEqual([3, 6]);
  });

  it('compares under a collation', () => {
    const options = { collation: { locale: 'en', strength: 2 } } as const;
    expect(compileExpression({ $eq: ['$s', 'X'] }, options)({ s: 'x' })).toBe(true);
    expect(compileExpression({ $setUnion: [['a'], ['A']] }, options)({})).toHaveLength(1);
  });
});
