import type { ParseObject } from '../parse/object.ts';
import type { LiveEventKind } from '../query/live-request.ts';

/**
 * One committed change of a class's object, by anybody who writes to the database.
 *
 * `object` is the state after the change; for a delete it is the state before, where the server keeps
 * pre-images, else `undefined`. `before` is the state before an update, under the same condition.
 */
export interface StoredChange {
  readonly kind: LiveEventKind;
  readonly className: string;
  readonly objectId: string;
  readonly object: ParseObject | undefined;
  readonly before: ParseObject | undefined;
}

export type ChangeListener = (change: StoredChange) => void;

/** The one stream of changes of a process, fanned out in memory. Changes arrive in commit order. */
export interface ChangeFeed {
  /** False on servers without change streams: subscriptions are then refused by name. */
  readonly isAvailable: boolean;
  /** Why it is not available, for the refusal; empty when it is. */
  readonly unavailableReason: string;
  /** Returns how to stop listening. */
  listen(listener: ChangeListener): () => void;
}
