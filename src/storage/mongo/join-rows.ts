import type { AnyBulkWriteOperation } from 'mongodb';
import { GatewayError } from '../../parse/errors.ts';
import { isClassName, isFieldName } from '../../parse/names.ts';
import type { Commands } from './commands.ts';

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
  commands: Commands,
  name: string,
  known: { readonly end: JoinEnd; readonly ids: readonly string[] },
): Promise<readonly string[]> {
  if (known.ids.length === 0) return [];
  const other: JoinEnd = known.end === 'owningId' ? 'relatedId' : 'owningId';
  const [first, ...others] = known.ids;
  const rows = await commands.find(
    name,
    { [known.end]: others.length === 0 ? { $eq: first } : { $in: known.ids } },
    { projection: { _id: 0, [other]: 1 } },
  );
  const found = rows.map((row) => row[other]).filter((id) => typeof id === 'string');
  return [...new Set(found)];
}

/** Adds and removes rows of one owner. Adding a row that is there changes nothing. Cost: 1 call, 2 when it does both. */
export async function writeJoined(
  commands: Commands,
  name: string,
  change: {
    readonly owningId: string;
    readonly add: readonly string[];
    readonly remove: readonly string[];
  },
): Promise<void> {
  const { owningId } = change;
  const operations: AnyBulkWriteOperation[] = [...new Set(change.add)].map((relatedId) => ({
    updateOne: {
      filter: { relatedId, owningId },
      update: { $set: { relatedId, owningId } },
      upsert: true,
    },
  }));
  if (change.remove.length > 0) {
    operations.push({
      deleteMany: { filter: { owningId, relatedId: { $in: [...change.remove] } } },
    });
  }
  await commands.bulkWrite(name, operations);
}
