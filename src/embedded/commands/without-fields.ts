import type { Document } from '../engine/engine.ts';

/** The document without the named fields, which need not be there; a copy. */
export function withoutFields(document: Document, ...names: readonly string[]): Document {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !names.includes(name)));
}
