import type { ParseObject } from '../../parse/object.ts';
import type { CountRequest, FindRequest } from '../../query/find-request.ts';
import { orderingConstraint, type ClassReader } from './class-reader.ts';
import type { StoredDocument } from './document.ts';
import { withNeededIndex } from './ensure-index.ts';
import { combine, type StoredFilter } from './filter.ts';
import { compileKeyset, compileSort } from './page.ts';
import { compileProjection, project, type Projection } from './projection.ts';
import { RELEVANCE } from './relevance.ts';
import { followPointers, storedOrder, withTargets, type StoredKey } from './stored-order.ts';

/**
 * One page of a class, of which an order may lead to columns of pointers' targets. Cost: 1 command, +1 for each nested query; none for a limit of 0; one count more when the last rows are
 * asked for and some are to be skipped first, or nearness orders them.
 */
export async function findPage(
  reader: ClassReader,
  request: FindRequest,
): Promise<readonly ParseObject[]> {
  const { className, where, page, subqueryReadPreference } = request;
  if (page.limit <= 0) return [];
  const schema = reader.schemaOf(className);
  const ordering = orderingConstraint(request)?.kind;
  const order = storedOrder(request.order, className, reader.schemaOf);
  const near = ordering === 'near' ? 'orders' : 'narrows';
  const read: PageRead = {
    request,
    order,
    filter: await reader.filterOf(className, where, { near, subqueryReadPreference }),
    keyset: compileKeyset(page, order),
    stages: await followPointers(order, schema, reader),
    sort:
      ordering === 'text'
        ? { [RELEVANCE]: { $meta: 'textScore' }, _id: 1 }
        : compileSort(order, page.fromEnd),
    projection: withTargets(compileProjection(request.select, schema), order),
  };
  const window = await windowOf(reader, read);
  if (window.limit <= 0) return [];
  const rows = await withNeededIndex(() => readRows(reader, read, window), where, {
    collections: reader.collections,
    schema,
  });
  const isReversed = page.fromEnd && ordering === undefined;
  return reader.decode(isReversed ? rows.reverse() : rows, className, request.select, order);
}

/** A request taken apart. */
interface PageRead {
  readonly request: FindRequest;
  readonly order: readonly StoredKey[];
  readonly filter: StoredFilter;
  readonly keyset: StoredFilter;
  /** What must be done to the rows ahead of keyset and sort. */
  readonly stages: readonly StoredFilter[];
  readonly sort: StoredFilter;
  readonly projection: Projection;
}

interface Window {
  readonly skip: number;
  readonly limit: number;
}

async function readRows(
  { commands }: ClassReader,
  { request, filter, keyset, stages, sort, projection }: PageRead,
  { skip, limit }: Window,
): Promise<StoredDocument[]> {
  const { className, readPreference } = request;
  if (stages.length === 0) {
    const shape = { projection, sort, skip, limit, readPreference };
    return commands.find(className, combine([filter, keyset]), shape);
  }
  const pipeline = [
    { $match: filter },
    ...stages,
    { $match: keyset },
    { $sort: sort },
    ...(skip > 0 ? [{ $skip: skip }] : []),
    { $limit: limit },
    ...project(projection),
  ];
  return commands.aggregate(className, pipeline, readPreference);
}

/** Which rows of the sorted ones to take: a page from the end is read backwards where the sort can be turned round. */
async function windowOf(
  reader: ClassReader,
  { request, keyset, stages }: PageRead,
): Promise<Window> {
  const { className, where, page, readPreference, subqueryReadPreference } = request;
  const { skip, limit, fromEnd } = page;
  const isReversible = orderingConstraint(request) === undefined;
  if (!fromEnd || (isReversible && skip === 0)) return { skip, limit };
  const filter = await reader.filterOf(className, where, { subqueryReadPreference });
  const total =
    stages.length === 0
      ? await reader.commands.count(className, combine([filter, keyset]), readPreference)
      : await countPiped(reader, request, [{ $match: filter }, ...stages, { $match: keyset }]);
  const wanted = Math.min(limit, Math.max(0, total - skip));
  return isReversible ? { skip: 0, limit: wanted } : { skip: total - wanted, limit: wanted };
}

async function countPiped(
  { commands }: ClassReader,
  { className, readPreference }: FindRequest,
  stages: readonly StoredFilter[],
): Promise<number> {
  const rows = await commands.aggregate(className, [...stages, { $count: 'rows' }], readPreference);
  return Number(rows[0]?.['rows'] ?? 0);
}

/** How many objects are meant. Cost: 1 command, +1 for each nested query. */
export async function countObjects(
  reader: ClassReader,
  { className, where, readPreference, subqueryReadPreference }: CountRequest,
): Promise<number> {
  const schema = reader.schemaOf(className);
  const filter = await reader.filterOf(className, where, { subqueryReadPreference });
  return withNeededIndex(() => reader.commands.count(className, filter, readPreference), where, {
    collections: reader.collections,
    schema,
  });
}
