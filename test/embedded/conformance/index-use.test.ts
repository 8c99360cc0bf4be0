import type { Collection, Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentsExamined, openDatabase, type OpenDatabase } from './open-database.ts';

const COUNT = 2_000;

let open: OpenDatabase;
let cities: Collection;
let countries: Collection;

beforeAll(async () => {
  open = await openDatabase({ appName: 'index-use' });
  cities = open.database.collection('City');
  countries = open.database.collection('Country');
  await cities.createIndex({ country: 1, population: -1 });
  await cities.createIndex({ name: 1 });
  await cities.createIndex({ tags: 1 });
  await cities.createIndex({ 'mayor.age': 1 });
  await cities.createIndex({ location: '2dsphere' });
  await cities.insertMany(
    Array.from({ length: COUNT }, (_, index) => ({
      name: `city ${String(index).padStart(5, '0')}`,
      country: `c${index % 100}`,
      population: index,
      tags: [`t${index % 50}`, `u${index}`],
      mayor: { age: index % 80 },
      location: [(index % 360) - 180, (index % 170) - 85],
    })),
  );
  await countries.insertMany(
    Array.from({ length: 100 }, (_, index) => ({ code: `c${index}`, least: 1_900 })),
  );
});

afterAll(async () => {
  await open.close();
});

async function examined(filter: Document, sort?: Document, limit = 0): Promise<number> {
  const cursor = cities.find(filter, { limit, ...(sort && { sort }) });
  return documentsExamined(await cursor.explain('executionStats'));
}

interface Row {
  readonly claim: string;
  readonly filter: Document;
  readonly sort?: Document;
  readonly limit?: number;
  readonly most: number;
}

const ROWS: readonly Row[] = [
  { claim: 'equality', filter: { name: 'city 00042' }, most: 1 },
  { claim: '$in', filter: { name: { $in: ['city 00001', 'city 00002'] } }, most: 2 },
  { claim: 'a range', filter: { name: { $gte: 'city 00010', $lt: 'city 00020' } }, most: 10 },
  { claim: 'an anchored regular expression', filter: { name: /^city 0000/u }, most: 10 },
  { claim: 'equality on the first column of two', filter: { country: 'c7' }, most: 20 },
  {
    claim: 'equality and a range on both columns',
    filter: { country: 'c7', population: { $gt: 1_800 } },
    most: 2,
  },
  { claim: 'an element of an array', filter: { tags: 'u77' }, most: 1 },
  { claim: '$all of an array', filter: { tags: { $all: ['u77', 't27'] } }, most: 40 },
  { claim: 'a nested column', filter: { 'mayor.age': 5 }, most: 25 },
  { claim: '_id by equality', filter: { _id: 'nothing' }, most: 0 },
  {
    claim: '$or of indexed parts',
    filter: { $or: [{ name: 'city 00001' }, { tags: 'u2' }] },
    most: 2,
  },
  {
    claim: '$and that narrows in an inner part',
    filter: { $and: [{ population: { $gte: 0 } }, { name: 'city 00003' }] },
    most: 1,
  },
  { claim: 'a sort with a limit', filter: {}, sort: { name: 1 }, limit: 5, most: 5 },
  { claim: 'a sort the other way round', filter: {}, sort: { name: -1 }, limit: 5, most: 5 },
  {
    claim: 'a sort after an equality',
    filter: { country: 'c3' },
    sort: { population: -1 },
    limit: 3,
    most: 3,
  },
  {
    claim: 'a place within a small box',
    filter: { location: { $geoWithin: { $centerSphere: [[10.5, 10.5], 0.02] } } },
    most: 200,
  },
];

describe('an index is used, no scan, for', () => {
  test.each(ROWS)('$claim', async ({ filter, sort, limit, most }) => {
    expect(await examined(filter, sort, limit)).toBeLessThanOrEqual(most);
  });

  test.each(ROWS)('$claim, with the same answer as without an index', async (row) => {
    const { filter, sort, limit = 0 } = row;
    const order = { ...sort, _id: 1 } as const;
    const find = async (hint: Document): Promise<readonly Document[]> =>
      cities.find(filter, { sort: order, limit, ...hint }).toArray();
    expect(await find({})).toEqual(await find({ hint: { $natural: 1 } }));
  });

  test('the leading $match of an aggregation', async () => {
    const pipeline = [{ $match: { country: 'c7' } }, { $group: { _id: null, n: { $sum: 1 } } }];
    expect(await cities.aggregate(pipeline).toArray()).toEqual([{ _id: null, n: 20 }]);
    const explained = await cities.aggregate(pipeline).explain('executionStats');
    expect(documentsExamined(explained)).toBeLessThanOrEqual(20);
  });

  test('the leading $match, $sort and $limit of an aggregation', async () => {
    const pipeline = [
      { $match: { country: 'c7' } },
      { $sort: { population: -1 } },
      { $limit: 2 },
      { $project: { _id: 0, population: 1 } },
    ];
    expect(await cities.aggregate(pipeline).toArray()).toEqual([
      { population: 1_907 },
      { population: 1_807 },
    ]);
    const explained = await cities.aggregate(pipeline).explain('executionStats');
    expect(documentsExamined(explained)).toBeLessThanOrEqual(2);
  });

  test('a $lookup by localField and foreignField', async () => {
    const pipeline = [
      { $match: { code: { $in: ['c1', 'c2'] } } },
      { $lookup: { from: 'City', localField: 'code', foreignField: 'country', as: 'cities' } },
    ];
    const found = await countries.aggregate<{ cities: unknown[] }>(pipeline).toArray();
    expect(found.map((country) => country.cities.length)).toEqual([20, 20]);
    const explained = await countries.aggregate(pipeline).explain('executionStats');
    expect(documentsExamined(explained)).toBeLessThanOrEqual(100 + 40);
  });

  test('the $match of a $lookup pipeline with let variables', async () => {
    const pipeline = [
      { $match: { code: { $in: ['c1', 'c2'] } } },
      {
        $lookup: {
          from: 'City',
          let: { code: '$code', least: '$least' },
          pipeline: [
            {
              $match: {
                $expr: {
                  $and: [{ $eq: ['$country', '$$code'] }, { $gte: ['$population', '$$least'] }],
                },
              },
            },
            { $sort: { population: -1 } },
          ],
          as: 'cities',
        },
      },
    ];
    const found = await countries.aggregate<{ cities: unknown[] }>(pipeline).toArray();
    expect(found.map((country) => country.cities.length)).toEqual([1, 1]);
    const explained = await countries.aggregate(pipeline).explain('executionStats');
    expect(documentsExamined(explained)).toBeLessThanOrEqual(100 + 40);
  });

  test('an update and a delete', async () => {
    const command = {
      explain: { update: 'City', updates: [{ q: { name: 'city 00009' }, u: { $set: { x: 1 } } }] },
      verbosity: 'executionStats',
    };
    expect(documentsExamined(await open.database.command(command))).toBeLessThanOrEqual(1);
    expect(await cities.countDocuments({ x: 1 })).toBe(0);
  });

  test('a count and a distinct', async () => {
    const count = { explain: { count: 'City', query: { country: 'c7' } } };
    const distinct = { explain: { distinct: 'City', key: 'name', query: { country: 'c7' } } };
    for (const command of [count, distinct]) {
      const explained = await open.database.command({ ...command, verbosity: 'executionStats' });
      expect(documentsExamined(explained)).toBeLessThanOrEqual(20);
    }
  });
});

test('a scan is admitted: explain counts every document where no index helps', async () => {
  expect(await examined({ population: 5 })).toBe(COUNT);
});

test('the order of storage can be asked for, both ways', async () => {
  const inOrder = await cities.find().sort({ $natural: 1 }).toArray();
  const reversed = await cities.find().sort({ $natural: -1 }).toArray();
  expect(reversed).toEqual(inOrder.toReversed());
  expect(inOrder[0]).toMatchObject({ population: 0 });
});

test('a hint at an index that does not exist is refused', async () => {
  await expect(cities.find({}, { hint: 'nothing' }).toArray()).rejects.toMatchObject({ code: 2 });
});

describe('the first children of each parent, by a compound index', () => {
  const PARENTS = 50;
  const EACH = 100;
  const TOP = 5;

  beforeAll(async () => {
    const children = open.database.collection<{ _id: string; _p_owner: string; n: number }>('Kid');
    await children.createIndexes([{ key: { _p_owner: 1, n: -1, _id: -1 } }]);
    await children.insertMany(
      Array.from({ length: PARENTS * EACH }, (_, index) => ({
        _id: `k${String(index).padStart(5, '0')}`,
        _p_owner: `Owner$o${index % PARENTS}`,
        // Each number twice, so that `_id` decides.
        n: Math.floor(index / PARENTS / 2),
      })),
    );
  });

  const own = { $expr: { $eq: ['$_p_owner', '$$owner'] } };
  const owner = { let: { owner: '$owner' } };
  const local = { localField: 'owner', foreignField: '_p_owner' };
  const window = [{ $sort: { n: -1, _id: -1 } }, { $limit: TOP }] as const;
  const backwards = [{ $sort: { n: 1, _id: 1 } }, { $limit: TOP }] as const;

  test.each<[string, Document, boolean]>([
    ['let and $expr', { ...owner, pipeline: [{ $match: own }, ...window] }, true],
    [
      'let and $expr among other conditions',
      { ...owner, pipeline: [{ $match: { $and: [own, { n: { $gte: 0 } }] } }, ...window] },
      true,
    ],
    ['let and $expr, from the end', { ...owner, pipeline: [{ $match: own }, ...backwards] }, false],
    ['localField', { ...local, pipeline: window }, true],
    [
      'localField and a further $match',
      { ...local, pipeline: [{ $match: { n: { $gte: 0 } } }, ...window] },
      true,
    ],
    ['localField, from the end', { ...local, pipeline: backwards }, false],
    [
      'localField and a projection at the end',
      { ...local, pipeline: [...window, { $project: { n: 1 } }] },
      true,
    ],
  ])('%s', async (_claim, how, isFromTop) => {
    const owners = Array.from({ length: PARENTS }, (_, index) => ({ owner: `Owner$o${index}` }));
    const pipeline = [
      { $documents: owners },
      { $lookup: { from: 'Kid', ...how, as: 'kids' } },
      { $project: { ids: '$kids._id' } },
    ];
    const { client, database } = open;
    const { appName } = client.options;
    await database.admin().command({ commandCounters: 1, appName, reset: true });
    const rows = await database.aggregate<{ ids: readonly string[] }>(pipeline).toArray();
    const counters = await database.admin().command({ commandCounters: 1, appName });
    const places = Array.from({ length: TOP }, (_, place) =>
      isFromTop ? EACH - 1 - place : place,
    );
    const expected = owners.map((_, index) => ({
      ids: places.map((place) => `k${String(place * PARENTS + index).padStart(5, '0')}`),
    }));
    expect(rows).toEqual(expected);
    expect(counters['documentsExamined']).toBeLessThanOrEqual((TOP + 1) * PARENTS);
  });
});
