import { Decimal128, Double, Long, ObjectId, deserialize } from 'bson';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { collationFold } from '../../../src/embedded/query/collation-fold.ts';
import type { Document, Engine, IndexSpec } from '../../../src/embedded/engine/engine.ts';
import { index, openEngine, PEOPLE } from './open-engine.ts';

const CASELESS = { locale: 'en', strength: 2 } as const;

async function withIndex(spec: IndexSpec, ...documents: Document[]): Promise<Engine> {
  const engine = openEngine();
  await engine.write((batch) => {
    batch.createIndex(PEOPLE, spec);
    for (const document of documents) batch.insert(PEOPLE, document);
  });
  return engine;
}

const insert = (engine: Engine, document: Document): Promise<void> =>
  engine.write((batch) => {
    batch.insert(PEOPLE, document);
  });

describe('a unique index refuses', () => {
  test.each<[string, IndexSpec, Document, Document, string]>([
    ['an equal value', index({ a: 1 }, { unique: true }), { a: 'x' }, { a: 'x' }, '{ a: "x" }'],
    [
      'an equal number of another type',
      index({ a: -1 }, { unique: true }),
      { a: 1 },
      { a: Decimal128.fromString('1.0') },
      '{ a: {"$numberDecimal":"1.0"} }',
    ],
    ['a second absence', index({ a: 1 }, { unique: true }), {}, { a: null }, '{ a: null }'],
    [
      'an element of another array',
      index({ a: 1 }, { unique: true }),
      { a: [1, 2] },
      { a: [2, 3] },
      '{ a: 2 }',
    ],
    [
      'an equal pair',
      index({ a: 1, 'b.c': -1 }, { unique: true }),
      { a: 1, b: { c: 2 } },
      { a: 1, b: { c: 2 } },
      '{ a: 1, b.c: 2 }',
    ],
    [
      'a value longer than a key',
      index({ a: 1 }, { unique: true }),
      { a: 'x'.repeat(5000) },
      { a: 'x'.repeat(5000) },
      `{ a: "${'x'.repeat(5000)}" }`,
    ],
    [
      'a value that differs in case',
      index({ a: 1 }, { unique: true, collation: CASELESS }),
      { a: 'Ünal' },
      { a: 'üNAL' },
      '{ a: "üNAL" }',
    ],
    [
      'an equal value in its part',
      index({ a: 1 }, { unique: true, partialFilterExpression: { b: 1 } }),
      { a: 1, b: 1 },
      { a: 1, b: 1 },
      '{ a: 1 }',
    ],
  ])('%s', async (...[, spec, first, second, shown]) => {
    const engine = await withIndex(spec, { _id: 1, ...first });
    await expect(insert(engine, { _id: 2, ...second })).rejects.toMatchObject({
      code: 11000,
      message: expect.stringContaining(`index: ${spec.name} `) as string,
    });
    await expect(insert(engine, { _id: 2, ...second })).rejects.toThrow(`dup key: ${shown}`);
    const [stored] = engine.read().find(PEOPLE, {});
    await expect(
      engine.write((batch) => {
        batch.remove(PEOPLE, stored!);
        batch.insert(PEOPLE, { _id: 2, ...second });
      }),
    ).resolves.toBeUndefined();
  });
});

describe('a unique index admits', () => {
  test.each<[string, IndexSpec, Document, Document]>([
    ['several absences when sparse', index({ a: 1 }, { unique: true, sparse: true }), {}, {}],
    [
      'doubles outside its part',
      index({ a: 1 }, { unique: true, partialFilterExpression: { b: 1 } }),
      { a: 1, b: 2 },
      { a: 1 },
    ],
    [
      'a long value that differs at its end',
      index({ a: 1 }, { unique: true }),
      { a: `${'x'.repeat(5000)}a` },
      { a: `${'x'.repeat(5000)}b` },
    ],
    [
      'a value that differs in accents',
      index({ a: 1 }, { unique: true, collation: CASELESS }),
      { a: 'Unal' },
      { a: 'Ünal' },
    ],
    ['a value twice in one array', index({ a: 1 }, { unique: true }), { a: [1, 1] }, { a: 2 }],
  ])('%s', async (_title, spec, first, second) => {
    const engine = await withIndex(spec, { _id: 1, ...first }, { _id: 2, ...second });
    expect(engine.read().size(PEOPLE)).toBe(2);
  });
});

test('a refused update leaves the document and its keys', async () => {
  const engine = await withIndex(
    index({ a: 1 }, { unique: true }),
    { _id: 1, a: 1 },
    { _id: 2, a: 2 },
  );
  const update = engine.write((batch) => batch.replace(PEOPLE, { _id: 2 }, { _id: 2, a: 1 }));
  await expect(update).rejects.toMatchObject({ code: 11000, info: { keyValue: { a: 1 } } });
  expect([...engine.read().find(PEOPLE, { filter: { a: 2 } })]).toEqual([{ _id: 2, a: 2 }]);
});

test('values longer than a key are found and ordered', async () => {
  const text = 'x'.repeat(4000);
  const documents = ['c', 'a', 'b'].map((end, id) => ({ _id: id, a: text + end }));
  const engine = await withIndex(index({ a: 1 }), ...documents, { _id: 9, a: 'y' });
  const found = (query: Document): unknown[] =>
    [...engine.read().find(PEOPLE, query)].map(({ _id }) => _id);
  expect(found({ filter: { a: `${text}b` } })).toEqual([2]);
  expect(found({ filter: { a: { $gt: `${text}a` } }, sort: [['a', 1]] })).toEqual([2, 0, 9]);
  expect(found({ sort: [['a', -1]], limit: 2 })).toEqual([9, 0]);
});

test('an index built later holds what was there, and none of it once dropped', async () => {
  const engine = openEngine();
  await engine.write((batch) => {
    for (let id = 0; id < 50; id += 1) batch.insert(PEOPLE, { _id: id, a: [id % 5, 'x'] });
  });
  await engine.write((batch) => {
    batch.createIndex(PEOPLE, index({ a: 1 }));
  });
  const query = { filter: { a: 3 } };
  expect([...engine.read().find(PEOPLE, query)]).toHaveLength(10);
  expect(engine.read().explain(PEOPLE, query).plan).toBe('a_1');
  await engine.write((batch) => {
    batch.dropIndex(PEOPLE, 'a_1');
  });
  expect(engine.read().explain(PEOPLE, query).plan).toBe('COLLSCAN');
  expect([...engine.read().find(PEOPLE, query)]).toHaveLength(10);
});

test('doubles keep a unique index from being built', async () => {
  const engine = openEngine();
  await engine.write((batch) => {
    batch.insert(PEOPLE, { _id: 1, a: 1 });
    batch.insert(PEOPLE, { _id: 2, a: 1 });
  });
  const build = engine.write((batch) => {
    batch.createIndex(PEOPLE, index({ a: 1 }, { unique: true }));
  });
  await expect(build).rejects.toMatchObject({ code: 11000 });
  expect(
    engine
      .read()
      .collection(PEOPLE)
      ?.indexes.map(({ name }) => name),
  ).toEqual(['_id_']);
});

describe('creating an index', () => {
  test.each<[string, IndexSpec, number | undefined]>([
    ['again does nothing', index({ a: 1 }), undefined],
    ['under another name is a conflict', index({ a: 1 }, { name: 'other' }), 85],
    ['of the same name with another key is a conflict', index({ b: 1 }, { name: 'a_1' }), 86],
    [
      'of the same name with other options is a conflict',
      index({ a: 1 }, { expireAfterSeconds: 1 }),
      85,
    ],
    [
      'with another collation is possible',
      index({ a: 1 }, { name: 'other', collation: CASELESS }),
      undefined,
    ],
    ['of an unknown kind is refused', index({ a: 'geoHaystack' as '2d' }), 67],
    ['on every path is refused by name', index({ '$**': 1 }), 67],
    ['for TTL on two paths is refused', index({ a: 1, b: 1 }, { expireAfterSeconds: 1 }), 67],
  ])('%s', async (_title, spec, code) => {
    const engine = await withIndex(index({ a: 1 }));
    const creation = engine.write((batch) => {
      batch.createIndex(PEOPLE, spec);
    });
    if (code === undefined) await expect(creation).resolves.toBeUndefined();
    else await expect(creation).rejects.toMatchObject({ code });
  });
});

test.each([
  ['_id_', 72],
  ['none', 27],
])('refuses to drop the index %s', async (name, code) => {
  const engine = await withIndex(index({ a: 1 }));
  const drop = engine.write((batch) => {
    batch.dropIndex(PEOPLE, name);
  });
  await expect(drop).rejects.toMatchObject({ code });
});

test('two arrays cannot share a compound index', async () => {
  const engine = await withIndex(index({ a: 1, b: 1 }));
  await expect(insert(engine, { _id: 1, a: [1], b: [2] })).rejects.toMatchObject({ code: 171 });
  await expect(insert(engine, { _id: 1, a: [1], b: 2 })).resolves.toBeUndefined();
});

test('a 2dsphere index refuses what is no place, and holds no absence', async () => {
  const engine = await withIndex(index({ at: '2dsphere' }), { _id: 1 });
  await expect(insert(engine, { _id: 2, at: [300, 0] })).rejects.toMatchObject({ code: 16755 });
  await expect(insert(engine, { _id: 2, at: 'here' })).rejects.toMatchObject({ code: 16755 });
  expect(engine.read().size(PEOPLE)).toBe(1);
});

test('a TTL index expires what is due, at once with 0 seconds', async () => {
  const engine = await withIndex(
    index({ at: 1 }, { expireAfterSeconds: 0 }),
    { _id: 1, at: new Date(1000) },
    { _id: 2, at: new Date(2000) },
    { _id: 3, at: 'never' },
    { _id: 4 },
    { _id: 5, at: [new Date(9000), new Date(500)] },
  );
  const start = engine.journal.now;
  expect(await engine.expire(new Date(1000))).toBe(2);
  expect([...engine.read().find(PEOPLE, {})].map(({ _id }) => _id)).toEqual([2, 3, 4]);
  expect([...engine.journal.after(start)].map(({ kind }) => kind)).toEqual(['delete', 'delete']);
  const settled = engine.journal.now;
  expect(await engine.expire(new Date(1000))).toBe(0);
  expect([...engine.journal.after(settled)]).toEqual([]);
});

test('a hidden index keeps unique but answers nothing', async () => {
  const engine = await withIndex(index({ a: 1 }, { unique: true, hidden: true }), { _id: 1, a: 1 });
  expect(engine.read().explain(PEOPLE, { filter: { a: 1 } }).plan).toBe('COLLSCAN');
  await expect(insert(engine, { _id: 2, a: 1 })).rejects.toMatchObject({ code: 11000 });
});

test('folds of a collation are the same exactly for what it holds equal', () => {
  const letters = fc.constantFrom(
    ...[
      'a',
      'A',
      'ä',
      'Ä',
      'å',
      'ß',
      's',
      'S',
      'œ',
      'Œ',
      'æ',
      'é',
      'e',
      '\u0301',
      'İ',
      'ı',
      'i',
      'I',
    ],
    ...['σ', 'ς', 'Σ', 'ñ', 'Ñ', '1', '2', ' ', '-', '_', '@', '.', 'が', 'か', 'カ', 'ﬁ', 'fi'],
    ...['\u0000', '\u200d', 'đ', 'd', 'D', '’', "'"],
  );
  const texts = fc.string({ unit: letters, maxLength: 4 });
  fc.assert(
    fc.property(texts, texts, fc.constantFrom<1 | 2 | 3>(1, 2, 3), (a, b, strength) => {
      const sensitivity = ({ 1: 'base', 2: 'accent', 3: 'variant' } as const)[strength];
      const isEqual = new Intl.Collator('en', { sensitivity }).compare(a, b) === 0;
      const fold = collationFold({ locale: 'en', strength });
      expect(fold(a) === fold(b), JSON.stringify([a, b, strength])).toBe(isEqual);
    }),
    { numRuns: 3000 },
  );
});

test('number types survive an update that does not change them', async () => {
  const engine = openEngine();
  const typed = {
    _id: 1,
    whole: new Double(1),
    long: Long.fromNumber(5),
    list: [new Double(2)],
    deep: { n: new Double(3) },
  };
  await insert(engine, typed);
  await engine.write((batch) => {
    const [found] = batch.find(PEOPLE, {});
    expect(found).toEqual(typed);
    batch.replace(PEOPLE, found!, { ...found, fresh: true }, { kind: 'update' });
  });
  const [stored] = engine.read().findRaw(PEOPLE, {});
  expect(deserialize(stored!.raw, { promoteValues: false })).toMatchObject({
    whole: new Double(1),
    long: Long.fromNumber(5),
    list: [new Double(2)],
    deep: { n: new Double(3) },
  });
});

test('ids of every type are found again', async () => {
  const engine = openEngine();
  const ids = [1, 'x', new ObjectId(), new Date(5), null, { a: 1 }, true, 'long'.repeat(1000)];
  await engine.write((batch) => {
    for (const _id of ids) batch.insert(PEOPLE, { _id });
  });
  for (const _id of ids) {
    expect([...engine.read().find(PEOPLE, { filter: { _id } })]).toEqual([{ _id }]);
  }
  await engine.write((batch) => {
    for (const _id of ids) batch.remove(PEOPLE, { _id });
  });
  expect(engine.read().size(PEOPLE)).toBe(0);
});
