import { describe, expect, it, test } from 'vitest';
import type { Document } from '../../../src/embedded/engine/engine.ts';
import { compileProjection } from '../../../src/embedded/query/apply-projection.ts';
import { codeOf } from './store-error-of.ts';

const BOOK = {
  _id: 1,
  title: 'T',
  author: { name: 'N', born: 1900 },
  tags: [{ k: 1, v: 2 }, 5, { k: 3 }],
  list: [1, 2, 3, 4],
};

describe('compileProjection', () => {
  test.each<[Document, Document]>([
    [{}, BOOK],
    [{ title: 1 }, { _id: 1, title: 'T' }],
    [{ title: true, _id: 0 }, { title: 'T' }],
    [{ _id: 1 }, { _id: 1 }],
    [
      { tags: 0, author: 0, list: 0 },
      { _id: 1, title: 'T' },
    ],
    [{ _id: 0, tags: 0, author: 0, list: 0 }, { title: 'T' }],
    [{ 'author.name': 1 }, { _id: 1, author: { name: 'N' } }],
    [{ author: { name: 1 } }, { _id: 1, author: { name: 'N' } }],
    [{ 'tags.k': 1 }, { _id: 1, tags: [{ k: 1 }, { k: 3 }] }],
    [
      { 'tags.k': 0, author: 0, list: 0 },
      { _id: 1, title: 'T', tags: [{ v: 2 }, 5, {}] },
    ],
    [{ missing: 1 }, { _id: 1 }],
    [
      { list: { $slice: 2 }, author: 0, tags: 0 },
      { _id: 1, title: 'T', list: [1, 2] },
    ],
    [
      { list: { $slice: -1 }, title: 1 },
      { _id: 1, title: 'T', list: [4] },
    ],
    [
      { list: { $slice: [1, 2] }, title: 1 },
      { _id: 1, title: 'T', list: [2, 3] },
    ],
    [
      { list: { $slice: [-3, 1] }, title: 1 },
      { _id: 1, title: 'T', list: [2] },
    ],
    [{ tags: { $elemMatch: { k: { $gt: 1 } } } }, { _id: 1, tags: [{ k: 3 }] }],
    [{ list: { $elemMatch: { $gt: 9 } } }, { _id: 1 }],
    [
      { list: { $elemMatch: { $gt: 2 } }, tags: 0, author: 0 },
      { _id: 1, title: 'T', list: [3] },
    ],
    [
      { list: { $elemMatch: { $gt: 9 } }, tags: 0, author: 0 },
      { _id: 1, title: 'T' },
    ],
    [
      { list: { $slice: [0, 1.5] }, title: 1 },
      { _id: 1, title: 'T', list: [1] },
    ],
    [
      { list: { $slice: Number.NaN }, title: 1 },
      { _id: 1, title: 'T', list: [] },
    ],
    [{ n: '$author.name' }, { _id: 1, n: 'N' }],
    [
      { n: { $size: '$list' }, title: 1 },
      { _id: 1, title: 'T', n: 4 },
    ],
    [{ n: { $literal: 1 } }, { _id: 1, n: 1 }],
    [{ title: 'x' }, { _id: 1, title: 'x' }],
    [{ 'author.age': { $subtract: [2000, '$author.born'] } }, { _id: 1, author: { age: 100 } }],
  ])('%j', (projection, result) => {
    expect(compileProjection(projection)(BOOK)).toEqual(result);
  });

  it('keeps the order of the document, with _id first', () => {
    const result = compileProjection({ b: 1, a: 1 })({ a: 1, b: 2, _id: 3 });
    expect(Object.keys(result)).toEqual(['_id', 'a', 'b']);
  });

  it('gives the element the filter matched for the positional operator', () => {
    const project = (projection: Document, filter: Document) =>
      compileProjection(projection, { filter })(BOOK);
    expect(project({ 'list.$': 1 }, { list: { $gt: 2 } })).toEqual({ _id: 1, list: [3] });
    expect(project({ 'tags.$': 1 }, { 'tags.k': 3 })).toEqual({ _id: 1, tags: [{ k: 3 }] });
    expect(project({ 'tags.$': 1 }, { tags: { $elemMatch: { k: 3 } }, title: 'T' })).toEqual({
      _id: 1,
      tags: [{ k: 3 }],
    });
    expect(codeOf(() => project({ 'list.$': 1 }, { title: 'T' }))).toBe(51246);
  });

  it('does not change the document', () => {
    const document = structuredClone(BOOK);
    compileProjection({ 'author.name': 0, list: { $slice: 1 } })(document);
    expect(document).toEqual(BOOK);
  });

  test.each<[Document, number]>([
    [{ a: 1, b: 0 }, 31254],
    [{ a: 0, b: 1 }, 31253],
    [{ a: 1, 'a.b': 1 }, 31249],
    [{ 'a.b': 1, a: 1 }, 31250],
    [{ 'a.$': 1, 'b.$': 1 }, 31276],
    [{ 'a.$.b': 1 }, 31394],
    [{ a: {} }, 51270],
    [{ 'a.$': 0 }, 31395],
    [{ 'a.$': false }, 31395],
    [{ 'a.$': 'x' }, 31308],
    [{ 'a.$': null }, 31308],
    [{ 'a.$': { $slice: 1 } }, 31271],
    [{ _id: { $add: [1] }, b: 0 }, 31254],
    [{ b: 0, _id: { $add: [1] } }, 31252],
    [{ b: 0, a: { $add: [1] } }, 31252],
    [{ b: 0, a: '$c' }, 31310],
    [{ a: { $foo: 1 } }, 31325],
    [{ a: { $add: [{ $foo: 1 }] } }, 168],
    [{ a: { $add: 1, $sum: 1 } }, 31325],
    [{ $a: 1 }, 16410],
    [{ a: { $elemMatch: 5 } }, 31274],
    [{ 'a.b': { $elemMatch: {} } }, 31275],
  ])('refuses %j with code %j', (projection, code) => {
    expect(codeOf(() => compileProjection(projection))).toBe(code);
  });
});
