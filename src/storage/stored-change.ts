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

/** The collections that say who a session is and which roles it has. */
export const ACCESS_COLLECTIONS = [
  '_Session',
  '_User',
  '_Role',
  '_Join:users:_Role',
  '_Join:roles:_Role',
] as const;

export type AccessCollection = (typeof ACCESS_COLLECTIONS)[number];

/**
 * What is to be known about the stream itself, in order with the changes.
 *
 * `accessChanged` comes for every committed change of an access collection (before the change of the object, where the class is
 * also listened to); `documentId` is `undefined` when it is not a string, or when the whole collection was dropped, renamed or
 * replaced by another, alone or with the whole database.
 * Between `interrupted` and `resumed` nothing arrives. `isComplete` is false when changes of the meantime are lost for ever:
 * caches must forget everything and subscribers must be told.
 */
export type FeedNotice =
  | {
      readonly kind: 'accessChanged';
      readonly collection: AccessCollection;
      readonly documentId: string | undefined;
      readonly change: LiveEventKind;
    }
  | { readonly kind: 'interrupted'; readonly reason: string }
  | { readonly kind: 'resumed'; readonly isComplete: boolean };

export type NoticeListener = (notice: FeedNotice) => void;

/** The one stream of changes of a process, fanned out in memory. Changes and notices arrive in commit order. */
export interface ChangeFeed {
  /** False on servers without change streams: subscriptions are then refused by name. */
  readonly isAvailable: boolean;
  /** Why it is not available, for the refusal; empty when it is. */
  readonly unavailableReason: string;
  /** Returns how to stop listening. */
  listen(listener: ChangeListener): () => void;
  /** Returns how to stop listening. A listener hears at once that the feed is interrupted, when it is. */
  onNotice(listener: NoticeListener): () => void;
}
