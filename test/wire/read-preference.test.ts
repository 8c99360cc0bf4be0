import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADA_SESSION, seedGoldenWorld } from '../golden/seed-golden-world.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let test: TestGateway;

beforeAll(async () => {
  test = await startGateway({ seed: seedGoldenWorld });
  await test.graphql('{ teams { count edges { node { members { count } } } } }', {}, ada);
});

afterAll(async () => {
  await test.close();
});

const ada = { 'x-parse-session-token': ADA_SESSION };

/** `find Employee secondaryPreferred`: each command with the preference that it carries, in alphabetical order. */
async function preferences(document: string): Promise<readonly string[]> {
  test.takeCommands();
  const { errors } = await test.graphql(document, {}, ada);
  expect(errors).toBeUndefined();
  return test
    .takeCommands()
    .map(({ name, collection, body }) => {
      const preference = body['$readPreference'] as { readonly mode: string } | undefined;
      const place = collection.startsWith('test_') ? '*' : collection;
      return `${name} ${place} ${preference?.mode ?? '-'}`;
    })
    .toSorted();
}

const OWN = 'options: { readPreference: SECONDARY_PREFERRED }';
const ALL = `options: { readPreference: SECONDARY_PREFERRED, includeReadPreference: NEAREST, subqueryReadPreference: PRIMARY_PREFERRED }`;

it('commands carry none unless a client asks for one', async () => {
  const found = await preferences('{ employee(id: "ben") { manager { firstName } } }');
  expect(found).toEqual(['find Employee -', 'find Employee -']);
});

it.each([
  [
    'an object by id, and all it points at',
    `{ employee(id: "dan", ${OWN}) { manager { manager { company { name } } } } }`,
    [
      'find Company secondaryPreferred',
      ...Array<string>(3).fill('find Employee secondaryPreferred'),
    ],
  ],
  [
    'an object by id, and what it points at from elsewhere',
    `{ employee(id: "dan", ${ALL}) { manager { manager { company { name } } } } }`,
    [
      'find Company nearest',
      'find Employee nearest',
      'find Employee nearest',
      'find Employee secondaryPreferred',
    ],
  ],
  [
    'a list, its count and its pointers',
    `{ teams(${ALL}) { count edges { node { lead { firstName } featured { ... on Employee { firstName } } } } } }`,
    [
      'aggregate Team secondaryPreferred',
      'find Company nearest',
      'find Employee nearest',
      'find Team secondaryPreferred',
    ],
  ],
  [
    'nested queries on pointers, relations and keys',
    `{ employees(${ALL}, where: { company: { have: { country: { have: { code: { equalTo: "NO" } } } } } }) { count } }`,
    [
      'aggregate Employee secondaryPreferred',
      'find Company primaryPreferred',
      'find Country primaryPreferred',
    ],
  ],
  [
    'nested queries on relations, as the rows unless they have their own',
    `{ teams(${OWN}, where: { members: { have: { firstName: { equalTo: "Ann" } } } }) { edges { node { name } } } }`,
    [
      'find Employee secondaryPreferred',
      'find Team secondaryPreferred',
      'find _Join:members:Team secondaryPreferred',
    ],
  ],
  [
    'a relation level, whatever its parents have',
    `{ teams { edges { node { members(first: 1, ${ALL}) { count edges { node { company { name } } } } } } } }`,
    [
      'aggregate * secondaryPreferred',
      'aggregate _Join:members:Team secondaryPreferred',
      'find Company nearest',
      'find Team -',
    ],
  ],
  [
    'an order through a pointer',
    `{ employees(orderBy: [{ manager: firstName_ASC }], first: 1, ${OWN}) { edges { node { firstName } } } }`,
    ['aggregate Employee secondaryPreferred'],
  ],
])('%s', async (_what, document, expected) => {
  expect(await preferences(document)).toEqual(expected);
});

it('aliases of one object from different members do not share a read', async () => {
  const found = await preferences(
    `{ a: employee(id: "ben", ${OWN}) { manager { firstName } }
       b: employee(id: "ben", options: { readPreference: NEAREST }) { manager { firstName } }
       c: employee(id: "ben", ${OWN}) { manager { salary } } }`,
  );
  expect(found).toEqual([
    'find Employee nearest',
    'find Employee nearest',
    'find Employee secondaryPreferred',
    'find Employee secondaryPreferred',
  ]);
});
