import {
  buildClientSchema,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  type IntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

/** One request with something bad in one place of one argument. */
export interface Probe {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** `teams(where) name.equalTo`. */
  readonly place: string;
}

/** Lists to walk besides the root fields: their elements' own arguments are reached through them. */
type Lists = Readonly<Record<string, string>>;

const id = (text: string): string => Buffer.from(text).toString('base64');

const TEXTS: readonly unknown[] = [
  ...[
    '',
    ' ',
    '\u0000',
    '\ud800',
    '$where',
    'a..$b',
    '__proto__',
    'constructor',
    '(',
    '(?=a)(a+)+$',
  ],
  ...[
    id('Team:red'),
    id('constructor:x'),
    id('arrayconnection:999999999999999'),
    'x'.repeat(5_000),
  ],
];
const NUMBERS: readonly unknown[] = [-1, 0, 0.5, 2_147_483_647, 2_147_483_648, 1e9, 1e308, '1'];
const JSON_VALUES: readonly unknown[] = [
  ...[
    [],
    {},
    [[]],
    { $where: '1' },
    { $function: {} },
    { 'a.b': 1 },
    { __op: 'Delete' },
    { _bsontype: 'Code' },
  ],
  ...[
    { __type: 'Date', iso: 'x' },
    { constructor: 1 },
    { constructor: [{}] },
    { name: { $regex: '(' } },
  ],
  ...[
    JSON.parse('{"__proto__":[{}]}') as unknown,
    { key: '$where', value: 1 },
    { $relatedTo: { key: 'x' } },
  ],
];
const DATES: readonly unknown[] = [
  '',
  'x',
  '+275760-09-13T00:00:00.000Z',
  '-271821-04-20T00:00:00.000Z',
  {},
  0,
];

/** What is bad for a scalar, or unusual; anything for those that are not listed. */
const BAD: Readonly<Record<string, readonly unknown[]>> = {
  ID: TEXTS,
  String: TEXTS,
  Int: NUMBERS,
  Float: NUMBERS,
  Boolean: ['true', 1],
  Any: [...JSON_VALUES, ...TEXTS.slice(0, 4)],
  Object: JSON_VALUES,
  Date: DATES,
  Bytes: ['%', {}, 1, 'AA=='],
  File: ['', {}, 1, '../x'],
};
const NO_INPUT: readonly unknown[] = [null, 'x', 7, [], [null], { nobody: 1 }];

/**
 * Bad values for every argument of every field that reads, found by introspection: whatever the API gets later is walked, too. Each
 * input type is entered once, wherever it is met first.
 */
export function* walkArguments(result: IntrospectionQuery, lists: Lists): Generator<Probe> {
  const schema = buildClientSchema(result);
  const entered = new Set<string>();
  for (const [holder, wrap] of holdersOf(lists)) {
    for (const field of Object.values(fieldsOf(schema, holder))) {
      for (const argument of field.args) {
        const others = field.args.filter((other) => other !== argument && isRequired(other));
        const given = [`${argument.name}: $bad`, ...others.map(({ name }) => `${name}: "x"`)];
        const selected = `${field.name}(${given.join(', ')}) ${selectionOf(field.type)}`;
        const query = `query ($bad: ${String(argument.type)}) { ${wrap(selected)} }`;
        for (const { path, value } of badValues(argument.type, [], entered)) {
          const place = `${field.name}(${argument.name}) ${path.join('.')}`;
          yield { query, variables: { bad: value }, place };
        }
      }
    }
  }
}

function holdersOf(lists: Lists): readonly [holder: string, wrap: (inner: string) => string][] {
  const below = (list: string) => (inner: string) =>
    `${list}(first: 2) { edges { node { ${inner} } } }`;
  const ofLists = Object.entries(lists).map(([type, list]) => [type, below(list)] as const);
  return [
    ['Query', (inner) => inner],
    ...ofLists.map(([type, wrap]): [string, typeof wrap] => [type, wrap]),
  ];
}

function fieldsOf(schema: GraphQLSchema, name: string) {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`${name} is no object type`);
  return type.getFields();
}

function isRequired({ type, defaultValue }: GraphQLArgument): boolean {
  return isNonNullType(type) && defaultValue === undefined;
}

function selectionOf(type: GraphQLOutputType): string {
  const named: GraphQLNamedType = getNamedType(type);
  if (!isObjectType(named) && !isInterfaceType(named)) return '';
  return 'edges' in named.getFields()
    ? '{ count edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage } }'
    : '{ __typename }';
}

interface Bad {
  readonly path: readonly string[];
  readonly value: unknown;
}

function* badValues(
  type: GraphQLInputType,
  path: readonly string[],
  entered: Set<string>,
): Generator<Bad> {
  const named = getNamedType(type);
  for (const value of badFor(named, entered)) {
    yield { path, value: holdsList(type) && value !== null ? [value] : value };
  }
  if (!isInputObjectType(named) || entered.has(named.name)) return;
  entered.add(named.name);
  const fields = Object.values(named.getFields());
  for (const field of fields) {
    const others = fields.filter((other) => other !== field && isNonNullType(other.type));
    const given = Object.fromEntries(others.map((other) => [other.name, sampleOf(other.type)]));
    for (const bad of badValues(field.type, [...path, field.name], entered)) {
      const value = { ...given, [field.name]: bad.value };
      yield { path: bad.path, value: holdsList(type) ? [value] : value };
    }
  }
}

/** Of inputs that were entered before only null, which columns and operators may each take in their own way. */
function badFor(named: GraphQLNamedType, entered: ReadonlySet<string>): readonly unknown[] {
  if (entered.has(named.name)) return [null];
  if (isInputObjectType(named) || isEnumType(named)) return NO_INPUT;
  return [null, ...(BAD[named.name] ?? NO_INPUT)];
}

function holdsList(type: GraphQLInputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}

/** Something that the type takes. */
function sampleOf(type: GraphQLInputType): unknown {
  const named = getNamedType(type);
  if (isEnumType(named)) return named.getValues()[0]?.name;
  if (!isInputObjectType(named))
    return named.name === 'Float' ? 1 : named.name === 'Object' ? {} : 'Team';
  const required = Object.values(named.getFields()).filter((field) => isNonNullType(field.type));
  return Object.fromEntries(required.map((field) => [field.name, sampleOf(field.type)]));
}
