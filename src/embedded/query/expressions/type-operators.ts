import { Binary, Decimal128, Long, ObjectId, UUID } from 'bson';
import type { Timestamp } from 'bson';
import { doubleOf, toDecimal, wholeNumber } from '../arithmetic.ts';
import {
  BSON_TYPES,
  binaryOf,
  bsonTypeOf,
  isNumeric,
  objectIdHex,
  textOf,
  toNumber,
  type BsonType,
} from '../bson-values.ts';
import {
  isNullish,
  namedOperands,
  nullable,
  typeName,
  unary,
  type OperatorCompiler,
  type OperatorTable,
} from '../expression-compiler.ts';
import { exactOf, specialOf } from '../exact-number.ts';
import { refuse, refuseAt } from '../refuse.ts';
import { parseDate } from './parse-date.ts';

const CONVERSION_FAILURE = 241;
type Target =
  'double' | 'string' | 'objectId' | 'bool' | 'date' | 'int' | 'long' | 'decimal' | 'binData';

function failed(message: string): never {
  return refuseAt(CONVERSION_FAILURE, message);
}

function unsupported(value: unknown, target: Target): never {
  return failed(
    `Unsupported conversion from ${typeName(value)} to ${target} in $convert with no onError value`,
  );
}

/** A value as string functions see it: numbers, dates and strings as text, null as undefined. @throws StoreError 16007. */
export function toText(value: unknown): string | undefined {
  if (isNullish(value)) return undefined;
  if (typeof value === 'string') return value;
  if (value instanceof Date) return dateText(value);
  const type = bsonTypeOf(value);
  if (type === 'symbol') return textOf(value);
  if (isNumeric(value)) return numberText(value);
  return refuseAt(16007, `can't convert from BSON type ${type} to String`);
}

function numberText(value: unknown): string {
  return typeof value === 'number' ? String(value) : (value as { toString(): string }).toString();
}

function dateText(value: Date): string {
  if (Number.isNaN(value.getTime())) return failed('invalid date');
  return value.toISOString();
}

function parseNumber(text: string, target: Target): number {
  if (
    !/^[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)$/i.test(text)
  ) {
    return failed(`Failed to parse number '${text}' in $convert with no onError value`);
  }
  if (/nan/i.test(text)) return Number.NaN;
  if (/inf/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const number = Number(text);
  return Number.isFinite(number) || target === 'decimal'
    ? number
    : failed(`Failed to parse number '${text}' in $convert with no onError value: Out of range`);
}

function toDouble(value: unknown): unknown {
  if (typeof value === 'boolean') return doubleOf(value ? 1 : 0);
  if (typeof value === 'string') return doubleOf(parseNumber(value, 'double'));
  if (value instanceof Date) return doubleOf(value.getTime());
  if (!isNumeric(value)) return unsupported(value, 'double');
  const number = toNumber(value);
  if (!Number.isFinite(number) && specialOf(value) === undefined) {
    return failed('Conversion would overflow target type in $convert with no onError value');
  }
  return doubleOf(number);
}

function toWhole(value: unknown, target: 'int' | 'long'): unknown {
  const whole = wholeOf(value, target);
  const bits = target === 'int' ? 32 : 64;
  if (BigInt.asIntN(bits, whole) !== whole) {
    return failed(
      `Conversion would overflow target type in $convert with no onError value: ${whole}`,
    );
  }
  return target === 'int' ? Number(whole) : Long.fromBigInt(whole);
}

function wholeOf(value: unknown, target: 'int' | 'long'): bigint {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'string') {
    return /^[+-]?\d+$/.test(value)
      ? BigInt(value.replace('+', ''))
      : failed(`Failed to parse number '${value}' in $convert with no onError value`);
  }
  if (value instanceof Date && target === 'long') return BigInt(value.getTime());
  if (!isNumeric(value)) return unsupported(value, target);
  const special = specialOf(value);
  if (special !== undefined) {
    return failed(
      `Attempt to convert ${Number.isNaN(special) ? 'NaN' : 'infinity'} value to integer type in $convert with no onError value`,
    );
  }
  const { coefficient, exponent } = exactOf(value);
  return exponent >= 0
    ? coefficient * 10n ** BigInt(exponent)
    : coefficient / 10n ** BigInt(-exponent);
}

function toDecimalValue(value: unknown): unknown {
  if (typeof value === 'boolean') return toDecimal(value ? 1 : 0);
  if (typeof value === 'string') {
    parseNumber(value, 'decimal');
    return Decimal128.fromString(value);
  }
  if (value instanceof Date) return toDecimal(wholeNumber(BigInt(value.getTime())));
  return isNumeric(value) ? toDecimal(value) : unsupported(value, 'decimal');
}

function toDate(value: unknown): Date {
  if (value instanceof Date) return value;
  if (typeof value === 'string') return parseDate(value, 'UTC');
  const type = bsonTypeOf(value);
  if (type === 'objectId') return (value as ObjectId).getTimestamp();
  if (type === 'timestamp') return new Date((value as Timestamp).t * 1000);
  if (!isNumeric(value) || type === 'int') return unsupported(value, 'date');
  const date = new Date(Math.trunc(toNumber(value)));
  return Number.isNaN(date.getTime())
    ? failed('Conversion would overflow target type in $convert with no onError value')
    : date;
}

function toObjectId(value: unknown): unknown {
  if (bsonTypeOf(value) === 'objectId') return value;
  if (typeof value !== 'string') return unsupported(value, 'objectId');
  return /^[0-9a-fA-F]{24}$/.test(value)
    ? ObjectId.createFromHexString(value)
    : failed(
        `Failed to parse objectId '${value}' in $convert with no onError value: Invalid string length for parsing to OID, expected 24 but found ${value.length}`,
      );
}

function toStringValue(value: unknown): string {
  if (typeof value === 'boolean') return String(value);
  const type = bsonTypeOf(value);
  if (type === 'objectId') return objectIdHex(value);
  if (type === 'binData') {
    const { bytes, subtype } = binaryOf(value);
    return subtype === 4 ? new UUID(bytes).toString() : Buffer.from(bytes).toString('base64');
  }
  if (type === 'string' || type === 'date' || isNumeric(value)) return toText(value) ?? '';
  return unsupported(value, 'string');
}

function toBinary(value: unknown): unknown {
  if (bsonTypeOf(value) === 'binData') return value;
  if (typeof value !== 'string') return unsupported(value, 'binData');
  return new Binary(Buffer.from(value, 'base64'), 0);
}

const CONVERSIONS: Readonly<Record<Target, (value: unknown) => unknown>> = {
  double: toDouble,
  string: toStringValue,
  objectId: toObjectId,
  bool: (value) => (isNumeric(value) ? toNumber(value) !== 0 : value !== false),
  date: toDate,
  int: (value) => toWhole(value, 'int'),
  long: (value) => toWhole(value, 'long'),
  decimal: toDecimalValue,
  binData: toBinary,
};

function targetOf(to: unknown): Target | undefined {
  const name = isNumeric(to)
    ? Object.entries(BSON_TYPES).find(([, { number }]) => number === toNumber(to))?.[0]
    : to;
  if (typeof name !== 'string')
    return refuse("$convert's 'to' argument must be a string or number", 'FailedToParse');
  if (!Object.hasOwn(BSON_TYPES, name)) return refuse(`Unknown type name: ${name}`);
  return Object.hasOwn(CONVERSIONS, name) ? (name as Target) : undefined;
}

const convert: OperatorCompiler = (operand, compiler, name) => {
  const names = {
    required: ['input', 'to'],
    optional: ['onError', 'onNull', 'format', 'byteOrder'],
  };
  const operands = namedOperands(operand, name, compiler, names);
  return (scope) => {
    const { input, to, onError, onNull, format, byteOrder } = operands(scope);
    if (format !== undefined || byteOrder !== undefined)
      return refuse("$convert with 'format' or 'byteOrder' is not supported");
    if (isNullish(input)) return onNull ?? null;
    if (isNullish(to)) return null;
    const target = targetOf(to);
    const hasOnError = typeof operand === 'object' && operand !== null && 'onError' in operand;
    try {
      if (target === undefined)
        return failed(
          `Unsupported conversion from ${typeName(input)} to ${JSON.stringify(to)} in $convert with no onError value`,
        );
      return CONVERSIONS[target](input);
    } catch (error) {
      if (hasOnError) return onError;
      throw error;
    }
  };
};

const NUMBERS: readonly BsonType[] = ['int', 'long', 'double', 'decimal'];

/** Expressions that tell or change a value's type. */
export const typeOperators: OperatorTable = {
  $convert: convert,
  $toBool: nullable(CONVERSIONS.bool),
  $toDate: nullable(CONVERSIONS.date),
  $toDecimal: nullable(CONVERSIONS.decimal),
  $toDouble: nullable(CONVERSIONS.double),
  $toInt: nullable(CONVERSIONS.int),
  $toLong: nullable(CONVERSIONS.long),
  $toObjectId: nullable(CONVERSIONS.objectId),
  $toString: nullable(CONVERSIONS.string),
  $toUUID: nullable((value) =>
    typeof value === 'string' && UUID.isValid(value)
      ? new UUID(value).toBinary()
      : failed('Failed to parse BinData in $convert with no onError value'),
  ),
  $isNumber: unary((value) => NUMBERS.includes(bsonTypeOf(value))),
  $type: unary((value) => typeName(value)),
  $binarySize: nullable((value) => {
    if (typeof value === 'string') return Buffer.byteLength(value);
    return bsonTypeOf(value) === 'binData'
      ? binaryOf(value).bytes.length
      : refuseAt(
          51276,
          `$binarySize requires a string or BinData argument, found: ${typeName(value)}`,
        );
  }),
  $tsSecond: nullable((value) => Long.fromNumber((value as Timestamp).t)),
  $tsIncrement: nullable((value) => Long.fromNumber((value as Timestamp).i)),
};
