import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  Bytes,
  FileReference,
  GeoPoint,
  Pointer,
  Polygon,
  type ParseValue,
} from '../../src/parse/values.ts';
import type { ParseObject } from '../../src/parse/object.ts';
import type { ColumnRef, Constraint, ConstraintKind } from '../../src/query/constraint.ts';
import { DATABASE_KINDS, matches, needsDatabase } from '../../src/query/matches.ts';
import { decodeDocument, encodeDocument } from '../../src/storage/mongo/document.ts';
import { classOf, GAME } from './game-class.ts';
import {
  findGames,
  idsOf,
  openGameDatabase,
  type GameDatabase,
  type RawRow,
} from './open-game-database.ts';

const OBJECTS_PER_ROUND = 12;
const CONSTRAINTS_PER_ROUND = 20;
const ROUNDS = 30;

let games: GameDatabase;

beforeAll(async () => {
  games = await openGameDatabase();
});

afterAll(async () => {
  await games.close();
});

const text = fc.constantFrom('', 'a', 'b', 'ab', 'A', 'ä', 'a.b', 'Ä(\n', 'a\0$', '𝒳', '￿');
const number = fc.constantFrom(-1, 0, 0.5, 1, 2, 3_000_000_000);
const date = fc.constantFrom(0, 1, 1_700_000_000_000).map((ms) => new Date(ms));
const bytes = fc.constantFrom('', 'AQ==', 'AQI=', 'Ag==').map((base64) => new Bytes(base64));
const file = fc.constantFrom('a', 'b').map((name) => new FileReference(name));
const game = fc.constantFrom('x', 'y').map((id) => new Pointer('Game', id));
const user = fc.constantFrom('u', 'v').map((id) => new Pointer('_User', id));
// Off the grid that the shapes stand on, so that no answer depends on who owns a border.
const place = fc
  .tuple(fc.integer({ min: -6, max: 6 }), fc.integer({ min: -6, max: 6 }))
  .map(([lat, lng]) => new GeoPoint(lat + 0.37, lng + 0.41));
const corner = fc.constantFrom(1, 2, 3);
const area = fc
  .tuple(fc.integer({ min: -6, max: 3 }), fc.integer({ min: -6, max: 3 }), corner)
  .map(([lat, lng, size]) => square(lat, lng, size));

function square(lat: number, lng: number, size: number): Polygon {
  const points = [
    [0, 0],
    [0, size],
    [size, size],
    [size, 0],
    [0, 0],
  ];
  return new Polygon(points.map(([up, right]) => new GeoPoint(lat + up!, lng + right!)));
}

const scalar: fc.Arbitrary<ParseValue> = fc.oneof(
  text,
  number,
  fc.boolean(),
  date,
  bytes,
  file,
  game,
  place,
  fc.constant(null),
);
const record: fc.Arbitrary<ParseValue> = fc.dictionary(
  fc.constantFrom('a', 'b', '0'),
  fc.oneof(
    scalar,
    fc.dictionary(fc.constantFrom('a', 'b'), scalar, { maxKeys: 2 }),
    fc.array(scalar, { maxLength: 3 }),
  ),
  { maxKeys: 3 },
);
const list = fc.array(fc.oneof(scalar, record, fc.array(scalar, { maxLength: 2 })), {
  maxLength: 3,
});

/** Values of each column; a constraint takes them from there, too. */
const COLUMN_VALUES: Readonly<Record<string, fc.Arbitrary<ParseValue>>> = {
  name: text,
  score: number,
  isOver: fc.boolean(),
  startedAt: date,
  profile: record,
  tags: list,
  place,
  area,
  picture: file,
  raw: bytes,
  owner: user,
};

const values = fc
  .record(
    Object.fromEntries(
      Object.entries(COLUMN_VALUES).map(([name, arbitrary]) => [
        name,
        fc.option(fc.oneof({ weight: 5, arbitrary }, { weight: 1, arbitrary: fc.constant(null) }), {
          nil: undefined,
        }),
      ]),
    ),
  )
  .map(
    (columns) =>
      new Map(
        Object.entries(columns).filter(
          (entry): entry is [string, ParseValue] => entry[1] !== undefined,
        ),
      ),
  );

const subjects = fc.subarray(['*', 'u', 'role:A']);
const half = fc.option(subjects, { nil: undefined });

const columnAndValue: fc.Arbitrary<readonly [ColumnRef, fc.Arbitrary<ParseValue>]> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(...Object.entries(COLUMN_VALUES))
      .map(([name, of]) => [{ name, path: [] }, of] as const),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('objectId', 'createdAt')
      .map(
        (name) =>
          [
            { name, path: [] },
            name === 'objectId' ? fc.constantFrom<ParseValue>('o1', 'o5') : date,
          ] as const,
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom([['a']], [['b']], [['a', 'b']], [['a', 'a']])
      .map(([path]) => [{ name: 'profile', path: path }, scalar] as const),
  },
);

/** A column with values fit for it, elements of its lists, and now and then a stranger. */
const operand = columnAndValue.chain(([column, own]) => {
  const any =
    column.name === 'tags'
      ? fc.oneof(scalar, record, list)
      : fc.oneof(
          { weight: 5, arbitrary: own },
          { weight: 1, arbitrary: fc.constant(null) },
          { weight: 1, arbitrary: number },
        );
  return fc.record({
    column: fc.constant(column),
    value: any,
    values: fc.array(any, { maxLength: 3 }),
  });
});

const comparison = fc.constantFrom(
  'equal',
  'notEqual',
  'less',
  'lessOrEqual',
  'greater',
  'greaterOrEqual',
);
const position: ColumnRef = { name: 'place', path: [] };

const leaf: fc.Arbitrary<Constraint> = fc.oneof(
  fc.tuple(operand, comparison).map(([{ column, value }, is]): Constraint => ({
    kind: 'compare',
    column,
    comparison: is,
    value,
  })),
  fc
    .tuple(operand, fc.constantFrom('in', 'notIn'))
    .map(([{ column, values: list }, kind]): Constraint => ({ kind, column, values: list })),
  fc
    .tuple(operand, fc.constantFrom('contains', 'containedBy'))
    .map(([{ column, values: list }, kind]): Constraint => ({ kind, column, values: list })),
  fc
    .tuple(operand, fc.boolean())
    .map(([{ column }, exists]): Constraint => ({ kind: 'exists', column, exists })),
  fc
    .tuple(
      fc.constantFrom('name', 'tags', 'picture', 'score'),
      fc.constantFrom('a', '^a', 'a$', '\\Qa.b\\E', '.', '^$', '[A-Z]'),
      fc.constantFrom('', 'i', 's'),
    )
    .map(([name, pattern, options]): Constraint => ({
      kind: 'regex',
      column: { name, path: [] },
      pattern,
      options,
    })),
  fc
    .record({
      name: fc.constantFrom('name', 'tags', 'picture', 'score'),
      place: fc.constantFrom('whole', 'start', 'end', 'anywhere'),
      text,
      ignoresCase: fc.boolean(),
    })
    .map(({ name, ...match }): Constraint => ({
      kind: 'plainText',
      column: { name, path: [] },
      ...match,
    })),
  fc
    .tuple(operand, fc.constantFrom(0, 1, 2, 3))
    .map(([{ column }, size]): Constraint => ({ kind: 'size', column, size })),
  fc
    .tuple(place, fc.constantFrom(undefined, 0.01, 0.05, 0.2))
    .map(([center, maxDistanceRadians]): Constraint => ({
      kind: 'near',
      column: position,
      center,
      maxDistanceRadians,
    })),
  fc.tuple(place, fc.constantFrom(0.01, 0.05, 0.2)).map(([center, radiusRadians]): Constraint => ({
    kind: 'withinSphere',
    column: position,
    center,
    radiusRadians,
  })),
  area.map(({ points }): Constraint => ({ kind: 'withinPolygon', column: position, points })),
  area.map(({ points: [southWest, , northEast] }): Constraint => ({
    kind: 'withinBox',
    column: position,
    southWest: southWest!,
    northEast: northEast!,
  })),
  place.map((point): Constraint => ({
    kind: 'intersectsPoint',
    column: { name: 'area', path: [] },
    point,
  })),
  fc
    .tuple(fc.constantFrom('read', 'write'), subjects)
    .map(([right, names]): Constraint => ({ kind: 'aclAllows', right, subjects: names })),
);

const { where: constraint } = fc.letrec<{ where: Constraint }>((tie) => ({
  where: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    { weight: 5, arbitrary: leaf },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('and', 'or', 'nor'), fc.array(tie('where'), { maxLength: 3 }))
        .map(([kind, parts]): Constraint => ({ kind, parts })),
    },
  ),
}));

function kindsOf(where: Constraint): readonly ConstraintKind[] {
  return [where.kind, ...('parts' in where ? where.parts.flatMap(kindsOf) : [])];
}

it('decides in memory as the database does, for random objects and constraints of every kind', async () => {
  const seed = Number(process.env['FAST_CHECK_SEED'] ?? Date.now() % 1_000_000);
  const seen = new Map<ConstraintKind, number>();
  let cases = 0;
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ values, readers: half, writers: half }), {
        minLength: OBJECTS_PER_ROUND,
        maxLength: OBJECTS_PER_ROUND,
      }),
      fc.array(constraint, { minLength: CONSTRAINTS_PER_ROUND, maxLength: CONSTRAINTS_PER_ROUND }),
      async (contents, constraints) => {
        const rows = contents.map(({ values: columns, readers, writers }, index) =>
          encodeDocument({ values: columns, acl: { readers, writers } }, GAME, {
            objectId: `o${index}`,
            now: new Date(index),
          }),
        );
        await games.raw.collection<RawRow>('Game').deleteMany({});
        await games.raw
          .collection<RawRow>('Game')
          .insertMany(rows.map((row) => ({ ...row, _id: String(row['_id']) })));
        const objects = rows.map((row) => decodeDocument(row, GAME, () => undefined)!);
        const found = await Promise.all(
          constraints.map(async (where) => idsOf(await games.store.find(findGames(where)))),
        );
        for (const [index, where] of constraints.entries()) {
          const matched = idsOf(objects.filter((object) => matches(where, object))).toSorted();
          expect(matched, JSON.stringify(where)).toEqual(found[index]);
          cases += objects.length;
          hits += matched.length;
          for (const kind of kindsOf(where)) seen.set(kind, (seen.get(kind) ?? 0) + 1);
        }
      },
    ),
    { seed, numRuns: ROUNDS, endOnFailure: true },
  );
  process.stdout.write(`agreement: seed ${seed}, ${cases} decisions, ${hits} of them true\n`);
  expect(cases).toBeGreaterThanOrEqual(ROUNDS * OBJECTS_PER_ROUND * CONSTRAINTS_PER_ROUND);
  expect(hits).toBeGreaterThan(cases / 20);
  expect([...seen.keys()]).toHaveLength(18);
});

it('holds that an element which is a list is contained as a whole, not by what is in it', async () => {
  const rows = [
    { _id: 'inner', tags: [['a', 'b']] },
    { _id: 'whole', tags: [['a'], 'b'] },
    { _id: 'plain', tags: ['b'] },
  ];
  await games.raw.collection<RawRow>('Game').deleteMany({});
  await games.raw.collection<RawRow>('Game').insertMany(rows.map((row) => ({ ...row })));
  const where: Constraint = {
    kind: 'containedBy',
    column: { name: 'tags', path: [] },
    values: [['a'], 'b'],
  };
  const objects = rows.map((row) => decodeDocument(row, GAME, () => undefined)!);
  expect(idsOf(await games.store.find(findGames(where)))).toEqual(['plain', 'whole']);
  expect(idsOf(objects.filter((object) => matches(where, object))).toSorted()).toEqual([
    'plain',
    'whole',
  ]);
});

it('says which constraints need the database, however deep they stand', () => {
  const related: Constraint = {
    kind: 'relatedTo',
    owner: new Pointer('Game', 'g'),
    field: 'links',
  };
  let deep: Constraint = related;
  for (let level = 0; level < 100_000; level += 1) deep = { kind: 'or', parts: [deep] };
  expect(needsDatabase(deep)).toBe('relatedTo');
  expect(needsDatabase({ kind: 'and', parts: [] })).toBeUndefined();
  const object: ParseObject = decodeDocument(
    { _id: 'a' },
    classOf({ _id: 'Game' }),
    () => undefined,
  )!;
  expect(() => matches(related, object)).toThrow(expect.objectContaining({ parseCode: 102 }));
  expect(DATABASE_KINDS).toContain('text');
});
