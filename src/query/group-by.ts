/** Key → the items that have it, in their order; the keys in the order in which they first came. */
export function groupBy<K, T>(
  items: readonly T[],
  keyFor: (item: T) => K,
): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) addToGroup(groups, keyFor(item), item);
  return groups;
}

/** Puts the item last into the key's group, which is made when it is the first. */
export function addToGroup<K, T>(groups: Map<K, T[]>, key: K, item: T): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [item]);
  else group.push(item);
}
