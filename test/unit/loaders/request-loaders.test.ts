import { describe, expect, test } from 'vitest';
import type { GuardedStore } from '../../../src/access/guarded-store.ts';
import type { RequestLoaders } from '../../../src/loaders/request-loaders.ts';
import { requestKey } from '../../../src/loaders/request-key.ts';
import { column, EVERYTHING, type Constraint } from '../../../src/query/constraint.ts';
import {
  BY_OBJECT_ID,
  type FindRequest,
  firstRows,
  type Link,
} from '../../../src/query/find-request.ts';
import { Pointer, type ParseValue } from '../../../src/parse/values.ts';
import { ApiRun } from '../../support/api-run.ts';
import type { ApiMemoryStore } from '../../support/api-memory-store.ts';

const LINK: Link = { kind: 'relation', ownerClass: 'Team', field: 'members' };

function find(select: readonly string[], where: Constraint = EVERYTHING): FindRequest {
  return {
    className: 'Employee',
    where,
    order: [BY_OBJECT_ID],
    page: firstRows(10),
    select: new Set(select),
    readPreference: undefined,
  };
}

function start(): {
  readonly store: ApiMemoryStore;
  readonly guarded: GuardedStore;
  readonly loaders: RequestLoaders;
} {
  const run = new ApiRun();
  for (const id of ['e1', 'e2', 'e3']) {
    run.store.put('Employee', id, { firstName: id.toUpperCase(), salary: 1, active: true });
  }
  run.store.relate(new Pointer('Team', 't1'), 'members', 'e1', 'e2');
  run.store.relate(new Pointer('Team', 't2'), 'members', 'e3');
  const { store: guarded, loaders } = run.context();
  return { store: run.store, guarded, loaders };
}

const requests = (store: ApiMemoryStore) =>
  store.calls.map(({ request }) => request as FindRequest);

describe('objects', () => {
  test('of one tick are one command for distinct ids and the union of columns', async () => {
    const { store, loaders } = start();
    const found = await Promise.all([
      loaders.object('Employee', 'e2', new Set(['salary'])),
      loaders.object('Employee', 'gone', new Set()),
      loaders.object('Employee', 'e1', new Set(['firstName'])),
      loaders.object('Employee', 'e2', new Set(['salary'])),
    ]);
    expect(found.map((object) => object?.objectId)).toEqual(['e2', undefined, 'e1', 'e2']);
    expect(store.calls.length).toBe(1);
    expect(requests(store)[0]?.select).toEqual(new Set(['salary', 'firstName']));
  });

  test('known already are not asked for with fewer columns, and only for what is missing', async () => {
    const { store, loaders } = start();
    await loaders.object('Employee', 'e1', new Set(['firstName', 'salary']));
    await loaders.object('Employee', 'e1', new Set(['salary']));
    expect(store.calls.length).toBe(1);
    const whole = await loaders.object('Employee', 'e1', new Set(['firstName', 'active']));
    expect(requests(store)[1]?.select).toEqual(new Set(['active']));
    expect(Object.fromEntries(whole?.values ?? [])).toEqual({
      firstName: 'E1',
      salary: 1,
      active: true,
    });
  });

  test('of one class fail without those of another, each load with the reason', async () => {
    const { store, loaders } = start();
    store.put('Team', 't1', {});
    store.failure = { className: 'Employee', error: new Error('down') };
    const settled = await Promise.allSettled([
      loaders.object('Employee', 'e1', new Set()),
      loaders.object('Team', 't1', new Set()),
      loaders.object('Employee', 'e2', new Set()),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  });

  test('are read again after clear', async () => {
    const { store, loaders } = start();
    await loaders.object('Employee', 'e1', new Set());
    loaders.clear();
    await loaders.object('Employee', 'e1', new Set());
    expect(store.calls.length).toBe(2);
  });

  test('of a level wait for each other, so that the next level is one command', async () => {
    const { store, loaders } = start();
    store.put('Team', 't1', {});
    const after = async (className: string, id: string) => {
      await loaders.object(className, id, new Set());
      return loaders.object('Employee', 'e1', new Set(['salary']));
    };
    // The memory store answers each call after another delay.
    await Promise.all([after('Team', 't1'), after('Company', 'x'), after('Country', 'y')]);
    expect(store.commands.slice(3)).toEqual(['find Employee']);
  });
});

describe('pages', () => {
  test('of many owners and aliases are one command, each with its own rows', async () => {
    const { store, loaders } = start();
    const pages = await Promise.all([
      loaders.related(LINK, 't1', find(['firstName'])),
      loaders.related(LINK, 't2', find(['salary'])),
      loaders.related(LINK, 't1', find([])),
      loaders.related(LINK, 'none', find([])),
    ]);
    expect(pages.map((page) => page.map(({ objectId }) => objectId))).toEqual([
      ['e1', 'e2'],
      ['e3'],
      ['e1', 'e2'],
      [],
    ]);
    expect(store.commands).toEqual(['findRelated Employee']);
  });

  test('of different requests are not mixed, though those of one link are read together', async () => {
    const { store, loaders } = start();
    const rich: Constraint = {
      kind: 'compare',
      column: column('salary'),
      comparison: 'greater',
      value: 5,
    };
    const [all, few, other] = await Promise.all([
      loaders.related(LINK, 't1', find([])),
      loaders.related(LINK, 't1', find([], rich)),
      loaders.related({ ...LINK, field: 'others' }, 't1', find([])),
    ]);
    expect([all.length, few.length, other.length]).toEqual([2, 0, 0]);
    expect(store.commands).toEqual(['findRelated Employee', 'findRelated Employee']);
  });

  test('and counts of a class are shared by equal requests', async () => {
    const { store, loaders } = start();
    const count = { className: 'Employee', where: EVERYTHING, readPreference: undefined };
    const answers = await Promise.all([
      loaders.page(find(['salary'])),
      loaders.page(find(['firstName'])),
      loaders.count(count),
      loaders.count({ ...count }),
      loaders.relatedCount(LINK, 't1', count),
      loaders.relatedCount(LINK, 't2', count),
    ]);
    expect(answers.slice(2)).toEqual([3, 3, 2, 1]);
    expect([...store.commands].sort()).toEqual([
      'count Employee',
      'countRelated Employee',
      'find Employee',
    ]);
  });
});

describe('the key of a request', () => {
  const keyOf = (value: ParseValue) =>
    requestKey(find([], { kind: 'compare', column: column('a'), comparison: 'equal', value }));

  test('is the same whatever the order of properties and the columns selected', () => {
    const { className, where, order, page, readPreference } = find(['x']);
    const turned: FindRequest = { readPreference, select: 'all', page, order, where, className };
    expect(requestKey(find(['x']))).toBe(requestKey(turned));
  });

  test('keeps values apart that JSON would write alike', () => {
    const date = new Date(0);
    const values: readonly ParseValue[] = [
      date,
      date.toISOString(),
      0,
      '0',
      null,
      'null',
      [],
      {},
      new Pointer('A', 'b'),
      { className: 'A', objectId: 'b' },
      ['a', 'b'],
      'a,b',
    ];
    expect(new Set(values.map(keyOf)).size).toBe(values.length);
  });
});
