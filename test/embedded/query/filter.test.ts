import {
  Binary,
  BSONRegExp,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'bson';
import { describe, expect, it, test } from 'vitest';
import type { Document } from '../../../src/embedded/engine/engine.ts';
import { compileFilter } from '../../../src/embedded/query/compile-filter.ts';
import { codeOf, errorOf } from './store-error-of.ts';

const ID = new ObjectId('65f000000000000000000001');
const bytes = (...values: number[]) => new Binary(Buffer.from(values));
const day = (text: string) => new Date(`${text}T00:00:00Z`);

type Row = readonly [filter: Document, document: Document, matches: boolean];

const NULLS: readonly Row[] = [
  [{ a: null }, {}, true],
  [{ a: null }, { a: null }, true],
  [{ a: null }, { a: 0 }, false],
  [{ a: null }, { a: [1, null] }, true],
  [{ a: null }, { a: [] }, false],
  [{ 'a.b': null }, { a: [{ b: 1 }, {}] }, true],
  [{ 'a.b': null }, { a: [1, 2] }, false],
  [{ 'a.b': null }, { a: 5 }, true],
  [{ 'a.b': null }, { a: [] }, false],
  [{ a: { $ne: null } }, {}, false],
  [{ a: { $ne: null } }, { a: 1 }, true],
  [{ a: { $in: [null, 3] } }, {}, true],
  [{ a: { $gte: null } }, {}, true],
  [{ a: { $gt: null } }, { a: 1 }, false],
  [{ a: { $exists: true } }, { a: null }, true],
  [{ a: { $exists: false } }, {}, true],
  [{ 'a.b': { $exists: false } }, { a: [1] }, true],
];

const ARRAYS: readonly Row[] = [
  [{ a: 1 }, { a: [3, 1] }, true],
  [{ a: [3, 1] }, { a: [3, 1] }, true],
  [{ a: [1, 3] }, { a: [3, 1] }, false],
  [{ a: [1] }, { a: [[1], 2] }, true],
  [{ a: 1 }, { a: [[1]] }, false],
  [{ 'a.0': 1 }, { a: [1, 2] }, true],
  [{ 'a.1': 1 }, { a: [1, 2] }, false],
  [{ 'a.0.b': 1 }, { a: [{ b: 1 }] }, true],
  [{ 'a.0': { $gt: 0 } }, { a: [[1]] }, false],
  [{ 'a.b': 2 }, { a: [{ b: [1, 2] }] }, true],
  [{ 'a.b.c': 2 }, { a: [{ b: [{ c: 2 }] }] }, true],
  [{ 'a.b': 1 }, { a: [[{ b: 1 }]] }, false],
  [{ 'a.1': 4 }, { a: { 1: 4 } }, true],
  [{ a: { $gt: 1, $lt: 3 } }, { a: [0, 4] }, true],
  [{ a: { $elemMatch: { $gt: 1, $lt: 3 } } }, { a: [0, 4] }, false],
  [{ a: { $elemMatch: { $gt: 1, $lt: 3 } } }, { a: [2] }, true],
  [{ a: { $elemMatch: { b: 1, c: 2 } } }, { a: [{ b: 1 }, { c: 2 }] }, false],
  [{ a: { $elemMatch: { b: 1, c: 2 } } }, { a: [{ b: 1, c: 2 }] }, true],
  [{ a: { $elemMatch: { $or: [{ b: 1 }, { b: 2 }] } } }, { a: [{ b: 2 }] }, true],
  [{ a: { $elemMatch: { $elemMatch: { $gt: 2 } } } }, { a: [[1], [3]] }, true],
  [{ a: { $elemMatch: { $gt: 1 } } }, { a: 2 }, false],
  [{ a: { $not: { $elemMatch: { $gt: 1 } } } }, { a: [0] }, true],
  [{ a: { $all: [1, 2] } }, { a: [2, 1, 0] }, true],
  [{ a: { $all: [1, 2] } }, { a: [1] }, false],
  [{ a: { $all: [1] } }, { a: 1 }, true],
  [{ a: { $all: [] } }, { a: [] }, false],
  [{ a: { $all: [[1, 2]] } }, { a: [1, 2] }, true],
  [
    { a: { $all: [{ $elemMatch: { b: 1 } }, { $elemMatch: { b: 2 } }] } },
    { a: [{ b: 1 }, { b: 2 }] },
    true,
  ],
  [{ a: { $size: 2 } }, { a: [1, 2] }, true],
  [{ a: { $size: 0 } }, {}, false],
  [{ a: { $ne: 1 } }, { a: [1, 2] }, false],
  [{ a: { $nin: [3] } }, { a: [1, 2] }, true],
  [{ a: { $not: { $gt: 1 } } }, { a: [0, 2] }, false],
  [{ a: { $not: { $gt: 1 } } }, {}, true],
];

const TYPES: readonly Row[] = [
  [{ a: { $gt: 5 } }, { a: '6' }, false],
  [{ a: { $gt: 5 } }, { a: day('2024-01-01') }, false],
  [{ a: { $gt: day('2023-01-01') } }, { a: day('2024-01-01') }, true],
  [{ a: { $lt: 'b' } }, { a: 5 }, false],

  [{ a: { $gt: new MinKey() } }, { a: 'x' }, true],
  [{ a: { $lt: new MaxKey() } }, { a: 'x' }, true],
  [{ a: { $gt: {} } }, { a: { b: 1 } }, true],
  [{ a: { $lt: Number.NaN } }, { a: 1 }, false],
  [{ a: { $lt: 5 } }, { a: Number.NaN }, false],
  [{ a: { $gte: Number.NaN } }, { a: Number.NaN }, true],
  [{ a: Number.NaN }, { a: Number.NaN }, true],
  [{ a: 1 }, { a: Long.fromNumber(1) }, true],
  [{ a: new Int32(1) }, { a: new Double(1) }, true],
  [{ a: Decimal128.fromString('1.0') }, { a: 1 }, true],
  [{ a: Decimal128.fromString('0.1') }, { a: 0.1 }, false],
  [
    { a: { $gt: Long.fromString('9007199254740993') } },
    { a: Long.fromString('9007199254740994') },
    true,
  ],
  [{ a: { $in: [Long.fromNumber(2)] } }, { a: 2 }, true],
  [{ a: ID }, { a: new ObjectId(ID.toHexString()) }, true],
  [{ a: ID.toHexString() }, { a: ID }, false],
  [{ a: bytes(1, 2) }, { a: bytes(1, 2) }, true],
  [{ a: bytes(1, 2) }, { a: new Binary(Buffer.from([1, 2]), 5) }, false],
  [{ a: Timestamp.fromBits(1, 5) }, { a: Timestamp.fromBits(1, 5) }, true],
  [{ a: true }, { a: 1 }, false],
  [{ a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 } }, false],
  [{ a: { b: 1 } }, { a: { b: 1, c: 2 } }, false],
  [{ a: {} }, { a: {} }, true],
  [{ a: { $type: 'string' } }, { a: ['x', 1] }, true],
  [{ a: { $type: 'array' } }, { a: [] }, true],
  [{ a: { $type: 'number' } }, { a: Decimal128.fromString('1') }, true],
  [{ a: { $type: ['null', 2] } }, { a: null }, true],
  [{ a: { $type: 'null' } }, {}, false],
  [{ a: { $mod: [4, 1] } }, { a: 5.9 }, true],
  [{ a: { $mod: [4, -1] } }, { a: -5 }, true],
  [{ a: { $mod: [4, 0] } }, { a: 'x' }, false],
  [{ a: { $bitsAllSet: [0, 2] } }, { a: 5 }, true],
  [{ a: { $bitsAllSet: 7 } }, { a: 5 }, false],
  [{ a: { $bitsAnyClear: [1] } }, { a: 5 }, true],
  [{ a: { $bitsAllSet: [63] } }, { a: -1 }, true],
  [{ a: { $bitsAllClear: bytes(2) } }, { a: bytes(5) }, true],
  [{ a: { $bitsAnySet: [0] } }, { a: 1.5 }, false],
];

const REGEX: readonly Row[] = [
  [{ a: /^b/ }, { a: ['xb', 'bx'] }, true],
  [{ a: { $regex: '^\\Qa.b\\E' } }, { a: 'a.bc' }, true],
  [{ a: { $regex: '^\\Qa.b\\E' } }, { a: 'axbc' }, false],
  [{ a: { $regex: '\\Qend' } }, { a: 'the end' }, true],
  [{ a: { $regex: '(?i)STRASSE' } }, { a: 'Strasse' }, true],
  [{ a: { $regex: 'a(?i)b' } }, { a: 'aB' }, true],
  [{ a: { $regex: 'a(?i)b' } }, { a: 'AB' }, false],
  [{ a: { $regex: 'É', $options: 'i' } }, { a: 'é' }, true],
  [{ a: { $regex: '^ΌΔΟΣ$', $options: 'i' } }, { a: 'όδος' }, true],
  [{ a: { $regex: '^σ[σ]$', $options: 'i' } }, { a: 'Σς' }, true],
  [{ a: { $regex: '^straße', $options: 'i' } }, { a: 'STRAẞE' }, true],
  [{ a: { $regex: '^ss$', $options: 'i' } }, { a: 'ß' }, false],
  [{ a: { $regex: '^(?i)k[å-å]$' } }, { a: '\u212a\u212b' }, true],
  [{ a: { $regex: '^I$', $options: 'i' } }, { a: 'ı' }, false],
  [{ a: { $regex: '^𐐀$', $options: 'i' } }, { a: '𐐨' }, true],
  [{ a: { $regex: '[a-c]', $options: 'i' } }, { a: 'B' }, true],
  [{ a: { $regex: '[^a-c]', $options: 'i' } }, { a: 'B' }, false],
  [{ a: { $regex: 'a b # comment\n c', $options: 'x' } }, { a: 'abc' }, true],
  [{ a: { $regex: 'a.c', $options: 's' } }, { a: 'a\nc' }, true],
  [{ a: { $regex: 'a.c' } }, { a: 'a\nc' }, false],
  [{ a: { $regex: '^b$', $options: 'm' } }, { a: 'a\nb\nc' }, true],
  [{ a: { $regex: '^b$' } }, { a: 'a\nb' }, false],
  [{ a: { $regex: 'b$' } }, { a: 'b\n' }, true],
  [{ a: { $regex: '\\Ab\\z' } }, { a: 'b' }, true],
  [{ a: { $regex: '^[[:alpha:]]+$' } }, { a: 'abc' }, true],
  [{ a: { $regex: '^\\p{Lu}' } }, { a: 'Ärger' }, true],
  [{ a: { $regex: '\\x{1F600}' } }, { a: '😀' }, true],
  [{ a: { $regex: '^(?P<q>.)\\1$' } }, { a: 'zz' }, true],
  [{ a: { $regex: '^.$' } }, { a: '😀' }, true],
  [{ a: { $regex: '^..$' } }, { a: '😀' }, false],
  [{ a: { $regex: '^.{2}$', $options: 's' } }, { a: '😀\n' }, true],
  [{ a: { $regex: '^[^a]\\D\\W\\S\\N$' } }, { a: '😀😀😀😀😀' }, true],
  [{ a: { $regex: '^[\\s\\S][\\W_]$' } }, { a: '😀😀' }, true],
  [{ a: { $regex: '^[^\\S][^\\D]?$' } }, { a: ' 😀' }, false],
  [{ a: { $regex: '^\\p{So}[\\D]$' } }, { a: '😀😀' }, true],
  [{ a: { $regex: '^\\p{L&}$' } }, { a: 'a' }, true],
  [{ a: { $regex: '^[\\S]$' } }, { a: '\u00a0' }, true],
  [{ a: { $regex: '^[[:space:]]$' } }, { a: '\u00a0' }, false],
  [{ a: { $regex: '^\\h[\\h]\\H$' } }, { a: '\u2003\u3000a' }, true],
  [{ a: { $regex: '^a\u00a0b$', $options: 'x' } }, { a: 'ab' }, false],
  [{ a: { $regex: '^[\\Qa-z\\E]$' } }, { a: 'b' }, false],
  [{ a: { $regex: '^[\\Qa-z]\\E]$' } }, { a: ']' }, true],
  [{ a: { $regex: '^[a-\\d]$', $options: 'i' } }, { a: 'A' }, true],
  [{ a: { $regex: '^$', $options: 'm' } }, { a: 'a\n' }, false],
  [{ a: { $regex: '^$', $options: 'm' } }, { a: 'a\n\n' }, true],
  [{ a: { $regex: '^(a|(b))\\1(?:c(d)\\3)+(?<e>e)\\k<e>$' } }, { a: 'bbcddcddee' }, true],
  [{ a: { $in: [/^x/, 'y'] } }, { a: 'xyz' }, true],
  [{ a: { $not: /^x/ } }, { a: 'xyz' }, false],
  [{ a: { $nin: [/^x/] } }, { a: 'abc' }, true],
  [{ a: { $eq: new BSONRegExp('^x', '') } }, { a: 'xyz' }, false],
  [{ a: { $eq: new BSONRegExp('^x', '') } }, { a: new BSONRegExp('^x', '') }, true],
  [{ a: { $regex: 'a' } }, { a: 5 }, false],
];

const LOGIC: readonly Row[] = [
  [{ $and: [{ a: 1 }, { b: 2 }] }, { a: 1, b: 2 }, true],
  [{ $or: [{ a: 1 }, { b: 2 }] }, { b: 2 }, true],
  [{ $nor: [{ a: 1 }, { b: 2 }] }, { a: 3 }, true],
  [{ a: 1, $comment: 'why' }, { a: 1 }, true],
  [{ $expr: { $gt: ['$a', '$b'] } }, { a: 2, b: 1 }, true],
  [{ $expr: { $eq: ['$a', null] } }, {}, false],
  [
    { $jsonSchema: { required: ['a'], properties: { a: { bsonType: 'int', minimum: 2 } } } },
    { a: 2 },
    true,
  ],
  [{ $jsonSchema: { properties: { a: { type: 'string', pattern: '^x' } } } }, { a: 'y' }, false],
  [{ $jsonSchema: { additionalProperties: false, properties: { a: {} } } }, { a: 1, b: 1 }, false],
  [
    { $jsonSchema: { properties: { a: { items: { enum: [1, 2] }, uniqueItems: true } } } },
    { a: [1, 1] },
    false,
  ],
];

describe('compileFilter', () => {
  for (const [name, rows] of Object.entries({ NULLS, ARRAYS, TYPES, REGEX, LOGIC })) {
    test.each(rows)(`${name}: %j of %j is %j`, (filter, document, matches) => {
      expect(compileFilter(filter)(document)).toBe(matches);
    });
  }

  it('compares strings under a collation', () => {
    const collation = { locale: 'en', strength: 2 } as const;
    expect(compileFilter({ a: 'ABC' }, { collation })({ a: 'abc' })).toBe(true);
    expect(compileFilter({ a: { $in: ['ABC'] } }, { collation })({ a: 'abc' })).toBe(true);
    expect(compileFilter({ a: 'ABD' }, { collation })({ a: 'abc' })).toBe(false);
    expect(compileFilter({ a: { $regex: 'ABC' } }, { collation })({ a: 'abc' })).toBe(false);
  });

  it('gives variables to $expr', () => {
    const matches = compileFilter({ $expr: { $eq: ['$a', '$$x'] } }, { variables: { x: 7 } });
    expect(matches({ a: 7 })).toBe(true);
    expect(matches({ a: 8 })).toBe(false);
  });

  test.each<[Document, number]>([
    [{ a: { $foo: 1 } }, 2],
    [{ $foo: 1 }, 2],
    [{ a: { $gt: 1, b: 2 } }, 2],
    [{ $where: 'true' }, 115],
    [{ $and: [] }, 2],
    [{ $or: {} }, 2],
    [{ a: { $in: 1 } }, 2],
    [{ a: { $in: [{ $gt: 1 }] } }, 2],
    [{ a: { $ne: /x/ } }, 2],
    [{ a: { $gt: /x/ } }, 2],
    [{ a: { $not: 5 } }, 2],
    [{ a: { $not: {} } }, 2],
    [{ a: { $mod: [0, 1] } }, 2],
    [{ a: { $mod: [1] } }, 2],
    [{ a: { $size: -1 } }, 2],
    [{ a: { $type: 'foo' } }, 2],
    [{ a: { $type: 99 } }, 2],
    [{ a: { $options: 'i' } }, 2],
    [{ a: { $regex: 'x', $options: 'q' } }, 51108],
    [{ a: { $regex: '(' } }, 51091],
    [{ a: { $regex: 'a++' } }, 51091],
    [{ a: { $regex: '[[:toString:]]' } }, 51091],
    [{ a: { $regex: '[[:constructor:]]' } }, 51091],
    [{ a: { $regex: 'a\\c' } }, 51091],
    [{ a: { $regex: 'a(?#b' } }, 51091],
    [{ a: { $regex: '\\x{d800}' } }, 51091],
    [{ a: { $regex: '^(a)?\\1b' } }, 51091],
    [{ a: { $regex: '^(?:(a)|b\\1)' } }, 51091],
    [{ a: { $regex: '^((a)|b)\\2' } }, 51091],
    [{ a: { $regex: '^(?:(a)b){0,2}\\1' } }, 51091],
    [{ a: { $regex: '^(?!(a)b)\\1' } }, 51091],
    [{ a: { $regex: '^(a\\1)' } }, 51091],
    [{ a: { $regex: '(?<=(a)\\1)' } }, 51091],
    [{ a: { $regex: '^(a)\\1', $options: 'i' } }, 51091],
    [{ a: { $elemMatch: 1 } }, 2],
    [{ $text: { $search: 'x' } }, 27],
    [{ $expr: { $foo: 1 } }, 168],
    [{ $expr: '$$missing' }, 17276],
    [{ $jsonSchema: { foo: 1 } }, 9],
    [{ $expr: { $function: { body: 'x', args: [], lang: 'js' } } }, 115],
  ])('refuses %j with code %j', (filter, code) => {
    expect(codeOf(() => compileFilter(filter))).toBe(code);
  });

  it('names an unknown operator', () => {
    expect(errorOf(() => compileFilter({ a: { $foo: 1 } }))?.message).toBe(
      'unknown operator: $foo',
    );
    expect(errorOf(() => compileFilter({ $foo: 1 }))?.message).toMatch(
      /^unknown top level operator: \$foo/,
    );
  });

  it('refuses a filter nested without end, quickly', () => {
    let filter: Document = { a: 1 };
    for (let depth = 0; depth < 5000; depth++) filter = { $and: [filter] };
    expect(codeOf(() => compileFilter(filter))).toBe(15);
  });

  it('treats a field named like a method of objects as any other', () => {
    expect(compileFilter({ constructor: { $exists: true } })({})).toBe(false);
    expect(compileFilter({ 'a.toString': null })({ a: {} })).toBe(true);
  });
});
