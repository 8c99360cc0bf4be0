import type { Caller, Difference, ParityCase } from './read-corpus.ts';

/** A value of another query, for a column of any kind. */
const another = (className: string, key: string, where = '{}'): string =>
  `{ query: { className: "${className}", where: ${where} }, key: "${key}" }`;

const compared = (column: string, value: string, more = ''): readonly string[] => [
  ...[
    ...['equalTo', 'notEqualTo', 'lessThan', 'lessThanOrEqualTo', 'greaterThan'],
    'greaterThanOrEqualTo',
  ].map((operator) => `{ ${column}: { ${operator}: ${value} } }`),
  `{ ${column}: { in: [${value}${more}] } }`,
  `{ ${column}: { notIn: [${value}${more}] } }`,
  `{ ${column}: { in: [] } }`,
  `{ ${column}: { notIn: [] } }`,
  `{ ${column}: { exists: true } }`,
  `{ ${column}: { exists: false } }`,
  `{ ${column}: { inQueryKey: ${another('Employee', column)} } }`,
  `{ ${column}: { notInQueryKey: ${another('Employee', column, '{ salary: { _gt: 1500 } }')} } }`,
];

const bounded = (column: string, value: string): readonly string[] => [
  `{ ${column}: { greaterThan: ${value}, lessThanOrEqualTo: ${value} } }`,
  `{ ${column}: { greaterThanOrEqualTo: ${value}, lessThanOrEqualTo: ${value}, exists: true } }`,
  `{ ${column}: { equalTo: ${value}, notEqualTo: ${value} } }`,
  `{ ${column}: { in: [${value}], notIn: [${value}] } }`,
];

const text = (term: string, how = ''): string =>
  `{ firstName: { text: { search: { term: ${JSON.stringify(term)}${how} } } } }`;

/** Filters of employees: every operator of every kind of column. */
const employeeOperators: readonly string[] = [
  ...compared('objectId', '"{{e2}}"', ', "{{e3}}"'),
  ...compared('id', '"{{e2}}"'),
  ...compared('firstName', '"Bo"', ', "Dag"'),
  ...bounded('firstName', '"Bo"'),
  '{ firstName: { matchesRegex: "^A" } }',
  '{ firstName: { matchesRegex: "^a", options: "i" } }',
  '{ firstName: { matchesRegex: "a . g", options: "xi" } }',
  text('ann'),
  text('Ann', ', caseSensitive: true'),
  text('eva'),
  text('eva', ', diacriticSensitive: true'),
  text('bo dag', ', language: "en"'),
  text('bo -dag', ', language: "none"'),
  text('"bo" ann'),
  text(''),
  text('nobody'),
  `{ AND: [${text('ann bo')}, { active: { equalTo: true } }] }`,
  ...compared('salary', '1000.5', ', 0.5'),
  ...bounded('salary', '1000.5'),
  ...compared('hiredAt', '"2014-01-15T08:00:00.000Z"', ', "2011-01-15T08:00:00.000Z"'),
  ...bounded('hiredAt', '"2014-01-15T08:00:00.000Z"'),
  ...compared('createdAt', '"2014-01-15T08:00:00.000Z"'),
  ...compared('updatedAt', '"2214-01-15T08:00:00.000Z"'),
  ...['true', 'false'].flatMap((value) => [
    `{ active: { equalTo: ${value} } }`,
    `{ active: { notEqualTo: ${value} } }`,
    `{ active: { exists: ${value} } }`,
  ]),
  `{ active: { inQueryKey: ${another('Employee', 'active', '{ salary: { _lt: 1 } }')} } }`,
  `{ active: { notInQueryKey: ${another('Employee', 'active', '{ salary: { _lt: 1 } }')} } }`,
  ...compared('skills', '"sail"', ', "code"'),
  '{ skills: { contains: ["sail", "cook"] } }',
  '{ skills: { contains: [] } }',
  '{ skills: { containedBy: ["sail", "cook"] } }',
  '{ skills: { containedBy: [] } }',
  '{ skills: { equalTo: ["sail", "cook"] } }',
  ...compared('profile', '{ key: "level", value: 1 }', ', { key: "address.city", value: "Oslo" }'),
  '{ profile: { equalTo: { key: "address", value: { city: "Oslo" } } } }',
  ...compared('badge', '"AA=="', ', "AQ=="'),
  ...compared('photo', '"portrait.png"'),
  '{ photo: { matchesRegex: "^p", options: "i" } }',
  '{ position: { nearSphere: { latitude: 10, longitude: 20 } } }',
  '{ position: { nearSphere: { latitude: 10, longitude: 20 }, maxDistance: 0.2 } }',
  '{ position: { nearSphere: { latitude: 10, longitude: 20 }, maxDistanceInRadians: 0.2 } }',
  '{ position: { nearSphere: { latitude: 10, longitude: 20 }, maxDistanceInMiles: 900 } }',
  '{ position: { nearSphere: { latitude: 10, longitude: 20 }, maxDistanceInKilometers: 1500 } }',
  '{ position: { within: { box: { bottomLeft: { latitude: 4, longitude: 9 }, upperRight: { latitude: 26, longitude: 51 } } } } }',
  '{ position: { geoWithin: { polygon: [{ latitude: -1, longitude: -1 }, { latitude: -1, longitude: 31 }, { latitude: 16, longitude: 31 }] } } }',
  '{ position: { geoWithin: { centerSphere: { center: { latitude: 10, longitude: 20 }, distance: 0.2 } } } }',
  '{ position: { exists: false } }',
  '{ area: { exists: true } }',
  '{ area: { exists: false } }',
  '{ area: { geoIntersects: { point: { latitude: 5, longitude: 5 } } } }',
  '{ area: { geoIntersects: { point: { latitude: 50, longitude: 5 } } } }',
  '{ ACL: { equalTo: { key: "*.read", value: true } } }',
  '{ company: { exists: false } }',
  '{ company: { have: { name: { equalTo: "Kaze" } } } }',
  '{ company: { haveNot: { name: { equalTo: "Kaze" } } } }',
  '{ company: { have: { country: { have: { code: { in: ["NO", "JP"] } } } } } }',
  '{ company: { haveNot: { country: { haveNot: { code: { equalTo: "ES" } } } } } }',
  '{ manager: { exists: false } }',
  '{ manager: { have: { manager: { have: { firstName: { equalTo: "Ann" } } } } } }',
  '{ account: { have: { username: { equalTo: "alice" } } } }',
  '{ account: { haveNot: { username: { equalTo: "alice" } } } }',
  '{ reports: { exists: true } }',
  '{ reports: { have: { firstName: { equalTo: "Bo" } } } }',
  '{ reports: { haveNot: { firstName: { equalTo: "Bo" } } } }',
  '{ OR: [{ salary: { lessThan: 1 } }, { AND: [{ active: { exists: false } }, { NOR: [{ firstName: { equalTo: "Cyd" } }] }] }] }',
];

/** Filters of the other classes, by their list. */
const otherOperators: readonly (readonly [list: string, where: string])[] = [
  ['teams', '{ members: { have: { company: { have: { name: { equalTo: "Kaze" } } } } } }'],
  ['teams', '{ members: { haveNot: { salary: { greaterThan: 2500 } } } }'],
  ['teams', '{ members: { exists: true } }'],
  ['teams', '{ company: { exists: true }, lead: { haveNot: { active: { equalTo: true } } } }'],
  ['teams', '{ featured: { equalTo: 5 } }'],
  ['teams', '{ featured: { contains: [5, "text"] } }'],
  ['teams', '{ OR: [{ budget: { lessThan: 0 } }, { name: { equalTo: "Shore" } }] }'],
  ['teams', '{ AND: [{ budget: { lessThan: 0 } }], NOR: [{ name: { equalTo: "Shore" } }] }'],
  ['teams', '{ objectId: { notEqualTo: "{{deck}}" }, createdAt: { exists: true } }'],
  ['countries', '{ name: { in: ["Spain", "Japan"] }, population: { greaterThan: 50000000 } }'],
  ['countries', '{ isMember: { equalTo: true }, code: { notEqualTo: "NO" } }'],
  ['countries', '{ border: { geoIntersects: { point: { latitude: 42, longitude: 1 } } } }'],
  ['countries', '{ OR: [{ border: { exists: true } }, { updatedAt: { exists: false } }] }'],
  ['companies', '{ country: { have: { population: { lessThan: 6000000 } } } }'],
  ['companies', '{ country: { haveNot: { population: { lessThan: 6000000 } } } }'],
  ['companies', '{ country: { exists: false } }'],
  ['companies', '{ logo: { exists: false }, seal: { exists: true } }'],
  ['companies', '{ seal: { in: ["AQIDBA=="] } }'],
  [
    'companies',
    '{ AND: [{ tags: { contains: ["sea"] } }, { NOR: [{ revenue: { equalTo: 0 } }] }] }',
  ],
  ['roles', '{ name: { equalTo: "Editors" } }'],
  ['roles', '{ users: { have: { username: { equalTo: "alice" } } } }'],
  ['roles', '{ roles: { have: { name: { equalTo: "Writers" } } } }'],
  ['roles', '{ roles: { exists: true } }'],
  ['roles', '{ OR: [{ name: { matchesRegex: "^W" } }, { objectId: { equalTo: "none" } }] }'],
  ['users', '{ username: { equalTo: "alice" } }'],
  ['users', '{ username: { matchesRegex: "b$" } }'],
  ['users', '{ emailVerified: { exists: false } }'],
  ['users', '{ objectId: { in: ["{{bob}}"] }, createdAt: { exists: true } }'],
  ['users', '{ authData: { exists: true } }'],
  [
    'users',
    '{ OR: [{ username: { equalTo: "bob" } }, { email: { equalTo: "alice@example.org" } }] }',
  ],
  ['roles', '{ AND: [{ name: { exists: true } }, { NOR: [{ name: { equalTo: "Editors" } }] }] }'],
  ['roles', '{ roles: { haveNot: { name: { equalTo: "Writers" } } } }'],
  ['roles', '{ id: { notEqualTo: "{{Editors}}" }, createdAt: { exists: true } }'],
  ['roles', '{ updatedAt: { greaterThan: "2014-01-15T08:00:00.000Z" } }'],
  ['roles', '{ users: { exists: true } }'],
  ['users', '{ id: { in: ["{{bob}}"] }, updatedAt: { exists: true } }'],
  ['users', '{ AND: [{ username: { exists: true } }], NOR: [{ username: { equalTo: "bob" } }] }'],
  ['users', '{ password: { exists: true } }'],
  ['teams', '{ id: { equalTo: "{{deck}}" }, updatedAt: { exists: true } }'],
  ['installations', '{ deviceType: { equalTo: "ios" } }'],
  ['products', '{ order: { greaterThan: 1 } }'],
  ['secrets', '{ title: { notEqualTo: "secret 1" } }'],
  ['sessions', '{ sessionToken: { exists: true } }'],
  ['sessions', '{ user: { have: { username: { equalTo: "alice" } } } }'],
];

const rows = 'count edges { node { objectId } }';

/** Whole documents: every argument of every field that takes some. */
const everyArgument: readonly string[] = [
  ...['includeReadPreference', 'subqueryReadPreference', 'readPreference'].map(
    (name) =>
      `{ employees(where: { company: { have: { name: { equalTo: "Kaze" } } } }, order: [hiredAt_ASC], options: { ${name}: NEAREST }) { edges { node { firstName company { name } } } } }`,
  ),
  '{ employee(id: "{{e1}}", options: { readPreference: PRIMARY_PREFERRED, includeReadPreference: PRIMARY }) { firstName company { name } } }',
  ...[
    'countries',
    'companies',
    'teams',
    'roles',
    'users',
    'sessions',
    'installations',
    'products',
  ].flatMap((list) => [
    `{ ${list}(order: [createdAt_ASC, objectId_ASC], skip: 1, first: 1, options: { readPreference: PRIMARY }) { ${rows} } }`,
    `{ ${list}(order: [objectId_DESC], last: 1, where: {}, after: "", before: "") { edges { node { objectId } } } }`,
  ]),
  '{ company(id: "{{fjord}}", options: { readPreference: PRIMARY }) { id objectId createdAt updatedAt logo { name url } } }',
  '{ country(id: "{{NO}}", options: { readPreference: PRIMARY }) { objectId name isMember border { latitude longitude } } }',
  '{ team(id: "{{galley}}", options: { readPreference: PRIMARY }) { objectId budget createdAt } }',
  '{ role(id: "{{Editors}}", options: { readPreference: PRIMARY }) { objectId name users { count } roles { count edges { node { name } } } } }',
  '{ user(id: "{{bob}}", options: { readPreference: PRIMARY }) { objectId username } }',
  '{ session(id: "none", options: { readPreference: PRIMARY }) { objectId } }',
  '{ installation(id: "none", options: { readPreference: PRIMARY }) { objectId } }',
  '{ installation(id: "{{phone}}") { objectId deviceType channels { ... on Element { value } } } }',
  '{ product(id: "none", options: { readPreference: PRIMARY }) { objectId } }',
  '{ product(id: "{{tent}}") { objectId productIdentifier order title } }',
  '{ cloudConfig(paramName: "nosuch") { value isMasterKeyOnly } }',
  '{ cloudConfig(paramName: "colour") { value isMasterKeyOnly } }',
  '{ cloudConfig(paramName: "hidden") { value isMasterKeyOnly } }',
  '{ team(id: "{{Team:deck}}") { id updatedAt ACL { public { read write } } members(order: [hiredAt_ASC], first: 2, after: "", before: "") { count } } }',
  '{ employees(order: [hiredAt_ASC]) { edges { node { position { latitude longitude } profile skills { ... on Element { value } } } } pageInfo { hasNextPage hasPreviousPage } } }',
  '{ viewer { user { objectId username } } }',
  '{ classes { name } }',
  '{ class(name: "Country") { name schemaFields { name __typename } } }',
  '{ node(id: "{{Employee:e2}}") { __typename id ... on Employee { firstName company { name } } } }',
  '{ node(id: "{{Role:Editors}}") { __typename ... on ParseObject { objectId createdAt updatedAt ACL { public { read write } } } } }',
  '{ employee(id: "{{Employee:e2}}") { id objectId } }',
  '{ role(id: "{{Writers}}") { id createdAt updatedAt ACL { public { read write } } users(where: { username: { equalTo: "alice" } }, order: [username_ASC], first: 1, skip: 0, after: "", before: "", options: { readPreference: PRIMARY }) { count edges { node { username } } } } }',
  '{ role(id: "{{Editors}}") { last: users(last: 1) { edges { node { objectId } } } first: roles(first: 1) { count } roles(where: { name: { exists: true } }, order: [name_ASC], last: 1, skip: 0, after: "", before: "", options: { readPreference: PRIMARY }) { count edges { node { name } } } } }',
  // Relations below many parents, under aliases that differ in every argument.
  `{ teams(order: [name_ASC]) { edges { node { name
     all: members(order: [hiredAt_ASC]) { ${rows} }
     one: members(order: [hiredAt_ASC], first: 1) { count edges { node { firstName } } }
     rich: members(where: { salary: { greaterThan: 1000 } }, order: [salary_DESC, hiredAt_ASC]) { ${rows} }
     boss: members(where: { manager: { have: { firstName: { equalTo: "Ann" } } } }, order: [hiredAt_DESC], skip: 1) { ${rows} }
     none: members(where: { firstName: { equalTo: "nobody" } }, order: [hiredAt_DESC]) { ${rows} } } } } }`,
  `{ teams(order: [name_ASC]) { edges { node { name
     found: members(where: ${text('bo cyd')}, order: [hiredAt_ASC], options: { readPreference: PRIMARY }) { ${rows} }
     first: members(where: ${text('bo cyd ann')}, order: [hiredAt_DESC], first: 1) { ${rows} } } } } }`,
  `{ employees(where: ${text('ann bo')}, order: [hiredAt_ASC], first: 2, skip: 1) { ${rows} } }`,
  '{ employees(order: [hiredAt_ASC], first: 1) { edges { node { reports(order: [hiredAt_ASC], where: {}, first: 2, last: 1, skip: 0, after: "", before: "", options: null) { count edges { node { objectId } } } } } } }',
];

const ABSENT =
  'rows without a value match rows without one there; here such rows have none to compare';
const TIMES = 'times are compared as texts there, and never equal';
const OBJECTS = 'objects cannot be asked for in lists there; here they are what they seem to be';
const COUNTED = 'a near query that is counted is an internal error there';

const near = (bound: string): string =>
  `{ position: { nearSphere: { latitude: 10, longitude: 20 }${bound} } }`;
const ofEmployees = (column: string): string =>
  `{ ${column}: { inQueryKey: ${another('Employee', column)} } }`;
const someLevels = '[{ key: "level", value: 1 }, { key: "address.city", value: "Oslo" }]';

/** Filter → why it is answered otherwise, and how many objects alice must get. */
const differences = new Map<string, readonly [reason: string, count: number]>([
  [ofEmployees('salary'), [ABSENT, 10]],
  [ofEmployees('badge'), [ABSENT, 1]],
  [ofEmployees('photo'), [ABSENT, 0]],
  [ofEmployees('createdAt'), [TIMES, 11]],
  [ofEmployees('updatedAt'), [TIMES, 11]],
  [ofEmployees('profile'), [OBJECTS, 11]],
  [`{ profile: { in: ${someLevels} } }`, [OBJECTS, 8]],
  [`{ profile: { notIn: ${someLevels} } }`, [OBJECTS, 3]],
  [near(''), [COUNTED, 11]],
  [near(', maxDistanceInRadians: 0.2'), [COUNTED, 3]],
  [near(', maxDistanceInMiles: 900'), [COUNTED, 3]],
  [near(', maxDistanceInKilometers: 1500'), [COUNTED, 3]],
]);

const refused: ReadonlyMap<string, Difference> = new Map([
  [
    '{ ACL: { equalTo: { key: "*.read", value: true } } }',
    {
      reason: 'the ACL is no column to ask for in either; there the code is that of a bad key',
      right: { data: null, errors: [{ path: 'employees', code: 102 }] },
    },
  ],
  [
    '{ authData: { exists: true } }',
    {
      reason: 'anybody can ask there who has linked an account, which nobody is shown',
      right: { data: null, errors: [{ path: 'users', code: 119 }] },
    },
  ],
]);

function filterCase(list: string, where: string): ParityCase {
  const document = `{ ${list}(where: ${where}) { count edges { node { objectId } } } }`;
  const [reason, count] = differences.get(where) ?? [];
  const right = { errors: [], data: { [list]: { count } } };
  const difference = refused.get(where) ?? (reason && { reason, right });
  return {
    title: `${list} where ${where}`,
    document,
    caller: 'alice',
    ...(difference && { difference }),
  };
}

const callers: readonly Caller[] = ['master', 'alice', 'anonymous'];

/** Documents that together use every operator and every argument of reads. @see corpus-coverage.test.ts */
export const everyOperator: readonly ParityCase[] = [
  ...employeeOperators.map((where) => filterCase('employees', where)),
  ...otherOperators.map(([list, where]) => filterCase(list, where)),
  ...everyArgument.flatMap((document) =>
    callers.map((caller): ParityCase => {
      return { title: `${caller}: ${document.replace(/\s+/g, ' ')}`, document, caller };
    }),
  ),
];
