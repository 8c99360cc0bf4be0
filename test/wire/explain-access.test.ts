import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../support/run-command-line.ts';
import { startGateway, type GraphqlBody, type TestGateway } from '../support/start-gateway.ts';

const times = { objectId: 'string', createdAt: 'date', updatedAt: 'date' };
const SCHEMAS = [
  {
    _id: 'Note',
    text: 'string',
    secret: 'string',
    author: '*_User',
    _metadata: {
      class_permissions: {
        find: { '*': true },
        get: { '*': true },
        count: { requiresAuthentication: true },
        create: { 'role:Staff': true },
        update: { pointerFields: ['author'] },
        delete: { 'role:Board': true },
        addField: {},
        protectedFields: { '*': ['secret'], 'role:Staff': [] },
      },
    },
  },
  { _id: '_User', username: 'string', email: 'string' },
  { _id: '_Role', name: 'string', users: 'relation<_User>', roles: 'relation<_Role>' },
  { _id: '_Session', user: '*_User', sessionToken: 'string', expiresAt: 'date' },
];

/** Interns are Editors are Staff are Interns: members of each have all three. Board stands alone. */
const ROWS: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  _User: [{ _id: 'ann', username: 'ann' }],
  _Session: [{ _id: 's1', _session_token: 'r:ann', _p_user: '_User$ann' }],
  _Role: ['Interns', 'Editors', 'Staff', 'Board'].map((name) => ({ _id: name, name })),
  '_Join:users:_Role': [{ owningId: 'Editors', relatedId: 'ann' }],
  '_Join:roles:_Role': [
    { owningId: 'Editors', relatedId: 'Interns' },
    { owningId: 'Staff', relatedId: 'Editors' },
    { owningId: 'Interns', relatedId: 'Staff' },
  ],
};

async function seed(uri: string): Promise<void> {
  const client = await MongoClient.connect(uri);
  try {
    const db = client.db();
    await db
      .collection<{ _id: string }>('_SCHEMA')
      .insertMany(SCHEMAS.map((row) => ({ ...times, ...row })));
    for (const [name, rows] of Object.entries(ROWS)) {
      await db.collection(name).insertMany(rows.map((row) => ({ ...row })));
    }
  } finally {
    await client.close();
  }
}

let test: TestGateway;
beforeAll(async () => {
  test = await startGateway({
    seed,
    settings: { readOnlyMasterKey: 'reader', maintenanceKey: 'keeper' },
  });
});
afterAll(async () => {
  await test.close();
});

const explainByCommand = (...args: readonly string[]) =>
  runCommandLine(['explain-access', '--databaseURI', test.uri, ...args]);

const EXPLAIN = `query ($className: String!, $userId: ID, $roles: [String!]) {
  explainAccess(className: $className, userId: $userId, roles: $roles) {
    className subjects operations { operation allowed rule } columns { column readable rule }
  }
}`;

interface Asked {
  readonly className?: string;
  readonly userId?: string | null;
  readonly roles?: readonly string[] | null;
}

const explainByField = (
  asked: Asked,
  headers: Readonly<Record<string, string>> = { 'x-parse-master-key': test.masterKey },
): Promise<GraphqlBody> => test.graphql(EXPLAIN, { className: 'Note', ...asked }, headers);

const refusalOf = ({ errors }: GraphqlBody) =>
  errors?.map(({ message, extensions }) => `${String(extensions['code'])} ${message}`);

/** The field's answer in the form that the command prints as JSON. */
function asPrinted(body: GraphqlBody): unknown {
  return JSON.parse(
    JSON.stringify(body.data?.['explainAccess']).replace(
      /"(allowed|readable)":"([A-Z]+)"/g,
      (_match, verdict: string, answer: string) => `"${verdict}":"${answer.toLowerCase()}"`,
    ),
  );
}

interface Row {
  readonly title: string;
  readonly args: readonly string[];
  readonly asked: Asked;
  readonly subjects: readonly string[];
  readonly verdicts: readonly string[];
}

describe('access is explained by command and by field alike', () => {
  it.each<Row>([
    {
      title: 'to a user with the roles it has, and all those are children of',
      args: ['--user', 'ann'],
      asked: { userId: 'ann' },
      subjects: ['*', 'ann', 'role:Editors', 'role:Interns', 'role:Staff'],
      verdicts: ['count yes', 'create yes', 'update some', 'delete no', 'secret yes'],
    },
    {
      title: 'to a user with one role more',
      args: ['--user', 'ann', '--role', 'Board'],
      asked: { userId: 'ann', roles: ['Board'] },
      subjects: ['*', 'ann', 'role:Board', 'role:Editors', 'role:Interns', 'role:Staff'],
      verdicts: ['create yes', 'delete yes', 'secret yes'],
    },
    {
      title: 'to members of roles, with all that the roles are children of',
      args: ['--role', 'Interns', 'Board'],
      asked: { roles: ['Interns', 'Board'] },
      subjects: ['*', 'role:Board', 'role:Editors', 'role:Interns', 'role:Staff'],
      verdicts: ['count yes', 'create yes', 'update some', 'delete yes', 'secret yes'],
    },
    {
      title: 'to nobody in particular',
      args: [],
      asked: { userId: null, roles: null },
      subjects: ['*'],
      verdicts: ['find yes', 'count no', 'create no', 'update no', 'secret no', 'text yes'],
    },
  ])('$title', async ({ args, asked, subjects, verdicts }) => {
    const { code, out, errors } = await explainByCommand('--class', 'Note', '--json', ...args);
    expect([code, errors]).toEqual([0, '']);
    const printed = JSON.parse(out) as Readonly<
      Record<'operations' | 'columns', readonly Readonly<Record<string, string>>[]>
    >;
    expect(printed).toMatchObject({ className: 'Note', subjects });
    const told = [
      ...printed.operations.map(({ operation, allowed }) => `${operation} ${allowed}`),
      ...printed.columns.map(({ column, readable }) => `${column} ${readable}`),
    ];
    expect(told).toEqual(expect.arrayContaining([...verdicts]));
    expect(asPrinted(await explainByField(asked))).toEqual(printed);
  });

  it('takes the global id of a user, and of nothing else', async () => {
    const globalId = (text: string) => Buffer.from(text).toString('base64');
    const byGlobalId = await explainByField({ userId: globalId('_User:ann') });
    expect(byGlobalId).toEqual(await explainByField({ userId: 'ann' }));
    const ofRole = globalId('_Role:Board');
    expect(refusalOf(await explainByField({ userId: ofRole }))).toEqual([
      `101 There is no user ${ofRole}.`,
    ]);
  });

  it.each<[string, readonly string[], Asked, string]>([
    [
      'a user',
      ['--class', 'Note', '--user', 'ben'],
      { userId: 'ben' },
      '101 There is no user ben.',
    ],
    ['an empty id', ['--class', 'Note', '--user', ''], { userId: '' }, '101 There is no user .'],
    [
      'a user who would be everybody',
      ['--class', 'Note', '--user', '*'],
      { userId: '*' },
      '101 There is no user *.',
    ],
    [
      'a role',
      ['--class', 'Note', '--role', 'Board', 'Bord'],
      { roles: ['Board', 'Bord'] },
      '101 There is no role Bord.',
    ],
    ['a class', ['--class', 'Notes'], { className: 'Notes' }, '103 There is no class Notes.'],
  ])('refuses %s that does not exist', async (_title, args, asked, refusal) => {
    expect(await explainByCommand(...args)).toEqual({
      code: 2,
      out: '',
      errors: `${refusal.slice('101 '.length)}\n`,
    });
    const body = await explainByField(asked);
    expect([refusalOf(body), body.data]).toEqual([[refusal], null]);
  });
});

describe('the command', () => {
  it('prints tables for people', async () => {
    const { code, out } = await explainByCommand('--class', 'Note', '--user', 'ann');
    expect(code).toBe(0);
    const lines = out.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '));
    expect(lines).toEqual(
      expect.arrayContaining([
        'Note for *, ann, role:Editors, role:Interns, role:Staff',
        'operation | allowed | by',
        'update | some | pointerFields: author',
        'column | readable | by',
        'secret | yes | shown by protectedFields: role:Staff',
      ]),
    );
  });

  it('knows the users and roles of the demo without a database', async () => {
    const run = (...args: readonly string[]) =>
      runCommandLine(['explain-access', '--class', 'TravelNote', ...args]);
    const { out } = await run('--role', 'Admin');
    expect(out).toContain('TravelNote for *, role:Admin, role:Editor\n');
    expect(await run('--user', 'ada')).toEqual({
      code: 2,
      out: '',
      errors: 'There is no user ada.\n',
    });
  });
});

describe('the field', () => {
  it('is for master keys, read-only ones as well, and costs nothing to refuse', async () => {
    const answers: Readonly<Record<string, GraphqlBody>> = {
      nobody: await explainByField({}, {}),
      'a user': await explainByField({ userId: 'ann' }, { 'x-parse-session-token': 'r:ann' }),
      'a wrong key': await explainByField({ userId: 'ben' }, { 'x-parse-master-key': 'guess' }),
      'the maintenance key': await explainByField({}, { 'x-parse-maintenance-key': 'keeper' }),
      'an absent class': await explainByField({ className: 'Notes' }, {}),
    };
    for (const [caller, body] of Object.entries(answers)) {
      expect([caller, refusalOf(body), body.data]).toEqual([
        caller,
        ['119 Permission denied'],
        null,
      ]);
    }
    test.takeCommands();
    await explainByField({ userId: 'ann', roles: ['Board'] }, {});
    expect(test.takeCommands()).toEqual([]);
    const reader = await explainByField({ userId: 'ann' }, { 'x-parse-master-key': 'reader' });
    expect(reader.data).toMatchObject({ explainAccess: { className: 'Note' } });
  });

  it('costs what looking up a user and its roles costs', async () => {
    const costOf = async (asked: Asked) => {
      test.takeCommands();
      await explainByField(asked);
      return test.takeCommands().length;
    };
    expect(await costOf({})).toBe(0);
    // The user, its roles, and three levels of a row and its parents each.
    expect(await costOf({ userId: 'ann' })).toBe(8);
    expect(await costOf({ roles: ['Board'] })).toBe(3);
  });

  it('follows a changed class permission', async () => {
    const client = await MongoClient.connect(test.uri);
    const permissions = { find: { 'role:Board': true } };
    await client
      .db()
      .collection<{ _id: string }>('_SCHEMA')
      .insertOne({
        _id: 'Fresh',
        ...times,
        ...{ _metadata: { class_permissions: permissions } },
      });
    await client.close();
    const findRule = async () => {
      const body = await explainByField({ className: 'Fresh', roles: ['Board'] });
      return JSON.stringify(body.data?.['explainAccess'] ?? null);
    };
    await expect
      .poll(findRule, { timeout: 5_000 })
      .toContain('{"operation":"find","allowed":"YES","rule":"role:Board"}');
  });
});
