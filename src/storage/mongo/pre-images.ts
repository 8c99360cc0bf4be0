import type { CatalogSource } from './catalog-source.ts';
import type { Report } from './class-schema-codec.ts';
import type { CollectionCommands } from './collection-commands.ts';

export interface PreImageOptions {
  readonly report: Report;
  /** The database is ours: what is missing is made. */
  readonly isOwner: boolean;
  /** False for servers that have no pre-images (before 6.0) or no change streams. */
  readonly isSupported: boolean;
}

/**
 * Looks after the states before a change, without which nobody can tell who might read an object that has been deleted: only the
 * master key then hears of deletes. Classes that keep none are named in one report, or made to keep them where the database is
 * ours. Cost: 1 command for each new catalog, in the background, and 1 or 2 for each class that is made to.
 * @see https://www.mongodb.com/docs/manual/changeStreams/#change-streams-with-document-pre--and-post-images
 */
export function checkPreImages(
  source: CatalogSource,
  collections: CollectionCommands,
  { report, isOwner, isSupported }: PreImageOptions,
): { close(): void } {
  let isClosed = false;
  const check = async (): Promise<void> => {
    const kept = await collections.readCollections();
    const lacking = [...source.catalog.classes.keys()].filter((name) => {
      // A system class without a collection may never have one.
      const isWanted = kept.has(name) || (isOwner && !name.startsWith('_'));
      return isWanted && kept.get(name) !== true;
    });
    if (lacking.length === 0) return;
    if (!isOwner) {
      const names = lacking.join(', ');
      report(`only the master key hears of deletes in ${names}: no changeStreamPreAndPostImages`);
      return;
    }
    for (const name of lacking) if (!isClosed) await collections.keepStatesBefore(name);
  };
  const begin = (): void => {
    check().catch((error: unknown) => {
      if (!isClosed) report(`states before changes could not be looked after: ${String(error)}`);
    });
  };
  if (!isSupported) return { close: () => undefined };
  begin();
  const stop = source.onCatalog(begin);
  return {
    close: () => {
      isClosed = true;
      stop();
    },
  };
}
