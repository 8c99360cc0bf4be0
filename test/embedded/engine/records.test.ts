import { expect, test } from 'vitest';
import { createEngine } from '../../../src/embedded/engine/create-engine.ts';
import { index, openEngine, PEOPLE, temporaryFolder } from './open-engine.ts';

test('reads back what was inserted, in insertion order', async () => {
  const engine = openEngine();
  await engine.write((batch) => {
    batch.insert(PEOPLE, { _id: 2, name: 'b' });
    batch.insert(PEOPLE, { _id: 1, name: 'a' });
  });
  expect([...engine.read().find(PEOPLE, {})]).toEqual([
    { _id: 2, name: 'b' },
    { _id: 1, name: 'a' },
  ]);
  expect(engine.read().size(PEOPLE)).toBe(2);
});

test('refuses a second document with the same _id and writes nothing of its batch', async () => {
  const engine = openEngine();
  await engine.write((batch) => {
    batch.insert(PEOPLE, { _id: 1 });
  });
  const outcome = engine.write((batch) => {
    batch.insert(PEOPLE, { _id: 2 });
    batch.insert(PEOPLE, { _id: 1 });
  });
  await expect(outcome).rejects.toMatchObject({
    code: 11000,
    message: 'E11000 duplicate key error collection: test.people index: _id_ dup key: { _id: 1 }',
    info: { keyPattern: { _id: 1 }, keyValue: { _id: 1 } },
  });
  expect(engine.read().size(PEOPLE)).toBe(1);
});

test('finds by a unique index, reading only what matches', async () => {
  const engine = openEngine();
  await engine.write((batch) => {
    batch.createIndex(PEOPLE, index({ name: 1 }, { unique: true }));
    for (let id = 0; id < 100; id += 1) batch.insert(PEOPLE, { _id: id, name: `n${id}` });
  });
  const costs: unknown[] = [];
  const found = [
    ...engine.read().find(PEOPLE, { filter: { name: 'n7' } }, (cost) => costs.push(cost)),
  ];
  expect(found).toEqual([{ _id: 7, name: 'n7' }]);
  expect(costs).toEqual([{ plan: 'name_1', keysExamined: 1, documentsExamined: 1 }]);
});

test('keeps everything over a restart', async () => {
  const path = temporaryFolder();
  const first = createEngine({ path });
  await first.write((batch) => {
    batch.createIndex(PEOPLE, index({ name: -1 }, { unique: true }));
    batch.insert(PEOPLE, { _id: 1, name: 'a' });
  });
  const before = first.read().collection(PEOPLE);
  await first.close();
  const second = openEngine({ path });
  expect(second.read().collection(PEOPLE)).toEqual(before);
  expect([...second.read().find(PEOPLE, { filter: { name: 'a' } })]).toEqual([
    { _id: 1, name: 'a' },
  ]);
});
