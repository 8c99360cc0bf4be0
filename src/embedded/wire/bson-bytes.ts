import { BSONError } from 'bson';

import type { Document } from '../engine/engine.ts';
import { decodeDocument } from '../engine/tables/decode-document.ts';
import { VALUE_BYTES } from '../engine/tables/value-bytes.ts';
import { StoreError } from '../errors.ts';
import { LIMITS } from '../limits.ts';

const TYPE_DOCUMENT = 0x03;
const TYPE_ARRAY = 0x04;
const TYPE_BINARY = 0x05;
const TYPE_REGEX = 0x0b;
const TYPE_POINTER = 0x0c;
const TYPE_SCOPED_CODE = 0x0f;

/** Types that are a length and that many bytes. */
const STRING_TYPES: ReadonlySet<number> = new Set([0x02, 0x0d, 0x0e]);

const invalid = (detail: string) => new StoreError('InvalidBSON', `invalid BSON: ${detail}`);

function endOfCString(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(0, from);
  if (end < 0) throw invalid('a name is not terminated');
  return end + 1;
}

/** Where the value ends or, for one that nests, where its first element begins. */
function endOfHead(bytes: Buffer, type: number, at: number): number {
  if (type === TYPE_DOCUMENT || type === TYPE_ARRAY) return at + 4;
  if (type === TYPE_SCOPED_CODE) return at + 8 + bytes.readInt32LE(at + 4) + 4;
  const fixed = VALUE_BYTES.get(type);
  if (fixed !== undefined) return at + fixed;
  if (STRING_TYPES.has(type)) return at + 4 + bytes.readInt32LE(at);
  if (type === TYPE_BINARY) return at + 5 + bytes.readInt32LE(at);
  if (type === TYPE_REGEX) return endOfCString(bytes, endOfCString(bytes, at));
  if (type === TYPE_POINTER) return at + 4 + bytes.readInt32LE(at) + 12;
  throw invalid(`a value has the unknown type ${type}`);
}

/**
 * Refuses a document that nests deeper than the store's own recursion may go, before anything else looks at it.
 *
 * @throws StoreError 15 beyond 200 levels, 22 when the bytes are not BSON.
 */
function assertShallow(bytes: Buffer): void {
  let at = 4;
  let depth = 1;
  while (at < bytes.length) {
    const type = bytes[at] ?? 0;
    at += 1;
    if (type === 0) {
      depth -= 1;
      if (depth === 0) return;
      continue;
    }
    while (bytes[at] !== 0) {
      if (at >= bytes.length) throw invalid('a name is not terminated');
      at += 1;
    }
    at += 1;
    if (type === TYPE_DOCUMENT || type === TYPE_ARRAY || type === TYPE_SCOPED_CODE) {
      depth += 1;
      if (depth > LIMITS.nestedLevels) {
        throw new StoreError(
          'Overflow',
          `BSONObj exceeds maximum nested object depth: ${LIMITS.nestedLevels}`,
        );
      }
    }
    const end = endOfHead(bytes, type, at);
    if (end < at) throw invalid('a length is negative');
    at = end;
  }
  throw invalid('a document does not end');
}

/**
 * Reads one document from exactly these bytes.
 *
 * Strings, booleans and dates become JavaScript's own, numbers as far as their type stays plain; everything else stays a BSON class.
 *
 * @throws StoreError 22 when the bytes are not BSON, 15 when they nest beyond 200 levels.
 */
export function decodeBson(bytes: Buffer): Document {
  try {
    assertShallow(bytes);
    return decodeDocument(bytes);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    if (error instanceof BSONError || error instanceof RangeError) throw invalid(error.message);
    throw error;
  }
}
