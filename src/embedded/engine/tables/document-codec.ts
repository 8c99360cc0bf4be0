import { serialize } from 'bson';
import { StoreError } from '../../errors.ts';
import type { Document } from '../engine.ts';
import { decodeDocument } from './decode-document.ts';

const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

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

/** A document as it lies in storage; decoded when first asked for, once. */
export class StoredDocument {
  readonly raw: Buffer;
  readonly recordId: number;
  #document: Document | undefined;

  constructor(raw: Buffer, recordId: number) {
    this.raw = raw;
    this.recordId = recordId;
  }

  get document(): Document {
    this.#document ??= decodeDocument(this.raw);
    return this.#document;
  }
}
