import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_ACCESS_RULES } from '../../src/access/access-rules.ts';
import { createGuardedStore } from '../../src/access/create-guarded-store.ts';
import type { Principal } from '../../src/access/principal.ts';
import { PUBLIC_ACL, type Acl } from '../../src/parse/acl.ts';
import { NOBODY } from '../../src/parse/class-permissions.ts';
import { Pointer } from '../../src/parse/values.ts';
import type { WriteStep } from '../../src/query/write-request.ts';
import { openAccessDatabase, type AccessDatabase } from './access-database.ts';
import {
  ANYBODY,
  MASTER,
  READ_ONLY,
  catalogOf,
  classSchema,
  openBut,
  protects,
  user,
} from './access-world.ts';

const ANN = user('ann');
const CATALOG = catalogOf(
  classSchema(
    'Note',
    { text: { kind: 'String' }, secret: { kind: 'String' } },
    {
      ...openBut({}, protects({ '*': ['secret'] })),
    },
  ),
  classSchema('Closed', { text: { kind: 'String' } }, openBut({ create: NOBODY, get: NOBODY })),
  classSchema('_User', {}),
);

let database: AccessDatabase;

beforeAll(async () => {
  database = await openAccessDatabase();
  const insert = async (name: string, rows: readonly Record<string, unknown>[]) => {
    await database.raw.collection(name).insertMany(rows.map((row) => ({ ...row })));
  };
  await insert('Note', [
    { _id: 'open' },
    { _id: 'own', _rperm: ['ann'] },
    { _id: 'bobs', _rperm: ['bob'] },
  ]);
  await insert('Closed', [{ _id: 'c1' }]);
  await insert('_User', [
    { _id: 'ann', _rperm: ['ann'] },
    { _id: 'bob', _rperm: ['bob'] },
  ]);
});
afterAll(() => database.close());

function created(
  className: string,
  values: Record<string, string> = { text: 'new' },
  acl: Acl = PUBLIC_ACL,
): WriteStep {
  return {
    kind: 'create',
    request: {
      className,
      objectId: undefined,
      values: new Map(Object.entries(values)),
      acl,
      relations: new Map(),
    },
  };
}

async function write(
  principal: Principal,
  steps: readonly WriteStep[],
  ...links: readonly Pointer[]
): Promise<readonly string[]> {
  const store = createGuardedStore({
    store: database.storeFor(CATALOG),
    catalog: CATALOG,
    principal,
    rules: DEFAULT_ACCESS_RULES,
  });
  return database.commandsOf(() => store.write({ steps, links }));
}

const rowsOf = (name: string) => database.raw.collection(name).countDocuments();
const note = (id: string) => new Pointer('Note', id);
const person = (id: string) => new Pointer('_User', id);

describe('a link', () => {
  it('is looked up with all others to its class, in one command', async () => {
    const commands = await write(
      ANN,
      [created('Note')],
      note('open'),
      note('own'),
      note('open'),
      person('bob'),
    );
    // Both lookups are under way at the same time.
    expect(commands.slice(0, 2).sort()).toEqual(['find Note', 'find _User']);
    expect(commands.slice(2)).toEqual(['insert Note']);
  });

  it('costs nothing where there is none, nor to the caller', async () => {
    expect(await write(ANN, [created('Note')])).toEqual(['insert Note']);
    expect(await write(ANN, [created('Note')], person('ann'))).toEqual(['insert Note']);
  });

  it.each([
    ['to nothing', ANN, note('gone')],
    ['to what the caller may not read', ANN, note('bobs')],
    ['to what only users may read', ANYBODY, note('own')],
    ['into a class that is closed to the caller', ANN, new Pointer('Closed', 'c1')],
    ['into a class that does not exist', ANN, new Pointer('Nowhere', 'x')],
    ['to no user', ANN, person('gone')],
    ['to nothing, even for the master key', MASTER, note('gone')],
    ['into no class, even for the master key', MASTER, new Pointer('Nowhere', 'x')],
  ] as const)('%s is not found, and nothing is written', async (_, principal, link) => {
    const before = await rowsOf('Note');
    await expect(write(principal, [created('Note')], note('open'), link)).rejects.toMatchObject({
      code: 'ObjectNotFound',
      message: `Object not found: ${link.className} ${link.objectId}`,
    });
    expect(await rowsOf('Note')).toBe(before);
  });

  it('may lead to a user who cannot be read, as Parse hides users from each other', async () => {
    expect(await write(ANYBODY, [created('Note')], person('bob'), person('ann'))).toEqual([
      'find _User',
      'insert Note',
    ]);
  });
});

describe('several steps', () => {
  it.each([
    ['its class lets nobody create', ANN, created('Closed'), 'OperationForbidden'],
    ['its class does not exist', ANN, created('Nowhere'), 'OperationForbidden'],
    ['a column does not exist', ANN, created('Note', { other: 'x' }), 'OperationForbidden'],
    ['the key is for reading', READ_ONLY, created('Note'), 'OperationForbidden'],
  ] as const)('are refused without a command when of one %s', async (_, principal, step, code) => {
    const commands = await database.commandsOf(async () => {
      await expect(write(principal, [created('Note'), step], note('gone'))).rejects.toMatchObject({
        code,
      });
    });
    expect(commands).toEqual([]);
  });

  it('show the caller of each object what may be read of it', async () => {
    const store = createGuardedStore({
      store: database.storeFor(CATALOG),
      catalog: CATALOG,
      principal: ANN,
      rules: DEFAULT_ACCESS_RULES,
    });
    const values = { text: 'a', secret: 'b' };
    const locked = created('Note', values, { readers: [], writers: [] });
    const [open, closed] = await store.write({
      steps: [created('Note', values), locked],
      links: [],
    });
    expect(open?.isReadable).toBe(true);
    expect([...(open?.object.values.keys() ?? [])]).toEqual(['text']);
    expect(closed?.isReadable).toBe(false);
    expect(closed?.object.values.size).toBe(0);
  });
});
