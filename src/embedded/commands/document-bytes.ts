import type { Document } from '../engine/engine.ts';
import { decodeExactly } from '../engine/tables/decode-exactly.ts';
import { isDocument } from './arguments.ts';

const bytesOf = new WeakMap<Document, Uint8Array>();

/** Remembers the bytes a document was decoded from, for as long as the document lives. */
export function rememberBytes(document: Document, bytes: Uint8Array): void {
  bytesOf.set(document, bytes);
}

/** The bytes a document came in, with the number types that decoding forgets; undefined when they are not known. */
export function receivedBytes(document: Document): Uint8Array | undefined {
  return bytesOf.get(document);
}

/** The document with the number types it came with; itself when its bytes are not known. */
export function exactDocument(document: Document): Document {
  const bytes = bytesOf.get(document);
  return bytes === undefined ? document : decodeExactly(bytes);
}

/**
 * A command's body with some of its fields decoded again, with the number types they came with: those of the body itself, and
 * documents that came beside it and have their own bytes.
 */
export function withExactFields(body: Document, fields: readonly string[]): Document {
  const bytes = bytesOf.get(body);
  if (bytes === undefined) return body;
  let decoded: Document | undefined;
  const exact = { ...body };
  for (const field of fields) {
    if (!Object.hasOwn(body, field)) continue;
    const beside = documentsBeside(body[field]);
    if (beside === undefined) decoded ??= decodeExactly(bytes);
    exact[field] = beside?.map(exactDocument) ?? decoded?.[field];
  }
  return exact;
}

function documentsBeside(value: unknown): readonly Document[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const documents = value.filter(isDocument);
  return documents.length > 0 && documents.every((each) => bytesOf.has(each))
    ? documents
    : undefined;
}
