import { setFlagsFromString } from 'node:v8';
import { GatewayError } from '../parse/errors.ts';

// V8 leaves its backtracking engine for its linear one when a match backtracks too much. Without the second flag `l` is no flag.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
setFlagsFromString('--enable-experimental-regexp-engine');

/** A pattern that can be tested without ever taking more than time linear in the text. */
export interface LinearRegex {
  test(text: string): boolean;
}

/** MongoDB's limit. @see https://www.mongodb.com/docs/manual/reference/operator/query/regex/ */
const MAX_PATTERN = 32_764;

/**
 * A pattern of MongoDB's regular expressions → one that is safe to run on every change.
 *
 * Options as MongoDB has them: `i` letter case, `m` lines, `s` dot takes line ends, `x` blanks and comments are ignored, `u` nothing.
 * `\Q…\E` is literal text.
 * @throws GatewayError 102 for a pattern that is none or too long, or that needs looking around or back, which takes more than linear time.
 * @see https://www.mongodb.com/docs/manual/reference/operator/query/regex/
 */
export function compileLinearRegex(pattern: string, options: string): LinearRegex {
  if (pattern.length > MAX_PATTERN) {
    throw new GatewayError('InvalidQuery', `A pattern may have ${MAX_PATTERN} characters.`);
  }
  if (!/^[imxsu]*$/.test(options)) {
    throw new GatewayError('InvalidQuery', `Bad $options value for query: ${options}`);
  }
  const inline = /^\(\?([imsx]+)\)/.exec(pattern);
  const letters = new Set(Array.from(`${options}${inline?.[1] ?? ''}`));
  const source = translate(pattern.slice(inline?.[0].length ?? 0), letters);
  const isFolded = letters.has('i');
  const flags = letters.has('m') ? 'm' : '';
  const regex = compile(isFolded ? foldCase(source) : source, flags);
  return { test: (text) => regex.test(isFolded ? text.toLowerCase() : text) };
}

/** The linear engine takes no `i`: pattern and text are brought to lower case instead, but what is escaped. */
function foldCase(source: string): string {
  if (/\\[xucpP]/.test(source)) {
    throw new GatewayError('InvalidQuery', 'This pattern cannot ignore letter case here.');
  }
  return source.replace(/\\.|[^\\]+/gs, (part) =>
    part.startsWith('\\') ? part : part.toLowerCase(),
  );
}

function compile(source: string, flags: string): RegExp {
  let regex: RegExp;
  try {
    regex = new RegExp(source, flags);
    // V8 notices that a pattern is too large only when it is first used, and compiles it twice: for Latin-1 and for all else.
    regex.test('');
    regex.test('\u0100');
  } catch (error) {
    throw new GatewayError('InvalidQuery', 'This is not a regular expression.', { cause: error });
  }
  try {
    // Only proves that the linear engine can take over; the usual one is faster as long as it is fast.
    new RegExp(source, `${flags}l`);
  } catch (error) {
    throw new GatewayError(
      'InvalidQuery',
      'Patterns that look around or back are not possible here.',
      { cause: error },
    );
  }
  return regex;
}

/** Blanks as MongoDB has them; JavaScript's `\s` takes more. */
const BLANKS = ' \\t\\n\\v\\f\\r';

/** What MongoDB writes with a backslash and a letter, outside and inside of a character class. */
const ESCAPES: ReadonlyMap<string, readonly [outside: string, inside: string]> = new Map([
  ['A', ['^', 'A']],
  ['z', ['$', 'z']],
  ['Z', ['(?:\\n?$)', 'Z']],
  ['h', ['[ \\t]', ' \\t']],
  ['s', [`[${BLANKS}]`, BLANKS]],
  ['S', [`[^${BLANKS}]`, '\\S']],
  ['e', ['\\x1b', '\\x1b']],
  ['a', ['\\x07', '\\x07']],
  ['E', ['', '']],
]);

/** Escapes that mean the same in both languages. */
const SHARED_ESCAPE = /[dDwWbBnrtfvxc0-9]/;

interface Piece {
  readonly length: number;
  readonly text: string;
}

/** Where MongoDB's syntax differs from JavaScript's: quoted text, line ends, absolute ends, and blanks under `x`. */
function translate(pattern: string, letters: ReadonlySet<string>): string {
  const parts: string[] = [];
  let isInClass = false;
  for (let at = 0; at < pattern.length;) {
    const character = pattern.charAt(at);
    if (isInClass && pattern.startsWith('[:', at)) throw notHere('[:');
    const { length, text } =
      character === '\\'
        ? translateEscape(pattern, at, isInClass)
        : isInClass
          ? { length: 1, text: character }
          : translatePlain(pattern, at, letters);
    if (character === '[') isInClass = true;
    else if (character === ']') isInClass = false;
    parts.push(text);
    at += length;
  }
  return parts.join('');
}

function translatePlain(pattern: string, at: number, letters: ReadonlySet<string>): Piece {
  const character = pattern.charAt(at);
  if (letters.has('x') && /\s/.test(character)) return { length: 1, text: '' };
  if (letters.has('x') && character === '#') {
    const end = pattern.indexOf('\n', at);
    return { length: (end < 0 ? pattern.length : end + 1) - at, text: '' };
  }
  if (character === '.') return { length: 1, text: letters.has('s') ? '[^]' : '[^\\n]' };
  // Without `m`, the end is also just before a last line end.
  if (character === '$' && !letters.has('m')) return { length: 1, text: '(?:\\n?$)' };
  return { length: 1, text: character };
}

function translateEscape(pattern: string, at: number, isInClass: boolean): Piece {
  const escaped = pattern.charAt(at + 1);
  if (escaped === 'Q') {
    const end = pattern.indexOf('\\E', at + 2);
    const quoted = pattern.slice(at + 2, end < 0 ? undefined : end);
    const length = (end < 0 ? pattern.length : end + 2) - at;
    return { length, text: quoted.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&') };
  }
  const [outside, inside] = ESCAPES.get(escaped) ?? [];
  const text = isInClass ? inside : outside;
  if (text !== undefined) return { length: 2, text };
  if (/[A-Za-z0-9]/.test(escaped) && !SHARED_ESCAPE.test(escaped)) throw notHere(`\\${escaped}`);
  return { length: 2, text: `\\${escaped}` };
}

function notHere(syntax: string): GatewayError {
  return new GatewayError('InvalidQuery', `${syntax} is not possible in a pattern here.`);
}
