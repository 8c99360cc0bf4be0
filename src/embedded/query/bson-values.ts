import type {
  BSONRegExp,
  Binary,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  ObjectId,
  Timestamp,
} from 'bson';

/** Every BSON type by MongoDB's alias: its number on the wire and its place in the comparison order. */
export const BSON_TYPES = {
  minKey: { number: -1, rank: -1 },
  undefined: { number: 6, rank: 0 },
  null: { number: 10, rank: 5 },
  int: { number: 16, rank: 10 },
  long: { number: 18, rank: 10 },
  double: { number: 1, rank: 10 },
  decimal: { number: 19, rank: 10 },
  string: { number: 2, rank: 15 },
  symbol: { number: 14, rank: 15 },
  object: { number: 3, rank: 20 },
  array: { number: 4, rank: 25 },
  binData: { number: 5, rank: 30 },
  objectId: { number: 7, rank: 35 },
  bool: { number: 8, rank: 40 },
  date: { number: 9, rank: 45 },
  timestamp: { number: 17, rank: 47 },
  regex: { number: 11, rank: 50 },
  dbPointer: { number: 12, rank: 55 },
  javascript: { number: 13, rank: 60 },
  javascriptWithScope: { number: 15, rank: 65 },
  maxKey: { number: 127, rank: 127 },
} as const;

export type BsonType = keyof typeof BSON_TYPES;

/** A plain object: field order is significant. */
export type Fields = Record<string, unknown>;

const CLASS_TYPES: Readonly<Record<string, BsonType>> = {
  ObjectId: 'objectId',
  ObjectID: 'objectId',
  Long: 'long',
  Int32: 'int',
  Double: 'double',
  Decimal128: 'decimal',
  Binary: 'binData',
  Timestamp: 'timestamp',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
  BSONRegExp: 'regex',
  BSONSymbol: 'symbol',
  DBRef: 'object',
};

/** The name `bson` gives one of its own values, or undefined for anything else (a stored field may bear that name too). */
function classNameOf(value: object): string | undefined {
  const tag: unknown = (value as Fields)['_bsontype'];
  return typeof tag === 'string' && !Object.hasOwn(value, '_bsontype') ? tag : undefined;
}

function typeOfNumber(value: number): BsonType {
  return Number.isInteger(value) &&
    value >= -0x80000000 &&
    value <= 0x7fffffff &&
    !Object.is(value, -0)
    ? 'int'
    : 'double';
}

/**
 * The BSON type of a decoded value. A whole JavaScript number within 32 bits is an `int`, any other a
 * `double`; `undefined` is both BSON's undefined and an absent field.
 */
export function bsonTypeOf(value: unknown): BsonType {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return typeOfNumber(value);
    case 'boolean':
      return 'bool';
    case 'undefined':
      return 'undefined';
    case 'bigint':
      return 'long';
    case 'symbol':
      return 'symbol';
    case 'function':
      return 'javascript';
    case 'object':
      return value === null ? 'null' : typeOfObject(value);
  }
}

function typeOfObject(value: object): BsonType {
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  const name = classNameOf(value);
  if (name !== undefined) {
    if (name === 'Code') {
      return (value as Code).scope === null ? 'javascript' : 'javascriptWithScope';
    }
    return CLASS_TYPES[name] ?? 'object';
  }
  if (value instanceof RegExp) return 'regex';
  if (value instanceof Uint8Array) return 'binData';
  return 'object';
}

/** Where a type stands in MongoDB's comparison order; equal for types that compare by value (all numbers). */
export function rankOf(value: unknown): number {
  return BSON_TYPES[bsonTypeOf(value)].rank;
}

/** Whether a value is an embedded document. A DBRef counts: `bson` decodes `{$ref, $id}` as one. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && typeOfObject(value) === 'object';
}

/** Whether a value is an object literal of a query, as against a DBRef or any other BSON value. */
export function isPlainObject(value: unknown): value is Fields {
  return isFields(value) && classNameOf(value) === undefined;
}

/** An embedded document as plain fields: itself, or a DBRef's `{$ref, $id, $db?, …}`. */
export function fieldsOf(value: Fields): Fields {
  if (classNameOf(value) !== 'DBRef') return value;
  const reference = value as unknown as DBRef;
  return {
    $ref: reference.collection,
    $id: reference.oid,
    ...(reference.db === undefined ? {} : { $db: reference.db }),
    ...reference.fields,
  };
}

/** One own field, or undefined; never something inherited. */
export function fieldOf(value: Fields, name: string): unknown {
  const fields = fieldsOf(value);
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** Sets one field, also when it is named `__proto__`. */
export function putField(target: Fields, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
    return;
  }
  target[name] = value;
}

export type NumberValue = number | bigint | Long | Int32 | Double | Decimal128;

/** Whether a value is one of the four numeric types. */
export function isNumeric(value: unknown): value is NumberValue {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return true;
    case 'object':
      return value !== null && BSON_TYPES[typeOfObject(value)].rank === BSON_TYPES.int.rank;
    default:
      return false;
  }
}

/** Any number as a JavaScript number, rounded where it must be. NaN for anything else. */
export function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (!isNumeric(value)) return Number.NaN;
  if (typeof value === 'bigint') return Number(value);
  switch (bsonTypeOf(value)) {
    case 'long':
      return (value as Long).toNumber();
    case 'decimal':
      return Number((value as Decimal128).toString());
    default:
      return (value as Int32 | Double).valueOf();
  }
}

/** A whole number of any numeric type, or undefined. */
export function toInteger(value: unknown): number | undefined {
  const number = toNumber(value);
  return Number.isInteger(number) ? number : undefined;
}

/** The bytes and subtype of binary data. */
export function binaryOf(value: unknown): { bytes: Uint8Array; subtype: number } {
  if (value instanceof Uint8Array) return { bytes: value, subtype: 0 };
  const binary = value as Binary;
  return { bytes: binary.buffer.subarray(0, binary.position), subtype: binary.sub_type };
}

/** The pattern and MongoDB options of a regular expression. */
export function regexPartsOf(value: unknown): { pattern: string; options: string } {
  if (value instanceof RegExp) {
    return {
      pattern: value.source,
      options: value.flags.replace(/[^ims]/g, ''),
    };
  }
  const regex = value as BSONRegExp;
  return { pattern: regex.pattern, options: regex.options };
}

/** The text of a string or of the deprecated symbol type. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'symbol' ? (value.description ?? '') : (value as BSONSymbol).value;
}

/** Unsigned 64-bit value of a timestamp. */
export function timestampBits(value: unknown): bigint {
  return (value as Timestamp).toBigInt();
}

/** The 24 hexadecimal digits of an ObjectId. */
export function objectIdHex(value: unknown): string {
  return (value as ObjectId).toHexString();
}
