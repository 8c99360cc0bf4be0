import type { CollectionCommands } from './collection-commands.ts';

/** After that long an index that came or went is noticed, in ms. */
const BELIEVED_MS = 60_000;

type IndexKey = Readonly<Record<string, unknown>>;

interface Known {
  readonly keys: Promise<readonly IndexKey[]>;
  readonly readAt: number;
}

/**
 * The indexes that collections have, so that a read can take the plan that they allow.
 *
 * Cost: 1 background command for a collection the first time it is asked about, and one a minute while it is asked about again;
 * that one is not waited for.
 */
export class KnownIndexes {
  readonly #collections: CollectionCommands;
  readonly #known = new Map<string, Known>();

  constructor(collections: CollectionCommands) {
    this.#collections = collections;
  }

  /**
   * Whether an index of the collection begins with these keys in this order, whatever their directions. False where the indexes
   * cannot be read: a plan that needs none is always right.
   */
  async has(name: string, keys: readonly string[]): Promise<boolean> {
    const indexes = await this.keysOf(name).catch(() => []);
    return indexes.some((index) => beginsWith(index, keys));
  }

  /** The keys of the collection's indexes, `_id` included; none while it does not exist. @throws GatewayError as `CollectionCommands`. */
  keysOf(name: string): Promise<readonly IndexKey[]> {
    const known = this.#known.get(name);
    if (known === undefined) return this.#read(name).keys;
    if (performance.now() - known.readAt > BELIEVED_MS) {
      const next = this.#read(name);
      // Until the newer answer is there, the older one is given.
      this.#known.set(name, { keys: known.keys, readAt: next.readAt });
      next.keys.then(() => this.#known.set(name, next)).catch(() => undefined);
    }
    return known.keys;
  }

  /** Asks anew the next time. */
  forget(name: string): void {
    this.#known.delete(name);
  }

  #read(name: string): Known {
    const known = { keys: this.#collections.readIndexKeys(name), readAt: performance.now() };
    this.#known.set(name, known);
    known.keys.catch(() => {
      if (this.#known.get(name) === known) this.#known.delete(name);
    });
    return known;
  }
}

/** True when the index's first keys are these, in this order, of any direction. */
export function beginsWith(index: IndexKey, keys: readonly string[]): boolean {
  const parts = Object.entries(index);
  return keys.every((key, place) => {
    const [name, way] = parts[place] ?? [];
    return name === key && (way === 1 || way === -1);
  });
}
