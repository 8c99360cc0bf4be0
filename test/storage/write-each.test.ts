import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PUBLIC_ACL } from '../../src/parse/acl.ts';
import { EVERYTHING, column, type Constraint } from '../../src/query/constraint.ts';
import type { FieldOperation, StepOutcome, WriteStep } from '../../src/query/write-request.ts';
import { openGameDatabase, type GameDatabase, type RawRow } from './open-game-database.ts';

let games: GameDatabase;

beforeAll(async () => {
  games = await openGameDatabase();
  await games.raw.collection('Game').createIndex({ name: 1 }, { unique: true, sparse: true }, {});
});

afterAll(async () => {
  await games.close();
});

function creation(objectId: string, name: string): WriteStep {
  const values = new Map([['name', name]]);
  const request = { className: 'Game', objectId, values, acl: PUBLIC_ACL, relations: new Map() };
  return { kind: 'create', request };
}

function change(
  objectId: string,
  operation: FieldOperation,
  guard: Constraint = EVERYTHING,
): WriteStep {
  const column = operation.kind === 'increment' ? 'score' : 'name';
  const operations = new Map([[column, operation]]);
  const select = new Set(['score']);
  return {
    kind: 'update',
    request: { className: 'Game', objectId, guard, operations, acl: undefined, select },
  };
}

function removal(objectId: string, guard: Constraint = EVERYTHING): WriteStep {
  const select = new Set(['name']);
  return { kind: 'delete', request: { className: 'Game', objectId, guard, select } };
}

const addOne: FieldOperation = { kind: 'increment', amount: 1 };
const mayWrite: Constraint = { kind: 'aclAllows', right: 'write', subjects: ['*', 'u1'] };

async function seed(...rows: readonly RawRow[]): Promise<void> {
  await games.raw.collection<RawRow>('Game').deleteMany({});
  await games.raw.collection<RawRow>('Game').insertMany(rows.map((row) => ({ ...row })));
}

async function scores(): Promise<readonly unknown[]> {
  const rows = await games.raw.collection<RawRow>('Game').find().sort({ _id: 1 }).toArray();
  return rows.map((row) => row['score']);
}

function kinds(outcomes: readonly StepOutcome[]): readonly string[] {
  return outcomes.map((outcome) =>
    outcome.kind === 'refused' ? `refused ${outcome.error.parseCode}` : outcome.kind,
  );
}

describe('several creations', () => {
  it('are one command, in which a refused one leaves the others', async () => {
    await seed({ _id: 'g0', name: 'taken' });
    const steps = [
      creation('a', 'one'),
      creation('b', 'taken'),
      creation('g0', 'two'),
      creation('c', 'three'),
    ];
    const { result, commands } = await games.counted(() => games.store.writeEach(steps));
    expect(kinds(result)).toEqual(['written', 'refused 137', 'refused 137', 'written']);
    expect(commands).toEqual(['insert Game']);
    expect(await games.raw.collection('Game').countDocuments()).toBe(3);
    expect(result[3]).toMatchObject({ kind: 'written', object: { objectId: 'c' } });
  });
});

describe('several changes', () => {
  it('are one command, one to read them and one to commit', async () => {
    await seed({ _id: 'a', score: 1 }, { _id: 'b', score: 2 }, { _id: 'c', score: 3 });
    const steps = ['a', 'b', 'c'].map((id) => change(id, addOne, mayWrite));
    const { result, commands } = await games.counted(() => games.store.writeEach(steps));
    expect(kinds(result)).toEqual(['written', 'written', 'written']);
    expect(commands).toEqual(['update Game', 'find Game', 'commitTransaction admin']);
    const written = result.flatMap((outcome) =>
      outcome.kind === 'written' ? [outcome.object.values.get('score')] : [],
    );
    expect(written).toEqual([2, 3, 4]);
  });

  it('leave out those that are not there or may not be written, in a constant number of commands', async () => {
    await seed(
      { _id: 'a', score: 1 },
      { _id: 'b', score: 2, _wperm: ['u2'] },
      { _id: 'c', score: 3, _wperm: ['u1'] },
    );
    const steps = ['a', 'b', 'c', 'd'].map((id) => change(id, addOne, mayWrite));
    const { result, commands } = await games.counted(() => games.store.writeEach(steps));
    expect(kinds(result)).toEqual(['written', 'notFound', 'written', 'notFound']);
    expect(await scores()).toEqual([2, 2, 4]);
    expect(commands).toEqual([
      'update Game',
      'abortTransaction admin',
      'find Game',
      'update Game',
      'find Game',
      'commitTransaction admin',
    ]);
  });

  it('that the database refuses fail alone', async () => {
    await seed({ _id: 'a', name: 'x' }, { _id: 'b', name: 'y' }, { _id: 'c', name: 'z' });
    const rename = (id: string, value: string) => change(id, { kind: 'set', value });
    const result = await games.store.writeEach([
      rename('a', 'z'),
      rename('b', 'free'),
      change('c', addOne),
    ]);
    expect(kinds(result)).toEqual(['refused 137', 'written', 'written']);
    const names = await games.raw.collection('Game').distinct('name');
    expect(new Set(names)).toEqual(new Set(['free', 'x', 'z']));
  });

  it('have what their conditions ask for looked up once, also where they then go one by one', async () => {
    await seed({ _id: 'a', name: 'x', _p_next: 'Game$c' }, { _id: 'b', _p_next: 'Game$c' });
    await games.raw.collection<RawRow>('Game').insertOne({ _id: 'c', name: 'z' });
    const isBeforeZ: Constraint = {
      kind: 'pointerTo',
      field: 'next',
      targetClass: 'Game',
      where: { kind: 'compare', column: column('name'), comparison: 'equal', value: 'z' },
      isNegated: false,
    };
    const { result, commands } = await games.counted(() =>
      games.store.writeEach([
        change('a', { kind: 'set', value: 'z' }, isBeforeZ),
        change('b', { kind: 'set', value: 'y' }, isBeforeZ),
      ]),
    );
    expect(kinds(result)).toEqual(['refused 137', 'written']);
    expect(commands).toEqual([
      'find Game',
      'update Game',
      'abortTransaction admin',
      'findAndModify Game',
      'findAndModify Game',
    ]);
  });

  it('lose nothing to each other', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `n${index}`);
    await seed(...ids.map((_id) => ({ _id, score: 0 })));
    const all = ids.map((id) => change(id, addOne));
    const runs = await Promise.all(Array.from({ length: 10 }, () => games.store.writeEach(all)));
    for (const run of runs) expect(new Set(kinds(run))).toEqual(new Set(['written']));
    expect(await scores()).toEqual(ids.map(() => 10));
  });
});

describe('several deletions', () => {
  it('answer the objects as they were, and leave what may not be written', async () => {
    await seed(
      { _id: 'a', name: 'x' },
      { _id: 'b', name: 'y', _wperm: [] },
      { _id: 'c', name: 'z' },
    );
    const steps = ['c', 'b', 'a', 'q'].map((id) => removal(id, mayWrite));
    const { result, commands } = await games.counted(() => games.store.writeEach(steps));
    expect(kinds(result)).toEqual(['written', 'notFound', 'written', 'notFound']);
    expect(result[0]).toMatchObject({
      object: { objectId: 'c', values: new Map([['name', 'z']]) },
    });
    expect(commands).toEqual(['find Game', 'delete Game', 'commitTransaction admin']);
    expect(await games.raw.collection('Game').distinct('name')).toEqual(['y']);
  });
});

describe('steps of several kinds', () => {
  it('are each taken, and no step is none', async () => {
    await seed({ _id: 'a', score: 1 }, { _id: 'b', name: 'y' });
    const result = await games.store.writeEach([
      change('a', addOne),
      removal('b'),
      creation('c', 'new'),
      change('zz', addOne),
    ]);
    expect(kinds(result)).toEqual(['written', 'written', 'written', 'notFound']);
    expect(await games.store.writeEach([])).toEqual([]);
  });
});
