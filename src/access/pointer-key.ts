import type { Pointer } from '../parse/values.ts';

/** Equal for pointers to the same object. */
export function keyOf(pointer: Pointer): string {
  return `${pointer.className} ${pointer.objectId}`;
}

/** Key → the items that have it, in their order. */
export function groupBy<T>(
  items: readonly T[],
  keyFor: (item: T) => string,
): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyFor(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
