import { Decimal128, Double, Long, Timestamp } from 'bson';
import { describe, expect, it, test } from 'vitest';
import type { Document } from '../../../src/embedded/engine/engine.ts';
import {
  compileUpdate,
  updateKind,
  upsertSeed,
  type UpdateOptions,
} from '../../../src/embedded/query/apply-update.ts';
import { codeOf, errorOf } from './store-error-of.ts';

const apply = (update: unknown, document: Document, options: UpdateOptions = {}) =>
  compileUpdate(update, options)(document);

describe('compileUpdate', () => {
  test.each<[string, Document, Document, Document]>([
    ['creates the way', { $set: { 'a.b.c': 1 } }, { _id: 1 }, { _id: 1, a: { b: { c: 1 } } }],
    ['pads an array', { $set: { 'a.3': 1 } }, { a: [0] }, { a: [0, null, null, 1] }],
    ['makes an object of a missing number', { $set: { 'a.0': 1 } }, {}, { a: { 0: 1 } }],
    ['adds new fields by name', { $set: { z: 1, b: 2 } }, { _id: 1 }, { _id: 1, b: 2, z: 1 }],
    ['removes', { $unset: { 'a.b': '' } }, { a: { b: 1, c: 2 } }, { a: { c: 2 } }],
    ['empties an element', { $unset: { 'a.0': '' } }, { a: [1, 2] }, { a: [null, 2] }],
    ['increments', { $inc: { n: 2 } }, { n: 1 }, { n: 3 }],
    ['increments from nothing', { $inc: { n: 2 } }, {}, { n: 2 }],
    ['multiplies', { $mul: { n: 2.5 } }, { n: 2 }, { n: new Double(5) }],
    ['multiplies nothing', { $mul: { n: 2 } }, {}, { n: 0 }],
    ['takes the least', { $min: { n: 3, m: 'x' } }, { n: 5, m: 1 }, { n: 3, m: 1 }],
    ['takes the greatest', { $max: { n: 3 } }, { n: 5 }, { n: 5 }],
    ['renames', { $rename: { a: 'b.c' } }, { a: 1 }, { b: { c: 1 } }],
    ['renames nothing', { $rename: { x: 'y' } }, { a: 1 }, { a: 1 }],
    ['pushes', { $push: { a: 3 } }, { a: [1] }, { a: [1, 3] }],
    ['pushes an array as one', { $push: { a: [3] } }, {}, { a: [[3]] }],
    [
      'pushes in place',
      { $push: { a: { $each: [7, 8], $position: 1 } } },
      { a: [1, 2] },
      { a: [1, 7, 8, 2] },
    ],
    [
      'pushes from the end',
      { $push: { a: { $each: [7], $position: -1 } } },
      { a: [1, 2] },
      { a: [1, 7, 2] },
    ],
    [
      'pushes, sorts, slices',
      { $push: { a: { $each: [{ n: 1 }], $sort: { n: -1 }, $slice: 2 } } },
      { a: [{ n: 0 }, { n: 5 }] },
      { a: [{ n: 5 }, { n: 1 }] },
    ],
    ['adds what is new', { $addToSet: { a: { $each: [1, 2, 2] } } }, { a: [1] }, { a: [1, 2] }],
    [
      'tells field orders apart in a set',
      { $addToSet: { a: { y: 1, x: 1 } } },
      { a: [{ x: 1, y: 1 }] },
      {
        a: [
          { x: 1, y: 1 },
          { y: 1, x: 1 },
        ],
      },
    ],
    ['pulls equals', { $pull: { a: 1 } }, { a: [1, 2, 1] }, { a: [2] }],
    ['pulls by condition', { $pull: { a: { $gte: 2 } } }, { a: [1, 2, 3] }, { a: [1] }],
    [
      'pulls documents',
      { $pull: { a: { x: { $gt: 1 } } } },
      { a: [{ x: 1 }, { x: 2, y: 1 }] },
      { a: [{ x: 1 }] },
    ],
    ['pulls all', { $pullAll: { a: [1, 3] } }, { a: [1, 2, 3] }, { a: [2] }],
    ['pops the last', { $pop: { a: 1 } }, { a: [1, 2] }, { a: [1] }],
    ['pops the first', { $pop: { a: -1 } }, { a: [1, 2] }, { a: [2] }],
    ['pops nothing', { $pop: { a: 1 } }, {}, {}],
    ['sets bits', { $bit: { n: { or: 5, and: 6 } } }, { n: 2 }, { n: 6 }],
    ['leaves what is set on insert', { $setOnInsert: { a: 1 } }, { _id: 1 }, { _id: 1 }],
    ['changes every element', { $inc: { 'a.$[]': 1 } }, { a: [1, 2] }, { a: [2, 3] }],
    ['replaces, keeping _id', { x: 1 }, { _id: 7, y: 2 }, { _id: 7, x: 1 }],
  ])('%s', (_name, update, before, after) => {
    const copy = structuredClone(before);
    const result = apply(update, before);
    expect(result).toEqual(after);
    expect(Object.keys(result)).toEqual(Object.keys(after));
    expect(before).toEqual(copy);
  });

  it('grows whole numbers from 32 to 64 bits, and refuses to overflow them', () => {
    expect(apply({ $inc: { n: 1 } }, { n: 2147483647 })).toEqual({
      n: Long.fromNumber(2147483648),
    });
    expect(apply({ $mul: { n: 2 } }, { n: Long.fromNumber(3) })).toEqual({ n: Long.fromNumber(6) });
    expect(apply({ $inc: { n: 0.5 } }, { n: Long.fromNumber(3) })).toEqual({ n: 3.5 });
    expect(
      apply({ $inc: { n: Decimal128.fromString('0.1') } }, { n: Decimal128.fromString('0.2') }),
    ).toEqual({ n: Decimal128.fromString('0.3') });
    expect(codeOf(() => apply({ $inc: { n: 1 } }, { n: Long.MAX_VALUE }))).toBe(2);
  });

  it('gives the very same document when nothing changes', () => {
    const document = { _id: 1, a: [1], n: 5 };
    for (const update of [
      { $set: { n: 5 } },
      { $addToSet: { a: 1 } },
      { $max: { n: 1 } },
      { $unset: { x: 1 } },
      { a: [1], n: 5 },
      [{ $set: { n: 5 } }],
    ]) {
      expect(apply(update, document)).toBe(document);
    }
  });

  it('knows a changed type from no change', () => {
    const document = { _id: 1, n: 5 };
    expect(apply({ $set: { n: Long.fromNumber(5) } }, document)).not.toBe(document);
  });

  it('places the positional operator by the filter', () => {
    const document = { _id: 1, a: [{ k: 1 }, { k: 2 }], b: [5, 6] };
    expect(apply({ $set: { 'a.$.v': 9 } }, document, { filter: { 'a.k': 2 } })['a']).toEqual([
      { k: 1 },
      { k: 2, v: 9 },
    ]);
    expect(apply({ $set: { 'b.$': 0 } }, document, { filter: { b: { $gt: 5 } } })['b']).toEqual([
      5, 0,
    ]);
    expect(codeOf(() => apply({ $set: { 'b.$': 0 } }, document, { filter: { _id: 1 } }))).toBe(2);
  });

  it('changes the elements that array filters choose', () => {
    const arrayFilters = [{ 'x.k': { $gte: 2 } }, { y: 1 }];
    const document = {
      a: [
        { k: 1, l: [1] },
        { k: 2, l: [1, 2] },
      ],
    };
    expect(apply({ $set: { 'a.$[x].l.$[y]': 0 } }, document, { arrayFilters })).toEqual({
      a: [
        { k: 1, l: [1] },
        { k: 2, l: [0, 2] },
      ],
    });
  });

  it('runs a pipeline with variables', () => {
    const pipeline = [{ $set: { s: { $add: ['$a', '$$x'] } } }, { $unset: 'a' }];
    expect(apply(pipeline, { _id: 1, a: 1 }, { variables: { x: 2 } })).toEqual({ _id: 1, s: 3 });
    expect(apply([{ $replaceWith: { b: 1 } }], { _id: 1 })).toEqual({ _id: 1, b: 1 });
  });

  it('sets the current date in either type', () => {
    const now = new Date('2024-05-06T07:08:09Z');
    const result = apply({ $currentDate: { d: true, t: { $type: 'timestamp' } } }, {}, { now });
    expect(result['d']).toEqual(now);
    expect(result['t']).toBeInstanceOf(Timestamp);
  });

  it('sets on insert, and builds an upsert from the equalities of its filter', () => {
    const seed = upsertSeed({
      a: 1,
      'b.c': { $eq: 2 },
      d: { $gt: 3 },
      $and: [{ _id: 7 }],
      e: { $in: [4] },
      f: /x/,
    });
    expect(seed).toEqual({ _id: 7, a: 1, b: { c: 2 }, e: 4 });
    const result = compileUpdate({ $setOnInsert: { s: 1 }, $inc: { a: 1 } })(seed, {
      isInsert: true,
    });
    expect(result).toEqual({ _id: 7, a: 2, b: { c: 2 }, e: 4, s: 1 });
    expect(upsertSeed({ _id: 1, a: 2 }, 'replacement')).toEqual({ _id: 1 });
    expect(codeOf(() => upsertSeed({ $and: [{ a: 1 }, { a: 2 }] }))).toBe(54);
  });

  it('tells the kinds of update apart', () => {
    expect([{}, { a: 1 }, { $set: {} }, []].map(updateKind)).toEqual([
      'replacement',
      'replacement',
      'operators',
      'pipeline',
    ]);
  });

  test.each<[unknown, number]>([
    [{ $foo: { a: 1 } }, 9],
    [{ $set: 5 }, 9],
    [{ $set: { a: 1 }, b: 1 }, 9],
    [{ $set: { a: 1 }, $inc: { a: 1 } }, 40],
    [{ $set: { a: 1, 'a.b': 1 } }, 40],
    [{ $set: { '': 1 } }, 56],
    [{ $set: { 'a..b': 1 } }, 56],
    [{ $set: { 'a.$x': 1 } }, 52],
    [{ a: 1, $b: 1 }, 52],
    [{ $set: { 'a.$[x]': 1 } }, 2],
    [{ $inc: { a: 'x' } }, 14],
    [{ $pop: { a: 2 } }, 9],
    [{ $rename: { a: 'a' } }, 2],
    [{ $rename: { a: 1 } }, 2],
    [{ $rename: { a: 'a.b' } }, 2],
    [{ $rename: { 'a.b': 'a' } }, 2],
    [{ $push: { a: { $each: 1 } } }, 2],
    [{ $push: { a: { $each: [], $foo: 1 } } }, 2],
    [{ $bit: { a: { nand: 1 } } }, 2],
    [{ $pullAll: { a: 1 } }, 2],
    [{ $currentDate: { a: 'x' } }, 2],
    [[{ $match: {} }], 72],
    [[{ $unset: '$a' }], 16410],
    [[{ $unset: ['a', 'b.$c'] }], 16410],
    [[{ $unset: 'a.' }], 40353],
    [[{ $set: { a: { $foo: 1 } } }], 168],
    ['x', 9],
  ])('refuses %j with code %j', (update, code) => {
    expect(codeOf(() => compileUpdate(update))).toBe(code);
  });

  test.each<[unknown, Document, number]>([
    [{ $set: { _id: 2 } }, { _id: 1 }, 66],
    [{ _id: 2 }, { _id: 1 }, 66],
    [{ $unset: { _id: '' } }, { _id: 1 }, 66],
    [{ $rename: { _id: 'a' } }, { _id: 1 }, 66],
    [[{ $set: { _id: 2 } }], { _id: 1 }, 66],
    [{ $set: { 'a.b': 1 } }, { a: 5 }, 28],
    [{ $set: { 'a.b': 1 } }, { a: [1] }, 28],
    [{ $inc: { a: 1 } }, { a: 'x' }, 14],
    [{ $push: { a: 1 } }, { a: 5 }, 2],
    [{ $addToSet: { a: 1 } }, { a: 5 }, 2],
    [{ $pull: { a: 1 } }, { a: 5 }, 2],
    [{ $pop: { a: 1 } }, { a: 5 }, 14],
    [{ $set: { 'a.$[]': 1 } }, { a: 5 }, 2],
    [{ $set: { 'a.$[]': 1 } }, {}, 2],
    [{ $set: { 'a.9999999': 1 } }, { a: [] }, 2],
    [{ $bit: { a: { or: 1 } } }, { a: 1.5 }, 2],
  ])('refuses %j on %j with code %j', (update, document, code) => {
    expect(codeOf(() => apply(update, document))).toBe(code);
  });

  it('refuses array filters that are malformed or unused', () => {
    const set = { $set: { 'a.$[x]': 1 } };
    expect(codeOf(() => compileUpdate(set, { arrayFilters: [{ x: 1 }, { y: 1 }] }))).toBe(9);
    expect(codeOf(() => compileUpdate(set, { arrayFilters: [{ x: 1 }, { 'x.b': 1 }] }))).toBe(9);
    expect(codeOf(() => compileUpdate(set, { arrayFilters: [{ x: 1, y: 1 }] }))).toBe(9);
    expect(codeOf(() => compileUpdate({ a: 1 }, { arrayFilters: [{ x: 1 }] }))).toBe(9);
  });

  it('stores a field named __proto__ as a field', () => {
    const result = apply({ $set: { __proto__x: 1 } }, JSON.parse('{"__proto__": 1}') as Document);
    expect(Object.keys(result)).toEqual(['__proto__', '__proto__x']);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(errorOf(() => apply({ $set: { a: 1 } }, result))).toBeUndefined();
  });
});
