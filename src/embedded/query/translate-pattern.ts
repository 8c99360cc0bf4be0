import { casesOf } from './cases-of.ts';
import { refuseAt } from './refuse.ts';

interface Modes {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
}

const POSIX: Readonly<Record<string, string>> = {
  alpha: 'a-zA-Z',
  digit: '0-9',
  alnum: 'a-zA-Z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`\\{-~',
  word: '\\w',
  xdigit: '0-9a-fA-F',
  cntrl: '\\x00-\\x1f\\x7f',
  print: '\\x20-\\x7e',
  graph: '\\x21-\\x7e',
};

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\\x07',
  e: '\\x1b',
  f: '\\f',
  n: '\\n',
  r: '\\r',
  t: '\\t',
  d: '[0-9]',
  D: '[^0-9]',
  w: '\\w',
  W: '\\W',
  s: '[ \\t\\n\\r\\f\\v]',
  S: '[^ \\t\\n\\r\\f\\v]',
  h: '[ \\t\\u00a0]',
  H: '[^ \\t\\u00a0]',
  v: '[\\n-\\r\\u0085\\u2028\\u2029]',
  V: '[^\\n-\\r\\u0085\\u2028\\u2029]',
  R: '(?:\\r\\n|[\\n-\\r\\u0085\\u2028\\u2029])',
  N: '[^\\n]',
  b: '\\b',
  B: '\\B',
  A: '(?<![\\s\\S])',
  z: '(?![\\s\\S])',
  Z: '(?=\\n?(?![\\s\\S]))',
};

const CLASS_ESCAPES: Readonly<Record<string, string>> = {
  a: '\\x07',
  b: '\\x08',
  e: '\\x1b',
  f: '\\f',
  n: '\\n',
  r: '\\r',
  t: '\\t',
  d: '0-9',
  D: '\\D',
  w: '\\w',
  W: '\\W',
  s: ' \\t\\n\\r\\f\\v',
  S: '\\S',
  h: ' \\t\\u00a0',
  v: '\\n-\\r\\u0085\\u2028\\u2029',
};

function unsupported(what: string): never {
  return refuseAt(51091, `Regular expression is invalid: ${what} is not supported`);
}

function quoted(code: number): string {
  if (code > 0xffff) return `\\u{${code.toString(16)}}`;
  const text = String.fromCharCode(code);
  if (/[A-Za-z0-9_]/.test(text)) return text;
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Reads a PCRE pattern once, left to right, and writes JavaScript's spelling of it. */
class Translator {
  readonly #chars: readonly string[];
  #at = 0;
  #modes: Modes;
  readonly #outer: Modes[] = [];
  #groups = 0;
  readonly #out: string[] = [];

  constructor(pattern: string, modes: Modes) {
    this.#chars = Array.from(pattern);
    this.#modes = modes;
  }

  translate(): string {
    while (this.#at < this.#chars.length) this.#step();
    if (this.#outer.length > 0) {
      refuseAt(51091, 'Regular expression is invalid: missing closing parenthesis');
    }
    return this.#out.join('');
  }

  #peek(offset = 0): string {
    return this.#chars[this.#at + offset] ?? '';
  }

  #rest(length: number): string {
    return this.#chars.slice(this.#at, this.#at + length).join('');
  }

  #next(): string {
    const char = this.#peek();
    this.#at += 1;
    return char;
  }

  #literal(code: number): void {
    const cases = this.#modes.i ? casesOf(code) : [code];
    const [only] = cases;
    if (cases.length === 1 && only !== undefined) this.#out.push(quoted(only));
    else this.#out.push(`[${cases.map(quoted).join('')}]`);
  }

  #step(): void {
    const char = this.#next();
    switch (char) {
      case '\\':
        this.#escape();
        return;
      case '[':
        this.#class();
        return;
      case '(':
        this.#open();
        return;
      case ')':
        this.#close();
        return;
      case '.':
        this.#out.push(this.#modes.s ? '[\\s\\S]' : '[^\\n]');
        return;
      case '^':
        this.#out.push(this.#modes.m ? '(?<![^\\n])' : '^');
        return;
      case '$':
        this.#out.push(this.#modes.m ? '(?![^\\n])' : '$');
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
        this.#out.push('|');
        return;
      default:
        this.#other(char);
    }
  }

  #other(char: string): void {
    if (this.#modes.x && /\s/.test(char)) return;
    if (this.#modes.x && char === '#') {
      while (this.#at < this.#chars.length && this.#next() !== '\n');
      return;
    }
    this.#literal(char.codePointAt(0) ?? 0);
  }

  #quantifier(text: string): void {
    if (this.#peek() === '+') unsupported('a possessive quantifier');
    const lazy = this.#peek() === '?' ? this.#next() : '';
    this.#out.push(text + lazy);
  }

  #brace(): void {
    const counted = /^(\d+(?:,\d*)?)\}/.exec(this.#rest(24));
    if (counted === null) {
      this.#literal(0x7b);
      return;
    }
    this.#at += counted[0].length;
    this.#quantifier(`{${counted[0]}`);
  }

  #open(): void {
    if (this.#peek() !== '?') {
      if (this.#peek() === '*') unsupported('a backtracking verb');
      this.#push('(');
      this.#groups += 1;
      return;
    }
    this.#at += 1;
    const rest = this.#rest(80);
    if (rest.startsWith('#')) {
      while (this.#at < this.#chars.length && this.#next() !== ')');
      return;
    }
    const named = /^(?:P?<|')([A-Za-z_]\w*)[>']/.exec(rest);
    if (named !== null) {
      this.#at += named[0].length;
      this.#groups += 1;
      this.#push(`(?<${named[1] ?? ''}>`);
      return;
    }
    const plain = /^(?::|=|!|<=|<!)/.exec(rest);
    if (plain !== null) {
      this.#at += plain[0].length;
      this.#push(`(?${plain[0]}`);
      return;
    }
    this.#inlineModes(rest);
  }

  #inlineModes(rest: string): void {
    const modes = /^(\^?[imsxn]*)(?:-([imsx]*))?([:)])/.exec(rest);
    if (modes === null) unsupported(`the group (?${rest.slice(0, 2)}`);
    const [all = '', on = '', off = '', end] = modes;
    if (on.includes('n') || on.includes('^')) unsupported(`the group (?${on}`);
    this.#at += all.length;
    if (end === ':') this.#push('(?:');
    const flag = (name: keyof Modes): boolean =>
      on.includes(name) || (this.#modes[name] && !off.includes(name));
    this.#modes = { i: flag('i'), m: flag('m'), s: flag('s'), x: flag('x') };
  }

  #push(text: string): void {
    this.#out.push(text);
    this.#outer.push(this.#modes);
  }

  #close(): void {
    const outer = this.#outer.pop();
    if (outer === undefined) {
      return refuseAt(51091, 'Regular expression is invalid: unmatched closing parenthesis');
    }
    this.#modes = outer;
    this.#out.push(')');
  }

  #escape(): void {
    if (this.#at >= this.#chars.length) {
      refuseAt(51091, 'Regular expression is invalid: \\ at end of pattern');
    }
    const char = this.#next();
    if (char === 'Q') {
      this.#quotedSpan();
      return;
    }
    if (char === 'E') return;
    const simple = SIMPLE_ESCAPES[char];
    if (simple !== undefined) {
      this.#out.push(simple);
      return;
    }
    if (/[1-9]/.test(char)) {
      this.#backReference(char);
      return;
    }
    if (char === 'k') {
      const name = /^[<{']([A-Za-z_]\w*)[>}']/.exec(this.#rest(80));
      if (name === null) unsupported('\\k');
      this.#at += name[0].length;
      this.#out.push(`\\k<${name[1] ?? ''}>`);
      return;
    }
    if (char === 'p' || char === 'P') {
      this.#out.push(this.#property(char));
      return;
    }
    this.#literal(this.#codeOf(char));
  }

  #backReference(first: string): void {
    const digits = first + (/^\d*/.exec(this.#rest(2))?.[0] ?? '');
    if (Number(digits) > this.#groups) unsupported(`\\${digits}`);
    this.#at += digits.length - 1;
    // A group of its own keeps a digit that follows apart.
    this.#out.push(`(?:\\${digits})`);
  }

  #quotedSpan(): void {
    while (this.#at < this.#chars.length) {
      if (this.#rest(2) === '\\E') {
        this.#at += 2;
        return;
      }
      this.#literal(this.#next().codePointAt(0) ?? 0);
    }
  }

  #property(char: string): string {
    const name = /^(?:\{(\^?)([\w&]+)\}|([A-Z]))/.exec(this.#rest(40));
    if (name === null) unsupported(`\\${char}`);
    this.#at += name[0].length;
    const property = name[2] ?? name[3] ?? '';
    const negated = (char === 'P') !== (name[1] === '^');
    const isScript = property.length > 2;
    return `\\${negated ? 'P' : 'p'}{${isScript ? `Script=${property}` : property}}`;
  }

  /** The character an escape names: `\x41`, `\x{1F600}`, `\012`, `\cA`, or any punctuation itself. */
  #codeOf(char: string): number {
    if (char === 'x') {
      const hex = /^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{0,2}))/.exec(this.#rest(8));
      this.#at += hex?.[0].length ?? 0;
      const code = Number.parseInt(hex?.[1] ?? (hex?.[2] || '0'), 16);
      return code <= 0x10ffff ? code : unsupported('a character above U+10FFFF');
    }
    if (char === '0') {
      const octal = /^[0-7]{0,2}/.exec(this.#rest(2))?.[0] ?? '';
      this.#at += octal.length;
      return Number.parseInt(`0${octal}`, 8);
    }
    if (char === 'c') return (this.#next().toUpperCase().codePointAt(0) ?? 0) ^ 0x40;
    if (/[A-Za-z0-9]/.test(char)) unsupported(`\\${char}`);
    return char.codePointAt(0) ?? 0;
  }

  #class(): void {
    const parts: string[] = [];
    const negated = this.#peek() === '^';
    if (negated) this.#at += 1;
    let isFirst = true;
    for (;;) {
      if (this.#at >= this.#chars.length) {
        refuseAt(51091, 'Regular expression is invalid: missing terminating ] for character class');
      }
      if (this.#peek() === ']' && !isFirst) break;
      isFirst = false;
      parts.push(this.#classItem());
    }
    this.#at += 1;
    this.#out.push(`[${negated ? '^' : ''}${parts.join('')}]`);
  }

  #classItem(): string {
    const posix = /^\[:(\^?)(\w+):\]/.exec(this.#rest(14));
    if (posix !== null) {
      const set = POSIX[posix[2] ?? ''];
      if (set === undefined || posix[1] === '^') return unsupported(posix[0]);
      this.#at += posix[0].length;
      const folds = this.#modes.i && (posix[2] === 'upper' || posix[2] === 'lower');
      return folds ? 'a-zA-Z' : set;
    }
    const low = this.#classChar();
    if (typeof low === 'string') return low;
    const isRange = this.#peek() === '-' && this.#peek(1) !== ']' && this.#peek(1) !== '';
    if (!isRange) return (this.#modes.i ? casesOf(low) : [low]).map(quoted).join('');
    this.#at += 1;
    const high = this.#classChar();
    if (typeof high === 'string') return `${quoted(low)}\\-${high}`;
    if (high < low) {
      refuseAt(51091, 'Regular expression is invalid: range out of order in character class');
    }
    return this.#range(low, high);
  }

  #range(low: number, high: number): string {
    const plain = `${quoted(low)}-${quoted(high)}`;
    if (!this.#modes.i) return plain;
    if (high - low > 0x3000) return unsupported('a wide range without regard to case');
    const folded = new Set<number>();
    for (let code = low; code <= high; code++) {
      for (const other of casesOf(code)) if (other < low || other > high) folded.add(other);
    }
    return plain + [...folded].map(quoted).join('');
  }

  #classChar(): number | string {
    const char = this.#next();
    if (char !== '\\') return char.codePointAt(0) ?? 0;
    const escaped = this.#next();
    if (escaped === 'Q' || escaped === 'E') return '';
    if (escaped === 'p' || escaped === 'P') return this.#property(escaped);
    const known = CLASS_ESCAPES[escaped];
    if (known !== undefined) {
      return /^(?:\\x..|\\[fnrt])$/.test(known) ? controlCode(known) : known;
    }
    if (/[1-7]/.test(escaped)) {
      const octal = escaped + (/^[0-7]{0,2}/.exec(this.#rest(2))?.[0] ?? '');
      this.#at += octal.length - 1;
      return Number.parseInt(octal, 8);
    }
    return this.#codeOf(escaped);
  }
}

const CONTROLS: Readonly<Record<string, number>> = { '\\f': 12, '\\n': 10, '\\r': 13, '\\t': 9 };

function controlCode(escape: string): number {
  return CONTROLS[escape] ?? Number.parseInt(escape.slice(2), 16);
}

/**
 * Spells a PCRE pattern in JavaScript: `\Q..\E`, inline modes such as `(?i)`, the x option, POSIX classes,
 * named groups and PCRE's escapes. What has no equivalent is refused.
 *
 * The u flag is set only where needed (characters above U+FFFF, `\p{..}`), as V8's linear matcher lacks it.
 *
 * @throws StoreError 51091.
 */
export function translatePattern(
  pattern: string,
  options: string,
): { readonly source: string; readonly flags: string } {
  const has = (option: string): boolean => options.includes(option);
  const translator = new Translator(pattern, {
    i: has('i'),
    m: has('m'),
    s: has('s'),
    x: has('x'),
  });
  const source = translator.translate();
  const wide = /\\u\{|\\[pP]\{/.test(source) || /[\u{10000}-\u{10ffff}]/u.test(pattern);
  return { source, flags: wide ? 'u' : '' };
}
