import { GatewayError } from '../parse/errors.ts';
import type { Pointer } from '../parse/values.ts';
import { hasObjectIdIn } from '../query/constraint.ts';
import { firstRows } from '../query/find-request.ts';
import { groupBy } from '../query/group-by.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { keyOf } from './pointer-key.ts';
import type { PrincipalReads } from './principal-reads.ts';

/** @throws GatewayError 101 for the first link that leads nowhere. */
export async function assertLinked(
  links: readonly Pointer[],
  reads: PrincipalReads,
  store: ObjectStore,
): Promise<void> {
  const dangling = await danglingLinks(links, reads, store);
  const [missing] = links.filter((link) => dangling.has(keyOf(link)));
  if (missing !== undefined) throw linkNotFound(missing);
}

/** Keys of the links that lead nowhere. Cost: 1 command for each class that is linked to. */
export async function danglingLinks(
  links: readonly Pointer[],
  reads: PrincipalReads,
  store: ObjectStore,
): Promise<ReadonlySet<string>> {
  const dangling = new Set(links.map(keyOf));
  const byClass = groupBy(links, ({ className }) => className);
  await Promise.all(
    [...byClass].map(async ([className, pointers]) => {
      const ids = [...new Set(pointers.map(({ objectId }) => objectId))];
      for (const id of await linkable({ className, ids }, reads, store))
        dangling.delete(`${className} ${id}`);
    }),
  );
  return dangling;
}

async function linkable(
  { className, ids }: { readonly className: string; readonly ids: readonly string[] },
  reads: PrincipalReads,
  store: ObjectStore,
): Promise<ReadonlySet<string>> {
  if (className !== '_User' || !reads.isBound) {
    return new Set(await reads.readableIds(className, ids));
  }
  // The caller is a user that exists.
  const own = reads.principal.kind === 'user' ? reads.principal.userId : undefined;
  const others = ids.filter((id) => id !== own);
  if (others.length === 0) return new Set(ids);
  const found = await store.find({
    className,
    where: hasObjectIdIn(others),
    order: [],
    page: firstRows(others.length),
    select: new Set(),
    readPreference: undefined,
  });
  return new Set([...(own === undefined ? [] : [own]), ...found.map((user) => user.objectId)]);
}

/** The refusal of a link that leads nowhere. */
export function linkNotFound({ className, objectId }: Pointer): GatewayError {
  return new GatewayError('ObjectNotFound', `Object not found: ${className} ${objectId}`);
}
