import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedTest, compileBounded } from '../../../src/embedded/query/bounded-regex.ts';

const ATOMS = ['a', 'b', '[ab]', '[^b]', '\\x61', '\\n', '\\b', '\\B', '^', '$', '(?:)', '\\u0063'];
const COUNTS = ['*', '+', '?', '{2}', '{1,3}', '{0,2}', '*?', '+?', '??', '{1,}', '{1,2}?'];
const LOOKS = ['(?=', '(?!', '(?<=', '(?<!'];

const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.constantFrom(...ATOMS),
    fc.tuple(tie('pattern'), tie('pattern')).map(([one, two]) => `${one}${two}`),
    fc.tuple(tie('pattern'), tie('pattern')).map(([one, two]) => `(?:${one}|${two})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom(...COUNTS))
      .map(([one, count]) => `(?:${one})${count}`),
    fc
      .tuple(fc.constantFrom(...LOOKS), fc.constantFrom('a', 'ab', '[^\\n]', 'a|bb'))
      .map(([look, one]) => `${look}${one})`),
    fc
      .tuple(fc.constantFrom('[ab]', 'a', '[^\\n]'), fc.constantFrom(...COUNTS))
      .map(([one, count]) => `(${one})${count}`),
  ),
}));
const texts = fc.array(fc.constantFrom('a', 'b', 'c', '\n', ' ', '😀'), { maxLength: 8 });

describe('the matcher that takes a bounded number of steps', () => {
  it('agrees with V8 about random patterns and texts', () => {
    fc.assert(
      fc.property(pattern, fc.constantFrom('', 'u'), texts, (source, flags, parts) => {
        const regex = new RegExp(source, flags);
        // V8 itself looks between the halves of a pair where it should not.
        const text = parts.join('').replaceAll(flags === 'u' ? '😀' : '', '');
        expect(compileBounded(regex).test(text)).toBe(regex.test(text));
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    [/(a+)\1$/, 'xaa', true],
    [/^(a+)\1$/, 'aaa', false],
    [/(?<one>a|b)\k<one>/, 'ab', false],
    [/(?<one>a|b)\k<one>/, 'abb', true],
    [/^(?=.*b)[a-z]{1,64}$/, 'aab', true],
    [/^[\u{1f600}-\u{1f64f}]{2,20}$/u, '😀😁', true],
    [/(?![^\n])[ab]*(?<!a)/u, '😀a', false],
    [/(?<=^[^\n])a{1,30}$/u, '😀a', true],
  ])('knows references, looks and counts: %s in %s', (regex, text, isFound) => {
    expect(compileBounded(regex).test(text)).toBe(isFound);
  });

  it.each([
    ['counts inside counts', /((a{0,1000}){0,1000}){0,100}b/, 'a'.repeat(40)],
    ['a loop in a loop beside a look', /(?=a)(a+)+$/, `${'a'.repeat(40)}!`],
    ['a loop in a loop beside a reference', /(a)(a+)+\1$/, `${'a'.repeat(40)}!`],
    ['forks without a loop', new RegExp(`^${'(?:a|a)'.repeat(40)}(?=b)`), 'a'.repeat(40)],
    ['many loops over a long text', /(?=a)[^]*[^]*[^]*[^]*b/, 'a'.repeat(1_000)],
    ['counts that need not fork', /(?:(?:a{1000}){1000}){1000}b/, 'a'.repeat(100_000)],
  ])('gives up: %s', (_title, regex, text) => {
    const startedAt = performance.now();
    expect(() => boundedTest(regex)(text)).toThrow('takes too many steps');
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it.each([
    ['what V8 finds too large', 'a?'.repeat(16_000)],
    ['groups in groups', `${'('.repeat(10_000)}(?=a)${')'.repeat(10_000)}`],
  ])('refuses %s', (_title, source) => {
    const test = (): boolean => boundedTest(new RegExp(source))('aaa');
    expect(test).toThrow('Regular expression is invalid');
  });
});
