import { collatorFor } from '../query/collation.ts';
import type { Collation } from './engine.ts';
import type { Fold } from './value-key.ts';

const MARKS = /\p{M}+/gu;
/** Characters that no strength tells apart from nothing, except the ones that are white space. */
const IGNORABLE = /\p{Cf}|(?![\t-\r\u0085])\p{Cc}/gu;
const ASCII = /^[\t-\r -~]*$/;

/** Languages whose tailoring holds letters equal that the root collation does not (or the reverse) only beyond strength 1. */
const PLAIN_LANGUAGES = new Set(['en', 'fr', 'de', 'it', 'es', 'pt', 'nl', 'pl', 'cs', 'fi', 'ru']);

/**
 * A function that gives the same text for all texts a collation holds equal, so that an index over its results finds them.
 * The order of its results is not the collation's order.
 *
 * Strength 2: `Ünal` and `ÜNAL` → `ünal`; strength 1 also `unal`.
 */
export function collationFold(collation: Collation): Fold {
  const strength = collation.strength ?? 3;
  if (collation.numericOrdering === true) return numericFold(collation);
  if (strength >= 3) return canonical;
  const keepsMarks = strength === 2;
  return (text) => {
    if (ASCII.test(text)) return text.toLowerCase();
    const decomposed = kana(canonical(text.normalize('NFKD')));
    const letters = keepsMarks ? decomposed : decomposed.replace(MARKS, '');
    return letters.toUpperCase().toLowerCase().replaceAll('ς', 'σ');
  };
}

/** Whether {@link collationFold} is known to agree with the collation, so that an index may answer for strings. */
export function isFoldable(collation: Collation): boolean {
  collatorFor(collation);
  const [language = ''] = collation.locale.split(/[-_@]/);
  const isTailored = collation.locale.includes('@') || !PLAIN_LANGUAGES.has(language);
  return !isTailored && collation.caseLevel !== true && collation.numericOrdering !== true;
}

function canonical(text: string): string {
  return ASCII.test(text) ? text : text.normalize('NFD').replace(IGNORABLE, '');
}

/** Katakana and hiragana differ from strength 3 on. */
function kana(text: string): string {
  return text.replace(/[\u30A1-\u30F6]/g, (letter) =>
    String.fromCharCode(letter.charCodeAt(0) - 0x60),
  );
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
