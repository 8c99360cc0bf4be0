import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { DEFAULT_ACCESS_RULES } from '../../src/access/access-rules.ts';
import { createGuardedStore } from '../../src/access/create-guarded-store.ts';
import type { GuardedStore } from '../../src/access/guarded-store.ts';
import type { Principal } from '../../src/access/principal.ts';
import type { Acl } from '../../src/parse/acl.ts';
import { EVERYTHING } from '../../src/query/constraint.ts';
import type { FieldOperation } from '../../src/query/write-request.ts';
import { openAccessDatabase, type AccessDatabase } from './access-database.ts';
import { ANYBODY, catalogOf, classSchema, user } from './access-world.ts';

const ANN = user('ann');
const BOB = user('bob');
const MALLORY = user('mallory');
const CATALOG = catalogOf(
  classSchema('Counter', {
    total: { kind: 'Number' },
    ofBob: { kind: 'Number' },
    seen: { kind: 'Array' },
    fans: { kind: 'Relation', targetClass: 'Counter' },
  }),
  classSchema('_User', {}),
);

interface Row {
  readonly _id: string;
  readonly [key: string]: unknown;
}

let database: AccessDatabase;
beforeAll(async () => {
  database = await openAccessDatabase();
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.raw.collection('Counter').deleteMany({});
  await database.raw.collection('_Join:fans:Counter').deleteMany({});
  await database.raw
    .collection<Row>('Counter')
    .insertOne({ _id: 'c', _rperm: ['ann', 'bob'], _wperm: ['ann', 'bob'] });
});

const storeFor = (principal: Principal): GuardedStore =>
  createGuardedStore({
    store: database.storeFor(CATALOG),
    catalog: CATALOG,
    principal,
    rules: DEFAULT_ACCESS_RULES,
  });

/** Whether the change was made. @throws what is no refusal. */
async function change(
  principal: Principal,
  operations: Record<string, FieldOperation>,
  acl?: Acl,
): Promise<boolean> {
  try {
    await storeFor(principal).update({
      className: 'Counter',
      objectId: 'c',
      guard: EVERYTHING,
      operations: new Map(Object.entries(operations)),
      acl,
      select: new Set(),
    });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'ObjectNotFound' });
    return false;
  }
}

const one: FieldOperation = { kind: 'increment', amount: 1 };
const counter = () => database.raw.collection<Row>('Counter').findOne({ _id: 'c' });
const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const countOf = (outcomes: readonly boolean[]): number => outcomes.filter(Boolean).length;

it('200 changes at once lose nothing, and let nobody through who may not', async () => {
  const openTo = (...writers: readonly string[]): Acl => ({ readers: writers, writers });
  const [own, others, strangers, acls] = await Promise.all([
    Promise.all(
      times(100, (index) =>
        change(ANN, { total: one, seen: { kind: 'addUnique', values: [index, index % 7] } }),
      ),
    ),
    Promise.all(times(50, () => change(BOB, { total: one, ofBob: one }))),
    Promise.all(times(40, (index) => change(index % 2 ? MALLORY : ANYBODY, { total: one }))),
    Promise.all(
      times(10, (index) => change(ANN, {}, index % 2 ? openTo('ann', 'bob') : openTo('ann'))),
    ),
  ]);
  expect(countOf(own)).toBe(100);
  expect(countOf(strangers)).toBe(0);
  expect(countOf(acls)).toBe(10);
  const row = await counter();
  expect(row?.['total']).toBe(100 + countOf(others));
  expect(row?.['ofBob'] ?? 0).toBe(countOf(others));
  expect((row?.['seen'] as number[]).toSorted((a, b) => a - b)).toEqual(times(100, (i) => i));
});

it('a right that is taken away is gone for every write that begins afterwards', async () => {
  const early = times(50, () => change(BOB, { ofBob: one }));
  expect(await change(ANN, {}, { readers: ['ann'], writers: ['ann'] })).toBe(true);
  const late = await Promise.all(times(50, () => change(BOB, { ofBob: one })));
  expect(countOf(late)).toBe(0);
  const row = await counter();
  expect(row?.['ofBob'] ?? 0).toBe(countOf(await Promise.all(early)));
});

it('an object is deleted by one of many, and by nobody who may not', async () => {
  const rows = times(40, (index): Row => ({ _id: `d${index}`, _wperm: ['ann', 'bob'] }));
  await database.raw.collection<Row>('Counter').insertMany([...rows]);
  const remove = async (principal: Principal, objectId: string): Promise<boolean> => {
    const request = {
      className: 'Counter',
      objectId,
      guard: EVERYTHING,
      select: new Set<string>(),
    };
    return storeFor(principal)
      .delete(request)
      .then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'ObjectNotFound' });
          return false;
        },
      );
  };
  const outcomes = await Promise.all(
    rows.map(({ _id }) =>
      Promise.all([MALLORY, ANN, ANYBODY, BOB, ANN].map((principal) => remove(principal, _id))),
    ),
  );
  for (const [mallory, , anybody, ...rest] of outcomes) {
    expect([mallory, anybody]).toEqual([false, false]);
    expect(rest).toHaveLength(2);
  }
  expect(outcomes.map(countOf)).toEqual(rows.map(() => 1));
  expect(await database.raw.collection('Counter').countDocuments()).toBe(1);
});

it('members added to one relation at once are all there', async () => {
  const add = (index: number) =>
    change(ANN, {
      total: one,
      fans: { kind: 'relate', targetClass: 'Counter', add: [`f${index}`, 'both'], remove: [] },
    });
  expect(countOf(await Promise.all(times(30, add)))).toBe(30);
  const rows = await database.raw.collection('_Join:fans:Counter').find().toArray();
  const members = rows.map((row) => String(row['relatedId'])).sort();
  expect(members).toEqual([...times(30, (index) => `f${index}`), 'both'].sort());
  expect((await counter())?.['total']).toBe(30);
});
