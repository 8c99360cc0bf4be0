import type { Collation } from '../engine.ts';
import { isSameCollation } from '../../query/collation-fold.ts';
import type { StoredIndex } from '../tables/catalog.ts';
import { indexPrefix, LONGEST_KEY } from '../tables/index-layout.ts';
import {
  EVERYTHING,
  intersect,
  inverted,
  keyAfter,
  spanOf,
  tidySpans,
  type KeyInterval,
  type KeySpan,
} from '../keys/key-range.ts';
import { prepareIndex, type PreparedIndex, type PreparedPart } from '../keys/prepared-index.ts';
import type { Clause, ValuePredicate } from './predicates.ts';
import { hasSpecialParts, isSpecial, keyParts, specialIntervals } from '../keys/special-keys.ts';
import { intervalsOf, type StringMatching } from './value-intervals.ts';

/** Beyond this many combinations of points the remaining parts of a compound index are left to the filter. */
const MAX_COMBINATIONS = 10_000;

/** Keys of one index to walk for a clause. */
export interface IndexScan {
  readonly index: StoredIndex;
  /** Disjoint, in key order. */
  readonly spans: readonly KeySpan[];
  /** Leading parts of which every wanted value is known. */
  readonly pointParts: number;
  /** How many values each of them takes. */
  readonly pointCounts: readonly number[];
  /** Leading parts with any bound. */
  readonly boundParts: number;
  /** The key bytes of the combinations of points, in key order; each begins a run that is ordered by the other parts. */
  readonly prefixes: readonly Buffer[];
  /** What the keys admit is exactly what the clause admits. */
  readonly isExact: boolean;
  /** A record may be met more than once. */
  readonly hasDoubles: boolean;
  /** False for a geo or text index of which the clause asks no geometry or text: it does not hold all documents. */
  readonly isAnswering: boolean;
}

/** How an index's strings compare to a query's. */
export function stringMatching(
  index: StoredIndex,
  collation: Collation | undefined,
): StringMatching {
  const own = index.spec.collation;
  return {
    isSameCollation: isSameCollation(own, collation),
    isByteOrder: own === undefined && collation === undefined,
  };
}

interface PartBounds {
  readonly intervals: readonly KeyInterval[];
  readonly used: readonly ValuePredicate[];
}

/**
 * The part of an ordered index that a clause leaves; everything when it says nothing of the first part.
 * The caller makes sure that the index holds all documents the clause can match.
 */
export function buildIndexScan(
  index: StoredIndex,
  clause: Clause,
  collation: Collation | undefined,
): IndexScan {
  const prepared = prepareIndex(index.spec);
  const strings = stringMatching(index, collation);
  const start = indexPrefix(index.id);
  const used: ValuePredicate[] = [];
  let runs: Buffer[] = [start];
  let spans: KeySpan[] | undefined;
  const pointCounts: number[] = [];
  const parts = keyParts(prepared);
  let hasSpecialBounds = false;
  for (const [place, part] of parts.entries()) {
    const bounds = boundsOf({ index, prepared, clause, strings }, part, used);
    if (bounds === undefined) break;
    hasSpecialBounds ||= isSpecial(part.direction);
    used.push(...bounds.used);
    if (!canMultiply(bounds.intervals, runs.length, place)) {
      spans = spansOf(runs, bounds.intervals, part);
      break;
    }
    pointCounts.push(bounds.intervals.length);
    runs = multiply(runs, bounds.intervals, part);
  }
  const boundParts = pointCounts.length + (spans === undefined ? 0 : 1);
  return {
    index,
    spans: tidySpans((spans ?? runs.map(spanOfRun)).map(shortened)),
    pointParts: pointCounts.length,
    pointCounts,
    boundParts,
    prefixes: runs,
    isExact: isExactly(clause, used) && index.multikeyPaths.length === 0 && !index.hasCutKeys,
    hasDoubles: index.multikeyPaths.length > 0 || hasSpecialParts(prepared),
    isAnswering: hasSpecialBounds || !hasSpecialParts(prepared),
  };
}

function canMultiply(intervals: readonly KeyInterval[], runs: number, place: number): boolean {
  return (
    intervals.every(({ isPoint }) => isPoint) &&
    (place === 0 || runs * intervals.length <= MAX_COMBINATIONS)
  );
}

function multiply(
  runs: readonly Buffer[],
  points: readonly KeyInterval[],
  part: PreparedPart,
): Buffer[] {
  return runs.flatMap((run) =>
    points.map(({ low }) =>
      Buffer.concat([run, part.isDescending ? inverted(low.bytes) : low.bytes]),
    ),
  );
}

function spansOf(
  runs: readonly Buffer[],
  intervals: readonly KeyInterval[],
  part: PreparedPart,
): KeySpan[] {
  return runs.flatMap((run) =>
    intervals.map((interval) => spanOf(run, interval, part.isDescending)),
  );
}

function spanOfRun(run: Buffer): KeySpan {
  return { start: run, end: keyAfter(run) };
}

/** Bounds as long as cut keys are: they admit all that share the part that is left. */
function shortened({ start, end }: KeySpan): KeySpan {
  const limit = LONGEST_KEY + 4;
  return {
    start: start.length > limit ? start.subarray(0, limit) : start,
    end: end.length > limit ? keyAfter(end.subarray(0, limit)) : end,
  };
}

function isExactly(clause: Clause, used: readonly ValuePredicate[]): boolean {
  return (
    clause.isComplete &&
    clause.branches.length === 0 &&
    clause.predicates.every(
      (predicate) => predicate.kind === 'values' && predicate.isExact && used.includes(predicate),
    )
  );
}

interface Bounding {
  readonly index: StoredIndex;
  readonly prepared: PreparedIndex;
  readonly clause: Clause;
  readonly strings: StringMatching;
}

/** The bounds of one part, given what the parts before it used; undefined when it has none. */
function boundsOf(
  { index, prepared, clause, strings }: Bounding,
  part: PreparedPart,
  used: readonly ValuePredicate[],
): PartBounds | undefined {
  if (isSpecial(part.direction)) {
    const intervals = specialIntervals(prepared, part, clause);
    return intervals === undefined ? undefined : { intervals, used: [] };
  }
  const arrays = index.multikeyPaths.filter((array) => isWithin(part.path, array));
  const candidates: PartBounds[] = [];
  for (const predicate of clause.predicates) {
    if (predicate.kind !== 'values' || predicate.path !== part.path) continue;
    if (predicate.isWhole === true && arrays.length > 0) continue;
    if (part.direction === 'hashed' && predicate.test.kind !== 'points') continue;
    if (!mayFollow(predicate, arrays, used)) continue;
    const intervals = intervalsOf(predicate.test, prepared, strings);
    if (intervals !== undefined) {
      candidates.push({ intervals: distinct(intervals), used: [predicate] });
    }
  }
  return combine(candidates, arrays);
}

/** Two parts that lead through the same array may be bound together only by conditions on one element of it. */
function mayFollow(
  predicate: ValuePredicate,
  arrays: readonly string[],
  used: readonly ValuePredicate[],
): boolean {
  return used.every((other) => {
    const shared = arrays.filter((array) => isWithin(other.path, array));
    return (
      shared.length === 0 ||
      (predicate.scope !== undefined &&
        predicate.scope === other.scope &&
        shared.every((array) => array === predicate.scope?.root))
    );
  });
}

/** Whether a path is `ancestor` or goes through it. */
function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(`${ancestor}.`);
}

function combine(
  candidates: readonly PartBounds[],
  arrays: readonly string[],
): PartBounds | undefined {
  const ranked = [...candidates].sort((a, b) => weight(a) - weight(b));
  const [best, ...others] = ranked;
  if (best === undefined) return undefined;
  let bounds = best;
  for (const other of others) {
    const pairs = bounds.intervals.length * other.intervals.length;
    if (pairs > MAX_COMBINATIONS || !mayIntersect(bounds, other, arrays)) continue;
    bounds = intersection(bounds, other);
  }
  return bounds;
}

/** Points before ranges, few before many. */
function weight({ intervals }: PartBounds): number {
  if (intervals.every(({ isPoint }) => isPoint)) return intervals.length;
  return intervals.some((interval) => interval === EVERYTHING) ? Infinity : 1e9;
}

/** Of a field that holds arrays, different elements may satisfy different conditions. */
function mayIntersect(left: PartBounds, right: PartBounds, arrays: readonly string[]): boolean {
  if (arrays.length === 0) return true;
  const [scope, ...scopes] = [...left.used, ...right.used].map((predicate) => predicate.scope);
  return (
    scope !== undefined &&
    scopes.every((other) => other === scope) &&
    arrays.every((array) => array === scope.root)
  );
}

function intersection(left: PartBounds, right: PartBounds): PartBounds {
  const intervals = left.intervals.flatMap((a) =>
    right.intervals.flatMap((b) => intersect(a, b) ?? []),
  );
  return { intervals: distinct(intervals), used: [...left.used, ...right.used] };
}

function distinct(intervals: readonly KeyInterval[]): readonly KeyInterval[] {
  if (intervals.length < 2) return intervals;
  const known = new Map<string, KeyInterval>();
  for (const interval of intervals) {
    const { low, high, isPoint } = interval;
    const name = isPoint
      ? low.bytes.toString('latin1')
      : `${low.bytes.toString('latin1')} ${String(low.isInclusive)} ${high.bytes.toString('latin1')} ${String(high.isInclusive)}`;
    known.set(name, interval);
  }
  return [...known.values()];
}
