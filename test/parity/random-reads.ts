import fc from 'fast-check';
import type { ClassCatalog, ClassSchema } from '../../src/parse/class-schema.ts';
import type { Field, FieldKind } from '../../src/parse/field-type.ts';
import type { Caller } from './read-corpus.ts';

/** One random document, and who asks. */
export interface RandomRead {
  readonly document: string;
  readonly caller: Caller;
}

/** A value in a document: what is written there. */
type Literal = string;

/** The values that objects have: `Employee.salary` → `0.5`, `1000.5`. */
export type KnownValues = ReadonlyMap<string, readonly Literal[]>;

interface World {
  readonly catalog: ClassCatalog;
  readonly values: KnownValues;
}

/** Lists by class; other classes are only met through pointers. */
const LISTS = { Employee: 'employees', Team: 'teams', Company: 'companies', Country: 'countries' };

const SCALARS: readonly FieldKind[] = ['String', 'Number', 'Boolean', 'Date'];

const STRANGERS: Partial<Record<FieldKind, readonly Literal[]>> = {
  String: ['""', '"zz"', '"Ann"'],
  Number: ['0', '-1', '1e3'],
  Boolean: ['true', 'false'],
  Date: ['"2000-01-01T00:00:00.000Z"'],
};

/**
 * Documents made of the classes: a list, sometimes of one object's relation, with random filters, orders, pages and selections down
 * pointers and relations. Orders end with `objectId`, so that both servers must give the same rows.
 */
export function randomReads(world: World): fc.Arbitrary<RandomRead> {
  const document = fc
    .constantFrom(...Object.entries(LISTS))
    .chain(([className, list]) =>
      connection(world, classNamed(world, className), 3).map((body) => `{ ${list}${body} }`),
    );
  return fc.record({
    document,
    caller: fc.constantFrom('master', 'anonymous', 'alice', 'bob'),
  });
}

function classNamed({ catalog }: World, className: string): ClassSchema {
  const schema = catalog.classes.get(className);
  if (schema === undefined) throw new Error(`no class ${className}`);
  return schema;
}

/** Arguments and selection of one list. */
function connection(world: World, schema: ClassSchema, depth: number): fc.Arbitrary<string> {
  return fc
    .record({
      where: fc.option(where(world, schema, 2), { freq: 1, nil: undefined }),
      order: order(schema),
      first: fc.option(fc.integer({ min: 0, max: 9 }), { freq: 1, nil: undefined }),
      skip: fc.option(fc.integer({ min: 0, max: 4 }), { freq: 1, nil: undefined }),
      hasCount: fc.boolean(),
      node: selection(world, schema, depth),
    })
    .map(({ where: filter, order: keys, first, skip, hasCount, node }) => {
      const args = [
        `order: [${keys.join(', ')}]`,
        filter === undefined ? '' : `where: ${filter}`,
        first === undefined ? '' : `first: ${first}`,
        skip === undefined ? '' : `skip: ${skip}`,
      ].filter((arg) => arg !== '');
      return `(${args.join(', ')}) { ${hasCount ? 'count ' : ''}edges { node { ${node} } } }`;
    });
}

function order(schema: ClassSchema): fc.Arbitrary<readonly string[]> {
  const columns = [...schema.fields.values()]
    .filter(({ type }) => SCALARS.includes(type.kind))
    .map(({ name }) => name);
  const key = fc
    .tuple(fc.constantFrom(...columns), fc.constantFrom('ASC', 'DESC'))
    .map(([name, way]) => `${name}_${way}`);
  return fc.array(key, { maxLength: 2 }).map((keys) => [...keys, 'objectId_ASC']);
}

function selection(world: World, schema: ClassSchema, depth: number): fc.Arbitrary<string> {
  const shown = [...schema.fields.values()].flatMap((field): fc.Arbitrary<string>[] => {
    if (SCALARS.includes(field.type.kind)) return [fc.constant(field.name)];
    const target = targetOf(world, field);
    if (target === undefined || depth <= 1) return [];
    return field.type.kind === 'Pointer'
      ? [selection(world, target, depth - 1).map((inner) => `${field.name} { ${inner} }`)]
      : [connection(world, target, depth - 2).map((inner) => `${field.name}${inner}`)];
  });
  // One arbitrary per field, each taken or not: a field twice would have to agree with itself.
  return fc
    .tuple(...shown.map((field) => fc.option(field, { freq: 1, nil: '' })))
    .map((fields) => ['objectId', ...fields.filter((field) => field !== '')].join(' '));
}

function targetOf(world: World, { type }: Field): ClassSchema | undefined {
  if (type.kind !== 'Pointer' && type.kind !== 'Relation') return undefined;
  // Users hide columns by rules that have their own corpus.
  return type.targetClass in LISTS ? classNamed(world, type.targetClass) : undefined;
}

function where(world: World, schema: ClassSchema, depth: number): fc.Arbitrary<string> {
  const columns = [...schema.fields.values()].flatMap((field): fc.Arbitrary<string>[] => {
    const { kind } = field.type;
    if (SCALARS.includes(kind)) {
      const known = world.values.get(`${schema.className}.${field.name}`) ?? [];
      const value = fc.constantFrom(...known, ...(STRANGERS[kind] ?? []));
      return [operators(kind, value).map((inner) => `{ ${field.name}: { ${inner} } }`)];
    }
    const target = targetOf(world, field);
    if (target === undefined || depth === 0) return [];
    return [
      fc
        .tuple(fc.constantFrom('have', 'haveNot'), where(world, target, depth - 1))
        .map(([name, inner]) => `{ ${field.name}: { ${name}: ${inner} } }`),
    ];
  });
  const plain = fc.oneof(...columns);
  if (depth === 0) return plain;
  const joined = fc
    .tuple(
      fc.constantFrom('OR', 'AND', 'NOR'),
      fc.array(where(world, schema, depth - 1), { minLength: 1, maxLength: 3 }),
    )
    .map(([name, parts]) => `{ ${name}: [${parts.join(', ')}] }`);
  return fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: joined });
}

function operators(kind: FieldKind, value: fc.Arbitrary<Literal>): fc.Arbitrary<string> {
  const exists = fc.boolean().map((is) => `exists: ${is}`);
  const equal = fc
    .tuple(fc.constantFrom('equalTo', 'notEqualTo'), value)
    .map(([name, text]) => `${name}: ${text}`);
  if (kind === 'Boolean') return fc.oneof(exists, equal);
  const ordered = ['lessThan', 'lessThanOrEqualTo', 'greaterThan', 'greaterThanOrEqualTo'];
  const compared = fc
    .tuple(fc.constantFrom(...ordered), value)
    .map(([name, text]) => `${name}: ${text}`);
  const listed = fc
    .tuple(fc.constantFrom('in', 'notIn'), fc.array(value, { maxLength: 3 }))
    .map(([name, texts]) => `${name}: [${texts.join(', ')}]`);
  const range = fc
    .tuple(value, value)
    .map(([low, high]) => `greaterThan: ${low}, lessThanOrEqualTo: ${high}`);
  return fc.oneof(exists, equal, compared, listed, range);
}

/** What the documents may compare with: the values that are there, read through `ask`. */
export async function readKnownValues(
  catalog: ClassCatalog,
  ask: (document: string) => Promise<{ readonly data?: unknown }>,
): Promise<KnownValues> {
  const values = new Map<string, readonly Literal[]>();
  for (const [className, list] of Object.entries(LISTS)) {
    const columns = [...(catalog.classes.get(className)?.fields.values() ?? [])]
      .filter(({ type }) => SCALARS.includes(type.kind))
      .map(({ name }) => name);
    const { data } = await ask(`{ ${list} { edges { node { ${columns.join(' ')} } } } }`);
    const { edges } = (data as Record<string, { edges: { node: Record<string, unknown> }[] }>)[
      list
    ] ?? { edges: [] };
    for (const name of columns) {
      const found = edges
        .map(({ node }) => node[name])
        .filter((each) => each !== null && each !== undefined);
      values.set(`${className}.${name}`, [...new Set(found.map((each) => JSON.stringify(each)))]);
    }
  }
  return values;
}
