import type { Document } from '../engine/engine.ts';
import { fieldsOf, isFields, putField } from '../query/bson-values.ts';
import { passMeta } from '../query/document-meta.ts';

/** The document with a value at a dotted path; objects on the way come to be, anything else there is replaced. */
export function setPath(document: Document, path: string, value: unknown): Document {
  const result = setParts(document, path.split('.'), value);
  passMeta(document, result);
  return result;
}

function setParts(document: Document, parts: readonly string[], value: unknown): Document {
  const [first = '', ...rest] = parts;
  const copy: Document = { ...fieldsOf(document) };
  if (rest.length === 0) {
    putField(copy, first, value);
    return copy;
  }
  const inner = copy[first];
  putField(copy, first, setParts(isFields(inner) ? inner : {}, rest, value));
  return copy;
}

/** The document without a dotted path. */
export function removePath(document: Document, path: string): Document {
  const [first = '', ...rest] = path.split('.');
  const { [first]: inner, ...others } = fieldsOf(document);
  if (rest.length === 0) return others;
  if (!isFields(inner)) return document;
  const copy: Document = { ...fieldsOf(document) };
  putField(copy, first, removePath(inner, rest.join('.')));
  return copy;
}

/** The value at a dotted path of objects; arrays are not entered. */
export function plainValueAt(document: Document, path: string): unknown {
  let current: unknown = document;
  for (const part of path.split('.')) {
    if (!isFields(current)) return undefined;
    const fields = fieldsOf(current);
    current = Object.hasOwn(fields, part) ? fields[part] : undefined;
  }
  return current;
}
