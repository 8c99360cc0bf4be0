import { MongoClient } from 'mongodb';

/** Sessions of the world: a user, and one that signed up anonymously. */
export const ALICE = 'r:alice';
export const GHOST = 'r:ghost';

const CLIENTS = { '*': true };
const OPEN = {
  find: CLIENTS,
  get: CLIENTS,
  count: CLIENTS,
  create: CLIENTS,
  update: CLIENTS,
  delete: CLIENTS,
  addField: CLIENTS,
  protectedFields: { '*': [] },
};

interface Row {
  readonly _id: string;
  readonly [column: string]: unknown;
}

/** A class with file columns, one that nobody may create, and two users. As Parse Server stores them. */
export async function seedFilesWorld(uri: string): Promise<void> {
  const client = await MongoClient.connect(uri);
  const database = client.db();
  const insert = async (name: string, rows: readonly Row[]): Promise<void> => {
    await database.collection<Row>(name).insertMany([...rows]);
  };
  try {
    await insert('_SCHEMA', [
      schemaRow('Doc', { title: 'string', file: 'file', other: 'file', child: '*Doc' }),
      schemaRow('Closed', { file: 'file' }, { ...OPEN, create: {} }),
      schemaRow('_User', { username: 'string', email: 'string', avatar: 'file' }),
      schemaRow('_Session', { user: '*_User', sessionToken: 'string', expiresAt: 'date' }),
      schemaRow('_Role', { name: 'string' }),
    ]);
    await insert('_User', [
      { _id: 'alice', username: 'alice' },
      { _id: 'ghost', username: 'x', _auth_data_anonymous: { id: 'x' } },
    ]);
    await insert('_Session', [sessionRow('alice', ALICE), sessionRow('ghost', GHOST)]);
  } finally {
    await client.close();
  }
}

function schemaRow(
  className: string,
  fields: Readonly<Record<string, string>>,
  permissions: object = OPEN,
): Row {
  return {
    _id: className,
    objectId: 'string',
    createdAt: 'date',
    updatedAt: 'date',
    ...fields,
    _metadata: { class_permissions: permissions },
  };
}

function sessionRow(user: string, token: string): Row {
  return {
    _id: `s${user}`,
    _p_user: `_User$${user}`,
    _session_token: token,
    expiresAt: new Date('2099-01-01'),
  };
}
