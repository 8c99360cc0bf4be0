import * as transform from 'parse-server/lib/Adapters/Storage/Mongo/MongoTransform.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeJson, parseJson } from '../../src/parse/json.ts';
import type { ParseValue } from '../../src/parse/values.ts';
import { column, type Constraint } from '../../src/query/constraint.ts';
import type { FieldOperation } from '../../src/query/write-request.ts';
import { decodeDocument, encodeDocument } from '../../src/storage/mongo/document.ts';
import { compileFilter } from '../../src/storage/mongo/filter.ts';
import { compileUpdate } from '../../src/storage/mongo/update.ts';
import { GAME } from './game-class.ts';

/** The class as Parse Server's own code wants it. */
const REST_SCHEMA = {
  fields: Object.fromEntries(
    [...GAME.fields.values()].map(({ name, type }) => [
      name,
      { type: type.kind, ...('targetClass' in type && { targetClass: type.targetClass }) },
    ]),
  ),
};

const NOW = new Date('2024-05-06T07:08:09.010Z');

const date = fc
  .integer({ min: 0, max: 2e12 })
  .map((ms) => ({ __type: 'Date', iso: new Date(ms).toISOString() }));
const degrees = fc.double({ min: -89, max: 89, noNaN: true }).map((value) => value + 0);
const geoPoint = fc
  .record({ latitude: degrees, longitude: degrees })
  .map((at) => ({ __type: 'GeoPoint', ...at }));
const pointer = (className: string) =>
  fc.constantFrom('a', 'b').map((objectId) => ({ __type: 'Pointer', className, objectId }));
const file = fc.constantFrom('a.png', 'b').map((name) => ({ __type: 'File', name }));
const bytes = fc
  .uint8Array({ minLength: 1, maxLength: 4 })
  .map((all) => ({ __type: 'Bytes', base64: Buffer.from(all).toString('base64') }));
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
);
const polygon = fc.constant({
  __type: 'Polygon',
  coordinates: [
    [0, 0],
    [0, 5],
    [5, 5],
    [0, 0],
  ],
});
const text = fc.string({ maxLength: 5 });

// Without Bytes inside: there Parse Server stores what it cannot read back, and we do not.
const inside = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    date,
    geoPoint,
    pointer('Game'),
    file,
    polygon,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
  ),
})).value;

const COLUMNS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  name: text,
  score: number,
  isOver: fc.boolean(),
  startedAt: date,
  profile: fc.dictionary(fc.constantFrom('a', 'b', 'c'), inside, { maxKeys: 3 }),
  tags: fc.array(inside, { maxLength: 3 }),
  place: geoPoint,
  area: polygon,
  picture: file,
  raw: bytes,
  owner: pointer('_User'),
  next: pointer('Game'),
};

const object = fc.record(
  Object.fromEntries(
    Object.entries(COLUMNS).map(([name, of]) => [
      name,
      fc.oneof({ weight: 4, arbitrary: of }, { weight: 1, arbitrary: fc.constant(null) }),
    ]),
  ),
  { requiredKeys: [], noNullPrototype: true },
);

function parseValues(json: Readonly<Record<string, unknown>>): ReadonlyMap<string, ParseValue> {
  return new Map(Object.entries(json).map(([name, value]) => [name, parseJson(value)]));
}

function clone<T>(value: T): T {
  return structuredClone(value);
}

const subjects = fc.subarray(['*', 'u1', 'role:A']);

describe('beside Parse Server’s own code', () => {
  it('stores a new object exactly as it does', () => {
    fc.assert(
      fc.property(object, fc.option(fc.tuple(subjects, subjects)), (json, acl) => {
        const rest = {
          ...clone(json),
          objectId: 'g1',
          createdAt: NOW.toISOString(),
          updatedAt: NOW.toISOString(),
          ...(acl && { _rperm: acl[0], _wperm: acl[1] }),
        };
        const theirs = transform.parseObjectToMongoObjectForCreate('Game', rest, REST_SCHEMA);
        const ours = encodeDocument(
          { values: parseValues(json), acl: { readers: acl?.[0], writers: acl?.[1] } },
          GAME,
          { objectId: 'g1', now: NOW },
        );
        expect(ours).toEqual(theirs);
      }),
      { numRuns: 300 },
    );
  });

  it('reads a stored object as it does', () => {
    fc.assert(
      fc.property(object, (made) => {
        // There a polygon that is null makes the whole object unreadable.
        const json = Object.fromEntries(
          Object.entries(made).filter(([name, value]) => name !== 'area' || value !== null),
        );
        const stored = encodeDocument(
          { values: parseValues(json), acl: { readers: undefined, writers: undefined } },
          GAME,
          { objectId: 'g1', now: NOW },
        );
        const theirs = transform.mongoObjectToParseObject('Game', { ...stored }, REST_SCHEMA);
        const ours = decodeDocument(stored, GAME, () => undefined)!;
        const shown = Object.fromEntries(
          [...ours.values].map(([name, value]) => [name, encodeJson(value)]),
        );
        const { objectId, createdAt, updatedAt, ...columns } = theirs;
        expect([
          ours.objectId,
          ours.createdAt?.toISOString(),
          ours.updatedAt?.toISOString(),
        ]).toEqual([objectId, createdAt, updatedAt]);
        // Whether a nulled pointer is shown depends there on who nulled it; here it is absent or null, which reads the same.
        for (const name of ['owner', 'next']) {
          if (shown[name] === null) Reflect.deleteProperty(shown, name);
          if (columns[name] === null) Reflect.deleteProperty(columns, name);
        }
        const relations = {
          fans: { __type: 'Relation', className: '_User' },
          links: { __type: 'Relation', className: 'Game' },
        };
        expect({ ...shown, ...relations }).toEqual(columns);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [{ score: { __op: 'Increment', amount: 2 } }, { kind: 'increment', amount: 2 }],
    [{ score: { __op: 'Delete' } }, { kind: 'unset' }],
    [{ owner: { __op: 'Delete' } }, { kind: 'unset' }],
    [{ score: 5 }, { kind: 'set', value: 5 }],
    [{ tags: { __op: 'Add', objects: [1, 'a'] } }, { kind: 'add', values: [1, 'a'] }],
    [
      { tags: { __op: 'AddUnique', objects: [{ __type: 'Date', iso: NOW.toISOString() }] } },
      { kind: 'addUnique', values: [NOW] },
    ],
    [{ tags: { __op: 'Remove', objects: [null] } }, { kind: 'remove', values: [null] }],
  ] as readonly (readonly [Record<string, unknown>, FieldOperation])[])(
    'updates as it does (case %#)',
    (rest, operation) => {
      const [name] = Object.keys(rest);
      const theirs = transform.transformUpdate(
        'Game',
        { ...clone(rest), updatedAt: { __type: 'Date', iso: NOW.toISOString() } },
        REST_SCHEMA,
      );
      const ours = compileUpdate(
        { operations: new Map([[name!, operation]]), acl: undefined },
        GAME,
        NOW,
      );
      expect(ours).toEqual(theirs);
    },
  );

  it.each(Object.keys(COLUMNS).filter((name) => name !== 'profile' && name !== 'tags'))(
    'asks for values of %s as it does',
    (name) => {
      fc.assert(
        fc.property(COLUMNS[name]!, COLUMNS[name]!, (one, other) => {
          const values = [parseJson(one), parseJson(other)];
          const pairs: readonly (readonly [rest: object, constraint: Constraint])[] = [
            [
              { $eq: clone(one) },
              { kind: 'compare', column: column(name), comparison: 'equal', value: values[0]! },
            ],
            [
              { $ne: clone(one) },
              { kind: 'compare', column: column(name), comparison: 'notEqual', value: values[0]! },
            ],
            [
              { $gte: clone(one) },
              {
                kind: 'compare',
                column: column(name),
                comparison: 'greaterOrEqual',
                value: values[0]!,
              },
            ],
            [{ $in: [clone(one), clone(other)] }, { kind: 'in', column: column(name), values }],
            [{ $nin: [clone(one), clone(other)] }, { kind: 'notIn', column: column(name), values }],
            [{ $exists: true }, { kind: 'exists', column: column(name), exists: true }],
          ];
          for (const [rest, constraint] of pairs) {
            // There a list of positions becomes a list of numbers, which finds nothing.
            if (name === 'place' && 'values' in constraint) continue;
            expect(compileFilter(constraint, GAME)).toEqual(
              transform.transformWhere('Game', { [name]: rest }, REST_SCHEMA),
            );
          }
        }),
        { numRuns: 20 },
      );
    },
  );
});
