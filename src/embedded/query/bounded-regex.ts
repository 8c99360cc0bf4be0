import { refuseAt } from './refuse.ts';

/** Steps that one text may take, and all texts of one test: some tens of milliseconds, and a few seconds. */
const MAX_STEPS = 200_000;
const MAX_STEPS_IN_ALL = 3_000_000;

/** Ways through a text that V8 may try: a few milliseconds. */
const MAX_WAYS = 1_000_000;

type Next = (at: number) => boolean;

/** Part of a pattern: matches from a place on, and asks what follows about each place where it may end. */
interface Part {
  readonly match: (at: number, next: Next) => boolean;
  /** Characters it takes at least and at most. */
  readonly min: number;
  readonly max: number;
  /** Of what always takes one character: the place behind it, or -1. */
  readonly single?: (at: number) => number;
}

/** The text being matched, and what it has cost. */
interface Run {
  readonly isUnicode: boolean;
  text: string;
  steps: number;
  stepsInAll: number;
  groups: (string | undefined)[];
}

/**
 * An expression (flag `u` or none) → a test that always returns. Of patterns that V8 has no linear matcher for (counts, looking around or
 * back), its backtracking one may not: then the text is matched here, step by step.
 *
 * @throws StoreError 51091 when tested, for a text that takes too many steps, as PCRE gives up at its match limit.
 */
export function boundedTest(regex: RegExp): (text: string) => boolean {
  if (isLinear(regex)) return (text) => testByV8(regex, text);
  const { test, waysThrough } = compileBounded(regex);
  return (text) => (waysThrough(text.length) <= MAX_WAYS ? testByV8(regex, text) : test(text));
}

/** V8 notices that a pattern is too large only when it is used. */
function testByV8(regex: RegExp, text: string): boolean {
  try {
    return regex.test(text);
  } catch {
    return refuseAt(51091, 'Regular expression is invalid: regular expression is too large');
  }
}

/** True when V8 can go over from backtracking to its linear matcher. */
function isLinear({ source, flags }: RegExp): boolean {
  try {
    return new RegExp(source, `${flags}l`).source === source;
  } catch {
    return false;
  }
}

/** Our own matcher for the pattern, and how many ways through a text of some length there can be. */
export function compileBounded({ source, flags }: RegExp): {
  readonly test: (text: string) => boolean;
  readonly waysThrough: (length: number) => number;
} {
  const isUnicode = flags.includes('u');
  const run: Run = { isUnicode, text: '', steps: 0, stepsInAll: 0, groups: [] };
  const parser = new PatternParser(source, run);
  const whole = parser.parseWhole();
  return { test: testOf(whole, run), waysThrough: (length) => parser.waysThrough(length) };
}

function testOf({ match }: Part, run: Run): (text: string) => boolean {
  return (text) => {
    run.text = text;
    run.steps = 0;
    try {
      for (let start = 0; start <= text.length; start += 1) {
        if (run.isUnicode && isInPair(text, start)) continue;
        run.groups = [];
        step(run);
        if (match(start, () => true)) return true;
      }
      return false;
    } catch (error) {
      // Groups repeated so often that the calls do not fit on the stack.
      if (error instanceof RangeError) return giveUp();
      throw error;
    } finally {
      run.stepsInAll += run.steps;
    }
  };
}

function step(run: Run, count = 1): void {
  run.steps += count;
  if (run.steps > MAX_STEPS || run.stepsInAll + run.steps > MAX_STEPS_IN_ALL) giveUp();
}

function giveUp(): never {
  return refuseAt(51091, 'Regular expression takes too many steps');
}

const NOTHING: Part = { match: (at, next) => next(at), min: 0, max: 0 };

/** Reads the pattern once, left to right. */
class PatternParser {
  readonly #source: string;
  readonly #isUnicode: boolean;
  readonly #run: Run;
  readonly #names = new Map<string, number>();
  #groups = 0;
  #at = 0;
  /** How much there can be to try: so many loops without an end, and so many ways and rounds by all else. */
  #loops = 0;
  #forks = 1;

  constructor(source: string, run: Run) {
    this.#source = source;
    this.#isUnicode = run.isUnicode;
    this.#run = run;
  }

  parseWhole(): Part {
    try {
      return this.#alternatives();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return refuseAt(51091, 'Regular expression is invalid: parentheses are too deeply nested');
    }
  }

  waysThrough(length: number): number {
    return this.#forks * (length + 1) ** (this.#loops + 1);
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    const sticky = new RegExp(pattern.source, `${pattern.flags}y`);
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#source) ?? undefined;
    this.#at += found?.[0].length ?? 0;
    return found;
  }

  #alternatives(): Part {
    const branches = [this.#sequence()];
    while (this.#take(/\|/)) branches.push(this.#sequence());
    const [only] = branches;
    if (branches.length === 1 && only !== undefined) return only;
    this.#forks *= branches.length;
    return {
      match: (at, next) => branches.some((branch) => branch.match(at, next)),
      min: Math.min(...branches.map(({ min }) => min)),
      max: Math.max(...branches.map(({ max }) => max)),
    };
  }

  #sequence(): Part {
    const parts: Part[] = [];
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source.charAt(this.#at))) {
      parts.push(this.#quantified());
    }
    return parts.reduceRight(
      (rest, part) => ({
        match: (at, next) => part.match(at, (end) => rest.match(end, next)),
        min: part.min + rest.min,
        max: part.max + rest.max,
      }),
      NOTHING,
    );
  }

  #quantified(): Part {
    const [loops, forks] = [this.#loops, this.#forks];
    const part = this.#atom();
    const isForked = loops !== this.#loops || forks !== this.#forks;
    const found = this.#take(/(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)/);
    if (found === undefined) return part;
    const [, sign, low = '', comma, high, lazy] = found;
    const min = sign === undefined ? Number(low) : sign === '+' ? 1 : 0;
    const bound = high === '' ? Infinity : Number(high);
    const max = sign === undefined ? (comma === '' ? min : bound) : sign === '?' ? 1 : Infinity;
    const isLazy = lazy === '?';
    // Forks inside of a loop multiply with each round.
    if (isForked && max > 1) this.#forks = Infinity;
    else if (max === Infinity) this.#loops += 1;
    else this.#forks *= Math.max(1, max);
    const match =
      part.single === undefined || isLazy
        ? repeated(part, { min, max, isLazy }, this.#run)
        : repeatedSingle(part.single, { min, max }, this.#run);
    return { match, min: part.min * min, max: max === 0 ? 0 : part.max * max };
  }

  #atom(): Part {
    const look = this.#take(/\(\?(<?)([=!])/);
    if (look) return this.#lookaround(look[1] === '<', look[2] === '!');
    const group = this.#take(/\((\?:|\?<(\w+)>)?/);
    if (group) return this.#group(group[1] !== '?:', group[2]);
    if (this.#take(/\^/)) return assertion((at) => at === 0);
    if (this.#take(/\$/)) return assertion((at) => at === this.#run.text.length);
    const boundary = this.#take(/\\([bB])/);
    if (boundary) {
      const isWanted = boundary[1] === 'b';
      return assertion((at) => isBoundary(this.#run.text, at) === isWanted);
    }
    const reference = this.#take(/\\(?:([1-9]\d*)|k<(\w+)>)/);
    if (reference) return this.#reference(reference[1], reference[2]);
    const one = this.#take(
      this.#isUnicode
        ? /\[(?:\\[^]|[^\]\\])*\]|\\u\{[^}]*\}|\\[pP]\{[^}]*\}|\\x..|\\u....|\\[^]|[^]/u
        : /\[(?:\\[^]|[^\]\\])*\]|\\x..|\\u....|\\[^]|[^]/,
    );
    return this.#character(one?.[0] ?? '');
  }

  #group(isCapturing: boolean, name: string | undefined): Part {
    const index = isCapturing ? (this.#groups += 1) : 0;
    if (name !== undefined) this.#names.set(name, index);
    const inner = this.#alternatives();
    this.#take(/\)/);
    if (!isCapturing) return inner;
    const run = this.#run;
    const match: Part['match'] = (at, next) =>
      inner.match(at, (end) => {
        const before = run.groups[index];
        run.groups[index] = run.text.slice(at, end);
        if (next(end)) return true;
        run.groups[index] = before;
        return false;
      });
    return { match, min: inner.min, max: inner.max };
  }

  #reference(number: string | undefined, name: string | undefined): Part {
    const run = this.#run;
    return {
      match: (at, next) => {
        step(run);
        const index = number === undefined ? (this.#names.get(name ?? '') ?? 0) : Number(number);
        const held = run.groups[index];
        // A group without a match matches nothing in PCRE, and the empty text in JavaScript.
        return held !== undefined && run.text.startsWith(held, at) && next(at + held.length);
      },
      min: 0,
      max: Infinity,
    };
  }

  #lookaround(isBehind: boolean, isNegated: boolean): Part {
    const inner = this.#alternatives();
    this.#take(/\)/);
    const run = this.#run;
    const holds = (at: number): boolean => {
      if (!isBehind) return inner.match(at, () => true);
      const first = Math.max(0, at - inner.max * (this.#isUnicode ? 2 : 1));
      for (let start = at - inner.min; start >= first; start -= 1) {
        step(run);
        if (inner.match(start, (end) => end === at)) return true;
      }
      return false;
    };
    return assertion((at) => holds(at) !== isNegated);
  }

  #character(source: string): Part {
    const isOne = characterTest(source, this.#isUnicode ? 'u' : '');
    const run = this.#run;
    const single = (at: number): number => {
      step(run);
      const code = this.#isUnicode ? run.text.codePointAt(at) : run.text.charCodeAt(at);
      if (at >= run.text.length || code === undefined || !isOne(code)) return -1;
      return at + (code > 0xffff ? 2 : 1);
    };
    const match: Part['match'] = (at, next) => {
      const end = single(at);
      return end >= 0 && next(end);
    };
    return { match, min: 1, max: 1, single };
  }
}

function assertion(holds: (at: number) => boolean): Part {
  return { match: (at, next) => holds(at) && next(at), min: 0, max: 0 };
}

/** `[a-z]`, `\x41` or `k` → a test of character codes that remembers its answers. */
function characterTest(source: string, flags: string): (code: number) => boolean {
  const regex = new RegExp(`^${source}$`, flags);
  const known = new Map<number, boolean>();
  return (code) => {
    const answer = known.get(code) ?? regex.test(String.fromCodePoint(code));
    known.set(code, answer);
    return answer;
  };
}

/** As often as it can, then less and less often. */
function repeatedSingle(
  single: (at: number) => number,
  { min, max }: { readonly min: number; readonly max: number },
  run: Run,
): Part['match'] {
  return (at, next) => {
    const places = [at];
    for (let end = single(at); end >= 0 && places.length <= max; end = single(end))
      places.push(end);
    for (let count = places.length - 1; count >= min; count -= 1) {
      step(run);
      if (next(places[count] ?? at)) return true;
    }
    return false;
  };
}

function repeated(
  { match }: Part,
  { min, max, isLazy }: { readonly min: number; readonly max: number; readonly isLazy: boolean },
  run: Run,
): Part['match'] {
  const from = (count: number, at: number, next: Next): boolean => {
    step(run);
    const again = (): boolean =>
      count < max &&
      // Once there are enough, one that takes nothing would go on for ever.
      match(at, (end) => (end > at || count < min) && from(count + 1, end, next));
    const enough = (): boolean => count >= min && next(at);
    return isLazy ? enough() || again() : again() || enough();
  };
  return (at, next) => from(0, at, next);
}

/** True between the two halves of a character beyond U+FFFF. */
function isInPair(text: string, at: number): boolean {
  return at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

function isBoundary(text: string, at: number): boolean {
  return isWord(text.charAt(at - 1)) !== isWord(text.charAt(at));
}

function isWord(character: string): boolean {
  return /^\w$/.test(character);
}
