import fc from 'fast-check';
import {
  PRINCIPALS,
  printWhere,
  type AskedCondition,
  type AskedList,
  type AskedObject,
  type AskedWhere,
  type ParityDocument,
} from './access-document.ts';
import { THINGS, objectIdOf, roleIdOf, userIdOf, type Thing } from './access-world.ts';

/** The kinds of class a document can be about; the three things have the same columns. */
type Kind = 'thing' | 'user' | 'role';

const ACL =
  'ACL { users { userId read write } roles { roleName read write } public { read write } }';
const COLUMNS: Readonly<Record<Kind, readonly string[]>> = {
  thing: ['id', 'title', 'rank', 'tags { ... on Element { value } }', 'createdAt', ACL],
  user: ['id', 'username', 'nick', 'email', 'updatedAt', ACL],
  role: ['name', ACL],
};
const POINTERS: Readonly<Record<Kind, readonly (readonly [string, Kind])[]>> = {
  thing: [
    ['next', 'thing'],
    ['owner', 'user'],
  ],
  user: [['friend', 'user']],
  role: [],
};
const ARRAYS: Readonly<Record<Kind, readonly string[]>> = {
  thing: ['editors'],
  user: [],
  role: [],
};
const RELATIONS: Readonly<Record<Kind, readonly (readonly [string, Kind])[]>> = {
  thing: [
    ['links', 'thing'],
    ['fans', 'user'],
  ],
  user: [],
  role: [
    ['users', 'user'],
    ['roles', 'role'],
  ],
};
const ORDERED_BY: Readonly<Record<Kind, readonly string[]>> = {
  thing: ['title', 'rank', 'owner', 'next', 'createdAt'],
  user: ['username', 'nick', 'friend', 'email', 'createdAt'],
  role: ['name', 'createdAt'],
};

function someIdsOf(kind: Kind): readonly string[] {
  const indexes = [0, 1, 2, 3];
  if (kind === 'user') return [...indexes.map(userIdOf), '@none'];
  if (kind === 'role') return [...indexes.map(roleIdOf), '@none'];
  return [...THINGS.flatMap((name) => indexes.map((index) => objectIdOf(name, index))), '@none'];
}

const textCondition = fc.constantFrom(
  '{ equalTo: "a" }',
  '{ notEqualTo: "a" }',
  '{ in: ["a", "b"] }',
  '{ notIn: ["a"] }',
  '{ exists: true }',
  '{ exists: false }',
  '{ matchesRegex: "^a" }',
  '{ greaterThan: "a" }',
);
const numberCondition = fc.constantFrom(
  '{ equalTo: 1 }',
  '{ notEqualTo: 1 }',
  '{ greaterThan: 0 }',
  '{ lessThanOrEqualTo: 1 }',
  '{ in: [0, 2] }',
  '{ exists: false }',
);

const on = (column: string, texts: fc.Arbitrary<string>): fc.Arbitrary<AskedCondition> =>
  texts.map((text) => ({ kind: 'text', column, text }));

function idCondition(kind: Kind): fc.Arbitrary<AskedCondition> {
  const id = fc.constantFrom(...someIdsOf(kind));
  return on(
    'objectId',
    fc.oneof(
      id.map((one) => `{ equalTo: "${one}" }`),
      id.map((one) => `{ in: ["${one}", "${someIdsOf(kind)[0]!}"] }`),
      id.map((one) => `{ notEqualTo: "${one}" }`),
    ),
  );
}

function have(kind: Kind, depth: number): fc.Arbitrary<string> {
  const nested = where(kind, { depth: depth - 1, isRoot: false }).map(printWhere);
  return fc.oneof(
    { weight: 4, arbitrary: nested.map((text) => `{ have: { ${text} } }`) },
    { weight: 2, arbitrary: nested.map((text) => `{ haveNot: { ${text} } }`) },
    { weight: 1, arbitrary: fc.constantFrom('{ exists: true }', '{ exists: false }') },
  );
}

/** Inside `have`, only of objects that have the column: differences do not look in there. */
function keyOfQuery(isRoot: boolean): fc.Arbitrary<AskedCondition> {
  const some = ['title: { exists: true }', 'title: { equalTo: "a" }'];
  return fc
    .record({
      operator: fc.constantFrom('inQueryKey', 'notInQueryKey'),
      className: fc.constantFrom<Thing>(...THINGS),
      where: isRoot
        ? fc.constantFrom('', 'rank: { exists: true }', 'title: { notEqualTo: "a" }', ...some)
        : fc.constantFrom(...some),
    })
    .map((key) => ({ kind: 'key', column: 'title', key }));
}

function simpleConditions(kind: Kind): readonly fc.Arbitrary<AskedCondition>[] {
  switch (kind) {
    case 'thing':
      return [
        on('title', textCondition),
        on('rank', numberCondition),
        on('tags', fc.constantFrom('{ contains: ["x"] }', '{ equalTo: "y" }', '{ in: ["x"] }')),
      ];
    case 'user':
      return [
        on('username', textCondition),
        on('nick', textCondition),
        on('email', fc.constantFrom('{ equalTo: "mail0" }', '{ exists: true }')),
      ];
    case 'role':
      return [on('name', fc.constantFrom('{ equalTo: "R0" }', '{ notEqualTo: "R1" }'))];
  }
}

/** How deep a filter may go, and whether it is the filter of the document's own list. */
interface Place {
  readonly depth: number;
  readonly isRoot: boolean;
}

function conditionsOn(
  kind: Kind,
  { depth, isRoot }: Place,
): readonly fc.Arbitrary<AskedCondition>[] {
  const simple = [...simpleConditions(kind), ...simpleConditions(kind), idCondition(kind)];
  if (depth === 0) return simple;
  const linked = [...POINTERS[kind], ...RELATIONS[kind]].map(([name, target]) =>
    on(name, have(target, depth)),
  );
  return [...simple, ...linked, ...(kind === 'thing' ? [keyOfQuery(isRoot)] : [])];
}

function condition(kind: Kind, place: Place): fc.Arbitrary<AskedCondition> {
  const plain = conditionsOn(kind, place);
  if (place.depth === 0) return fc.oneof(...plain);
  const deeper = { ...place, depth: place.depth - 1 };
  const parts = (part: fc.Arbitrary<AskedWhere>) => fc.array(part, { minLength: 1, maxLength: 2 });
  // Parse Server overlooks relations inside NOR: of a root, that is a difference of its own; elsewhere, none are put there.
  const insideNor = place.isRoot
    ? someOf(fc.oneof(...conditionsOn(kind, deeper)))
    : where(kind, { ...place, depth: 0 });
  const logic: fc.Arbitrary<AskedCondition> = fc.oneof(
    fc.record({
      kind: fc.constant('logic' as const),
      column: fc.constantFrom('OR' as const, 'AND' as const),
      parts: parts(where(kind, { ...deeper, isRoot: false })),
    }),
    fc.record({
      kind: fc.constant('logic' as const),
      column: fc.constant('NOR' as const),
      parts: parts(insideNor),
    }),
  );
  return fc.oneof(...plain, logic);
}

/** Up to two conditions on different columns; never none, since an empty object means different things inside `OR`. */
function where(kind: Kind, place: Place): fc.Arbitrary<AskedWhere> {
  return someOf(condition(kind, place));
}

function someOf(conditions: fc.Arbitrary<AskedCondition>): fc.Arbitrary<AskedWhere> {
  return fc.uniqueArray(conditions, {
    minLength: 1,
    maxLength: 2,
    selector: ({ column }) => column,
  });
}

function atMostOne<T>(items: readonly T[]): fc.Arbitrary<readonly T[]> {
  return fc.constantFrom([], ...items.map((item) => [item]));
}

function askedObject(kind: Kind, depth: number): fc.Arbitrary<AskedObject> {
  const links = [
    ...POINTERS[kind].map(([name, target]) => ({ name, target, isArray: false })),
    ...ARRAYS[kind].map((name) => ({ name, target: 'user' as const, isArray: true })),
  ];
  return fc
    .record({
      columns: fc.subarray([...COLUMNS[kind]]),
      pointers: depth === 0 ? fc.constant([]) : atMostOne(links),
      relations: depth === 0 ? fc.constant([]) : atMostOne(RELATIONS[kind]),
    })
    .chain(({ columns, pointers, relations }) =>
      fc.record({
        columns: fc.constant(['objectId', ...columns]),
        pointers: fc.tuple(
          ...pointers.map(({ name, target, isArray }) =>
            askedObject(target, depth - 1).map((object) => ({ name, isArray, object })),
          ),
        ),
        relations: fc.tuple(
          ...relations.map(([name, target]) =>
            askedList(target, { depth: 0, isRoot: false }).map((list) => ({ name, list })),
          ),
        ),
      }),
    );
}

function askedList(kind: Kind, { depth, isRoot }: Place): fc.Arbitrary<AskedList> {
  const direction = fc.constantFrom('ASC', 'DESC');
  const key = fc
    .tuple(fc.constantFrom(...ORDERED_BY[kind]), direction)
    .map(([column, way]) => `${column}_${way}`);
  return fc
    .record({
      where: fc.oneof(
        fc.constant([]),
        where(kind, { depth: 1, isRoot }),
        where(kind, { depth: isRoot ? 2 : 0, isRoot }),
      ),
      order: fc.array(key, { maxLength: 1 }),
      first: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 2 }),
      skip: fc.option(fc.constant(1), { nil: undefined, freq: 2 }),
      isCounted: fc.boolean(),
      isPaged: fc.constantFrom(true, false, false, false),
      object: fc.option(askedObject(kind, depth), { nil: undefined, freq: 4 }),
    })
    .map((list) =>
      list.isCounted || list.object !== undefined ? list : { ...list, isCounted: true },
    );
}

const LIST_NAMES: Readonly<Record<Kind, readonly string[]>> = {
  thing: ['alphas', 'betas', 'gammas'],
  user: ['users'],
  role: ['roles'],
};
const OBJECT_NAMES: Readonly<Record<Kind, readonly string[]>> = {
  thing: ['alpha', 'beta', 'gamma'],
  user: ['user'],
  role: ['role'],
};

function root(kind: Kind): fc.Arbitrary<ParityDocument['root']> {
  const list = fc.record({
    kind: fc.constant('list' as const),
    name: fc.constantFrom(...LIST_NAMES[kind]),
    list: askedList(kind, { depth: 2, isRoot: true }),
  });
  const object = fc.record({
    kind: fc.constant('object' as const),
    name: fc.constantFrom(...OBJECT_NAMES[kind]),
    id: fc.constantFrom(...someIdsOf(kind)),
    object: askedObject(kind, 2),
  });
  const node = object.map(ownId).map(({ name, id, object: asked }) => ({
    kind: 'node' as const,
    className: CLASS_NAMES[name] ?? name,
    id,
    object: asked,
  }));
  return fc.oneof(
    { weight: 9, arbitrary: list },
    { weight: 3, arbitrary: object.map(ownId) },
    { weight: 1, arbitrary: node },
  );
}

const CLASS_NAMES: Readonly<Record<string, string>> = {
  ...{ alpha: 'Alpha', beta: 'Beta', gamma: 'Gamma' },
  ...{ user: '_User', role: '_Role' },
};

const viewer: fc.Arbitrary<ParityDocument['root']> = askedObject('user', 2).map((object) => ({
  kind: 'viewer',
  object,
}));

type ObjectRoot = Extract<ParityDocument['root'], { kind: 'object' }>;

/** Three of four ids belong to the class that is asked. */
function ownId(asked: ObjectRoot): ObjectRoot {
  const letter = asked.name[0] ?? '';
  const isForeign = /^@[abc]\d$/.test(asked.id) && asked.id !== '@a0' && letter !== 'u';
  return isForeign ? { ...asked, id: asked.id.replace(/^@[abc]/, `@${letter}`) } : asked;
}

/** Random read documents, valid for every world, and who sends them. */
export const parityDocument: fc.Arbitrary<ParityDocument> = fc.record({
  principal: fc.constantFrom(
    ...PRINCIPALS.filter((name) => name !== 'readOnlyMaster'),
    ...(['anonymous', '@u0', '@u1', '@u2', '@u3', 'readOnlyMaster'] as const),
  ),
  root: fc.oneof(
    { weight: 8, arbitrary: root('thing') },
    { weight: 2, arbitrary: root('user') },
    { weight: 1, arbitrary: root('role') },
    { weight: 1, arbitrary: viewer },
  ),
});
