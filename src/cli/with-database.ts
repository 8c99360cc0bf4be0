import type { ParseDatabase } from '../storage/parse-database.ts';
import { requireDatabase, type Settings } from '../server/settings.ts';
import { openMongoDatabase } from '../storage/mongo/mongo-database.ts';
import { CommandFailure } from './failure.ts';

/**
 * Opens the database of the settings for one look at it, and closes it whatever happens. What a look shows does not depend on who may
 * ask: neither application id nor master key is needed.
 * @throws CommandFailure when the database cannot be opened.
 */
export async function withDatabase<Result>(
  settings: Settings,
  look: (database: ParseDatabase) => Promise<Result>,
): Promise<Result> {
  const { databaseURI, collectionPrefix } = requireDatabase({
    ...settings,
    appId: settings.appId ?? 'none',
    masterKey: settings.masterKey ?? 'none',
  });
  const database = await openMongoDatabase({ uri: databaseURI, collectionPrefix }).catch(
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CommandFailure(
        `PARSE_SERVER_DATABASE_URI (--databaseURI): the database cannot be opened: ${reason}`,
        { cause: error },
      );
    },
  );
  try {
    return await look(database);
  } finally {
    await database.close();
  }
}
