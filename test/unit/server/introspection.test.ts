import { setImmediate as nextTurn } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import {
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  getIntrospectionQuery,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql';
import { expect, test } from 'vitest';
import { buildApi } from '../../../src/api/build-api.ts';
import { introspectiveOperation } from '../../../src/server/introspection/introspective-operation.ts';
import { textChunks } from '../../../src/server/introspection/text-chunks.ts';
import { catalogOf, sampleCatalog } from '../../support/api-catalog.ts';
import { manyClassRows } from '../../support/many-classes.ts';

const small = buildApi(sampleCatalog).schema;
const large = buildApi(catalogOf(manyClassRows(60))).schema;
const whole = getIntrospectionQuery({
  ...{ inputValueDeprecation: true, schemaDescription: true, directiveIsRepeatable: true },
  ...{ specifiedByUrl: true, oneOf: true },
});
const OF_TYPE = `
  query($all: Boolean = true, $name: String!, $no: Boolean = false) {
    __type(name: $name) {
      __typename kind name description isOneOf
      fields(includeDeprecated: $all) { name args { name defaultValue type { ...ref } } type { ...ref } }
      inputFields(includeDeprecated: $all) { name defaultValue type { ...ref } }
      enumValues { name description isDeprecated deprecationReason }
      interfaces { name } possibleTypes { name fields { name } }
      skipped: name @include(if: $no)
      kind @skip(if: $no)
    }
  }
  fragment ref on __Type { kind name ...deep }
  fragment deep on __Type { ofType { kind name ofType { kind name ofType { name } } } }`;

/** The answer, as it is told. */
async function tell(args: ExecutionArgs): Promise<unknown> {
  const operation = introspectiveOperation(args);
  if (operation === undefined) throw new Error('the operation asks nothing about the schema');
  const rest: ExecutionResult =
    operation.rest === undefined
      ? { data: {} }
      : await execute({ ...args, document: operation.rest });
  return JSON.parse(await text(textChunks(operation.dataText(rest.data))));
}

type Case = [
  title: string,
  schema: GraphQLSchema,
  query: string,
  variables?: Record<string, unknown>,
];

const typesOf = (schema: GraphQLSchema, ...names: readonly string[]) =>
  names.map((name): Case => [`the type ${name}`, schema, OF_TYPE, { name }]);

test.each<Case>([
  ['graphql’s own query', small, whole],
  ['graphql’s own query of many classes', large, whole],
  [
    'aliases',
    small,
    '{ a: __schema { types { name } } b: __schema { types { kind fields { name } } } }',
  ],
  [
    'fragments',
    large,
    'query { ...a ... on Query { __schema { directives { args { name } } } } } fragment a on Query { __schema { ...b } } fragment b on __Schema { queryType { name fields { name args { name } } } }',
  ],
  [
    'what is asked beside it, in its order',
    large,
    '{ one: __typename __type(name: "Query") { name fields { name } } __schema { types { name interfaces { name } possibleTypes { name } } directives { name } } two: __typename ...rest } fragment rest on Query { __typename a: __type(name: "No\\u0022ne") { name } }',
  ],
  [
    'one operation of several',
    small,
    'query A { __typename } query B { __schema { queryType { name } } }',
  ],
  ...typesOf(large, 'Query', 'Mutation', 'Subscription', 'ArrayResult', 'ParseObject', 'Node'),
  ...typesOf(small, 'UserOrder', 'UserWhereInput', 'CreateUserFieldsInput', 'Date', 'Nothing'),
])('a schema is told alike: %s', async (_title, schema, query, variableValues = {}) => {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  const operationName = query.includes('query B') ? 'B' : undefined;
  const args = { schema, document, variableValues, operationName };
  const expected = await execute(args);
  expect(expected.errors).toBeUndefined();
  const told = await tell(args);
  expect(JSON.stringify(told)).toBe(JSON.stringify(expected.data));
});

test.each([
  ['nothing about the schema', '{ __typename }'],
  ['of the schema in a text only', '{ health: __typename @include(if: true) # __schema\n }'],
  ['what is skipped', '{ __schema @skip(if: true) { queryType { name } } __typename }'],
  ['a variable of another type', 'query($name: String!) { __type(name: $name) { name } }'],
])('an operation is left to graphql that asks %s', (_title, query) => {
  const args = { schema: small, document: parse(query), variableValues: { name: 1 } };
  expect(introspectiveOperation(args)).toBeUndefined();
});

test.each([
  ['the whole', whole],
  ['a root', '{ __type(name: "Mutation") { fields { args { type { inputFields { name } } } } } }'],
])('others have their turn meanwhile: %s', async (_title, query) => {
  let isDone = false;
  let turns = 0;
  // Of a root with so few fields a fast machine tells in a turn or two.
  const { schema } = buildApi(catalogOf(manyClassRows(400)));
  const telling = tell({ schema, document: parse(query) }).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await nextTurn();
    turns += 1;
  }
  await telling;
  expect(turns).toBeGreaterThan(2);
});
