import { MongoClient, type Db, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const LOG_IN = `mutation ($username: String!)
  { logIn(input: { username: $username, password: "pass" }) { viewer { sessionToken user { objectId email } } } }`;

let gateway: TestGateway;
let client: MongoClient;
let database: Db;

beforeAll(async () => {
  gateway = await startGateway({
    settings: { accountLockout: JSON.stringify({ threshold: 5, duration: 1 }) },
  });
  client = await MongoClient.connect(gateway.uri);
  database = client.db();
}, 60_000);

afterAll(async () => {
  await client.close();
  await gateway.close();
});

interface Made {
  readonly objectId: string;
  readonly username: string;
  readonly sessionToken: string;
}

let last = 0;

async function signUp(more = ''): Promise<Made> {
  const username = `wire${(last += 1)}`;
  const { data, errors } = await gateway.graphql(
    `mutation { signUp(input: { fields: { username: "${username}", password: "pass", email: "${username}@x.io" ${more} } })
      { viewer { sessionToken user { objectId } } } }`,
  );
  const payload = data?.['signUp'] as { viewer: { sessionToken: string; user: Made } } | undefined;
  if (payload === undefined) throw new Error(JSON.stringify(errors));
  return {
    username,
    objectId: payload.viewer.user.objectId,
    sessionToken: payload.viewer.sessionToken,
  };
}

const bearing = (sessionToken: string) => ({ 'x-parse-session-token': sessionToken });
const sessionsOf = (objectId: string) =>
  database.collection('_Session').countDocuments({ _p_user: `_User$${objectId}` });
const commands = () =>
  gateway.takeCommands().map(({ name, collection }) => `${name} ${collection}`);

describe('what accounts cost', () => {
  it('signing up: two looks at names, two rows, the roles and the user', async () => {
    await signUp();
    gateway.takeCommands();
    await signUp();
    expect(commands()).toEqual([
      'find _User',
      'find _User',
      'insert _User',
      'insert _Session',
      'find _Join:users:_Role',
      'find _User',
    ]);
  });

  it('logging in again: the user, the count of failures, a row and the user', async () => {
    const { username } = await signUp();
    gateway.takeCommands();
    await gateway.graphql(LOG_IN, { username });
    expect(commands()).toEqual([
      'find _User',
      'findAndModify _User',
      'insert _Session',
      'find _User',
    ]);
  });

  it('the first request of a new session: only what it asks for', async () => {
    const { sessionToken } = await signUp();
    gateway.takeCommands();
    await gateway.graphql('{ viewer { user { username } } }', {}, bearing(sessionToken));
    expect(commands()).toEqual(['find _User']);
  });

  it('logging out: one command', async () => {
    const { sessionToken } = await signUp();
    gateway.takeCommands();
    await gateway.graphql('mutation { logOut(input: {}) { ok } }', {}, bearing(sessionToken));
    expect(commands()).toEqual(['findAndModify _Session']);
  });

  it('a new password: one change, the sessions, another session', async () => {
    const { objectId, sessionToken } = await signUp();
    gateway.takeCommands();
    await gateway.graphql(
      `mutation { updateUser(input: { id: "${objectId}", fields: { password: "next" } }) { viewer { sessionToken } } }`,
      {},
      bearing(sessionToken),
    );
    expect(commands()).toEqual(['findAndModify _User', 'delete _Session', 'insert _Session']);
  });
});

describe('who has just logged in', () => {
  it('sees what its own session may see, and so does what is nested', async () => {
    const { username } = await signUp();
    const { data } = await gateway.graphql(LOG_IN, { username });
    expect(data).toMatchObject({ logIn: { viewer: { user: { email: `${username}@x.io` } } } });
  });

  it('does not make its token that of the next mutation', async () => {
    const { username, objectId } = await signUp();
    const { data, errors } = await gateway.graphql(
      `mutation { first: logIn(input: { username: "${username}", password: "pass" }) { viewer { user { username } } }
        logOutOthers(input: {}) { count } }`,
    );
    expect(data?.['first']).toEqual({ viewer: { user: { username } } });
    expect(errors?.[0]?.extensions['code']).toBe(209);
    expect(await sessionsOf(objectId)).toBe(2);
  });
});

describe('users as objects', () => {
  it('are made without logging in', async () => {
    const { data } = await gateway.graphql(
      'mutation { createUser(input: { fields: { username: "plain", password: "pass" } }) { user { objectId username } } }',
    );
    const { user } = data?.['createUser'] as { user: Made };
    expect(await sessionsOf(user.objectId)).toBe(0);
    expect((await gateway.graphql(LOG_IN, { username: 'plain' })).errors).toBeUndefined();
  });

  it('are made inside of other objects, by the same rules', async () => {
    const note = (user: string) =>
      gateway.graphql(
        `mutation { createTravelNote(input: { fields: { title: "n", author: { createAndLink: ${user} } } }) { travelNote { author { username } } } }`,
        {},
        { 'x-parse-master-key': gateway.masterKey },
      );
    const made = await note('{ username: "nested", password: "pass" }');
    expect(made.errors?.[0]?.message).toBeUndefined();
    const row = await database.collection('_User').findOne<Document>({ username: 'nested' });
    expect(row?.['_hashed_password']).toMatch(/^\$2y\$10\$/);
    const notes = await database.collection('TravelNote').countDocuments();
    const again = await note('{ username: "NESTED", password: "pass" }');
    expect(again.errors?.[0]?.extensions['code']).toBe(202);
    expect(await database.collection('TravelNote').countDocuments()).toBe(notes);
  });

  it('keep their own rights when they replace their ACL', async () => {
    const { objectId, sessionToken } = await signUp();
    await gateway.graphql(
      `mutation { updateUser(input: { id: "${objectId}", fields: { ACL: { public: { read: true, write: false } } } }) { user { objectId } } }`,
      {},
      bearing(sessionToken),
    );
    const row = await database
      .collection<Document & { _id: string }>('_User')
      .findOne({ _id: objectId });
    expect([row?.['_rperm'], row?.['_wperm']]).toEqual([['*', objectId], [objectId]]);
  });
});
