import { Double, Int32, Long, deserialize, serialize } from 'bson';
import { StoreError } from '../../errors.ts';
import { isFields, putField, type Fields } from '../../query/bson-values.ts';
import type { Document } from '../engine.ts';
import { decodeExactly } from './decode-exactly.ts';

const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** Decodes as the contract says: JavaScript numbers, Long only beyond 2^53, Binary and BSONRegExp as classes. */
export function decodeDocument(raw: Uint8Array): Document {
  return deserialize(raw, {
    promoteValues: true,
    promoteLongs: true,
    promoteBuffers: false,
    bsonRegExp: true,
  });
}

/**
 * Encodes a document; `undefined` fields are left out.
 *
 * @throws StoreError 10334 beyond 16 MB.
 */
export function encodeDocument(document: Document): Buffer {
  const bytes = serialize(document, { ignoreUndefined: true });
  if (bytes.length > MAX_DOCUMENT_BYTES) throw tooLarge(bytes.length);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Raw bytes as they came, once their size is known to be right. @throws StoreError 10334 beyond 16 MB. */
export function checkedRaw(raw: Uint8Array): Buffer {
  if (raw.length > MAX_DOCUMENT_BYTES) throw tooLarge(raw.length);
  return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
}

function tooLarge(bytes: number): StoreError {
  return new StoreError(
    'BSONObjectTooLarge',
    `object to insert too large. size in bytes: ${bytes}, max size: ${MAX_DOCUMENT_BYTES}`,
  );
}

/**
 * The new version of a document with the number types of the old one where the number is the same:
 * a stored Double 1.0 or Long 5 does not become an Int32 because another field was updated.
 */
export function keepNumberTypes(after: Document, rawBefore: Uint8Array): Document {
  const before = deserialize(rawBefore, {
    promoteValues: false,
    promoteLongs: false,
    promoteBuffers: false,
    bsonRegExp: true,
  });
  return keptFields(after, before);
}

function keptFields(after: Fields, before: Fields): Fields {
  const kept: Fields = {};
  for (const [name, value] of Object.entries(after)) {
    putField(kept, name, keptValue(value, Object.hasOwn(before, name) ? before[name] : undefined));
  }
  return kept;
}

function keptValue(after: unknown, before: unknown): unknown {
  if (typeof after === 'number') return sameNumber(after, before) ? before : after;
  if (Array.isArray(after)) {
    const old: readonly unknown[] = Array.isArray(before) ? before : [];
    return after.map((element: unknown, index) => keptElement(element, old, index));
  }
  if (isFields(after) && isFields(before) && isLiteral(after) && isLiteral(before)) {
    return keptFields(after, before);
  }
  return after;
}

/** Elements may have moved: the same place first, then any place that holds the number. */
function keptElement(element: unknown, old: readonly unknown[], index: number): unknown {
  const kept = keptValue(element, old[index]);
  if (kept !== element || typeof element !== 'number') return kept;
  return old.find((candidate) => sameNumber(element, candidate)) ?? element;
}

function sameNumber(number: number, typed: unknown): boolean {
  if (typed instanceof Double || typed instanceof Int32) return Object.is(typed.value, number);
  return typed instanceof Long && typed.toNumber() === number;
}

/** Plain fields, not an instance of one of bson's classes. */
function isLiteral(value: Fields): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A document as it lies in storage; decoded when first asked for, once. */
export class StoredDocument {
  readonly raw: Buffer;
  readonly recordId: number;
  #document: Document | undefined;
  #isExact = false;

  constructor(raw: Buffer, recordId: number) {
    this.raw = raw;
    this.recordId = recordId;
  }

  /** From now on `document` tells every number's type. */
  exactly(): this {
    if (!this.#isExact) this.#document = undefined;
    this.#isExact = true;
    return this;
  }

  get document(): Document {
    this.#document ??= this.#isExact ? decodeExactly(this.raw) : decodeDocument(this.raw);
    return this.#document;
  }
}
