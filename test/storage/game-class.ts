import type { ClassSchema } from '../../src/parse/class-schema.ts';
import { decodeClassSchema } from '../../src/storage/mongo/class-schema-codec.ts';

/** A stored row with a column of every kind. */
export const GAME_ROW = {
  _id: 'Game',
  objectId: 'string',
  createdAt: 'date',
  updatedAt: 'date',
  name: 'string',
  score: 'number',
  isOver: 'boolean',
  startedAt: 'date',
  profile: 'object',
  tags: 'array',
  place: 'geopoint',
  area: 'polygon',
  picture: 'file',
  raw: 'bytes',
  owner: '*_User',
  next: '*Game',
  fans: 'relation<_User>',
  links: 'relation<Game>',
};

/** The class of a stored row that must be right. */
export function classOf(row: unknown): ClassSchema {
  const faults: string[] = [];
  const schema = decodeClassSchema(row, (line) => faults.push(line));
  if (schema === undefined || faults.length > 0) throw new Error(faults.join('\n'));
  return schema;
}

export const GAME = classOf(GAME_ROW);
