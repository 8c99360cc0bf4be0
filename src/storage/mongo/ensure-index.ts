import { MongoServerError } from 'mongodb';
import type { ClassSchema } from '../../parse/class-schema.ts';
import { GatewayError } from '../../parse/errors.ts';
import { partsOf, type Constraint } from '../../query/constraint.ts';
import type { CollectionCommands } from './collection-commands.ts';
import { storedPath } from './system-columns.ts';

/** MongoDB's numbers for "no text index" and "no geo index". */
const MISSING_INDEX: ReadonlySet<unknown> = new Set([27, 291]);

/**
 * Runs a query; when the database refuses it for want of the index that `near` or `text` needs, makes that index, as Parse
 * Server does, and runs it once more. Cost: the query's own, +2 commands the first time.
 */
export async function withNeededIndex<T>(
  run: () => Promise<T>,
  where: Constraint,
  {
    collections,
    schema,
  }: { readonly collections: CollectionCommands; readonly schema: ClassSchema },
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const needed = isMissingIndex(error) ? neededIndex(where, schema) : undefined;
    if (needed === undefined) throw error;
    await collections.createIndex(schema.className, needed.key, { name: needed.name });
    return run();
  }
}

function isMissingIndex(error: unknown): boolean {
  return (
    error instanceof GatewayError &&
    error.cause instanceof MongoServerError &&
    MISSING_INDEX.has(error.cause.code)
  );
}

function neededIndex(
  where: Constraint,
  schema: ClassSchema,
): { readonly name: string; readonly key: Readonly<Record<string, '2d' | 'text'>> } | undefined {
  for (const part of partsOf(where)) {
    if (part.kind !== 'near' && part.kind !== 'text') continue;
    const path = storedPath(schema, part.column);
    return part.kind === 'near'
      ? { name: `${path}_2d`, key: { [path]: '2d' } }
      : { name: `${path}_text`, key: { [path]: 'text' } };
  }
  return undefined;
}
