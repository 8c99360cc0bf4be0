import { bsonTypeOf, fieldsOf, isFields } from '../../query/bson-values.ts';
import { EVERYTHING, pointInterval, prefixInterval, type KeyInterval } from '../keys/key-range.ts';
import type { PreparedIndex } from '../keys/prepared-index.ts';
import type { RangeTest, ValueTest } from './predicates.ts';
import { encodeValueKey, TYPE_TAGS, typeTagOf } from '../keys/value-key.ts';

/** How an index's collation stands to a query's: strings can be looked up only when both are the same. */
export interface StringMatching {
  readonly isSameCollation: boolean;
  /** Neither has a collation, so that key order is the order of strings. */
  readonly isByteOrder: boolean;
}

/**
 * The encoded values that satisfy a test, for an ascending part; undefined when this index cannot tell
 * (strings under another collation, ranges of strings under any). A superset: what it admits may still be refused.
 */
export function intervalsOf(
  test: ValueTest,
  index: PreparedIndex,
  strings: StringMatching,
): readonly KeyInterval[] | undefined {
  switch (test.kind) {
    case 'points':
      return canLookUp(test.values, index, strings)
        ? test.values.map((value) => pointInterval(encodeValueKey(value, index.fold)))
        : undefined;
    case 'prefix':
      return strings.isByteOrder ? prefixIntervals(test.text) : undefined;
    case 'present':
      return [EVERYTHING];
    case 'range':
      return rangeIntervals(test, strings);
  }
}

function canLookUp(
  values: readonly unknown[],
  index: PreparedIndex,
  { isSameCollation }: StringMatching,
): boolean {
  return (isSameCollation && index.isFoldExact) || !values.some(hasText);
}

/** Whether a collation has a say in comparing this value. */
function hasText(value: unknown): boolean {
  if (typeof value === 'string') return true;
  if (Array.isArray(value)) return value.some(hasText);
  if (isFields(value)) return Object.values(fieldsOf(value)).some(hasText);
  return bsonTypeOf(value) === 'symbol';
}

/** Strings that begin with the text, and regular expressions stored as values, which a pattern also equals. */
function prefixIntervals(text: string): readonly KeyInterval[] {
  const whole = encodeValueKey(text);
  return [
    prefixInterval(whole.subarray(0, whole.length - 2)),
    prefixInterval(Buffer.of(TYPE_TAGS.regex)),
  ];
}

function rangeIntervals(
  { operator, value, isAcrossTypes }: RangeTest,
  strings: StringMatching,
): readonly KeyInterval[] | undefined {
  const type = bsonTypeOf(value);
  if (!strings.isByteOrder && (isAcrossTypes || hasText(value))) return undefined;
  if (type === 'array') return undefined;
  if (!isAcrossTypes && type === 'object' && !strings.isByteOrder) return undefined;
  const isFrom = operator === '$gt' || operator === '$gte';
  if (!isAcrossTypes && (type === 'null' || type === 'undefined')) {
    return isFrom && operator === '$gt' ? [] : nothingValues();
  }
  if (!isAcrossTypes && isNumberType(type)) return numberRange(isFrom, operator, value);
  const bound = {
    bytes: encodeValueKey(value),
    isInclusive: operator === '$gte' || operator === '$lte',
  };
  const isUnbracketed = isAcrossTypes || type === 'minKey' || type === 'maxKey';
  const edge = isUnbracketed
    ? EVERYTHING.low
    : { bytes: Buffer.of(typeTagOf(value)), isInclusive: true };
  return [
    isFrom
      ? { low: bound, high: edge, isPoint: false }
      : { low: edge, high: bound, isPoint: false },
  ];
}

function nothingValues(): readonly KeyInterval[] {
  return [pointInterval(encodeValueKey(null)), pointInterval(encodeValueKey(undefined))];
}

function isNumberType(type: ReturnType<typeof bsonTypeOf>): boolean {
  return TYPE_TAGS[type] === TYPE_TAGS.double;
}

const NAN = encodeValueKey(Number.NaN);

/** NaN equals itself, and is neither below nor above any other number. */
function numberRange(
  isFrom: boolean,
  operator: RangeTest['operator'],
  value: unknown,
): readonly KeyInterval[] {
  const bytes = encodeValueKey(value);
  const isInclusive = operator === '$gte' || operator === '$lte';
  if (bytes.equals(NAN)) return isInclusive ? [pointInterval(NAN)] : [];
  const numbers = { bytes: Buffer.of(TYPE_TAGS.double), isInclusive: true };
  return isFrom
    ? [{ low: { bytes, isInclusive }, high: numbers, isPoint: false }]
    : [{ low: { bytes: NAN, isInclusive: false }, high: { bytes, isInclusive }, isPoint: false }];
}
