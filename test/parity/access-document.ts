import fc from 'fast-check';
import { THINGS, objectIdOf, roleIdOf, userIdOf, type Thing } from './access-world.ts';

/** Who asks in the documents: keys, nobody, or one of the world's users. */
export const PRINCIPALS = [
  'anonymous',
  '@u0',
  '@u1',
  '@u2',
  '@u3',
  'master',
  'readOnlyMaster',
] as const;
export type ParityPrincipal = (typeof PRINCIPALS)[number];

/** What is asked of an object. */
export interface AskedObject {
  readonly columns: readonly string[];
  readonly pointers: readonly { readonly name: string; readonly object: AskedObject }[];
  readonly relations: readonly { readonly name: string; readonly list: AskedList }[];
}

/** What is asked of a list of objects. */
export interface AskedList {
  /** Without braces; empty for everything. */
  readonly where: string;
  readonly order: readonly string[];
  readonly first: number | undefined;
  readonly skip: number | undefined;
  readonly isCounted: boolean;
  readonly object: AskedObject | undefined;
}

/** One document of one root field, and who sends it. */
export interface ParityDocument {
  readonly principal: ParityPrincipal;
  readonly root:
    | { readonly kind: 'list'; readonly name: string; readonly list: AskedList }
    | {
        readonly kind: 'object';
        readonly name: string;
        readonly id: string;
        readonly object: AskedObject;
      };
}

/** As text, still with `@` in its ids. */
export function printDocument({ root }: ParityDocument): string {
  return root.kind === 'list'
    ? `{ ${printList(root.name, root.list)} }`
    : `{ ${root.name}(id: "${root.id}") ${printObject(root.object)} }`;
}

function printList(name: string, list: AskedList): string {
  const { where, order, first, skip, isCounted, object } = list;
  const parts = [
    where !== '' && `where: { ${where} }`,
    `order: [${[...order, 'objectId_ASC'].join(', ')}]`,
    first !== undefined && `first: ${first}`,
    skip !== undefined && `skip: ${skip}`,
  ].filter((part) => part !== false);
  const selected = [
    isCounted && 'count',
    object !== undefined && `edges { node ${printObject(object)} }`,
  ].filter((part) => part !== false);
  return `${name}(${parts.join(', ')}) { ${selected.join(' ')} }`;
}

function printObject({ columns, pointers, relations }: AskedObject): string {
  const parts = [
    ...columns,
    ...pointers.map(({ name, object }) => `${name} ${printObject(object)}`),
    ...relations.map(({ name, list }) => printList(name, list)),
  ];
  return `{ ${parts.join(' ')} }`;
}

/** The kinds of class a document can be about; the three things have the same columns. */
type Kind = 'thing' | 'user' | 'role';

const COLUMNS: Readonly<Record<Kind, readonly string[]>> = {
  thing: ['title', 'rank', 'tags { ... on Element { value } }', 'createdAt'],
  user: ['username', 'nick', 'email', 'updatedAt'],
  role: ['name'],
};
const POINTERS: Readonly<Record<Kind, readonly (readonly [string, Kind])[]>> = {
  thing: [
    ['next', 'thing'],
    ['owner', 'user'],
  ],
  user: [['friend', 'user']],
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
/** Not by `createdAt`: Parse Server then cuts a relation by its join rows, before it counts. */
const ORDERED_BY: Readonly<Record<Kind, readonly string[]>> = {
  thing: ['title', 'rank', 'owner', 'next'],
  user: ['username', 'nick', 'friend', 'email'],
  role: ['name'],
};

function someIdsOf(kind: Kind): readonly string[] {
  const indexes = [0, 1, 2, 3];
  if (kind === 'user') return [...indexes.map(userIdOf), '@none'];
  if (kind === 'role') return [...indexes.map(roleIdOf), '@none'];
  return [...THINGS.flatMap((name) => indexes.map((index) => objectIdOf(name, index))), '@none'];
}

interface Condition {
  readonly column: string;
  readonly text: string;
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

const on = (column: string, texts: fc.Arbitrary<string>): fc.Arbitrary<Condition> =>
  texts.map((text) => ({ column, text }));

function idCondition(kind: Kind): fc.Arbitrary<Condition> {
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
  const nested = where(kind, depth - 1);
  return fc.oneof(
    { weight: 4, arbitrary: nested.map((text) => `{ have: { ${text} } }`) },
    { weight: 2, arbitrary: nested.map((text) => `{ haveNot: { ${text} } }`) },
    { weight: 1, arbitrary: fc.constantFrom('{ exists: true }', '{ exists: false }') },
  );
}

/** Values of a column of another class, by a query of its own; of objects that have one, since Parse Server counts `null` as a value. */
const keyOfQuery: fc.Arbitrary<string> = fc
  .record({
    operator: fc.constantFrom('inQueryKey', 'notInQueryKey'),
    className: fc.constantFrom<Thing>(...THINGS),
    where: fc.constantFrom('{ title: { exists: true } }', '{ title: { equalTo: "a" } }'),
  })
  .map(
    ({ operator, className, where: inner }) =>
      `{ ${operator}: { query: { className: "${className}", where: ${inner} }, key: "title" } }`,
  );

function simpleConditions(kind: Kind): readonly fc.Arbitrary<Condition>[] {
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

function condition(kind: Kind, depth: number): fc.Arbitrary<Condition> {
  const simple = [...simpleConditions(kind), ...simpleConditions(kind), idCondition(kind)];
  if (depth === 0) return fc.oneof(...simple);
  const linked = [...POINTERS[kind], ...RELATIONS[kind]].map(([name, target]) =>
    on(name, have(target, depth)),
  );
  const parts = (partDepth: number) =>
    fc.array(where(kind, partDepth), { minLength: 1, maxLength: 2 });
  // Parse Server overlooks relations inside NOR, so none are put there.
  const nested = fc
    .oneof(
      fc.record({ logic: fc.constantFrom('OR', 'AND'), parts: parts(depth - 1) }),
      fc.record({ logic: fc.constant('NOR'), parts: parts(0) }),
    )
    .map(({ logic, parts: alternatives }) => ({
      column: logic,
      text: `[${alternatives.map((text) => `{ ${text} }`).join(', ')}]`,
    }));
  const byKey = kind === 'thing' ? [on('title', keyOfQuery)] : [];
  return fc.oneof(...simple, ...linked, ...byKey, nested);
}

/** Up to two conditions on different columns; never none, since an empty object means different things inside `OR`. */
function where(kind: Kind, depth: number): fc.Arbitrary<string> {
  return fc
    .uniqueArray(condition(kind, depth), {
      minLength: 1,
      maxLength: 2,
      selector: ({ column }) => column,
    })
    .map((chosen) => chosen.map(({ column, text }) => `${column}: ${text}`).join(', '));
}

function atMostOne<T>(items: readonly T[]): fc.Arbitrary<readonly T[]> {
  return fc.constantFrom([], ...items.map((item) => [item]));
}

function askedObject(kind: Kind, depth: number): fc.Arbitrary<AskedObject> {
  return fc
    .record({
      columns: fc.subarray([...COLUMNS[kind]]),
      pointers: depth === 0 ? fc.constant([]) : atMostOne(POINTERS[kind]),
      relations: depth === 0 ? fc.constant([]) : atMostOne(RELATIONS[kind]),
    })
    .chain(({ columns, pointers, relations }) =>
      fc.record({
        columns: fc.constant(['objectId', ...columns]),
        pointers: fc.tuple(
          ...pointers.map(([name, target]) =>
            askedObject(target, depth - 1).map((object) => ({ name, object })),
          ),
        ),
        relations: fc.tuple(
          ...relations.map(([name, target]) =>
            askedList(target, 0).map((list) => ({ name, list })),
          ),
        ),
      }),
    );
}

function askedList(kind: Kind, depth: number): fc.Arbitrary<AskedList> {
  const direction = fc.constantFrom('ASC', 'DESC');
  const key = fc
    .tuple(fc.constantFrom(...ORDERED_BY[kind]), direction)
    .map(([column, way]) => `${column}_${way}`);
  return fc
    .record({
      where: fc.oneof(fc.constant(''), where(kind, 1), where(kind, depth === 0 ? 0 : 2)),
      order: fc.array(key, { maxLength: 1 }),
      first: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 2 }),
      skip: fc.option(fc.constant(1), { nil: undefined, freq: 2 }),
      isCounted: fc.boolean(),
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
    list: askedList(kind, 2),
  });
  const object = fc.record({
    kind: fc.constant('object' as const),
    name: fc.constantFrom(...OBJECT_NAMES[kind]),
    id: fc.constantFrom(...someIdsOf(kind)),
    object: askedObject(kind, 2),
  });
  return fc.oneof({ weight: 3, arbitrary: list }, { weight: 1, arbitrary: object.map(ownId) });
}

/** Three of four ids belong to the class that is asked. */
function ownId(asked: Extract<ParityDocument['root'], { kind: 'object' }>): ParityDocument['root'] {
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
  ),
});
