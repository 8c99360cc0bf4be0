import { Double, Int32, deserialize } from 'bson';
import { bsonTypeOf, putField, type Fields } from '../../query/bson-values.ts';
import type { Document } from '../engine.ts';
import { VALUE_BYTES } from './value-bytes.ts';

const TYPED = {
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  bsonRegExp: true,
} as const;
const PROMOTED = { ...TYPED, promoteValues: true } as const;

/**
 * Decodes so that every number's BSON type can be told, and encoding gives the same bytes again.
 *
 * A JavaScript number stays one where its type is plain from its value (whole within 32 bits: int, any other: double);
 * a whole double within 32 bits is a `Double`, a 64-bit number always a `Long`. Binary and BSONRegExp stay classes.
 */
export function decodeDocument(raw: Uint8Array): Document {
  // Almost no document holds a whole double, and to look for one costs a tenth of what decoding each number apart would.
  if (!losesTypes(raw)) return deserialize(raw, PROMOTED);
  const document = deserialize(raw, TYPED);
  simplify(document);
  return document;
}

const TYPE_DOUBLE = 0x01;
const TYPE_BINARY = 0x05;
/** Bytes of a value by its type, -1 where that is not all there is to it. */
const FIXED_BYTES = new Int8Array(256).fill(-1);
for (const [type, bytes] of VALUE_BYTES) FIXED_BYTES[type] = bytes;
// Of a document or an array only its length: what is inside comes next.
for (const type of [0x03, 0x04]) FIXED_BYTES[type] = 4;
const TYPE_STRING = 0x02;
const TYPE_CODE = 0x0d;

/** Whether promotion would lose a type: of a double that looks like a 32-bit number, or of a symbol. True also for what this cannot read. */
function losesTypes(raw: Uint8Array): boolean {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const end = raw.length;
  let at = 4;
  while (at < end) {
    const type = raw[at++] ?? 0;
    if (type === 0) continue;
    while (at < end && raw[at] !== 0) at += 1;
    at += 1;
    if (type === TYPE_DOUBLE) {
      if (at + 8 > end) return true;
      const value = view.getFloat64(at, true);
      if (value === Math.trunc(value) && Math.abs(value) <= 0x80000000) return true;
      at += 8;
      continue;
    }
    const fixed = FIXED_BYTES[type] ?? -1;
    if (fixed >= 0) at += fixed;
    else if (at + 4 > end) return true;
    else if (type === TYPE_STRING || type === TYPE_CODE) at += 4 + view.getInt32(at, true);
    else if (type === TYPE_BINARY) at += 5 + view.getInt32(at, true);
    else return true;
  }
  return false;
}

/** In place: nobody else holds what was just decoded. */
function simplify(fields: Fields): void {
  for (const [name, value] of Object.entries(fields)) {
    const simple = simplified(value);
    if (simple !== value) putField(fields, name, simple);
  }
}

function simplified(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Int32) return value.value;
  if (value instanceof Double) return bsonTypeOf(value.value) === 'double' ? value.value : value;
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) value[index] = simplified(element);
    return value;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) simplify(value as Fields);
  return value;
}
