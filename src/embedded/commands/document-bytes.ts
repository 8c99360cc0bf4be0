import type { Document } from '../engine/engine.ts';

const bytesOf = new WeakMap<Document, Uint8Array>();

/** Remembers the bytes a document was decoded from, for as long as the document lives. */
export function rememberBytes(document: Document, bytes: Uint8Array): void {
  bytesOf.set(document, bytes);
}

/** The bytes a document came in, so that it need not be encoded again; undefined when they are not known. */
export function receivedBytes(document: Document): Uint8Array | undefined {
  return bytesOf.get(document);
}
