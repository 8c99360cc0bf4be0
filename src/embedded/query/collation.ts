import type { Collation } from '../engine/engine.ts';
import { refuse } from './refuse.ts';
import { isPlainObject, toNumber } from './bson-values.ts';

const DEFAULTS: Readonly<Record<string, readonly unknown[]>> = {
  caseFirst: ['off'],
  alternate: ['non-ignorable'],
  maxVariable: ['punct'],
  backwards: [false],
  normalization: [false],
};

const SENSITIVITY = { 1: 'base', 2: 'accent', 3: 'variant', 4: 'variant', 5: 'variant' } as const;

const collators = new Map<string, Intl.Collator>();

function parseStrength(value: unknown): 1 | 2 | 3 | 4 | 5 {
  const strength = toNumber(value);
  if (strength === 1 || strength === 2 || strength === 3 || strength === 4 || strength === 5)
    return strength;
  return refuse(
    `Enumeration value '${String(value)}' for field 'collation.strength' is not a valid value.`,
  );
}

function parseFlag(value: unknown, name: string): boolean {
  return typeof value === 'boolean'
    ? value
    : refuse(
        `BSON field 'collation.${name}' is the wrong type, expected a boolean`,
        'TypeMismatch',
      );
}

/**
 * Checks a `collation` option of a command: locale, strength, caseLevel and numericOrdering are honoured,
 * other options only at their defaults. `{locale: 'simple'}` is no collation.
 *
 * @throws StoreError 2 for an unknown locale, 9 without one, 72 for an option that would be ignored.
 * @see https://www.mongodb.com/docs/manual/reference/collation/
 */
export function parseCollation(given: unknown): Collation | undefined {
  if (given === undefined) return undefined;
  if (!isPlainObject(given)) return refuse("'collation' must be an object", 'TypeMismatch');
  const { locale, strength, caseLevel, numericOrdering, version, ...others } = given;
  if (typeof locale !== 'string') {
    return refuse("BSON field 'collation.locale' is missing but a required field", 'FailedToParse');
  }
  for (const [name, value] of Object.entries(others)) {
    const allowed = DEFAULTS[name];
    if (allowed === undefined)
      refuse(`BSON field 'collation.${name}' is an unknown field.`, 'UnknownOperatorOrField');
    if (!allowed.includes(value))
      refuse(`collation option '${name}' is not supported`, 'InvalidOptions');
  }
  if (locale === 'simple') return undefined;
  if (version !== undefined && typeof version !== 'string')
    refuse("'collation.version' must be a string");
  const collation: Collation = {
    locale,
    strength: strength === undefined ? 3 : parseStrength(strength),
    caseLevel: caseLevel === undefined ? false : parseFlag(caseLevel, 'caseLevel'),
    numericOrdering:
      numericOrdering === undefined ? false : parseFlag(numericOrdering, 'numericOrdering'),
  };
  collatorFor(collation);
  return collation;
}

/**
 * The comparator of a collation's strings, built once per collation.
 *
 * @throws StoreError 2 for a locale that is unknown.
 */
export function collatorFor(collation: Collation): Intl.Collator {
  const key = JSON.stringify([
    collation.locale,
    collation.strength,
    collation.caseLevel,
    collation.numericOrdering,
  ]);
  const known = collators.get(key);
  if (known !== undefined) return known;
  const collator = buildCollator(collation);
  collators.set(key, collator);
  return collator;
}

function buildCollator(collation: Collation): Intl.Collator {
  const strength = collation.strength ?? 3;
  const sensitivity =
    strength === 1 && collation.caseLevel === true ? 'case' : SENSITIVITY[strength];
  try {
    const locale = collation.locale.replaceAll('_', '-').replace(/@.*$/, '');
    if (Intl.Collator.supportedLocalesOf([locale]).length === 0) throw new RangeError(locale);
    return new Intl.Collator(locale, {
      sensitivity: strength === 2 && collation.caseLevel === true ? 'variant' : sensitivity,
      numeric: collation.numericOrdering ?? false,
    });
  } catch {
    return refuse(`Field 'locale' is invalid in: { locale: "${collation.locale}" }`);
  }
}

/** Orders two strings as MongoDB does without a collation: by UTF-8 bytes, which is by code point. */
export function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    // Surrogates stand for code points above every other code unit.
    const leftSurrogate = left >= 0xd800 && left <= 0xdfff;
    const rightSurrogate = right >= 0xd800 && right <= 0xdfff;
    if (leftSurrogate !== rightSurrogate) return leftSurrogate ? 1 : -1;
    return left < right ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

/** Orders two strings under a collation, or by code point without one. */
export function compareStrings(a: string, b: string, collation?: Collation): number {
  if (collation === undefined) return compareCodePoints(a, b);
  return Math.sign(collatorFor(collation).compare(a, b));
}
