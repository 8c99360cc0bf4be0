import type { LiveEvent, LiveEventKind, LiveRequest } from '../query/live-request.ts';
import type { guarded } from './guarded-brand.ts';
import type { Principal } from './principal.ts';

/**
 * What one principal may see of one class's changes, under the catalog of the moment it was made. Opaque: only the feed that
 * made it can read it. A new catalog or another principal needs a new view.
 */
export interface LiveView {
  /** Only access/ can make one. */
  readonly [guarded]: true;
}

/** One committed change; its content is seen through a view only. */
export interface GuardedChange {
  readonly kind: LiveEventKind;
  readonly className: string;
  /**
   * The change as the view's principal may see it, or `undefined` when it may not, or when the view's `where` does not mean it.
   *
   * Creates and updates are judged by the state after the change, deletes by the state before it. Without that state (a server
   * that keeps no pre-images) a delete shows nothing but its id, to keys that no rule binds, in views of everything. Events of views
   * that hide the same columns share one frozen object.
   */
  eventFor(view: LiveView): LiveEvent | undefined;
}

/** What subscribers need to hear about the stream itself. */
export type GuardedFeedNotice =
  /** Changes have been missed for ever. */
  | { readonly kind: 'gap' }
  /** Views of before are no longer true. */
  | { readonly kind: 'catalogChanged' };

/** The database's changes, as nobody but access/ may pass them on. */
export interface GuardedFeed {
  readonly isAvailable: boolean;
  /** Why it is not available; empty when it is. */
  readonly unavailableReason: string;
  /** Changes in commit order. Returns how to stop listening. */
  listen(listener: (change: GuardedChange) => void): () => void;
  /** Returns how to stop listening. */
  onNotice(listener: (notice: GuardedFeedNotice) => void): () => void;
  /**
   * Equal arguments give the same view as long as the catalog stays the same, so views can be compared by identity.
   * @throws GatewayError 119, 101 or 209 when class permissions deny reading; 119 when `where` names a column the principal may not
   *   read; 102 when `where` can only be answered by the database.
   */
  viewFor(principal: Principal, request: LiveRequest): LiveView;
}
