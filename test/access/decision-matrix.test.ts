import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_ACCESS_RULES } from '../../src/access/access-rules.ts';
import { createGuardedStore } from '../../src/access/create-guarded-store.ts';
import type { GuardedStore } from '../../src/access/guarded-store.ts';
import { narrowingFor } from '../../src/access/narrow.ts';
import type { Principal } from '../../src/access/principal.ts';
import type { Acl } from '../../src/parse/acl.ts';
import type { ClassPermissions } from '../../src/parse/class-permissions.ts';
import { OPEN_PERMISSIONS } from '../../src/parse/class-permissions.ts';
import type { ClassCatalog } from '../../src/parse/class-schema.ts';
import { GatewayError } from '../../src/parse/errors.ts';
import type { ParseObject } from '../../src/parse/object.ts';
import { Pointer, type ParseValue } from '../../src/parse/values.ts';
import { EVERYTHING } from '../../src/query/constraint.ts';
import { BY_OBJECT_ID, firstRows } from '../../src/query/find-request.ts';
import { matches } from '../../src/query/matches.ts';
import { openAccessDatabase, storedAcl, type AccessDatabase } from './access-database.ts';
import {
  ANYBODY,
  LOCKED,
  MAINTENANCE,
  MASTER,
  READ_ONLY,
  catalogOf,
  classSchema,
  operationRule,
  permissionsWith,
  user,
} from './access-world.ts';

/** One letter an object: p public, a Ann's, r the role's, n nobody's, b writable by all and readable by none, m the members'. */
interface Row {
  readonly acl: Acl;
  readonly owner?: string;
  readonly members?: readonly string[];
}

const NOT_GIVEN = { readers: undefined, writers: undefined };
const ROWS: Readonly<Record<string, Row>> = {
  p: { acl: NOT_GIVEN, owner: 'ann' },
  a: { acl: { readers: ['ann'], writers: ['ann'] }, owner: 'ann' },
  r: { acl: { readers: ['role:Editors'], writers: ['role:Editors'] }, owner: 'bob' },
  n: { acl: { readers: [], writers: [] }, owner: 'ann' },
  b: { acl: { readers: [], writers: ['*'] }, owner: 'bob' },
  m: { acl: NOT_GIVEN, members: ['ann', 'bob'] },
};

const ANN = user('ann');
const BOB = user('bob', 'Editors');
/** Member of a role that is a child of Editors. */
const CYD = user('cyd', 'Juniors', 'Editors');

/** What each principal reads and writes under one rule: letters of the rows, or the code of the refusal. */
interface Expected {
  readonly read: readonly [anybody: string, ann: string, bob: string, cyd: string];
  readonly write: readonly [anybody: string, ann: string, bob: string, cyd: string];
  readonly create: readonly [anybody: string, ann: string, bob: string, cyd: string];
}

const BY_ACL = {
  read: ['pm', 'pam', 'prm', 'prm'],
  write: ['pbm', 'pabm', 'prbm', 'prbm'],
} as const;
const DENIED = ['119', '119', '119', '119'] as const;
const OK = ['ok', 'ok', 'ok', 'ok'] as const;

const RULES: readonly (readonly [string, ClassPermissions, Expected])[] = [
  ['no permissions stored', OPEN_PERMISSIONS, { ...BY_ACL, create: OK }],
  ['everybody', permissionsWith(operationRule({ subjects: ['*'] })), { ...BY_ACL, create: OK }],
  ['nobody', LOCKED, { read: DENIED, write: DENIED, create: DENIED }],
  [
    'one user',
    permissionsWith(operationRule({ subjects: ['ann'] })),
    {
      read: ['119', 'pam', '119', '119'],
      write: ['119', 'pabm', '119', '119'],
      create: ['119', 'ok', '119', '119'],
    },
  ],
  [
    'one role, and its children',
    permissionsWith(operationRule({ subjects: ['role:Editors'] })),
    {
      read: ['119', '119', 'prm', 'prm'],
      write: ['119', '119', 'prbm', 'prbm'],
      create: ['119', '119', 'ok', 'ok'],
    },
  ],
  [
    'whoever is signed in',
    permissionsWith(operationRule({ requiresAuthentication: true })),
    {
      read: ['101', 'pam', 'prm', 'prm'],
      write: ['101', 'pabm', 'prbm', 'prbm'],
      create: ['101', 'ok', 'ok', 'ok'],
    },
  ],
  [
    'users that a pointer names',
    permissionsWith(operationRule({ pointerFields: ['owner'] })),
    { read: ['', 'pa', 'r', ''], write: ['', 'pa', 'rb', ''], create: DENIED },
  ],
  [
    'users that a list names',
    permissionsWith(operationRule({ pointerFields: ['members'] })),
    { read: ['', 'm', 'm', ''], write: ['', 'm', 'm', ''], create: DENIED },
  ],
  [
    'users that either column names',
    permissionsWith(operationRule({ pointerFields: ['owner', 'members'] })),
    { read: ['', 'pam', 'rm', ''], write: ['', 'pam', 'rbm', ''], create: DENIED },
  ],
  [
    'a role, and users that a pointer names',
    permissionsWith(operationRule({ subjects: ['role:Editors'], pointerFields: ['owner'] })),
    {
      read: ['', 'pa', 'prm', 'prm'],
      write: ['', 'pa', 'prbm', 'prbm'],
      create: ['119', '119', 'ok', 'ok'],
    },
  ],
  [
    'signed in, and named by a pointer',
    permissionsWith(operationRule({ requiresAuthentication: true, pointerFields: ['owner'] })),
    {
      read: ['101', 'pa', 'r', ''],
      write: ['101', 'pa', 'rb', ''],
      create: ['101', 'ok', 'ok', 'ok'],
    },
  ],
  [
    'a pointer column that does not exist',
    permissionsWith(operationRule({ pointerFields: ['nosuch'] })),
    { read: ['', '', '', ''], write: ['', '', '', ''], create: DENIED },
  ],
  [
    'signed in, and a pointer column that does not exist',
    permissionsWith(operationRule({ requiresAuthentication: true, pointerFields: [''] })),
    {
      read: ['101', '', '', ''],
      write: ['101', '', '', ''],
      create: ['101', 'ok', 'ok', 'ok'],
    },
  ],
  [
    'a pointer column to another class',
    permissionsWith(operationRule({ pointerFields: ['place'] })),
    { read: ['', '', '', ''], write: ['', '', '', ''], create: DENIED },
  ],
  [
    'readUserFields',
    { ...LOCKED, readUserFields: ['owner'] },
    { read: ['', 'pa', 'r', ''], write: DENIED, create: DENIED },
  ],
  [
    'writeUserFields',
    { ...LOCKED, writeUserFields: ['owner'] },
    { read: DENIED, write: ['', 'pa', 'rb', ''], create: DENIED },
  ],
];

const CLIENTS = [ANYBODY, ANN, BOB, CYD] as const;
const KEYS = [MASTER, READ_ONLY, MAINTENANCE] as const;
const ALL = 'parnbm';

function catalogUnder(permissions: ClassPermissions): ClassCatalog {
  const columns = {
    owner: { kind: 'Pointer', targetClass: '_User' },
    members: { kind: 'Array' },
    place: { kind: 'Pointer', targetClass: 'Place' },
    n: { kind: 'Number' },
  } as const;
  return catalogOf(classSchema('Doc', columns, permissions), classSchema('_User', {}));
}

function inMemory(objectId: string, row: Row): ParseObject {
  const values = new Map<string, ParseValue>([['place', new Pointer('Place', 'ann')]]);
  if (row.owner !== undefined) values.set('owner', new Pointer('_User', row.owner));
  if (row.members !== undefined) {
    values.set(
      'members',
      row.members.map((id) => new Pointer('_User', id)),
    );
  }
  const times = { createdAt: undefined, updatedAt: undefined };
  return { className: 'Doc', objectId, ...times, acl: row.acl, values };
}

/** The row as Parse stores it. */
function stored(objectId: string, row: Row): Record<string, unknown> & { readonly _id: string } {
  return {
    _id: objectId,
    _p_place: 'Place$ann',
    ...(row.owner !== undefined && { _p_owner: `_User$${row.owner}` }),
    ...(row.members && {
      members: row.members.map((id) => ({ __type: 'Pointer', className: '_User', objectId: id })),
    }),
    ...storedAcl(row.acl),
  };
}

function sorted(letters: Iterable<string>): string {
  return [...letters].sort().join('');
}

/** The letters, or the code it was refused with. */
async function outcome(work: () => Promise<string> | string): Promise<string> {
  try {
    const text = await work();
    return text === 'ok' ? text : sorted(text);
  } catch (error) {
    if (error instanceof GatewayError) return String(error.parseCode);
    throw error;
  }
}

function expectedOf(text: string): string {
  return /^\d+$|^ok$/.test(text) ? text : sorted(text);
}

const CASES = RULES.flatMap(([title, permissions, expected]) =>
  CLIENTS.map((principal, index) => ({
    title: `${title}: ${principal.kind === 'user' ? principal.userId : 'anybody'}`,
    permissions,
    principal,
    read: expectedOf(expected.read[index] ?? ''),
    write: expectedOf(expected.write[index] ?? ''),
    create: expectedOf(expected.create[index] ?? ''),
  })),
);

describe('as a predicate in memory', () => {
  it.each(CASES)('$title', async ({ permissions, principal, read, write, create }) => {
    const narrowing = narrowingFor(principal, catalogUnder(permissions), DEFAULT_ACCESS_RULES);
    const lettersFor = (operation: 'find' | 'get' | 'count' | 'update' | 'delete') =>
      outcome(() => {
        const request = { className: 'Doc', where: EVERYTHING };
        const where = narrowing.where(request, operation, () => false);
        const hits = Object.entries(ROWS).filter(([id, row]) => matches(where, inMemory(id, row)));
        return hits.map(([id]) => id).join('');
      });
    for (const operation of ['find', 'get', 'count'] as const) {
      expect(await lettersFor(operation), operation).toBe(read);
    }
    for (const operation of ['update', 'delete'] as const) {
      expect(await lettersFor(operation), operation).toBe(write);
    }
    const created = await outcome(() => {
      narrowing.rowsFor('Doc', 'create');
      return 'ok';
    });
    expect(created, 'create').toBe(create);
  });
});

describe('as commands to the database', () => {
  let database: AccessDatabase;

  beforeAll(async () => {
    database = await openAccessDatabase();
    await database.raw
      .collection<{ _id: string }>('Doc')
      .insertMany(Object.entries(ROWS).map(([id, row]) => stored(id, row)));
  });
  afterAll(() => database.close());

  function guardedFor(principal: Principal, permissions: ClassPermissions): GuardedStore {
    const catalog = catalogUnder(permissions);
    return createGuardedStore({
      store: database.storeFor(catalog),
      catalog,
      principal,
      rules: DEFAULT_ACCESS_RULES,
    });
  }

  async function readBy(store: GuardedStore): Promise<Record<'find' | 'get' | 'count', string>> {
    const className = 'Doc';
    const find = await outcome(async () => {
      const found = await store.find({
        className,
        where: EVERYTHING,
        order: [BY_OBJECT_ID],
        page: firstRows(100),
        select: new Set(),
        readPreference: undefined,
      });
      return found.map(({ objectId }) => objectId).join('');
    });
    const get = await outcome(async () => {
      const objectIds = Object.keys(ROWS);
      const found = await store.get({ className, objectIds, select: 'all' });
      return found.map(({ objectId }) => objectId).join('');
    });
    const count = await outcome(async () => {
      const request = { className, where: EVERYTHING, readPreference: undefined };
      return 'x'.repeat(await store.count(request));
    });
    return { find, get, count };
  }

  /** Rows that could be changed, one by one; 101 for a row means: not there. */
  async function updatedBy(store: GuardedStore): Promise<string> {
    const codes = await Promise.all(
      Object.keys(ROWS).map(async (objectId) => {
        const text = await outcome(async () => {
          await store.update({
            className: 'Doc',
            objectId,
            guard: EVERYTHING,
            operations: new Map([['n', { kind: 'increment', amount: 1 }]]),
            acl: undefined,
            select: new Set(),
          });
          return objectId;
        });
        return text;
      }),
    );
    const letters = codes.filter((code) => code.length === 1);
    const refusals = new Set(codes.filter((code) => code.length > 1));
    if (letters.length > 0 || refusals.size > 1) {
      expect([...refusals].every((code) => code === '101')).toBe(true);
      return sorted(letters);
    }
    return [...refusals].join('');
  }

  it.each(CASES)('$title', async ({ permissions, principal, read, write, create }) => {
    const store = guardedFor(principal, permissions);
    const isRefused = /^\d+$/.test(read);
    expect(await readBy(store)).toEqual({
      find: read,
      get: read,
      count: isRefused ? read : 'x'.repeat(read.length),
    });
    // What may be done to no row is answered as if there were none.
    expect(await updatedBy(store)).toBe(write === '' ? '101' : write);
    const created = await outcome(async () => {
      const { objectId } = await store.create({
        className: 'Doc',
        objectId: undefined,
        values: new Map([['n', 1]]),
        acl: { readers: [], writers: [] },
        relations: new Map(),
      });
      await database.raw.collection<{ _id: string }>('Doc').deleteOne({ _id: objectId });
      return 'ok';
    });
    expect(created).toBe(create);
  });

  it.each(CASES.filter(({ write }) => /^[a-z]+$/.test(write)))(
    'deleting, $title',
    async ({ permissions, principal, write }) => {
      const store = guardedFor(principal, permissions);
      const deleted = await Promise.all(
        Object.keys(ROWS).map((objectId) =>
          outcome(async () => {
            await store.delete({
              className: 'Doc',
              objectId,
              guard: EVERYTHING,
              select: new Set(),
            });
            return objectId;
          }),
        ),
      );
      const letters = deleted.filter((code) => code !== '101');
      await database.raw.collection<{ _id: string }>('Doc').insertMany(
        Object.entries(ROWS)
          .filter(([id]) => letters.includes(id))
          .map(([id, row]) => stored(id, row)),
      );
      expect(sorted(letters)).toBe(write);
    },
  );

  it.each(KEYS)('read everything for $kind (read-only: $isReadOnly)', async (principal) => {
    const reads = await readBy(guardedFor(principal, LOCKED));
    expect(reads).toEqual({ find: sorted(ALL), get: sorted(ALL), count: 'x'.repeat(ALL.length) });
  });

  it('write everything for the master key and nothing for the read-only one', async () => {
    expect(await updatedBy(guardedFor(MASTER, LOCKED))).toBe(sorted(ALL));
    expect(await updatedBy(guardedFor(MAINTENANCE, LOCKED))).toBe(sorted(ALL));
    expect(await updatedBy(guardedFor(READ_ONLY, LOCKED))).toBe('119');
  });
});
