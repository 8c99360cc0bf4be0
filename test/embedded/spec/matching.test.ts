import { Binary, Decimal128, Double, Int32, Long, ObjectId, Timestamp } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { valuesEqual } from './collection-data.ts';
import { assertDocumentsMatch, assertMatches, type EntitySource } from './matching.ts';

const entities: EntitySource = {
  value(name) {
    if (name !== 'saved') throw new Error(`there is no entity called ${name}`);
    return { a: 1 };
  },
  sessionId(name) {
    if (name !== 'session0') throw new Error(`there is no entity called ${name}`);
    return { id: new Binary(Buffer.from('0123456789abcdef'), 4) };
  },
};

const lsid = { id: new Binary(Buffer.from('0123456789abcdef'), 4) };

type Row = readonly [claim: string, expected: unknown, actual: unknown];

const MATCHING: readonly Row[] = [
  ['a root document may hold more keys', { x: 1 }, { x: 1, y: 1 }],
  ['the order of keys does not matter', { x: { a: 1, b: 2 } }, { x: { b: 2, a: 1 } }],
  ['an int equals a double of the same value', { x: 1 }, { x: new Double(1) }],
  ['a long equals an int of the same value', { x: Long.fromNumber(5) }, { x: 5 }],
  [
    'a bigint equals a long',
    { x: 9_007_199_254_740_993n },
    { x: Long.fromString('9007199254740993') },
  ],
  ['an Int32 object equals a number', { x: 3 }, { x: new Int32(3) }],
  ['dates compare by time', { x: new Date(5) }, { x: new Date(5) }],
  ['a key holding undefined is a missing key', { x: { a: 1 } }, { x: { a: 1, b: undefined } }],
  ['$$exists true accepts null', { x: { $$exists: true } }, { x: null }],
  ['$$exists false accepts a missing key', { x: { $$exists: false } }, {}],
  ['$$type accepts one of several', { x: { $$type: ['string', 'int'] } }, { x: 1 }],
  ['$$type long accepts a promoted number', { x: { $$type: 'long' } }, { x: 12 }],
  ['$$type works on the whole value', { $$type: 'objectId' }, new ObjectId()],
  ['$$type timestamp', { x: { $$type: 'timestamp' } }, { x: new Timestamp(7n) }],
  ['$$matchesEntity', { x: { $$matchesEntity: 'saved' } }, { x: { a: 1 } }],
  ['$$matchesHexBytes', { $$matchesHexBytes: '12AB' }, Buffer.from('12ab', 'hex')],
  ['$$unsetOrMatches accepts a missing value', { $$unsetOrMatches: { a: 1 } }, undefined],
  ['$$unsetOrMatches accepts a matching root', { $$unsetOrMatches: { a: 1 } }, { a: 1, b: 2 }],
  ['$$sessionLsid', { lsid: { $$sessionLsid: 'session0' } }, { lsid }],
  ['$$lte accepts a fraction below', { $$lte: 5 }, 4.5],
  ['$$lte accepts the limit as a long', { $$lte: 5 }, Long.fromNumber(5)],
  [
    '$$matchAsRoot opens a nested document',
    { x: { $$matchAsRoot: { a: 1 } } },
    { x: { a: 1, b: 2 } },
  ],
  [
    '$$matchAsDocument reads Extended JSON',
    { x: { $$matchAsDocument: { a: 1 } } },
    { x: '{"a":1}' },
  ],
  ['arrays compare in order', { x: [1, { $$type: 'string' }] }, { x: [1, 'a'] }],
];

const DIFFERING: readonly Row[] = [
  ['a nested document may not hold more keys', { x: { y: 1 } }, { x: { y: 1, z: 1 } }],
  ['an expected key must be there', { x: 1, y: 1 }, { x: 1 }],
  ['a number is not its text', { x: 1 }, { x: '1' }],
  ['a fraction is not the integer', { x: 1 }, { x: 1.5 }],
  ['a decimal is not an int', { x: 1 }, { x: Decimal128.fromString('1') }],
  [
    'longs beyond 2^53 are told apart',
    { x: Long.fromString('9007199254740993') },
    { x: 9_007_199_254_740_992n },
  ],
  ['null is not a missing key', { x: null }, {}],
  ['a longer array differs', { x: [1] }, { x: [1, 2] }],
  ['an array element is no root', { x: [{ a: 1 }] }, { x: [{ a: 1, b: 1 }] }],
  ['$$exists true refuses a missing key', { x: { $$exists: true } }, {}],
  ['$$exists false refuses null', { x: { $$exists: false } }, { x: null }],
  ['$$type refuses another type', { x: { $$type: 'string' } }, { x: 1 }],
  ['$$type refuses a missing key', { x: { $$type: 'undefined' } }, {}],
  ['$$type int refuses a fraction', { x: { $$type: 'int' } }, { x: 1.5 }],
  ['$$type array does not look at elements', { x: { $$type: 'string' } }, { x: ['a'] }],
  ['$$matchesEntity refuses another value', { x: { $$matchesEntity: 'saved' } }, { x: { a: 2 } }],
  ['$$matchesHexBytes refuses other bytes', { $$matchesHexBytes: '12' }, Buffer.from('13', 'hex')],
  ['$$unsetOrMatches refuses another value', { x: { $$unsetOrMatches: 1 } }, { x: 2 }],
  [
    '$$sessionLsid refuses another session',
    { lsid: { $$sessionLsid: 'session0' } },
    { lsid: { id: 1 } },
  ],
  ['$$lte refuses more', { $$lte: 5 }, 5.1],
  ['$$lte refuses text', { $$lte: 5 }, '4'],
  ['$$matchAsDocument is no root', { x: { $$matchAsDocument: { a: 1 } } }, { x: '{"a":1,"b":1}' }],
];

describe('matching of the unified test format', () => {
  test.each(MATCHING)('%s', (_claim, expected, actual) => {
    expect(() => {
      assertMatches(expected, actual, entities);
    }).not.toThrow();
  });

  test.each(DIFFERING)('%s', (_claim, expected, actual) => {
    expect(() => {
      assertMatches(expected, actual, entities);
    }).toThrow(/expected/u);
  });

  test('names the path that differs', () => {
    expect(() => {
      assertMatches({ a: [{ b: 1 }] }, { a: [{ b: 2 }] }, entities);
    }).toThrow(/^a\[0\]\.b: expected/u);
  });

  test('refuses an operator it does not know', () => {
    expect(() => {
      assertMatches({ x: { $$near: 1 } }, { x: 1 }, entities);
    }).toThrow('$$near');
  });

  test('refuses an entity that does not exist', () => {
    expect(() => {
      assertMatches({ x: { $$matchesEntity: 'other' } }, { x: 1 }, entities);
    }).toThrow('other');
  });

  test('matches the documents of a cursor as roots, and as many as expected', () => {
    expect(() => {
      assertDocumentsMatch([{ x: 1 }], [{ x: 1, y: 1 }], entities);
    }).not.toThrow();
    expect(() => {
      assertDocumentsMatch([{ x: 1 }], [{ x: 1 }, { x: 2 }], entities);
    }).toThrow(/1 elements/u);
  });
});

describe('comparison of an outcome', () => {
  test('ignores the order of keys and the width of numbers', () => {
    expect(
      valuesEqual([{ _id: 1, a: { b: 1, c: 2 } }], [{ a: { c: 2, b: new Double(1) }, _id: 1 }]),
    ).toBe(true);
  });

  test('allows no further key and reads no operator', () => {
    expect(valuesEqual([{ _id: 1 }], [{ _id: 1, x: 1 }])).toBe(false);
    expect(valuesEqual([{ x: { $$exists: true } }], [{ x: 1 }])).toBe(false);
  });
});
