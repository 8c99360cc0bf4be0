import { beforeEach, describe, expect, it } from 'vitest';
import { createSessionCache, type SessionCache } from '../../src/access/session-cache.ts';
import type { GatewayError } from '../../src/parse/errors.ts';
import type { SessionSource, StoredSession } from '../../src/storage/session-source.ts';
import { HandDrivenFeed } from './hand-driven-feed.ts';

/** Sessions and roles in memory; each look-up waits until the test lets it go, when the gate is closed. */
class HandDrivenSessions implements Pick<SessionSource, 'findSession' | 'rolesOf'> {
  readonly sessions = new Map<string, StoredSession>();
  readonly roles = new Map<string, readonly string[]>();
  lookUps = 0;
  #gate: Promise<void> = Promise.resolve();

  /** Look-ups from now on see what is stored now, and answer only once the returned function is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.#gate = new Promise((resolve) => {
      release = resolve;
    });
    return () => {
      release();
    };
  }

  async findSession(token: string): Promise<StoredSession | undefined> {
    this.lookUps += 1;
    const found = this.sessions.get(token);
    await this.#gate;
    return found;
  }

  async rolesOf(userId: string): Promise<readonly string[]> {
    this.lookUps += 1;
    const found = this.roles.get(userId) ?? [];
    await this.#gate;
    return found;
  }
}

let feed: HandDrivenFeed;
let source: HandDrivenSessions;
let cache: SessionCache;

function open(ttlMs = 5000): void {
  cache = createSessionCache({ sessions: source, feed, ttlMs, maxSessions: 3 });
}

beforeEach(() => {
  feed = new HandDrivenFeed();
  source = new HandDrivenSessions();
  source.sessions.set('t1', { sessionId: 's1', userId: 'u1', expiresAt: undefined });
  source.roles.set('u1', ['Editors']);
  open();
});

const roles = async () => (await cache.principalOf('t1', undefined)).roles;

const theEnd = () => new Promise<GatewayError>((resolve) => cache.onEnd('t1', resolve));

describe('a session that begins here', () => {
  const session: StoredSession = { sessionId: 's9', userId: 'u9', expiresAt: undefined };

  it('need not be looked up', async () => {
    cache.beginSession()('t9', session);
    expect((await cache.principalOf('t9', undefined)).userId).toBe('u9');
    expect(source.lookUps).toBe(1);
  });

  it('is looked up all the same when a session ended while it was stored', async () => {
    const stored = cache.beginSession();
    feed.accessChanged('_Session', 's9', 'delete');
    stored('t9', session);
    await expect(cache.principalOf('t9', undefined)).rejects.toMatchObject({
      code: 'InvalidSessionToken',
    });
  });
});

describe('a cached session', () => {
  it('is looked up once, also by requests at the same time, and is the same object each time', async () => {
    const [first, second] = await Promise.all([
      cache.principalOf('t1', undefined),
      cache.principalOf('t1', undefined),
    ]);
    expect(source.lookUps).toBe(2);
    expect(second).toBe(first);
    expect(cache.principalOf('t1', undefined)).toBe(first);
    expect(Object.isFrozen(first)).toBe(true);
  });

  it('is forgotten at once when it changes', async () => {
    await roles();
    source.sessions.delete('t1');
    feed.accessChanged('_Session', 's1', 'delete');
    await expect(roles()).rejects.toMatchObject({ code: 'InvalidSessionToken' });
  });

  it('is forgotten at once when its user is deleted, but not when the user changes', async () => {
    await roles();
    feed.accessChanged('_User', 'u1', 'update');
    await roles();
    expect(source.lookUps).toBe(2);
    source.sessions.delete('t1');
    feed.accessChanged('_User', 'u1', 'delete');
    await expect(roles()).rejects.toMatchObject({ code: 'InvalidSessionToken' });
  });

  it('stays when other sessions come and go', async () => {
    await roles();
    feed.accessChanged('_Session', 's2', 'create');
    feed.accessChanged('_Session', 's2', 'delete');
    await roles();
    expect(source.lookUps).toBe(2);
  });

  it.each(['_Role', '_Join:users:_Role', '_Join:roles:_Role'] as const)(
    'loses its roles at once when %s changes',
    async (collection) => {
      expect(await roles()).toEqual(['Editors']);
      source.roles.set('u1', []);
      feed.accessChanged(collection, undefined);
      expect(await roles()).toEqual([]);
    },
  );

  it('is not kept when it was read before a change and answered after it', async () => {
    const release = source.hold();
    const before = roles();
    // The look-up has read the old state; the change comes before its answer.
    await Promise.resolve();
    source.sessions.delete('t1');
    feed.accessChanged('_Session', 's1', 'delete');
    release();
    await before;
    await expect(roles()).rejects.toMatchObject({ code: 'InvalidSessionToken' });
  });

  /** Roles are being read, as they were; then they change. */
  async function beginBeforeAChange(): Promise<{
    readonly before: Promise<readonly string[]>;
    readonly release: () => void;
  }> {
    await roles();
    feed.accessChanged('_Role', 'r1');
    const release = source.hold();
    const before = roles();
    await Promise.resolve();
    source.roles.set('u1', []);
    feed.accessChanged('_Join:users:_Role', 'j1');
    return { before, release };
  }

  it('does not keep roles that were read before a change and answered after it', async () => {
    const { before, release } = await beginBeforeAChange();
    release();
    expect(await before).toEqual(['Editors']);
    expect(await roles()).toEqual([]);
  });

  it('does not join a look-up of before a change', async () => {
    const { before, release } = await beginBeforeAChange();
    const after = roles();
    release();
    expect([await before, await after]).toEqual([['Editors'], []]);
  });

  it('gives way to newer ones when there are too many', async () => {
    for (const n of [2, 3, 4]) {
      source.sessions.set(`t${n}`, { sessionId: `s${n}`, userId: 'u1', expiresAt: undefined });
    }
    for (const token of ['t1', 't2', 't3', 't4']) await cache.principalOf(token, undefined);
    const before = source.lookUps;
    await cache.principalOf('t4', undefined);
    expect(source.lookUps).toBe(before);
    await cache.principalOf('t1', undefined);
    expect(source.lookUps).toBe(before + 1);
  });

  it('expires by the clock, without a change', async () => {
    source.sessions.set('t1', {
      sessionId: 's1',
      userId: 'u1',
      expiresAt: new Date(Date.now() + 30),
    });
    await roles();
    expect(await theEnd()).toMatchObject({ message: 'Session token is expired.' });
    await expect(roles()).rejects.toMatchObject({ message: 'Session token is expired.' });
  });
});

describe('without a change stream', () => {
  it('sessions and roles are believed for the given time only', async () => {
    feed = new HandDrivenFeed('a standalone server');
    open(0);
    await roles();
    source.roles.set('u1', []);
    expect(await roles()).toEqual([]);
    open(60_000);
    await roles();
    source.roles.set('u1', ['Editors']);
    expect(await roles()).toEqual([]);
  });

  it('nothing is believed beyond that time while the stream is interrupted', async () => {
    open(0);
    await roles();
    const before = source.lookUps;
    feed.notice({ kind: 'interrupted', reason: 'test' });
    await roles();
    await roles();
    expect(source.lookUps).toBe(before + 4);
    feed.notice({ kind: 'resumed', isComplete: true });
    await roles();
    await roles();
    expect(source.lookUps).toBe(before + 6);
  });
});

describe('the end of a session', () => {
  it('is told once, to those who still listen', async () => {
    await roles();
    const heard: string[] = [];
    cache.onEnd('t1', ({ code }) => heard.push(code));
    const stop = cache.onEnd('t1', () => heard.push('stopped'));
    stop();
    const end = theEnd();
    source.sessions.delete('t1');
    feed.accessChanged('_Session', 's1', 'delete');
    await end;
    feed.accessChanged('_Session', 's1', 'delete');
    expect(heard).toEqual(['InvalidSessionToken']);
    expect(cache.listenerCount).toBe(0);
  });

  it('is not told when the session merely changes', async () => {
    await roles();
    const heard: unknown[] = [];
    cache.onEnd('t1', (error) => heard.push(error));
    feed.accessChanged('_Session', 's1', 'update');
    await roles();
    expect(heard).toEqual([]);
    expect(cache.listenerCount).toBe(1);
  });

  it('leaves no listener behind when the cache closes', async () => {
    await roles();
    cache.onEnd('t1', () => undefined);
    cache.close();
    expect([cache.listenerCount, feed.listenerCount]).toEqual([0, 0]);
  });
});
