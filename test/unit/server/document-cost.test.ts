import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { countOverlaps, measureDocument } from '../../../src/server/limits/document-cost.ts';

describe('measureDocument', () => {
  it.each([
    ['{ a { b { c } } d }', { depth: 3, fields: 4 }],
    ['{ ...F ... on Query { x } } fragment F on Query { a { b } }', { depth: 2, fields: 3 }],
    ['query A { a } query B { a { b } }', { depth: 2, fields: 2 }],
    ['{ ...F ...F } fragment F on Query { a b }', { depth: 1, fields: 4 }],
    ['{ a { ...F } } fragment F on T { b { ...F } }', { depth: 2, fields: 2 }],
    ['{ ...Missing }', { depth: 0, fields: 0 }],
  ])('%s', (document, cost) => {
    expect(measureDocument(parse(document))).toEqual(cost);
  });

  it('measures fragments that double a thousand times in an instant', () => {
    const spreads = Array.from(
      { length: 1_000 },
      (_, at) => `fragment F${at} on Q { ...F${at + 1} ...F${at + 1} }`,
    );
    const document = parse(`{ ...F0 } ${spreads.join(' ')} fragment F1000 on Q { a }`);
    expect(measureDocument(document).fields).toBe(2 ** 1_000);
  });
});

describe('countOverlaps', () => {
  it.each([
    ['{ a b c }', 0],
    ['{ a a a }', 3],
    ['{ x: a x: b }', 1],
    ['{ a { b } a { b } }', 2],
    ['{ a { b b } ...F } fragment F on Q { a { b } }', 4],
  ])('%s', (document, pairs) => {
    expect(countOverlaps(parse(document))).toBe(pairs);
  });
});
