import { MongoClient } from 'mongodb';
import { expect } from 'vitest';
import type { GraphqlBody, TestGateway } from '../support/start-gateway.ts';
import { openWsClient, type WsClient } from '../support/ws-client.ts';

/** Headers of a user who is nobody special. */
export const ANN = { 'x-parse-session-token': 'r:ann' };
const CREATED = new Date('2024-01-01T00:00:00.000Z');

const permissions = {
  find: { '*': true },
  get: { '*': true },
  count: { '*': true },
  create: { '*': true },
  update: { '*': true },
  delete: { '*': true },
  addField: {},
  protectedFields: { '*': ['secret', 'vault', 'watchers', 'boss'] },
};

const SCHEMAS = [
  {
    _id: 'Note',
    title: 'string',
    secret: 'string',
    vault: 'object',
    boss: '*_User',
    watchers: 'relation<_User>',
    _metadata: { class_permissions: permissions },
  },
  { _id: 'Card', title: 'string', note: '*Note' },
  { _id: 'Closed', title: 'string', _metadata: { class_permissions: {} } },
  {
    _id: 'Owned',
    title: 'string',
    owner: '*_User',
    _metadata: {
      class_permissions: {
        ...permissions,
        find: { pointerFields: ['owner'] },
        get: { pointerFields: ['owner'] },
        protectedFields: {},
      },
    },
  },
  {
    _id: '_User',
    username: 'string',
    email: 'string',
    emailVerified: 'boolean',
    authData: 'object',
  },
  { _id: '_Role', name: 'string', users: 'relation<_User>', roles: 'relation<_Role>' },
  {
    _id: '_Session',
    user: '*_User',
    installationId: 'string',
    sessionToken: 'string',
    expiresAt: 'date',
    createdWith: 'object',
  },
] as const;

const times = { _created_at: CREATED, _updated_at: CREATED };
const ROWS: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  Note: [
    { _id: 'n1', title: 'one', secret: 'swordfish', vault: { code: 7 }, _p_boss: '_User$ann' },
    { _id: 'n2', title: 'two', secret: 'opensesame', vault: { code: 8 }, _p_boss: '_User$bob' },
  ],
  // The second bears what a note hides: whoever can compare the two would find it.
  Card: [
    { _id: 'c1', title: 'one', _p_note: 'Note$n1' },
    { _id: 'c2', title: 'swordfish' },
  ],
  Closed: [{ _id: 'x1', title: 'closed' }],
  Owned: [
    { _id: 'o1', title: "ann's", _p_owner: '_User$ann' },
    { _id: 'o2', title: "bob's", _p_owner: '_User$bob' },
  ],
  '_Join:watchers:Note': [{ _id: 'j1', owningId: 'n1', relatedId: 'ann' }],
  _User: ['ann', 'bob'].map((name) => ({
    _id: name,
    username: name,
    email: `${name}@example.org`,
    _hashed_password: '$2b$10$abcdefghijklmnopqrstuv',
    _rperm: ['*', name],
    _wperm: [name],
  })),
  _Session: ['ann', 'bob'].map((name) => ({
    _id: `s${name}`,
    _session_token: `r:${name}`,
    _p_user: `_User$${name}`,
    expiresAt: new Date('2099-01-01T00:00:00.000Z'),
  })),
};

/** Fills the database with notes that hide columns, owned objects, a closed class, two users and their sessions. */
export async function seedAdvisoryWorld(uri: string): Promise<void> {
  const client = await MongoClient.connect(uri);
  try {
    const db = client.db();
    const columns = { objectId: 'string', createdAt: 'date', updatedAt: 'date' };
    await db
      .collection<{ _id: string }>('_SCHEMA')
      .insertMany(SCHEMAS.map((row) => ({ ...columns, ...row })));
    for (const [name, rows] of Object.entries(ROWS)) {
      await db.collection(name).insertMany(rows.map((row) => ({ ...times, ...row })));
    }
  } finally {
    await client.close();
  }
}

/** Parse's number of each error. */
export const codesOf = ({ errors }: GraphqlBody) =>
  errors?.map(({ extensions }) => extensions['code']);

/** Nothing of what is protected, and no code but that of a refusal. */
export function expectRefused(body: GraphqlBody, code = 119): void {
  expect(new Set(codesOf(body))).toEqual(new Set([code]));
  expect(JSON.stringify(body)).not.toMatch(/opensesame|ann@|\$2b\$/);
}

/** A WebSocket of these connection parameters, besides the application id. */
export async function connect(
  { wsUrl, appId }: Pick<TestGateway, 'wsUrl' | 'appId'>,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<WsClient> {
  const client = await openWsClient(wsUrl, { 'X-Parse-Application-Id': appId, ...parameters });
  expect(await client.next()).toEqual({ type: 'connection_ack' });
  return client;
}

/** What the socket says first to a document. */
export async function firstAnswer(
  client: WsClient,
  query: string,
  variables?: object,
): Promise<GraphqlBody> {
  client.send({ type: 'subscribe', id: '1', payload: { query, ...(variables && { variables }) } });
  const { type, payload } = await client.next();
  const isList = type === 'error';
  return (isList ? { errors: payload } : payload) as GraphqlBody;
}
