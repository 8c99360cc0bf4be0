import type { Document } from '../engine/engine.ts';
import {
  bsonTypeOf,
  fieldsOf,
  isFields,
  isPlainObject,
  putField,
  type Fields,
} from './bson-values.ts';
import { compileFilter } from './compile-filter.ts';
import type { FilterOptions } from './filter-options.ts';
import { splitPath } from './paths.ts';

/** Where in an array a filter was satisfied. */
interface ArrayMatch {
  readonly arrayPath: string;
  readonly index: number;
}

type Finder = (document: Document) => ArrayMatch | undefined;

/** The document with the first array on a path cut down to one of its elements. */
function firstArray(
  document: Document,
  parts: readonly string[],
): { path: string; elements: readonly unknown[] } | undefined {
  let current: unknown = document;
  for (const [index, part] of parts.entries()) {
    if (!isFields(current)) return undefined;
    const fields = fieldsOf(current);
    current = Object.hasOwn(fields, part) ? fields[part] : undefined;
    if (Array.isArray(current)) {
      return { path: parts.slice(0, index + 1).join('.'), elements: current };
    }
  }
  return undefined;
}

function withValue(document: Fields, parts: readonly string[], value: unknown): Fields {
  const [first = '', ...rest] = parts;
  const copy: Fields = { ...fieldsOf(document) };
  const inner = copy[first];
  putField(
    copy,
    first,
    rest.length === 0 || !isFields(inner) ? value : withValue(inner, rest, value),
  );
  return copy;
}

const NEGATIONS = new Set(['$ne', '$nin', '$not', '$exists', '$size']);

function fieldFinder(path: string, operand: unknown, options: FilterOptions): Finder | undefined {
  const isOperators = isPlainObject(operand) && Object.keys(operand)[0]?.startsWith('$') === true;
  const positive = isOperators
    ? Object.fromEntries(Object.entries(operand).filter(([name]) => !NEGATIONS.has(name)))
    : operand;
  if (isOperators && Object.keys(positive as Fields).length === 0) return undefined;
  if (bsonTypeOf(operand) === 'array') return undefined;
  const matches = compileFilter({ [path]: positive }, options);
  const parts = splitPath(path);
  return (document) => {
    const array = firstArray(document, parts);
    if (array === undefined) return undefined;
    const arrayParts = array.path.split('.');
    const index = array.elements.findIndex((element) =>
      matches(withValue(document, arrayParts, [element])),
    );
    return index < 0 ? undefined : { arrayPath: array.path, index };
  };
}

function findersOf(filter: Document, options: FilterOptions): readonly Finder[] {
  return Object.entries(filter).flatMap(([name, operand]) => {
    if (name === '$and' && Array.isArray(operand)) {
      return operand.filter(isPlainObject).flatMap((clause) => [...findersOf(clause, options)]);
    }
    if (name === '$or' && Array.isArray(operand))
      return [orFinder(operand.filter(isPlainObject), options)];
    if (name.startsWith('$')) return [];
    return fieldFinder(name, operand, options) ?? [];
  });
}

function orFinder(clauses: readonly Document[], options: FilterOptions): Finder {
  const branches = clauses.map((clause) => ({
    matches: compileFilter(clause, options),
    finders: findersOf(clause, options),
  }));
  return (document) => {
    const branch = branches.find(({ matches }) => matches(document));
    return branch === undefined ? undefined : lastMatch(branch.finders, document);
  };
}

function lastMatch(finders: readonly Finder[], document: Document): ArrayMatch | undefined {
  let found: ArrayMatch | undefined;
  for (const find of finders) found = find(document) ?? found;
  return found;
}

/**
 * Compiles what the positional `$` means for a filter: the place of the first array element that satisfies
 * it. A match in the array asked about wins; else the last array the filter matched in.
 *
 * @see https://www.mongodb.com/docs/manual/reference/operator/update/positional/
 */
export function compileMatchedIndex(
  filter: Document,
  options: FilterOptions = {},
): (document: Document, arrayPath: string) => number | undefined {
  const finders = findersOf(filter, options);
  return (document, arrayPath) => {
    for (const find of finders) {
      const found = find(document);
      if (found?.arrayPath === arrayPath) return found.index;
    }
    return lastMatch(finders, document)?.index;
  };
}
