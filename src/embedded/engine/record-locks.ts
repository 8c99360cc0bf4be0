import { StoreError } from '../errors.ts';

/** What one open transaction holds. */
export interface LockOwner {
  /** Resolves when the transaction has ended, either way. */
  readonly ended: Promise<void>;
}

/** Thrown inside `write` when a document is held by an open transaction; the engine waits and runs the work again. */
export class HeldByTransaction extends Error {
  readonly owner: LockOwner;

  constructor(owner: LockOwner) {
    super('held by an open transaction');
    this.owner = owner;
  }
}

/** The conflict a transaction ends with; the driver runs it again. */
export function writeConflict(): StoreError {
  return new StoreError(
    'WriteConflict',
    'Caused by :: WriteConflict error: this operation conflicted with another operation. Please retry your operation or multi-document transaction.',
    { labels: ['TransientTransactionError'] },
  );
}

/** Which unique keys and collections open transactions have written. */
export class RecordLocks {
  readonly #keys = new Map<string, LockOwner>();
  readonly #collections = new Map<number, Set<LockOwner>>();

  /** @throws HeldByTransaction when an open transaction has written this key. */
  assertKeyFree(entryKey: Buffer): void {
    if (this.#keys.size === 0) return;
    const owner = this.#keys.get(entryKey.toString('latin1'));
    if (owner !== undefined) throw new HeldByTransaction(owner);
  }

  /** @throws HeldByTransaction when an open transaction has written into this collection. */
  assertCollectionFree(collectionId: number): void {
    const [owner] = this.#collections.get(collectionId) ?? [];
    if (owner !== undefined) throw new HeldByTransaction(owner);
  }

  /** Takes a key for a transaction. False when it had it already. @throws StoreError 112 when another one has it. */
  take(owner: LockOwner, collectionId: number, entryKey: Buffer): boolean {
    const name = entryKey.toString('latin1');
    const holder = this.#keys.get(name);
    if (holder === owner) return false;
    if (holder !== undefined) throw writeConflict();
    this.#keys.set(name, owner);
    const owners = this.#collections.get(collectionId) ?? new Set();
    owners.add(owner);
    this.#collections.set(collectionId, owners);
    return true;
  }

  /** Lets go of all a transaction holds. */
  release(owner: LockOwner): void {
    for (const [name, holder] of this.#keys) if (holder === owner) this.#keys.delete(name);
    for (const [id, owners] of this.#collections) {
      owners.delete(owner);
      if (owners.size === 0) this.#collections.delete(id);
    }
  }
}
