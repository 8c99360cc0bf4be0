import { describe, expect, it, test } from 'vitest';
import fc from 'fast-check';
import type { Document } from '../../../src/embedded/engine/engine.ts';
import { coverPoint, coverRegion } from '../../../src/embedded/geo/cells.ts';
import { EARTH_RADIUS_METERS, radiansBetween } from '../../../src/embedded/geo/distance.ts';
import { compileFilter } from '../../../src/embedded/query/compile-filter.ts';
import { findNear } from '../../../src/embedded/query/geo-conditions.ts';
import { codeOf } from '../query/store-error-of.ts';

const point = (lng: number, lat: number) => ({ type: 'Point', coordinates: [lng, lat] });
const ring = (...corners: [number, number][]) => ({
  type: 'Polygon',
  coordinates: [[...corners, corners[0]]],
});
const SQUARE = ring([0, 0], [10, 0], [10, 10], [0, 10]);
const WITH_HOLE = {
  type: 'Polygon',
  coordinates: [
    ...SQUARE.coordinates,
    [
      [4, 4],
      [6, 4],
      [6, 6],
      [4, 6],
      [4, 4],
    ],
  ],
};
const line = (...coordinates: [number, number][]) => ({ type: 'LineString', coordinates });

const PARIS: [number, number] = [2.3522, 48.8566];
const LONDON: [number, number] = [-0.1276, 51.5072];

describe('distances', () => {
  test.each([
    [PARIS, LONDON, 343.9],
    [[-73.9857, 40.7484], [-118.2437, 34.0522], 3940.7],
    [[0, 0], [180, 0], Math.PI * 6378.1],
    [[179.5, 0], [-179.5, 0], 111.32],
    [[0, 90], [0, -90], Math.PI * 6378.1],
  ] as [[number, number], [number, number], number][])(
    '%j to %j is %d km within 0.1 %%',
    (a, b, km) => {
      expect(Math.abs((radiansBetween(a, b) * EARTH_RADIUS_METERS) / 1000 / km - 1)).toBeLessThan(
        0.001,
      );
    },
  );

  it('measures $near in metres for GeoJSON, in radians or on a plane for pairs', () => {
    const distance = (condition: Document, a: unknown) =>
      findNear({ a: condition })?.distance({ a });
    expect(distance({ $nearSphere: { $geometry: point(0, 0) } }, [1, 0])).toBeCloseTo(111318.8, 0);
    expect(distance({ $nearSphere: [0, 0] }, point(1, 0))).toBeCloseTo(Math.PI / 180, 9);
    expect(distance({ $near: [0, 0] }, { lng: 3, lat: 4 })).toBe(5);
    expect(distance({ $near: [0, 0], $maxDistance: 4 }, [3, 4])).toBeUndefined();
    expect(distance({ $nearSphere: { $geometry: point(5, 20) } }, SQUARE)).toBeCloseTo(
      1109030,
      -2.5,
    );
    expect(distance({ $nearSphere: { $geometry: point(5, 5) } }, SQUARE)).toBe(0);
  });
});

describe('geo filters', () => {
  test.each<[Document, unknown, boolean]>([
    [{ $geoWithin: { $geometry: SQUARE } }, point(5, 5), true],
    [{ $geoWithin: { $geometry: SQUARE } }, [5, 5], true],
    [{ $geoWithin: { $geometry: SQUARE } }, { lng: 5, lat: 5 }, true],
    [{ $geoWithin: { $geometry: SQUARE } }, point(15, 5), false],
    [{ $geoWithin: { $geometry: SQUARE } }, point(0, 0), true],
    [{ $geoWithin: { $geometry: ring([0, 0], [0, 10], [10, 10], [10, 0]) } }, point(5, 5), true],
    [{ $geoWithin: { $geometry: WITH_HOLE } }, point(5, 5), false],
    [{ $geoWithin: { $geometry: WITH_HOLE } }, point(2, 2), true],
    [
      { $geoWithin: { $geometry: ring([170, -5], [-170, -5], [-170, 5], [170, 5]) } },
      point(179, 0),
      true,
    ],
    [
      { $geoWithin: { $geometry: ring([170, -5], [-170, -5], [-170, 5], [170, 5]) } },
      point(0, 0),
      false,
    ],
    [{ $geoWithin: { $geometry: SQUARE } }, line([1, 1], [2, 2]), true],
    [{ $geoWithin: { $geometry: SQUARE } }, line([1, 1], [20, 2]), false],
    [{ $geoWithin: { $geometry: SQUARE } }, ring([1, 1], [2, 1], [2, 2]), true],
    [{ $geoWithin: { $geometry: SQUARE } }, ring([1, 1], [20, 1], [20, 2]), false],
    [
      {
        $geoWithin: {
          $geometry: {
            type: 'MultiPolygon',
            coordinates: [SQUARE.coordinates, ring([20, 20], [30, 20], [30, 30]).coordinates],
          },
        },
      },
      point(28, 22),
      true,
    ],
    [
      {
        $geoWithin: {
          $box: [
            [0, 0],
            [10, 10],
          ],
        },
      },
      [10, 10],
      true,
    ],
    [
      {
        $geoWithin: {
          $box: [
            [0, 0],
            [10, 10],
          ],
        },
      },
      [10.1, 10],
      false,
    ],
    [
      {
        $geoWithin: {
          $polygon: [
            [0, 0],
            [10, 0],
            [0, 10],
          ],
        },
      },
      [2, 2],
      true,
    ],
    [
      {
        $geoWithin: {
          $polygon: [
            [0, 0],
            [10, 0],
            [0, 10],
          ],
        },
      },
      [6, 6],
      false,
    ],
    [{ $geoWithin: { $center: [[0, 0], 5] } }, [3, 4], true],
    [{ $geoWithin: { $center: [[0, 0], 4.9] } }, [3, 4], false],
    [{ $geoWithin: { $centerSphere: [[0, 0], 0.02] } }, point(1, 0), true],
    [{ $geoWithin: { $centerSphere: [[0, 0], 0.01] } }, point(1, 0), false],
    [
      {
        $within: {
          $box: [
            [0, 0],
            [10, 10],
          ],
        },
      },
      [1, 1],
      true,
    ],
    [{ $geoIntersects: { $geometry: SQUARE } }, line([-5, 5], [15, 5]), true],
    [{ $geoIntersects: { $geometry: SQUARE } }, line([-5, 15], [15, 15]), false],
    [{ $geoIntersects: { $geometry: SQUARE } }, ring([5, 5], [20, 5], [20, 20]), true],
    [{ $geoIntersects: { $geometry: SQUARE } }, ring([50, 5], [60, 5], [60, 20]), false],
    [{ $geoIntersects: { $geometry: point(5, 5) } }, SQUARE, true],
    [{ $geoIntersects: { $geometry: point(5, 5) } }, WITH_HOLE, false],
    [{ $geoIntersects: { $geometry: point(1, 0) } }, line([0, 0], [2, 0]), true],
    [{ $geoIntersects: { $geometry: line([0, 0], [2, 2]) } }, line([0, 2], [2, 0]), true],
    [
      { $geoIntersects: { $geometry: point(3, 3) } },
      { type: 'GeometryCollection', geometries: [point(3, 3), SQUARE] },
      true,
    ],
    [{ $nearSphere: { $geometry: point(0, 0), $maxDistance: 112000 } }, point(1, 0), true],
    [{ $nearSphere: { $geometry: point(0, 0), $maxDistance: 111000 } }, point(1, 0), false],
    [{ $nearSphere: { $geometry: point(0, 0), $minDistance: 112000 } }, point(1, 0), false],
    [
      {
        $geoWithin: {
          $box: [
            [0, 0],
            [10, 10],
          ],
        },
      },
      'text',
      false,
    ],
    [{ $geoWithin: { $geometry: SQUARE } }, point(500, 5), false],
    [
      {
        $geoWithin: {
          $box: [
            [0, 0],
            [1, 1],
          ],
        },
      },
      [
        [5, 5],
        [0.5, 0.5],
      ],
      true,
    ],
  ])('%j of %j is %j', (condition, a, matches) => {
    expect(compileFilter({ a: condition })({ a })).toBe(matches);
  });

  test.each<[Document]>([
    [{ $geoWithin: { $geometry: point(0, 0) } }],
    [
      {
        $geoWithin: {
          $geometry: {
            type: 'Polygon',
            coordinates: [
              [
                [0, 0],
                [1, 0],
                [1, 1],
              ],
            ],
          },
        },
      },
    ],
    [{ $geoWithin: { $geometry: ring([0, 0], [1, 1], [1, 0], [0, 1]) } }],
    [{ $geoWithin: { $geometry: ring([0, 0], [200, 0], [1, 1]) } }],
    [{ $geoWithin: { $foo: 1 } }],
    [{ $geoWithin: 1 }],
    [{ $geoWithin: { $center: [[0, 0], -1] } }],
    [
      {
        $geoWithin: {
          $polygon: [
            [0, 0],
            [1, 1],
          ],
        },
      },
    ],
    [{ $geoIntersects: { $geometry: { type: 'Circle', coordinates: [0, 0] } } }],
    [{ $near: 'x' }],
    [{ $near: { $geometry: SQUARE } }],
    [{ $nearSphere: [200, 0] }],
    [{ $maxDistance: 5 }],
  ])('refuses %j', (condition) => {
    expect(codeOf(() => compileFilter({ a: condition }))).toBe(2);
  });
});

describe('cells', () => {
  const isCovered = (operators: Document, value: unknown) => {
    const keys = coverPoint(value);
    return (coverRegion(operators) ?? []).some(([low, high]) =>
      keys.some((key) => key >= low && key <= high),
    );
  };
  const lng = fc.double({ min: -179, max: 179, noNaN: true });
  const lat = fc.double({ min: -89, max: 89, noNaN: true });

  it('lie in the ranges of every region that the value matches', () => {
    fc.assert(
      fc.property(
        fc.tuple(lng, lat),
        fc.tuple(lng, lat),
        fc.double({ min: 0.001, max: 20, noNaN: true }),
        ([x, y], [px, py], size) => {
          const box = {
            $geoWithin: {
              $box: [
                [x, y],
                [x + size, y + size],
              ],
            },
          };
          const cap = { $geoWithin: { $centerSphere: [[x, y], size / 20] } };
          const near = { $nearSphere: { $geometry: point(x, y), $maxDistance: size * 100_000 } };
          for (const condition of [box, cap, near]) {
            for (const value of [
              point(px, py),
              [x + size / 2, Math.min(90, y + size / 2)],
              line([px, py], [x, y]),
            ]) {
              if (compileFilter({ a: condition })({ a: value }))
                expect(isCovered(condition, value)).toBe(true);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are few for a point and leave most of the globe out', () => {
    expect(coverPoint(point(...PARIS))).toHaveLength(1);
    expect(
      isCovered({ $nearSphere: { $geometry: point(...PARIS), $maxDistance: 1000 } }, LONDON),
    ).toBe(false);
    expect(isCovered({ $geoIntersects: { $geometry: point(5, 5) } }, SQUARE)).toBe(true);
    expect(coverPoint('nowhere')).toEqual([]);
    expect(coverRegion({ $gt: 1 })).toBeUndefined();
  });
});
