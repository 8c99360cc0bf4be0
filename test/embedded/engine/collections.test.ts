import { expect, test } from 'vitest';
import type { Namespace } from '../../../src/embedded/engine/engine.ts';
import { index, openEngine, PEOPLE } from './open-engine.ts';

const OTHERS: Namespace = { database: 'test', collection: 'others' };

test('a pinned snapshot stays as it was', async () => {
  const engine = openEngine();
  await engine.write((batch) => {
    batch.createIndex(PEOPLE, index({ a: 1 }));
    batch.insert(PEOPLE, { _id: 1, a: 1 });
  });
  const { snapshot, release } = engine.pin();
  await engine.write((batch) => {
    batch.replace(PEOPLE, { _id: 1 }, { _id: 1, a: 2 });
    batch.insert(PEOPLE, { _id: 2, a: 1 });
  });
  await engine.write((batch) => batch.dropCollection(PEOPLE));
  expect([...snapshot.find(PEOPLE, { filter: { a: 1 } })]).toEqual([{ _id: 1, a: 1 }]);
  expect(snapshot.size(PEOPLE)).toBe(1);
  release();
  expect([...engine.read().find(PEOPLE, {})]).toEqual([]);
});

test('many pinned snapshots may be open at once', async () => {
  const engine = openEngine();
  const pins: ReturnType<typeof engine.pin>[] = [];
  for (let id = 0; id < 200; id += 1) {
    await engine.write((batch) => {
      batch.insert(PEOPLE, { _id: id });
    });
    pins.push(engine.pin());
  }
  expect(pins.map(({ snapshot }) => [...snapshot.find(PEOPLE, {})].length)).toEqual(
    pins.map((_, place) => place + 1),
  );
  for (const { release } of pins) release();
});

test('a batch may write while it walks, and meets each document once', async () => {
  const engine = openEngine();
  const changed = await engine.write((batch) => {
    batch.createIndex(PEOPLE, index({ n: 1 }));
    for (let id = 0; id < 3000; id += 1) batch.insert(PEOPLE, { _id: id, n: id });
    let count = 0;
    for (const document of batch.find(PEOPLE, { filter: { n: { $gte: 0 } }, sort: [['n', 1]] })) {
      batch.replace(PEOPLE, document, { ...document, n: Number(document['n']) + 1500 });
      count += 1;
    }
    return count;
  });
  expect(changed).toBe(3000);
  const [least] = engine.read().find(PEOPLE, { sort: [['n', 1]], limit: 1 });
  expect(least).toEqual({ _id: 0, n: 1500 });
});

test('a renamed collection keeps its documents, indexes and UUID', async () => {
  const engine = openEngine();
  await engine.write((batch) => {
    batch.createIndex(PEOPLE, index({ a: 1 }));
    batch.insert(PEOPLE, { _id: 1, a: 1 });
    batch.insert(OTHERS, { _id: 2 });
  });
  const uuid = engine.read().collection(PEOPLE)?.uuid;
  const rename = (dropTarget: boolean): Promise<void> =>
    engine.write((batch) => {
      batch.renameCollection(PEOPLE, OTHERS, dropTarget);
    });
  await expect(rename(false)).rejects.toMatchObject({ code: 48 });
  await rename(true);
  await expect(rename(true)).rejects.toMatchObject({ code: 26 });
  expect(engine.read().collection(OTHERS)?.uuid).toEqual(uuid);
  expect([...engine.read().find(OTHERS, { filter: { a: 1 }, hint: 'a_1' })]).toEqual([
    { _id: 1, a: 1 },
  ]);
  expect(engine.read().collections('test')).toHaveLength(1);
});

test('what was dropped is gone, also when made again', async () => {
  const engine = openEngine();
  await engine.write((batch) => {
    batch.createIndex(PEOPLE, index({ a: 1 }, { unique: true }));
    batch.insert(PEOPLE, { _id: 1, a: 1 });
  });
  expect(await engine.write((batch) => batch.dropCollection(PEOPLE))).toBe(true);
  expect(await engine.write((batch) => batch.dropCollection(PEOPLE))).toBe(false);
  await engine.write((batch) => {
    batch.createIndex(PEOPLE, index({ a: 1 }, { unique: true }));
    batch.insert(PEOPLE, { _id: 1, a: 1 });
  });
  expect(engine.read().size(PEOPLE)).toBe(1);
});

test('a validator refuses documents, and can be got round on purpose', async () => {
  const engine = openEngine();
  const validator = { $jsonSchema: { required: ['name'] } };
  await engine.write((batch) => {
    batch.insert(PEOPLE, { _id: 0 });
    batch.modifyCollection(PEOPLE, { validator });
  });
  const bad = engine.write((batch) => {
    batch.insert(PEOPLE, { _id: 1 });
  });
  await expect(bad).rejects.toMatchObject({
    code: 121,
    message: 'Document failed validation',
    info: { errInfo: { failingDocumentId: 1 } },
  });
  const change = (bypassValidation: boolean): Promise<boolean> =>
    engine.write((batch) =>
      batch.replace(PEOPLE, { _id: 0 }, { _id: 0, n: 1 }, { kind: 'update', bypassValidation }),
    );
  await expect(change(false)).rejects.toMatchObject({ code: 121 });
  await expect(change(true)).resolves.toBe(true);
  await engine.write((batch) => {
    batch.modifyCollection(PEOPLE, { validationLevel: 'moderate' });
    batch.replace(PEOPLE, { _id: 0 }, { _id: 0, n: 2 });
    batch.insert(PEOPLE, { _id: 2 }, { bypassValidation: true });
  });
  expect(engine.read().size(PEOPLE)).toBe(2);
});

test('a capped collection keeps its newest documents', async () => {
  const engine = openEngine();
  await engine.write((batch) => {
    batch.createCollection(PEOPLE, { capped: true, size: 100_000, max: 3 });
    for (let id = 0; id < 10; id += 1) batch.insert(PEOPLE, { _id: id });
  });
  expect([...engine.read().find(PEOPLE, {})].map(({ _id }) => _id)).toEqual([7, 8, 9]);
});

test('a view holds no documents', async () => {
  const engine = openEngine();
  await engine.write((batch) => {
    batch.createCollection(PEOPLE, { viewOn: 'others', pipeline: [{ $match: { a: 1 } }] });
  });
  const insert = engine.write((batch) => {
    batch.insert(PEOPLE, { _id: 1 });
  });
  await expect(insert).rejects.toMatchObject({ code: 166 });
  expect(engine.read().collection(PEOPLE)).toMatchObject({
    options: { viewOn: 'others', pipeline: [{ $match: { a: 1 } }] },
    indexes: [],
  });
});

test.each([['a document beyond 16 MB', { _id: 1, text: 'x'.repeat(17 * 1024 * 1024) }, 10_334]])(
  'refuses %s',
  async (_title, document, code) => {
    const engine = openEngine();
    const insert = engine.write((batch) => {
      batch.insert(PEOPLE, document);
    });
    await expect(insert).rejects.toMatchObject({ code });
    expect(engine.read().collections()).toEqual([]);
  },
);

test('an _id cannot be replaced', async () => {
  const engine = openEngine();
  await engine.write((batch) => {
    batch.insert(PEOPLE, { _id: 1 });
  });
  const replace = engine.write((batch) => batch.replace(PEOPLE, { _id: 1 }, { _id: 2 }));
  await expect(replace).rejects.toMatchObject({ code: 66 });
});

test('a closed engine refuses writes', async () => {
  const engine = openEngine();
  const last = engine.write((batch) => {
    batch.insert(PEOPLE, { _id: 1 });
  });
  await engine.close();
  await expect(last).resolves.toBeUndefined();
  await expect(engine.write(() => 1)).rejects.toMatchObject({ code: 11_600 });
});
