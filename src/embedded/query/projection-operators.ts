import type { Collation, Document } from '../engine/engine.ts';
import { bsonTypeOf, isNumeric, isPlainObject, toNumber } from './bson-values.ts';
import { compileFilter } from './compile-filter.ts';
import { compileMatchedIndex } from './matched-index.ts';
import type { ProjectionLeaf } from './projection-tree.ts';
import { refuseAt } from './refuse.ts';

/** By what a find's projection tells elements apart. */
export interface MatchingOptions {
  /** The find's filter, which tells the positional `$` which element matched. */
  readonly filter?: Document | undefined;
  readonly collation?: Collation | undefined;
  readonly variables?: Document | undefined;
}

/** `{$slice: ['$a', 1]}` is the expression; `{$slice: [1, 2]}` is skip and limit. */
export function isExpressionSlice(operand: unknown): boolean {
  return Array.isArray(operand) && (operand.length !== 2 || !isNumeric(operand[0]));
}

/** The part of an array that `{$slice: 2}` or `{$slice: [-3, 1]}` means; other values are left as they are. @throws StoreError 28667, 28724. */
export function slice(operand: unknown): ProjectionLeaf {
  const [first, second] = (Array.isArray(operand) ? operand : [operand]) as readonly unknown[];
  const start = isNumeric(first)
    ? wholeOf(first)
    : refuseAt(28667, 'Invalid $slice syntax. The given syntax did not match the find() syntax');
  const count = second === undefined ? undefined : wholeOf(second);
  if (count !== undefined && count < 1)
    refuseAt(28724, 'First argument to $slice must be an array, or $slice limit must be positive');
  return {
    kind: 'change',
    change: (value) => (Array.isArray(value) ? sliced(value, start, count) : value),
  };
}

/** Towards zero; 0 for what is no number. */
function wholeOf(value: unknown): number {
  return Math.trunc(toNumber(value)) || 0;
}

function sliced(
  array: readonly unknown[],
  start: number,
  count: number | undefined,
): readonly unknown[] {
  if (count === undefined) return start >= 0 ? array.slice(0, start) : array.slice(start);
  const from = start >= 0 ? start : Math.max(0, array.length + start);
  return array.slice(from, from + count);
}

/** The first element that `$elemMatch` means, alone; nothing where there is none. @throws StoreError 31274, 31275. */
export function elementMatch(
  path: string,
  operand: unknown,
  { collation, variables }: MatchingOptions,
): ProjectionLeaf {
  if (!isPlainObject(operand))
    return refuseAt(
      31274,
      `elemMatch: Invalid argument, object required, but got ${bsonTypeOf(operand)}`,
    );
  if (path.includes('.'))
    return refuseAt(31275, 'Cannot use $elemMatch projection on a nested field.');
  const matches = compileFilter({ a: { $elemMatch: operand } }, { collation, variables });
  return {
    kind: 'change',
    change: (value) => {
      if (!Array.isArray(value)) return undefined;
      const found = value.findIndex((element: unknown) => matches({ a: [element] }));
      return found < 0 ? undefined : [value[found]];
    },
  };
}

/** The element that the filter has matched, alone, for the positional `$`. While it runs: @throws StoreError 51246 where there is none. */
export function matchedElement(
  path: string,
  { filter = {}, collation, variables }: MatchingOptions,
): ProjectionLeaf {
  const matchedIndex = compileMatchedIndex(filter, { collation, variables });
  return {
    kind: 'change',
    change: (array, root) => {
      if (!Array.isArray(array)) return array;
      const index = matchedIndex(root, path);
      if (index === undefined || index >= array.length) {
        return refuseAt(
          51246,
          "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
        );
      }
      return [array[index] as unknown];
    },
  };
}
