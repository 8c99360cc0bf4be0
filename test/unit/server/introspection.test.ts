import { setImmediate as nextTurn } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { execute, getIntrospectionQuery, parse } from 'graphql';
import { expect, test } from 'vitest';
import { buildApi } from '../../../src/api/build-api.ts';
import { IntrospectedSchema } from '../../../src/server/introspection/introspected-schema.ts';
import { jsonStream } from '../../../src/server/introspection/json-stream.ts';
import { createTurnTaker } from '../../../src/server/take-turns.ts';
import { catalogOf, sampleCatalog } from '../../support/api-catalog.ts';
import { manyClassRows } from '../../support/many-classes.ts';

const small = buildApi(sampleCatalog).schema;
const large = buildApi(catalogOf(manyClassRows(60))).schema;
const whole = getIntrospectionQuery({ inputValueDeprecation: true, schemaDescription: true });

test.each([
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
    'query { ...a } fragment a on Query { __schema { ...b } } fragment b on __Schema { queryType { name fields { name args { name } } } }',
  ],
  [
    'types by name',
    large,
    '{ __type(name: "Query") { name fields { name } } __schema { types { name interfaces { name } possibleTypes { name } } directives { name } } health }',
  ],
])('a schema that is told in turns is told alike: %s', async (_title, schema, query) => {
  const document = parse(query);
  const told = await execute({
    schema: new IntrospectedSchema(schema, createTurnTaker()),
    document,
  });
  const expected = await execute({ schema, document });
  expect(JSON.parse(await text(jsonStream(told)))).toEqual(JSON.parse(JSON.stringify(expected)));
});

test('others have their turn meanwhile', async () => {
  let isDone = false;
  let turns = 0;
  const schema = new IntrospectedSchema(large, createTurnTaker());
  const telling = Promise.resolve(execute({ schema, document: parse(whole) })).then(
    async (result) => {
      await text(jsonStream(result));
      isDone = true;
    },
  );
  while (!isDone) {
    await nextTurn();
    turns += 1;
  }
  await telling;
  expect(turns).toBeGreaterThan(10);
});
