import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createAuthenticator,
  type Authenticator,
  type KeySettings,
} from '../../src/access/authenticate.ts';
import { AuthenticationFailure } from '../../src/access/authentication-failure.ts';
import { NO_CREDENTIALS, type Credentials } from '../../src/access/credentials.ts';
import { openAccessDatabase, type AccessDatabase } from './access-database.ts';
import { HandDrivenFeed } from './hand-driven-feed.ts';

const HOME = '127.0.0.1';
const ABROAD = '203.0.113.7';
const SETTINGS: KeySettings = {
  applicationId: 'app',
  masterKey: 'master',
  masterKeyIps: ['127.0.0.1', '::1'],
  readOnlyMasterKey: 'reader',
  readOnlyMasterKeyIps: ['0.0.0.0/0', '::0'],
  maintenanceKey: 'keeper',
  maintenanceKeyIps: ['127.0.0.1'],
  cacheTTL: 5000,
};

let database: AccessDatabase;
let feed: HandDrivenFeed;
let authenticator: Authenticator;

function open(settings: KeySettings = SETTINGS): Authenticator {
  feed = new HandDrivenFeed();
  return createAuthenticator({
    database: { sessions: database.sessions, changes: feed },
    settings,
  });
}

beforeAll(async () => {
  database = await openAccessDatabase();
  const of = (name: string) => database.raw.collection<{ _id: string }>(name);
  await of('_User').insertMany(['ann', 'bob', 'cyd', 'ghost*'].map((_id) => ({ _id })));
  const sessions = {
    ann: { _p_user: '_User$ann' },
    bob: { _p_user: '_User$bob', expiresAt: new Date(Date.now() + 3_600_000) },
    cyd: { _p_user: '_User$cyd', expiresAt: null },
    expired: { _p_user: '_User$ann', expiresAt: new Date(Date.now() - 1000) },
    'of a deleted user': { _p_user: '_User$gone' },
    'of no user': {},
    'of another class': { _p_user: 'Team$ann' },
    'of a pointer that is none': { _p_user: { $gt: '' } },
    'of a role as a user': { _p_user: '_User$role:Admins' },
    'of everybody as a user': { _p_user: '_User$*' },
    'with a text as expiry': { _p_user: '_User$ann', expiresAt: '2999-01-01' },
    'with an expiry that is no date': { _p_user: '_User$ann', expiresAt: new Date(NaN) },
  };
  await of('_User').insertMany([{ _id: 'role:Admins' }, { _id: '*' }]);
  await of('_Session').insertMany(
    Object.entries(sessions).map(([name, row]) => ({
      _id: name,
      _session_token: `r:${name}`,
      ...row,
    })),
  );
  await of('_Role').insertMany(
    ['Admins', 'Editors', 'Juniors', 'Trainees', 'East', 'West'].map((name) => ({
      _id: name.toLowerCase(),
      name,
      _rperm: [],
      _wperm: [],
    })),
  );
  const members = [
    ['bob', 'editors'],
    ['cyd', 'trainees'],
    ['cyd', 'deleted'],
  ];
  // A child's members are members of its parents; East and West are each other's parents.
  const children = [
    ['juniors', 'editors'],
    ['trainees', 'juniors'],
    ['trainees', 'east'],
    ['east', 'west'],
    ['west', 'east'],
    ['deleted', 'admins'],
  ];
  const rows = (pairs: readonly (readonly string[])[]) =>
    pairs.map(([relatedId, owningId]) => ({ relatedId, owningId }));
  await database.raw.collection('_Join:users:_Role').insertMany(rows(members));
  await database.raw.collection('_Join:roles:_Role').insertMany(rows(children));
});
afterAll(() => database.close());

function authenticate(given: Partial<Credentials>, address: string | undefined = HOME) {
  return authenticator.authenticate({ ...NO_CREDENTIALS, applicationId: 'app', ...given }, address);
}

async function failure(given: Partial<Credentials>, address?: string) {
  const error: unknown = await authenticate(given, address).then(
    (principal) => principal,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AuthenticationFailure))
    throw new Error('expected a refusal', { cause: error });
  return [error.httpStatus, error.body];
}

const UNAUTHORIZED = [403, { error: 'unauthorized' }];

describe('keys', () => {
  beforeAll(() => {
    authenticator = open();
  });

  it.each([
    ['nothing but the application id is anybody', {}, HOME, { kind: 'anonymous' }],
    ['the master key', { masterKey: 'master' }, HOME, { kind: 'master', isReadOnly: false }],
    ['the master key, mapped', { masterKey: 'master' }, '::ffff:127.0.0.1', { kind: 'master' }],
    [
      'the master key with a bad token',
      { masterKey: 'master', sessionToken: 'x' },
      HOME,
      { kind: 'master' },
    ],
    ['the read-only key', { masterKey: 'reader' }, ABROAD, { kind: 'master', isReadOnly: true }],
    ['the maintenance key', { maintenanceKey: 'keeper' }, HOME, { kind: 'maintenance' }],
    ['a wrong master key', { masterKey: 'wrong' }, HOME, { kind: 'anonymous' }],
    ['half of the master key', { masterKey: 'mast' }, HOME, { kind: 'anonymous' }],
    ['an empty master key', { masterKey: '' }, HOME, { kind: 'anonymous' }],
    ['a master key with a space', { masterKey: 'master ' }, HOME, { kind: 'anonymous' }],
    ['an operator as the master key', { masterKey: { $ne: '' } }, HOME, { kind: 'anonymous' }],
    ['a list as the master key', { masterKey: ['master'] }, HOME, { kind: 'anonymous' }],
    [
      'the master key as the maintenance key',
      { maintenanceKey: 'master' },
      HOME,
      { kind: 'anonymous' },
    ],
    ['the maintenance key as the master key', { masterKey: 'keeper' }, HOME, { kind: 'anonymous' }],
    ['a wrong key from anywhere', { masterKey: 'wrong' }, ABROAD, { kind: 'anonymous' }],
  ] as const)('%s', async (_title, given, address, expected) => {
    expect(await authenticate(given, address)).toMatchObject(expected);
  });

  it.each([
    ['another application id', { applicationId: 'other' }, HOME],
    ['no application id', { applicationId: undefined }, HOME],
    ['no application id but the master key', { applicationId: '', masterKey: 'master' }, HOME],
    ['an operator as application id', { applicationId: { $gt: '' } }, HOME],
    ['the master key from abroad', { masterKey: 'master' }, ABROAD],
    ['the master key from nowhere', { masterKey: 'master' }, undefined],
    ['the maintenance key from abroad', { maintenanceKey: 'keeper' }, ABROAD],
    ['an object as installation id', { installationId: {} }, HOME],
  ])('are refused with 403: %s', async (_title, given, address) => {
    const presented = { ...NO_CREDENTIALS, applicationId: 'app', ...given };
    await expect(authenticator.authenticate(presented, address)).rejects.toMatchObject({
      httpStatus: 403,
      body: { error: 'unauthorized' },
    });
  });

  it('that are empty in the settings are held by nobody', async () => {
    authenticator = open({ ...SETTINGS, masterKey: '', readOnlyMasterKey: '', maintenanceKey: '' });
    expect(await authenticate({ masterKey: '', maintenanceKey: '' })).toMatchObject({
      kind: 'anonymous',
    });
  });

  it('of clients are asked for once one is set, except from holders of server keys', async () => {
    authenticator = open({ ...SETTINGS, javascriptKey: 'js', restAPIKey: '' });
    expect(await failure({})).toEqual(UNAUTHORIZED);
    expect(await failure({ restAPIKey: '' })).toEqual(UNAUTHORIZED);
    expect(await failure({ restAPIKey: 'js' })).toEqual(UNAUTHORIZED);
    expect(await failure({ javascriptKey: { $ne: '' } })).toEqual(UNAUTHORIZED);
    expect(await failure({ masterKey: 'wrong' })).toEqual(UNAUTHORIZED);
    expect(await authenticate({ javascriptKey: 'js' })).toMatchObject({ kind: 'anonymous' });
    expect(await authenticate({ masterKey: 'master' })).toMatchObject({ kind: 'master' });
    expect(await authenticate({ maintenanceKey: 'keeper' })).toMatchObject({ kind: 'maintenance' });
  });

  it('are refused at start when a range of addresses is none', () => {
    expect(() => open({ ...SETTINGS, masterKeyIps: ['localhost'] })).toThrow(/localhost/);
  });
});

describe('sessions', () => {
  beforeAll(() => {
    authenticator = open();
  });

  const INVALID = [400, { code: 209, error: 'Invalid session token' }];

  it('become their user, with the installation', async () => {
    const given = { sessionToken: 'r:ann', installationId: 'i1' };
    expect(await authenticate(given)).toEqual({
      kind: 'user',
      userId: 'ann',
      sessionToken: 'r:ann',
      roles: [],
      installationId: 'i1',
    });
  });

  // The driver stores a date that is none as 1970.
  it.each(['expired', 'with an expiry that is no date'])('that are %s say so', async (name) => {
    expect(await failure({ sessionToken: `r:${name}` })).toEqual([
      400,
      { code: 209, error: 'Session token is expired.' },
    ]);
  });

  it.each([
    ['unknown', 'r:unknown'],
    ['cut short', 'r:an'],
    ['with a space behind', 'r:ann '],
    ['without its prefix', 'ann'],
    ['in another case', 'R:ANN'],
    ['of a deleted user', 'r:of a deleted user'],
    ['of no user', 'r:of no user'],
    ['of another class', 'r:of another class'],
    ['of a pointer that is none', 'r:of a pointer that is none'],
    ['of a user who would be a role', 'r:of a role as a user'],
    ['of a user who would be everybody', 'r:of everybody as a user'],
    ['with a text as expiry', 'r:with a text as expiry'],
    ['a megabyte long', 'x'.repeat(1_000_000)],
    ['a zero byte', '\u0000'],
    ['an operator', { $ne: '' }],
    ['a pattern', { $regex: '^r:' }],
    ['a list', ['r:ann']],
    ['a number', 12],
    ['null', null],
    ['true', true],
  ])('that are not real are invalid, all alike: %s', async (_title, sessionToken) => {
    expect(await failure({ sessionToken })).toEqual(INVALID);
  });

  it('cost 3 commands without roles, 5 with, 2 more for each level, and none when cached', async () => {
    const costOf = (name: string) =>
      database.commandsOf(() => authenticate({ sessionToken: `r:${name}` }));
    authenticator = open();
    expect(await costOf('ann')).toEqual(['find _Session', 'find _User', 'find _Join:users:_Role']);
    expect(await costOf('bob')).toHaveLength(5);
    // Trainees → Juniors and East → Editors and West → East again.
    expect(await costOf('cyd')).toHaveLength(9);
    expect(await costOf('cyd')).toEqual([]);
    expect(await costOf('unknown').catch(() => 'refused')).toBe('refused');
  });
});

describe('roles', () => {
  it('hold those of parents, through cycles, and none through a role that is gone', async () => {
    authenticator = open();
    const rolesOf = async (name: string) => {
      const principal = await authenticate({ sessionToken: `r:${name}` });
      return principal.kind === 'user' ? principal.roles : undefined;
    };
    expect(await rolesOf('ann')).toEqual([]);
    expect(await rolesOf('bob')).toEqual(['Editors']);
    expect(await rolesOf('cyd')).toEqual(['East', 'Editors', 'Juniors', 'Trainees', 'West']);
  });

  it('are read anew after a write of this process', async () => {
    authenticator = open();
    const bob = { sessionToken: 'r:bob' };
    await authenticate(bob);
    await database.raw.collection('_Join:users:_Role').deleteMany({ relatedId: 'bob' });
    authenticator.onWritten('_Role', 'editors');
    expect(await authenticate(bob)).toMatchObject({ roles: [] });
  });
});
