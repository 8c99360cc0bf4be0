import type { Fold } from '../../query/collation-fold.ts';
import type { Code, DBRef, ObjectId } from 'bson';
import {
  binaryOf,
  bsonTypeOf,
  fieldsOf,
  regexPartsOf,
  textOf,
  timestampBits,
  type BsonType,
  type Fields,
  type NumberValue,
} from '../../query/bson-values.ts';
import { KeyWriter } from './key-writer.ts';
import { writeNumber } from './number-key.ts';

/** The first byte of an encoded value: MongoDB's order of types, never 0. */
export const TYPE_TAGS = {
  minKey: 1,
  undefined: 2,
  null: 3,
  int: 4,
  long: 4,
  double: 4,
  decimal: 4,
  string: 5,
  symbol: 5,
  object: 6,
  array: 7,
  binData: 8,
  objectId: 9,
  bool: 10,
  date: 11,
  timestamp: 12,
  regex: 13,
  dbPointer: 14,
  javascript: 15,
  javascriptWithScope: 16,
  maxKey: 17,
} as const satisfies Record<BsonType, number>;

/** A fold that is absent means byte order. */
type Write = (writer: KeyWriter, value: unknown, fold: Fold | undefined) => void;

const nothing: Write = () => undefined;
const number: Write = (writer, value) => {
  writeNumber(writer, value as NumberValue);
};
const text: Write = (writer, value, fold) => {
  const plain = textOf(value);
  writer.text(fold === undefined ? plain : fold(plain));
};

const WRITERS: Readonly<Record<BsonType, Write>> = {
  minKey: nothing,
  undefined: nothing,
  null: nothing,
  int: number,
  long: number,
  double: number,
  decimal: number,
  string: text,
  symbol: text,
  object: (writer, value, fold) => {
    writeFields(writer, fieldsOf(value as Fields), fold);
  },
  array: (writer, value, fold) => {
    for (const element of value as readonly unknown[]) writeValue(writer, element, fold);
    writer.byte(0);
  },
  binData: (writer, value) => {
    const { bytes, subtype } = binaryOf(value);
    writer.uint32(bytes.length);
    writer.byte(subtype);
    writer.bytes(bytes);
  },
  objectId: (writer, value) => {
    writer.bytes((value as ObjectId).id);
  },
  bool: (writer, value) => {
    writer.byte(value === true ? 1 : 0);
  },
  date: (writer, value) => {
    writer.double((value as Date).getTime());
  },
  timestamp: (writer, value) => {
    const bits = timestampBits(value);
    writer.uint32(Number(bits >> 32n));
    writer.uint32(Number(bits & 0xffff_ffffn));
  },
  regex: (writer, value) => {
    const { pattern, options } = regexPartsOf(value);
    writer.text(pattern);
    writer.text(options);
  },
  dbPointer: (writer, value) => {
    const pointer = value as DBRef;
    writer.text(pointer.collection);
    writer.bytes(pointer.oid.id);
  },
  javascript: (writer, value) => {
    writer.text(typeof value === 'function' ? String(value) : (value as Code).code);
  },
  javascriptWithScope: (writer, value, fold) => {
    writer.text((value as Code).code);
    writeFields(writer, (value as Code).scope ?? {}, fold);
  },
  maxKey: nothing,
};

const shared = new KeyWriter();

/**
 * Encodes one value so that comparing bytes compares values in MongoDB's order, and so that no
 * encoding is the beginning of another. `undefined` (an empty array in an index) sorts below null;
 * absent fields are encoded as null by the caller.
 *
 * @see https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
 */
export function encodeValueKey(value: unknown, fold?: Fold): Buffer {
  shared.reset();
  writeValue(shared, value, fold);
  return shared.done();
}

/** The first byte {@link encodeValueKey} gives. */
export function typeTagOf(value: unknown): number {
  return TYPE_TAGS[bsonTypeOf(value)];
}

function writeValue(writer: KeyWriter, value: unknown, fold: Fold | undefined): void {
  const type = bsonTypeOf(value);
  writer.byte(TYPE_TAGS[type]);
  WRITERS[type](writer, value, fold);
}

/** Fields compare by type, then name, then value; of two otherwise equal objects the one with fewer fields comes first. */
function writeFields(writer: KeyWriter, fields: Fields, fold: Fold | undefined): void {
  for (const [name, value] of Object.entries(fields)) {
    writer.byte(typeTagOf(value));
    writer.text(name);
    writeValue(writer, value, fold);
  }
  writer.byte(0);
}
