import { CaptureGroups, type GroupKind } from './capture-groups.ts';
import { casesOf } from './cases-of.ts';
import { spellSet, type CharacterSet, type Spelling } from './character-set.ts';
import { quoted, quotedCases, readCode, readProperty, unsupported } from './pattern-characters.ts';
import { CONTROLS, readClass, SET_BODIES } from './pattern-class.ts';
import { PatternReader } from './pattern-reader.ts';
import { refuseAt } from './refuse.ts';

interface Modes {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
}

const ANYTHING: CharacterSet = { body: '', isOpen: false, isNegated: true };
const NO_BREAK: CharacterSet = { body: '\\n', isOpen: false, isNegated: true };

/** Escapes that stand for a set, or for all characters but those of one. */
const SETS: ReadonlyMap<string, CharacterSet> = new Map([
  ...Object.entries(SET_BODIES).flatMap(([letter, body]): [string, CharacterSet][] => [
    [letter, { body, isOpen: false, isNegated: false }],
    [letter.toUpperCase(), { body, isOpen: false, isNegated: true }],
  ]),
  ['N', NO_BREAK],
]);

/** Escapes for places, and for a line break of any kind. */
const PLACES: ReadonlyMap<string, string> = new Map([
  ['R', '(?:\\r\\n|[\\n-\\r\\u0085\\u2028\\u2029])'],
  ['b', '\\b'],
  ['B', '\\B'],
  ['A', '(?<![\\s\\S])'],
  ['z', '(?![\\s\\S])'],
  ['Z', '(?=\\n?(?![\\s\\S]))'],
]);

/** The beginning of a line: of the text, or after a line break that does not end it. */
const LINE_START = '(?:(?<![\\s\\S])|(?<=\\n)(?=[\\s\\S]))';

/** Reads a PCRE pattern once, left to right, and writes JavaScript's spelling of it. */
class Translator {
  readonly #reader: PatternReader;
  readonly #spelling: Spelling;
  readonly #groups = new CaptureGroups();
  readonly #outer: Modes[] = [];
  readonly #out: string[] = [];
  #modes: Modes;

  constructor(pattern: string, modes: Modes, spelling: Spelling) {
    this.#reader = new PatternReader(pattern);
    this.#modes = modes;
    this.#spelling = spelling;
  }

  translate(): string {
    while (!this.#reader.isAtEnd) this.#step();
    if (this.#outer.length > 0) {
      refuseAt(51091, 'Regular expression is invalid: missing closing parenthesis');
    }
    return this.#out.join('');
  }

  /** Writes what is no group and may be repeated. */
  #element(text: string): void {
    this.#out.push(text);
    this.#groups.passElement();
  }

  #literal(code: number): void {
    const isOne = !this.#modes.i || casesOf(code).length === 1;
    this.#element(isOne ? quoted(code) : `[${quotedCases(code, true)}]`);
  }

  #step(): void {
    const char = this.#reader.next();
    switch (char) {
      case '\\':
        this.#escape();
        return;
      case '[':
        this.#element(spellSet(readClass(this.#reader, this.#modes.i), this.#spelling));
        return;
      case '(':
        this.#open();
        return;
      case ')':
        this.#close();
        return;
      case '.':
        this.#element(spellSet(this.#modes.s ? ANYTHING : NO_BREAK, this.#spelling));
        return;
      case '^':
        this.#element(this.#modes.m ? LINE_START : '^');
        return;
      case '$':
        this.#element(this.#modes.m ? '(?![^\\n])' : '$');
        return;
      case '*':
      case '+':
      case '?':
        this.#quantifier(char);
        return;
      case '{':
        this.#brace();
        return;
      case '|':
        this.#groups.beginBranch();
        this.#element('|');
        return;
      default:
        this.#other(char);
    }
  }

  #other(char: string): void {
    if (this.#modes.x && /[\t-\r ]/.test(char)) return;
    if (this.#modes.x && char === '#') {
      while (!this.#reader.isAtEnd && this.#reader.next() !== '\n');
      return;
    }
    this.#literal(char.codePointAt(0) ?? 0);
  }

  #quantifier(text: string): void {
    if (this.#reader.peek() === '+') unsupported('a possessive quantifier');
    if (/^(?:[*?]|\{0+[,}])/.test(text)) this.#groups.makeLastOptional();
    const lazy = this.#reader.peek() === '?' ? this.#reader.next() : '';
    this.#out.push(text + lazy);
  }

  #brace(): void {
    const counted = /^(\d+(?:,\d*)?)\}/.exec(this.#reader.rest(24));
    if (counted === null) {
      this.#literal(0x7b);
      return;
    }
    this.#reader.skip(counted[0].length);
    this.#quantifier(`{${counted[0]}`);
  }

  #open(): void {
    if (this.#reader.peek() !== '?') {
      if (this.#reader.peek() === '*') unsupported('a backtracking verb');
      this.#begin('(', { isCapturing: true });
      return;
    }
    this.#reader.skip(1);
    const rest = this.#reader.rest(80);
    if (rest.startsWith('#')) {
      this.#comment();
      return;
    }
    const named = /^(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/.exec(rest);
    if (named !== null) {
      const name = named[1] ?? named[2] ?? '';
      this.#reader.skip(named[0].length);
      this.#begin(`(?<${name}>`, { isCapturing: true, name });
      return;
    }
    const plain = /^(?::|=|!|<=|<!)/.exec(rest)?.[0];
    if (plain !== undefined) {
      this.#reader.skip(plain.length);
      this.#begin(`(?${plain}`, {
        isCapturing: false,
        isNegative: plain.endsWith('!'),
        isBehind: plain.startsWith('<'),
      });
      return;
    }
    this.#inlineModes(rest);
  }

  #comment(): void {
    while (!this.#reader.isAtEnd) if (this.#reader.next() === ')') return;
    refuseAt(51091, 'Regular expression is invalid: missing ) after (?# comment');
  }

  #inlineModes(rest: string): void {
    const modes = /^(\^?[imsxn]*)(?:-([imsx]*))?([:)])/.exec(rest);
    if (modes === null) unsupported(`the group (?${rest.slice(0, 2)}`);
    const [all = '', on = '', off = '', end] = modes;
    if (on.includes('n') || on.includes('^')) unsupported(`the group (?${on}`);
    this.#reader.skip(all.length);
    if (end === ':') this.#begin('(?:', { isCapturing: false });
    const flag = (name: keyof Modes): boolean =>
      on.includes(name) || (this.#modes[name] && !off.includes(name));
    this.#modes = { i: flag('i'), m: flag('m'), s: flag('s'), x: flag('x') };
  }

  #begin(text: string, kind: GroupKind): void {
    this.#out.push(text);
    this.#outer.push(this.#modes);
    this.#groups.begin(kind);
  }

  #close(): void {
    const outer = this.#outer.pop();
    if (outer === undefined) {
      return refuseAt(51091, 'Regular expression is invalid: unmatched closing parenthesis');
    }
    this.#modes = outer;
    this.#out.push(')');
    this.#groups.end();
  }

  #escape(): void {
    const reader = this.#reader;
    if (reader.isAtEnd) refuseAt(51091, 'Regular expression is invalid: \\ at end of pattern');
    const char = reader.next();
    if (char === 'Q') this.#quotedSpan();
    else if (/[1-9]/.test(char)) this.#numberedReference(char);
    else if (char === 'k') this.#namedReference();
    else if (char !== 'E') {
      const spelled = this.#spelledEscape(char);
      if (spelled === undefined) this.#literal(readCode(char, reader));
      else this.#element(spelled);
    }
  }

  /** What an escape stands for other than one character whose case may not matter. */
  #spelledEscape(char: string): string | undefined {
    const set = SETS.get(char);
    if (set !== undefined) return spellSet(set, this.#spelling);
    if (char === 'p' || char === 'P') return readProperty(char, this.#reader);
    const control = char === 'b' ? undefined : CONTROLS.get(char);
    return control === undefined ? PLACES.get(char) : quoted(control);
  }

  #numberedReference(first: string): void {
    const digits = first + (/^\d*/.exec(this.#reader.rest(2))?.[0] ?? '');
    this.#reader.skip(digits.length - 1);
    this.#reference(Number(digits), `\\${digits}`);
  }

  #namedReference(): void {
    const named = /^[<{']([A-Za-z_]\w*)[>}']/.exec(this.#reader.rest(80));
    const number = this.#groups.numberOf(named?.[1] ?? '');
    if (named === null || number === undefined) return unsupported('\\k');
    this.#reader.skip(named[0].length);
    this.#reference(number, `\\k<${named[1] ?? ''}>`);
  }

  #reference(number: number, spelled: string): void {
    if (!this.#groups.isSure(number)) unsupported(`${spelled} to a group that may be unset`);
    if (this.#modes.i) unsupported(`${spelled} without regard to case`);
    // A group of its own keeps a digit that follows apart.
    this.#element(`(?:\\${number})`);
  }

  #quotedSpan(): void {
    while (!this.#reader.isAtEnd) {
      if (this.#reader.rest(2) === '\\E') {
        this.#reader.skip(2);
        return;
      }
      this.#literal(this.#reader.next().codePointAt(0) ?? 0);
    }
  }
}

/** A pattern in JavaScript. */
export interface TranslatedPattern {
  readonly flags: '' | 'u';
  /** For texts without characters above U+FFFF. */
  readonly source: string;
  /** For any text. */
  readonly sourceOfPairs: string;
}

/**
 * Spells a PCRE pattern in JavaScript: `\Q..\E`, inline modes such as `(?i)`, the x option, POSIX classes,
 * named groups and PCRE's escapes. What has no equivalent is refused.
 *
 * The u flag is set only where needed (characters above U+FFFF, `\p{..}`), as V8's linear matcher lacks it: without it, sets
 * that hold such characters are written out for texts that have some.
 *
 * @throws StoreError 51091.
 */
export function translatePattern(pattern: string, options: string): TranslatedPattern {
  const has = (option: string): boolean => options.includes(option);
  const modes = { i: has('i'), m: has('m'), s: has('s'), x: has('x') };
  const spelled = (spelling: Spelling) => new Translator(pattern, modes, spelling).translate();
  const source = spelled('units');
  if (/\\u\{|\\[pP]\{/.test(source) || /[\u{10000}-\u{10ffff}]/u.test(pattern)) {
    const ofPoints = spelled('points');
    return { flags: 'u', source: ofPoints, sourceOfPairs: ofPoints };
  }
  return { flags: '', source, sourceOfPairs: spelled('pairs') };
}
