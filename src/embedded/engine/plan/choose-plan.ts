import { StoreError } from '../../errors.ts';
import { isIndex } from '../../query/paths.ts';
import { catalogKey, type StoredCollection, type StoredIndex } from '../tables/catalog.ts';
import type { Collation, Document, ReadQuery, SortSpec } from '../engine.ts';
import { buildIndexScan, type IndexScan } from './index-scan.ts';
import type { KeyValueReader } from '../tables/key-value.ts';
import { parseClause } from './parse-clause.ts';
import { excludesAbsent, isWithinPartial } from './partial-filter.ts';
import type { Plan } from './plan.ts';
import type { Clause } from './predicates.ts';
import { scanOrder, type ScanOrder } from './scan-order.ts';

/** Beyond this many keys an index is no longer looked through to learn how selective it is. */
const PROBED_KEYS = 200;
const PROBED_SPANS = 50;

interface Choosing {
  readonly reader: KeyValueReader;
  readonly collection: StoredCollection;
  readonly query: ReadQuery;
  readonly filter: Document;
  readonly clause: Clause;
  readonly collation: Collation | undefined;
}

/**
 * Picks how to find a query's documents: the index whose keys admit the fewest, or one that gives the
 * wanted order when the query has a limit and no filter is selective.
 *
 * @throws StoreError 2 for a hint that names no index.
 */
export function choosePlan(
  reader: KeyValueReader,
  collection: StoredCollection,
  query: ReadQuery,
): Plan {
  const filter = query.filter ?? {};
  const choosing: Choosing = {
    reader,
    collection,
    query,
    filter,
    clause: parseClause(filter, query.variables),
    collation: queryCollation(query, collection),
  };
  if (query.hint !== undefined) return hintedPlan(choosing, query.hint);
  const natural = naturalOrder(query.sort);
  if (natural !== undefined) return natural;
  return bestPlan(choosing);
}

/**
 * The plan for the documents of a `$near` that lie within a circle (or within its own bounds).
 *
 * @throws StoreError 291 when no geo index has the path.
 */
export function chooseNearPlan(
  reader: KeyValueReader,
  collection: StoredCollection,
  query: ReadQuery,
  circle: { readonly path: string; readonly condition: Document | undefined },
): Plan {
  const { path, condition } = circle;
  const isGeo = ({ spec }: StoredIndex): boolean =>
    spec.key.some(([name, kind]) => name === path && (kind === '2d' || kind === '2dsphere'));
  if (!collection.indexes.some(isGeo)) {
    throw new StoreError(
      'NoQueryExecutionPlans',
      `error processing query: ns=${catalogKey(collection.namespace)} planner returned error :: caused by :: unable to find index for $geoNear query`,
    );
  }
  const filter = query.filter ?? {};
  const clause = parseClause(filter, query.variables);
  const narrowed =
    condition === undefined
      ? clause.predicates
      : clause.predicates.map((predicate) =>
          predicate.kind === 'geo' && predicate.path === path
            ? { ...predicate, condition }
            : predicate,
        );
  const choosing: Choosing = {
    reader,
    collection,
    query,
    filter,
    clause: { ...clause, predicates: narrowed },
    collation: queryCollation(query, collection),
  };
  const scans = usableScans(choosing).filter(({ scan }) => scan.boundParts > 0);
  return cheapestPlan(reader, scans) ?? COLLECTION;
}

/** The collation a query runs under: its own, or its collection's; locale `simple` is none. */
export function queryCollation(
  { collation }: ReadQuery,
  { options }: StoredCollection,
): Collation | undefined {
  const wanted = collation ?? options.collation;
  return wanted?.locale === 'simple' ? undefined : wanted;
}

function naturalOrder(sort: SortSpec | undefined): Plan | undefined {
  const [path, direction] = sort?.[0] ?? [];
  return path === '$natural'
    ? { kind: 'collection', isReverse: direction === -1, isNatural: true }
    : undefined;
}

function hintedPlan(choosing: Choosing, hint: string | Document): Plan {
  const natural = typeof hint === 'string' ? undefined : hint['$natural'];
  if (natural !== undefined)
    return { kind: 'collection', isReverse: Number(natural) === -1, isNatural: false };
  const index = choosing.collection.indexes.find(({ spec }) =>
    typeof hint === 'string' ? spec.name === hint : isKeyPattern(spec.key, hint),
  );
  if (index === undefined || index.spec.hidden) {
    throw new StoreError(
      'BadValue',
      'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index',
    );
  }
  const scan = buildIndexScan(index, choosing.clause, choosing.collation);
  if (!scan.isAnswering) return COLLECTION;
  return { kind: 'index', scan, order: orderFor(scan, choosing) };
}

function isKeyPattern(key: StoredIndex['spec']['key'], hint: Document): boolean {
  const entries = Object.entries(hint);
  return (
    entries.length === key.length &&
    key.every(([path, direction], place) => {
      const [name, value] = entries[place] ?? [];
      return name === path && (typeof direction === 'number' ? Number(value) : value) === direction;
    })
  );
}

/** Undefined sort directions, as `$meta`, cannot come from an index. */
function orderFor(scan: IndexScan, { query, collation }: Choosing): ScanOrder | undefined {
  const { sort } = query;
  if (sort === undefined || sort.length === 0 || collation !== undefined) return undefined;
  if (sort.some(([, direction]) => typeof direction !== 'number')) return undefined;
  return scanOrder(scan, sort);
}

function bestPlan(choosing: Choosing): Plan {
  const { clause, query, reader } = choosing;
  const scans = usableScans(choosing);
  const bound = scans.filter(({ scan }) => scan.boundParts > 0);
  const only = undisputed(bound, choosing);
  if (only !== undefined) return only;
  const best = cheapest(reader, bound);
  const isSelective = best !== undefined && best.keys < PROBED_KEYS;
  const union = isSelective ? undefined : unionPlan(choosing, clause);
  const filtered: Plan | undefined = isSelective ? best.plan : (union ?? best?.plan);
  if (!wantsOrder(query)) return filtered ?? COLLECTION;
  if (best !== undefined && (best.plan.order !== undefined || isSelective)) return best.plan;
  const ordered = cheapestPlan(
    reader,
    scans.filter(({ order }) => order !== undefined),
  );
  const stopsEarly = query.limit !== undefined && query.limit > 0;
  return (stopsEarly ? ordered : undefined) ?? filtered ?? ordered ?? COLLECTION;
}

function wantsOrder({ sort }: ReadQuery): boolean {
  return sort !== undefined && sort.length > 0;
}

/** The plan that a look at the keys would choose in any case: a look costs more than a short read, as in a `$lookup`. */
function undisputed(
  bound: readonly IndexPlan[],
  { clause, query }: Choosing,
): IndexPlan | undefined {
  if (wantsOrder(query)) {
    return bound.find((plan) => plan.order !== undefined && bound.every(admitsNoFewerThan(plan)));
  }
  return bound.length === 1 && clause.branches.length === 0 ? bound[0] : undefined;
}

/** Whether a plan is bound by no more paths than another, so that its keys cannot be fewer. */
function admitsNoFewerThan(other: IndexPlan): (plan: IndexPlan) => boolean {
  const paths = new Set(boundPaths(other));
  return (plan) => boundPaths(plan).every((path) => paths.has(path));
}

function boundPaths({ scan }: IndexPlan): readonly string[] {
  return scan.index.spec.key.slice(0, scan.boundParts).map(([path]) => path);
}

const COLLECTION: Plan = { kind: 'collection', isReverse: false, isNatural: false };

type IndexPlan = Extract<Plan, { kind: 'index' }>;

/** Scans of all indexes that hold every document the clause can match. */
function usableScans(choosing: Choosing): IndexPlan[] {
  const plans: IndexPlan[] = [];
  for (const index of choosing.collection.indexes) {
    if (!isComplete(index, choosing)) continue;
    const scan = buildIndexScan(index, choosing.clause, choosing.collation);
    if (scan.isAnswering) plans.push({ kind: 'index', scan, order: orderFor(scan, choosing) });
  }
  return plans;
}

function isComplete(index: StoredIndex, { clause, filter, collation }: Choosing): boolean {
  const { spec } = index;
  if (spec.hidden) return false;
  // A number in a path may be a field's name or a place in an array, and an index knows only one of them.
  if (spec.key.some(([path]) => path.split('.').some(isIndex))) return false;
  if (spec.partialFilterExpression !== undefined) {
    if (collation !== undefined) return false;
    return isWithinPartial(filter, clause, spec.partialFilterExpression);
  }
  if (!spec.sparse) return true;
  return spec.key.some(([path]) =>
    clause.predicates.some(
      (predicate) =>
        predicate.kind === 'values' && predicate.path === path && excludesAbsent(predicate.test),
    ),
  );
}

/** A plan for `$or`: one index per branch. Undefined when some branch has none. */
function unionPlan(choosing: Choosing, clause: Clause): Plan | undefined {
  for (const branches of clause.branches) {
    const plans = branches.map((branch) => branchPlan(choosing, branch));
    if (plans.every((plan) => plan !== undefined)) return { kind: 'union', plans };
  }
  return undefined;
}

function branchPlan(choosing: Choosing, branch: Clause): Plan | undefined {
  // What holds beside the `$or` holds in each of its branches.
  const narrowed: Choosing = {
    ...choosing,
    query: withoutSort(choosing.query),
    clause: {
      predicates: [...branch.predicates, ...choosing.clause.predicates],
      branches: branch.branches,
      isComplete: false,
    },
  };
  const own = new Set(branch.predicates.flatMap((predicate) => predicate.path));
  const scans = usableScans(narrowed).filter(
    ({ scan }) => scan.boundParts > 0 && scan.index.spec.key.some(([path]) => own.has(path)),
  );
  return cheapestPlan(choosing.reader, scans) ?? unionPlan(narrowed, branch);
}

function withoutSort(query: ReadQuery): ReadQuery {
  return { ...query, sort: [] };
}

function cheapestPlan(reader: KeyValueReader, plans: readonly IndexPlan[]): IndexPlan | undefined {
  return plans.length > 1 ? cheapest(reader, plans)?.plan : plans[0];
}

/** The plan that admits the fewest keys, as far as a short look tells; ties go to more bounds and to the wanted order. */
function cheapest(
  reader: KeyValueReader,
  plans: readonly IndexPlan[],
): { readonly plan: IndexPlan; readonly keys: number } | undefined {
  const probed = plans.map((plan) => ({ plan, keys: probedKeys(reader, plan.scan) }));
  return probed.sort(
    (a, b) =>
      a.keys - b.keys ||
      Number(a.plan.order === undefined) - Number(b.plan.order === undefined) ||
      b.plan.scan.boundParts - a.plan.scan.boundParts,
  )[0];
}

function probedKeys(reader: KeyValueReader, scan: IndexScan): number {
  if (scan.index.spec.unique && scan.pointParts === scan.index.spec.key.length) {
    return scan.spans.length;
  }
  let keys = 0;
  let spans = 0;
  for (const span of scan.spans) {
    keys += countUpTo(reader.range('indexes', span), PROBED_KEYS - keys);
    if (keys >= PROBED_KEYS) return PROBED_KEYS;
    spans += 1;
    if (spans >= PROBED_SPANS) return Math.min(PROBED_KEYS, (keys * scan.spans.length) / spans);
  }
  return keys;
}

function countUpTo(items: Iterable<unknown>, most: number): number {
  const iterator = items[Symbol.iterator]();
  let count = 0;
  while (count < most && iterator.next().done !== true) count += 1;
  iterator.return?.();
  return count;
}
