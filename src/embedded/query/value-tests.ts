import type { Collation } from '../engine/engine.ts';
import {
  binaryOf,
  bsonTypeOf,
  BSON_TYPES,
  isNumeric,
  rankOf,
  regexPartsOf,
  textOf,
  toInteger,
  toNumber,
  type BsonType,
} from './bson-values.ts';
import { compareValues, equalValues } from './compare-values.ts';
import { equalityKey } from './equality-key.ts';
import type { ValueTest } from './filter-conditions.ts';
import { compileRegexTest } from './regex.ts';
import { refuse } from './refuse.ts';

/** A test for MongoDB's equality: null also means absent, and NaN equals NaN. */
export function equalsTest(operand: unknown, collation?: Collation): ValueTest {
  if (operand === null) return (value) => value === null || value === undefined;
  if (typeof operand === 'boolean') return (value) => value === operand;
  if (typeof operand === 'string' && collation === undefined) {
    return (value) =>
      value === operand || (bsonTypeOf(value) === 'symbol' && textOf(value) === operand);
  }
  const rank = rankOf(operand);
  return (value) => rankOf(value) === rank && equalValues(value, operand, collation);
}

export type RangeOperator = '$gt' | '$gte' | '$lt' | '$lte';

const HOLDS: Readonly<Record<RangeOperator, (order: number) => boolean>> = {
  $gt: (order) => order > 0,
  $gte: (order) => order >= 0,
  $lt: (order) => order < 0,
  $lte: (order) => order <= 0,
};

/** A test for a range. Only values of the operand's own type can pass, but for MinKey and MaxKey. */
export function rangeTest(
  operator: RangeOperator,
  operand: unknown,
  collation?: Collation,
): ValueTest {
  const holds = HOLDS[operator];
  const type = bsonTypeOf(operand);
  if (type === 'null') {
    return holds(0) ? (value) => value === null || value === undefined : () => false;
  }
  if (type === 'minKey' || type === 'maxKey') {
    return (value) => holds(compareValues(value === undefined ? null : value, operand));
  }
  if (isNumeric(operand) && Number.isNaN(toNumber(operand))) {
    return holds(0) ? (value) => isNumeric(value) && Number.isNaN(toNumber(value)) : () => false;
  }
  const { rank } = BSON_TYPES[type];
  return (value) => {
    if (rankOf(value) !== rank) return false;
    if (isNumeric(value) && Number.isNaN(toNumber(value))) return false;
    return holds(compareValues(value, operand, collation));
  };
}

/** A test for a regular expression: strings it matches, and a stored expression equal to it. */
export function regexTest(pattern: string, options: string): ValueTest {
  const matches = compileRegexTest(pattern, options);
  return (value) => {
    if (typeof value === 'string') return matches(value);
    const type = bsonTypeOf(value);
    if (type === 'symbol') return matches(textOf(value));
    if (type !== 'regex') return false;
    const parts = regexPartsOf(value);
    return parts.pattern === pattern && parts.options === options;
  };
}

/** A test for membership; a list of any length costs one look-up. Regular expressions in the list are matched. */
export function inTest(operands: readonly unknown[], collation?: Collation): ValueTest {
  const plain = operands.filter((operand) => bsonTypeOf(operand) !== 'regex');
  const keys = new Set(plain.map((operand) => equalityKey(operand, collation)));
  const hasNull = plain.some((operand) => operand === null || operand === undefined);
  const regexes = operands
    .filter((operand) => bsonTypeOf(operand) === 'regex')
    .map((operand) => {
      const { pattern, options } = regexPartsOf(operand);
      return regexTest(pattern, options);
    });
  return (value) => {
    if (value === undefined || value === null) return hasNull;
    if (keys.size > 0 && keys.has(equalityKey(value, collation))) return true;
    return regexes.some((test) => test(value));
  };
}

function asWhole(value: unknown, what: string): bigint {
  const number = toNumber(value);
  if (!isNumeric(value)) return refuse(`malformed mod, ${what} not a number`);
  if (!Number.isFinite(number)) {
    return refuse(
      `malformed mod, ${what} value is invalid :: caused by :: Unable to coerce NaN/Inf to integral type`,
    );
  }
  return (
    truncated(value) ??
    refuse(
      `malformed mod, ${what} value is invalid :: caused by :: Out of bounds coercing to integral value`,
    )
  );
}

/** A number cut to a whole one, or undefined outside 64 bits. */
function truncated(value: unknown): bigint | undefined {
  if (!isNumeric(value)) return undefined;
  const whole =
    bsonTypeOf(value) === 'long' && typeof value === 'object'
      ? (value as { toBigInt(): bigint }).toBigInt()
      : typeof value === 'bigint'
        ? value
        : Number.isFinite(toNumber(value))
          ? BigInt(Math.trunc(toNumber(value)))
          : undefined;
  return whole !== undefined && BigInt.asIntN(64, whole) === whole ? whole : undefined;
}

/** A test for `$mod: [divisor, remainder]`. @throws StoreError 2 for a malformed operand. */
export function modTest(operand: unknown): ValueTest {
  if (!Array.isArray(operand)) return refuse('malformed mod, needs to be an array');
  if (operand.length < 2) return refuse('malformed mod, not enough elements');
  if (operand.length > 2) return refuse('malformed mod, too many elements');
  const divisor = asWhole(operand[0], 'divisor');
  const remainder = asWhole(operand[1], 'remainder');
  if (divisor === 0n) return refuse('divisor cannot be 0');
  return (value) => {
    const whole = truncated(value);
    return whole !== undefined && whole % divisor === remainder;
  };
}

function parseTypes(operand: unknown): ReadonlySet<BsonType> {
  const types = new Set<BsonType>();
  const given: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  if (given.length === 0) return refuse('$type must match at least one type', 'FailedToParse');
  for (const each of given) for (const type of parseType(each)) types.add(type);
  return types;
}

function isTypeName(name: string): name is BsonType {
  return Object.hasOwn(BSON_TYPES, name);
}

function parseType(given: unknown): readonly BsonType[] {
  if (given === 'number') return ['int', 'long', 'double', 'decimal'];
  if (typeof given === 'string') {
    return isTypeName(given) ? [given] : refuse(`Unknown type name alias: ${given}`);
  }
  if (!isNumeric(given))
    return refuse('type must be represented as a number or a string', 'TypeMismatch');
  const number = toInteger(given);
  const found = Object.entries(BSON_TYPES).find(([, { number: known }]) => known === number);
  if (found === undefined) return refuse(`Invalid numerical type code: ${toNumber(given)}`);
  return isTypeName(found[0]) ? [found[0]] : [];
}

/** A test for `$type` by alias, number or a list of them. @throws StoreError 2 for an unknown type. */
export function typeTest(operand: unknown): ValueTest {
  const types = parseTypes(operand);
  return (value) => value !== undefined && types.has(bsonTypeOf(value));
}

type BitOf = (position: number) => boolean;

function bitsOf(value: unknown): BitOf | undefined {
  if (bsonTypeOf(value) === 'binData') {
    const { bytes } = binaryOf(value);
    return (position) => (((bytes[position >> 3] ?? 0) >> (position & 7)) & 1) === 1;
  }
  if (!isNumeric(value) || (typeof value === 'number' && !Number.isInteger(value)))
    return undefined;
  const whole = truncated(value);
  if (whole === undefined || compareValues(whole, value) !== 0) return undefined;
  return (position) => ((whole >> BigInt(position)) & 1n) === 1n;
}

/** Bit positions of a `$bits…` operand: a mask, binary data, or a list of positions. @throws StoreError 2 or 9. */
export function parseBitPositions(operand: unknown, operator: string): readonly number[] {
  if (Array.isArray(operand)) {
    return operand.map((position) => {
      const whole = toInteger(position);
      return whole === undefined || whole < 0
        ? refuse(
            `Failed to parse bit position. Expected a non-negative number in: ${operator}`,
            'FailedToParse',
          )
        : whole;
    });
  }
  const bitOf = bitsOf(operand);
  if (bitOf === undefined || (isNumeric(operand) && toNumber(operand) < 0)) {
    return refuse(
      `${operator} takes an Array, a number, or a BinData but received: ${String(operand)}`,
    );
  }
  const length = isNumeric(operand) ? 64 : binaryOf(operand).bytes.length * 8;
  return Array.from({ length }, (_, position) => position).filter(bitOf);
}

export type BitsOperator = '$bitsAllSet' | '$bitsAllClear' | '$bitsAnySet' | '$bitsAnyClear';

/** A test of bits of whole numbers and binary data. */
export function bitsTest(operator: BitsOperator, operand: unknown): ValueTest {
  const positions = parseBitPositions(operand, operator);
  const wanted = operator === '$bitsAllSet' || operator === '$bitsAnySet';
  const isAll = operator === '$bitsAllSet' || operator === '$bitsAllClear';
  return (value) => {
    const bitOf = bitsOf(value);
    if (bitOf === undefined) return false;
    return isAll
      ? positions.every((position) => bitOf(position) === wanted)
      : positions.some((position) => bitOf(position) === wanted);
  };
}
