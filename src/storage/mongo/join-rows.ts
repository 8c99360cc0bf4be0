import type { AnyBulkWriteOperation } from 'mongodb';
import { GatewayError } from '../../parse/errors.ts';
import { isClassName, isFieldName } from '../../parse/names.ts';
import type { ReadPreference } from '../../query/find-request.ts';
import type { RowCommands } from './row-commands.ts';

/** Where the rows of relation `field` of `ownerClass` are kept: `_Join:field:Class`. @throws GatewayError 105 */
export function joinName(ownerClass: string, field: string): string {
  if (!isClassName(ownerClass) || !isFieldName(field)) {
    throw new GatewayError('InvalidKeyName', `Invalid key name: ${field}`);
  }
  return `_Join:${field}:${ownerClass}`;
}

/** Which end of a join row is known. */
export type JoinEnd = 'owningId' | 'relatedId';

/** Ids at the other end of the rows that have one of `ids` at `end`; each once. Cost: 1 command, none for no ids. */
export async function readJoined(
  commands: Pick<RowCommands, 'find'>,
  name: string,
  known: {
    readonly end: JoinEnd;
    readonly ids: readonly string[];
    readonly readPreference?: ReadPreference | undefined;
  },
): Promise<readonly string[]> {
  if (known.ids.length === 0) return [];
  const other: JoinEnd = known.end === 'owningId' ? 'relatedId' : 'owningId';
  const [first, ...others] = known.ids;
  const rows = await commands.find(
    name,
    { [known.end]: others.length === 0 ? { $eq: first } : { $in: known.ids } },
    { projection: { _id: 0, [other]: 1 }, readPreference: known.readPreference },
  );
  const found = rows.map((row) => row[other]).filter((id) => typeof id === 'string');
  return [...new Set(found)];
}

/** Rows of one owner to add and to remove. */
export interface JoinChange {
  readonly owningId: string;
  readonly add: readonly string[];
  /** `others`: all but those that are added. */
  readonly remove: readonly string[] | 'others';
}

/**
 * Adds and removes rows of some owners. Adding a row that is there changes nothing; a row both added and removed is removed.
 * Cost: 1 command when all add or all remove, else 2; none when nothing changes.
 */
export async function writeJoined(
  commands: RowCommands,
  name: string,
  changes: readonly JoinChange[],
): Promise<void> {
  await commands.bulkWrite(name, [...changes.flatMap(additions), ...changes.flatMap(removals)]);
}

function additions({ owningId, add }: JoinChange): readonly AnyBulkWriteOperation[] {
  return [...new Set(add)].map((relatedId) => ({
    updateOne: {
      filter: { relatedId, owningId },
      update: { $set: { relatedId, owningId } },
      upsert: true,
    },
  }));
}

function removals({ owningId, add, remove }: JoinChange): readonly AnyBulkWriteOperation[] {
  if (remove === 'others') {
    const filter = add.length === 0 ? { owningId } : { owningId, relatedId: { $nin: [...add] } };
    return [{ deleteMany: { filter } }];
  }
  if (remove.length === 0) return [];
  return [{ deleteMany: { filter: { owningId, relatedId: { $in: [...remove] } } } }];
}
