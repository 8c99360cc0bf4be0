import { Binary } from 'mongodb';
import { describe, expect, it } from 'vitest';
import {
  Bytes,
  FileReference,
  GeoPoint,
  Pointer,
  type ParseValue,
} from '../../src/parse/values.ts';
import {
  column,
  EVERYTHING,
  hasObjectId,
  NOTHING,
  type Comparison,
  type Constraint,
  type ConstraintKind,
} from '../../src/query/constraint.ts';
import { combine, compileFilter } from '../../src/storage/mongo/filter.ts';
import { classOf, GAME } from './game-class.ts';

const WHEN = new Date('2024-05-06T07:08:09.010Z');
const USER = classOf({ _id: '_User' });

function compare(
  name: string,
  comparison: Comparison,
  value: ParseValue,
  ...path: string[]
): Constraint {
  return { kind: 'compare', column: { name, path }, comparison, value };
}

/** Every kind, as MongoDB is asked. */
const GOLDEN: Readonly<
  Record<
    Exclude<
      ConstraintKind,
      'pointerTo' | 'relationTo' | 'relatedTo' | 'inQueryKey' | 'notInQueryKey'
    >,
    readonly (readonly [constraint: Constraint, filter: unknown])[]
  >
> = {
  and: [
    [EVERYTHING, {}],
    [
      { kind: 'and', parts: [compare('score', 'greater', 1), compare('name', 'equal', 'x')] },
      { score: { $gt: 1 }, name: { $eq: 'x' } },
    ],
    [
      { kind: 'and', parts: [compare('score', 'greater', 1), compare('score', 'less', 5)] },
      { $and: [{ score: { $gt: 1 } }, { score: { $lt: 5 } }] },
    ],
  ],
  or: [
    [NOTHING, { _id: { $in: [] } }],
    [{ kind: 'or', parts: [hasObjectId('a')] }, { _id: { $eq: 'a' } }],
    [{ kind: 'or', parts: [hasObjectId('a'), EVERYTHING] }, { $or: [{ _id: { $eq: 'a' } }, {}] }],
  ],
  nor: [
    [{ kind: 'nor', parts: [] }, {}],
    [{ kind: 'nor', parts: [hasObjectId('a')] }, { $nor: [{ _id: { $eq: 'a' } }] }],
  ],
  compare: [
    [compare('objectId', 'equal', 'a'), { _id: { $eq: 'a' } }],
    [compare('createdAt', 'less', WHEN), { _created_at: { $lt: WHEN } }],
    [compare('updatedAt', 'lessOrEqual', WHEN), { _updated_at: { $lte: WHEN } }],
    [compare('score', 'greaterOrEqual', 1), { score: { $gte: 1 } }],
    [compare('name', 'notEqual', null), { name: { $ne: null } }],
    [compare('owner', 'equal', new Pointer('_User', 'u')), { _p_owner: { $eq: '_User$u' } }],
    [compare('owner', 'equal', 'u'), { _p_owner: { $eq: '_User$u' } }],
    [compare('owner', 'equal', null), { _p_owner: { $eq: null } }],
    [
      compare('tags', 'equal', new Pointer('_User', 'u')),
      { tags: { $eq: { __type: 'Pointer', className: '_User', objectId: 'u' } } },
    ],
    [compare('place', 'equal', new GeoPoint(1, 2)), { place: { $eq: [2, 1] } }],
    [
      compare('tags', 'equal', new GeoPoint(1, 2)),
      { tags: { $eq: { __type: 'GeoPoint', latitude: 1, longitude: 2 } } },
    ],
    [compare('picture', 'equal', new FileReference('a')), { picture: { $eq: 'a' } }],
    [compare('raw', 'equal', new Bytes('AQ==')), { raw: { $eq: new Binary(Buffer.from([1])) } }],
    [compare('profile', 'equal', 1, 'a', 'b'), { 'profile.a.b': { $eq: 1 } }],
    [
      compare('profile', 'equal', new Pointer('Game', 'g'), 'a'),
      { 'profile.a': { $eq: { __type: 'Pointer', className: 'Game', objectId: 'g' } } },
    ],
    [compare('fans', 'equal', 'u'), { _id: { $in: [] } }],
  ],
  in: [
    [{ kind: 'in', column: column('score'), values: [1, null] }, { score: { $in: [1, null] } }],
    [
      { kind: 'in', column: column('owner'), values: [new Pointer('_User', 'u'), 'v'] },
      { _p_owner: { $in: ['_User$u', '_User$v'] } },
    ],
  ],
  notIn: [[{ kind: 'notIn', column: column('score'), values: [] }, { score: { $nin: [] } }]],
  exists: [
    [{ kind: 'exists', column: column('owner'), exists: false }, { _p_owner: { $exists: false } }],
  ],
  regex: [
    [
      { kind: 'regex', column: column('name'), pattern: '^a', options: 'i' },
      { name: { $regex: '^a', $options: 'i' } },
    ],
    [
      { kind: 'regex', column: column('name'), pattern: 'a', options: '' },
      { name: { $regex: 'a' } },
    ],
  ],
  plainText: [
    [
      {
        kind: 'plainText',
        column: column('name'),
        place: 'start',
        text: 'a.b',
        ignoresCase: false,
      },
      { name: { $regex: '^a\\.b' } },
    ],
    [
      {
        kind: 'plainText',
        column: column('name'),
        place: 'whole',
        text: '(a+)+$',
        ignoresCase: true,
      },
      { name: { $regex: '^\\(a\\+\\)\\+\\$\\z', $options: 'i' } },
    ],
    [
      {
        kind: 'plainText',
        column: column('name'),
        place: 'end',
        text: '\\E#\n',
        ignoresCase: false,
      },
      { name: { $regex: '\\\\E\\#\\x{a}\\z' } },
    ],
    [
      {
        kind: 'plainText',
        column: column('name'),
        place: 'anywhere',
        text: 'ä\0',
        ignoresCase: false,
      },
      { name: { $regex: 'ä\\x{0}' } },
    ],
  ],
  size: [
    [{ kind: 'size', column: column('tags'), size: 0 }, { tags: { $size: 0 } }],
    [{ kind: 'size', column: column('fans'), size: 0 }, { _id: { $in: [] } }],
  ],
  contains: [
    [
      { kind: 'contains', column: column('tags'), values: [1, WHEN] },
      { tags: { $all: [1, WHEN] } },
    ],
  ],
  containedBy: [
    [
      { kind: 'containedBy', column: column('tags'), values: [1] },
      { $nor: [{ tags: { $elemMatch: { $nin: [1] } } }] },
    ],
  ],
  text: [
    [
      {
        kind: 'text',
        column: column('name'),
        search: { term: 'x', language: 'en', isCaseSensitive: true, isDiacriticSensitive: false },
      },
      { $text: { $search: 'x', $language: 'en', $caseSensitive: true } },
    ],
  ],
  near: [
    [
      {
        kind: 'near',
        column: column('place'),
        center: new GeoPoint(1, 2),
        maxDistanceRadians: 0.5,
      },
      { place: { $geoWithin: { $centerSphere: [[2, 1], 0.5] } } },
    ],
    [
      {
        kind: 'near',
        column: column('place'),
        center: new GeoPoint(1, 2),
        maxDistanceRadians: undefined,
      },
      { place: { $exists: true, $ne: null } },
    ],
  ],
  withinBox: [
    [
      {
        kind: 'withinBox',
        column: column('place'),
        southWest: new GeoPoint(1, 2),
        northEast: new GeoPoint(3, 4),
      },
      {
        place: {
          $geoWithin: {
            $box: [
              [2, 1],
              [4, 3],
            ],
          },
        },
      },
    ],
  ],
  withinPolygon: [
    [
      {
        kind: 'withinPolygon',
        column: column('place'),
        points: [new GeoPoint(0, 0), new GeoPoint(0, 1), new GeoPoint(1, 1)],
      },
      {
        place: {
          $geoWithin: {
            $polygon: [
              [0, 0],
              [1, 0],
              [1, 1],
            ],
          },
        },
      },
    ],
  ],
  withinSphere: [
    [
      {
        kind: 'withinSphere',
        column: column('place'),
        center: new GeoPoint(1, 2),
        radiusRadians: 0.1,
      },
      { place: { $geoWithin: { $centerSphere: [[2, 1], 0.1] } } },
    ],
  ],
  intersectsPoint: [
    [
      { kind: 'intersectsPoint', column: column('area'), point: new GeoPoint(1, 2) },
      { area: { $geoIntersects: { $geometry: { type: 'Point', coordinates: [2, 1] } } } },
    ],
  ],
  aclAllows: [
    [
      { kind: 'aclAllows', right: 'read', subjects: ['*', 'u'] },
      { _rperm: { $in: [null, '*', 'u'] } },
    ],
    [{ kind: 'aclAllows', right: 'write', subjects: [] }, { _wperm: { $in: [null] } }],
  ],
};

describe('compileFilter', () => {
  it.each(
    Object.entries(GOLDEN).flatMap(([kind, rows]) =>
      rows.map(([constraint, filter]) => [kind, constraint, filter] as const),
    ),
  )('compiles %s (case %#)', (_kind, constraint, filter) => {
    expect(compileFilter(constraint, GAME)).toStrictEqual(filter);
  });

  it('lets near order the rows where it may, and never below or, nor', () => {
    const near: Constraint = {
      kind: 'near',
      column: column('place'),
      center: new GeoPoint(1, 2),
      maxDistanceRadians: 0.5,
    };
    const ordering = { place: { $nearSphere: [2, 1], $maxDistance: 0.5 } };
    expect(compileFilter(near, GAME, 'orders')).toStrictEqual(ordering);
    expect(
      compileFilter({ kind: 'and', parts: [near, hasObjectId('a')] }, GAME, 'orders'),
    ).toStrictEqual({
      ...ordering,
      _id: { $eq: 'a' },
    });
    const below = compileFilter({ kind: 'nor', parts: [near] }, GAME, 'orders');
    expect(JSON.stringify(below)).not.toContain('near');
  });

  it('asks for one provider of authData at a time', () => {
    expect(compileFilter(compare('authData', 'equal', 'x', 'facebook', 'id'), USER)).toStrictEqual({
      '_auth_data_facebook.id': { $eq: 'x' },
    });
    expect(compileFilter(compare('authData', 'notEqual', null), USER)).toStrictEqual({
      _id: { $in: [] },
    });
  });

  it('keeps a value that looks like an operator a value', () => {
    const hostile = { $gt: '' };
    expect(compileFilter(compare('name', 'equal', hostile), GAME)).toStrictEqual({
      name: { $eq: hostile },
    });
    expect(
      compileFilter({ kind: 'in', column: column('name'), values: [hostile] }, GAME),
    ).toStrictEqual({
      name: { $in: [hostile] },
    });
  });

  it.each(['$where', '_hashed_password', '_rperm', 'a.b', 'a-b', '', 'ACL', '__proto__', 'length'])(
    'refuses the column %j with 105',
    (name) => {
      expect(() => compileFilter(compare(name, 'equal', 1), GAME)).toThrow(
        expect.objectContaining({ parseCode: 105 }),
      );
    },
  );

  it.each(['$where', 'a.b', '', 'x\0y'])('refuses the path step %j with 105', (step) => {
    expect(() => compileFilter(compare('profile', 'equal', 1, step), GAME)).toThrow(
      expect.objectContaining({ parseCode: 105 }),
    );
  });

  it('refuses options that MongoDB does not have with 102', () => {
    const regex: Constraint = { kind: 'regex', column: column('name'), pattern: 'a', options: 'g' };
    expect(() => compileFilter(regex, GAME)).toThrow(expect.objectContaining({ parseCode: 102 }));
  });
});

describe('combine', () => {
  it('never lets one filter replace another', () => {
    expect(combine([{ $nor: [{ a: 1 }] }, { $nor: [{ b: 1 }] }])).toStrictEqual({
      $and: [{ $nor: [{ a: 1 }] }, { $nor: [{ b: 1 }] }],
    });
    expect(combine([{}, { a: 1 }, {}])).toStrictEqual({ a: 1 });
  });
});
