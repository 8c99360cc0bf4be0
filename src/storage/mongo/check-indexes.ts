import type { ClassCatalog, ClassSchema } from '../../parse/class-schema.ts';
import type { CatalogSource } from './catalog-source.ts';
import type { Report } from './class-schema-codec.ts';
import type { CollectionCommands } from './collection-commands.ts';
import { joinName } from './join-rows.ts';
import { beginsWith, type KnownIndexes } from './known-indexes.ts';
import { storedName } from './system-columns.ts';

/** An index that some kind of read needs to cost no more than its page. */
interface WantedIndex {
  readonly collection: string;
  readonly keys: readonly string[];
  /** Made in a database of our own even before the collection has a row. */
  readonly isEager: boolean;
  /** What reads cost without it, to follow "has no index on …: "; `undefined` where a summary tells. */
  readonly lack: string | undefined;
  /** `Class.column`, for the summary. */
  readonly column: string;
}

/** How many columns a summary names. */
const NAMED = 12;

/**
 * Looks after the indexes of relations' join rows and of pointers, which Parse Server does not make: without them a page of a
 * relation, or of the objects that point at one, reads all there are. Missing ones are reported, or made where the database is
 * ours. Cost: 1 command for each relation and each class with pointers the first time it is seen, in the background.
 */
export function checkIndexes(
  source: CatalogSource,
  {
    collections,
    known,
  }: { readonly collections: CollectionCommands; readonly known: KnownIndexes },
  { report, isOwner }: { readonly report: Report; readonly isOwner: boolean },
): { close(): void } {
  const seen = new Set<string>();
  // A catalog shares the classes that are as they were with the one before it.
  const seenClasses = new WeakSet<ClassSchema>();
  let isClosed = false;
  const check = async (catalog: ClassCatalog): Promise<void> => {
    const unindexed: string[] = [];
    const unseen = [...catalog.classes.values()].filter((schema) => !seenClasses.has(schema));
    for (const wanted of wantedIndexes(unseen)) {
      if (isClosed) return;
      const { collection, keys, lack, column } = wanted;
      const label = `${collection} ${keys.join()}`;
      if (seen.has(label)) continue;
      seen.add(label);
      const indexes = await known.keysOf(collection);
      if (indexes.some((index) => beginsWith(index, keys))) continue;
      if (isOwner && (indexes.length > 0 || wanted.isEager)) {
        await collections.createIndex(collection, Object.fromEntries(keys.map((key) => [key, 1])));
        known.forget(collection);
      }
      // A collection that does not exist yet has no keys at all: there is nothing to complain of.
      if (isOwner || indexes.length === 0) continue;
      if (lack === undefined) unindexed.push(column);
      else report(`${collection} has no index on ${keys.join(', ')}: ${lack}`);
    }
    for (const schema of unseen) seenClasses.add(schema);
    if (unindexed.length > 0) report(summaryOf(unindexed));
  };
  const begin = (catalog: ClassCatalog): void => {
    check(catalog).catch((error: unknown) => {
      if (!isClosed) report(`indexes could not be checked: ${String(error)}`);
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

function summaryOf(columns: readonly string[]): string {
  const named = columns.slice(0, NAMED).join(', ');
  const more = columns.length > NAMED ? ` and ${columns.length - NAMED} more` : '';
  return `pages of the objects that point at another read all of them, for want of an index on the pointer and _id: ${named}${more}`;
}

function wantedIndexes(classes: readonly ClassSchema[]): readonly WantedIndex[] {
  return classes.flatMap((schema) => [...joinIndexes(schema), ...pointerIndexes(schema)]);
}

function joinIndexes({ className, fields }: ClassSchema): readonly WantedIndex[] {
  const relations = [...fields.values()].filter(({ type }) => type.kind === 'Relation');
  return relations.flatMap(({ name }): readonly WantedIndex[] => {
    const of = {
      collection: joinName(className, name),
      column: `${className}.${name}`,
      isEager: true,
    };
    return [
      {
        ...of,
        keys: ['owningId', 'relatedId'],
        lack: 'a page of this relation reads all rows of the owner, or of the relation',
      },
      {
        ...of,
        keys: ['relatedId', 'owningId'],
        lack: 'a condition on this relation reads all of its rows',
      },
    ];
  });
}

function pointerIndexes(schema: ClassSchema): readonly WantedIndex[] {
  const { className, fields } = schema;
  return [...fields.values()]
    .filter(({ type }) => type.kind === 'Pointer')
    .map(({ name }) => ({
      collection: className,
      column: `${className}.${name}`,
      keys: [storedName(schema, name), '_id'],
      // A system class without a collection may never have one.
      isEager: !className.startsWith('_'),
      lack: undefined,
    }));
}
