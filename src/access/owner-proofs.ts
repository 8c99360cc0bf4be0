/** How long "this principal could read that object" is believed without asking again. */
const PROOF_MS = 5000;

const MAX_PROOFS = 50_000;

/**
 * Remembers which objects a store has just shown to its principal, so that the relations of an object that is already on the
 * table need no further command. Bounded in number and, for stores that live long, in time.
 */
export class OwnerProofs {
  readonly #seenAt = new Map<string, number>();

  add(className: string, objectId: string): void {
    if (this.#seenAt.size >= MAX_PROOFS) this.#seenAt.clear();
    this.#seenAt.set(keyOf(className, objectId), performance.now());
  }

  remove(className: string, objectId: string): void {
    this.#seenAt.delete(keyOf(className, objectId));
  }

  has(className: string, objectId: string): boolean {
    const seenAt = this.#seenAt.get(keyOf(className, objectId));
    return seenAt !== undefined && performance.now() - seenAt < PROOF_MS;
  }
}

function keyOf(className: string, objectId: string): string {
  return `${className} ${objectId}`;
}
