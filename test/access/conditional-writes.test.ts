import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_ACCESS_RULES } from '../../src/access/access-rules.ts';
import { createGuardedStore } from '../../src/access/create-guarded-store.ts';
import type { GuardedStore, PlanOutcome } from '../../src/access/guarded-store.ts';
import type { Principal } from '../../src/access/principal.ts';
import { PUBLIC_ACL } from '../../src/parse/acl.ts';
import { NOBODY } from '../../src/parse/class-permissions.ts';
import { Pointer } from '../../src/parse/values.ts';
import { EVERYTHING, column, type Constraint } from '../../src/query/constraint.ts';
import type { WriteStep } from '../../src/query/write-request.ts';
import { openAccessDatabase, type AccessDatabase } from './access-database.ts';
import {
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
    'Account',
    {
      balance: { kind: 'Number' },
      secret: { kind: 'Number' },
      bank: { kind: 'Pointer', targetClass: 'Bank' },
    },
    openBut({}, protects({ '*': ['secret'] })),
  ),
  classSchema('Bank', { name: { kind: 'String' } }),
  classSchema('Unseen', { balance: { kind: 'Number' } }, openBut({ get: NOBODY, find: NOBODY })),
);

let database: AccessDatabase;

beforeAll(async () => {
  database = await openAccessDatabase();
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  await database.raw.dropDatabase();
  const rows = [
    { _id: 'open', balance: 10, secret: 1 },
    { _id: 'unwritable', balance: 10, secret: 1, _rperm: ['*'], _wperm: [] },
    { _id: 'unreadable', balance: 10, secret: 1, _rperm: [], _wperm: ['*'] },
  ];
  await database.raw.collection<{ _id: string }>('Account').insertMany(rows);
  await database.raw.collection<{ _id: string }>('Unseen').insertOne({ _id: 'open' });
  await database.raw.collection<{ _id: string }>('Bank').insertOne({ _id: 'b1' });
});

function storeFor(principal: Principal): GuardedStore {
  const store = database.storeFor(CATALOG);
  return createGuardedStore({ store, catalog: CATALOG, principal, rules: DEFAULT_ACCESS_RULES });
}

const balanceIs = (value: number, name = 'balance'): Constraint => ({
  kind: 'compare',
  column: column(name),
  comparison: 'equal',
  value,
});

function withdrawal(objectId: string, guard: Constraint, className = 'Account'): WriteStep {
  const operations = new Map([['balance', { kind: 'increment', amount: -1 } as const]]);
  const select = new Set(['balance']);
  return {
    kind: 'update',
    request: { className, objectId, guard, operations, acl: undefined, select },
  };
}

function opening(balance: number, links: readonly Pointer[] = []) {
  const values = new Map([['balance', balance]]);
  const request = {
    className: 'Account',
    objectId: undefined,
    values,
    acl: PUBLIC_ACL,
    relations: new Map(),
  };
  return { steps: [{ kind: 'create', request } as const], links };
}

async function codeOf(write: Promise<unknown>): Promise<number | undefined> {
  return write.then(
    () => undefined,
    (error: unknown) => (error as { readonly parseCode: number }).parseCode,
  );
}

const codes = (outcomes: readonly PlanOutcome[]) =>
  outcomes.map((outcome) => (outcome.kind === 'written' ? 'written' : outcome.error.parseCode));

const single = (step: WriteStep) => ({ steps: [step], links: [] });

describe('a write with a condition', () => {
  it('is taken where the condition holds, in one command', async () => {
    const store = storeFor(ANN);
    const commands = await database.commandsOf(() =>
      store.write(single(withdrawal('open', balanceIs(10)))),
    );
    expect(commands).toEqual(['findAndModify Account']);
  });

  it('is a conflict where it does not hold, and changes nothing', async () => {
    const plan = single(withdrawal('open', balanceIs(11)));
    expect(await codeOf(storeFor(ANN).write(plan))).toBe(409);
    expect(await codeOf(storeFor(MASTER).write(plan))).toBe(409);
    const row = await database.raw.collection<{ _id: string }>('Account').findOne({ _id: 'open' });
    expect(row).toMatchObject({ balance: 10 });
  });

  it.each(['unwritable', 'unreadable', 'absent'])(
    'tells nothing of an object that is %s, whether it holds or not',
    async (id) => {
      for (const value of [10, 11]) {
        const plan = single(withdrawal(id, balanceIs(value)));
        expect(await codeOf(storeFor(ANN).write(plan))).toBe(101);
        expect(codes(await storeFor(ANN).writeEach([plan]))).toEqual([101]);
      }
    },
  );

  it('may not ask for a hidden column, nor where the class may not be read', async () => {
    const hidden = single(withdrawal('open', balanceIs(1, 'secret')));
    expect(await codeOf(storeFor(ANN).write(hidden))).toBe(119);
    expect(codes(await storeFor(ANN).writeEach([hidden]))).toEqual([119]);
    const unseen = single(withdrawal('open', balanceIs(1), 'Unseen'));
    expect(await codeOf(storeFor(ANN).write(unseen))).toBe(119);
    expect(
      await codeOf(storeFor(ANN).write(single(withdrawal('open', EVERYTHING, 'Unseen')))),
    ).toBe(undefined);
  });
});

describe('plans that are written each for themselves', () => {
  it('are refused one by one, with the codes of a single write', async () => {
    const plans = [
      single(withdrawal('open', balanceIs(10))),
      single(withdrawal('unwritable', EVERYTHING)),
      opening(1),
      opening(2, [new Pointer('Bank', 'b1')]),
      opening(3, [new Pointer('Bank', 'none')]),
      single(withdrawal('unreadable', balanceIs(10))),
      single(withdrawal('unreadable', EVERYTHING)),
    ];
    const outcomes = await storeFor(ANN).writeEach(plans);
    expect(codes(outcomes)).toEqual(['written', 101, 'written', 'written', 101, 101, 'written']);
    const shown = outcomes.map((outcome) =>
      outcome.kind === 'written' ? outcome.written.object.values.get('balance') : undefined,
    );
    expect(shown).toEqual([9, undefined, 1, 2, undefined, undefined, undefined]);
  });

  it('cost the same number of commands for many as for two', async () => {
    const store = storeFor(ANN);
    const openings = (count: number) =>
      Array.from({ length: count }, (_, n) => opening(n, [new Pointer('Bank', 'b1')]));
    const two = await database.commandsOf(() => store.writeEach(openings(2)));
    const many = await database.commandsOf(() => storeFor(ANN).writeEach(openings(200)));
    expect(two).toEqual(['find Bank', 'insert Account']);
    expect(many).toEqual(two);
  });

  it('are refused as a whole to a read-only master', async () => {
    expect(await codeOf(storeFor(READ_ONLY).writeEach([opening(1)]))).toBe(119);
  });
});
