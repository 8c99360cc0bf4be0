import fc from 'fast-check';
import type { FieldKind } from '../../src/parse/field-type.ts';
import type { Json } from './read-document.ts';

/** What a column of one kind can be asked, and the values that objects have there. */
interface Column {
  readonly className: string;
  readonly name: string;
  readonly known: readonly Json[];
}

type Conditions = fc.Arbitrary<Json>;

/** `fc.oneof`, with the same chances at every depth. */
export function oneOf<Value>(
  ...all: readonly fc.MaybeWeightedArbitrary<Value>[]
): fc.Arbitrary<Value> {
  return fc.oneof<fc.MaybeWeightedArbitrary<Value>[]>({ depthSize: 'max' }, ...all);
}

const exists: Conditions = fc.boolean().map((is) => ({ exists: is }));

const named = (names: readonly string[], value: fc.Arbitrary<Json>): Conditions =>
  fc.tuple(fc.constantFrom(...names), value).map(([name, given]) => ({ [name]: given }));

const EQUAL = ['equalTo', 'notEqualTo'];
const COMPARED = ['lessThan', 'lessThanOrEqualTo', 'greaterThan', 'greaterThanOrEqualTo'];
const LISTED = ['in', 'notIn'];

function ordered(strangers: readonly Json[]): (column: Column) => Conditions {
  return ({ known }) => {
    const value = fc.constantFrom(...known, ...strangers);
    const range = fc
      .tuple(value, value)
      .map(([low, high]): Json => ({ greaterThan: low, lessThanOrEqualTo: high }));
    const listed = named(LISTED, fc.array(value, { maxLength: 3 }));
    return oneOf(exists, named([...EQUAL, ...COMPARED], value), listed, range);
  };
}

const TEXTS: readonly Json[] = ['', 'zz', 'Ann'];

function ofText(column: Column): Conditions {
  const regex = fc
    .tuple(fc.constantFrom('^a', 'n$', 'o', '^[A-C]', 'É', '.'), fc.boolean())
    .map(([matchesRegex, isLoose]): Json => ({ matchesRegex, ...(isLoose && { options: 'i' }) }));
  const queryKey = named(
    ['inQueryKey', 'notInQueryKey'],
    fc.constantFrom(...column.known, ...TEXTS).map((low) => ({
      query: { className: column.className, where: { [column.name]: { greaterThan: low } } },
      key: column.name,
    })),
  );
  return oneOf(
    { weight: 4, arbitrary: ordered(TEXTS)(column) },
    { weight: 1, arbitrary: regex },
    { weight: 1, arbitrary: queryKey },
  );
}

const point = fc.record({
  latitude: fc.integer({ min: -60, max: 60 }),
  longitude: fc.integer({ min: -170, max: 170 }),
});

const box = fc
  .record({ south: fc.integer({ min: -60, max: 30 }), west: fc.integer({ min: -100, max: 60 }) })
  .map(({ south, west }): Json => ({
    within: {
      box: {
        bottomLeft: { latitude: south, longitude: west },
        upperRight: { latitude: south + 25, longitude: west + 60 },
      },
    },
  }));

const triangle = fc
  .record({ south: fc.integer({ min: -50, max: 40 }), west: fc.integer({ min: -100, max: 80 }) })
  .map(({ south, west }): Json => ({
    geoWithin: {
      polygon: [
        { latitude: south, longitude: west },
        { latitude: south, longitude: west + 40 },
        { latitude: south + 20, longitude: west + 20 },
      ],
    },
  }));

const circle = fc
  .tuple(point, fc.constantFrom(0.1, 0.4, 1))
  .map(([center, distance]): Json => ({ geoWithin: { centerSphere: { center, distance } } }));

/** The nearest first: only alone, since MongoDB takes it nowhere else. */
export const nearCondition: Conditions = fc
  .tuple(point, fc.constantFrom(500, 5_000))
  .map(([nearSphere, maxDistanceInKilometers]) => ({ nearSphere, maxDistanceInKilometers }));

const KEYED: readonly (readonly [key: string, values: readonly Json[]])[] = [
  ['level', [0, 1, 2, 9]],
  ['address.city', ['Oslo', 'Madrid', 'Rome']],
  ['theme.dark', [true, false]],
  ['theme.size', [12, 14]],
  ['seats', [0, 3]],
  ['nothing', ['x']],
];

const ofObject: Conditions = fc.constantFrom(...KEYED).chain(([key, values]) =>
  oneOf(
    exists,
    named(
      [...EQUAL, ...COMPARED],
      fc.constantFrom(...values).map((value) => ({ key, value })),
    ),
  ),
);

const element: fc.Arbitrary<Json> = fc.constantFrom('sail', 'cook', 'code', 'sun', 7, true, 'text');

const ofArray: Conditions = oneOf(
  exists,
  named(EQUAL, element),
  named(['contains', 'containedBy', ...LISTED], fc.array(element, { minLength: 1, maxLength: 3 })),
);

const bytes: Conditions = oneOf(exists, named(EQUAL, fc.constantFrom('AA==', 'AQIDBA==')));

/** Conditions on one column, by its kind; those of pointers and relations lead on to other classes. */
export const CONDITIONS: Readonly<
  Record<Exclude<FieldKind, 'Pointer' | 'Relation'>, (column: Column) => Conditions>
> = {
  String: ofText,
  Number: ordered([0, -1, 1e3]),
  Boolean: ({ known }) => oneOf(exists, named(EQUAL, fc.constantFrom(...known, true, false))),
  Date: ordered(['2000-01-01T00:00:00.000Z']),
  Object: () => ofObject,
  Array: () => ofArray,
  GeoPoint: () => oneOf(exists, box, triangle, circle),
  Polygon: () =>
    oneOf(
      exists,
      point.map((at): Json => ({ geoIntersects: { point: at } })),
    ),
  File: () => exists,
  Bytes: () => bytes,
};
