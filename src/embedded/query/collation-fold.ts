import type { Collation } from '../engine/engine.ts';
import { collatorFor } from './collation.ts';

/** What strings are replaced by, so that those a collation holds equal become one. */
export type Fold = (text: string) => string;

const MARKS = /\p{M}+/gu;
const ASCII = /^[\t-\r -~]*$/;

/** Languages in which no two spellings of different letters are equal at strength 2, as Danish `aa` and `å` are. */
const PLAIN_LANGUAGES = new Set('en fr de it pt nl es pl cs sk fi sv ru uk'.split(' '));
/** Of these, the ones whose alphabet has no accented letters of its own, which strength 1 would keep apart. */
const UNACCENTED_LANGUAGES = new Set('en fr de it pt nl'.split(' '));

/**
 * A function that gives the same text for all texts a collation holds equal, so that an index over its results finds them.
 * The order of its results is not the collation's order.
 *
 * Strength 2: `Ünal` and `ÜNAL` → `ünal`; strength 1 also `unal`.
 */
export function collationFold(collation: Collation): Fold {
  if (collation.numericOrdering === true) return numericFold(collation);
  const isCaseless = (collation.strength ?? 3) < 3 && collation.caseLevel !== true;
  const foldCharacter = characterFold(collation);
  return (text) => {
    if (ASCII.test(text)) return isCaseless ? text.toLowerCase() : text;
    let folded = '';
    for (const character of inSpokenOrder(text.normalize('NFD')))
      folded += foldCharacter(character);
    return folded;
  };
}

/** Thai and Lao write some vowels before the consonant they follow; a collation compares them in the order they are spoken. */
function inSpokenOrder(text: string): string {
  return text.replace(
    /([\u0e40-\u0e44])([\u0e01-\u0e2e])|([\u0ec0-\u0ec4])([\u0e81-\u0eae])/gu,
    '$2$4$1$3',
  );
}

/** Whether {@link collationFold} is known to agree with the collation, so that an index may answer for strings. */
export function isFoldable(collation: Collation): boolean {
  const { locale, strength = 3, caseLevel, numericOrdering } = collation;
  if (locale.includes('@') || caseLevel === true || numericOrdering === true) return false;
  if (strength >= 3) return true;
  const [language = ''] = locale.split(/[-_]/);
  return (strength === 2 ? PLAIN_LANGUAGES : UNACCENTED_LANGUAGES).has(language);
}

const folds = new WeakMap<Intl.Collator, Fold>();

/** Folds one character to the plainest form that the collation holds equal to it; remembers each. */
function characterFold(collation: Collation): Fold {
  const collator = collatorFor(collation);
  const made = folds.get(collator);
  if (made !== undefined) return made;
  const known = new Map<string, string>();
  let classes: Classes | undefined;
  const fold: Fold = (character) => {
    const before = known.get(character);
    if (before !== undefined) return before;
    classes ??= equivalents(collator);
    const plain =
      plainForms(character).find((form) => collator.compare(form, character) === 0) ?? character;
    const own = classes.leastOf(character);
    known.set(character, own);
    const parts = Array.from(plain.normalize('NFD'));
    const isItself = parts.length === 1 && parts[0] === character;
    const after = isItself ? own : parts.map(fold).join('');
    known.set(character, after);
    return after;
  };
  folds.set(collator, fold);
  return fold;
}

/** Ever less plain forms of a character: nothing, without marks, decomposed. */
function plainForms(character: string): readonly string[] {
  const lower = character.toLowerCase().normalize('NFKD').toUpperCase().toLowerCase();
  return ['', lower.normalize('NFD').replace(MARKS, ''), lower, character.normalize('NFKD')];
}

const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyz');

/** Characters that never equal another one: they only make the alphabet longer. */
const ALONE = /[\p{Cn}\p{Co}\p{Cs}\p{Script=Han}\p{Script=Hangul}\p{Script=Yi}]/u;

/** The characters that a collation holds equal to each other. */
interface Classes {
  /** The least of a character's equals (in lower case if it is ASCII). */
  leastOf(character: string): string;
}

function equivalents(collator: Intl.Collator): Classes {
  // Some letters equal two others, as æ equals ae at strength 1: pairs come first, so that they are the least.
  const alphabet = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));
  for (let code = 1; code <= 0xffff; code += 1) {
    const character = String.fromCharCode(code);
    if (!ALONE.test(character)) alphabet.push(character);
  }
  // Sorting is stable, so the first of a run of equals is the one with the lowest code.
  alphabet.sort((a, b) => collator.compare(a, b));
  const classes = new Map<string, string>();
  let least = '';
  for (const character of alphabet) {
    if (least === '' || collator.compare(least, character) !== 0) least = character;
    else classes.set(character, named(least));
  }
  return {
    leastOf(character) {
      if (character.length === 1) return classes.get(character) ?? character;
      const found = firstEqual(alphabet, character, collator);
      return found === undefined ? character : named(found);
    },
  };
}

function named(least: string): string {
  return ASCII.test(least) ? least.toLowerCase() : least;
}

/** The first of a sorted alphabet that equals a character which is not in it, as those beyond U+FFFF are not. */
function firstEqual(
  alphabet: readonly string[],
  character: string,
  collator: Intl.Collator,
): string | undefined {
  let low = 0;
  let high = alphabet.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (collator.compare(alphabet[middle] ?? '', character) < 0) low = middle + 1;
    else high = middle;
  }
  const found = alphabet[low];
  return found !== undefined && collator.compare(found, character) === 0 ? found : undefined;
}

function numericFold(collation: Collation): Fold {
  const fold = collationFold({ ...collation, numericOrdering: false });
  return (text) => fold(text).replace(/\d+/g, (digits) => digits.replace(/^0+(?=\d)/, ''));
}

/** Whether two collations are the same; undefined is no collation. */
export function isSameCollation(
  left: Collation | undefined,
  right: Collation | undefined,
): boolean {
  if (left === undefined || right === undefined) return left === right;
  return (
    left.locale === right.locale &&
    (left.strength ?? 3) === (right.strength ?? 3) &&
    (left.caseLevel ?? false) === (right.caseLevel ?? false) &&
    (left.numericOrdering ?? false) === (right.numericOrdering ?? false)
  );
}
