import fc from 'fast-check';
import type { ClassCatalog, ClassSchema } from '../../src/parse/class-schema.ts';
import type { Field, FieldKind } from '../../src/parse/field-type.ts';
import { CONDITIONS, nearCondition, oneOf } from './random-conditions.ts';
import type { Caller } from './read-corpus.ts';
import type { Json, ReadArguments, ReadList, ReadObject, ReadRoot } from './read-document.ts';

/** One random document, and who asks. */
export interface RandomRead {
  readonly root: ReadRoot;
  readonly caller: Caller;
}

/** The values that objects have: `Employee.salary` → 0.5, 1000.5. */
export type KnownValues = ReadonlyMap<string, readonly Json[]>;

interface World {
  readonly catalog: ClassCatalog;
  readonly values: KnownValues;
}

/** Root fields by class; other classes are only met through pointers. */
const ROOTS = {
  Employee: { list: 'employees', get: 'employee', ids: ['{{e0}}', '{{e5}}', '{{e7}}', '{{e9}}'] },
  Team: { list: 'teams', get: 'team', ids: ['{{deck}}', '{{galley}}', '{{shore}}'] },
  Company: { list: 'companies', get: 'company', ids: ['{{fjord}}', '{{empty}}'] },
  Country: { list: 'countries', get: 'country', ids: ['{{NO}}', '{{XX}}'] },
} as const;

const ORDERED: readonly FieldKind[] = ['String', 'Number', 'Boolean', 'Date'];

/** Columns whose arrays hold nulls, which are errors in Parse Server's answers. */
const HOLDING_NULLS = ['Company.tags', 'Team.featured'];

/** How a column is read. */
const SHOWN: Readonly<Record<Exclude<FieldKind, 'Pointer' | 'Relation'>, string>> = {
  String: '',
  Number: '',
  Boolean: '',
  Date: '',
  Object: '',
  Bytes: '',
  Array: ' { ... on Element { value } }',
  GeoPoint: ' { latitude longitude }',
  Polygon: ' { latitude longitude }',
  File: ' { name url }',
};

/**
 * Documents made of the classes: a list or an object, with random filters on every kind of column, orders, pages and selections down
 * pointers and relations; arguments as literals, as variables, as null. Orders end with `objectId`, so that both servers must give
 * the same rows. Some ask for what must be refused.
 */
export function randomReads(world: World): fc.Arbitrary<RandomRead> {
  const root = fc.constantFrom(...Object.entries(ROOTS)).chain(([className, names]) => {
    const schema = classNamed(world, className);
    const listed = listOf(world, schema, 3).map((list): ReadRoot => ({
      kind: 'list',
      name: names.list,
      list,
    }));
    const got = fc
      .tuple(fc.constantFrom(...names.ids, 'nosuchid00'), objectOf(world, schema, 3))
      .map(([id, object]): ReadRoot => ({ kind: 'object', name: names.get, id, object }));
    return oneOf({ weight: 5, arbitrary: listed }, { weight: 1, arbitrary: got });
  });
  return fc.record({
    root: oneOf({ weight: 9, arbitrary: root }, { weight: 1, arbitrary: refused(world) }),
    caller: fc.constantFrom('master', 'anonymous', 'alice', 'bob'),
  });
}

function classNamed({ catalog }: World, className: string): ClassSchema {
  const schema = catalog.classes.get(className);
  if (schema === undefined) throw new Error(`no class ${className}`);
  return schema;
}

/** Taken as often as not, and once in six. Not `fc.option`, which leaves out the more, the deeper it stands. */
const often = <Value>(value: fc.Arbitrary<Value>) =>
  fc.tuple(fc.boolean(), value).map(([isTaken, each]) => (isTaken ? each : undefined));
const seldom = <Value>(value: fc.Arbitrary<Value>) =>
  fc.tuple(fc.nat(5), value).map(([chance, each]) => (chance === 0 ? each : undefined));
const count = (max: number) =>
  oneOf(
    { weight: 9, arbitrary: fc.integer({ min: 0, max }) },
    { weight: 1, arbitrary: fc.constant(null) },
  );

/** Arguments and selection of one list. */
function listOf(
  world: World,
  schema: ClassSchema,
  depth: number,
  where = conditions(world, schema, 2),
): fc.Arbitrary<ReadList> {
  const args: fc.Arbitrary<ReadArguments> = fc.record({
    where: often(where),
    order: orderOf(schema),
    first: often(count(9)),
    skip: often(count(4)),
    last: seldom(count(5)),
    isVariable: fc.boolean(),
  });
  const plain = fc.record({
    className: fc.constant(schema.className),
    args,
    isCounted: fc.boolean(),
    hasPageInfo: fc.boolean(),
    object: objectOf(world, schema, depth),
  });
  // Parse Server fails for want of a count where the last rows of an empty list are asked for.
  const paged = plain.map((list): ReadList => {
    const { first, last } = list.args;
    if (typeof last !== 'number') return list;
    if (typeof first === 'number') return { ...list, args: { ...list.args, last: undefined } };
    return { ...list, isCounted: false, hasPageInfo: false };
  });
  const place = [...schema.fields.values()].find(({ type }) => type.kind === 'GeoPoint');
  if (place === undefined) return paged;
  // Parse Server answers 1 when such rows are counted, and tells of no further page.
  const near = fc.tuple(paged, nearCondition).map(([list, condition]): ReadList => ({
    ...list,
    args: { ...list.args, where: { [place.name]: condition }, last: undefined },
    isCounted: false,
    hasPageInfo: false,
  }));
  return oneOf({ weight: 9, arbitrary: paged }, { weight: 1, arbitrary: near });
}

function orderOf(schema: ClassSchema): fc.Arbitrary<readonly string[]> {
  const columns = [...schema.fields.values()]
    .filter(({ type }) => ORDERED.includes(type.kind))
    .map(({ name }) => name);
  const key = fc
    .tuple(fc.constantFrom(...columns), fc.constantFrom('ASC', 'DESC'))
    .map(([name, way]) => `${name}_${way}`);
  return fc.array(key, { maxLength: 2 }).map((keys) => [...keys, 'objectId_ASC']);
}

function objectOf(world: World, schema: ClassSchema, depth: number): fc.Arbitrary<ReadObject> {
  const fields = [...schema.fields.values()];
  const columns = fields.flatMap(({ name, type: { kind } }) => {
    const isShown = kind !== 'Pointer' && kind !== 'Relation';
    const holdsNulls = HOLDING_NULLS.includes(`${schema.className}.${name}`);
    return isShown && !holdsNulls ? [`${name}${SHOWN[kind]}`] : [];
  });
  const targets = (kind: FieldKind) =>
    fields.flatMap((field) => {
      const target = field.type.kind === kind ? targetOf(world, field) : undefined;
      return target === undefined || depth <= 1 ? [] : [{ name: field.name, target }];
    });
  // One arbitrary per field, each taken or not: a field twice would have to agree with itself.
  const someOf = <Value>(all: readonly fc.Arbitrary<Value>[]) =>
    fc
      .tuple(...all.map((each) => often(each)))
      .map((taken) => taken.filter((each) => each !== undefined));
  return fc.record({
    columns: fc.subarray(columns).map((names) => ['objectId', ...names]),
    pointers: someOf(
      targets('Pointer').map(({ name, target }) =>
        objectOf(world, target, depth - 1).map((object) => ({ name, object })),
      ),
    ),
    relations: someOf(
      targets('Relation').map(({ name, target }) =>
        listOf(world, target, depth - 2, plainConditions(world, target, 1)).map((list) => ({
          name,
          list: leadsOn(list) ? { ...list, args: { ...list.args, isVariable: false } } : list,
        })),
      ),
    ),
  });
}

/** A filter in a variable that leads to other objects is changed by the first parent in Parse Server, and wrong for the next. */
function leadsOn({ args: { where } }: ReadList): boolean {
  return /"(?:have|haveNot|exists)":/.test(JSON.stringify(where ?? null));
}

function targetOf(world: World, { type }: Field): ClassSchema | undefined {
  if (type.kind !== 'Pointer' && type.kind !== 'Relation') return undefined;
  // Users hide columns by rules that have their own corpus.
  return type.targetClass in ROOTS ? classNamed(world, type.targetClass) : undefined;
}

/** Without `OR`, `AND` and `NOR`, with which Parse Server fails inside relations. */
function plainConditions(
  world: World,
  schema: ClassSchema,
  depth: number,
  hasRelations = true,
): fc.Arbitrary<Json> {
  const { className } = schema;
  const columns = [...schema.fields.values()].flatMap((field): fc.Arbitrary<Json>[] => {
    const { name } = field;
    const { kind } = field.type;
    if (kind === 'Relation' && !hasRelations) return [];
    if (kind !== 'Pointer' && kind !== 'Relation') {
      const known = world.values.get(`${className}.${name}`) ?? [];
      return [CONDITIONS[kind]({ className, name, known }).map((given) => ({ [name]: given }))];
    }
    const target = targetOf(world, field);
    if (target === undefined || depth === 0) return [];
    const leading = fc
      .tuple(fc.constantFrom('have', 'haveNot'), conditions(world, target, depth - 1))
      .map(([word, inner]): Json => ({ [name]: { [word]: inner } }));
    const existing = fc.boolean().map((exists): Json => ({ [name]: { exists } }));
    return kind === 'Pointer' ? [leading, existing] : [leading];
  });
  return oneOf(...columns);
}

/** No relation stands inside `NOR`, where Parse Server overlooks it. */
function conditions(
  world: World,
  schema: ClassSchema,
  depth: number,
  hasRelations = true,
): fc.Arbitrary<Json> {
  const plain = plainConditions(world, schema, depth, hasRelations);
  if (depth === 0) return plain;
  const joined = fc.constantFrom('OR', 'AND', 'NOR').chain((word) => {
    const part = conditions(world, schema, depth - 1, hasRelations && word !== 'NOR');
    const parts = fc.array(part, { minLength: 1, maxLength: 3 });
    return parts.map((each): Json => ({ [word]: each }));
  });
  return oneOf({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: joined });
}

/** Documents that must be refused, or answered with nothing, whoever asks. */
function refused(world: World): fc.Arbitrary<ReadRoot> {
  const employees = listOf(world, classNamed(world, 'Employee'), 2);
  const bad: readonly Partial<ReadArguments>[] = [
    { first: -1 },
    { skip: -2 },
    { last: -3 },
    { after: 'no cursor' },
    { before: 'no cursor' },
    { where: { firstName: { matchesRegex: 'a', options: 'q' } } },
    { where: { company: { have: { name: { matchesRegex: 'a', options: 'q' } } } } },
  ];
  const broken = fc.tuple(employees, fc.constantFrom(...bad)).map(([list, args]): ReadRoot => ({
    kind: 'list',
    name: 'employees',
    // Where no row is asked for, Parse Server does not look at the filter.
    list: { ...list, args: { ...list.args, first: 3, skip: undefined, last: undefined, ...args } },
  }));
  const object: ReadObject = { columns: ['title'], pointers: [], relations: [] };
  const closed = fc
    .constantFrom(['Secret', 'secrets', 'level'] as const, ['Locked', 'lockeds', 'title'] as const)
    .chain(([className, name, column]) =>
      fc
        .record({ isCounted: fc.boolean(), hasPageInfo: fc.boolean(), isVariable: fc.boolean() })
        .map(({ isVariable, ...parts }): ReadRoot => ({
          kind: 'list',
          name,
          list: {
            className,
            object,
            args: {
              where: { [column]: { exists: true } },
              order: ['title_ASC', 'objectId_ASC'],
              first: undefined,
              skip: undefined,
              last: undefined,
              isVariable,
            },
            ...parts,
          },
        })),
    );
  return oneOf(broken, closed);
}

/** What the documents may compare with: the values that are there, read through `ask`. */
export async function readKnownValues(
  catalog: ClassCatalog,
  ask: (document: string) => Promise<{ readonly data?: unknown }>,
): Promise<KnownValues> {
  const values = new Map<string, readonly Json[]>();
  for (const [className, { list }] of Object.entries(ROOTS)) {
    const columns = [...(catalog.classes.get(className)?.fields.values() ?? [])]
      .filter(({ type }) => ORDERED.includes(type.kind))
      .map(({ name }) => name);
    const { data } = await ask(`{ ${list} { edges { node { ${columns.join(' ')} } } } }`);
    const { edges } = (data as Record<string, { edges: { node: Record<string, Json> }[] }>)[
      list
    ] ?? { edges: [] };
    for (const name of columns) {
      const found = edges.map(({ node }) => node[name]);
      const given = found.filter((each) => each !== null && each !== undefined);
      values.set(`${className}.${name}`, [...new Set(given)]);
    }
  }
  return values;
}
