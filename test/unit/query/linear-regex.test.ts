import { describe, expect, it } from 'vitest';
import { compileLinearRegex } from '../../../src/query/linear-regex.ts';

describe('compileLinearRegex', () => {
  it.each([
    ['^ab', '', 'abc', true],
    ['^ab', '', 'xab', false],
    ['AB', 'i', 'xaby', true],
    ['(?i)AB', '', 'xaby', true],
    ['\\Qa.c\\E$', '', 'xa.c', true],
    ['\\Qa.c\\E', '', 'abc', false],
    ['^\\QA+\\E', 'i', 'a+b', true],
    ['a.b', '', 'a\nb', false],
    ['a.b', 's', 'a\nb', true],
    ['a.b', '', 'a\rb', true],
    ['^b', '', 'a\nb', false],
    ['^b', 'm', 'a\nb', true],
    ['a$', '', 'a\n', true],
    ['a\\z', '', 'a\n', false],
    ['a b # note\nc', 'x', 'abc', true],
    ['[a b]', 'x', ' ', true],
    ['a\\sb', '', 'a\u00a0b', false],
    ['[A-Z]+\\d', 'i', 'abc1', true],
    ['\\bword\\b', '', 'a word here', true],
    ['', '', 'anything', true],
  ])('answers /%s/%s on %j as MongoDB does: %s', (pattern, options, text, expected) => {
    expect(compileLinearRegex(pattern, options).test(text)).toBe(expected);
  });

  it.each([
    ['(', ''],
    ['a', 'g'],
    ['(?=a)b', ''],
    ['(a)\\1', ''],
    ['[[:alpha:]]', ''],
    ['\\Kx', ''],
    ['a++', ''],
    ['x'.repeat(32_765), ''],
    ['a?'.repeat(16_000), ''],
  ])('refuses /%s/%s with 102', (pattern, options) => {
    expect(() => compileLinearRegex(pattern, options)).toThrow(
      expect.objectContaining({ parseCode: 102 }),
    );
  });

  it.each(['^(a+)+$', '(a|aa)+$', '(x+x+)+y'])(
    'answers /%s/ on hostile text at once, letter case or not',
    (pattern) => {
      const text = `${'a'.repeat(50_000)}${'x'.repeat(5_000)}!`;
      for (const options of ['', 'i']) {
        const start = performance.now();
        compileLinearRegex(pattern, options).test(text);
        expect(performance.now() - start).toBeLessThan(2_000);
      }
    },
  );
});
