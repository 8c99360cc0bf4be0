import type { SortSpec } from '../engine.ts';
import type { IndexScan } from './index-scan.ts';
import { prepareIndex, type PreparedPart } from '../keys/prepared-index.ts';

/** More runs than this are sorted in memory rather than merged. */
const MAX_MERGED_RUNS = 200;

/** How walking an index gives documents in a wanted order. */
export interface ScanOrder {
  readonly isReverse: boolean;
  /** Each combination of points is ordered by itself; they have to be merged. */
  readonly needsMerge: boolean;
}

/**
 * Whether a scan can give its documents in the order of `sort`, without sorting them.
 *
 * `{a, b}` with a = 1 gives the orders `{b: 1}`, `{b: -1}`, `{a: 1, b: 1}`; with a in [1, 2] and sort b two runs to be merged.
 */
export function scanOrder(scan: IndexScan, sort: SortSpec): ScanOrder | undefined {
  const { index, pointCounts } = scan;
  const { parts } = prepareIndex(index.spec);
  if (index.hasCutKeys || index.spec.collation !== undefined || !parts.every(isPlain))
    return undefined;
  const isArray = (path: string): boolean =>
    index.multikeyPaths.some((array) => path === array || path.startsWith(`${array}.`));
  let isReverse: boolean | undefined;
  let needsMerge = false;
  let firstUsed = Infinity;
  let wanted = 0;
  for (const [place, { path, isDescending, isOrdered }] of parts.entries()) {
    const isFixed = pointCounts[place] === 1 && !isArray(path);
    const [sortPath, direction] = sort[wanted] ?? [];
    if (sortPath === path && isOrdered && !isArray(path)) {
      const isAgainst = (direction === -1) !== isDescending;
      wanted += 1;
      if (isFixed) continue;
      firstUsed = Math.min(firstUsed, place);
      if (isReverse !== undefined && isReverse !== isAgainst) return undefined;
      isReverse = isAgainst;
    } else if (pointCounts[place] === undefined) break;
    else if (pointCounts[place] !== 1) needsMerge = true;
    if (wanted === sort.length) break;
  }
  if (wanted < sort.length) return undefined;
  if (needsMerge && (firstUsed < pointCounts.length || scan.prefixes.length > MAX_MERGED_RUNS)) {
    return undefined;
  }
  return { isReverse: isReverse ?? false, needsMerge };
}

function isPlain({ isOrdered, direction }: PreparedPart): boolean {
  return isOrdered || direction === 'hashed';
}
