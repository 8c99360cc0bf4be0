import { bsonTypeOf, fieldsOf, isFields, putField, type Fields } from './bson-values.ts';
import { identicalValues } from './identical-values.ts';
import { isIndex } from './paths.ts';
import { refuse } from './refuse.ts';
import { REMOVED, type LeafUpdate } from './update-operators.ts';

const MAX_PADDING = 1_500_000;

/** One operator on one path, ready for a document. */
export interface PathUpdate extends LeafUpdate {
  /** Parts of the path, with the positional `$` already a number. */
  readonly parts: readonly string[];
}

/** What a path is applied to and with. */
export interface UpdateScope {
  readonly documentId: unknown;
  /** For `$[name]`: whether an element is meant. */
  readonly isSelected: (identifier: string, element: unknown) => boolean;
}

/**
 * The document with one path changed; the very same document when nothing changes.
 *
 * @throws StoreError 28 when a value on the way holds no fields, 2 for an array operator on something else.
 */
export function applyPath(document: Fields, update: PathUpdate, scope: UpdateScope): Fields {
  const result = step(document, update, 0, scope);
  return isFields(result) ? result : document;
}

function step(value: unknown, update: PathUpdate, at: number, scope: UpdateScope): unknown {
  if (at === update.parts.length) return leaf(value, update, scope);
  const part = update.parts[at] ?? '';
  if (part.startsWith('$[')) return everyElement(value, update, at, scope);
  if (Array.isArray(value)) return inArray(value, update, at, scope);
  if (isFields(value)) return inFields(value, update, at, scope);
  if (value === undefined) return update.creates ? inFields({}, update, at, scope) : undefined;
  if (!update.creates) return value;
  return refusePath(value, update, at, scope);
}

function leaf(value: unknown, update: PathUpdate, scope: UpdateScope): unknown {
  if (value === undefined && !update.creates) return undefined;
  const next = update.apply(value, { path: update.parts.join('.'), documentId: scope.documentId });
  return identicalValues(value, next) ? value : next;
}

function refusePath(value: unknown, update: PathUpdate, at: number, scope: UpdateScope): never {
  const name = update.parts[at - 1] ?? '_id';
  const shown = JSON.stringify({ [name]: at === 0 ? scope.documentId : value });
  return refuse(
    `Cannot create field '${update.parts[at] ?? ''}' in element ${shown}`,
    'PathNotViable',
  );
}

function inFields(value: Fields, update: PathUpdate, at: number, scope: UpdateScope): unknown {
  const part = update.parts[at] ?? '';
  const fields = fieldsOf(value);
  const before = Object.hasOwn(fields, part) ? fields[part] : undefined;
  const after = step(before, update, at + 1, scope);
  if (after === REMOVED) {
    return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== part));
  }
  if (after === before) return value;
  const copy: Fields = { ...fields };
  putField(copy, part, after);
  return copy;
}

function inArray(
  value: readonly unknown[],
  update: PathUpdate,
  at: number,
  scope: UpdateScope,
): unknown {
  const part = update.parts[at] ?? '';
  if (!isIndex(part)) return update.creates ? refusePath(value, update, at, scope) : value;
  const index = Number(part);
  const before = value[index];
  const after = step(before, update, at + 1, scope);
  if (after === before) return value;
  if (index > value.length + MAX_PADDING) {
    return refuse(`can't backfill more than ${MAX_PADDING} elements`);
  }
  const copy = [...value];
  while (copy.length < index) copy.push(null);
  // An element cannot be absent, so a removed one is null.
  copy[index] = after === REMOVED ? null : after;
  return copy;
}

function everyElement(value: unknown, update: PathUpdate, at: number, scope: UpdateScope): unknown {
  const path = update.parts.slice(0, at).join('.');
  if (value === undefined) {
    return refuse(`The path '${path}' must exist in the document in order to apply array updates.`);
  }
  if (!Array.isArray(value)) {
    return refuse(
      `Cannot apply array updates to non-array element ${path}: ${JSON.stringify(value)} of type ${bsonTypeOf(value)}`,
    );
  }
  const identifier = (update.parts[at] ?? '').slice(2, -1);
  const next = value.map((element: unknown) => {
    if (identifier !== '' && !scope.isSelected(identifier, element)) return element;
    const after = step(element, update, at + 1, scope);
    return after === REMOVED ? null : after;
  });
  return next.some((element, index) => element !== value[index]) ? next : (value as unknown);
}
