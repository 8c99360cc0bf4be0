import { casesOf } from './cases-of.ts';
import type { CharacterSet } from './character-set.ts';
import { quoted, quotedCases, readCode, readProperty, unsupported } from './pattern-characters.ts';
import type { PatternReader } from './pattern-reader.ts';
import { refuseAt } from './refuse.ts';

/** Bodies of sets by the letter of their escape. The capital letter is the set of all other characters. */
export const SET_BODIES = {
  d: '0-9',
  w: '\\w',
  s: ' \\t-\\r',
  h: ' \\t\\u00a0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000',
  v: '\\n-\\r\\u0085\\u2028\\u2029',
} as const;

const POSIX: ReadonlyMap<string, string> = new Map([
  ['alpha', 'a-zA-Z'],
  ['digit', '0-9'],
  ['alnum', 'a-zA-Z0-9'],
  ['upper', 'A-Z'],
  ['lower', 'a-z'],
  ['space', SET_BODIES.s],
  ['blank', ' \\t'],
  ['punct', '!-\\/:-@\\[-`\\{-~'],
  ['word', '\\w'],
  ['xdigit', '0-9a-fA-F'],
  ['cntrl', '\\x00-\\x1f\\x7f'],
  ['print', '\\x20-\\x7e'],
  ['graph', '\\x21-\\x7e'],
]);

/** Escapes that stand for several characters. */
const SETS: ReadonlyMap<string, string> = new Map(Object.entries(SET_BODIES));

const BEYOND = '\\ud7ff\\ue000-\\uffff';

/** Escapes that stand for all characters but some, those above U+FFFF among them. */
const OPEN_SETS: ReadonlyMap<string, string> = new Map([
  ['D', `\\x00-\\x2f\\x3a-${BEYOND}`],
  ['W', `\\x00-\\x2f\\x3a-\\x40\\x5b-\\x5e\\x60\\x7b-${BEYOND}`],
  ['S', `\\x00-\\x08\\x0e-\\x1f\\x21-${BEYOND}`],
]);

/** Escapes that stand for one character here and, but for `b`, elsewhere. */
export const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['a', 0x07],
  ['b', 0x08],
  ['e', 0x1b],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
]);

/**
 * Reads a class up to its `]`; the `[` was read. Where case does not matter, all cases are written out.
 * @throws StoreError 51091 for a class that does not end, a range that runs backwards, and what has no equivalent.
 */
export function readClass(reader: PatternReader, isCaseless: boolean): CharacterSet {
  const isNegated = reader.peek() === '^';
  if (isNegated) reader.skip(1);
  const items: ClassItem[] = [];
  while (reader.peek() !== ']' || items.length === 0) {
    if (reader.isAtEnd) {
      refuseAt(51091, 'Regular expression is invalid: missing terminating ] for character class');
    }
    const span = reader.rest(2);
    if (span === '\\Q' || span === '\\E') items.push(...readQuoted(reader, isCaseless));
    else items.push(readItem(reader, isCaseless));
  }
  reader.skip(1);
  const body = items.map((item) => item.body).join('');
  return { body, isNegated, isOpen: items.some(({ isOpen }) => isOpen === true) };
}

interface ClassItem {
  readonly body: string;
  readonly isOpen?: true;
}

/** `\Q…\E`, in which a hyphen is one; a lone `\E` is nothing. */
function readQuoted(reader: PatternReader, isCaseless: boolean): readonly ClassItem[] {
  const items: ClassItem[] = [];
  if (reader.rest(2) === '\\Q') {
    reader.skip(2);
    while (!reader.isAtEnd && reader.rest(2) !== '\\E') {
      items.push({ body: quotedCases(reader.next().codePointAt(0) ?? 0, isCaseless) });
    }
  }
  reader.skip(2);
  return items;
}

function readItem(reader: PatternReader, isCaseless: boolean): ClassItem {
  const posix = /^\[:(\^?)(\w+):\]/.exec(reader.rest(24));
  if (posix !== null) {
    const [all, negation, name = ''] = posix;
    const body = POSIX.get(name);
    if (body === undefined || negation === '^') return unsupported(all);
    reader.skip(all.length);
    const isFolded = isCaseless && (name === 'upper' || name === 'lower');
    return { body: isFolded ? 'a-zA-Z' : body };
  }
  const low = readMember(reader);
  if (typeof low !== 'number') return low;
  const isRange = reader.peek() === '-' && reader.peek(1) !== ']' && reader.peek(1) !== '';
  if (!isRange) return { body: quotedCases(low, isCaseless) };
  reader.skip(1);
  const high = readMember(reader);
  // A hyphen before a set is one.
  if (typeof high !== 'number') {
    return { ...high, body: `${quotedCases(low, isCaseless)}\\-${high.body}` };
  }
  if (high < low) {
    refuseAt(51091, 'Regular expression is invalid: range out of order in character class');
  }
  return { body: rangeOf(low, high, isCaseless) };
}

function rangeOf(low: number, high: number, isCaseless: boolean): string {
  const plain = `${quoted(low)}-${quoted(high)}`;
  if (!isCaseless) return plain;
  if (high - low > 0x3000) return unsupported('a wide range without regard to case');
  const folded = new Set<number>();
  for (let code = low; code <= high; code++) {
    for (const other of casesOf(code)) if (other < low || other > high) folded.add(other);
  }
  return plain + [...folded].map(quoted).join('');
}

/** A character, or an escape that stands for several. */
function readMember(reader: PatternReader): number | ClassItem {
  const char = reader.next();
  if (char !== '\\') return char.codePointAt(0) ?? 0;
  const escaped = reader.next();
  if (escaped === 'p' || escaped === 'P') return { body: readProperty(escaped, reader) };
  const open = OPEN_SETS.get(escaped);
  if (open !== undefined) return { body: open, isOpen: true };
  const body = SETS.get(escaped);
  if (body !== undefined) return { body };
  const control = CONTROLS.get(escaped);
  if (control !== undefined) return control;
  if (/[1-7]/.test(escaped)) {
    const octal = escaped + (/^[0-7]{0,2}/.exec(reader.rest(2))?.[0] ?? '');
    reader.skip(octal.length - 1);
    return Number.parseInt(octal, 8);
  }
  return readCode(escaped, reader);
}
