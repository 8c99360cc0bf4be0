import fc from 'fast-check';

/** Classes of a world besides `_User` and `_Role`; all have the same columns, but not the same targets. */
export const THINGS = ['Alpha', 'Beta', 'Gamma'] as const;
export type Thing = (typeof THINGS)[number];

/** Class-level permissions as stored; absent is open. */
export type StoredPermissions = Readonly<Record<string, unknown>>;

/** Who may read a row: as stored in `_rperm`; absent is everybody. */
export type Readers = readonly string[] | undefined;

export interface WorldObject {
  readonly readers: Readers;
  readonly title: string | undefined;
  readonly rank: number | undefined;
  readonly tags: readonly string[] | undefined;
  readonly owner: number | undefined;
  readonly editors: readonly number[] | undefined;
  /** Index of an object of the target class; 9 is one that does not exist. */
  readonly next: number | undefined;
  readonly links: readonly number[];
  readonly fans: readonly number[];
}

export interface WorldClass {
  readonly nextTarget: Thing;
  readonly linksTarget: Thing;
  readonly permissions: StoredPermissions | undefined;
  readonly objects: readonly WorldObject[];
}

export interface WorldUser {
  readonly readers: Readers;
  readonly nick: string | undefined;
  readonly friend: number | undefined;
}

export interface WorldRole {
  readonly readers: Readers;
  readonly users: readonly number[];
  /** Child roles: their members are members of this one. Cycles happen. */
  readonly roles: readonly number[];
}

/**
 * All that access depends on in one database. `@` at the start of an id is filled with a name of the run, so that neither server can
 * remember users of another world.
 */
export interface ParityWorld {
  readonly classes: Readonly<Record<Thing, WorldClass>>;
  readonly userPermissions: StoredPermissions | undefined;
  readonly rolePermissions: StoredPermissions | undefined;
  readonly users: readonly WorldUser[];
  readonly roles: readonly WorldRole[];
}

const OBJECTS = 4;
const USERS = 4;
const ROLES = 4;

/** `@a2`: the third object of `Alpha`. */
export function objectIdOf(className: Thing, index: number): string {
  return `@${className[0]!.toLowerCase()}${index}`;
}

export const userIdOf = (index: number): string => `@u${index}`;
export const roleIdOf = (index: number): string => `@r${index}`;

const many = <T>(arbitrary: fc.Arbitrary<T>, length: number) =>
  fc.array(arbitrary, { minLength: length, maxLength: length });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 });
const someOf = (count: number) => fc.subarray(Array.from({ length: count }, (_, index) => index));
const indexBelow = (count: number) => fc.integer({ min: 0, max: count - 1 });

const SUBJECTS = ['role:R0', 'role:R1', 'role:R2', '@u0', '@u1'] as const;

const readers: fc.Arbitrary<Readers> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.constant(['*']) },
  { weight: 4, arbitrary: fc.subarray([...SUBJECTS]) },
);

type OperationEntry = Readonly<Record<string, unknown>> | undefined;

function operation(userColumns: readonly string[]): fc.Arbitrary<OperationEntry> {
  const subjects = fc
    .subarray([...SUBJECTS], { minLength: 1 })
    .map((chosen) => Object.fromEntries(chosen.map((subject) => [subject, true])));
  const plain = [
    { weight: 9, arbitrary: fc.constant({ '*': true }) },
    { weight: 2, arbitrary: fc.constant({ requiresAuthentication: true }) },
    { weight: 2, arbitrary: subjects },
    { weight: 1, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ];
  if (userColumns.length === 0) return fc.oneof(...plain);
  const pointerFields = fc
    .subarray([...userColumns], { minLength: 1 })
    .map((columns) => ({ pointerFields: columns }));
  return fc.oneof(
    ...plain,
    { weight: 2, arbitrary: pointerFields },
    {
      weight: 1,
      arbitrary: pointerFields.map((entry) => ({ requiresAuthentication: true, ...entry })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(subjects, pointerFields)
        .map(([named, entry]) => ({ ...named, ...entry })),
    },
  );
}

/** Rarely some of the columns. */
function legacyUserFields(
  userColumns: readonly string[],
): fc.Arbitrary<readonly string[] | undefined> {
  if (userColumns.length === 0) return fc.constant(undefined);
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.subarray([...userColumns], { minLength: 1 }) },
  );
}

function protectedFields(
  columns: readonly string[],
  userColumns: readonly string[],
): fc.Arbitrary<Readonly<Record<string, readonly string[]>>> {
  const groups = [
    '*',
    'authenticated',
    ...SUBJECTS,
    ...userColumns.map((column) => `userField:${column}`),
  ];
  return fc.dictionary(fc.constantFrom(...groups), fc.subarray([...columns], { maxLength: 3 }), {
    maxKeys: 4,
    noNullPrototype: true,
  });
}

function permissions(
  columns: readonly string[],
  userColumns: readonly string[],
): fc.Arbitrary<StoredPermissions | undefined> {
  const rule = operation(userColumns);
  const stored = fc
    .record({
      find: rule,
      get: rule,
      count: rule,
      readUserFields: legacyUserFields(userColumns),
      writeUserFields: legacyUserFields(userColumns),
      create: rule,
      update: rule,
      delete: rule,
      addField: fc.constant({}),
      protectedFields: fc.option(protectedFields(columns, userColumns), {
        nil: undefined,
        freq: 4,
      }),
    })
    .map((entries) =>
      Object.fromEntries(Object.entries(entries).filter(([, entry]) => entry !== undefined)),
    );
  return fc.option(stored, { nil: undefined, freq: 4 });
}

const object: fc.Arbitrary<WorldObject> = fc.record({
  readers,
  title: maybe(fc.constantFrom('a', 'b', 'ab')),
  rank: maybe(fc.integer({ min: 0, max: 2 })),
  tags: maybe(fc.subarray(['x', 'y'])),
  owner: maybe(indexBelow(USERS)),
  editors: maybe(someOf(USERS)),
  next: maybe(fc.oneof(indexBelow(OBJECTS), indexBelow(OBJECTS), fc.constant(9))),
  links: someOf(OBJECTS),
  fans: someOf(USERS),
});

const THING_COLUMNS = ['title', 'rank', 'tags', 'owner', 'editors', 'next', 'links', 'fans'];

const worldClass: fc.Arbitrary<WorldClass> = fc.record({
  nextTarget: fc.constantFrom(...THINGS),
  linksTarget: fc.constantFrom(...THINGS),
  permissions: permissions(THING_COLUMNS, ['owner', 'editors']),
  objects: many(object, OBJECTS),
});

/** Random worlds: classes, permissions, hidden columns, users, nested roles and objects. */
export const parityWorld: fc.Arbitrary<ParityWorld> = fc.record({
  classes: fc.record({ Alpha: worldClass, Beta: worldClass, Gamma: worldClass }),
  userPermissions: permissions(['username', 'nick', 'friend'], ['friend']),
  rolePermissions: permissions(['name', 'users', 'roles'], []),
  users: many(
    fc.record({
      readers,
      nick: maybe(fc.constantFrom('a', 'b')),
      friend: maybe(indexBelow(USERS)),
    }),
    USERS,
  ),
  roles: many(
    fc.record({
      readers,
      users: someOf(USERS),
      roles: fc.subarray([0, 1, 2, 3], { maxLength: 2 }),
    }),
    ROLES,
  ),
});
