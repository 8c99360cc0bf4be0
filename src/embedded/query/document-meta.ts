import type { Document } from '../engine/engine.ts';
import { refuse, refuseAt } from './refuse.ts';

/** What a query learned about a document besides its fields. */
export interface DocumentMeta {
  textScore?: number;
  geoNearDistance?: number;
  geoNearPoint?: unknown;
}

const FIELDS = ['textScore', 'geoNearDistance', 'geoNearPoint'] as const;
export type MetaField = (typeof FIELDS)[number];

const UNSUPPORTED = [
  'randVal',
  'searchScore',
  'searchHighlights',
  'indexKey',
  'recordId',
  'sortKey',
  'score',
  'vectorSearchScore',
];

const metas = new WeakMap<Document, DocumentMeta>();

/** Remembers facts about a document object for as long as the object lives. */
export function recordMeta(document: Document, meta: DocumentMeta): void {
  metas.set(document, { ...metas.get(document), ...meta });
}

/** One fact about a document, or undefined when the query did not produce it. */
export function metaOf(document: Document, field: MetaField): unknown {
  return metas.get(document)?.[field];
}

/** Hands a document's facts on to the document made from it. */
export function passMeta(from: Document, to: Document): void {
  if (from === to) return;
  const meta = metas.get(from);
  if (meta !== undefined) metas.set(to, meta);
}

/**
 * The name in `{$meta: 'textScore'}`.
 *
 * @throws StoreError 17308 or 2 when it names nothing this store records.
 */
export function parseMetaField(given: Document): MetaField {
  const name = given['$meta'];
  if (Object.keys(given).length !== 1 || typeof name !== 'string') {
    return refuse('$meta must be the only key, and its argument must be a string', 'BadValue');
  }
  const field = FIELDS.find((known) => known === name);
  if (field !== undefined) return field;
  if (UNSUPPORTED.includes(name)) return refuse(`$meta: '${name}' is not supported`);
  return refuseAt(17308, `Unsupported argument to $meta: ${name}`);
}
