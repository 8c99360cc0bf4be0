import { describe, expect, it, test } from 'vitest';
import type { Document, IndexSpec } from '../../../src/embedded/engine/engine.ts';
import { compileTextQuery } from '../../../src/embedded/text/compile-text-query.ts';
import { stem } from '../../../src/embedded/text/english-stemmer.ts';
import { textTerms } from '../../../src/embedded/text/text-fields.ts';
import { tokensOf } from '../../../src/embedded/text/text-tokens.ts';
import { codeOf } from '../query/store-error-of.ts';

function textIndex(weights: Record<string, number>, defaultLanguage = 'english'): IndexSpec {
  return {
    name: 'text',
    key: Object.keys(weights).map((path) => [path, 'text'] as const),
    unique: false,
    sparse: false,
    hidden: false,
    weights,
    defaultLanguage,
    given: {},
  };
}

const INDEX = textIndex({ subject: 1 });
const SUBJECTS = [
  'coffee',
  'Coffee Shopping',
  'Baking a cake',
  'baking',
  'Café Con Leche',
  'Сырники',
  'coffee and cream',
  'Cafe con Leche',
];

function found(operand: Document, index = INDEX): string[] {
  const score = compileTextQuery(operand, index);
  return SUBJECTS.filter((subject) => score({ subject }) !== undefined);
}

describe('$text', () => {
  test.each<[Document, string[]]>([
    [{ $search: 'coffee' }, ['coffee', 'Coffee Shopping', 'coffee and cream']],
    [
      { $search: 'bake coffee cake' },
      ['coffee', 'Coffee Shopping', 'Baking a cake', 'baking', 'coffee and cream'],
    ],
    [{ $search: '"coffee shop"' }, ['Coffee Shopping']],
    [{ $search: 'coffee -shop' }, ['coffee', 'coffee and cream']],
    [{ $search: 'CAFÉ' }, ['Café Con Leche', 'Cafe con Leche']],
    [{ $search: 'сырники' }, ['Сырники']],
    [{ $search: 'Coffee', $caseSensitive: true }, ['Coffee Shopping']],
    [{ $search: 'CAFÉ', $diacriticSensitive: true }, ['Café Con Leche']],
    [{ $search: 'the and a' }, []],
    [{ $search: '' }, []],
    [{ $search: '-coffee' }, []],
    [{ $search: '"coffee and" cake' }, ['coffee and cream']],
  ])('%j', (operand, subjects) => {
    expect(found(operand)).toEqual(subjects);
  });

  it('ranks more of the words, shorter texts and heavier fields higher', () => {
    const score = compileTextQuery({ $search: 'red fox' }, textIndex({ title: 10, body: 1 }));
    const of = (document: Document) => score(document) ?? 0;
    expect(of({ body: 'red fox' })).toBeGreaterThan(of({ body: 'red' }));
    expect(of({ body: 'red' })).toBeGreaterThan(of({ body: 'red house with many windows' }));
    expect(of({ title: 'red' })).toBe(10 * of({ body: 'red' }));
    expect(of({ body: 'red' })).toBe(1);
    expect(of({ body: 'red house' })).toBe(0.75);
  });

  it('keeps words whole without a language', () => {
    const index = textIndex({ subject: 1 }, 'none');
    expect(found({ $search: 'bake' }, index)).toEqual([]);
    expect(found({ $search: 'a' }, index)).toEqual(['Baking a cake']);
  });

  it('gives every matching document one of the terms of the query', () => {
    expect(textTerms({ subject: 'The Running Foxes' }, INDEX)).toEqual(['run', 'fox']);
    expect(textTerms({ deep: { list: ['one', { x: 'Two' }] } }, textIndex({ '$**': 1 }))).toEqual([
      'one',
      'two',
    ]);
    expect(textTerms({ list: [{ t: 'x1' }, { t: 'x2' }] }, textIndex({ 'list.t': 1 }))).toEqual([
      'x1',
      'x2',
    ]);
    expect(textTerms({ subject: 5 }, INDEX)).toEqual([]);
  });

  test.each<[unknown]>([
    [5],
    [{}],
    [{ $search: 1 }],
    [{ $search: 'x', $language: 'klingon' }],
    [{ $search: 'x', $foo: 1 }],
    [{ $search: 'x', $caseSensitive: 1 }],
  ])('refuses %j', (operand) => {
    expect(codeOf(() => compileTextQuery(operand, INDEX))).toBe(2);
  });
});

test.each([
  ['running', 'run'],
  ['caresses', 'caress'],
  ['ponies', 'poni'],
  ['agreed', 'agre'],
  ['hopping', 'hop'],
  ['hoping', 'hope'],
  ['relational', 'relat'],
  ['happily', 'happili'],
  ['generously', 'generous'],
  ['cities', 'citi'],
  ['city', 'citi'],
  ['dying', 'die'],
  ['coffee', 'coffe'],
])('%s has the stem %s', (word, expected) => {
  expect(stem(word)).toBe(expected);
});

test.each([
  ['one letter', 'a'.repeat(200_000)],
  ['apostrophes inside a word', `x${"'".repeat(200_000)}x`],
])('words of 200,000 characters cost time in proportion: %s', (_title, text) => {
  const startedAt = performance.now();
  expect([...tokensOf(text, 'english')]).toHaveLength(1);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
