import { beforeEach, describe, expect, test } from 'vitest';
import { encodeGlobalId } from '../../../src/api/arguments/global-id.ts';
import {
  Bytes,
  FileReference,
  GeoPoint,
  Pointer,
  type ParseValue,
} from '../../../src/parse/values.ts';
import type { Constraint } from '../../../src/query/constraint.ts';
import type { CountRequest } from '../../../src/query/find-request.ts';
import { ApiRun } from '../../support/api-run.ts';

let run: ApiRun;

beforeEach(() => {
  run = new ApiRun();
});

/** What reaches the store for `employees(where: …)`, and the like. */
async function constraint(where: string, list = 'employees'): Promise<Constraint> {
  await run.data(`{ ${list}(where: ${where}) { count } }`);
  return (run.store.calls.at(-1)?.request as CountRequest).where;
}

const refusal = (where: string, list = 'employees') =>
  run.refusal(`{ ${list}(where: ${where}) { count } }`);

const at = (name: string, ...path: readonly string[]) => ({ name, path });
const compare = (name: string, comparison: string, value: ParseValue) => ({
  kind: 'compare',
  column: at(name),
  comparison,
  value,
});
const plain = (place: string, text: string, ignoresCase = false) => ({
  kind: 'plainText',
  column: at('firstName'),
  place,
  text,
  ignoresCase,
});
const point = new GeoPoint(1, 2);
const POINT = '{latitude: 1, longitude: 2}';
const date = new Date('2020-01-02T03:04:05.678Z');

describe('each operator of each kind means one constraint', () => {
  test.each<[where: string, expected: unknown, list?: string]>([
    ['{firstName: {equalTo: "x"}}', compare('firstName', 'equal', 'x')],
    ['{firstName: {notEqualTo: null}}', compare('firstName', 'notEqual', null)],
    ['{salary: {lessThan: 1}}', compare('salary', 'less', 1)],
    ['{salary: {lessThanOrEqualTo: 1.5}}', compare('salary', 'lessOrEqual', 1.5)],
    ['{salary: {greaterThan: -1}}', compare('salary', 'greater', -1)],
    ['{salary: {greaterThanOrEqualTo: 0}}', compare('salary', 'greaterOrEqual', 0)],
    ['{salary: {in: [1, null]}}', { kind: 'in', column: at('salary'), values: [1, null] }],
    ['{salary: {notIn: []}}', { kind: 'notIn', column: at('salary'), values: [] }],
    ['{active: {exists: false}}', { kind: 'exists', column: at('active'), exists: false }],
    ['{active: {equalTo: false}}', compare('active', 'equal', false)],
    ['{hiredAt: {greaterThan: "2020-01-02T03:04:05.678Z"}}', compare('hiredAt', 'greater', date)],
    [
      '{createdAt: {lessThan: {__type: "Date", iso: "2020-01-02T03:04:05.678Z"}}}',
      compare('createdAt', 'less', date),
    ],
    ['{badge: {equalTo: "AQID"}}', compare('badge', 'equal', new Bytes('AQID'))],
    ['{photo: {equalTo: "a.png"}}', compare('photo', 'equal', new FileReference('a.png'))],
    [
      '{photo: {matchesRegex: "^a"}}',
      { kind: 'regex', column: at('photo'), pattern: '^a', options: '' },
    ],
    [
      '{firstName: {matchesRegex: "^a", options: "im"}}',
      { kind: 'regex', column: at('firstName'), pattern: '^a', options: 'im' },
    ],
    [
      '{firstName: {text: {search: {term: "big \\"red\\"", language: "en", caseSensitive: true}}}}',
      {
        kind: 'text',
        column: at('firstName'),
        search: {
          term: 'big "red"',
          language: 'en',
          isCaseSensitive: true,
          isDiacriticSensitive: false,
        },
      },
    ],
    ['{firstName: {startsWith: "a."}}', plain('start', 'a.')],
    ['{firstName: {endsWith: "", ignoreCase: false}}', plain('end', '')],
    ['{firstName: {containsText: "$x", ignoreCase: true}}', plain('anywhere', '$x', true)],
    [
      '{firstName: {equalTo: "x", ignoreCase: true}}',
      { kind: 'or', parts: [plain('whole', 'x', true)] },
    ],
    [
      '{firstName: {ignoreCase: true, notIn: ["x", null], exists: true}}',
      {
        kind: 'and',
        parts: [
          { kind: 'nor', parts: [plain('whole', 'x', true), compare('firstName', 'equal', null)] },
          { kind: 'exists', column: at('firstName'), exists: true },
        ],
      },
    ],
    ['{active: {in: [true, null]}}', { kind: 'in', column: at('active'), values: [true, null] }],
    ['{active: {notIn: []}}', { kind: 'notIn', column: at('active'), values: [] }],
    ['{skills: {size: 0}}', { kind: 'size', column: at('skills'), size: 0 }],
    ['{profile: {equalTo: null}}', compare('profile', 'equal', null)],
    ['{profile: {notEqualTo: null}}', compare('profile', 'notEqual', null)],
    [
      '{profile: {equalTo: {key: "a", value: null}}}',
      { ...compare('profile', 'equal', null), column: at('profile', 'a') },
    ],
    ['{position: {equalTo: null}}', compare('position', 'equal', null)],
    [`{position: {notEqualTo: ${POINT}}}`, compare('position', 'notEqual', point)],
    ['{area: {equalTo: null}}', compare('area', 'equal', null)],
    ['{company: {equalTo: null}}', { kind: 'in', column: at('company'), values: [null] }],
    [
      `{company: {notIn: ["c1", "${encodeGlobalId('Company', 'c2')}"]}}`,
      {
        kind: 'notIn',
        column: at('company'),
        values: [new Pointer('Company', 'c1'), new Pointer('Company', 'c2')],
      },
    ],
    [
      '{members: {notEqualTo: "e1"}}',
      {
        kind: 'relationTo',
        field: 'members',
        targetClass: 'Employee',
        where: { kind: 'in', column: at('objectId'), values: ['e1'] },
        isNegated: true,
      },
      'teams',
    ],
    [
      '{NOT: {firstName: {equalTo: "x"}, salary: {lessThan: 1}}}',
      {
        kind: 'nor',
        parts: [
          {
            kind: 'and',
            parts: [compare('firstName', 'equal', 'x'), compare('salary', 'less', 1)],
          },
        ],
      },
    ],
    ['{skills: {equalTo: "x"}}', compare('skills', 'equal', 'x')],
    [
      '{skills: {contains: ["x", {__type: "Pointer", className: "Team", objectId: "t"}]}}',
      { kind: 'contains', column: at('skills'), values: ['x', new Pointer('Team', 't')] },
    ],
    [
      '{skills: {containedBy: [1, 2]}}',
      { kind: 'containedBy', column: at('skills'), values: [1, 2] },
    ],
    [
      '{profile: {equalTo: {key: "a.b", value: 0}}}',
      { ...compare('profile', 'equal', 0), column: at('profile', 'a', 'b') },
    ],
    [
      '{profile: {equalTo: {key: "a", value: false}}}',
      { ...compare('profile', 'equal', false), column: at('profile', 'a') },
    ],
    [
      '{profile: {in: [{key: "a", value: 1}, {key: "b", value: "x"}]}}',
      {
        kind: 'or',
        parts: [
          { ...compare('profile', 'equal', 1), column: at('profile', 'a') },
          { ...compare('profile', 'equal', 'x'), column: at('profile', 'b') },
        ],
      },
    ],
    [
      '{profile: {greaterThan: {key: "a", value: 1}, exists: true}}',
      {
        kind: 'and',
        parts: [
          { ...compare('profile', 'greater', 1), column: at('profile', 'a') },
          { kind: 'exists', column: at('profile'), exists: true },
        ],
      },
    ],
    [
      `{position: {nearSphere: ${POINT}}}`,
      { kind: 'near', column: at('position'), center: point, maxDistanceRadians: undefined },
    ],
    [
      `{position: {nearSphere: ${POINT}, maxDistance: 0.5}}`,
      { kind: 'near', column: at('position'), center: point, maxDistanceRadians: 0.5 },
    ],
    [
      `{position: {maxDistanceInRadians: 0.5, nearSphere: ${POINT}}}`,
      { kind: 'near', column: at('position'), center: point, maxDistanceRadians: 0.5 },
    ],
    [
      `{position: {nearSphere: ${POINT}, maxDistanceInKilometers: 637.1}}`,
      { kind: 'near', column: at('position'), center: point, maxDistanceRadians: 0.1 },
    ],
    [
      `{position: {nearSphere: ${POINT}, maxDistanceInMiles: 3959}}`,
      { kind: 'near', column: at('position'), center: point, maxDistanceRadians: 1 },
    ],
    [
      `{position: {within: {box: {bottomLeft: ${POINT}, upperRight: {latitude: 3, longitude: 4}}}}}`,
      {
        kind: 'withinBox',
        column: at('position'),
        southWest: point,
        northEast: new GeoPoint(3, 4),
      },
    ],
    [
      `{position: {geoWithin: {polygon: [${POINT}, ${POINT}, ${POINT}]}}}`,
      { kind: 'withinPolygon', column: at('position'), points: [point, point, point] },
    ],
    [
      `{position: {geoWithin: {centerSphere: {center: ${POINT}, distance: 0}}}}`,
      { kind: 'withinSphere', column: at('position'), center: point, radiusRadians: 0 },
    ],
    [
      `{area: {geoIntersects: {point: ${POINT}}}}`,
      { kind: 'intersectsPoint', column: at('area'), point },
    ],
    ['{objectId: {in: ["a"]}}', { kind: 'in', column: at('objectId'), values: ['a'] }],
    [`{id: {equalTo: "${encodeGlobalId('Employee', 'e1')}"}}`, compare('objectId', 'equal', 'e1')],
    [
      `{id: {notIn: ["${encodeGlobalId('Employee', 'e1')}", "e2"]}}`,
      { kind: 'notIn', column: at('objectId'), values: ['e1', 'e2'] },
    ],
    [
      `{id: {equalTo: "${encodeGlobalId('Team', 'e1')}"}}`,
      compare('objectId', 'equal', encodeGlobalId('Team', 'e1')),
    ],
    ['{manager: {exists: true}}', { kind: 'exists', column: at('manager'), exists: true }],
    [
      '{manager: {haveNot: {salary: {equalTo: 1}}}}',
      {
        kind: 'pointerTo',
        field: 'manager',
        targetClass: 'Employee',
        where: compare('salary', 'equal', 1),
        isNegated: true,
      },
    ],
    [
      '{company: {have: {country: {have: {}}}}}',
      {
        kind: 'pointerTo',
        field: 'company',
        targetClass: 'Company',
        isNegated: false,
        where: {
          kind: 'pointerTo',
          field: 'country',
          targetClass: 'Country',
          where: { kind: 'and', parts: [] },
          isNegated: false,
        },
      },
    ],
    [
      '{reports: {exists: false}}',
      {
        kind: 'relationTo',
        field: 'reports',
        targetClass: 'Employee',
        where: { kind: 'and', parts: [] },
        isNegated: true,
      },
    ],
    [
      '{members: {have: {firstName: {equalTo: "x"}}}}',
      {
        kind: 'relationTo',
        field: 'members',
        targetClass: 'Employee',
        where: compare('firstName', 'equal', 'x'),
        isNegated: false,
      },
      'teams',
    ],
    [
      '{OR: [{salary: {equalTo: 1}}, {}]}',
      { kind: 'or', parts: [compare('salary', 'equal', 1), { kind: 'and', parts: [] }] },
    ],
    [
      '{AND: [{salary: {equalTo: 2}}], NOR: [{salary: {equalTo: 1}}]}',
      {
        kind: 'and',
        parts: [
          compare('salary', 'equal', 2),
          { kind: 'nor', parts: [compare('salary', 'equal', 1)] },
        ],
      },
    ],
    ['{password: {equalTo: "x"}}', { kind: 'or', parts: [] }, 'users'],
    ['{firstName: {}}', { kind: 'in', column: at('firstName'), values: [] }],
    ['{company: {}}', { kind: 'in', column: at('company'), values: [] }],
    ['{id: {}}', { kind: 'in', column: at('objectId'), values: [] }],
    ['{profile: {}}', { kind: 'in', column: at('profile'), values: [{}] }],
    ['{skills: {}}', { kind: 'in', column: at('skills'), values: [{}] }],
    ['{reports: {}}', { kind: 'in', column: at('reports'), values: [] }],
    [
      '{skills: {in: [["a", ["b"]], 1]}}',
      { kind: 'in', column: at('skills'), values: ['a', ['b'], 1] },
    ],
    ['null', { kind: 'and', parts: [] }],
    ['{}', { kind: 'and', parts: [] }],
  ])('%s', async (where, expected, list) => {
    expect(await constraint(where, list)).toEqual(expected);
  });
});

describe('inQueryKey', () => {
  const inQuery = (where: string, key = 'name', className = 'Company') =>
    `{firstName: {inQueryKey: {query: {className: "${className}", where: ${where}}, key: "${key}"}}}`;

  test.each<[where: string, expected: unknown]>([
    ['{}', { kind: 'and', parts: [] }],
    ['{name: "x"}', compare('name', 'equal', 'x')],
    ['{name: {equalTo: "x"}}', compare('name', 'equal', 'x')],
    [
      '{revenue: {greaterThan: 1, lessThan: 3}}',
      { kind: 'and', parts: [compare('revenue', 'greater', 1), compare('revenue', 'less', 3)] },
    ],
    ['{tags: {contains: ["x"]}}', { kind: 'contains', column: at('tags'), values: ['x'] }],
    [
      '{settings: {equalTo: {key: "a.b", value: 1}}}',
      { ...compare('settings', 'equal', 1), column: at('settings', 'a', 'b') },
    ],
    ['{OR: [{name: "x"}]}', { kind: 'or', parts: [compare('name', 'equal', 'x')] }],
    [
      '{country: {have: {code: "AT"}}}',
      {
        kind: 'pointerTo',
        field: 'country',
        targetClass: 'Country',
        where: compare('code', 'equal', 'AT'),
        isNegated: false,
      },
    ],
    [
      '{country: {__type: "Pointer", className: "Country", objectId: "c"}}',
      compare('country', 'equal', new Pointer('Country', 'c')),
    ],
    [
      '{country: {in: ["c"]}}',
      { kind: 'in', column: at('country'), values: [new Pointer('Country', 'c')] },
    ],
    [
      '{NOT: {name: {startsWith: "a", ignoreCase: true}, tags: {size: 2}}}',
      {
        kind: 'nor',
        parts: [
          {
            kind: 'and',
            parts: [
              { ...plain('start', 'a', true), column: at('name') },
              { kind: 'size', column: at('tags'), size: 2 },
            ],
          },
        ],
      },
    ],
    [
      `{location: {nearSphere: ${POINT}, maxDistance: 1}}`,
      { kind: 'near', column: at('location'), center: point, maxDistanceRadians: 1 },
    ],
    [
      `{location: {geoWithin: {centerSphere: [${POINT}, 0.5]}}}`,
      { kind: 'withinSphere', column: at('location'), center: point, radiusRadians: 0.5 },
    ],
  ])('reads %s in the names of this API', async (where, expected) => {
    expect(await constraint(inQuery(where))).toEqual({
      kind: 'inQueryKey',
      column: at('firstName'),
      query: { className: 'Company', where: expected, key: at('name') },
    });
  });

  test.each<[where: unknown, expected: unknown]>([
    [{ name: { $eq: 'x' } }, compare('name', 'equal', 'x')],
    [
      { founded: { $gt: { __type: 'Date', iso: date.toISOString() } } },
      compare('founded', 'greater', date),
    ],
    [
      { name: { $regex: 'a', $options: 'i' } },
      { kind: 'regex', column: at('name'), pattern: 'a', options: 'i' },
    ],
    [
      { 'settings.a.b': { $lte: 1 } },
      { ...compare('settings', 'lessOrEqual', 1), column: at('settings', 'a', 'b') },
    ],
    [
      { $or: [{ tags: { $all: ['x'] } }] },
      { kind: 'or', parts: [{ kind: 'contains', column: at('tags'), values: ['x'] }] },
    ],
    [
      { country: { $inQuery: { className: 'Country', where: { code: 'AT' } } } },
      {
        kind: 'pointerTo',
        field: 'country',
        targetClass: 'Country',
        where: compare('code', 'equal', 'AT'),
        isNegated: false,
      },
    ],
    [
      { name: { $select: { query: { className: 'Team', where: {} }, key: 'name' } } },
      {
        kind: 'inQueryKey',
        column: at('name'),
        query: { className: 'Team', where: { kind: 'and', parts: [] }, key: at('name') },
      },
    ],
  ])('reads %j in the names of REST', async (where, expected) => {
    await run.data(
      'query ($where: Object!) { employees(where: {firstName: {notInQueryKey: {query: {className: "Company", where: $where}, key: "settings.x"}}}) { count } }',
      { where },
    );
    expect((run.store.calls.at(-1)?.request as CountRequest).where).toEqual({
      kind: 'notInQueryKey',
      column: at('firstName'),
      query: { className: 'Company', where: expected, key: at('settings', 'x') },
    });
  });

  test.each([
    [inQuery('{}', 'name', 'Nope'), '119 Permission denied'],
    [inQuery('{name: {boo: 1}}'), '107 bad constraint: boo'],
    [inQuery('{ACL: "x"}'), '102 Cannot query on ACL.'],
    [inQuery('{OR: []}'), '102 OR needs at least one constraint'],
    [inQuery('{name: {options: "i"}}'), '102 options needs matchesRegex'],
    [inQuery('{}', '_hashed_password'), '105 Invalid key name: _hashed_password'],
    [inQuery('{}', 'settings..a'), '121 Invalid path: .a'],
  ])('refuses %s', async (where, expected) => {
    expect(await refusal(where)).toBe(expected);
  });

  test('refuses operators of MongoDB that Parse does not have', async () => {
    const query =
      'query ($where: Object!) { employees(where: {firstName: {inQueryKey: {query: {className: "Company", where: $where}, key: "name"}}}) { count } }';
    for (const where of [
      { $where: '1' },
      { _rperm: 'x' },
      { name: { $where: '1' } },
      { name: { $function: {} } },
      { a: { b: { $gt: 1 } } },
      { 'a.$b': 1 },
    ]) {
      expect(await run.refusal(query, { where })).toMatch(/^(105|107|121) /);
    }
    expect(run.store.calls).toEqual([]);
  });
});

describe('misuse is refused before the store hears of it', () => {
  test.each([
    ['{ACL: {exists: true}}', '102 Cannot query on ACL.'],
    ['{firstName: null}', '107 firstName must be an object'],
    ['{firstName: {in: null}}', '107 firstName.in must be a list'],
    ['{firstName: {exists: null}}', '107 firstName.exists must be true or false'],
    ['{firstName: {lessThan: null}}', '107 firstName cannot be compared with null'],
    ['{firstName: {matchesRegex: null}}', '107 firstName.matchesRegex must be a text'],
    [
      '{firstName: {matchesRegex: "a", options: "ig"}}',
      '102 firstName.options may hold the letters i, m, x, s and u',
    ],
    ['{firstName: {options: "i"}}', '102 firstName.options needs matchesRegex'],
    ['{firstName: {text: null}}', '107 firstName.text must be an object'],
    ['{firstName: {text: {search: {term: " "}}}}', '107 firstName.text.search.term must be a text'],
    ['{firstName: {inQueryKey: null}}', '107 firstName.inQueryKey must be an object'],
    ['{profile: {equalTo: {key: "a.$b", value: 1}}}', '121 Invalid path: a.$b'],
    ['{profile: {equalTo: {key: "", value: 1}}}', '121 Invalid path: '],
    [
      '{profile: {equalTo: {key: "a", value: {x: {__type: "Date", iso: "no"}}}}}',
      '111 This is not a valid Date.',
    ],
    ['{profile: {in: [null]}}', '107 profile must be an object'],
    ['{skills: {contains: null}}', '107 skills.contains must be a list'],
    [`{position: {maxDistance: 1}}`, '102 position: a distance needs nearSphere'],
    [
      `{position: {nearSphere: ${POINT}, maxDistance: -1}}`,
      '107 position.maxDistance must be a positive number',
    ],
    [
      `{position: {nearSphere: ${POINT}, maxDistance: 1, maxDistanceInMiles: 1}}`,
      '102 position.nearSphere takes one distance',
    ],
    [
      '{position: {nearSphere: {latitude: 91, longitude: 0}}}',
      '107 position.nearSphere: latitude must be between -90 and 90',
    ],
    ['{position: {geoWithin: {}}}', '102 position.geoWithin needs polygon or centerSphere'],
    [
      `{position: {geoWithin: {polygon: [${POINT}]}}}`,
      '107 position.geoWithin.polygon needs at least 3 points',
    ],
    ['{area: {geoIntersects: {}}}', '107 area.geoIntersects.point must be an object'],
    ['{company: {have: null}}', '107 where must be an object'],
    ['{OR: []}', '102 OR needs at least one constraint'],
    ['{OR: null}', '107 OR must be a list'],
    ['{NOT: null}', '107 where must be an object'],
    ['{firstName: {startsWith: null}}', '107 firstName.startsWith must be a text'],
    [
      '{firstName: {ignoreCase: true, lessThan: "x"}}',
      '102 firstName.ignoreCase does not go with lessThan',
    ],
    [
      '{firstName: {ignoreCase: true, exists: true}}',
      '102 firstName.ignoreCase needs one of startsWith, endsWith, containsText, equalTo, notEqualTo, in, notIn',
    ],
    ['{firstName: {ignoreCase: null}}', '107 firstName.ignoreCase must be true or false'],
    [
      `{firstName: {endsWith: "${'x'.repeat(5001)}"}}`,
      '102 firstName.endsWith may have 5000 characters',
    ],
    ['{skills: {size: -1}}', '107 skills.size must be a whole number from 0 on'],
    ['{skills: {size: null}}', '107 skills.size must be a whole number from 0 on'],
    ['{profile: {lessThan: null}}', '107 profile must be an object'],
    [
      '{position: {equalTo: {latitude: 91, longitude: 0}}}',
      '107 position: latitude must be between -90 and 90',
    ],
    ['{area: {equalTo: []}}', '111 area needs at least 3 distinct points'],
    [
      `{company: {equalTo: "${encodeGlobalId('Team', 't')}"}}`,
      `102 company leads to Company, not to ${encodeGlobalId('Team', 't')}`,
    ],
    ['{company: {in: null}}', '107 company.in must be a list'],
  ])('%s', async (where, expected) => {
    expect(await refusal(where)).toBe(expected);
    expect(run.store.calls).toEqual([]);
    expect(run.unexpected).toEqual([]);
  });

  test('a where nested 50 deep', async () => {
    const nested = (depth: number): string => (depth === 0 ? '{}' : `{OR: [${nested(depth - 1)}]}`);
    expect(await refusal(nested(50))).toBe('102 A where may nest 20 levels');
    const led = (depth: number): string =>
      depth === 0 ? '{}' : `{manager: {have: ${led(depth - 1)}}}`;
    expect(await refusal(led(50))).toBe('102 A where may nest 20 levels');
    expect(await constraint(nested(20))).toBeDefined();
  });

  test('a where with 10,000 values', async () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => `id${index}`);
    const query = 'query ($where: EmployeeWhereInput) { employees(where: $where) { count } }';
    const wide = [
      { objectId: { in: ids } },
      { skills: { contains: ids } },
      { OR: ids.map((id) => ({ objectId: { equalTo: id } })) },
      { profile: { in: ids.map((value) => ({ key: 'a', value })) } },
      {
        firstName: {
          inQueryKey: {
            query: { className: 'Company', where: { name: { $in: ids } } },
            key: 'name',
          },
        },
      },
    ];
    for (const where of wide) {
      expect(await run.refusal(query, { where })).toBe('102 A where may hold 1000 values');
    }
  });

  test('keys that JavaScript itself has', async () => {
    const query =
      'query ($value: Any!) { employees(where: {profile: {equalTo: {key: "constructor", value: $value}}}) { count } }';
    expect(
      await run.refusal(query, { value: JSON.parse('{"__proto__": {"a": 1}}') as unknown }),
    ).toMatch(/^105 /);
    expect(
      await refusal(
        '{firstName: {inQueryKey: {query: {className: "constructor", where: {}}, key: "name"}}}',
      ),
    ).toBe('119 Permission denied');
    expect(
      await refusal(
        '{firstName: {inQueryKey: {query: {className: "Company", where: {name: {toString: 1}}}, key: "name"}}}',
      ),
    ).toBe('107 bad constraint: toString');
  });
});
