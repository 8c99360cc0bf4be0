import { MongoClient, type Db } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/api/arguments/global-id.ts';
import { ADA_SESSION, seedGoldenWorld } from '../golden/seed-golden-world.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let test: TestGateway;
let client: MongoClient;
let database: Db;

beforeAll(async () => {
  test = await startGateway({ seed: seedGoldenWorld });
  client = await MongoClient.connect(test.uri);
  database = client.db();
});

afterAll(async () => {
  await client.close();
  await test.close();
});

beforeEach(() => {
  test.takeCommands();
});

/** The code of the one error; `undefined` when there is none. */
async function codeOf(mutation: string): Promise<unknown> {
  const { errors = [] } = await test.graphql(mutation, undefined, {
    'x-parse-session-token': ADA_SESSION,
  });
  expect(errors.length).toBeLessThan(2);
  return errors[0]?.extensions['code'];
}

async function rowOf(name: string, _id: string) {
  return database.collection<Record<string, unknown> & { _id: string }>(name).findOne({ _id });
}

async function membersOf(owningId: string): Promise<readonly string[]> {
  const rows = await database.collection('_Join:members:Team').find({ owningId }).toArray();
  return rows.map((row) => String(row['relatedId'])).sort();
}

const create = (fields: string) =>
  `mutation { createTeam(input: { fields: { name: "x", ${fields} } }) { team { objectId } } }`;
const update = (fields: string, id = 'red') =>
  `mutation { updateTeam(input: { id: "${id}", fields: { ${fields} } }) { team { objectId } } }`;

describe('what Parse Server does wrong with a write', () => {
  it('an ACL of null leaves an object as open as it was', async () => {
    expect(await codeOf(update('ACL: null'))).toBeUndefined();
    const row = await rowOf('Team', 'red');
    expect(Object.keys(row ?? {})).not.toContain('_rperm');
    expect(Object.keys(row ?? {})).not.toContain('_wperm');
  });

  it('a link to another class or to nothing is not stored', async () => {
    const teams = await database.collection('Team').countDocuments();
    expect(await codeOf(create(`company: { link: "${encodeGlobalId('Team', 'red')}" }`))).toBe(106);
    expect(await codeOf(create('company: { link: "nosuch" }'))).toBe(101);
    expect(await codeOf(create('members: { add: ["ann", "nosuch"] }'))).toBe(101);
    expect(await codeOf(create('members: { add: ["gus"] }'))).toBe(101);
    expect(await database.collection('Team').countDocuments()).toBe(teams);
    expect(await codeOf(update('company: { link: "nosuch" }'))).toBe(101);
    expect((await rowOf('Team', 'red'))?.['_p_company']).toBe('Company$acme');
  });

  it('nothing stays of a mutation that fails', async () => {
    const companies = await database.collection('Company').countDocuments();
    const inner = 'company: { createAndLink: { name: "inner" } }';
    expect(await codeOf(create(`${inner}, lead: {}`))).toBe(106);
    expect(await codeOf(create(`${inner}, lead: { link: "nosuch" }`))).toBe(101);
    expect(await codeOf(update(inner, 'nosuch'))).toBe(101);
    expect(await database.collection('Company').countDocuments()).toBe(companies);
  });

  it('null empties a relation, and a part that is null changes nothing', async () => {
    const before = await membersOf('green');
    expect(before.length).toBeGreaterThan(2);
    expect(await codeOf(update('members: { add: null }', 'green'))).toBeUndefined();
    expect(await codeOf(update('members: { add: null, remove: null }', 'green'))).toBeUndefined();
    expect(await membersOf('green')).toEqual(before);
    expect(await codeOf(update('members: { set: ["ann", "ben"] }', 'green'))).toBeUndefined();
    expect(await membersOf('green')).toEqual(['ann', 'ben']);
    expect(await codeOf(update('members: null', 'green'))).toBeUndefined();
    expect(await membersOf('green')).toEqual([]);
  });
});

describe('a command for each write', () => {
  it.each([
    ['a create', create('budget: 1'), ['insert']],
    ['an update', update('budget: 2'), ['findAndModify']],
    ['an update of what is not there', update('budget: 2', 'nosuch'), ['findAndModify']],
    [
      'a delete',
      'mutation { deleteTeam(input: { id: "empty" }) { team { name } } }',
      ['findAndModify'],
    ],
    ['a refused create', create('lead: {}'), []],
  ])('%s', async (_, mutation, commands) => {
    // The session is known after this.
    await codeOf('{ health }');
    test.takeCommands();
    await codeOf(mutation);
    expect(test.takeCommands().map(({ name }) => name)).toEqual(commands);
  });
});
