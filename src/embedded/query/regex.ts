import { setFlagsFromString } from 'node:v8';
import { boundedTest } from './bounded-regex.ts';
import { translatePattern } from './translate-pattern.ts';
import { refuseAt } from './refuse.ts';

/**
 * Lets V8 leave its backtracking matcher for the linear one when a match backtracks too often, so that a
 * client's `(a+)+$` cannot hold the store. Process-wide; the worker calls it once before it serves.
 */
export function guardRegexes(): void {
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
  // So that a pattern can be asked whether the linear matcher takes it: otherwise `bounded-regex.ts` does.
  setFlagsFromString('--enable-experimental-regexp-engine');
}

const MAX_PATTERN = 32_764;
const MAX_REMEMBERED = 500;
const remembered = new Map<string, RegexFor>();

/** The expression to run over a text; one at a time, as it keeps its place. */
export type RegexFor = (text: string) => RegExp;

/**
 * Compiles a regular expression of MongoDB's (PCRE) into JavaScript's, with the options i, m, s, u and x.
 * `^(?i)\QA.b\E` becomes `/^[aA]\.[bB]/`. Case folding is written out, as V8's linear matcher has none.
 *
 * @throws StoreError 51091 for a pattern that is invalid or has no equivalent, 51108 for an unknown option.
 * @see https://www.mongodb.com/docs/manual/reference/operator/query/regex/
 */
export function compileRegex(pattern: string, options: string, extraFlags = ''): RegexFor {
  const key = `${extraFlags}/${options}/${pattern}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const wrong = /[^imsux]/.exec(options)?.[0];
  if (wrong !== undefined) refuseAt(51108, `invalid flag in regex options: ${wrong}`);
  if (pattern.length > MAX_PATTERN) refuseAt(51091, 'Regular expression is too long');
  if (pattern.includes('\0'))
    refuseAt(51091, 'Regular expression cannot contain an embedded null byte');
  const { source, sourceOfPairs, flags } = translatePattern(pattern, options);
  const plain = newRegex(source, flags + extraFlags);
  let ofPairs = source === sourceOfPairs ? plain : undefined;
  const regexFor: RegexFor = (text) => {
    const hasPairs = ofPairs !== plain && /[\ud800-\udfff]/.test(text);
    if (hasPairs) ofPairs ??= newRegex(sourceOfPairs, flags + extraFlags);
    const regex = hasPairs && ofPairs !== undefined ? ofPairs : plain;
    regex.lastIndex = 0;
    return regex;
  };
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(key, regexFor);
  return regexFor;
}

function newRegex(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refuseAt(51091, `Regular expression is invalid: ${reason}`);
  }
}

/**
 * A test of strings for a regular expression of MongoDB's. `$` also matches before a last line break, as in PCRE.
 * @throws StoreError 51091 as `compileRegex`, and when a text takes too many steps.
 */
export function compileRegexTest(pattern: string, options: string): (text: string) => boolean {
  const regexFor = compileRegex(pattern, options);
  const beforeBreak = !options.includes('m') && pattern.includes('$');
  const tests = new Map<RegExp, (text: string) => boolean>();
  const isFound = (text: string): boolean => {
    const regex = regexFor(text);
    const test = tests.get(regex) ?? boundedTest(regex);
    tests.set(regex, test);
    return test(text);
  };
  return (text) =>
    isFound(text) || (beforeBreak && text.endsWith('\n') && isFound(text.slice(0, -1)));
}
