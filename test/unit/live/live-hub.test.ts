import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_ACCESS_RULES } from '../../../src/access/access-rules.ts';
import type { PrincipalSource } from '../../../src/access/authenticate.ts';
import { createGuardedFeed } from '../../../src/access/create-guarded-feed.ts';
import type { Principal } from '../../../src/access/principal.ts';
import { createLiveHub, type LiveHub } from '../../../src/live/live-hub.ts';
import type { Acl } from '../../../src/parse/acl.ts';
import { NOBODY } from '../../../src/parse/class-permissions.ts';
import type { ClassCatalog, ClassSchema } from '../../../src/parse/class-schema.ts';
import { GatewayError } from '../../../src/parse/errors.ts';
import type { ParseObject } from '../../../src/parse/object.ts';
import { Pointer, type ParseValue } from '../../../src/parse/values.ts';
import { EVERYTHING, column, type Constraint } from '../../../src/query/constraint.ts';
import {
  LIVE_EVENT_KINDS,
  type LiveEvent,
  type LiveEventKind,
} from '../../../src/query/live-request.ts';
import type { StoredChange } from '../../../src/storage/stored-change.ts';
import {
  ANYBODY,
  MASTER,
  catalogOf,
  classSchema,
  openBut,
  operationRule,
  permissionsWith,
  protects,
  user,
} from '../../access/access-world.ts';
import { HandDrivenFeed } from '../../access/hand-driven-feed.ts';

const COLUMNS = {
  n: { kind: 'Number' },
  secret: { kind: 'String' },
  list: { kind: 'Array' },
  owner: { kind: 'Pointer', targetClass: '_User' },
  fans: { kind: 'Relation', targetClass: '_User' },
} as const;

const PUBLIC: Acl = { readers: undefined, writers: undefined };

function object(
  objectId: string,
  values: Record<string, ParseValue>,
  acl: Acl = PUBLIC,
): ParseObject {
  const times = { createdAt: new Date(0), updatedAt: new Date(0) };
  return { className: 'Doc', objectId, ...times, acl, values: new Map(Object.entries(values)) };
}

function change(
  kind: LiveEventKind,
  state: ParseObject | undefined,
  objectId = state?.objectId ?? 'd1',
): StoredChange {
  return { kind, className: 'Doc', objectId, object: state, before: undefined };
}

/** A principal that the test changes and ends. */
class ChangingPrincipal implements PrincipalSource {
  latest: Principal;
  isPending = false;
  readonly endListeners = new Set<(error: GatewayError) => void>();

  constructor(principal: Principal) {
    this.latest = principal;
  }

  current(): Principal | Promise<Principal> {
    return this.isPending ? Promise.resolve(this.latest) : this.latest;
  }

  onEnd(listener: (error: GatewayError) => void): () => void {
    this.endListeners.add(listener);
    return () => this.endListeners.delete(listener);
  }

  end(): void {
    const error = new GatewayError('InvalidSessionToken', 'Invalid session token');
    for (const listener of this.endListeners) listener(error);
  }
}

let feed: HandDrivenFeed;
let catalog: ClassCatalog;
let catalogListeners: Set<(catalog: ClassCatalog) => void>;
let hub: LiveHub;

function serve(schema: ClassSchema, maxWaiting = 1000): void {
  catalog = catalogOf(schema, classSchema('_User', {}));
  feed = new HandDrivenFeed();
  catalogListeners = new Set();
  const database = {
    changes: feed,
    get catalog() {
      return catalog;
    },
    onCatalog(listener: (catalog: ClassCatalog) => void) {
      catalogListeners.add(listener);
      return () => catalogListeners.delete(listener);
    },
  };
  const guarded = createGuardedFeed({ database, rules: DEFAULT_ACCESS_RULES });
  hub = createLiveHub({ feed: guarded, maxWaiting });
}

function subscribe(
  principal: Principal | PrincipalSource,
  where: Constraint = EVERYTHING,
  events: readonly LiveEventKind[] = LIVE_EVENT_KINDS,
): AsyncIterator<LiveEvent> {
  const source = 'kind' in principal ? new ChangingPrincipal(principal) : principal;
  const request = { className: 'Doc', where, events: new Set(events) };
  return hub.sourceFor(source).subscribe(request)[Symbol.asyncIterator]();
}

/** Ends everything and tells what came before: `create d1 n=1`. */
async function received(iterator: AsyncIterator<LiveEvent>): Promise<readonly string[]> {
  const events: string[] = [];
  const marker = object('end', { n: -1 });
  feed.change(change('create', marker));
  for (;;) {
    const next = await iterator.next();
    if (next.done === true || next.value.object.objectId === 'end') return events;
    const { kind, object: seen } = next.value;
    const columns = [...seen.values].map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    events.push([kind, seen.objectId, ...columns].join(' '));
  }
}

const atLeast = (name: string, value: number): Constraint => ({
  kind: 'compare',
  column: column(name),
  comparison: 'greaterOrEqual',
  value,
});

beforeEach(() => {
  serve(classSchema('Doc', COLUMNS, openBut({}, protects({ '*': ['secret'] }))));
});

describe('a subscription', () => {
  it('hears creates, updates and deletes of its class in commit order', async () => {
    const events = subscribe(ANYBODY);
    feed.change(change('create', object('d1', { n: 1 })));
    feed.change({ ...change('create', object('x', {})), className: 'Other' });
    feed.change(change('update', object('d1', { n: 2 })));
    feed.change(change('delete', object('d1', { n: 2 })));
    expect(await received(events)).toEqual(['create d1 n=1', 'update d1 n=2', 'delete d1 n=2']);
  });

  it('hears only the kinds and the objects it asked for', async () => {
    const or: Constraint = {
      kind: 'or',
      parts: [
        atLeast('n', 2),
        { kind: 'compare', column: column('n'), comparison: 'equal', value: -1 },
      ],
    };
    const events = subscribe(ANYBODY, or, ['create', 'delete']);
    feed.change(change('create', object('d1', { n: 1 })));
    feed.change(change('create', object('d2', { n: 2 })));
    feed.change(change('update', object('d2', { n: 3 })));
    feed.change(change('delete', object('d2', { n: 3 })));
    expect(await received(events)).toEqual(['create d2 n=2', 'delete d2 n=3']);
  });

  it('does not hear of objects that its user may not read, before or after a change of ACL', async () => {
    const ofAnn: Acl = { readers: ['ann'], writers: ['ann'] };
    const [ann, bob, master] = [subscribe(user('ann')), subscribe(user('bob')), subscribe(MASTER)];
    feed.change(change('create', object('d1', { n: 1 }, ofAnn)));
    feed.change(change('update', object('d1', { n: 2 })));
    feed.change(change('update', object('d1', { n: 3 }, ofAnn)));
    feed.change(change('delete', object('d1', { n: 3 }, ofAnn)));
    const all = ['create d1 n=1', 'update d1 n=2', 'update d1 n=3', 'delete d1 n=3'];
    feed.change(change('create', object('end', { n: -1 })));
    expect(await received(ann)).toEqual(all);
    expect(await received(bob)).toEqual(['update d1 n=2']);
    expect(await received(master)).toEqual(all);
  });

  it('hears of objects that name its user where pointer permissions decide', async () => {
    const byOwner = permissionsWith(operationRule({ pointerFields: ['owner'] }));
    serve(classSchema('Doc', COLUMNS, byOwner));
    const [ann, bob, anybody] = [
      subscribe(user('ann')),
      subscribe(user('bob')),
      subscribe(ANYBODY),
    ];
    feed.change(change('create', object('d1', { owner: new Pointer('_User', 'ann'), n: 1 })));
    const marker = object('end', { owner: new Pointer('_User', 'bob') });
    feed.change(change('create', marker));
    expect((await ann.next()).value).toMatchObject({ object: { objectId: 'd1' } });
    expect((await bob.next()).value).toMatchObject({ object: { objectId: 'end' } });
    hub.close();
    expect(await anybody.next()).toEqual({ done: true, value: undefined });
  });

  it('does not see protected columns, which the master key sees', async () => {
    const [anybody, master] = [subscribe(ANYBODY), subscribe(MASTER)];
    feed.change(change('create', object('d1', { n: 1, secret: 's' })));
    feed.change(change('create', object('end', { n: -1 })));
    expect(await received(anybody)).toEqual(['create d1 n=1']);
    expect(await received(master)).toEqual(['create d1 n=1 secret="s"']);
  });

  it('cannot change what others receive', async () => {
    const [one, other] = [subscribe(ANYBODY), subscribe(user('ann'))];
    feed.change(change('create', object('d1', { n: 1, list: [{ a: [1] }] })));
    const { value } = (await one.next()) as { value: LiveEvent };
    const values = value.object.values as Map<string, ParseValue>;
    expect(() => values.set('n', 2)).toThrow(TypeError);
    expect(() => values.delete('n')).toThrow(TypeError);
    expect(() => {
      values.clear();
    }).toThrow(TypeError);
    const list = values.get('list') as { a: number[] }[];
    expect(() => list.push({ a: [] })).toThrow(TypeError);
    expect(() => list[0]?.a.push(2)).toThrow(TypeError);
    expect((await other.next()).value).toEqual(value);
  });

  it('hears of a delete without the state before it only by the master key, and only of everything', async () => {
    const iterators = [subscribe(ANYBODY), subscribe(MASTER), subscribe(MASTER, atLeast('n', -1))];
    feed.change(change('delete', undefined, 'd1'));
    const heard = [];
    for (const iterator of iterators) heard.push(await received(iterator));
    expect(heard).toEqual([[], ['delete d1'], []]);
  });

  it('hears nothing of an update whose state is not known', async () => {
    const events = subscribe(MASTER);
    feed.change(change('update', undefined, 'd1'));
    expect(await received(events)).toEqual([]);
  });
});

describe('subscribing is refused', () => {
  it.each([
    ['119 for nobody’s class', { find: NOBODY, get: NOBODY }, ANYBODY, 119],
    [
      '101 to anybody where signing in would help',
      { find: operationRule({ requiresAuthentication: true }) },
      ANYBODY,
      101,
    ],
  ])('with %s', (_title, rules, principal, code) => {
    serve(classSchema('Doc', COLUMNS, openBut(rules)));
    expect(() => subscribe(principal)).toThrow(expect.objectContaining({ parseCode: code }));
    expect(hub.subscriptionCount).toBe(0);
  });

  it.each([
    [
      'a protected column',
      { kind: 'compare', column: column('secret'), comparison: 'equal', value: 's' },
      119,
    ],
    [
      'a column inside a negation',
      { kind: 'nor', parts: [{ kind: 'exists', column: column('secret'), exists: true }] },
      119,
    ],
    [
      'a path inside a protected column',
      { kind: 'exists', column: { name: 'secret', path: ['a'] }, exists: true },
      119,
    ],
    [
      'a column that does not exist',
      { kind: 'exists', column: column('nosuch'), exists: true },
      119,
    ],
    ['an ACL', { kind: 'aclAllows', right: 'read', subjects: ['x'] }, 119],
    [
      'a nested query',
      {
        kind: 'pointerTo',
        field: 'owner',
        targetClass: '_User',
        where: EVERYTHING,
        isNegated: false,
      },
      102,
    ],
    [
      'a relation',
      {
        kind: 'relationTo',
        field: 'fans',
        targetClass: '_User',
        where: EVERYTHING,
        isNegated: false,
      },
      102,
    ],
    ['a relation column', { kind: 'exists', column: column('fans'), exists: true }, 102],
    ['an owner', { kind: 'relatedTo', owner: new Pointer('Doc', 'd1'), field: 'fans' }, 102],
  ] as const)('for a filter by %s', (_title, where: Constraint, code) => {
    expect(() => subscribe(ANYBODY, where)).toThrow(expect.objectContaining({ parseCode: code }));
    expect(hub.subscriptionCount).toBe(0);
  });

  it('where the server has no change streams, with the reason', () => {
    feed = new HandDrivenFeed('needs a replica set');
    const guarded = createGuardedFeed({
      database: { changes: feed, catalog, onCatalog: () => () => undefined },
      rules: DEFAULT_ACCESS_RULES,
    });
    hub = createLiveHub({ feed: guarded });
    expect(() => subscribe(MASTER)).toThrow('needs a replica set');
  });
});

describe('a subscription ends', () => {
  it('with 209 when its session is over, and without what was waiting', async () => {
    const principal = new ChangingPrincipal(user('ann'));
    const events = subscribe(principal);
    feed.change(change('create', object('d1', { n: 1 })));
    principal.end();
    await expect(events.next()).rejects.toMatchObject({ parseCode: 209 });
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect([hub.subscriptionCount, principal.endListeners.size]).toEqual([0, 0]);
  });

  it('with 119 when the class is closed to it, also while it waits', async () => {
    const events = subscribe(ANYBODY);
    const next = events.next();
    catalog = catalogOf(classSchema('Doc', COLUMNS, permissionsWith(NOBODY)));
    for (const listener of catalogListeners) listener(catalog);
    await expect(next).rejects.toMatchObject({ parseCode: 119 });
  });

  it('with 155 after what was waiting when it is too slow, and others go on', async () => {
    serve(classSchema('Doc', COLUMNS), 2);
    const [slow, other] = [subscribe(ANYBODY), subscribe(ANYBODY)];
    for (const n of [1, 2, 3]) {
      feed.change(change('create', object(`d${n}`, { n })));
      expect((await other.next()).value).toMatchObject({ object: { objectId: `d${n}` } });
    }
    expect((await slow.next()).value).toMatchObject({ object: { objectId: 'd1' } });
    expect((await slow.next()).value).toMatchObject({ object: { objectId: 'd2' } });
    await expect(slow.next()).rejects.toMatchObject({
      parseCode: 155,
      message: expect.stringContaining('2 events were waiting') as string,
    });
    expect(await slow.next()).toEqual({ done: true, value: undefined });
    expect(hub.subscriptionCount).toBe(1);
  });

  it('with an error when changes were missed for ever, and not when all arrive after all', async () => {
    const events = subscribe(ANYBODY);
    feed.notice({ kind: 'interrupted', reason: 'test' });
    feed.notice({ kind: 'resumed', isComplete: true });
    expect(hub.subscriptionCount).toBe(1);
    feed.notice({ kind: 'interrupted', reason: 'test' });
    feed.notice({ kind: 'resumed', isComplete: false });
    await expect(events.next()).rejects.toMatchObject({ parseCode: 2 });
  });

  it('when its consumer is done, also in the middle of waiting', async () => {
    const events = subscribe(ANYBODY);
    const next = events.next();
    await events.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(hub.subscriptionCount).toBe(0);
  });

  it('when its consumer throws', async () => {
    const events = subscribe(ANYBODY);
    await expect(events.throw?.(new Error('consumer'))).rejects.toThrow('consumer');
    expect(hub.subscriptionCount).toBe(0);
  });
});

describe('the principal of the moment', () => {
  it('decides, not the one who subscribed: a lost role loses the events that wait', async () => {
    const principal = new ChangingPrincipal(user('ann', 'Editors'));
    const events = subscribe(principal);
    const ofEditors: Acl = { readers: ['role:Editors'], writers: [] };
    feed.change(change('create', object('d1', { n: 1 }, ofEditors)));
    feed.change(change('create', object('d2', { n: 2 })));
    principal.latest = user('ann');
    expect(await received(events)).toEqual(['create d2 n=2']);
  });

  it('is waited for when it has to be looked up, and nothing is lost or out of order', async () => {
    const principal = new ChangingPrincipal(user('ann'));
    const events = subscribe(principal);
    const ofEditors: Acl = { readers: ['role:Editors'], writers: [] };
    feed.change(change('create', object('d1', { n: 1 })));
    principal.isPending = true;
    feed.change(change('create', object('d2', { n: 2 }, ofEditors)));
    principal.latest = user('ann', 'Editors');
    principal.isPending = false;
    feed.change(change('create', object('d3', { n: 3 })));
    expect(await received(events)).toEqual(['create d1 n=1', 'create d2 n=2', 'create d3 n=3']);
  });
});

describe('the hub', () => {
  it('leaves nothing behind after 1,000 subscriptions', async () => {
    const principal = new ChangingPrincipal(user('ann'));
    for (let round = 0; round < 1000; round += 1) {
      const events = subscribe(principal);
      if (round % 2 === 0) void events.next();
      await events.return?.();
    }
    expect([hub.subscriptionCount, principal.endListeners.size]).toEqual([0, 0]);
    hub.close();
    expect([feed.listenerCount, catalogListeners.size]).toEqual([0, 0]);
  });

  it('ends all subscriptions when it closes', async () => {
    const events = subscribe(ANYBODY);
    hub.close();
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });
});
