import { StoreError } from '../../errors.ts';
import { fieldsOf, isFields } from '../../query/bson-values.ts';
import { isIndex } from '../../query/paths.ts';

/** What an ordered index sees of one document: one tuple of values per key, in the order of the index's paths. */
export interface PathTuples {
  readonly tuples: readonly (readonly unknown[])[];
  /** Paths at which an array was met. */
  readonly arrayPaths: readonly string[];
  /** Whether any of the paths is present. */
  readonly isPresent: boolean;
}

/** Not there at all; becomes null in a key. */
const ABSENT = Symbol('absent');

interface Cursor {
  readonly parts: readonly string[];
  /** How many of the parts are behind us. */
  readonly at: number;
  readonly value: unknown;
}

interface Found {
  readonly tuples: unknown[][];
  readonly arrayPaths: Set<string>;
}

/**
 * The values of several paths as index keys: arrays give one key per element, an empty array gives
 * `undefined`, an absent field null.
 *
 * `{a: [{b: 1, c: 2}, {b: 3}]}` with `a.b`, `a.c` gives `[1, 2]`, `[3, null]`.
 *
 * @throws StoreError 171 when two of the paths lead through different arrays.
 * @see https://www.mongodb.com/docs/manual/core/indexes/index-types/index-multikey/
 */
export function pathTuples(
  document: Record<string, unknown>,
  paths: readonly (readonly string[])[],
): PathTuples {
  const found: Found = { tuples: [], arrayPaths: new Set() };
  expand(
    paths.map((parts) => walk({ parts, at: 0, value: document })),
    found,
  );
  return {
    tuples: found.tuples.map((tuple) => tuple.map((value) => (value === ABSENT ? null : value))),
    arrayPaths: [...found.arrayPaths],
    isPresent: found.tuples.some((tuple) => tuple.some((value) => value !== ABSENT)),
  };
}

/** Goes down through objects, until the end of the path or an array. */
function walk(from: Cursor): Cursor {
  const { parts } = from;
  let { at, value } = from;
  while (at < parts.length && !Array.isArray(value)) {
    const name = parts[at] ?? '';
    if (!isFields(value)) return { parts, at: parts.length, value: ABSENT };
    const fields = fieldsOf(value);
    value = Object.hasOwn(fields, name) ? fields[name] : ABSENT;
    at += 1;
  }
  if (!Array.isArray(value)) return { parts, at, value: value === undefined ? null : value };
  const part = parts[at];
  if (!isIndex(part)) return { parts, at, value };
  const elements = value as readonly unknown[];
  const isNamed = elements.some((element) => isFields(element) && Object.hasOwn(element, part));
  if (isNamed) return { parts, at, value };
  const place = Number(part);
  return walk({ parts, at: at + 1, value: place < elements.length ? elements[place] : ABSENT });
}

function expand(cursors: readonly Cursor[], found: Found): void {
  const arrays = cursors.filter(({ value }) => Array.isArray(value));
  const [first] = arrays;
  if (first === undefined) {
    found.tuples.push(cursors.map(({ value }) => value));
    return;
  }
  for (const { parts, at, value } of arrays) {
    if (value !== first.value) throw parallelArrays(first, parts);
    found.arrayPaths.add(parts.slice(0, at).join('.'));
  }
  const elements = first.value as readonly unknown[];
  if (elements.length === 0) {
    expand(
      cursors.map((cursor) => (Array.isArray(cursor.value) ? ofEmpty(cursor) : cursor)),
      found,
    );
    return;
  }
  for (const element of elements) {
    expandElement(
      cursors.map((cursor) => (Array.isArray(cursor.value) ? ofElement(cursor, element) : cursor)),
      found,
    );
  }
}

/** An array that is itself an element at a path's end is one value, not entered again. */
function expandElement(cursors: readonly (Cursor & { isWhole?: boolean })[], found: Found): void {
  const held = cursors.map((cursor) =>
    cursor.isWhole === true && Array.isArray(cursor.value)
      ? { ...cursor, value: new WholeArray(cursor.value) }
      : cursor,
  );
  const before = found.tuples.length;
  expand(held, found);
  for (const tuple of found.tuples.slice(before)) {
    for (const [index, value] of tuple.entries()) {
      if (value instanceof WholeArray) tuple[index] = value.elements;
    }
  }
}

class WholeArray {
  readonly elements: readonly unknown[];
  constructor(elements: readonly unknown[]) {
    this.elements = elements;
  }
}

function ofEmpty({ parts, at }: Cursor): Cursor {
  return { parts, at: parts.length, value: at === parts.length ? undefined : ABSENT };
}

function ofElement({ parts, at }: Cursor, element: unknown): Cursor & { isWhole?: boolean } {
  if (at === parts.length) {
    return { parts, at, value: element === undefined ? null : element, isWhole: true };
  }
  if (!isFields(element)) return { parts, at: parts.length, value: ABSENT };
  return walk({ parts, at, value: element });
}

function parallelArrays(first: Cursor, parts: readonly string[]): StoreError {
  const name = (path: readonly string[], at: number): string => path[Math.max(at - 1, 0)] ?? '';
  return new StoreError(
    'BadValue',
    `cannot index parallel arrays [${name(parts, parts.length)}] [${name(first.parts, first.at)}]`,
    { code: 171 },
  );
}
