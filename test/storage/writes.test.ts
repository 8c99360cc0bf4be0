import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PUBLIC_ACL } from '../../src/parse/acl.ts';
import { GeoPoint, Pointer, type ParseValue } from '../../src/parse/values.ts';
import { EVERYTHING, type Constraint } from '../../src/query/constraint.ts';
import type {
  CreateRequest,
  FieldOperation,
  UpdateRequest,
} from '../../src/query/write-request.ts';
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

function creation(
  values: Record<string, ParseValue>,
  overrides: Partial<CreateRequest> = {},
): CreateRequest {
  return {
    className: 'Game',
    objectId: undefined,
    values: new Map(Object.entries(values)),
    acl: PUBLIC_ACL,
    relations: new Map(),
    ...overrides,
  };
}

function change(
  objectId: string,
  operations: Record<string, FieldOperation>,
  overrides: Partial<UpdateRequest> = {},
): UpdateRequest {
  return {
    className: 'Game',
    objectId,
    guard: EVERYTHING,
    operations: new Map(Object.entries(operations)),
    acl: undefined,
    select: 'all',
    ...overrides,
  };
}

async function rawGame(objectId: string): Promise<RawRow> {
  const row = await games.raw.collection<RawRow>('Game').findOne({ _id: objectId });
  if (row === null) throw new Error(`no game ${objectId}`);
  return row;
}

async function joined(owningId: string): Promise<readonly unknown[]> {
  const rows = await games.raw
    .collection('_Join:links:Game')
    .find({ owningId })
    .sort({ relatedId: 1 })
    .toArray();
  return rows.map((row): unknown => row['relatedId']);
}

const mayWrite: Constraint = { kind: 'aclAllows', right: 'write', subjects: ['*', 'u1'] };

describe('create', () => {
  it('inserts what Parse Server would, in one command, and answers it decoded', async () => {
    const { result, commands } = await games.counted(() =>
      games.store.create(
        creation(
          {
            score: 5,
            owner: new Pointer('_User', 'u1'),
            place: new GeoPoint(1, 2),
            profile: { at: new Date(7) },
            name: null,
          },
          { acl: { readers: ['*'], writers: ['u1'] } },
        ),
      ),
    );
    expect(commands).toEqual(['insert Game']);
    expect(result.objectId).toMatch(/^[A-Za-z0-9]{10}$/);
    expect(result.createdAt).toEqual(result.updatedAt);
    expect(result.values.get('owner')).toEqual(new Pointer('_User', 'u1'));
    expect(await rawGame(result.objectId)).toStrictEqual({
      score: 5,
      _p_owner: '_User$u1',
      place: [2, 1],
      profile: { at: new Date(7) },
      name: null,
      _id: result.objectId,
      _wperm: ['u1'],
      _rperm: ['*'],
      _acl: { u1: { w: true }, '*': { r: true } },
      _created_at: result.createdAt,
      _updated_at: result.createdAt,
    });
  });

  it('adds relation rows once each, after the object', async () => {
    const { result, commands } = await games.counted(() =>
      games.store.create(
        creation(
          {},
          { relations: new Map([['links', { targetClass: 'Game', add: ['b', 'a', 'b'] }]]) },
        ),
      ),
    );
    expect(commands).toEqual(['insert Game', 'update _Join:links:Game', 'commitTransaction admin']);
    expect(await joined(result.objectId)).toEqual(['a', 'b']);
  });

  it('refuses a duplicate with 137 and the column’s name', async () => {
    await games.store.create(creation({ username: 'a' }, { className: '_User' }));
    await expect(
      games.store.create(creation({ username: 'a' }, { className: '_User' })),
    ).rejects.toMatchObject({ parseCode: 137, column: 'username' });
    await games.store.create(creation({}, { objectId: 'own' }));
    await expect(games.store.create(creation({}, { objectId: 'own' }))).rejects.toMatchObject({
      parseCode: 137,
      column: 'objectId',
    });
  });

  it('refuses before it writes: wrong types, unknown columns, a relation to another class', async () => {
    const { commands } = await games.counted(async () => {
      await expect(games.store.create(creation({ score: 'x' }))).rejects.toMatchObject({
        parseCode: 111,
      });
      await expect(games.store.create(creation({ nothing: 1 }))).rejects.toMatchObject({
        parseCode: 255,
      });
      const relations = new Map([['links', { targetClass: '_User', add: ['x'] }]]);
      await expect(games.store.create(creation({}, { relations }))).rejects.toMatchObject({
        parseCode: 111,
      });
    });
    expect(commands).toEqual([]);
  });
});

describe('update', () => {
  /** Column before · operation · column after, all as stored. */
  it.each([
    ['score', undefined, { kind: 'set', value: 5 }, { score: 5 }],
    ['score', 5, { kind: 'set', value: null }, { score: null }],
    ['score', 5, { kind: 'unset' }, {}],
    ['score', 5, { kind: 'increment', amount: -2 }, { score: 3 }],
    ['score', undefined, { kind: 'increment', amount: 2 }, { score: 2 }],
    ['score', 5, { kind: 'min', value: 3 }, { score: 3 }],
    ['score', 5, { kind: 'max', value: 3 }, { score: 5 }],
    ['startedAt', undefined, { kind: 'max', value: new Date(5) }, { startedAt: new Date(5) }],
    ['tags', [1], { kind: 'add', values: [1, new Date(3)] }, { tags: [1, 1, new Date(3)] }],
    ['tags', [1], { kind: 'addUnique', values: [1, 2, 2] }, { tags: [1, 2] }],
    ['tags', [1, 2, 1], { kind: 'remove', values: [1] }, { tags: [2] }],
    [
      'tags',
      undefined,
      { kind: 'addUnique', values: [new Pointer('Game', 'g'), new Pointer('Game', 'g')] },
      { tags: [{ __type: 'Pointer', className: 'Game', objectId: 'g' }] },
    ],
    [
      'profile',
      { a: { b: 1 } },
      { kind: 'setPaths', paths: [{ path: ['a', 'c'], value: 2 }] },
      { profile: { a: { b: 1, c: 2 } } },
    ],
    [
      'owner',
      undefined,
      { kind: 'set', value: new Pointer('_User', 'u') },
      { _p_owner: '_User$u' },
    ],
    ['owner', undefined, { kind: 'set', value: null }, { _p_owner: null }],
  ] as readonly (readonly [string, unknown, FieldOperation, object])[])(
    'changes %s (case %#) in one command',
    async (column, before, operation, after) => {
      const created = await games.store.create(creation({}));
      if (before !== undefined) {
        await games.raw
          .collection<RawRow>('Game')
          .updateOne({ _id: created.objectId }, { $set: { [column]: before } });
      }
      const { result, commands } = await games.counted(() =>
        games.store.update(change(created.objectId, { [column]: operation })),
      );
      expect(commands).toEqual(['findAndModify Game']);
      const {
        _id: id,
        _created_at: createdAt,
        _updated_at: updatedAt,
        ...columns
      } = await rawGame(created.objectId);
      expect(columns).toStrictEqual(after);
      expect([id, createdAt, updatedAt]).toEqual([
        created.objectId,
        created.createdAt,
        result?.updatedAt,
      ]);
    },
  );

  it('changes nothing where the guard does not hold, in the same one command', async () => {
    const locked = await games.store.create(
      creation({ score: 1 }, { acl: { readers: ['*'], writers: ['u2'] } }),
    );
    const update = change(
      locked.objectId,
      { score: { kind: 'increment', amount: 1 } },
      { guard: mayWrite },
    );
    const { result, commands } = await games.counted(() => games.store.update(update));
    expect([result, commands]).toEqual([undefined, ['findAndModify Game']]);
    expect((await rawGame(locked.objectId))['score']).toBe(1);
    expect(await games.store.update(change('nosuch', {}))).toBeUndefined();
  });

  it('replaces the ACL as a whole: an open half is removed', async () => {
    const { objectId } = await games.store.create(
      creation({}, { acl: { readers: ['u1'], writers: ['u1'] } }),
    );
    const acl = { readers: undefined, writers: ['u2'] };
    expect((await games.store.update(change(objectId, {}, { acl })))?.acl).toEqual(acl);
    expect(await rawGame(objectId)).toMatchObject({ _wperm: ['u2'], _acl: { u2: { w: true } } });
    expect(await rawGame(objectId)).not.toHaveProperty('_rperm');
    await games.store.update(change(objectId, {}, { acl: PUBLIC_ACL }));
    expect(Object.keys(await rawGame(objectId)).toSorted()).toEqual([
      '_created_at',
      '_id',
      '_updated_at',
    ]);
  });

  it('changes relation rows of objects it may change only', async () => {
    const { objectId } = await games.store.create(
      creation({}, { relations: new Map([['links', { targetClass: 'Game', add: ['a', 'b'] }]]) }),
    );
    const relate: FieldOperation = {
      kind: 'relate',
      targetClass: 'Game',
      add: ['b', 'c'],
      remove: ['a'],
    };
    const { commands } = await games.counted(() =>
      games.store.update(change(objectId, { links: relate })),
    );
    expect(commands).toEqual([
      'findAndModify Game',
      'update _Join:links:Game',
      'delete _Join:links:Game',
      'commitTransaction admin',
    ]);
    expect(await joined(objectId)).toEqual(['b', 'c']);
    const guard: Constraint = { kind: 'or', parts: [] };
    expect(
      await games.store.update(
        change(objectId, { links: { ...relate, remove: ['b'] } }, { guard }),
      ),
    ).toBeUndefined();
    expect(await joined(objectId)).toEqual(['b', 'c']);
  });

  it('answers the selected columns only', async () => {
    const { objectId } = await games.store.create(creation({ score: 1, name: 'x' }));
    const changed = await games.store.update(
      change(objectId, { score: { kind: 'set', value: 2 } }, { select: new Set(['score']) }),
    );
    expect(changed?.values).toEqual(new Map([['score', 2]]));
  });

  it.each([
    ['increment of a text', { name: { kind: 'increment', amount: 1 } }],
    ['adding to a number', { score: { kind: 'add', values: [1] } }],
    ['a value for a relation', { links: { kind: 'set', value: 1 } }],
    ['a path in a text', { name: { kind: 'setPaths', paths: [{ path: ['a'], value: 1 }] } }],
    ['adding to a stored null', { tags: { kind: 'add', values: [1] } }],
  ] as readonly (readonly [string, Record<string, FieldOperation>])[])(
    'refuses %s with 111',
    async (_what, operations) => {
      const { objectId } = await games.store.create(creation({ tags: null }));
      await expect(games.store.update(change(objectId, operations))).rejects.toMatchObject({
        parseCode: 111,
      });
    },
  );

  it('refuses a path that is an operator with 105', async () => {
    const operations: Record<string, FieldOperation> = {
      profile: { kind: 'setPaths', paths: [{ path: ['$set'], value: 1 }] },
    };
    await expect(games.store.update(change('x', operations))).rejects.toMatchObject({
      parseCode: 105,
    });
  });

  it('refuses an object beyond 16 MB with 116 and keeps the store usable', async () => {
    const large = Array.from({ length: 17 }, () => 'x'.repeat(1_000_000));
    await expect(games.store.create(creation({ tags: large }))).rejects.toMatchObject({
      parseCode: 116,
    });
    await games.store.create(creation({}));
  });

  it('loses no increment under contention', async () => {
    const { objectId } = await games.store.create(creation({ score: 0 }));
    const one: Record<string, FieldOperation> = { score: { kind: 'increment', amount: 1 } };
    await Promise.all(Array.from({ length: 50 }, () => games.store.update(change(objectId, one))));
    expect((await rawGame(objectId))['score']).toBe(50);
  });
});

describe('delete', () => {
  it('removes the object the guard lets go, and answers it as it was, in one command', async () => {
    const { objectId } = await games.store.create(
      creation({ score: 1 }, { acl: { readers: undefined, writers: ['u1'] } }),
    );
    const request = { className: 'Game', objectId, guard: mayWrite, select: new Set(['score']) };
    const denied = { ...request, guard: { ...mayWrite, subjects: ['*'] } as Constraint };
    expect(await games.store.delete(denied)).toBeUndefined();
    const { result, commands } = await games.counted(() => games.store.delete(request));
    expect(commands).toEqual(['findAndModify Game']);
    expect(result?.values).toEqual(new Map([['score', 1]]));
    expect(await games.store.delete(request)).toBeUndefined();
  });
});
