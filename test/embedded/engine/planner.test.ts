import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../../../src/embedded/engine/create-engine.ts';
import type {
  Document,
  Engine,
  Namespace,
  ReadCost,
  ReadQuery,
} from '../../../src/embedded/engine/engine.ts';
import { index } from './open-engine.ts';

const CITIES: Namespace = { database: 'test', collection: 'cities' };
const CASELESS = { locale: 'en', strength: 2 } as const;
const COUNT = 2000;

let engine: Engine;
const path = mkdtempSync(join(tmpdir(), 'engine-'));

beforeAll(async () => {
  engine = createEngine({ path });
  await engine.write((batch) => {
    batch.createIndex(CITIES, index({ country: 1, population: -1 }));
    batch.createIndex(CITIES, index({ name: 1 }));
    batch.createIndex(
      CITIES,
      index({ email: 1 }, { unique: true, sparse: true, collation: CASELESS }),
    );
    batch.createIndex(CITIES, index({ tags: 1 }));
    batch.createIndex(CITIES, index({ 'parts.kind': 1, 'parts.size': 1 }));
    batch.createIndex(
      CITIES,
      index({ score: 1 }, { partialFilterExpression: { score: { $gt: 1990 } } }),
    );
    batch.createIndex(CITIES, index({ place: '2dsphere' }));
    batch.createIndex(CITIES, index({ about: 'text' }));
    batch.createIndex(CITIES, index({ token: 'hashed' }));
    for (let id = 0; id < COUNT; id += 1) {
      batch.insert(CITIES, {
        _id: id,
        name: `name ${String(id).padStart(4, '0')}`,
        country: `c${id % 20}`,
        population: id,
        tags: [id, id + 10_000],
        parts: [
          { kind: id, size: 1 },
          { kind: 'x', size: id },
        ],
        score: id,
        token: `t${id}`,
        place: [(id % 360) - 180, Math.floor(id / 360) * 10 - 30],
        about: id === 7 ? 'The running fox' : `number${id}`,
        ...(id % 2 === 0 ? { email: `User${id}@Example.org` } : {}),
      });
    }
  });
});

afterAll(async () => {
  await engine.close();
  rmSync(path, { recursive: true, force: true });
});

function run(query: ReadQuery): { documents: Document[]; cost: ReadCost } {
  const costs: ReadCost[] = [];
  const documents = [...engine.read().find(CITIES, query, (cost) => costs.push(cost))];
  expect(costs).toHaveLength(1);
  return { documents, cost: costs[0]! };
}

const ids = (documents: readonly Document[]): unknown[] => documents.map(({ _id }) => _id);

describe('reads no more documents than it returns', () => {
  test.each<[string, ReadQuery, string, unknown[]]>([
    ['_id', { filter: { _id: 3 } }, '_id_', [3]],
    ['_id list', { filter: { _id: { $in: [5, 3, 5, -1] } } }, '_id_', [3, 5]],
    ['equality', { filter: { name: 'name 0004' } }, 'name_1', [4]],
    ['range', { filter: { name: { $gte: 'name 0004', $lt: 'name 0006' } } }, 'name_1', [4, 5]],
    ['prefix', { filter: { name: { $regex: '^name 0001' } } }, 'name_1', [1]],
    [
      'compound',
      { filter: { country: 'c3', population: { $gt: 1970 } } },
      'country_1_population_-1',
      [1983],
    ],
    [
      'order of the index',
      { filter: { country: 'c3' }, sort: [['population', -1]], limit: 2 },
      'country_1_population_-1',
      [1983, 1963],
    ],
    [
      'order against the index',
      { filter: { country: 'c3' }, sort: [['population', 1]], limit: 2 },
      'country_1_population_-1',
      [3, 23],
    ],
    [
      'merged order',
      { filter: { country: { $in: ['c3', 'c4'] } }, sort: [['population', -1]], limit: 3 },
      'country_1_population_-1',
      [1984, 1983, 1964],
    ],
    ['order without a filter', { sort: [['name', -1]], limit: 2 }, 'name_1', [1999, 1998]],
    ['array element', { filter: { tags: 10_009 } }, 'tags_1', [9]],
    ['all', { filter: { tags: { $all: [9, 10_009] } } }, 'tags_1', [9]],
    [
      'element match',
      { filter: { parts: { $elemMatch: { kind: 'x', size: 9 } } } },
      'parts.kind_1_parts.size_1',
      [9],
    ],
    ['or', { filter: { $or: [{ name: 'name 0001' }, { tags: 5 }] } }, 'name_1|tags_1', [1, 5]],
    [
      'expression',
      { filter: { $expr: { $eq: ['$name', '$$wanted'] } }, variables: { wanted: 'name 0008' } },
      'name_1',
      [8],
    ],
    [
      'expression range',
      { filter: { $expr: { $and: [{ $gt: ['$name', 'name 1997'] }] } } },
      'name_1',
      [1998, 1999],
    ],
    ['partial', { filter: { score: { $gt: 1997 } } }, 'score_1', [1998, 1999]],
    ['hashed', { filter: { token: 't77' } }, 'token_hashed', [77]],
    ['collation', { filter: { email: 'uSER4@example.ORG' }, collation: CASELESS }, 'email_1', [4]],
    ['text', { filter: { $text: { $search: 'fox' } } }, 'about_text', [7]],
  ])('%s', (_title, query, plan, wanted) => {
    const { documents, cost } = run(query);
    expect(
      query.sort === undefined
        ? ids(documents).sort((a, b) => Number(a) - Number(b))
        : ids(documents),
    ).toEqual(wanted);
    expect(cost.plan).toBe(plan);
    expect(cost.documentsExamined).toBeLessThanOrEqual(wanted.length);
  });
});

test('different elements of an array may satisfy different conditions', () => {
  const { documents } = run({ filter: { tags: { $gt: 10_000, $lt: 2 } } });
  expect(ids(documents)).toEqual([1]);
});

test('different elements may satisfy the conditions of a compound index', () => {
  const { documents } = run({ filter: { 'parts.kind': 5, 'parts.size': 5 } });
  expect(ids(documents)).toEqual([5]);
});

test('an index under another collation is not used for strings', () => {
  expect(run({ filter: { email: 'User4@Example.org' } }).cost.plan).toBe('COLLSCAN');
  expect(run({ filter: { name: 'NAME 0004' }, collation: CASELESS })).toMatchObject({
    documents: [{ _id: 4 }],
    cost: { plan: 'COLLSCAN' },
  });
});

test('a sparse index does not answer for what is absent', () => {
  const { documents, cost } = run({ filter: { email: null }, collation: CASELESS });
  expect(documents).toHaveLength(COUNT / 2);
  expect(cost.plan).toBe('COLLSCAN');
});

test('a partial index does not answer for more than it holds', () => {
  expect(run({ filter: { score: { $gt: 1980 } } })).toMatchObject({
    documents: { length: 19 },
    cost: { plan: 'COLLSCAN' },
  });
});

test('orders without an index through a heap, with ties in insertion order', () => {
  const { documents } = run({
    sort: [
      ['country', 1],
      ['score', 1],
    ],
    skip: 1,
    limit: 2,
  });
  expect(ids(documents)).toEqual([20, 40]);
});

test('a hint is obeyed by name and by key', () => {
  const filter = { _id: 5, name: 'name 0005' };
  expect(run({ filter, hint: 'name_1' }).cost.plan).toBe('name_1');
  expect(run({ filter, hint: { country: 1, population: -1 } })).toMatchObject({
    documents: [{ _id: 5 }],
    cost: { plan: 'country_1_population_-1', documentsExamined: COUNT },
  });
  expect(run({ hint: { $natural: -1 }, limit: 1 }).documents).toMatchObject([{ _id: COUNT - 1 }]);
  expect(run({ sort: [['$natural', -1]], limit: 1 }).documents).toMatchObject([{ _id: COUNT - 1 }]);
});

test.each([['nowhere'], [{ name: -1 }], [{ name: 1, country: 1 }]])(
  'refuses the hint %j',
  (hint) => {
    expect(() => run({ hint })).toThrow(
      expect.objectContaining({
        code: 2,
        message: expect.stringContaining(
          'planner returned error :: caused by :: hint provided does not correspond to an existing index',
        ) as string,
      }) as Error,
    );
  },
);

test('finds what lies within an area without reading the rest', () => {
  const box = {
    $geoWithin: {
      $box: [
        [-0.5, -10.5],
        [2.5, 0.5],
      ],
    },
  };
  const { documents, cost } = run({ filter: { place: box } });
  const wanted = [...engine.read().find(CITIES, {})].filter(({ place }) => {
    const [lng, lat] = place as [number, number];
    return lng >= -0.5 && lng <= 2.5 && lat >= -10.5 && lat <= 0.5;
  });
  expect(ids(documents).sort()).toEqual(ids(wanted).sort());
  expect(wanted.length).toBeGreaterThan(0);
  expect(cost.plan).toBe('place_2dsphere');
  expect(cost.documentsExamined).toBeLessThan(60);
});

test('goes from near to far, reading only what is around', () => {
  const near = { $nearSphere: { $geometry: { type: 'Point', coordinates: [0.2, 0.1] } } };
  const { documents, cost } = run({ filter: { place: near }, limit: 3 });
  expect(documents.map(({ place }) => place)).toEqual([
    [0, 0],
    [1, 0],
    [-1, 0],
  ]);
  expect(cost.plan).toBe('place_2dsphere');
  expect(cost.documentsExamined).toBeLessThan(60);
  expect(run({ filter: { place: near } }).documents).toHaveLength(COUNT);
});

test('refuses to order by distance without a geo index', () => {
  expect(() => run({ filter: { elsewhere: { $near: [0, 0] } } })).toThrow(
    expect.objectContaining({ code: 291 }) as Error,
  );
});

test('a read by an exact plan decodes nothing', () => {
  const read = [...engine.read().findRaw(CITIES, { filter: { _id: { $in: [1, 2] } } })];
  expect(read.map(({ raw }) => raw.length)).toEqual([expect.any(Number), expect.any(Number)]);
  expect(read.map(({ document }) => document['_id'])).toEqual([1, 2]);
});
