import { Decimal128, Double, Int32, Long } from 'bson';

import type { Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';

const BSON_TAG_NAMES: Readonly<Record<string, string>> = {
  ObjectId: 'objectId',
  Binary: 'binData',
  Long: 'long',
  Int32: 'int',
  Double: 'double',
  Decimal128: 'decimal',
  Timestamp: 'timestamp',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
  BSONRegExp: 'regex',
  Code: 'javascript',
  BSONSymbol: 'symbol',
  DBRef: 'object',
};

/** The name MongoDB uses for a value's type in messages and in `$type`. */
export function bsonTypeName(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'long';
  if (typeof value === 'number') {
    return Number.isInteger(value) && Math.abs(value) <= 0x7fffffff ? 'int' : 'double';
  }
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  const tag = (value as { _bsontype?: unknown })._bsontype;
  return typeof tag === 'string' ? (BSON_TAG_NAMES[tag] ?? 'object') : 'object';
}

/** Whether a value is a document, and not an array, a date or a BSON value. */
export function isDocument(value: unknown): value is Document {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !('_bsontype' in value && typeof value._bsontype === 'string')
  );
}

/** The number a BSON number stands for; undefined when it is none. */
export function numberFrom(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Double || value instanceof Int32) return value.value;
  if (value instanceof Long) return value.toNumber();
  if (value instanceof Decimal128) return Number(value.toString());
  return undefined;
}

const NUMBER_TYPES = ['long', 'int', 'decimal', 'double'] as const;

/** `BSON field 'find.limit' is the wrong type …`, as MongoDB words it. */
export function wrongType(path: string, value: unknown, expected: readonly string[]): StoreError {
  const wanted =
    expected.length === 1 ? `type '${expected[0] ?? ''}'` : `types '[${expected.join(', ')}]'`;
  return new StoreError(
    'TypeMismatch',
    `BSON field '${path}' is the wrong type '${bsonTypeName(value)}', expected ${wanted}`,
  );
}

/** The typed fields of one command; null counts as absent, as MongoDB's parser has it. */
export interface Arguments {
  /** The field's path for messages: `find.limit`. */
  path(field: string): string;
  value(field: string): unknown;
  string(field: string): string | undefined;
  boolean(field: string): boolean | undefined;
  number(field: string): number | undefined;
  /** A whole number of at least `least`. @throws StoreError 51024 below it. */
  count(field: string, least?: number): number | undefined;
  document(field: string): Document | undefined;
  array(field: string): readonly unknown[] | undefined;
  documents(field: string): readonly Document[] | undefined;
  /** @throws StoreError 40414 when `read` found nothing. */
  required<Value>(field: string, value: Value | undefined): Value;
  /** @throws StoreError 40415 when the body has a key outside `fields`. */
  onlyFields(fields: ReadonlySet<string>): void;
}

/** Reads the fields of `body`; `prefix` is the command's name or the path of a sub-document. */
export function argumentsOf(prefix: string, body: Document): Arguments {
  const path = (field: string) => `${prefix}.${field}`;
  const value = (field: string): unknown => {
    const found = Object.hasOwn(body, field) ? body[field] : undefined;
    return found === null ? undefined : found;
  };
  const number = (field: string): number | undefined => {
    const found = value(field);
    if (found === undefined) return undefined;
    const read = numberFrom(found);
    if (read === undefined) throw wrongType(path(field), found, NUMBER_TYPES);
    return read;
  };
  const array = (field: string): readonly unknown[] | undefined => {
    const found = value(field);
    if (found === undefined || Array.isArray(found)) return found;
    throw wrongType(path(field), found, ['array']);
  };
  return {
    path,
    value,
    number,
    array,
    string(field) {
      const found = value(field);
      if (found === undefined || typeof found === 'string') return found;
      throw wrongType(path(field), found, ['string']);
    },
    boolean(field) {
      const found = value(field);
      if (found === undefined || typeof found === 'boolean') return found;
      const read = numberFrom(found);
      if (read === undefined) throw wrongType(path(field), found, ['bool', ...NUMBER_TYPES]);
      return read !== 0;
    },
    count(field, least = 0) {
      const found = number(field);
      if (found === undefined) return undefined;
      const whole = Math.trunc(found);
      if (Number.isFinite(found) && whole >= least) return whole;
      throw new StoreError(
        'BadValue',
        `BSON field '${field}' value must be >= ${least}, actual value '${found}'`,
        { code: 51024 },
      );
    },
    document(field) {
      const found = value(field);
      if (found === undefined || isDocument(found)) return found;
      throw wrongType(path(field), found, ['object']);
    },
    documents(field) {
      const found = array(field);
      return found?.map((item, index) => {
        if (isDocument(item)) return item;
        throw wrongType(path(`${field}.${index}`), item, ['object']);
      });
    },
    required(field, found) {
      if (found !== undefined) return found;
      throw new StoreError(
        'BadValue',
        `BSON field '${path(field)}' is missing but a required field`,
        { code: 40414 },
      );
    },
    onlyFields(fields) {
      for (const field of Object.keys(body)) {
        if (fields.has(field)) continue;
        throw new StoreError(
          'UnknownOperatorOrField',
          `BSON field '${path(field)}' is an unknown field.`,
          { code: 40415 },
        );
      }
    },
  };
}
