import type { Report } from './class-schema-codec.ts';
import type { CollectionCommands, IndexOptions } from './collection-commands.ts';
import type { Collation } from './command-options.ts';

/** How Parse compares user names and e-mail addresses: `Snoopy` is `snoopy`. */
export const CASE_INSENSITIVE: Collation = { locale: 'en_US', strength: 2 };

interface AccountIndex {
  readonly collection: '_User' | '_Role' | '_Session';
  readonly key: string;
  readonly options: IndexOptions;
  /** What may go wrong without it, to follow "has no … index on …: "; `undefined` where nothing but time is lost. */
  readonly lack: string | undefined;
}

/** Those by which names and addresses stay unique and are found whatever their case. */
const OF_NAMES: readonly AccountIndex[] = [
  {
    collection: '_User',
    key: 'username',
    options: { name: 'username_1', unique: true, sparse: true },
    lack: 'two sign-ups at once may get the same user name',
  },
  {
    collection: '_User',
    key: 'email',
    options: { name: 'email_1', unique: true, sparse: true },
    lack: 'two sign-ups at once may get the same e-mail address',
  },
  caseInsensitive('username'),
  caseInsensitive('email'),
  {
    collection: '_Role',
    key: 'name',
    options: { name: 'name_1', unique: true, sparse: true },
    lack: 'two roles may get the same name',
  },
];

/** Those Parse Server makes when it starts, by their names there, and two that sessions are found by. */
const INDEXES: readonly AccountIndex[] = [
  ...OF_NAMES,
  token('_email_verify_token'),
  token('_perishable_token'),
  { collection: '_Session', key: '_session_token', options: {}, lack: undefined },
  { collection: '_Session', key: '_p_user', options: {}, lack: undefined },
];

function caseInsensitive(key: 'username' | 'email'): AccountIndex {
  const options = { name: `case_insensitive_${key}`, sparse: true, collation: CASE_INSENSITIVE };
  return { collection: '_User', key, options, lack: undefined };
}

function token(key: string): AccountIndex {
  return { collection: '_User', key, options: { name: key, sparse: true }, lack: undefined };
}

/** An id of a provider belongs to one user. */
function ofProvider(provider: string): AccountIndex {
  const options = { name: `_auth_data_${provider}_id`, unique: true, sparse: true };
  return { collection: '_User', key: `_auth_data_${provider}.id`, options, lack: undefined };
}

/** The indexes of names that a system class's objects should be written under; none for other classes. */
export function nameIndexesOf(
  className: string,
): readonly (IndexOptions & { readonly key: Readonly<Record<string, 1>> })[] {
  const own = OF_NAMES.filter(({ collection }) => collection === className);
  return own.map(({ key, options }) => ({ ...options, key: { [key]: 1 } }));
}

interface CheckOptions {
  readonly report: Report;
  readonly isOwner: boolean;
  /** Whose ids find users. */
  readonly identityProviders: readonly string[];
}

/**
 * Looks after the indexes that accounts need: makes the missing ones where the database is ours, else reports those that keep
 * names unique. `done` never rejects: what goes wrong is reported.
 * Cost: 1 command for each of two collections, in the background, or for each index that is made.
 */
export function checkAccountIndexes(
  collections: CollectionCommands,
  { report, ...options }: CheckOptions,
): { readonly done: Promise<void>; close(): void } {
  let isClosed = false;
  const tell: Report = (line) => {
    if (!isClosed) report(line);
  };
  const done = check(collections, { report: tell, ...options }).catch((error: unknown) => {
    tell(`indexes of accounts could not be checked: ${String(error)}`);
  });
  return {
    done,
    close() {
      isClosed = true;
    },
  };
}

async function check(
  collections: CollectionCommands,
  { report, isOwner, identityProviders }: CheckOptions,
): Promise<void> {
  for (const { collection, key, options, lack } of [
    ...INDEXES,
    ...identityProviders.map(ofProvider),
  ]) {
    if (isOwner) {
      await collections.createIndex(collection, { [key]: 1 }, options);
      continue;
    }
    if (options.unique !== true || lack === undefined) continue;
    const indexes = await collections.readIndexKeys(collection);
    // A collection that does not exist yet: Parse Server makes the index with it.
    if (indexes.length === 0) continue;
    const isThere = indexes.some((index) => Object.keys(index).join() === key);
    if (!isThere) report(`${collection} has no unique index on ${key}: ${lack}`);
  }
}
