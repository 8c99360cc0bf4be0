import type { ClassSchema } from '../../parse/class-schema.ts';
import type { ClassIndex, IndexKey, IndexKind } from '../../query/schema-change.ts';
import { columnName, storedName } from './system-columns.ts';

/** How an index's key is written for MongoDB. */
export type IndexWord = 1 | -1 | 'text' | '2d' | '2dsphere';

const WORDS: Readonly<Record<IndexKind, IndexWord>> = {
  ASC: 1,
  DESC: -1,
  TEXT: 'text',
  GEO_2D: '2d',
  GEO_2DSPHERE: '2dsphere',
};

/** `{field: 'owner', kind: 'ASC'}` of a pointer → `{_p_owner: 1}`, in order. */
export function encodeIndexKeys(
  { keys }: ClassIndex,
  schema: ClassSchema,
): Readonly<Record<string, IndexWord>> {
  return Object.fromEntries(
    keys.map(({ field, kind = 'ASC' }) => [storedPathOf(field, schema), WORDS[kind]]),
  );
}

/** The indexes a class lists, by column; keys that stand for no column keep their stored name. */
export function decodeIndexes(schema: ClassSchema): readonly ClassIndex[] {
  return [...schema.indexes].map(([name, stored]) => ({
    name,
    keys: Object.entries(stored).map(([path, word]): IndexKey => ({
      field: columnPathOf(path, schema),
      kind: kindOf(word),
    })),
  }));
}

function kindOf(word: number | string): IndexKind | undefined {
  return (Object.keys(WORDS) as IndexKind[]).find((kind) => WORDS[kind] === word);
}

function storedPathOf(path: string, schema: ClassSchema): string {
  const [root = '', ...rest] = path.split('.');
  return [storedName(schema, root), ...rest].join('.');
}

function columnPathOf(path: string, schema: ClassSchema): string {
  const [root = '', ...rest] = path.split('.');
  const column = columnName(root);
  return [storedName(schema, column) === root ? column : root, ...rest].join('.');
}
