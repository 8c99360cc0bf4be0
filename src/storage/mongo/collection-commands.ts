import type { Collection, Db } from 'mongodb';
import { commentOf, type Collation, type CommandOptions } from './command-options.ts';
import { translated } from './errors.ts';
import type { IndexWord } from './index-key-codec.ts';

/** What an index is besides its key. */
export interface IndexOptions {
  readonly name?: string;
  readonly unique?: boolean;
  readonly sparse?: boolean;
  readonly expireAfterSeconds?: number;
  readonly collation?: Collation;
}

/**
 * The only place that sends commands for collections and their indexes: each method is one command or two, with the driver's
 * failures translated. They take as long as they take, and no transaction holds them.
 *
 * @throws GatewayError as `decodeDriverError` says; every method.
 */
export class CollectionCommands {
  readonly #db: Db;
  readonly #collectionPrefix: string;
  readonly #comment: { readonly comment?: string };

  constructor(db: Db, options: Pick<CommandOptions, 'collectionPrefix' | 'isBackground'>) {
    this.#db = db;
    this.#collectionPrefix = options.collectionPrefix;
    this.#comment = commentOf(options);
  }

  async createIndex(
    name: string,
    key: Readonly<Record<string, IndexWord>>,
    options: IndexOptions = {},
  ): Promise<void> {
    await translated('write', () =>
      this.#collection(name).createIndex({ ...key }, { ...options }, { ...this.#comment }),
    );
  }

  /** A collection or an index that is not there is dropped already. */
  async drop(name: string, index?: string): Promise<void> {
    const collection = this.#collection(name);
    await translated('write', async () => {
      try {
        if (index === undefined) await collection.drop();
        else await collection.dropIndex(index);
      } catch (error) {
        if (!isMissingCollection(error) && !isMissingIndex(error)) throw error;
      }
    });
  }

  /** The keys of the collection's indexes that any read may use; none when the collection does not exist. */
  async readIndexKeys(name: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return translated('read', async () => {
      const indexes: readonly ListedIndex[] = await this.#collection(name)
        .listIndexes({ ...this.#comment })
        .toArray()
        .catch((error: unknown) => {
          if (isMissingCollection(error)) return [];
          throw error;
        });
      return indexes.filter(isForAllReads).map(({ key }) => key ?? {});
    });
  }

  /** Name, without the prefix, of each collection → whether it keeps the state before a change for change streams. */
  async readCollections(): Promise<ReadonlyMap<string, boolean>> {
    const collections = await translated('read', () =>
      this.#db.listCollections({}, { nameOnly: false, ...this.#comment }).toArray(),
    );
    const ours = collections.filter(({ name }) => name.startsWith(this.#collectionPrefix));
    return new Map(
      ours.map(({ name, options }) => {
        const images: unknown = options?.['changeStreamPreAndPostImages'];
        const isKept = typeof images === 'object' && images !== null && 'enabled' in images;
        return [name.slice(this.#collectionPrefix.length), isKept && images.enabled === true];
      }),
    );
  }

  /** From now on the collection keeps the state before a change for change streams; it is made when it is missing. */
  async keepStatesBefore(name: string): Promise<void> {
    const changeStreamPreAndPostImages = { enabled: true };
    await translated('write', async () => {
      try {
        await this.#db.createCollection(this.#nameOf(name), {
          changeStreamPreAndPostImages,
          ...this.#comment,
        });
      } catch (error) {
        if (!isExistingCollection(error)) throw error;
        const collMod = this.#nameOf(name);
        await this.#db.command({ collMod, changeStreamPreAndPostImages, ...this.#comment });
      }
    });
  }

  #nameOf(name: string): string {
    return `${this.#collectionPrefix}${name}`;
  }

  #collection(name: string): Collection {
    return this.#db.collection(this.#nameOf(name));
  }
}

interface ListedIndex {
  readonly key?: Readonly<Record<string, unknown>>;
  readonly [option: string]: unknown;
}

/** False for indexes that lack documents, are hidden from the planner, or order texts by a language's rules. */
function isForAllReads(index: ListedIndex): boolean {
  return (
    index['partialFilterExpression'] === undefined &&
    index['hidden'] !== true &&
    index['collation'] === undefined
  );
}

function isExistingCollection(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 48;
}

function isMissingCollection(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 26;
}

function isMissingIndex(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 27;
}
