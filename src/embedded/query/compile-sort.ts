import type { Collation, Document, SortSpec } from '../engine/engine.ts';
import { isPlainObject, toNumber } from './bson-values.ts';
import { compareValues } from './compare-values.ts';
import { metaOf, parseMetaField, type MetaField } from './document-meta.ts';
import { splitPath, valuesAt } from './paths.ts';
import { refuse, refuseAt } from './refuse.ts';

type Order = (a: Document, b: Document) => number;

/**
 * A sort document (or list of pairs) as ordered, checked pairs.
 *
 * @throws StoreError 2 or 15975 for a direction that is neither 1, -1 nor `$meta`.
 */
export function parseSort(sort: unknown): SortSpec {
  if (sort === undefined || sort === null) return [];
  if (!isPlainObject(sort))
    return refuse('Expected field sort to be of type object', 'TypeMismatch');
  const entries = Object.entries(sort);
  if (entries.length > 32) refuse('too many compound keys');
  return entries.map(([path, direction]) => [path, parseDirection(path, direction)] as const);
}

function parseDirection(path: string, direction: unknown): 1 | -1 | Document {
  if (path === '') refuseAt(40352, 'FieldPath cannot be constructed with empty string');
  if (path.startsWith('$') && !/^\$(?:id|ref|db)$/.test(path)) {
    refuseAt(
      16410,
      `FieldPath field names may not start with '$'. Consider using $getField or $setField.`,
    );
  }
  if (path.split('.').includes('')) {
    refuseAt(15998, 'FieldPath field names may not be empty strings.');
  }
  if (isPlainObject(direction)) {
    parseMetaField(direction);
    return direction;
  }
  const number = toNumber(direction);
  if (number === 1 || number === -1) return number;
  if (Number.isNaN(number)) {
    return refuseAt(
      15974,
      `Illegal key in $sort specification: ${path}: ${JSON.stringify(direction)}`,
    );
  }
  return refuseAt(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
}

/**
 * The value a document is ordered by at one path: the least element of an array ascending, the greatest
 * descending; null when absent, `undefined` (below null) for an empty array.
 *
 * @see https://www.mongodb.com/docs/manual/reference/method/cursor.sort/#sort-asc-desc
 */
export function sortKey(
  document: Document,
  path: string,
  direction: 1 | -1,
  collation?: Collation,
): unknown {
  return sortKeyAt(document, splitPath(path), direction, collation);
}

function sortKeyAt(
  document: Document,
  parts: readonly string[],
  direction: 1 | -1,
  collation?: Collation,
): unknown {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    const value = Object.hasOwn(document, only) ? document[only] : null;
    if (!Array.isArray(value)) return value === undefined ? null : value;
  }
  let best: unknown;
  let found = false;
  for (const value of valuesAt(document, parts)) {
    if (!found || compareValues(value, best, collation) * direction < 0) best = value;
    found = true;
  }
  return found ? best : null;
}

function orderByPath(path: string, direction: 1 | -1, collation?: Collation): Order {
  const parts = splitPath(path);
  return (a, b) =>
    direction *
    compareValues(
      sortKeyAt(a, parts, direction, collation),
      sortKeyAt(b, parts, direction, collation),
      collation,
    );
}

/** Text score and random order go from greatest to least. */
function orderByMeta(field: MetaField): Order {
  return (a, b) => compareValues(metaOf(b, field) ?? null, metaOf(a, field) ?? null);
}

/**
 * A comparator of documents for a sort specification. Sorting with it is stable, as JavaScript's is.
 *
 * `{$meta: 'textScore'}` orders by the score the filter's `$text` recorded.
 *
 * @throws StoreError as `parseSort`.
 */
export function compileSort(sort: SortSpec | Document, collation?: Collation): Order {
  const pairs: SortSpec = isSpec(sort) ? sort : parseSort(sort);
  const orders = pairs.map(([path, direction]) =>
    direction === 1 || direction === -1
      ? orderByPath(path, direction, collation)
      : orderByMeta(parseMetaField(direction)),
  );
  const [first] = orders;
  if (first !== undefined && orders.length === 1) return first;
  return (a, b) => {
    for (const order of orders) {
      const result = order(a, b);
      if (result !== 0) return result;
    }
    return 0;
  };
}

function isSpec(sort: SortSpec | Document): sort is SortSpec {
  return Array.isArray(sort);
}
