import type { Document } from '../engine/engine.ts';
import type { ArrayFilters } from './array-filters.ts';
import { isIndex } from './paths.ts';
import { refuse } from './refuse.ts';

function assertPaths(paths: readonly string[], filters: ArrayFilters): void {
  for (const path of paths) {
    if (path === '') refuse('An empty update path is not valid.', 'EmptyFieldName');
    const parts = path.split('.');
    if (parts.includes('')) {
      refuse(
        `The update path '${path}' contains an empty field name, which is not allowed.`,
        'EmptyFieldName',
      );
    }
    if (parts.filter((part) => part === '$').length > 1) {
      refuse(`Too many positional (i.e. '$') elements found in path '${path}'`);
    }
    for (const [index, part] of parts.entries()) assertPart(part, index, path, filters);
  }
}

function assertPart(part: string, index: number, path: string, filters: ArrayFilters): void {
  if (!part.startsWith('$') || /^\$(?:id|ref|db)$/.test(part)) return;
  const identifier = /^\$\[(.*)\]$/.exec(part)?.[1];
  if (identifier === undefined && part !== '$') {
    refuse(
      `The dollar ($) prefixed field '${part}' in '${path}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
      'DollarPrefixedFieldName',
    );
  }
  if (index === 0) {
    refuse(
      `Cannot have ${part === '$' ? "positional (i.e. '$')" : `array filter identifier (i.e. '${part}')`} element in the first position in path '${path}'`,
    );
  }
  if (identifier !== undefined && identifier !== '' && !filters.has(identifier)) {
    refuse(`No array filter found for identifier '${identifier}' in path '${path}'`);
  }
}

function assertFiltersUsed(
  paths: readonly string[],
  filters: ArrayFilters,
  update: Document,
): void {
  for (const name of filters.keys()) {
    if (!paths.some((path) => path.split('.').includes(`$[${name}]`))) {
      refuse(
        `The array filter for identifier '${name}' was not used in the update ${JSON.stringify(update)}`,
        'FailedToParse',
      );
    }
  }
}

function assertNoConflicts(paths: readonly string[]): void {
  const seen = new Set<string>();
  const above = new Set<string>();
  for (const path of paths) {
    const parts = path.split('.');
    const prefixes = parts.map((_part, index) => parts.slice(0, index + 1).join('.'));
    const conflict = above.has(path) ? path : prefixes.find((prefix) => seen.has(prefix));
    if (conflict !== undefined) {
      refuse(
        `Updating the path '${path}' would create a conflict at '${conflict}'`,
        'ConflictingUpdateOperators',
      );
    }
    seen.add(path);
    for (const prefix of prefixes.slice(0, -1)) above.add(prefix);
  }
}

/**
 * Refuses paths that are none, that meet, and array filters that no path names.
 * @throws StoreError 56, 52, 2, 40 and 9, in this order.
 */
export function assertUpdatePaths(
  paths: readonly string[],
  filters: ArrayFilters,
  update: Document,
): void {
  assertPaths(paths, filters);
  assertNoConflicts(paths);
  assertFiltersUsed(paths, filters, update);
}

/** Paths are applied in the order of their names, numbers by value, which is the order new fields appear in. */
export function comparePaths(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [x = '', y = ''] = [left[index], right[index]];
    if (x === y) continue;
    if (isIndex(x) && isIndex(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
