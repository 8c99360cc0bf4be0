import type { ParseObject } from '../../parse/object.ts';
import type { CountRequest, FindRequest } from '../../query/find-request.ts';
import { compileShape, orderingConstraint, type ClassReader } from './class-reader.ts';
import { withNeededIndex } from './ensure-index.ts';
import { combine, type StoredFilter } from './filter.ts';
import { compileKeyset } from './page.ts';

/**
 * One page of a class. Cost: 1 command, +1 for each nested query; none for a limit of 0; one count more when the last rows are
 * asked for and some are to be skipped first, or nearness orders them.
 */
export async function findPage(
  reader: ClassReader,
  request: FindRequest,
): Promise<readonly ParseObject[]> {
  const { className, where, page } = request;
  if (page.limit <= 0) return [];
  const schema = reader.schemaOf(className);
  const ordering = orderingConstraint(request);
  const shape = compileShape(request, schema);
  const keyset = compileKeyset(page, request.order, schema);
  const near = ordering === 'near' ? 'orders' : 'narrows';
  const filter = combine([await reader.filterOf(className, where, near), keyset]);
  const window = await windowOf(reader, request, keyset);
  if (window.limit <= 0) return [];
  const rows = await withNeededIndex(
    () => reader.commands.find(className, filter, { ...shape, ...window }),
    where,
    { commands: reader.commands, schema },
  );
  const isReversed = page.fromEnd && ordering === undefined;
  return reader.decode(isReversed ? rows.reverse() : rows, className, request.select);
}

/** Which rows of the sorted ones to take: a page from the end is read backwards where the sort can be turned round. */
async function windowOf(
  reader: ClassReader,
  request: FindRequest,
  keyset: StoredFilter,
): Promise<{ readonly skip: number; readonly limit: number }> {
  const { className, where, page, readPreference } = request;
  const { skip, limit, fromEnd } = page;
  const isReversible = orderingConstraint(request) === undefined;
  if (!fromEnd || (isReversible && skip === 0)) return { skip, limit };
  const filter = combine([await reader.filterOf(className, where), keyset]);
  const total = await reader.commands.count(className, filter, readPreference);
  const wanted = Math.min(limit, Math.max(0, total - skip));
  return isReversible ? { skip: 0, limit: wanted } : { skip: total - wanted, limit: wanted };
}

/** How many objects are meant. Cost: 1 command, +1 for each nested query. */
export async function countObjects(
  reader: ClassReader,
  { className, where, readPreference }: CountRequest,
): Promise<number> {
  const schema = reader.schemaOf(className);
  const filter = await reader.filterOf(className, where);
  return withNeededIndex(() => reader.commands.count(className, filter, readPreference), where, {
    commands: reader.commands,
    schema,
  });
}
