/** A stored class schema. */
export type ClassRow = Readonly<Record<string, unknown>> & { readonly _id: string };

/** `count` stored classes of sixteen columns of every kind, three of them pointers, one a relation; `_User` and `_Role`. */
export function manyClassRows(count: number): readonly ClassRow[] {
  const rows = Array.from({ length: count }, (_, index) => classRow(index, count));
  return [...rows, { _id: '_User' }, { _id: '_Role' }];
}

/** `Class5`, with the stored type of its column `changing`. */
export function classRow(index: number, count: number, changing = 'string'): ClassRow {
  const neighbour = (distance: number) => `Class${(index + distance) % count}`;
  const everybody = { '*': true };
  return {
    _id: `Class${index}`,
    objectId: 'string',
    createdAt: 'date',
    updatedAt: 'date',
    ...Object.fromEntries(['s1', 's2', 's3', 's4', 's5'].map((name) => [name, 'string'])),
    ...{ n1: 'number', n2: 'number', on: 'boolean', at: 'date', tags: 'array', data: 'object' },
    ...{ place: 'geopoint', file: 'file', user: '*_User', changing },
    next: `*${neighbour(1)}`,
    other: `*${neighbour(7)}`,
    many: `relation<${neighbour(3)}>`,
    _metadata: {
      class_permissions: { find: everybody, get: everybody, count: everybody, create: everybody },
      indexes: { _id_: { _id: 1 } },
    },
  };
}
