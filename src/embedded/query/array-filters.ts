import type { Document } from '../engine/engine.ts';
import { isPlainObject } from './bson-values.ts';
import { compileFilter } from './compile-filter.ts';
import type { FilterOptions } from './filter-options.ts';
import { refuse } from './refuse.ts';

/** Tests of array elements, by the identifier that `$[identifier]` names them with. */
export type ArrayFilters = ReadonlyMap<string, (element: unknown) => boolean>;

function rootsOf(filter: Document): readonly string[] {
  return Object.entries(filter).flatMap(([name, operand]) => {
    if (!name.startsWith('$')) return [name.split('.')[0] ?? name];
    return Array.isArray(operand) ? operand.filter(isPlainObject).flatMap(rootsOf) : [];
  });
}

/**
 * Reads the `arrayFilters` of an update.
 *
 * @throws StoreError 9 for a filter over no or several names or a name given twice, 2 for a malformed name.
 * @see https://www.mongodb.com/docs/manual/reference/operator/update/positional-filtered/
 */
export function parseArrayFilters(given: unknown, options: FilterOptions): ArrayFilters {
  if (given === undefined || given === null) return new Map();
  if (!Array.isArray(given)) return refuse("'arrayFilters' must be an array", 'TypeMismatch');
  const filters = new Map<string, (element: unknown) => boolean>();
  for (const filter of given as readonly unknown[]) {
    if (!isPlainObject(filter))
      return refuse('Each array filter must be an object', 'TypeMismatch');
    const names = [...new Set(rootsOf(filter))];
    const [name] = names;
    if (name === undefined) {
      return refuse(
        'Cannot use an expression without a top-level field name in arrayFilters',
        'FailedToParse',
      );
    }
    if (names.length > 1) {
      refuse(
        `Error parsing array filter :: caused by :: Expected a single top-level field name, found '${names[0] ?? ''}' and '${names[1] ?? ''}'`,
        'FailedToParse',
      );
    }
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) {
      refuse(
        `Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${name}'`,
      );
    }
    if (filters.has(name))
      refuse(
        `Found multiple array filters with the same top-level field name ${name}`,
        'FailedToParse',
      );
    const matches = compileFilter(filter, options);
    filters.set(name, (element) => matches({ [name]: element }));
  }
  return filters;
}
