import type { Collection, Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, refusalCode, type OpenDatabase } from './open-database.ts';

type Place = readonly [longitude: number, latitude: number];

const PLACES = {
  London: [-0.1278, 51.5074],
  Paris: [2.3522, 48.8566],
  'New York': [-74.006, 40.7128],
  'Los Angeles': [-118.2437, 34.0522],
  Tokyo: [139.6917, 35.6895],
  Sydney: [151.2093, -33.8688],
  Quito: [-78.4678, -0.1807],
  Singapore: [103.8198, 1.3521],
  Auckland: [174.7633, -36.8485],
  Honolulu: [-157.8583, 21.3069],
  Berlin: [13.405, 52.52],
  Potsdam: [13.0645, 52.3906],
} as const satisfies Record<string, Place>;

type City = keyof typeof PLACES;

/** Great-circle distances in metres on MongoDB's sphere (radius 6378.1 km), by an independent computation. */
const DISTANCES: readonly (readonly [City, City, number])[] = [
  ['London', 'Paris', 343_939],
  ['New York', 'Los Angeles', 3_940_132],
  ['Tokyo', 'Sydney', 7_835_337],
  ['Quito', 'Singapore', 19_751_318],
  ['Auckland', 'Honolulu', 7_083_619],
  ['Berlin', 'Potsdam', 27_221],
];

interface CityDocument {
  readonly _id: string;
  readonly location: readonly number[];
}

let open: OpenDatabase;
let cities: Collection<CityDocument>;

beforeAll(async () => {
  open = await openDatabase();
  cities = open.database.collection<CityDocument>('City');
  await cities.createIndex({ location: '2dsphere' });
  const documents = Object.entries(PLACES).map(([_id, location]) => ({ _id, location }));
  await cities.insertMany(documents);
});

afterAll(async () => {
  await open.close();
});

const point = (city: City): Document => ({ type: 'Point', coordinates: [...PLACES[city]] });

async function names(filter: Document): Promise<readonly string[]> {
  return (await cities.find(filter).toArray()).map(({ _id }) => _id);
}

describe('distances', () => {
  test.each(DISTANCES)('from %s to %s are %i m, to a thousandth', async (from, to, metres) => {
    const [found] = await cities
      .aggregate<{ metres: number }>([
        { $geoNear: { near: point(from), distanceField: 'metres', spherical: true } },
        { $match: { _id: to } },
      ])
      .toArray();
    expect(Math.abs(found!.metres - metres) / metres).toBeLessThan(0.001);
  });

  test.each(DISTANCES)('from %s to %s decide $maxDistance', async (from, to, metres) => {
    const within = async (limit: number): Promise<readonly string[]> =>
      names({ location: { $nearSphere: { $geometry: point(from), $maxDistance: limit } } });
    expect(await within(metres * 1.001)).toContain(to);
    expect(await within(metres * 0.999)).not.toContain(to);
  });

  test('of coordinate pairs are in radians', async () => {
    const radians = 343_939 / 6_378_100;
    const near = (limit: number): Document => ({
      location: { $nearSphere: [...PLACES.London], $maxDistance: limit },
    });
    expect(await names(near(radians * 1.001))).toEqual(['London', 'Paris']);
    expect(await names(near(radians * 0.999))).toEqual(['London']);
  });
});

describe('$nearSphere', () => {
  test('answers everything, nearest first', async () => {
    const found = await names({ location: { $nearSphere: { $geometry: point('London') } } });
    expect(found).toHaveLength(Object.keys(PLACES).length);
    expect(found.slice(0, 5)).toEqual(['London', 'Paris', 'Potsdam', 'Berlin', 'New York']);
  });

  test('respects $minDistance, further conditions and a limit', async () => {
    const filter = {
      location: { $nearSphere: { $geometry: point('Berlin'), $minDistance: 1_000 } },
      _id: { $ne: 'Potsdam' },
    };
    const found = await cities.find(filter).limit(2).toArray();
    expect(found.map(({ _id }) => _id)).toEqual(['Paris', 'London']);
  });

  test('crosses the date line', async () => {
    const found = await names({
      location: { $nearSphere: { $geometry: { type: 'Point', coordinates: [179.9, -20] } } },
    });
    expect(found.slice(0, 2)).toEqual(['Auckland', 'Sydney']);
  });

  test('needs an index', async () => {
    const bare = open.database.collection('bare');
    await bare.insertOne({ location: [0, 0] });
    const find = bare.find({ location: { $nearSphere: [0, 0] } }).toArray();
    expect(await refusalCode(find)).toBe(291);
  });
});

describe('$geoWithin', () => {
  test('a polygon', async () => {
    const germany = [
      [5.9, 47.3],
      [15.1, 47.3],
      [15.1, 55.1],
      [5.9, 55.1],
      [5.9, 47.3],
    ];
    const $geometry = { type: 'Polygon', coordinates: [germany] };
    expect((await names({ location: { $geoWithin: { $geometry } } })).toSorted()).toEqual([
      'Berlin',
      'Potsdam',
    ]);
  });

  test('the edges of a GeoJSON polygon are great circles', async () => {
    const rows = open.database.collection<{ _id: string; at: Document }>('arc');
    // The great circle from 0° to 60° east along 50° north bulges to 53.9° in the middle.
    await rows.insertOne({ _id: 'inside', at: { type: 'Point', coordinates: [30, 52] } });
    const ring = [
      [0, 0],
      [60, 0],
      [60, 50],
      [0, 50],
      [0, 0],
    ];
    const $geometry = { type: 'Polygon', coordinates: [ring] };
    expect(await rows.countDocuments({ at: { $geoWithin: { $geometry } } })).toBe(1);
    expect(await rows.countDocuments({ at: { $geoWithin: { $polygon: ring } } })).toBe(0);
  });

  test('a circle on the sphere, in radians', async () => {
    const circle = { $centerSphere: [[...PLACES.London], 350_000 / 6_378_100] };
    expect((await names({ location: { $geoWithin: circle } })).toSorted()).toEqual([
      'London',
      'Paris',
    ]);
  });

  test('a box of plain coordinates', async () => {
    const box = [
      [-130, 30],
      [-70, 45],
    ];
    const found = await names({ location: { $geoWithin: { $box: box } } });
    expect(found.toSorted()).toEqual(['Los Angeles', 'New York']);
  });
});

describe('$geoIntersects', () => {
  test('finds the polygons that hold a point, edges included, holes left out', async () => {
    const areas = open.database.collection<{ _id: string; area: Document }>('areas');
    const square = (size: number): number[][] => [
      [-size, -size],
      [size, -size],
      [size, size],
      [-size, size],
      [-size, -size],
    ];
    await areas.createIndex({ area: '2dsphere' });
    await areas.insertMany([
      { _id: 'whole', area: { type: 'Polygon', coordinates: [square(10)] } },
      { _id: 'ring', area: { type: 'Polygon', coordinates: [square(10), square(5)] } },
      {
        _id: 'line',
        area: {
          type: 'LineString',
          coordinates: [
            [-20, 1],
            [20, 1],
          ],
        },
      },
    ]);
    const at = async (coordinates: number[]): Promise<readonly string[]> => {
      const $geometry = { type: 'Point', coordinates };
      const found = await areas.find({ area: { $geoIntersects: { $geometry } } }).toArray();
      return found.map(({ _id }) => _id).sort();
    };
    expect(await at([0, 0])).toEqual(['whole']);
    expect(await at([7, 7])).toEqual(['ring', 'whole']);
    expect(await at([50, 50])).toEqual([]);
    const $geometry = {
      type: 'LineString',
      coordinates: [
        [0, -30],
        [0, 30],
      ],
    };
    const crossed = await areas.find({ area: { $geoIntersects: { $geometry } } }).toArray();
    expect(crossed.map(({ _id }) => _id).sort()).toEqual(['line', 'ring', 'whole']);
  });
});

describe('places that are none', () => {
  test.each([
    ['a latitude beyond the pole', [0, 91]],
    ['a longitude beyond the date line', [181, 0]],
    ['one number', [1]],
    ['text', 'here'],
    ['an unknown shape', { type: 'Blob', coordinates: [0, 0] }],
    [
      'a polygon that is not closed',
      {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [1, 1],
            [2, 0],
          ],
        ],
      },
    ],
  ])('cannot be stored under a 2dsphere index: %s', async (_claim, location) => {
    const rows = open.database.collection('refused');
    await rows.createIndex({ location: '2dsphere' });
    expect(await refusalCode(rows.insertOne({ location }))).toBe(16_755);
    expect(await rows.countDocuments({})).toBe(0);
  });

  test.each([
    ['out of range', { $nearSphere: { $geometry: { type: 'Point', coordinates: [0, 95] } } }],
    ['negative $maxDistance', { $nearSphere: { $geometry: point('London'), $maxDistance: -1 } }],
    ['an unknown shape', { $geoWithin: { $geometry: { type: 'Blob', coordinates: [] } } }],
    [
      'an open ring',
      {
        $geoWithin: {
          $geometry: {
            type: 'Polygon',
            coordinates: [
              [
                [0, 0],
                [1, 1],
                [2, 0],
              ],
            ],
          },
        },
      },
    ],
    [
      'an unknown operator',
      {
        $geoWithin: {
          $blob: [
            [0, 0],
            [1, 1],
          ],
        },
      },
    ],
  ])('are refused in a query: %s', async (_claim, condition) => {
    const code = await refusalCode(cities.find({ location: condition }).toArray());
    expect(code).toBe(2);
  });
});
