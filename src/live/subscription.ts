import type { PrincipalSource } from '../access/authenticate.ts';
import type { GuardedChange, GuardedFeed, LiveView } from '../access/guarded-feed.ts';
import { GatewayError } from '../parse/errors.ts';
import type { LiveEvent, LiveRequest } from '../query/live-request.ts';
import { EventQueue } from './event-queue.ts';

/** A change that waits for its consumer, and what was seen of it when it came. */
interface Waiting {
  readonly change: GuardedChange;
  readonly seen: { readonly view: LiveView; readonly event: LiveEvent } | undefined;
}

export interface SubscriptionOptions {
  readonly feed: GuardedFeed;
  readonly principals: PrincipalSource;
  readonly request: LiveRequest;
  /** Changes that may wait for the consumer. */
  readonly maxWaiting: number;
  /** Called once, when nothing more will be delivered. */
  readonly onClose: (subscription: Subscription) => void;
}

/**
 * One subscriber's events, in commit order, each authorised at the moment it is handed over: when principal or catalog have changed
 * since it came, it is judged again.
 *
 * Ends with 209 when the session is over, 119 or 101 when class permissions no longer allow it, 155 when the consumer is so slow
 * that more changes wait than may. Whatever ends it, `onClose` is called and nothing stays behind.
 */
export class Subscription implements AsyncIterableIterator<LiveEvent, undefined> {
  readonly request: LiveRequest;
  readonly #feed: GuardedFeed;
  readonly #principals: PrincipalSource;
  readonly #queue: EventQueue<Waiting>;
  readonly #maxWaiting: number;
  readonly #onClose: (subscription: Subscription) => void;
  readonly #stopWatchingSession: () => void;
  /** Draining: nothing more comes in, what waits still goes out, then the error. */
  #state: 'open' | 'draining' | 'closed' = 'open';
  #lastTake: Promise<unknown> = Promise.resolve();

  /** @throws GatewayError 119, 101, 209 or 102 when the principal may not subscribe. */
  constructor({ feed, principals, request, maxWaiting, onClose }: SubscriptionOptions) {
    feed.viewFor(principals.latest, request);
    this.request = request;
    this.#feed = feed;
    this.#principals = principals;
    this.#queue = new EventQueue(maxWaiting);
    this.#maxWaiting = maxWaiting;
    this.#onClose = onClose;
    this.#stopWatchingSession = principals.onEnd((error) => {
      this.end(error);
    });
  }

  /** Takes a change of the subscription's class, when it may concern it. */
  offer(change: GuardedChange): void {
    if (this.#state !== 'open' || !this.request.events.has(change.kind)) return;
    try {
      const seen = this.#seeNow(change);
      if (seen === 'nothing' || this.#queue.push({ change, seen })) return;
      const text = `${this.#maxWaiting} events were waiting to be sent; subscribe again and read anew`;
      this.#close(new GatewayError('RequestLimitExceeded', text), 'afterWaiting');
    } catch (error) {
      this.end(asError(error));
    }
  }

  /** Ends the subscription when the newest catalog no longer allows it. */
  recheck(): void {
    try {
      this.#feed.viewFor(this.#principals.latest, this.request);
    } catch (error) {
      this.end(asError(error));
    }
  }

  /** Ends with an error, or without; events that wait are not delivered any more. */
  end(error: Error | undefined): void {
    this.#close(error, 'atOnce');
  }

  /** The consumer's calls are answered one after another, as those of a generator. */
  next(): Promise<IteratorResult<LiveEvent, undefined>> {
    const taken = this.#lastTake.then(() => this.#takeNext());
    this.#lastTake = taken.catch(() => undefined);
    return taken;
  }

  return(): Promise<IteratorResult<LiveEvent, undefined>> {
    this.end(undefined);
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<IteratorResult<LiveEvent, undefined>> {
    this.end(undefined);
    return Promise.reject(asError(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #takeNext(): Promise<IteratorResult<LiveEvent, undefined>> {
    try {
      for (;;) {
        const waiting = await this.#queue.take();
        if (waiting === undefined) return { done: true, value: undefined };
        const view = this.#feed.viewFor(await this.#principals.current(), this.request);
        const { seen, change } = waiting;
        const event = seen?.view === view ? seen.event : change.eventFor(view);
        // It may have been ended while the principal was looked up.
        if (event !== undefined && !this.#isClosed()) return { done: false, value: event };
      }
    } catch (error) {
      this.end(undefined);
      throw error;
    }
  }

  /** `undefined` while it cannot be told, because the principal has to be looked up first. */
  #seeNow(change: GuardedChange): Waiting['seen'] | 'nothing' {
    const principal = this.#principals.current();
    if (principal instanceof Promise) {
      // Whoever takes the change looks up again; here only the unhandled failure matters.
      principal.catch(() => undefined);
      return undefined;
    }
    const view = this.#feed.viewFor(principal, this.request);
    const event = change.eventFor(view);
    return event === undefined ? 'nothing' : { view, event };
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #close(error: Error | undefined, when: 'afterWaiting' | 'atOnce'): void {
    if (this.#state === 'closed') return;
    const wasOpen = this.#state === 'open';
    this.#state = when === 'atOnce' ? 'closed' : 'draining';
    this.#queue.end({ error }, when);
    if (!wasOpen) return;
    this.#stopWatchingSession();
    this.#onClose(this);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('subscription failed', { cause: error });
}
