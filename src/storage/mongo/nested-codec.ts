import { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'mongodb';
import { decodeJson, decodeRecord, encodeJson, type ForeignDecoder } from '../../parse/json.ts';
import { Bytes, isParseRecord, type ParseRecord, type ParseValue } from '../../parse/values.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * A stored value inside an Object or Array column → our value; `undefined` for what no Parse value can say.
 *
 * `{__type: 'Pointer', …}` and its like become values, BSON dates and binaries too; a malformed one stays a plain record.
 * Parse Server 9 stores Bytes inside an object as `{buffer: {0: …}, sub_type: 0, position: n}`: that reads as Bytes again.
 */
export function decodeNested(stored: unknown): ParseValue | undefined {
  return decodeJson(stored, decodeBson);
}

/** A stored record → a record, whatever its own `__type` says. */
export function decodeNestedRecord(stored: Json): ParseRecord {
  return decodeRecord(stored, decodeBson);
}

/** BSON's own value types → ours. */
const decodeBson: ForeignDecoder = (value) => {
  if (value instanceof Binary) return { value: decodeBinary(value) };
  if (value instanceof Long) return { value: value.toNumber() };
  if (value instanceof Double || value instanceof Int32) return { value: value.valueOf() };
  if (value instanceof ObjectId) return { value: value.toHexString() };
  if (value instanceof Decimal128) return { value: value.toString() };
  if (value instanceof RegExp || '_bsontype' in value) return { value: undefined };
  const bytes = decodeSpreadBinary(value as Json);
  return bytes === undefined ? undefined : { value: bytes };
};

/** The content as base64. */
export function decodeBinary(binary: Binary): Bytes {
  return new Bytes(Buffer.from(binary.value()).toString('base64'));
}

function decodeSpreadBinary(value: Json): Bytes | undefined {
  const { buffer, sub_type: subType, position } = value;
  if (typeof subType !== 'number' || typeof position !== 'number') return undefined;
  if (typeof buffer !== 'object' || buffer === null || Object.keys(value).length !== 3) {
    return undefined;
  }
  const bytes = Object.values(buffer).slice(0, position) as readonly unknown[];
  const isWhole = bytes.length === position && bytes.every(isByte);
  return isWhole ? new Bytes(Buffer.from(bytes).toString('base64')) : undefined;
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 256;
}

/**
 * A value inside an Object or Array column → its stored form: REST JSON, but dates are BSON dates and Bytes a BSON binary.
 *
 * Bytes are where we differ from Parse Server 9 on purpose: what it stores there does not read back as Bytes.
 */
export function encodeNested(value: ParseValue): unknown {
  if (value instanceof Date) return value;
  if (value instanceof Bytes) return new Binary(Buffer.from(value.base64, 'base64'));
  if (Array.isArray(value)) return value.map((part: ParseValue) => encodeNested(part));
  if (!isParseRecord(value)) return encodeJson(value);
  return encodeNestedRecord(value);
}

/** A record → its stored form. */
export function encodeNestedRecord(record: ParseRecord): Json {
  return Object.fromEntries(
    Object.entries(record).map(([key, part]) => [key, encodeNested(part)] as const),
  );
}
