import type { GraphQLFieldResolver } from 'graphql';
import type { ParseObject } from '../../parse/object.ts';
import { EVERYTHING } from '../../query/constraint.ts';
import { LIVE_EVENT_KINDS, type LiveEvent, type LiveEventKind } from '../../query/live-request.ts';
import type { ApiContext } from '../api-context.ts';
import { decodeWhere } from '../arguments/where.ts';
import { answering, toGraphqlError } from '../errors.ts';
import type { ApiPlan, ClassPlan } from '../plan/api-plan.ts';

/** What the type `TeamEvent` shows. */
export interface ShownEvent {
  readonly event: LiveEventKind;
  readonly node: ParseObject;
}

/**
 * `teams(where, events)` of a subscription: the principal's events of one class, all kinds unless `events` chooses.
 * A refusal or a malformed where is an error at once; a failure later ends the stream with it.
 */
export function subscribeResolver(
  plan: ClassPlan,
  api: ApiPlan,
): GraphQLFieldResolver<unknown, ApiContext> {
  return answering((_source, { where, events }, context) => {
    const constraint =
      where === undefined || where === null ? EVERYTHING : decodeWhere(where, plan, api, context);
    const chosen = Array.isArray(events) ? (events as readonly LiveEventKind[]) : LIVE_EVENT_KINDS;
    const { className } = plan.schema;
    return worded(
      context.live.subscribe({ className, where: constraint, events: new Set(chosen) }),
      context,
    );
  });
}

/** One event of the stream as its field's value. */
export function eventOf(event: LiveEvent): ShownEvent {
  return { event: event.kind, node: event.object };
}

/**
 * The same events; before each, what was read for the one before is forgotten, and a failure is worded for clients.
 *
 * Not a generator: one that waits for its next event cannot be ended, and a subscriber may leave while nothing happens.
 */
function worded(
  events: AsyncIterable<LiveEvent>,
  { loaders, reportUnexpected }: ApiContext,
): AsyncIterableIterator<LiveEvent> {
  const iterator = events[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const result = await iterator.next();
        loaders.clear();
        return result;
      } catch (error) {
        throw toGraphqlError(error, reportUnexpected);
      }
    },
    async return() {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
}
