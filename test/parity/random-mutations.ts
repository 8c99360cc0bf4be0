import fc from 'fast-check';
import { PRINCIPALS, type ParityPrincipal } from './access-document.ts';
import { THINGS, objectIdOf, roleIdOf, userIdOf, type Thing } from './access-world.ts';

/** One mutation of one caller. `@` stands for the prefix of the world. */
export interface RandomMutation {
  readonly principal: ParityPrincipal;
  readonly verb: 'create' | 'update' | 'delete';
  readonly className: string;
  /** `''` for a create. */
  readonly objectId: string;
  /** The input of each column, as GraphQL text. */
  readonly fields: Readonly<Record<string, string>>;
  /** What of the object is asked back; nothing: only the client's own id. */
  readonly selected: string;
}

/** As text, still with `@` in its ids. */
export function printMutation(mutation: RandomMutation): string {
  const { verb, className, objectId, fields, selected } = mutation;
  const given = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  const parts = [
    ...(verb === 'create' ? [] : [`id: "${objectId}"`]),
    ...(verb === 'delete' ? [] : [`fields: { ${given.join(', ')} }`]),
    'clientMutationId: "m"',
  ];
  const payload = selected === '' ? '' : `${lowerFirst(className)} { ${selected} }`;
  return `mutation { ${verb}${className}(input: { ${parts.join(', ')} }) { clientMutationId ${payload} } }`;
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

type Input = fc.Arbitrary<string>;

const NULL = fc.constant('null');
const indexes = [0, 1, 2, 3] as const;
const userId = fc.constantFrom(...indexes.map(userIdOf));
const roleId = fc.constantFrom(...indexes.map(roleIdOf));
const idOf = (className: Thing) => fc.constantFrom(...indexes.map((i) => objectIdOf(className, i)));
const quoted = (text: string): string => `"${text}"`;
const listOf = (ids: readonly string[]): string => `[${ids.map(quoted).join(', ')}]`;

const pointerJson = userId.map(
  (id) => `{ __type: "Pointer", className: "_User", objectId: "${id}" }`,
);

/** Values of the columns that lead to no other object. */
const PLAIN: Readonly<Record<string, Input>> = {
  title: fc.constantFrom('"a"', '"b"', '""', '"ü\\n"', 'null'),
  rank: fc.constantFrom('0', '-1', '2.5', '3000000000', '1e300', 'null'),
  tags: fc.constantFrom('["x"]', '[]', '["x", 1, { k: [true] }]', '[null]', 'null'),
  editors: fc.oneof(
    fc.array(pointerJson, { maxLength: 2 }).map((all) => `[${all.join(', ')}]`),
    NULL,
  ),
  flag: fc.constantFrom('true', 'false', 'null'),
  at: fc.constantFrom(
    '"2020-02-29T12:00:00.001Z"',
    '{ __type: "Date", iso: "2021-01-01T00:00:00.000Z" }',
    'null',
  ),
  info: fc.constantFrom(
    '{}',
    '{ a: { b: [1, "two", null] } }',
    '{ when: { __type: "Date", iso: "2021-01-01T00:00:00.000Z" } }',
    '{ to: { __type: "Pointer", className: "_User", objectId: "@u0" } }',
    '{ __op: "Delete" }',
    'null',
  ),
  place: fc.constantFrom('{ latitude: 1.5, longitude: -2 }', 'null'),
  area: fc.constantFrom(
    '[{ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 5 }, { latitude: 5, longitude: 5 }]',
    'null',
  ),
  raw: fc.constantFrom('"AQID"', 'null'),
  pic: fc.constantFrom(
    '{ file: "a.png" }',
    '{ file: { name: "b.png", url: "http://x/b.png", __type: "File" } }',
    'null',
  ),
};

const rights = fc.record({ read: fc.boolean(), write: fc.boolean() });
const printRights = ({ read, write }: { readonly read: boolean; readonly write: boolean }) =>
  `read: ${read}, write: ${write}`;

const acl: Input = fc
  .record({
    everybody: fc.option(rights, { nil: undefined }),
    users: fc.uniqueArray(fc.tuple(userId, rights), { maxLength: 2, selector: ([id]) => id }),
    roles: fc.uniqueArray(fc.tuple(fc.constantFrom('R0', 'R1'), rights), {
      maxLength: 1,
      selector: ([name]) => name,
    }),
  })
  .map(({ everybody, users, roles }) => {
    const named = users.map(([id, given]) => `{ userId: "${id}", ${printRights(given)} }`);
    const bearers = roles.map(([name, given]) => `{ roleName: "${name}", ${printRights(given)} }`);
    const parts = [
      ...(everybody === undefined ? [] : [`public: { ${printRights(everybody)} }`]),
      ...(named.length === 0 ? [] : [`users: [${named.join(', ')}]`]),
      ...(bearers.length === 0 ? [] : [`roles: [${bearers.join(', ')}]`]),
    ];
    return `{ ${parts.join(', ')} }`;
  });

const newThing: Input = fc.constantFrom(
  '{ title: "new" }',
  '{ title: "new", rank: 7, ACL: { public: { read: true, write: false } } }',
  '{ tags: ["new"], next: null }',
);

/** Changes of a relation whose members have the given ids. */
function relation(id: fc.Arbitrary<string>, created: Input | undefined): Input {
  const ids = fc.uniqueArray(id, { minLength: 1, maxLength: 2 }).map(listOf);
  const add = ids.map((list) => `{ add: ${list} }`);
  const remove = ids.map((list) => `{ remove: ${list} }`);
  const both = fc.tuple(ids, ids).map(([some, others]) => `{ add: ${some}, remove: ${others} }`);
  if (created === undefined) return fc.oneof(add, remove, both);
  const nested = fc
    .tuple(ids, created)
    .map(([some, fields]) => `{ add: ${some}, createAndAdd: [${fields}] }`);
  return fc.oneof(add, remove, both, nested);
}

/** Where the columns of a thing lead, which differs from world to world. */
export interface Targets {
  readonly next: Thing;
  readonly links: Thing;
}

function thingFields(targets: Targets): Readonly<Record<string, Input>> {
  return {
    ...PLAIN,
    owner: fc.oneof(
      userId.map((id) => `{ link: "${id}" }`),
      NULL,
    ),
    next: fc.oneof(
      { weight: 3, arbitrary: idOf(targets.next).map((id) => `{ link: "${id}" }`) },
      { weight: 2, arbitrary: newThing.map((fields) => `{ createAndLink: ${fields} }`) },
      { weight: 1, arbitrary: NULL },
    ),
    links: relation(idOf(targets.links), newThing),
    fans: relation(userId, undefined),
  };
}

const USER_FIELDS: Readonly<Record<string, Input>> = {
  nick: fc.constantFrom('"n"', '""', 'null'),
  friend: fc.oneof(
    userId.map((id) => `{ link: "${id}" }`),
    NULL,
  ),
};

const ROLE_FIELDS: Readonly<Record<string, Input>> = {
  users: relation(userId, undefined),
  roles: relation(roleId, undefined),
};

/** Some of the columns, each with a value. */
function someOf(inputs: Readonly<Record<string, Input>>): fc.Arbitrary<Record<string, string>> {
  return fc
    .subarray(Object.keys(inputs), { maxLength: Math.min(4, Object.keys(inputs).length) })
    .chain((names) =>
      fc
        .tuple(...names.map((name) => inputs[name] ?? NULL))
        .map((values) =>
          Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])),
        ),
    );
}

const ACL_PAYLOAD =
  'ACL { users { userId read write } roles { roleName read write } public { read write } }';
const THING_PAYLOAD = `title rank flag at info raw place { latitude longitude } pic { name }
  tags { ... on Element { value } } area { latitude longitude } ${ACL_PAYLOAD}`;

const verb = fc.constantFrom<RandomMutation['verb']>('create', 'update', 'update', 'delete');
const aclOrNone = fc.option(acl, { nil: undefined, freq: 1 });

function selection(columns: string): fc.Arbitrary<string> {
  return fc.constantFrom('', `objectId ${columns}`);
}

function thing(
  className: Thing,
  targets: Targets,
): fc.Arbitrary<Omit<RandomMutation, 'principal'>> {
  return fc
    .record({
      verb,
      className: fc.constant(className),
      objectId: idOf(className),
      fields: someOf(thingFields(targets)),
      acl: aclOrNone,
      selected: selection(THING_PAYLOAD),
    })
    .map(withAcl);
}

const user: fc.Arbitrary<Omit<RandomMutation, 'principal'>> = fc
  .record({
    verb: fc.constantFrom('update', 'update', 'delete' as const),
    className: fc.constant('User'),
    objectId: userId,
    fields: someOf(USER_FIELDS),
    acl: fc.constant(undefined),
    selected: fc.constant(''),
  })
  .map(withAcl);

const role: fc.Arbitrary<Omit<RandomMutation, 'principal'>> = fc
  .record({
    verb,
    className: fc.constant('Role'),
    objectId: roleId,
    fields: someOf(ROLE_FIELDS),
    acl: aclOrNone,
    selected: selection('name'),
  })
  .map(withAcl)
  .map((mutation) =>
    mutation.verb === 'create'
      ? { ...mutation, fields: { name: '"@new"', ...mutation.fields } }
      : mutation,
  );

function withAcl<T extends { readonly acl: string | undefined; readonly fields: object }>({
  acl: given,
  fields,
  ...others
}: T) {
  const all: Record<string, string> = { ...fields };
  if (given !== undefined) all['ACL'] = given;
  return { ...others, fields: all };
}

/** Random mutations, valid for a world whose columns lead to these classes, and who sends them. */
export function randomMutation(
  targets: Readonly<Record<Thing, Targets>>,
): fc.Arbitrary<RandomMutation> {
  const what = fc.oneof(
    ...THINGS.map((name) => ({ weight: 4, arbitrary: thing(name, targets[name]) })),
    { weight: 2, arbitrary: user },
    { weight: 2, arbitrary: role },
  );
  return fc
    .tuple(fc.constantFrom(...PRINCIPALS), what)
    .map(([principal, mutation]) => ({ ...mutation, principal }));
}
