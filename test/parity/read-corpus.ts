import { parseValue, valueFromASTUntyped } from 'graphql';

export type Caller = 'master' | 'anonymous' | 'alice' | 'bob';

/** Where the gateway answers otherwise on purpose: why, and what it must answer (a part of the comparable answer). */
export interface Difference {
  readonly reason: string;
  readonly right: Readonly<Record<string, unknown>>;
}

/** One document both servers answer. `{{key}}` in it stands for the objectId of a seed object. */
export interface ParityCase {
  readonly title: string;
  readonly document: string;
  readonly caller: Caller;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly difference?: Difference;
}

/** By a piece of the document that only it has. */
const differences: ReadonlyMap<string, Difference> = new Map([
  [
    'first: 3, last: 1, skip: 1) { edges { node { firstName',
    {
      reason:
        'of fewer rows than `first`, the last ones are past the end there; here they are the last',
      right: {
        errors: [],
        data: {
          teams: {
            edges: [
              { node: { members: { edges: [{ node: { firstName: 'Bo' } }] } } },
              { node: { members: { edges: [{ node: { firstName: 'Éva' } }] } } },
            ],
          },
        },
      },
    },
  ],
  [
    '"Éva" } }, exists: true',
    {
      reason: 'beside `exists`, `have` is lost there; here both hold',
      right: { errors: [], data: { teams: { count: 1 } } },
    },
  ],
  [
    'id: { equalTo: "{{e1}}" }, objectId: { equalTo: "{{e2}}" }',
    {
      reason: 'beside `id`, `objectId` is lost there; here both hold',
      right: { errors: [], data: { employees: { count: 0 } } },
    },
  ],
  [
    'key: "level", value: 0 }, exists: false',
    {
      reason: 'beside a pair of key and value, `exists` is lost there; here both hold',
      right: { errors: [], data: { employees: { count: 0 } } },
    },
  ],
  [
    'nearSphere',
    {
      reason: 'Parse Server answers 1 when a near query is counted; the gateway counts it',
      right: { errors: [], data: { companies: { count: 2 } } },
    },
  ],
  [
    'tags { ... on Element',
    {
      reason: 'a null inside an array is an error without a Parse code there; here it is null',
      right: { errors: [] },
    },
  ],
  [
    'featured { ... on Element',
    {
      reason: 'a null inside an array is an error without a Parse code there; here it is null',
      right: { errors: [] },
    },
  ],
  [
    '"no date"',
    {
      reason: "a value of the wrong type has a word for a code there; here it has Parse's number",
      right: { data: null, errors: [{ path: '', code: 102 }] },
    },
  ],
]);

function withDifference(parityCase: ParityCase): ParityCase {
  if (parityCase.difference !== undefined) return parityCase;
  const text = `${parityCase.document} ${JSON.stringify(parityCase.variables)}`;
  const found = [...differences].find(([piece]) => text.includes(piece));
  return found === undefined ? parityCase : { ...parityCase, difference: found[1] };
}

const employeeFilters: readonly string[] = [
  // strings
  '{ firstName: { equalTo: "Ann" } }',
  '{ firstName: { notEqualTo: "Ann" } }',
  '{ firstName: { lessThan: "Bo" } }',
  '{ firstName: { lessThanOrEqualTo: "Bo" } }',
  '{ firstName: { greaterThan: "Bo" } }',
  '{ firstName: { greaterThanOrEqualTo: "Dag", lessThan: "b" } }',
  '{ firstName: { in: ["Ann", "ann"] } }',
  '{ firstName: { in: [] } }',
  '{ firstName: { notIn: ["Ann", "Bo"] } }',
  '{ firstName: { notIn: [] } }',
  '{ firstName: { exists: true } }',
  '{ firstName: { exists: false } }',
  '{ firstName: { matchesRegex: "^a", options: "i" } }',
  '{ firstName: { matchesRegex: "n$" } }',
  '{ firstName: { matchesRegex: "^\\\\QA\\\\E" } }',
  // numbers
  '{ salary: { equalTo: 0.5 } }',
  '{ salary: { notEqualTo: 0.5 } }',
  '{ salary: { lessThan: 1000.5 } }',
  '{ salary: { greaterThanOrEqualTo: 2000.5 } }',
  '{ salary: { in: [0.5, 3000.5] } }',
  '{ salary: { notIn: [0.5] } }',
  '{ salary: { exists: false } }',
  // booleans
  '{ active: { equalTo: true } }',
  '{ active: { equalTo: false } }',
  '{ active: { notEqualTo: true } }',
  '{ active: { exists: false } }',
  // dates
  '{ hiredAt: { equalTo: "2013-01-15T08:00:00.000Z" } }',
  '{ hiredAt: { lessThan: "2013-01-15T08:00:00.000Z" } }',
  '{ hiredAt: { greaterThan: "2013-01-15T08:00:00.000Z" } }',
  '{ hiredAt: { in: ["2010-01-15T08:00:00.000Z", "2011-01-15T08:00:00.000Z"] } }',
  '{ createdAt: { lessThan: "2001-01-01T00:00:00.000Z" } }',
  '{ updatedAt: { greaterThan: "2001-01-01T00:00:00.000Z" } }',
  // objects
  '{ profile: { equalTo: { key: "level", value: 0 } } }',
  '{ profile: { notEqualTo: { key: "level", value: 0 } } }',
  '{ profile: { equalTo: { key: "address.city", value: "Oslo" } } }',
  '{ profile: { greaterThan: { key: "level", value: 0 } } }',
  '{ profile: { lessThanOrEqualTo: { key: "level", value: 1 } } }',
  '{ profile: { exists: true } }',
  // arrays
  '{ skills: { equalTo: "cook" } }',
  '{ skills: { contains: ["sail", "cook"] } }',
  '{ skills: { containedBy: ["sail", "cook"] } }',
  '{ skills: { in: ["code"] } }',
  '{ skills: { notIn: ["code"] } }',
  '{ skills: { exists: true } }',
  // bytes
  '{ badge: { equalTo: "AA==" } }',
  '{ badge: { equalTo: "AA" } }',
  '{ badge: { exists: true } }',
  // files
  '{ photo: { equalTo: "" } }',
  '{ photo: { notEqualTo: "" } }',
  '{ photo: { in: ["", "a.png"] } }',
  // geo
  '{ position: { exists: true } }',
  '{ position: { within: { box: { bottomLeft: { latitude: -1, longitude: -1 }, upperRight: { latitude: 21, longitude: 41 } } } } }',
  '{ position: { geoWithin: { polygon: [{ latitude: 0, longitude: -1 }, { latitude: 0, longitude: 45 }, { latitude: 30, longitude: 45 }] } } }',
  '{ position: { geoWithin: { centerSphere: { center: { latitude: 0, longitude: 0 }, distance: 0.3 } } } }',
  '{ area: { geoIntersects: { point: { latitude: 5, longitude: 5 } } } }',
  '{ area: { geoIntersects: { point: { latitude: 50, longitude: 5 } } } }',
  // ids
  '{ objectId: { equalTo: "{{e1}}" } }',
  '{ objectId: { in: ["{{e1}}", "{{e2}}", "nosuchid00"] } }',
  '{ objectId: { notIn: ["{{e1}}"] } }',
  '{ id: { equalTo: "{{e1}}" } }',
  '{ id: { in: ["{{e1}}", "{{e3}}"] } }',
  // pointers
  '{ company: { have: { name: { equalTo: "Kaze" } } } }',
  '{ company: { haveNot: { name: { equalTo: "Kaze" } } } }',
  '{ company: { exists: true } }',
  '{ manager: { exists: false } }',
  '{ manager: { have: { manager: { have: { firstName: { equalTo: "Ann" } } } } } }',
  '{ company: { have: { country: { have: { code: { equalTo: "NO" } } } } } }',
  '{ company: { have: { objectId: { equalTo: "{{sol}}" } } } }',
  // no operator at all
  ...['firstName', 'salary', 'hiredAt', 'profile', 'skills', 'position', 'area', 'badge'].map(
    (name) => `{ ${name}: {} }`,
  ),
  '{ company: {} }',
  '{ reports: {} }',
  '{ objectId: {} }',
  '{ id: {} }',
  '{ NOR: [{ firstName: {} }] }',
  '{ company: { have: { name: {} } } }',
  '{ company: { have: {} } }',
  '{ company: { haveNot: {} } }',
  '{ OR: [{ salary: {} }, { active: { equalTo: true } }] }',
  '{}',
  // logic
  '{ NOR: [] }',
  '{ OR: [{}] }',
  '{ OR: [{ firstName: { equalTo: "Bo" } }, { salary: { equalTo: 0.5 } }] }',
  '{ AND: [{ active: { equalTo: true } }, { salary: { greaterThan: 1 } }] }',
  '{ NOR: [{ active: { equalTo: true } }, { salary: { greaterThan: 1 } }] }',
  '{ OR: [{ AND: [{ firstName: { equalTo: "Ann" } }, { active: { equalTo: true } }] }, { NOR: [{ salary: { exists: true } }] }] }',
  '{ firstName: { equalTo: "Ann" }, salary: { equalTo: 0.5 } }',
  // values of another query
  '{ firstName: { inQueryKey: { query: { className: "Employee", where: { salary: { greaterThan: 3000 } } }, key: "firstName" } } }',
  '{ firstName: { notInQueryKey: { query: { className: "Employee", where: { salary: { greaterThan: 3000 } } }, key: "firstName" } } }',
  '{ firstName: { inQueryKey: { query: { className: "Employee", where: { salary: { _gt: 1 } } }, key: "firstName" } } }',
];

const teamFilters: readonly string[] = [
  '{ members: { have: { firstName: { equalTo: "Bo" } } } }',
  '{ members: { haveNot: { firstName: { equalTo: "Bo" } } } }',
  '{ lead: { have: { salary: { exists: true } } } }',
  '{ name: { matchesRegex: "e" }, budget: { exists: true } }',
  '{ featured: { contains: ["text"] } }',
  '{ featured: { in: [["text"], 7] } }',
  '{ featured: { notIn: [["text"]] } }',
];

const companyFilters: readonly string[] = [
  '{ settings: { equalTo: { key: "theme.dark", value: true } } }',
  '{ settings: { equalTo: { key: "seats", value: 0 } } }',
  '{ tags: { equalTo: 7 } }',
  '{ tags: { contains: ["sea", true] } }',
  '{ seal: { equalTo: "AQIDBA==" } }',
  '{ location: { nearSphere: { latitude: 48, longitude: 2 }, maxDistanceInKilometers: 2000 } }',
  '{ location: { nearSphere: { latitude: 48, longitude: 2 }, maxDistanceInMiles: 1200 } }',
  '{ location: { nearSphere: { latitude: 48, longitude: 2 }, maxDistanceInRadians: 0.4 } }',
  '{ founded: { exists: false } }',
  '{ revenue: { equalTo: 0 } }',
];

/** What only variables can say: REST JSON has words that no literal spells. */
const restFilters: readonly object[] = [
  ...['now', '2 wks 3 hours ago', 'in 5 mins', '12 years 1 wk 1 d ago', 'in -6 yr'].flatMap(
    (text) => [
      { hiredAt: { $lt: { $relativeTime: text } } },
      { hiredAt: { greaterThanOrEqualTo: { $relativeTime: text } } },
    ],
  ),
  { createdAt: { $lte: { $relativeTime: 'in 1 hr' } } },
  ...['soon', 'in 1 day ago', '1.5 days ago', '1 fortnight ago', 'in 1', ''].map((text) => ({
    hiredAt: { $gt: { $relativeTime: text } },
  })),
  { hiredAt: { $eq: { $relativeTime: 'now' } } },
  { firstName: { $lt: { $relativeTime: 'now' } } },
  { skills: { $all: [{ $regex: '^\\Qsa\\E' }, { $regex: '^\\Qc\\E' }] } },
  { skills: { $all: [{ $regex: '^\\Qsa\\E' }, 'cook'] } },
  { skills: { $in: [['cook'], 'code'] } },
  ...['firstName', 'company', 'reports', 'profile', 'skills', 'position'].map((name) => ({
    [name]: {},
  })),
  { reports: { exists: false } },
  { position: { $geoWithin: { $centerSphere: [[20, 10], 0.3] } } },
  {
    position: {
      $geoWithin: {
        $polygon: [
          [-1, -1],
          [45, -1],
          [45, 30],
        ],
      },
    },
  },
  {
    position: {
      $geoWithin: {
        $polygon: {
          __type: 'Polygon',
          coordinates: [
            [-1, -1],
            [45, -1],
            [45, 30],
          ],
        },
      },
    },
  },
];

/** The patterns in which Parse's clients say `containsAllStartingWith`. */
const startingWith: readonly (readonly unknown[])[] = [
  [{ $regex: '^\\Qsa\\E' }],
  [{ $regex: '^\\Qsa\\E' }, { $regex: '^\\Qc\\E' }],
  [{ $regex: '^\\Qs.\\E' }],
  [{ $regex: '^\\Q\\E' }],
  [{ $regex: '^sa' }],
  ['cook', { $regex: '^\\Qsa\\E' }],
];

const restCases: readonly ParityCase[] = [
  ...restFilters.map((where) => ({
    objectId: { inQueryKey: { query: { className: 'Employee', where }, key: 'objectId' } },
  })),
  ...startingWith.map((contains) => ({ skills: { contains } })),
].map((where) => ({
  title: `employees where $where = ${JSON.stringify(where)}`,
  document:
    'query ($where: EmployeeWhereInput) { employees(where: $where) { count edges { node { objectId } } } }',
  variables: { where },
  caller: 'bob',
}));

const documents: readonly string[] = [
  '{ health }',
  // every field kind
  `{ companies { edges { node { objectId name founded revenue settings tags { ... on Element { value } }
     location { latitude longitude } seal country { objectId name code population isMember } } } } }`,
  '{ countries { edges { node { objectId border { latitude longitude } } } } }',
  `{ employees { edges { node { id objectId ACL { users { userId read write } roles { roleName read write }
     public { read write } } } } } }`,
  `{ teams { edges { node { objectId featured { ... on Element { value } ... on Employee { objectId firstName }
     ... on Company { objectId name } } } } } }`,
  // one object
  '{ employee(id: "{{e1}}") { id objectId firstName createdAt updatedAt } }',
  '{ employee(id: "nosuchid00") { objectId } }',
  '{ team(id: "{{deck}}") { name lead { firstName manager { objectId } } company { name country { name } } } }',
  '{ a: employee(id: "{{e1}}") { firstName } b: employee(id: "{{e2}}") { firstName manager { firstName } } }',
  // order and pages
  '{ employees(order: [firstName_ASC, objectId_ASC]) { edges { node { objectId firstName } } } }',
  '{ employees(order: [salary_DESC, objectId_DESC]) { edges { node { objectId salary } } } }',
  '{ employees(order: [company_ASC, hiredAt_DESC]) { edges { node { objectId } } } }',
  '{ employees(order: [hiredAt_ASC], first: 3) { edges { node { firstName } } pageInfo { hasNextPage hasPreviousPage } } }',
  '{ employees(order: [hiredAt_ASC], first: 3, skip: 2) { count edges { node { firstName } } } }',
  '{ employees(order: [hiredAt_ASC], last: 2) { edges { node { firstName hiredAt } } } }',
  '{ employees(order: [hiredAt_ASC], first: 0) { count edges { node { firstName } } } }',
  '{ employees(order: [hiredAt_ASC], first: 100) { count pageInfo { hasNextPage hasPreviousPage } } }',
  '{ employees(where: { active: { equalTo: true } }) { count } }',
  '{ employees(where: { firstName: { equalTo: "nobody" } }) { count edges { node { objectId } } } }',
  '{ teams(order: [name_ASC]) { edges { node { name members(order: [hiredAt_ASC]) { edges { node { firstName } } } } } } }',
  '{ teams(order: [name_ASC]) { edges { node { name members(order: [hiredAt_ASC], first: 2) { count edges { node { firstName manager { firstName } } } } } } } }',
  '{ teams(order: [name_ASC]) { edges { node { members(where: { active: { equalTo: true } }, order: [hiredAt_DESC]) { edges { node { objectId } } } } } } }',
  '{ teams(order: [name_ASC]) { edges { node { members(order: [hiredAt_ASC], skip: 1, first: 1) { edges { node { objectId } } } } } } }',
  '{ teams(order: [name_ASC]) { edges { node { lead { firstName company { name country { code } } } } } } }',
  // fragments, aliases, directives
  `{ employees(order: [hiredAt_ASC], first: 2) { edges { node { ...names boss: manager { ...names } } } } }
   fragment names on Employee { firstName objectId }`,
  '{ employees(order: [hiredAt_ASC], first: 1) { edges { node { firstName @skip(if: true) objectId @include(if: true) } } } }',
  '{ employees(order: [hiredAt_ASC], first: 1) { __typename edges { __typename node { __typename ... on ParseObject { objectId } ... on Node { id } } } } }',
  // protected, closed and private things
  '{ secrets(order: [title_ASC]) { edges { node { title level } } } }',
  '{ secrets(where: { level: { equalTo: 2 } }) { edges { node { title } } } }',
  '{ secrets(order: [level_ASC]) { edges { node { title } } } }',
  '{ secrets { count } }',
  '{ secret(id: "{{s2}}") { title level } }',
  '{ lockeds { edges { node { title } } } }',
  '{ locked(id: "{{l1}}") { title } }',
  '{ employee(id: "{{e7}}") { firstName } }',
  '{ employee(id: "{{e8}}") { firstName } }',
  '{ employee(id: "{{e9}}") { firstName } }',
  '{ employees(order: [hiredAt_ASC]) { count edges { node { firstName account { objectId username } } } } }',
  '{ users(order: [username_ASC]) { edges { node { username email emailVerified } } } }',
  '{ user(id: "{{alice}}") { username email } }',
  '{ users(where: { email: { equalTo: "alice@example.org" } }) { count } }',
  '{ roles(order: [name_ASC]) { edges { node { name users { count } roles(order: [name_ASC]) { edges { node { name } } } } } } }',
  // refusals
  '{ employees(where: { firstName: { matchesRegex: "a", options: "q" } }) { count } }',
  '{ employees(where: { hiredAt: { equalTo: "no date" } }) { count } }',
];

/** Later pages, one parent and many, and no parent at all. */
const pages: readonly string[] = [
  ...[0, 1, 4, 11, 12].flatMap((skip) => [
    `{ employees(order: [hiredAt_ASC], first: 4, skip: ${skip}) { count edges { node { objectId } } pageInfo { hasNextPage } } }`,
    `{ employees(where: { active: { exists: true } }, order: [firstName_DESC, objectId_ASC], skip: ${skip}) { edges { node { firstName salary } } } }`,
  ]),
  ...['deck', 'galley', 'shore'].flatMap((team) => [
    `{ team(id: "{{${team}}}") { members(order: [hiredAt_ASC]) { count edges { node { firstName company { name } } } } } }`,
    `{ team(id: "{{${team}}}") { members(order: [hiredAt_ASC], first: 1, skip: 1) { edges { node { objectId } } } } }`,
    `{ team(id: "{{${team}}}") { members(where: { salary: { greaterThan: 100 } }, order: [salary_DESC, objectId_ASC], last: 1) { edges { node { salary } } } } }`,
  ]),
  '{ employees(order: [salary_ASC, objectId_ASC], first: 12, options: { readPreference: PRIMARY }) { edges { node { salary } } } }',
  '{ employees(order: null, where: null, first: null, skip: null) { count } }',
  '{ employees(first: 2, after: null, before: null, last: null, skip: null, where: null, options: null, order: [hiredAt_ASC]) { edges { node { objectId } } pageInfo { hasNextPage hasPreviousPage } } }',
  '{ employees(order: [], after: "", before: "") { count } }',
  '{ employee(id: "{{e1}}", options: null) { objectId } }',
  '{ employee(id: "") { objectId } }',
  '{ uncounteds { count } }',
  '{ teams(where: { members: { have: { firstName: { equalTo: "Éva" } }, exists: true } }) { count } }',
  '{ employees(where: { id: { equalTo: "{{e1}}" }, objectId: { equalTo: "{{e2}}" } }) { count } }',
  '{ employees(where: { profile: { equalTo: { key: "level", value: 0 }, exists: false } }) { count } }',
  '{ uncounteds(where: { kept: {} }) { edges { node { title } } } }',
  '{ uncounteds(order: [title_ASC]) { edges { node { title } } pageInfo { startCursor } } }',
  '{ uncounteds(order: [title_ASC], first: 3, last: 2) { edges { node { title } } } }',
  '{ teams(where: { lead: { exists: true } }, order: [name_ASC]) { edges { node { members(order: [hiredAt_ASC], first: 3, last: 1, skip: 1) { edges { node { firstName } } } } } } }',
  '{ employees(order: [hiredAt_ASC], first: 3, last: 1) { edges { node { objectId } } pageInfo { hasNextPage hasPreviousPage } } }',
  ...['first: 2', 'first: 0', 'last: 0', 'last: 2', 'last: 99'].flatMap((rows) => [
    ...['', ', skip: 1', ', skip: 11', ', skip: 99'].map(
      (skip) =>
        `{ employees(order: [hiredAt_ASC], ${rows}${skip}) { edges { node { objectId } } pageInfo { hasNextPage hasPreviousPage } } }`,
    ),
    // Of the last rows of an empty list, Parse Server has no count.
    `{ teams(where: { lead: { exists: true } }, order: [name_ASC]) { edges { node { members(order: [hiredAt_ASC], ${rows}, skip: 1) { count edges { node { objectId } } pageInfo { hasNextPage hasPreviousPage } } } } } }`,
  ]),
  '{ employees(where: { firstName: { equalTo: "nobody" } }, skip: 2, first: 1) { pageInfo { hasNextPage hasPreviousPage } } }',
  '{ nobody: employees(where: { manager: { have: { firstName: { equalTo: "nobody" } } } }) { count edges { node { manager { manager { firstName } } } } } }',
  '{ employees(order: [hiredAt_ASC]) { edges { node { area { latitude } badge photo { name url } account { username } active } } } }',
];

/** Null in the place of a value, and how many employees alice and bob must get. */
const nullFilters: readonly (readonly [where: string, alice: number, bob: number])[] = [
  ['{ firstName: { equalTo: null } }', 0, 0],
  ['{ salary: { equalTo: null } }', 1, 1],
  ['{ salary: { notEqualTo: null } }', 10, 8],
  ['{ active: { equalTo: null } }', 4, 3],
  ['{ active: { notEqualTo: null } }', 7, 6],
  ['{ hiredAt: { equalTo: null } }', 0, 0],
  ['{ badge: { equalTo: null } }', 10, 8],
  ['{ skills: { equalTo: null } }', 0, 0],
  ['{ salary: { in: [null, 0.5] } }', 4, 3],
  ['{ salary: { notIn: [null, 0.5] } }', 7, 6],
];

/** Null where a value must be: filters, and the code that they are refused with. */
const nullRefusals: readonly (readonly [where: string, code: number])[] = [
  ...['OR', 'AND', 'NOR', 'firstName', 'salary', 'hiredAt', 'profile', 'skills', 'position'].map(
    (name) => [`{ ${name}: null }`, 107] as const,
  ),
  ...['company', 'reports', 'objectId', 'id', 'active'].map(
    (name) => [`{ ${name}: null }`, 107] as const,
  ),
  ['{ ACL: null }', 102],
  ['{ salary: { in: null } }', 107],
  ['{ salary: { lessThan: null } }', 107],
  ['{ salary: { exists: null } }', 107],
  ['{ firstName: { matchesRegex: null } }', 107],
  ['{ firstName: { inQueryKey: null } }', 107],
  ['{ position: { within: null } }', 107],
  ['{ position: { geoWithin: null } }', 107],
  ['{ position: { nearSphere: null } }', 107],
  ['{ area: { geoIntersects: null } }', 107],
  ['{ skills: { contains: null } }', 107],
  ['{ company: { have: null } }', 107],
  ['{ company: { exists: null } }', 107],
  ['{ reports: { have: null } }', 107],
  // As little a filter as null.
  ['{ OR: [] }', 102],
  ['{ AND: [] }', 102],
  ['{ firstName: { matchesRegex: "(" } }', 102],
];

/** Of a class whose objects may be found and not counted. */
const uncounted: readonly (readonly [arguments_: string, selection: string, right: object])[] = [
  [
    'first: 2',
    'pageInfo { hasNextPage hasPreviousPage }',
    { pageInfo: { hasNextPage: true, hasPreviousPage: false } },
  ],
  [
    'first: 2, skip: 1',
    'pageInfo { hasNextPage hasPreviousPage }',
    { pageInfo: { hasNextPage: false, hasPreviousPage: true } },
  ],
  ['last: 1', 'edges { node { title } }', { edges: [{ node: { title: 'c' } }] }],
];

const callers: readonly Caller[] = ['master', 'anonymous', 'alice', 'bob'];

function filterCases(list: string, filters: readonly string[]): readonly ParityCase[] {
  return filters.map((where) => ({
    title: `${list} where ${where}`,
    document: `{ ${list}(where: ${where}) { count edges { node { objectId } } } }`,
    caller: 'alice',
  }));
}

/** The same filter as a variable: coerced by other code than a literal. */
function variableCases(
  list: string,
  type: string,
  filters: readonly string[],
): readonly ParityCase[] {
  return filters.map((where) => ({
    title: `${list} where $where = ${where}`,
    document: `query ($where: ${type}WhereInput) { ${list}(where: $where) { count edges { node { objectId } } } }`,
    variables: { where: valueFromASTUntyped(parseValue(where)) },
    caller: 'bob',
  }));
}

const nullCases: readonly ParityCase[] = nullFilters.flatMap(([where, alice, bob]) => [
  ...filterCases('employees', [where]).map((each) => withNull(each, alice)),
  ...variableCases('employees', 'Employee', [where]).map((each) => withNull(each, bob)),
]);

function withNull(parityCase: ParityCase, count: number): ParityCase {
  return {
    ...parityCase,
    difference: {
      reason: 'a null value is an internal error there; here it stands for null and absent',
      right: { errors: [], data: { employees: { count } } },
    },
  };
}

const nullRefusalCases: readonly ParityCase[] = nullRefusals.flatMap(([where, code]) =>
  [...filterCases('employees', [where]), ...variableCases('employees', 'Employee', [where])].map(
    (parityCase) => ({
      ...parityCase,
      difference: {
        reason: 'what is no filter is an internal error there; here it is refused as such',
        right: { data: null, errors: [{ path: 'employees', code }] },
      },
    }),
  ),
);

const uncountedCases: readonly ParityCase[] = uncounted.map(([args, selection, right]) => {
  const document = `{ uncounteds(order: [title_ASC], ${args}) { ${selection} } }`;
  return {
    title: document,
    document,
    caller: 'anonymous',
    difference: {
      reason:
        'whether more follows is told there by a count, which is closed; here by one row more',
      right: { errors: [], data: { uncounteds: right } },
    },
  };
});

const oddCases: readonly ParityCase[] = [
  {
    title: 'a relation inside NOR',
    document:
      '{ teams(where: { NOR: [{ members: { haveNot: { salary: { notEqualTo: 0 } } } }] }, order: [name_ASC]) { edges { node { name } } } }',
    caller: 'alice',
    difference: {
      reason: 'a relation inside NOR is overlooked there',
      right: {
        errors: [],
        data: { teams: { edges: [{ node: { name: 'Deck' } }, { node: { name: 'Galley' } }] } },
      },
    },
  },
  {
    title: 'a filter in a variable that leads to other objects, below two parents',
    document:
      'query ($where: EmployeeWhereInput) { teams(where: { lead: { exists: true } }, order: [name_ASC]) { edges { node { name members(where: $where, order: [hiredAt_ASC]) { count } } } } }',
    variables: { where: { company: { haveNot: { name: { equalTo: 'Kaze' } } } } },
    caller: 'alice',
    difference: {
      reason: 'the first parent changes the variable there, and the next is answered wrongly',
      right: {
        errors: [],
        data: {
          teams: {
            edges: [
              { node: { name: 'Deck', members: { count: 3 } } },
              { node: { name: 'Galley', members: { count: 2 } } },
            ],
          },
        },
      },
    },
  },
];

/** Every read document of the corpus: each filter for one user, each whole document for every caller. */
export const readCorpus: readonly ParityCase[] = [
  ...filterCases('employees', employeeFilters),
  ...filterCases('teams', teamFilters),
  ...filterCases('companies', companyFilters),
  ...restCases,
  ...nullCases,
  ...nullRefusalCases,
  ...uncountedCases,
  ...oddCases,
  ...variableCases('employees', 'Employee', employeeFilters),
  ...variableCases('teams', 'Team', teamFilters),
  ...variableCases('companies', 'Company', companyFilters),
  ...pages.map((document): ParityCase => ({ title: document, document, caller: 'alice' })),
  ...documents.flatMap((document) =>
    callers.map((caller) => ({
      title: `${caller}: ${document.replace(/\s+/g, ' ')}`,
      document,
      caller,
    })),
  ),
].map(withDifference);
