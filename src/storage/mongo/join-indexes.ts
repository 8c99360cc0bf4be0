import type { ClassCatalog } from '../../parse/class-schema.ts';
import type { CatalogSource } from './catalog-source.ts';
import type { Report } from './class-schema-codec.ts';
import type { Commands } from './commands.ts';
import { joinName, type JoinEnd } from './join-rows.ts';

const ENDS: readonly JoinEnd[] = ['owningId', 'relatedId'];

/**
 * Looks after the indexes of relations' join rows, which Parse Server does not make: without them every page of a relation reads
 * all rows of that relation. Missing ones are reported, or made where the database is ours. Cost: 1 command for each relation
 * column the first time it is seen, in the background.
 */
export function checkJoinIndexes(
  source: CatalogSource,
  commands: Commands,
  { report, isOwner }: { readonly report: Report; readonly isOwner: boolean },
): { close(): void } {
  const seen = new Set<string>();
  let isClosed = false;
  const check = async (catalog: ClassCatalog): Promise<void> => {
    for (const name of joinNames(catalog)) {
      if (isClosed) return;
      if (seen.has(name)) continue;
      seen.add(name);
      const keys = await commands.readIndexKeys(name);
      const missing = ENDS.filter((end) => !keys.some((key) => Object.keys(key)[0] === end));
      // A collection that does not exist yet has no keys at all: there is nothing to index nor to complain of.
      if (keys.length === 0 && !isOwner) continue;
      for (const end of missing) {
        if (isOwner) await commands.createIndex(name, { [end]: 1 });
        else report(`${name} has no index on ${end}: pages of this relation read all of its rows`);
      }
    }
  };
  const begin = (catalog: ClassCatalog): void => {
    check(catalog).catch((error: unknown) => {
      if (!isClosed) report(`indexes of relations could not be checked: ${String(error)}`);
    });
  };
  begin(source.catalog);
  const stop = source.onCatalog(begin);
  return {
    close: () => {
      isClosed = true;
      stop();
    },
  };
}

function joinNames(catalog: ClassCatalog): readonly string[] {
  return [...catalog.classes.values()].flatMap(({ className, fields }) =>
    [...fields.values()]
      .filter(({ type }) => type.kind === 'Relation')
      .map(({ name }) => joinName(className, name)),
  );
}
