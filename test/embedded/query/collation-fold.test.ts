import { describe, expect, test } from 'vitest';
import { collationFold } from '../../../src/embedded/query/collation-fold.ts';
import { collatorFor } from '../../../src/embedded/query/collation.ts';

/** What an index over folded texts and a comparison without an index each hold to be equal. */
function disagreements(
  strength: 1 | 2 | 3,
  pairs: Iterable<readonly [string, string]>,
): readonly string[] {
  const collation = { locale: 'en_US', strength };
  const fold = collationFold(collation);
  const collator = collatorFor(collation);
  const found: string[] = [];
  for (const [left, right] of pairs) {
    const isEqual = collator.compare(left, right) === 0;
    if (isEqual !== (fold(left) === fold(right))) found.push(`${left} ${right} equal: ${isEqual}`);
  }
  return found;
}

/** Every character with its other cases, its plain form and its decomposition. */
function* relatives(): Generator<readonly [string, string]> {
  for (let code = 0x80; code <= 0x1ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    const lower = character.toLowerCase();
    const upper = character.toUpperCase();
    const plain = character.normalize('NFKD');
    for (const other of new Set([lower, upper, upper.toLowerCase(), plain, plain.toLowerCase()])) {
      if (other !== character) yield [character, other];
    }
  }
}

const WORDS = [
  ['Straße', 'STRASSE'],
  ['STRAẞE', 'strasse'],
  ['Æsir', 'aesir'],
  ['œuvre', 'Oeuvre'],
  ['ΌΔΟΣ', 'όδος'],
  ['σ', 'ς'],
  ['ﬃ', 'FFI'],
  ['Ⅷ', 'viii'],
  ['Ａ１', 'a1'],
  ['か', 'カ'],
  ['ｶﾞ', 'ガ'],
  ['e\u0301', 'É'],
  ['a\u0308\u0323', 'a\u0323\u0308'],
  ['ab\u00ad', 'ab'],
  ['🅰', 'a'],
  ['เก', 'กเ'],
  ['ı', 'i'],
  ['ø', 'o'],
  ['ue', 'ü'],
  ['한', '하'],
] as const;

describe.each([1, 2, 3] as const)('folding under strength %i', (strength) => {
  test('agrees with comparing, for words', () => {
    expect(disagreements(strength, WORDS)).toEqual([]);
  });

  test('agrees with comparing, for every character and its relatives', () => {
    expect(disagreements(strength, relatives())).toEqual([]);
  });
});

test('folds case and keeps accents at strength 2', () => {
  const fold = collationFold({ locale: 'en_US', strength: 2 });
  expect(fold('ÜNAL STRAẞE')).toBe(fold('ünal straße'));
  expect(fold('ünal')).not.toBe(fold('unal'));
});
