import type { Collation } from '../engine/engine.ts';
import type { Code, DBRef } from 'bson';
import {
  binaryOf,
  bsonTypeOf,
  fieldsOf,
  objectIdHex,
  regexPartsOf,
  textOf,
  timestampBits,
  type BsonType,
  type Fields,
  type NumberValue,
} from './bson-values.ts';
import { collationFold, isFoldable } from './collation-fold.ts';
import { collatorFor } from './collation.ts';
import { numberKey } from './exact-number.ts';

type KeyOf = (value: unknown, collation?: Collation) => string;

const numbers: KeyOf = (value) => `n${numberKey(value as NumberValue)}`;
const strings: KeyOf = (value, collation) =>
  `s${JSON.stringify(collation === undefined ? textOf(value) : representativeOf(textOf(value), collation))}`;
const codes: KeyOf = (value, collation) =>
  `c${JSON.stringify((value as Code).code)}${equalityKey((value as Code).scope ?? null, collation)}`;

const KEYS: Readonly<Record<BsonType, KeyOf>> = {
  minKey: () => '<',
  undefined: () => 'u',
  null: () => '0',
  int: numbers,
  long: numbers,
  double: numbers,
  decimal: numbers,
  string: strings,
  symbol: strings,
  object: (value, collation) =>
    `{${Object.entries(fieldsOf(value as Fields))
      .map(([name, inner]) => `${JSON.stringify(name)}:${equalityKey(inner, collation)}`)
      .join(',')}}`,
  array: (value, collation) =>
    `[${(value as readonly unknown[]).map((inner) => equalityKey(inner, collation)).join(',')}]`,
  binData: (value) => {
    const { bytes, subtype } = binaryOf(value);
    return `b${subtype}:${Buffer.from(bytes).toString('base64')}`;
  },
  objectId: (value) => `o${objectIdHex(value)}`,
  bool: (value) => (value === true ? 't' : 'f'),
  date: (value) => `d${(value as Date).getTime()}`,
  timestamp: (value) => `T${timestampBits(value).toString()}`,
  regex: (value) => `r${JSON.stringify(regexPartsOf(value))}`,
  dbPointer: (value) => `p${(value as DBRef).collection}:${objectIdHex((value as DBRef).oid)}`,
  javascript: codes,
  javascriptWithScope: codes,
  maxKey: () => '>',
};

/** Strings met so far under one collation, sorted, one of each equal group. */
const representatives = new Map<string, string[]>();

/**
 * One fixed string for all strings that are equal under a collation (which has no sort keys in JavaScript). The few collations that
 * cannot be folded remember one string of each equal group for the life of the process: keys may be held for as long.
 */
function representativeOf(text: string, collation: Collation): string {
  if (isFoldable(collation)) return collationFold(collation)(text);
  const id = JSON.stringify(collation);
  let known = representatives.get(id);
  if (known === undefined) {
    known = [];
    representatives.set(id, known);
  }
  const collator = collatorFor(collation);
  let low = 0;
  let high = known.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = known[middle] ?? '';
    const order = collator.compare(candidate, text);
    if (order === 0) return candidate;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  known.splice(low, 0, text);
  return text;
}

/**
 * Text that is the same exactly for values that are equal in MongoDB's order, to be used as a map's key.
 */
export function equalityKey(value: unknown, collation?: Collation): string {
  return KEYS[bsonTypeOf(value)](value, collation);
}
