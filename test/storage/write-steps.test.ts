import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PUBLIC_ACL } from '../../src/parse/acl.ts';
import { Pointer, type ParseValue } from '../../src/parse/values.ts';
import { EVERYTHING } from '../../src/query/constraint.ts';
import type { FieldOperation, WriteStep } from '../../src/query/write-request.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import { CollectionCommands } from '../../src/storage/mongo/collection-commands.ts';
import { RowCommands } from '../../src/storage/mongo/row-commands.ts';
import { buildMongoStore } from '../../src/storage/mongo/mongo-store.ts';
import { openGameDatabase, type GameDatabase, type RawRow } from './open-game-database.ts';

let games: GameDatabase;

beforeAll(async () => {
  games = await openGameDatabase();
  await games.raw
    .collection('_User')
    .createIndex({ username: 1 }, { unique: true, sparse: true }, {});
});

afterAll(async () => {
  await games.close();
});

beforeEach(async () => {
  for (const name of ['Game', '_User', '_Join:links:Game', '_Join:fans:Game']) {
    await games.raw.collection(name).deleteMany({});
  }
});

function created(
  className: string,
  objectId: string | undefined,
  values: Record<string, ParseValue>,
  links: readonly string[] = [],
): WriteStep {
  const relations = new Map([['links', { targetClass: 'Game', add: links }]]);
  return {
    kind: 'create',
    request: {
      className,
      objectId,
      values: new Map(Object.entries(values)),
      acl: PUBLIC_ACL,
      relations: links.length === 0 ? new Map() : relations,
    },
  };
}

function changed(objectId: string, operations: Record<string, FieldOperation>): WriteStep {
  return {
    kind: 'update',
    request: {
      className: 'Game',
      objectId,
      guard: EVERYTHING,
      operations: new Map(Object.entries(operations)),
      acl: undefined,
      select: 'all',
    },
  };
}

function deleted(objectId: string): WriteStep {
  return {
    kind: 'delete',
    request: { className: 'Game', objectId, guard: EVERYTHING, select: 'all' },
  };
}

/** A store for a server without transactions, on the same database. */
function storeWithout(): { readonly store: ObjectStore; readonly reports: string[] } {
  const reports: string[] = [];
  const store = buildMongoStore({
    commands: new RowCommands(games.raw, { collectionPrefix: '', maxTimeMs: 5_000 }),
    collections: new CollectionCommands(games.raw, { collectionPrefix: '' }),
    catalog: games.database.catalog,
    abilities: { hasDocumentsStage: true, hasIndex: () => Promise.resolve(true) },
    writing: { hasTransactions: false },
    report: (line) => reports.push(line),
  });
  return { store, reports };
}

async function idsOf(name: string): Promise<readonly string[]> {
  const rows = await games.raw.collection<RawRow>(name).find().sort({ _id: 1 }).toArray();
  return rows.map(({ _id }) => _id);
}

async function linksOf(owningId: string): Promise<readonly unknown[]> {
  const rows = await games.raw.collection('_Join:links:Game').find({ owningId }).toArray();
  return rows.map((row): unknown => row['relatedId']).sort();
}

describe('a write of several steps', () => {
  const nested: readonly WriteStep[] = [
    created('_User', 'u1', { username: 'ann' }),
    created('Game', 'g1', { name: 'inner' }),
    created('Game', 'g2', { name: 'other' }),
    created('Game', undefined, { owner: new Pointer('_User', 'u1') }, ['g1', 'g2']),
  ];

  it('is one transaction with a command for each class, and answers each object', async () => {
    const { result, commands } = await games.counted(() => games.store.write(nested));
    expect(commands).toEqual([
      'insert _User',
      'insert Game',
      'update _Join:links:Game',
      'commitTransaction admin',
    ]);
    expect(result?.map(({ className }) => className)).toEqual(['_User', 'Game', 'Game', 'Game']);
    const outer = result?.at(-1);
    expect(outer?.objectId).toMatch(/^[A-Za-z0-9]{10}$/);
    expect(await linksOf(outer?.objectId ?? '')).toEqual(['g1', 'g2']);
    expect(new Set(result?.map(({ createdAt }) => createdAt?.getTime())).size).toBe(1);
  });

  it.each([
    ['with transactions', () => games.store],
    ['without transactions', () => storeWithout().store],
  ])('leaves nothing of several objects of one class, %s', async (_, storeOf) => {
    await games.raw.collection<RawRow>('_User').insertOne({ _id: 'u0', username: 'ann' });
    const store = storeOf();
    const user = (id: string, username: string) => created('_User', id, { username });
    const { commands } = await games.counted(() =>
      store.write([user('u1', 'bo'), user('u2', 'cy')]),
    );
    if (store === games.store)
      expect(commands).toEqual(['insert _User', 'commitTransaction admin']);
    await expect(store.write([user('u3', 'di'), user('u4', 'ann')])).rejects.toMatchObject({
      code: 'DuplicateValue',
    });
    expect(await idsOf('_User')).toEqual(['u0', 'u1', 'u2']);
  });

  it.each([
    ['with transactions', () => games.store],
    ['without transactions', () => storeWithout().store],
  ])('leaves nothing when one refuses, %s', async (_, storeOf) => {
    await games.raw.collection<RawRow>('_User').insertOne({ _id: 'u0', username: 'ann' });
    await games.raw.collection<RawRow>('Game').insertOne({ _id: 'g0', name: 'kept' });
    const store = storeOf();
    const clash = [created('Game', 'g1', {}, ['g0']), created('_User', 'u1', { username: 'ann' })];
    await expect(store.write(clash)).rejects.toMatchObject({ code: 'DuplicateValue' });
    expect(await idsOf('Game')).toEqual(['g0']);
    expect(await idsOf('_User')).toEqual(['u0']);
    expect(await idsOf('_Join:links:Game')).toEqual([]);
  });

  it.each([
    ['with transactions', () => games.store],
    ['without transactions', () => storeWithout().store],
  ])('leaves nothing when a change finds no object, %s', async (_, storeOf) => {
    const steps = [
      created('Game', 'g1', { name: 'inner' }),
      changed('gone', { next: { kind: 'set', value: new Pointer('Game', 'g1') } }),
    ];
    expect(await storeOf().write(steps)).toBeUndefined();
    expect(await storeOf().write([created('Game', 'g1', {}), deleted('gone')])).toBeUndefined();
    expect(await idsOf('Game')).toEqual([]);
  });

  it('without transactions never deletes the object whose id was taken', async () => {
    await games.raw.collection<RawRow>('Game').insertOne({ _id: 'g1', name: 'kept' });
    const { store, reports } = storeWithout();
    const steps = [created('_User', 'u1', { username: 'bo' }), created('Game', 'g1', {})];
    await expect(store.write(steps)).rejects.toMatchObject({ code: 'DuplicateValue' });
    expect(await idsOf('Game')).toEqual(['g1']);
    expect(await idsOf('_User')).toEqual([]);
    expect(reports).toEqual([]);
  });

  it('changes an object only if the change of its relation holds, too', async () => {
    await games.raw.collection<RawRow>('Game').insertOne({ _id: 'g1', score: 1 });
    const relate = { kind: 'relate', targetClass: '_User', add: ['g2'], remove: [] } as const;
    const step = changed('g1', { score: { kind: 'set', value: 2 }, links: relate });
    await expect(games.store.write([step])).rejects.toMatchObject({ code: 'IncorrectType' });
    expect(await games.raw.collection<RawRow>('Game').findOne({ _id: 'g1' })).toEqual({
      _id: 'g1',
      score: 1,
    });
  });
});

describe('a relation that is set', () => {
  const setTo = (...add: readonly string[]): WriteStep =>
    changed('g1', { links: { kind: 'relate', targetClass: 'Game', add, remove: 'others' } });

  beforeEach(async () => {
    await games.store.write([
      created('Game', 'g1', {}, ['a', 'b']),
      created('Game', 'g2', {}, ['a']),
    ]);
  });

  it('has exactly the members it was set to, and no other owner’s change', async () => {
    await games.store.write([setTo('b', 'c')]);
    expect(await linksOf('g1')).toEqual(['b', 'c']);
    await games.store.write([setTo()]);
    expect(await linksOf('g1')).toEqual([]);
    expect(await linksOf('g2')).toEqual(['a']);
  });

  it('has the members of one writer when many set it at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        games.store.write([setTo(`x${index}`, `y${index}`)]),
      ),
    );
    const members = await linksOf('g1');
    expect(members).toHaveLength(2);
    expect(String(members[0]).slice(1)).toBe(String(members[1]).slice(1));
  });
});
