import type { Code, DBRef } from 'bson';
import type { Collation } from '../engine/engine.ts';
import {
  binaryOf,
  bsonTypeOf,
  BSON_TYPES,
  fieldsOf,
  rankOf,
  regexPartsOf,
  textOf,
  timestampBits,
  type BsonType,
  type Fields,
  type NumberValue,
} from './bson-values.ts';
import { compareCodePoints, compareStrings } from './collation.ts';
import { compareNumbers } from './exact-number.ts';

type Comparator = (a: unknown, b: unknown, collation?: Collation) => number;

const same: Comparator = () => 0;
const numbers: Comparator = (a, b) => compareNumbers(a as NumberValue, b as NumberValue);
const strings: Comparator = (a, b, collation) => compareStrings(textOf(a), textOf(b), collation);

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return Math.sign(a.length - b.length);
}

const binaries: Comparator = (a, b) => {
  const left = binaryOf(a);
  const right = binaryOf(b);
  return (
    Math.sign(left.bytes.length - right.bytes.length) ||
    Math.sign(left.subtype - right.subtype) ||
    compareBytes(left.bytes, right.bytes)
  );
};

const objectIds: Comparator = (a, b) =>
  compareBytes((a as { id: Uint8Array }).id, (b as { id: Uint8Array }).id);

const regexes: Comparator = (a, b) => {
  const left = regexPartsOf(a);
  const right = regexPartsOf(b);
  return (
    compareCodePoints(left.pattern, right.pattern) || compareCodePoints(left.options, right.options)
  );
};

const codes: Comparator = (a, b, collation) =>
  compareCodePoints(
    typeof a === 'function' ? String(a) : (a as Code).code,
    typeof b === 'function' ? String(b) : (b as Code).code,
  ) || compareValues((a as Code).scope ?? null, (b as Code).scope ?? null, collation);

const arrays: Comparator = (a, b, collation) => {
  const left = a as readonly unknown[];
  const right = b as readonly unknown[];
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const order = compareValues(left[index], right[index], collation);
    if (order !== 0) return order;
  }
  return Math.sign(left.length - right.length);
};

const objects: Comparator = (a, b, collation) => {
  const left = fieldsOf(a as Fields);
  const right = fieldsOf(b as Fields);
  const leftNames = Object.keys(left);
  const rightNames = Object.keys(right);
  const length = Math.min(leftNames.length, rightNames.length);
  for (let index = 0; index < length; index++) {
    const leftName = leftNames[index] ?? '';
    const rightName = rightNames[index] ?? '';
    const leftValue = left[leftName];
    const rightValue = right[rightName];
    const order =
      Math.sign(rankOf(leftValue) - rankOf(rightValue)) ||
      compareCodePoints(leftName, rightName) ||
      compareValues(leftValue, rightValue, collation);
    if (order !== 0) return order;
  }
  return Math.sign(leftNames.length - rightNames.length);
};

const COMPARATORS: Readonly<Record<BsonType, Comparator>> = {
  minKey: same,
  undefined: same,
  null: same,
  int: numbers,
  long: numbers,
  double: numbers,
  decimal: numbers,
  string: strings,
  symbol: strings,
  object: objects,
  array: arrays,
  binData: binaries,
  objectId: objectIds,
  bool: (a, b) => Number(a) - Number(b),
  date: (a, b) => Math.sign((a as Date).getTime() - (b as Date).getTime()),
  timestamp: (a, b) => {
    const left = timestampBits(a);
    const right = timestampBits(b);
    return left < right ? -1 : left > right ? 1 : 0;
  },
  regex: regexes,
  dbPointer: (a, b) =>
    compareCodePoints((a as DBRef).collection, (b as DBRef).collection) ||
    objectIds((a as DBRef).oid, (b as DBRef).oid),
  javascript: codes,
  javascriptWithScope: codes,
  maxKey: same,
};

/**
 * MongoDB's total order over all BSON values: by type first (numbers of all types together), then by value.
 * Field order counts in objects; arrays compare element by element; absent (`undefined`) is below null.
 *
 * @returns -1, 0 or 1.
 * @see https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
 */
export function compareValues(a: unknown, b: unknown, collation?: Collation): number {
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b, collation);
  const type = bsonTypeOf(a);
  const rank = BSON_TYPES[type].rank;
  const otherRank = rankOf(b);
  if (rank !== otherRank) return rank < otherRank ? -1 : 1;
  return COMPARATORS[type](a, b, collation);
}

/** Whether two values are equal in MongoDB's order: `1` equals `Long(1)`; `{a, b}` differs from `{b, a}`. */
export function equalValues(a: unknown, b: unknown, collation?: Collation): boolean {
  return compareValues(a, b, collation) === 0;
}
