import { expect, test } from 'vitest';
import type { Document, Engine } from '../../../src/embedded/engine/engine.ts';
import { index, openEngine, PEOPLE } from './open-engine.ts';

const identity = { lsid: { id: 1 }, txnNumber: 1n };
const CONFLICT = { code: 112, labels: ['TransientTransactionError'] };

async function withPeople(...documents: Document[]): Promise<Engine> {
  const engine = openEngine();
  await engine.write((batch) => {
    batch.createIndex(PEOPLE, index({ name: 1 }, { unique: true }));
    for (const document of documents) batch.insert(PEOPLE, document);
  });
  return engine;
}

const all = (engine: Engine): Document[] => [...engine.read().find(PEOPLE, {})];

test('sees its own writes by index, and nobody else does until it commits', async () => {
  const engine = await withPeople({ _id: 1, name: 'a' }, { _id: 2, name: 'b' });
  const { batch, commit } = engine.begin(identity);
  batch.insert(PEOPLE, { _id: 3, name: 'c' });
  batch.replace(PEOPLE, { _id: 1 }, { _id: 1, name: 'z' });
  batch.remove(PEOPLE, { _id: 2 });
  expect([...batch.find(PEOPLE, { sort: [['name', 1]] })]).toEqual([
    { _id: 3, name: 'c' },
    { _id: 1, name: 'z' },
  ]);
  expect([...batch.find(PEOPLE, { filter: { name: { $lte: 'b' } } })]).toEqual([]);
  expect(batch.size(PEOPLE)).toBe(2);
  expect(all(engine)).toEqual([
    { _id: 1, name: 'a' },
    { _id: 2, name: 'b' },
  ]);
  const before = engine.journal.now;
  await commit();
  expect(all(engine)).toEqual([
    { _id: 1, name: 'z' },
    { _id: 3, name: 'c' },
  ]);
  const entries = [...engine.journal.after(before)];
  expect(entries.map(({ kind }) => kind)).toEqual(['insert', 'replace', 'delete']);
  expect(entries.map(({ transaction }) => transaction)).toEqual([identity, identity, identity]);
  expect(new Set(entries.map(({ time }) => time.t)).size).toBe(1);
});

test('reads the state it began with', async () => {
  const engine = await withPeople({ _id: 1, name: 'a' });
  const { batch, abort } = engine.begin(identity);
  await engine.write((direct) => {
    direct.insert(PEOPLE, { _id: 2, name: 'b' });
    direct.replace(PEOPLE, { _id: 1 }, { _id: 1, name: 'c' });
  });
  expect([...batch.find(PEOPLE, {})]).toEqual([{ _id: 1, name: 'a' }]);
  expect(batch.size(PEOPLE)).toBe(1);
  abort();
  expect(all(engine)).toHaveLength(2);
});

test('an abort leaves nothing', async () => {
  const engine = await withPeople();
  const { batch, abort } = engine.begin(identity);
  batch.insert(PEOPLE, { _id: 1, name: 'a' });
  batch.insert({ database: 'test', collection: 'made' }, { _id: 1 });
  abort();
  expect(all(engine)).toEqual([]);
  expect(engine.read().collections()).toHaveLength(1);
});

test('the first of two transactions to write a document wins', async () => {
  const engine = await withPeople({ _id: 1, name: 'a' });
  const first = engine.begin(identity);
  const second = engine.begin({ ...identity, txnNumber: 2n });
  first.batch.replace(PEOPLE, { _id: 1 }, { _id: 1, name: 'first' });
  expect(() => {
    second.batch.remove(PEOPLE, { _id: 1 });
  }).toThrow(expect.objectContaining(CONFLICT) as Error);
  second.abort();
  await first.commit();
  expect(all(engine)).toEqual([{ _id: 1, name: 'first' }]);
});

test('a document changed since the snapshot is a conflict', async () => {
  const engine = await withPeople({ _id: 1, name: 'a' });
  const { batch, abort } = engine.begin(identity);
  await engine.write((direct) => direct.replace(PEOPLE, { _id: 1 }, { _id: 1, name: 'b' }));
  expect(() => batch.replace(PEOPLE, { _id: 1 }, { _id: 1, name: 'c' })).toThrow(
    expect.objectContaining(CONFLICT) as Error,
  );
  abort();
});

test('a unique key taken since the snapshot is a conflict, one taken before is a duplicate', async () => {
  const engine = await withPeople({ _id: 1, name: 'a' });
  const { batch, abort } = engine.begin(identity);
  await engine.write((direct) => {
    direct.insert(PEOPLE, { _id: 2, name: 'b' });
  });
  expect(() => {
    batch.insert(PEOPLE, { _id: 3, name: 'b' });
  }).toThrow(expect.objectContaining(CONFLICT) as Error);
  expect(() => {
    batch.insert(PEOPLE, { _id: 3, name: 'a' });
  }).toThrow(expect.objectContaining({ code: 11000 }) as Error);
  abort();
});

test('a write outside waits for the transaction that holds its document', async () => {
  const engine = await withPeople({ _id: 1, name: 'a' }, { _id: 2, name: 'b' });
  const { batch, commit } = engine.begin(identity);
  batch.replace(PEOPLE, { _id: 1 }, { _id: 1, name: 'inside' });
  let seen: Document[] = [];
  const outside = engine.write((direct) => {
    seen = [...direct.find(PEOPLE, { filter: { _id: 1 } })];
    direct.replace(PEOPLE, seen[0]!, { ...seen[0], _id: 1, outside: true });
  });
  await engine.write((direct) => direct.replace(PEOPLE, { _id: 2 }, { _id: 2, name: 'free' }));
  expect(all(engine)).toEqual([
    { _id: 1, name: 'a' },
    { _id: 2, name: 'free' },
  ]);
  await commit();
  await outside;
  expect(seen).toEqual([{ _id: 1, name: 'inside' }]);
  expect(all(engine)[0]).toEqual({ _id: 1, name: 'inside', outside: true });
});

test('a collection that is dropped meanwhile is a conflict', async () => {
  const engine = await withPeople({ _id: 1, name: 'a' });
  const { batch, abort } = engine.begin(identity);
  await engine.write((direct) => direct.dropCollection(PEOPLE));
  expect(() => {
    batch.remove(PEOPLE, { _id: 1 });
  }).toThrow(expect.objectContaining(CONFLICT) as Error);
  abort();
});

test('a collection made twice is a conflict at commit', async () => {
  const engine = openEngine();
  const { batch, commit } = engine.begin(identity);
  batch.insert(PEOPLE, { _id: 1 });
  await engine.write((direct) => {
    direct.insert(PEOPLE, { _id: 1 });
  });
  await expect(commit()).rejects.toMatchObject(CONFLICT);
  expect(all(engine)).toEqual([{ _id: 1 }]);
});

test('an ended transaction cannot be committed', async () => {
  const engine = await withPeople();
  const { commit, abort } = engine.begin(identity);
  abort();
  await expect(commit()).rejects.toMatchObject({ code: 251 });
});

test('an ended transaction answers nothing more', async () => {
  const engine = await withPeople({ _id: 1, name: 'a' });
  const { batch, commit } = engine.begin(identity);
  await commit();
  expect(() => [...batch.find(PEOPLE, {})]).toThrow(
    expect.objectContaining({ code: 251 }) as Error,
  );
});
