import type { ClassCatalog } from '../../parse/class-schema.ts';
import type { RowCommands } from './row-commands.ts';

/** The row of `_SCHEMA` as Parse Server writes it with the first session. */
const SESSION_CLASS = {
  objectId: 'string',
  updatedAt: 'date',
  createdAt: 'date',
  user: '*_User',
  installationId: 'string',
  sessionToken: 'string',
  expiresAt: 'date',
  createdWith: 'object',
} as const;

/**
 * Sees to it that the class of sessions is known, so that users can list theirs: Parse Server, too, adds it with the first session.
 * Cost: none once the class is known, else 1 command, once.
 */
export function createSessionClass(
  commands: RowCommands,
  catalog: () => ClassCatalog,
): () => Promise<void> {
  let isMade = false;
  return async () => {
    if (isMade || catalog().classes.has('_Session')) return;
    await commands.bulkWrite('_SCHEMA', [
      {
        updateOne: {
          filter: { _id: '_Session' } as object,
          update: { $setOnInsert: { ...SESSION_CLASS } },
          upsert: true,
        },
      },
    ]);
    isMade = true;
  };
}
