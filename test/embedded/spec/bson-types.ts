import { BSON, Binary, Decimal128, Double, Int32, Long, ObjectId, Timestamp } from 'mongodb';

type TypeTest = (value: unknown) => boolean;

const bsonTypeIs =
  (name: string): TypeTest =>
  (value) =>
    typeof value === 'object' && value !== null && Reflect.get(value, '_bsontype') === name;

const isNumber: TypeTest = (value) => typeof value === 'number';
const isInteger: TypeTest = (value) => Number.isInteger(value);

/** The type names of MongoDB's `$type`, each with its test. The driver promotes numbers, so an integral number is int, long and double. */
const TYPE_TESTS: Readonly<Record<string, TypeTest>> = {
  double: (value) => isNumber(value) || value instanceof Double,
  string: (value) => typeof value === 'string',
  object: (value) => isPlainDocument(value),
  array: (value) => Array.isArray(value),
  binData: (value) => value instanceof Binary || value instanceof Uint8Array,
  undefined: (value) => value === undefined,
  objectId: (value) => value instanceof ObjectId,
  bool: (value) => typeof value === 'boolean',
  date: (value) => value instanceof Date,
  null: (value) => value === null,
  regex: (value) => value instanceof RegExp || bsonTypeIs('BSONRegExp')(value),
  dbPointer: bsonTypeIs('DBRef'),
  javascript: bsonTypeIs('Code'),
  javascriptWithScope: bsonTypeIs('Code'),
  symbol: bsonTypeIs('BSONSymbol'),
  int: (value) => isInteger(value) || value instanceof Int32,
  timestamp: (value) => value instanceof Timestamp,
  long: (value) =>
    isInteger(value) ||
    typeof value === 'bigint' ||
    (value instanceof Long && !(value instanceof Timestamp)),
  decimal: (value) => value instanceof Decimal128,
  minKey: bsonTypeIs('MinKey'),
  maxKey: bsonTypeIs('MaxKey'),
  number: (value) => numericValue(value) !== undefined || value instanceof Decimal128,
};

/**
 * Whether a value has the type that MongoDB calls `name`.
 *
 * @throws Error when there is no such type name.
 * @see https://www.mongodb.com/docs/manual/reference/operator/query/type/
 */
export function hasBsonType(value: unknown, name: string): boolean {
  const test = TYPE_TESTS[name];
  if (test === undefined) throw new Error(`no BSON type is called ${name}`);
  return test(value);
}

/** Whether a value is an embedded document: not an array, a date, bytes or a BSON value class. */
export function isPlainDocument(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (value instanceof Date || value instanceof Uint8Array || value instanceof RegExp) return false;
  return Reflect.get(value, '_bsontype') === undefined;
}

/** The number a value stands for, exact as a bigint where it has no fraction; absent for anything but int, long and double. */
export function numericValue(value: unknown): number | bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (value instanceof Long && !(value instanceof Timestamp)) return value.toBigInt();
  const number = value instanceof Int32 || value instanceof Double ? value.value : value;
  if (typeof number !== 'number') return undefined;
  return Number.isInteger(number) ? BigInt(number) : number;
}

/** Equality of two scalars: numbers by value whatever their width, everything else by type and bytes. */
export function scalarsEqual(left: unknown, right: unknown): boolean {
  const leftNumber = numericValue(left);
  const rightNumber = numericValue(right);
  if (leftNumber !== undefined && rightNumber !== undefined)
    return Object.is(leftNumber, rightNumber);
  if (left === undefined || right === undefined) return left === right;
  return showValue(left) === showValue(right);
}

/** A value as canonical Extended JSON, for comparison and for messages. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  return BSON.EJSON.stringify(value, { relaxed: false });
}
