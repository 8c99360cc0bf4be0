import type { PrincipalSource } from '../access/authenticate.ts';
import type { GuardedChange, GuardedFeed } from '../access/guarded-feed.ts';
import { GatewayError } from '../parse/errors.ts';
import type { LiveSource } from '../query/live-request.ts';
import { Subscription } from './subscription.ts';

export interface LiveHubOptions {
  readonly feed: GuardedFeed;
  /** Changes that may wait for one slow subscriber before its subscription ends with an error. */
  readonly maxWaiting?: number;
}

/** Fans the process's one stream of changes out to its subscribers. */
export interface LiveHub {
  /** The door for one caller; cheap. `subscribe` is refused with 102 where the server has no change streams. */
  sourceFor(principals: PrincipalSource): LiveSource;
  /** Open subscriptions. */
  readonly subscriptionCount: number;
  /** Ends every subscription without an error. */
  close(): void;
}

const DEFAULT_MAX_WAITING = 1000;

/**
 * Subscriptions by class. Each change visits those of its class only, in commit order; what each may see of it is decided by
 * access/. When changes have been missed for ever, every subscription ends with an error that says so.
 */
export function createLiveHub({ feed, maxWaiting = DEFAULT_MAX_WAITING }: LiveHubOptions): LiveHub {
  const byClass = new Map<string, Set<Subscription>>();
  const everySubscription = () => [...byClass.values()].flatMap((open) => [...open]);

  function dispatch(change: GuardedChange): void {
    for (const subscription of byClass.get(change.className) ?? []) subscription.offer(change);
  }

  function remove(subscription: Subscription): void {
    const { className } = subscription.request;
    const open = byClass.get(className);
    open?.delete(subscription);
    if (open?.size === 0) byClass.delete(className);
  }

  const stops = [
    feed.listen(dispatch),
    feed.onNotice((notice) => {
      for (const subscription of everySubscription()) {
        if (notice.kind === 'gap') subscription.end(missedChanges());
        else subscription.recheck();
      }
    }),
  ];

  return {
    sourceFor: (principals) => ({
      subscribe(request) {
        if (!feed.isAvailable) throw new GatewayError('InvalidQuery', feed.unavailableReason);
        const subscription = new Subscription({
          feed,
          principals,
          request,
          maxWaiting,
          onClose: remove,
        });
        const open = byClass.get(request.className) ?? new Set();
        byClass.set(request.className, open.add(subscription));
        return subscription;
      },
    }),
    get subscriptionCount() {
      return everySubscription().length;
    },
    close() {
      for (const stop of stops) stop();
      for (const subscription of everySubscription()) subscription.end(undefined);
    },
  };
}

function missedChanges(): GatewayError {
  const text = 'changes were missed while the database was away; subscribe again and read anew';
  return new GatewayError('ServiceUnavailable', text);
}
