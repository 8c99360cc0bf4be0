import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayError } from '../../src/parse/errors.ts';
import { countRelated, findRelated } from '../support/related.ts';
import { DEFAULT_ACCESS_RULES, type AccessRules } from '../../src/access/access-rules.ts';
import { createGuardedStore } from '../../src/access/create-guarded-store.ts';
import type { GuardedStore } from '../../src/access/guarded-store.ts';
import type { Principal } from '../../src/access/principal.ts';
import { PUBLIC_ACL, type Acl } from '../../src/parse/acl.ts';
import { NOBODY } from '../../src/parse/class-permissions.ts';
import type { ParseObject } from '../../src/parse/object.ts';
import { SYSTEM_CLASSES } from '../../src/parse/names.ts';
import { Pointer, type ParseValue } from '../../src/parse/values.ts';
import {
  EVERYTHING,
  allOf,
  column,
  hasObjectId,
  type Constraint,
} from '../../src/query/constraint.ts';
import { BY_OBJECT_ID, firstRows, type FindRequest } from '../../src/query/find-request.ts';
import type {
  CreateRequest,
  FieldOperation,
  UpdateRequest,
} from '../../src/query/write-request.ts';
import { openAccessDatabase, type AccessDatabase } from './access-database.ts';
import {
  ANYBODY,
  MAINTENANCE,
  MASTER,
  READ_ONLY,
  catalogOf,
  classSchema,
  openBut,
  operationRule,
  protects,
  user,
} from './access-world.ts';

const ANN = user('ann');
const BOB = user('bob', 'R1');

const SECRET = protects({ '*': ['secret', 'hiddenFans'], 'userField:owner': [] });
const CATALOG = catalogOf(
  classSchema(
    'Team',
    {
      name: { kind: 'String' },
      secret: { kind: 'String' },
      city: { kind: 'Pointer', targetClass: 'City' },
      owner: { kind: 'Pointer', targetClass: '_User' },
      fans: { kind: 'Relation', targetClass: 'Fan' },
      hiddenFans: { kind: 'Relation', targetClass: 'Fan' },
    },
    openBut({}, SECRET),
  ),
  classSchema('Fan', { name: { kind: 'String' }, team: { kind: 'Pointer', targetClass: 'Team' } }),
  classSchema('City', { name: { kind: 'String' } }, openBut({ find: NOBODY, get: NOBODY })),
  classSchema('GetOnly', { n: { kind: 'Number' } }, openBut({ find: NOBODY })),
  classSchema(
    'FindOnly',
    { fans: { kind: 'Relation', targetClass: 'Fan' } },
    openBut({ get: NOBODY }),
  ),
  classSchema(
    'OwnersGet',
    {
      owner: { kind: 'Pointer', targetClass: '_User' },
      fans: { kind: 'Relation', targetClass: 'Fan' },
    },
    openBut({ get: operationRule({ pointerFields: ['owner'] }) }),
  ),
  classSchema(
    'Private',
    { n: { kind: 'Number' } },
    openBut(
      {},
      {
        defaultAcl: new Map([
          ['currentUser', { read: true, write: true }],
          ['role:R1', { read: true, write: false }],
        ]),
      },
    ),
  ),
  ...SYSTEM_CLASSES.map((name) =>
    classSchema(name, name === '_User' ? { nick: { kind: 'String' } } : {}),
  ),
);

let database: AccessDatabase;

beforeAll(async () => {
  database = await openAccessDatabase();
  const insert = async (name: string, rows: readonly Record<string, unknown>[]) => {
    await database.raw.collection(name).insertMany(rows.map((row) => ({ ...row })));
  };
  await insert('Team', [
    { _id: 't1', name: 'one', secret: 's1', _p_city: 'City$c1', _p_owner: '_User$ann' },
    { _id: 't2', name: 'two', secret: 's2', _p_city: 'City$c1', _rperm: ['ann'], _wperm: ['*'] },
    { _id: 't3', name: 'three', secret: 's3', _rperm: ['*'], _wperm: ['role:R1'] },
  ]);
  await insert('Fan', [
    { _id: 'f1', name: 'x', _p_team: 'Team$t1' },
    { _id: 'f2', name: 'y', _p_team: 'Team$t2' },
    { _id: 'f3', name: 'z', _p_team: 'Team$t1', _rperm: ['bob'] },
  ]);
  const rows = ['t1', 't2', 't3'].flatMap((owningId) =>
    ['f1', 'f2', 'f3'].map((relatedId) => ({ owningId, relatedId })),
  );
  await insert('_Join:fans:Team', rows);
  await insert('_Join:hiddenFans:Team', rows);
  await insert('City', [{ _id: 'c1', name: 'Rome' }]);
  await insert('GetOnly', [{ _id: 'g1', n: 1 }]);
  await insert('FindOnly', [{ _id: 'x1' }]);
  await insert('_Join:fans:FindOnly', [{ owningId: 'x1', relatedId: 'f1' }]);
  await insert('OwnersGet', [
    { _id: 'o1', _p_owner: '_User$ann' },
    { _id: 'o2', _p_owner: '_User$bob' },
  ]);
  await insert(
    '_Join:fans:OwnersGet',
    ['o1', 'o2'].map((owningId) => ({ owningId, relatedId: 'f1' })),
  );
  await insert('_User', [
    {
      _id: 'ann',
      username: 'ann',
      email: 'ann@x.org',
      nick: 'a',
      _rperm: ['*'],
      _wperm: ['ann'],
      _hashed_password: 'h',
      _auth_data_anonymous: { id: '1' },
    },
    {
      _id: 'bob',
      username: 'bob',
      email: 'bob@x.org',
      nick: 'b',
      _rperm: ['bob'],
      _wperm: ['bob'],
    },
  ]);
  await insert('_Session', [
    { _id: 's1', _session_token: 'r:ann', _p_user: '_User$ann' },
    { _id: 's2', _session_token: 'r:bob', _p_user: '_User$bob' },
  ]);
  await insert('_Installation', [{ _id: 'i1', deviceType: 'ios' }]);
});
afterAll(() => database.close());

/** The row as it is stored. */
function rowOf(name: string, _id: string): Promise<Readonly<Record<string, unknown>> | null> {
  return database.raw.collection<Record<string, unknown> & { _id: string }>(name).findOne({ _id });
}

const written: string[] = [];

function storeFor(principal: Principal, rules: AccessRules = DEFAULT_ACCESS_RULES): GuardedStore {
  return createGuardedStore({
    store: database.storeFor(CATALOG),
    catalog: CATALOG,
    principal,
    rules,
    onWritten: (className, objectId) => written.push(`${className} ${objectId}`),
  });
}

function all(className: string, where: Constraint = EVERYTHING): FindRequest {
  return {
    className,
    where,
    order: [BY_OBJECT_ID],
    page: firstRows(100),
    select: 'all',
    readPreference: undefined,
  };
}

function update(
  className: string,
  objectId: string,
  operations: Record<string, FieldOperation> = {},
  acl?: Acl,
): UpdateRequest {
  return {
    className,
    objectId,
    guard: EVERYTHING,
    operations: new Map(Object.entries(operations)),
    acl,
    select: 'all',
  };
}

function creation(
  className: string,
  values: Record<string, ParseValue>,
  acl = PUBLIC_ACL,
): CreateRequest {
  return {
    className,
    objectId: undefined,
    values: new Map(Object.entries(values)),
    acl,
    relations: new Map(),
  };
}

const set = (value: ParseValue): FieldOperation => ({ kind: 'set', value });
const is = (name: string, value: ParseValue): Constraint => ({
  kind: 'compare',
  column: column(name),
  comparison: 'equal',
  value,
});
const code = (parseCode: number) => expect.objectContaining({ parseCode }) as unknown;
const idsOf = (objects: readonly ParseObject[] | undefined) => objects?.map((o) => o.objectId);
const namesIn = (object: ParseObject | undefined) => [...(object?.values.keys() ?? [])].sort();

describe('reads', () => {
  it('strip protected columns, except where the object lifts it', async () => {
    const [one, two] = await storeFor(ANN).find(all('Team'));
    expect(namesIn(one)).toEqual(['city', 'name', 'owner', 'secret']);
    expect(namesIn(two)).toEqual(['city', 'name']);
    const [seen] = await storeFor(ANYBODY).find(all('Team'));
    expect(namesIn(seen)).toEqual(['city', 'name', 'owner']);
  });

  it('look at columns that were not selected without showing them', async () => {
    const request = { ...all('Team'), select: new Set(['secret']) };
    const [one, two] = await storeFor(ANN).find(request);
    expect([namesIn(one), namesIn(two)]).toEqual([['secret'], []]);
  });

  it('by id keep the order asked for and leave out what is not there or may not be read', async () => {
    const objectIds = ['t3', 'nosuch', 't2', 't1', 't3'];
    const request = { className: 'Team', objectIds, select: new Set<string>() };
    expect(idsOf(await storeFor(ANYBODY).get(request))).toEqual(['t3', 't1']);
    expect(idsOf(await storeFor(MASTER).get(request))).toEqual(['t3', 't2', 't1']);
  });

  it('by id need the right to get, a filter by id the right to find', async () => {
    const store = storeFor(ANYBODY);
    const request = { className: 'GetOnly', objectIds: ['g1'], select: 'all' } as const;
    expect(idsOf(await store.get(request))).toEqual(['g1']);
    await expect(store.find(all('GetOnly', hasObjectId('g1')))).rejects.toEqual(code(119));
    expect(await store.count({ ...all('GetOnly') })).toBe(1);
  });

  it.each([
    ['a filter', { where: is('secret', 's1') }],
    [
      'a filter that negates',
      { where: { kind: 'nor', parts: [{ kind: 'or', parts: [is('secret', 's1')] }] } },
    ],
    [
      'a path',
      { where: { kind: 'exists', column: { name: 'secret', path: ['x'] }, exists: true } },
    ],
    ['a filter by a column that does not exist', { where: is('nosuch', 1) }],
    ['a filter by an internal column', { where: is('_hashed_password', 'h') }],
    [
      'a filter by an ACL of its own',
      { where: { kind: 'aclAllows', right: 'read', subjects: ['ann'] } },
    ],
    ['an order', { order: [{ column: column('secret'), direction: 'ascending' }, BY_OBJECT_ID] }],
    [
      'an order by a column that does not exist',
      { order: [{ column: column('nosuch'), direction: 'ascending' }] },
    ],
  ] as const)(
    'refuse %s that would tell of what is hidden, all with one text',
    async (_title, part) => {
      const request = { ...all('Team'), ...(part as Partial<FindRequest>) };
      const refusal = { parseCode: 119, message: 'Permission denied' };
      await expect(storeFor(ANYBODY).find(request)).rejects.toMatchObject(refusal);
    },
  );

  it('of another class inside a filter need the right to find there, and see only what may be read', async () => {
    const inCity: Constraint = {
      kind: 'pointerTo',
      field: 'city',
      targetClass: 'City',
      where: EVERYTHING,
      isNegated: false,
    };
    await expect(storeFor(ANYBODY).find(all('Team', inCity))).rejects.toEqual(code(119));
    const ofTeam = (where: Constraint): Constraint => ({
      kind: 'pointerTo',
      field: 'team',
      targetClass: 'Team',
      where,
      isNegated: false,
    });
    expect(idsOf(await storeFor(ANYBODY).find(all('Fan', ofTeam(EVERYTHING))))).toEqual(['f1']);
    expect(idsOf(await storeFor(ANN).find(all('Fan', ofTeam(EVERYTHING))))).toEqual(['f1', 'f2']);
    await expect(storeFor(ANN).find(all('Fan', ofTeam(is('secret', 's1'))))).rejects.toEqual(
      code(119),
    );
    const wrongClass = { ...ofTeam(EVERYTHING), targetClass: 'Fan' } as Constraint;
    await expect(storeFor(ANN).find(all('Fan', wrongClass))).rejects.toEqual(code(119));
  });

  it('of a protected key of another class give no values', async () => {
    const byKey = (kind: 'inQueryKey' | 'notInQueryKey', key: string): Constraint => ({
      kind,
      column: column('name'),
      query: { className: 'Team', where: EVERYTHING, key: column(key) },
    });
    const fans = storeFor(ANYBODY);
    expect(await fans.find(all('Fan', byKey('inQueryKey', 'secret')))).toEqual([]);
    expect(await fans.find(all('Fan', byKey('inQueryKey', 'nosuch')))).toEqual([]);
    expect(idsOf(await fans.find(all('Fan', byKey('notInQueryKey', 'secret'))))).toEqual([
      'f1',
      'f2',
    ]);
  });

  it('of a class nobody knows are refused', async () => {
    await expect(storeFor(ANYBODY).find(all('Nosuch'))).rejects.toEqual(code(119));
    await expect(storeFor(ANYBODY).find(all('_Join:fans:Team'))).rejects.toEqual(code(119));
  });
});

describe('relations', () => {
  const fans = { kind: 'relation', ownerClass: 'Team', field: 'fans' } as const;
  const ownerIds = ['t1', 't2', 't3', 'nosuch'];

  it('of owners that may not be read are empty, and hold readable objects only', async () => {
    const found = await findRelated(storeFor(ANYBODY), { link: fans, ownerIds, find: all('Fan') });
    expect([...found].map(([id, list]) => [id, idsOf(list)])).toEqual([
      ['t1', ['f1', 'f2']],
      ['t2', []],
      ['t3', ['f1', 'f2']],
      ['nosuch', []],
    ]);
    const counted = await countRelated(storeFor(BOB), { link: fans, ownerIds, count: all('Fan') });
    expect([...counted]).toEqual([
      ['t1', 3],
      ['t2', 0],
      ['t3', 3],
      ['nosuch', 0],
    ]);
  });

  it.each([
    ['FindOnly', ['x1'], []],
    ['OwnersGet', ['o1', 'o2'], ['o1']],
  ])('of owners that may be found but not got are empty: %s', async (ownerClass, ids, shown) => {
    const commands = await database.commandsOf(async () => {
      const store = storeFor(ANN);
      const select = new Set<string>();
      expect(idsOf(await store.find({ ...all(ownerClass), select }))).toEqual(ids);
      const link = { kind: 'relation', ownerClass, field: 'fans' } as const;
      const found = await findRelated(store, { link, ownerIds: ids, find: all('Fan') });
      expect([...found].filter(([, list]) => list.length > 0).map(([id]) => id)).toEqual(shown);
    });
    expect(commands.filter((name) => name === `find ${ownerClass}`).length).toBeLessThan(3);
  });

  it('are answered alike as a filter', async () => {
    const ofOwner = (id: string) =>
      all('Fan', { kind: 'relatedTo', owner: new Pointer('Team', id), field: 'fans' });
    expect(idsOf(await storeFor(ANYBODY).find(ofOwner('t1')))).toEqual(['f1', 'f2']);
    expect(await storeFor(ANYBODY).find(ofOwner('t2'))).toEqual([]);
    expect(idsOf(await storeFor(ANN).find(ofOwner('t2')))).toEqual(['f1', 'f2']);
  });

  it('that are protected are refused, as a page, a number and a filter', async () => {
    const link = { ...fans, field: 'hiddenFans' };
    const store = storeFor(ANYBODY);
    await expect(findRelated(store, { link, ownerIds, find: all('Fan') })).rejects.toEqual(
      code(119),
    );
    await expect(countRelated(store, { link, ownerIds, count: all('Fan') })).rejects.toEqual(
      code(119),
    );
    const where: Constraint = {
      kind: 'relatedTo',
      owner: new Pointer('Team', 't1'),
      field: 'hiddenFans',
    };
    await expect(store.find(all('Fan', where))).rejects.toEqual(code(119));
  });

  it('asked for together cost one command, share what is found out about owners, and are refused one by one', async () => {
    const store = storeFor(ANYBODY);
    const team = { kind: 'inverse', ownerClass: 'Team', field: 'team' } as const;
    const two = { ...all('Fan'), page: firstRows(1) };
    const requests = [
      { link: fans, ownerIds, find: all('Fan') },
      { link: { ...fans, field: 'hiddenFans' }, ownerIds, find: all('Fan') },
      { link: fans, ownerIds, find: two },
      { link: { ...fans, field: 'nosuch' }, ownerIds, find: all('Fan') },
      { link: fans, ownerIds: ['t2'], find: all('Fan') },
      { link: team, ownerIds: ['t1', 't2'], find: all('Fan') },
    ];
    const commands = await database.commandsOf(async () => {
      const answers = await Promise.allSettled(store.findRelated(requests));
      expect(
        answers.map((answer) =>
          answer.status === 'fulfilled'
            ? [...answer.value].map(([id, page]) => [id, ...(idsOf(page) ?? [])].join(' '))
            : (answer.reason as GatewayError).parseCode,
        ),
      ).toEqual([
        ['t1 f1 f2', 't2', 't3 f1 f2', 'nosuch'],
        119,
        ['t1 f1', 't2', 't3 f1', 'nosuch'],
        119,
        ['t2'],
        ['t1 f1', 't2 f2'],
      ]);
    });
    expect(commands.filter((name) => name.startsWith('aggregate'))).toHaveLength(2);
    const counts = requests.map(({ link, ownerIds: ids }) => ({
      ...{ link, ownerIds: ids },
      count: all('Fan'),
    }));
    const counted = await database.commandsOf(async () => {
      const answers = await Promise.allSettled(store.countRelated(counts));
      expect(
        answers.map((answer) =>
          answer.status === 'fulfilled'
            ? [...answer.value.values()]
            : (answer.reason as GatewayError).parseCode,
        ),
      ).toEqual([[2, 0, 2, 0], 119, [2, 0, 2, 0], 119, [0], [1, 1]]);
    });
    expect(counted.filter((name) => name.startsWith('aggregate'))).toHaveLength(2);
  });

  it('backwards need the pointer column, not the owner', async () => {
    const link = { kind: 'inverse', ownerClass: 'Team', field: 'team' } as const;
    const found = await findRelated(storeFor(ANYBODY), {
      link,
      ownerIds: ['t1', 't2'],
      find: all('Fan'),
    });
    expect([...found].map(([id, list]) => [id, idsOf(list)])).toEqual([
      ['t1', ['f1']],
      ['t2', ['f2']],
    ]);
    const wrong = { ...link, field: 'name' };
    await expect(
      findRelated(storeFor(ANYBODY), { link: wrong, ownerIds: ['t1'], find: all('Fan') }),
    ).rejects.toEqual(code(119));
  });
});

describe('the cost', () => {
  it('is that of the master key for every read whose owners are on the table', async () => {
    const work = (principal: Principal) =>
      database.commandsOf(async () => {
        const store = storeFor(principal);
        const teams = await store.find(all('Team'));
        const ownerIds = teams.map(({ objectId }) => objectId);
        const link = { kind: 'relation', ownerClass: 'Team', field: 'fans' } as const;
        await findRelated(store, { link, ownerIds, find: all('Fan') });
        await countRelated(store, { link, ownerIds, count: all('Fan') });
        await store.get({ className: 'Team', objectIds: ['t1', 't3'], select: 'all' });
        await store.count(all('Team'));
      });
    const ofMaster = await work(MASTER);
    expect(ofMaster.length).toBeGreaterThan(4);
    expect(await work(ANYBODY)).toEqual(ofMaster);
    expect(await work(BOB)).toEqual(ofMaster);
  });

  it('of what nobody may see is nothing', async () => {
    const commands = await database.commandsOf(async () => {
      await storeFor(ANYBODY).find(all('Team', { kind: 'or', parts: [] }));
      await storeFor(ANYBODY)
        .find(all('City'))
        .catch(() => undefined);
    });
    expect(commands).toEqual([]);
  });
});

describe('writes', () => {
  it('are told to the cache of sessions and roles', async () => {
    written.length = 0;
    await storeFor(MASTER).update(update('Team', 't1'));
    expect(written).toEqual(['Team t1']);
  });

  it('need the ACL to write, whoever may read, and tell no more than may be read', async () => {
    await expect(storeFor(ANYBODY).update(update('Team', 't3'))).rejects.toEqual(code(101));
    const blind = await storeFor(ANYBODY).update(update('Team', 't2', { name: set('two') }));
    expect(namesIn(blind)).toEqual([]);
    expect(blind.acl).toEqual({ readers: [], writers: [] });
    const seen = await storeFor(BOB).update(update('Team', 't3', { name: set('three') }));
    expect(namesIn(seen)).toEqual(['name']);
    const own = await storeFor(ANN).update({
      ...update('Team', 't1'),
      select: new Set(['secret']),
    });
    expect(namesIn(own)).toEqual(['secret']);
  });

  it('of columns that do not exist are refused, alike to clients', async () => {
    const refused = { parseCode: 119, message: 'Permission denied' };
    await expect(
      storeFor(ANN).update(update('Team', 't1', { nosuch: set(1) })),
    ).rejects.toMatchObject(refused);
    await expect(storeFor(ANN).create(creation('Team', { _rperm: [] }))).rejects.toMatchObject(
      refused,
    );
    await expect(storeFor(MASTER).create(creation('Team', { nosuch: 1 }))).rejects.toEqual(
      code(119),
    );
  });

  it('give new objects the default ACL of their class', async () => {
    const aclOf = async (principal: Principal, acl?: Acl) => {
      const { objectId } = await storeFor(principal).create(creation('Private', { n: 1 }, acl));
      const row = await rowOf('Private', objectId);
      return [row?.['_rperm'], row?.['_wperm']];
    };
    expect(await aclOf(ANN)).toEqual([['ann', 'role:R1'], ['ann']]);
    expect(await aclOf(ANYBODY)).toEqual([['role:R1'], []]);
    expect(await aclOf(ANN, { readers: ['*'], writers: [] })).toEqual([['*'], []]);
  });

  it('by a read-only master are refused', async () => {
    const store = storeFor(READ_ONLY);
    await expect(store.create(creation('Team', {}))).rejects.toEqual(code(119));
    await expect(store.update(update('Team', 't1'))).rejects.toEqual(code(119));
    await expect(store.delete({ ...update('Team', 't1') })).rejects.toEqual(code(119));
  });
});

describe('users', () => {
  it('are shown without secrets, to others without the address', async () => {
    const others = await storeFor(BOB).get({
      className: '_User',
      objectIds: ['ann'],
      select: 'all',
    });
    expect(others.map(namesIn)).toEqual([['nick', 'username']]);
    const own = await storeFor(ANN).get({ className: '_User', objectIds: ['ann'], select: 'all' });
    expect(own.map(namesIn)).toEqual([['authData', 'email', 'nick', 'username']]);
  });

  it('cannot be found by address, except oneself', async () => {
    await expect(storeFor(ANN).find(all('_User', is('email', 'ann@x.org')))).rejects.toEqual(
      code(119),
    );
    const self = allOf(hasObjectId('ann'), is('email', 'ann@x.org'));
    expect(idsOf(await storeFor(ANN).find(all('_User', self)))).toEqual(['ann']);
    await expect(storeFor(BOB).find(all('_User', self))).rejects.toEqual(code(119));
    await expect(
      storeFor(ANN).find(
        all('_User', {
          kind: 'exists',
          column: { name: 'authData', path: ['anonymous', 'id'] },
          exists: true,
        }),
      ),
    ).rejects.toEqual(code(119));
  });

  it('are changed by themselves only; what is missing and what is not one’s own is 206', async () => {
    await expect(
      storeFor(ANYBODY).update(update('_User', 'ann', { nick: set('x') })),
    ).rejects.toEqual(code(206));
    await expect(storeFor(ANYBODY).delete(update('_User', 'ann'))).rejects.toEqual(code(206));
    await expect(storeFor(BOB).update(update('_User', 'ann', { nick: set('x') }))).rejects.toEqual(
      code(206),
    );
    await expect(storeFor(BOB).delete(update('_User', 'nosuch'))).rejects.toEqual(code(206));
    const changed = await storeFor(ANN).update(update('_User', 'ann', { nick: set('aa') }));
    expect(changed.values.get('nick')).toBe('aa');
  });

  it('cannot say themselves that their address is verified', async () => {
    const verified = { emailVerified: set(true) };
    await expect(storeFor(ANN).update(update('_User', 'ann', verified))).rejects.toEqual(code(119));
    await expect(
      storeFor(ANYBODY).create(creation('_User', { emailVerified: true })),
    ).rejects.toEqual(code(119));
  });

  it('own themselves from the start, privately unless the setting says otherwise', async () => {
    const aclOf = async (rules: AccessRules, acl?: Acl) => {
      const { objectId } = await storeFor(MASTER, rules).create(creation('_User', {}, acl));
      const row = await rowOf('_User', objectId);
      const hide = (list: unknown) => JSON.stringify(list).replaceAll(objectId, 'self');
      return [hide(row?.['_rperm']), hide(row?.['_wperm'])];
    };
    expect(await aclOf(DEFAULT_ACCESS_RULES)).toEqual(['["self"]', '["self"]']);
    const open = { ...DEFAULT_ACCESS_RULES, enforcePrivateUsers: false };
    expect(await aclOf(open)).toEqual(['["*","self"]', '["self"]']);
    expect(await aclOf(open, { readers: ['bob'], writers: [] })).toEqual([
      '["bob","self"]',
      '["self"]',
    ]);
  });
});

describe('special classes', () => {
  it('of sessions show one’s own only, and nothing without a session', async () => {
    expect(idsOf(await storeFor(ANN).find(all('_Session')))).toEqual(['s1']);
    expect(await storeFor(ANN).count(all('_Session'))).toBe(1);
    expect(
      await storeFor(ANN).get({ className: '_Session', objectIds: ['s2'], select: 'all' }),
    ).toEqual([]);
    await expect(storeFor(ANYBODY).find(all('_Session'))).rejects.toEqual(code(209));
    expect(idsOf(await storeFor(MASTER).find(all('_Session')))).toEqual(['s1', 's2']);
  });

  it('of sessions let nobody choose token, user or expiry, nor touch those of others', async () => {
    for (const name of ['user', 'sessionToken', 'expiresAt', 'installationId', 'createdWith']) {
      const operations = { [name]: set('x') };
      await expect(storeFor(ANN).update(update('_Session', 's1', operations))).rejects.toEqual(
        code(105),
      );
    }
    await expect(storeFor(ANN).update(update('_Session', 's1', {}, PUBLIC_ACL))).rejects.toEqual(
      code(105),
    );
    await expect(storeFor(ANN).delete(update('_Session', 's2'))).rejects.toEqual(code(101));
    await expect(storeFor(ANN).create(creation('_Session', {}))).rejects.toEqual(code(119));
  });

  it('of installations can be had by id, not searched, counted or deleted', async () => {
    const store = storeFor(ANYBODY);
    expect(
      idsOf(await store.get({ className: '_Installation', objectIds: ['i1'], select: 'all' })),
    ).toEqual(['i1']);
    await expect(store.find(all('_Installation'))).rejects.toEqual(code(119));
    await expect(store.count(all('_Installation'))).rejects.toEqual(code(119));
    await expect(store.delete(update('_Installation', 'i1'))).rejects.toEqual(code(119));
  });

  it.each([
    '_JobStatus',
    '_PushStatus',
    '_Hooks',
    '_GlobalConfig',
    '_GraphQLConfig',
    '_JobSchedule',
    '_Audience',
    '_Idempotency',
  ])('%s is for server keys only', async (className) => {
    for (const principal of [ANYBODY, ANN]) {
      const store = storeFor(principal);
      await expect(store.find(all(className))).rejects.toEqual(code(119));
      await expect(store.get({ className, objectIds: ['x'], select: 'all' })).rejects.toEqual(
        code(119),
      );
      await expect(store.count(all(className))).rejects.toEqual(code(119));
      await expect(store.create(creation(className, {}))).rejects.toEqual(code(119));
      await expect(store.update(update(className, 'x'))).rejects.toEqual(code(119));
      await expect(store.delete(update(className, 'x'))).rejects.toEqual(code(119));
    }
    expect(await storeFor(MASTER).find(all(className))).toEqual([]);
    expect(await storeFor(MAINTENANCE).find(all(className))).toEqual([]);
  });
});
