import type { JournalEntry, JournalKind, Namespace } from '../engine/engine.ts';
import type { ChangeStreamOptions, WatchScope } from './parse-change-stream.ts';

/** Whether events of a kind are shown to every stream, or only with `showExpandedEvents`. */
const SHOWN = {
  insert: 'always',
  update: 'always',
  replace: 'always',
  delete: 'always',
  drop: 'always',
  rename: 'always',
  dropDatabase: 'always',
  create: 'expanded',
  createIndexes: 'expanded',
  dropIndexes: 'expanded',
  modify: 'expanded',
} as const satisfies Record<JournalKind, 'always' | 'expanded'>;

const INTERNAL_DATABASES: ReadonlySet<string> = new Set(['admin', 'config', 'local']);

const isSame = (a: Namespace, b: Namespace): boolean =>
  a.database === b.database && a.collection === b.collection;

/** Where a rename went; undefined for other entries. */
export function renameTarget(entry: JournalEntry): Namespace | undefined {
  const to = entry.details?.['to'];
  if (entry.kind !== 'rename' || typeof to !== 'object' || to === null) return undefined;
  if (!('db' in to) || !('coll' in to)) return undefined;
  return { database: String(to.db), collection: String(to.coll) };
}

function isInScope(entry: JournalEntry, scope: WatchScope): boolean {
  const target = renameTarget(entry);
  const touched = target === undefined ? [entry.namespace] : [entry.namespace, target];
  switch (scope.kind) {
    case 'collection':
      return touched.some((namespace) => isSame(namespace, scope.namespace));
    case 'database':
      return touched.some(({ database }) => database === scope.database);
    case 'cluster':
      return touched.some(({ database }) => !INTERNAL_DATABASES.has(database));
  }
}

/** Whether a stream shows an event for an entry. */
export function isWatched(entry: JournalEntry, options: ChangeStreamOptions): boolean {
  if (SHOWN[entry.kind] === 'expanded' && !options.showExpandedEvents) return false;
  // A collection's stream hears of its database's end by the drop of the collection.
  if (entry.kind === 'dropDatabase' && options.scope.kind === 'collection') return false;
  if (entry.namespace.collection.startsWith('system.')) return false;
  return isInScope(entry, options.scope);
}

/** Whether a stream ends with an entry that it shows, because what it watches is gone. */
export function isInvalidating(entry: JournalEntry, scope: WatchScope): boolean {
  if (scope.kind === 'collection') return entry.kind === 'drop' || entry.kind === 'rename';
  return scope.kind === 'database' && entry.kind === 'dropDatabase';
}
