import type { IndexDescription } from 'mongodb';
import type { ClassSchema } from '../../parse/class-schema.ts';
import { nameIndexesOf } from './account-indexes.ts';
import { storedName } from './system-columns.ts';

/** The indexes of a class's own collection: those it lists, Parse Server's for system classes, and one for each pointer. */
export function indexesOf(schema: ClassSchema): readonly IndexDescription[] {
  const listed = [...schema.indexes]
    .filter(([name]) => name !== '_id_')
    .map(([name, key]): IndexDescription => ({ name, key: asIndexKey(key) }));
  return [...listed, ...nameIndexesOf(schema.className), ...pointerIndexes(schema)];
}

/** Pages of the objects that point at another are read from these. */
function pointerIndexes(schema: ClassSchema): readonly IndexDescription[] {
  return [...schema.fields.values()]
    .filter(({ type }) => type.kind === 'Pointer')
    .map(({ name }) => ({ key: { [storedName(schema, name)]: 1, _id: 1 } }));
}

/** The indexes of a relation's rows, to be found from both ends. */
export const JOIN_INDEXES: readonly IndexDescription[] = [
  { name: 'owningId_1_relatedId_1', key: { owningId: 1, relatedId: 1 } },
  { name: 'relatedId_1_owningId_1', key: { relatedId: 1, owningId: 1 } },
];

function asIndexKey(
  key: Readonly<Record<string, number | string>>,
): Record<string, 1 | -1 | '2d' | '2dsphere' | 'text'> {
  const directions = [1, -1, '2d', '2dsphere', 'text'] as const;
  return Object.fromEntries(
    Object.entries(key).map(([name, direction]) => [
      name,
      directions.find((known) => known === direction) ?? 1,
    ]),
  );
}
