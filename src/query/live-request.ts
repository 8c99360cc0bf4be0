import type { ParseObject } from '../parse/object.ts';
import type { Constraint } from './constraint.ts';

export const LIVE_EVENT_KINDS = ['create', 'update', 'delete'] as const;

export type LiveEventKind = (typeof LIVE_EVENT_KINDS)[number];

/** What a subscriber wants to hear of one class. */
export interface LiveRequest {
  readonly className: string;
  readonly where: Constraint;
  readonly events: ReadonlySet<LiveEventKind>;
}

/**
 * One change as one subscriber may see it.
 * `object` is the state after a create or update, and the last known state for a delete.
 */
export interface LiveEvent {
  readonly kind: LiveEventKind;
  readonly object: ParseObject;
}

/** Hands out a principal's events; each iterable ends when its consumer returns or the source closes. */
export interface LiveSource {
  /** @throws GatewayError 119/101/209 at once when the principal may not subscribe. */
  subscribe(request: LiveRequest): AsyncIterable<LiveEvent>;
}
