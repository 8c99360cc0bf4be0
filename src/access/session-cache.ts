import { GatewayError } from '../parse/errors.ts';
import type { SessionSource, StoredSession } from '../storage/session-source.ts';
import type { AccessCollection, ChangeFeed, FeedNotice } from '../storage/stored-change.ts';
import type { Principal } from './principal.ts';

/** Who a session token is. */
export type UserPrincipal = Extract<Principal, { kind: 'user' }>;

export interface SessionCacheOptions {
  readonly sessions: Pick<SessionSource, 'findSession' | 'rolesOf'>;
  readonly feed: ChangeFeed;
  /** How long an answer is believed while no change stream tells of changes. Milliseconds. */
  readonly ttlMs: number;
  /** Sessions kept; the least recently used go first. */
  readonly maxSessions: number;
}

/** @throws GatewayError 209 from `principalOf`; `ServiceUnavailable` (2) while the database is away. */
export interface SessionCache {
  /**
   * The user of a session with all roles; at once when nothing needs to be looked up. The same object as before when nothing
   * has changed. Cost: none when cached, else that of `SessionSource`.
   */
  principalOf(
    token: string,
    installationId: string | undefined,
  ): UserPrincipal | Promise<UserPrincipal>;
  /**
   * To be called before a session is stored; what it returns, once it is: the session then need not be looked up. It is not kept
   * when any session has changed meanwhile.
   */
  beginSession(): (token: string, session: StoredSession) => void;
  /** Called once when the session is deleted, expires, or loses its user. Returns how to stop. */
  onEnd(token: string, listener: (error: GatewayError) => void): () => void;
  /** Forgets what a change of this document may have made untrue; `undefined`: of any document. */
  forget(collection: AccessCollection, documentId: string | undefined): void;
  /** How many `onEnd` listeners there are. */
  readonly listenerCount: number;
  close(): void;
}

interface CachedSession {
  readonly session: StoredSession;
  readonly readAtMs: number;
}

interface CachedRoles {
  readonly names: readonly string[];
  readonly readAtMs: number;
}

/** Those who want to hear of one session's end, and what was last known of it. */
interface Watch {
  readonly token: string;
  readonly listeners: Set<(error: GatewayError) => void>;
  session: StoredSession | undefined;
  expiryTimer: NodeJS.Timeout | undefined;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @see SessionCache */
export function createSessionCache(options: SessionCacheOptions): SessionCache {
  return new FeedSessionCache(options);
}

/**
 * Two caches, sessions by token and roles by user, each with an epoch that every relevant change of the database advances. A
 * look-up remembers the epoch it began in: when that is over at its end, its answer may be older than the change, so it serves
 * the request that asked and is not kept.
 */
class FeedSessionCache implements SessionCache {
  readonly #options: SessionCacheOptions;
  readonly #sessions = new Map<string, CachedSession>();
  readonly #roles = new Map<string, CachedRoles>();
  readonly #principals = new Map<string, UserPrincipal>();
  readonly #pendingSessions = new Map<string, Promise<StoredSession | undefined>>();
  readonly #pendingRoles = new Map<string, Promise<readonly string[]>>();
  readonly #watches = new Map<string, Watch>();
  readonly #stopListening: () => void;
  #sessionEpoch = 0;
  #roleEpoch = 0;
  #isFeedLive: boolean;

  constructor(options: SessionCacheOptions) {
    this.#options = options;
    this.#isFeedLive = options.feed.isAvailable;
    this.#stopListening = options.feed.onNotice((notice) => {
      if (notice.kind === 'accessChanged') {
        if (mattersToCache(notice)) this.forget(notice.collection, notice.documentId);
        return;
      }
      this.#isFeedLive = notice.kind === 'resumed';
      this.#forgetSessions(() => true);
      this.#forgetRoles();
    });
  }

  get listenerCount(): number {
    let count = 0;
    for (const { listeners } of this.#watches.values()) count += listeners.size;
    return count;
  }

  principalOf(
    token: string,
    installationId: string | undefined,
  ): UserPrincipal | Promise<UserPrincipal> {
    const session = this.#cachedSession(token);
    const roles = session && this.#cachedRoles(session.userId);
    if (session === undefined || roles === undefined) {
      return this.#readPrincipal(token, installationId);
    }
    assertNotExpired(session);
    return this.#principal(token, session, { roles, installationId });
  }

  beginSession(): (token: string, session: StoredSession) => void {
    const epoch = this.#sessionEpoch;
    const readAtMs = performance.now();
    return (token, session) => {
      if (epoch === this.#sessionEpoch) this.#keepSession(token, { session, readAtMs });
    };
  }

  onEnd(token: string, listener: (error: GatewayError) => void): () => void {
    const watch = this.#watches.get(token) ?? this.#startWatch(token);
    watch.listeners.add(listener);
    return () => {
      watch.listeners.delete(listener);
      if (watch.listeners.size === 0 && this.#watches.get(token) === watch) this.#stopWatch(watch);
    };
  }

  forget(collection: AccessCollection, documentId: string | undefined): void {
    switch (collection) {
      case '_Session':
      case '_User': {
        const idOf = (session: StoredSession) =>
          collection === '_User' ? session.userId : session.sessionId;
        const isAffected = (session: StoredSession) =>
          documentId === undefined || idOf(session) === documentId;
        this.#forgetSessions(isAffected);
        for (const watch of this.#watches.values()) {
          if (watch.session === undefined || isAffected(watch.session)) void this.#endIfGone(watch);
        }
        return;
      }
      case '_Role':
      case '_Join:users:_Role':
      case '_Join:roles:_Role':
        this.#forgetRoles();
    }
  }

  close(): void {
    this.#stopListening();
    for (const watch of this.#watches.values()) this.#stopWatch(watch);
    this.#sessions.clear();
    this.#roles.clear();
    this.#principals.clear();
  }

  async #readPrincipal(token: string, installationId: string | undefined): Promise<UserPrincipal> {
    const session = this.#cachedSession(token) ?? (await this.#readSession(token));
    if (session === undefined) throw invalidSession();
    assertNotExpired(session);
    const roles = this.#cachedRoles(session.userId) ?? (await this.#readRoles(session.userId));
    return this.#principal(token, session, { roles, installationId });
  }

  /** One frozen principal for equal answers, so that what is derived from it can be kept, too. */
  #principal(
    token: string,
    { userId }: StoredSession,
    { roles, installationId }: Pick<UserPrincipal, 'roles' | 'installationId'>,
  ): UserPrincipal {
    const key = JSON.stringify([token, installationId]);
    const known = this.#principals.get(key);
    const isSame = known?.userId === userId && isEqualList(known.roles, roles);
    if (known !== undefined && isSame) return known;
    const principal: UserPrincipal = Object.freeze({
      kind: 'user',
      userId,
      sessionToken: token,
      roles,
      installationId,
    });
    keepNewest(this.#principals, this.#options.maxSessions);
    this.#principals.set(key, principal);
    return principal;
  }

  #cachedSession(token: string): StoredSession | undefined {
    const cached = this.#sessions.get(token);
    if (cached === undefined || !this.#isFresh(cached)) return undefined;
    this.#sessions.delete(token);
    this.#sessions.set(token, cached);
    return cached.session;
  }

  #cachedRoles(userId: string): readonly string[] | undefined {
    const cached = this.#roles.get(userId);
    return cached !== undefined && this.#isFresh(cached) ? cached.names : undefined;
  }

  #isFresh({ readAtMs }: { readonly readAtMs: number }): boolean {
    return this.#isFeedLive || performance.now() - readAtMs < this.#options.ttlMs;
  }

  #readSession(token: string): Promise<StoredSession | undefined> {
    const pending = this.#pendingSessions.get(token);
    if (pending !== undefined) return pending;
    const epoch = this.#sessionEpoch;
    const readAtMs = performance.now();
    const reading = this.#options.sessions
      .findSession(token)
      .then((session) => {
        if (session !== undefined && epoch === this.#sessionEpoch) {
          this.#keepSession(token, { session, readAtMs });
        }
        return session;
      })
      .finally(() => {
        if (this.#pendingSessions.get(token) === reading) this.#pendingSessions.delete(token);
      });
    this.#pendingSessions.set(token, reading);
    return reading;
  }

  #keepSession(token: string, cached: CachedSession): void {
    keepNewest(this.#sessions, this.#options.maxSessions);
    this.#sessions.set(token, cached);
  }

  #readRoles(userId: string): Promise<readonly string[]> {
    const pending = this.#pendingRoles.get(userId);
    if (pending !== undefined) return pending;
    const epoch = this.#roleEpoch;
    const readAtMs = performance.now();
    const reading = this.#options.sessions
      .rolesOf(userId)
      .then((found) => {
        const names = Object.freeze([...found]);
        if (epoch === this.#roleEpoch) {
          keepNewest(this.#roles, this.#options.maxSessions);
          this.#roles.set(userId, { names, readAtMs });
        }
        return names;
      })
      .finally(() => {
        if (this.#pendingRoles.get(userId) === reading) this.#pendingRoles.delete(userId);
      });
    this.#pendingRoles.set(userId, reading);
    return reading;
  }

  #forgetSessions(isAffected: (session: StoredSession) => boolean): void {
    this.#sessionEpoch += 1;
    // A look-up of before must not be joined by a request of after.
    this.#pendingSessions.clear();
    for (const [token, { session }] of this.#sessions) {
      if (isAffected(session)) this.#sessions.delete(token);
    }
  }

  #forgetRoles(): void {
    this.#roleEpoch += 1;
    this.#pendingRoles.clear();
    this.#roles.clear();
  }

  #startWatch(token: string): Watch {
    const session = this.#sessions.get(token)?.session;
    const watch: Watch = { token, listeners: new Set(), session, expiryTimer: undefined };
    this.#watches.set(token, watch);
    if (session === undefined) void this.#endIfGone(watch);
    else this.#waitForExpiry(watch);
    return watch;
  }

  #stopWatch(watch: Watch): void {
    this.#watches.delete(watch.token);
    clearTimeout(watch.expiryTimer);
  }

  async #endIfGone(watch: Watch): Promise<void> {
    try {
      const session = await this.#readSession(watch.token);
      if (session === undefined) throw invalidSession();
      assertNotExpired(session);
      watch.session = session;
      this.#waitForExpiry(watch);
    } catch (error) {
      // A database that is away ends no session: it is asked again with the next event.
      if (!isSessionEnd(error) || this.#watches.get(watch.token) !== watch) return;
      this.#stopWatch(watch);
      for (const listener of watch.listeners) listener(error);
    }
  }

  #waitForExpiry(watch: Watch): void {
    clearTimeout(watch.expiryTimer);
    const expiresAt = watch.session?.expiresAt;
    if (expiresAt === undefined || this.#watches.get(watch.token) !== watch) return;
    const waitMs = Math.min(Math.max(expiresAt.getTime() - Date.now(), 0) + 1, LONGEST_TIMER_MS);
    watch.expiryTimer = setTimeout(() => void this.#endIfGone(watch), waitMs).unref();
  }
}

/** The one text for a token that is unknown, malformed, or whose user is gone. */
export function invalidSession(): GatewayError {
  return new GatewayError('InvalidSessionToken', 'Invalid session token');
}

function assertNotExpired({ expiresAt }: StoredSession): void {
  if (expiresAt !== undefined && expiresAt.getTime() < Date.now()) {
    throw new GatewayError('InvalidSessionToken', 'Session token is expired.');
  }
}

function isSessionEnd(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code === 'InvalidSessionToken';
}

/** New sessions and changed users make no cached answer untrue; they are frequent. */
function mattersToCache(notice: Extract<FeedNotice, { kind: 'accessChanged' }>): boolean {
  if (notice.documentId === undefined) return true;
  if (notice.collection === '_Session') return notice.change !== 'create';
  return notice.collection !== '_User' || notice.change === 'delete';
}

/** Makes room for one more, oldest entries first. */
function keepNewest(entries: Map<string, unknown>, max: number): void {
  for (const key of entries.keys()) {
    if (entries.size < max) return;
    entries.delete(key);
  }
}

function isEqualList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}
