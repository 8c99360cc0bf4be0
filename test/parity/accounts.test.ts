import type { Document } from 'mongodb';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AccountPair,
  type As,
  at,
  refusal,
  restRefusal,
  startAccountPair,
} from './account-pair.ts';

const SIGN_UP = `mutation ($fields: CreateUserFieldsInput) { signUp(input: { fields: $fields, clientMutationId: "1" })
  { viewer { sessionToken user { objectId username email } } clientMutationId } }`;
const LOG_IN = `mutation ($username: String!, $password: String!, $authData: Object)
  { logIn(input: { username: $username, password: $password, authData: $authData })
    { viewer { sessionToken user { objectId username authData } } } }`;
const LOG_IN_WITH = `mutation ($authData: Object!, $fields: UserLoginWithInput)
  { logInWith(input: { authData: $authData, fields: $fields }) { viewer { sessionToken user { objectId username authDataResponse } } } }`;
const UPDATE = `mutation ($id: ID!, $fields: UpdateUserFieldsInput)
  { updateUser(input: { id: $id, fields: $fields }) { user { objectId authDataResponse } viewer { sessionToken } } }`;
const VIEWER = '{ viewer { sessionToken user { objectId username email } } }';

const THRESHOLD = 3;

let pair: AccountPair;
beforeAll(async () => {
  pair = await startAccountPair({
    accountLockout: { threshold: THRESHOLD, duration: 5, unlockOnPasswordReset: true },
    passwordPolicy: {
      validatorPattern: '^.{3,}$',
      doNotAllowUsername: true,
      maxPasswordHistory: 3,
      maxPasswordAge: 10,
    },
    auth: { mfa: { options: ['TOTP'], digits: 6, period: 30, algorithm: 'SHA1' } },
  });
}, 120_000);
afterAll(async () => {
  await pair.close();
});

let last = 0;
/** A name nobody has yet. */
const newName = (): string => `user${(last += 1)}`;

interface Made {
  readonly objectId: string;
  readonly sessionToken: string;
}

async function signUpHere(fields: Document, as?: As): Promise<Made> {
  const viewer = at(await pair.gateway(SIGN_UP, { fields }, as), 'signUp', 'viewer') as Document;
  const { objectId } = viewer['user'] as Document;
  return { objectId: String(objectId), sessionToken: String(viewer['sessionToken']) };
}

async function signUpThere(fields: Document, as?: As): Promise<Made> {
  const { body } = await pair.rest('POST', 'users', fields, as);
  const { objectId, sessionToken } = body as Readonly<Record<string, string>>;
  if (objectId === undefined) throw new Error(JSON.stringify(body));
  return { objectId, sessionToken: sessionToken ?? '' };
}

async function logInHere(username: string, password: string, authData?: Document): Promise<Made> {
  const answer = await pair.gateway(LOG_IN, { username, password, authData });
  const viewer = at(answer, 'logIn', 'viewer') as Document;
  const { objectId } = viewer['user'] as Document;
  return { objectId: String(objectId), sessionToken: String(viewer['sessionToken']) };
}

const logInThere = (username: string, password: string, authData?: Document) =>
  pair.rest('POST', 'login', { username, password, ...(authData && { authData }) });

const userRow = (objectId: string) =>
  pair.database.collection<Document & { _id: string }>('_User').findOne({ _id: objectId });
const sessionRows = (objectId: string) =>
  pair.database
    .collection('_Session')
    .find({ _p_user: `_User$${objectId}` })
    .toArray();

/** Ids, times, tokens and hashes as words, so that what two servers wrote can be compared. */
function masked(row: Document | null, ...texts: readonly string[]): unknown {
  const names = new Map(texts.map((text, index) => [text, `<${index}>`]));
  const mask = (value: unknown): unknown => {
    if (value instanceof Date) return '<date>';
    if (Array.isArray(value)) return value.map(mask);
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).map(([key, part]) => [
        names.get(key) ?? key,
        mask(part),
      ]);
      return Object.fromEntries(entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
    }
    if (typeof value !== 'string') return value;
    const known = [...names].find(([text]) => value.includes(text));
    if (known !== undefined) return value.replaceAll(known[0], known[1]);
    if (/^r:[0-9a-f]{32}$/.test(value)) return '<token>';
    if (/^\$2[aby]\$10\$.{53}$/.test(value)) return '<hash>';
    return value;
  };
  return mask(row);
}

describe('signing up', () => {
  it('stores the user and the session as Parse Server does', async () => {
    const [here, there] = [newName(), newName()];
    const fields = (username: string) => ({
      username,
      password: 'pass',
      email: `${username}@x.io`,
    });
    const as = { installationId: 'phone' };
    const mine = await signUpHere(fields(here), as);
    const theirs = await signUpThere(fields(there), as);
    const maskedUser = async ({ objectId }: Made, name: string) =>
      masked(await userRow(objectId), objectId, name);
    expect(await maskedUser(mine, here)).toEqual(await maskedUser(theirs, there));
    const maskedSessions = async ({ objectId }: Made) =>
      (await sessionRows(objectId)).map((row) => masked(row, String(row['_id']), objectId));
    expect(await maskedSessions(mine)).toEqual(await maskedSessions(theirs));
    expect(await maskedSessions(mine)).toHaveLength(1);
    const length = ({ expiresAt, _created_at }: Document) =>
      Number(expiresAt) - Number(_created_at);
    const [[my], [their]] = [await sessionRows(mine.objectId), await sessionRows(theirs.objectId)];
    expect(Math.abs(length(my!) - length(their!))).toBeLessThan(1000);
  });

  it('answers the user as that user sees itself', async () => {
    const username = newName();
    const answer = await pair.gateway(SIGN_UP, {
      fields: { username, password: 'pass', email: `${username}@x.io` },
    });
    expect(at(answer, 'signUp')).toMatchObject({
      clientMutationId: '1',
      viewer: {
        sessionToken: expect.stringMatching(/^r:[0-9a-f]{32}$/) as string,
        user: { username, email: `${username}@x.io` },
      },
    });
  });

  it.for([
    ['no name', { password: 'pass' }],
    ['an empty name', { username: '', password: 'pass' }],
    ['no password', { username: 'nobody' }],
    ['an empty password', { username: 'nobody', password: '' }],
    ['an address that is none', { username: 'nobody', password: 'pass', email: 'here' }],
    ['a name that is taken', { username: 'Taken', password: 'pass' }],
    ['a name that is taken but for letter case', { username: 'tAKEN', password: 'pass' }],
    ['an address that is taken', { username: 'nobody', password: 'pass', email: 'taken@x.io' }],
    [
      'an address taken but for case',
      { username: 'nobody', password: 'pass', email: 'TAKEN@x.io' },
    ],
    ['a password the pattern refuses', { username: 'nobody', password: 'ab' }],
    ['a password with the name in it', { username: 'nobody', password: 'nobody1' }],
    ['a provider that nobody set up', { authData: { nowhere: { id: '1' } } }],
    ['authData that is null', { username: 'nobody', password: 'pass', authData: null }],
    ['an id that is no text', { authData: { anonymous: { id: 1 } } }],
    ['a verified address', { username: 'nobody', password: 'pass', emailVerified: true }],
  ] as const)('with %s is refused with the same code and words', async ([, fields]) => {
    await pair.rest('POST', 'users', { username: 'Taken', password: 'pass', email: 'taken@x.io' });
    const there = await pair.rest('POST', 'users', fields);
    expect(refusal(await pair.gateway(SIGN_UP, { fields }))).toBe(restRefusal(there));
  });
});

describe('logging in', () => {
  it('works here for users of Parse Server, by name and by address', async () => {
    const username = newName();
    const { objectId } = await signUpThere({
      username,
      password: 'pass',
      email: `${username}@x.io`,
    });
    expect((await logInHere(username, 'pass')).objectId).toBe(objectId);
    expect((await logInHere(`${username}@x.io`, 'pass')).objectId).toBe(objectId);
  });

  it('works there for users made here', async () => {
    const username = newName();
    const { objectId } = await signUpHere({ username, password: 'pass' });
    expect((await logInThere(username, 'pass')).body['objectId']).toBe(objectId);
  });

  it('compares 72 bytes of a password, as Parse Server does', async () => {
    const username = newName();
    const password = 'p'.repeat(100);
    await signUpHere({ username, password });
    for (const tried of [password, 'p'.repeat(72), 'p'.repeat(71)]) {
      const there = (await logInThere(username, tried)).status === 200;
      const { errors } = await pair.gateway(LOG_IN, { username, password: tried });
      const here = errors === undefined;
      expect([tried.length, here]).toEqual([tried.length, there]);
    }
  });

  it('replaces the session of the same installation, as Parse Server does', async () => {
    const username = newName();
    const as = { installationId: 'tablet' };
    const { objectId, sessionToken } = await signUpHere({ username, password: 'pass' }, as);
    await pair.gateway(LOG_IN, { username, password: 'pass' }, as);
    expect(await sessionRows(objectId)).toHaveLength(1);
    expect(await pair.gateway(VIEWER, {}, { sessionToken })).toMatchObject({ code: 209 });
    await pair.rest('POST', 'login', { username, password: 'pass' }, as);
    expect(await sessionRows(objectId)).toHaveLength(1);
    await logInHere(username, 'pass');
    const rows = await sessionRows(objectId);
    expect(rows.map(({ createdWith }) => createdWith as unknown)).toEqual([
      { action: 'login', authProvider: 'password' },
      { action: 'login', authProvider: 'password' },
    ]);
  });

  it.for(['', 'nobody-at-all', 'closed'])(
    'as %j is refused with the same code and words',
    async (username) => {
      if (username === 'closed') {
        const { objectId } = await signUpHere({ username, password: 'pass' });
        await pair.rest('PUT', `users/${objectId}`, { ACL: {} }, { isMaster: true });
      }
      const there = await logInThere(username, 'pass');
      expect(refusal(await pair.gateway(LOG_IN, { username, password: 'pass' }))).toBe(
        restRefusal(there),
      );
    },
  );

  it('counts failures together with Parse Server, and locks alike', async () => {
    const username = newName();
    const { objectId } = await signUpHere({ username, password: 'pass' });
    const said: string[] = [];
    const wrongHere = async () =>
      said.push(refusal(await pair.gateway(LOG_IN, { username, password: 'wrong' })));
    const wrongThere = async () => said.push(restRefusal(await logInThere(username, 'wrong')));
    await wrongHere();
    await wrongThere();
    expect((await userRow(objectId))?.['_failed_login_count']).toBe(2);
    await logInHere(username, 'pass');
    expect((await userRow(objectId))?.['_failed_login_count']).toBe(0);
    for (let tries = 0; tries < THRESHOLD; tries += 1) await wrongHere();
    expect((await userRow(objectId))?.['_account_lockout_expires_at']).toBeInstanceOf(Date);
    expect(new Set(said)).toEqual(new Set(['101 Invalid username/password.']));
    const here = refusal(await pair.gateway(LOG_IN, { username, password: 'pass' }));
    expect(here).toMatch(/^101 Your account is locked/);
    expect(restRefusal(await logInThere(username, 'pass'))).toBe(here);
  });

  it('refuses a password that is too old, and begins to count where nobody did', async () => {
    const username = newName();
    const { objectId } = await signUpHere({ username, password: 'pass' });
    const age = (change: Document) =>
      pair.database
        .collection<Document & { _id: string }>('_User')
        .updateOne({ _id: objectId }, change);
    await age({ $unset: { _password_changed_at: '' } });
    await logInHere(username, 'pass');
    expect((await userRow(objectId))?.['_password_changed_at']).toBeInstanceOf(Date);
    await age({ $set: { _password_changed_at: new Date(Date.now() - 11 * 86_400_000) } });
    expect(refusal(await pair.gateway(LOG_IN, { username, password: 'pass' }))).toBe(
      restRefusal(await logInThere(username, 'pass')),
    );
  });
});

describe('a session', () => {
  it('of either holds with the other, until it is ended by the other', async () => {
    const here = await signUpHere({ username: newName(), password: 'pass' });
    const there = await signUpThere({ username: newName(), password: 'pass' });
    const ask = (token: string) => pair.rest('GET', 'users/me', undefined, { sessionToken: token });
    expect((await ask(here.sessionToken)).body['objectId']).toBe(here.objectId);
    const viewer = await pair.gateway(VIEWER, {}, { sessionToken: there.sessionToken });
    expect(at(viewer, 'viewer', 'user', 'objectId')).toBe(there.objectId);
    await pair.gateway(
      'mutation { logOut(input: {}) { ok } }',
      {},
      { sessionToken: here.sessionToken },
    );
    expect((await ask(here.sessionToken)).body['code']).toBe(209);
    await pair.rest('POST', 'logout', undefined, { sessionToken: there.sessionToken });
    await expect
      .poll(() => pair.gateway(VIEWER, {}, { sessionToken: there.sessionToken }))
      .toMatchObject({ code: 209 });
  });

  it('is listed and ended by its user, who sees no other', async () => {
    const username = newName();
    const { sessionToken } = await signUpHere({ username, password: 'pass' });
    const other = await logInHere(username, 'pass');
    await signUpHere({ username: newName(), password: 'pass' });
    const list = '{ sessions { count edges { node { id sessionToken createdWith } } } }';
    const listed = await pair.gateway(list, {}, { sessionToken });
    expect(at(listed, 'sessions', 'count')).toBe(2);
    const edges = at(listed, 'sessions', 'edges') as { node: Document }[];
    const node = edges
      .map(({ node }) => node)
      .find((one) => one['sessionToken'] === other.sessionToken);
    await pair.gateway(
      'mutation ($id: ID!) { deleteSession(input: { id: $id }) { session { objectId } } }',
      { id: node?.['id'] as unknown },
      { sessionToken },
    );
    expect(await pair.gateway(VIEWER, {}, { sessionToken: other.sessionToken })).toMatchObject({
      code: 209,
    });
    await logInHere(username, 'pass');
    const ended = await pair.gateway(
      'mutation { logOutOthers(input: {}) { count } }',
      {},
      { sessionToken },
    );
    expect(at(ended, 'logOutOthers', 'count')).toBe(1);
    expect(at(await pair.gateway(VIEWER, {}, { sessionToken }), 'viewer', 'sessionToken')).toBe(
      sessionToken,
    );
  });
});

describe('a new password', () => {
  it('ends all sessions, gives the owner another, and leaves the same rows as there', async () => {
    const changed = async (make: typeof signUpHere, change: (made: Made) => Promise<unknown>) => {
      const username = newName();
      const made = await make({ username, password: 'pass' });
      await logInHere(username, 'pass');
      await change(made);
      const rows = await sessionRows(made.objectId);
      return {
        user: masked(await userRow(made.objectId), made.objectId, username),
        sessions: rows.map((row) => masked(row, String(row['_id']), made.objectId)),
        username,
      };
    };
    let renewed = '';
    const here = await changed(signUpHere, async ({ objectId, sessionToken }) => {
      const answer = await pair.gateway(
        UPDATE,
        { id: objectId, fields: { password: 'next' } },
        { sessionToken },
      );
      renewed = String(at(answer, 'updateUser', 'viewer', 'sessionToken'));
      expect(await pair.gateway(VIEWER, {}, { sessionToken })).toMatchObject({ code: 209 });
    });
    const there = await changed(signUpThere, ({ objectId, sessionToken }) =>
      pair.rest('PUT', `users/${objectId}`, { password: 'next' }, { sessionToken }),
    );
    expect(here.user).toEqual(there.user);
    expect(here.sessions).toEqual(there.sessions);
    expect((await pair.rest('GET', 'users/me', undefined, { sessionToken: renewed })).status).toBe(
      200,
    );
    expect((await logInThere(here.username, 'next')).status).toBe(200);
    await logInHere(there.username, 'next');
    expect(
      refusal(await pair.gateway(LOG_IN, { username: there.username, password: 'pass' })),
    ).toMatch(/^101 /);
  });

  it('set there ends sessions here', async () => {
    const { objectId, sessionToken } = await signUpHere({ username: newName(), password: 'pass' });
    await pair.gateway(VIEWER, {}, { sessionToken });
    await pair.rest('PUT', `users/${objectId}`, { password: 'next' }, { isMaster: true });
    await expect
      .poll(() => pair.gateway(VIEWER, {}, { sessionToken }))
      .toMatchObject({ code: 209 });
  });

  it('may not be one of the last, whichever server set those', async () => {
    const username = newName();
    const made = await signUpHere({ username, password: 'one-1' });
    let token = made.sessionToken;
    const here = async (password: string) => {
      const answer = await pair.gateway(
        UPDATE,
        { id: made.objectId, fields: { password } },
        { sessionToken: token },
      );
      if (answer.errors !== undefined) return refusal(answer);
      token = String(at(answer, 'updateUser', 'viewer', 'sessionToken'));
      return 'set';
    };
    const there = async (password: string) => {
      const answer = await pair.rest(
        'PUT',
        `users/${made.objectId}`,
        { password },
        { sessionToken: token },
      );
      if (answer.status !== 200) return restRefusal(answer);
      token = String(answer.body['sessionToken']);
      return 'set';
    };
    expect(await here('two-2')).toBe('set');
    expect(await there('three-3')).toBe('set');
    for (const used of ['one-1', 'two-2', 'three-3']) {
      const said = await here(used);
      expect(said).toBe('142 New password should not be the same as last 3 passwords.');
      expect(await there(used)).toBe(said);
    }
    expect(await here('four-4')).toBe('set');
    expect(await here('one-1')).toBe('set');
    const history = (await userRow(made.objectId))?.['_password_history'] as unknown[];
    expect(history).toHaveLength(2);
  });
});

describe('users without a name', () => {
  it('are made and come back, here and there, and are stored alike', async () => {
    const stored = async (objectId: string, id: string) => {
      const row = await userRow(objectId);
      return masked(row, objectId, id, String(row?.['username']));
    };
    const sessions = async (objectId: string) =>
      (await sessionRows(objectId)).map(({ createdWith }) => createdWith as unknown);
    const here = await pair.gateway(LOG_IN_WITH, { authData: { anonymous: { id: 'anon-here' } } });
    const mine = String(at(here, 'logInWith', 'viewer', 'user', 'objectId'));
    const there = await pair.rest('POST', 'users', {
      authData: { anonymous: { id: 'anon-there' } },
    });
    const theirs = String(there.body['objectId']);
    expect(await stored(mine, 'anon-here')).toEqual(await stored(theirs, 'anon-there'));
    expect(await sessions(mine)).toEqual(await sessions(theirs));
    const back = await pair.rest('POST', 'users', { authData: { anonymous: { id: 'anon-here' } } });
    expect(back.body['objectId']).toBe(mine);
    const again = await pair.gateway(LOG_IN_WITH, {
      authData: { anonymous: { id: 'anon-there' } },
    });
    expect(at(again, 'logInWith', 'viewer', 'user', 'objectId')).toBe(theirs);
  });

  it('become accounts with a name, and cannot take the id of another', async () => {
    const come = async (id: string) => {
      const answer = await pair.gateway(LOG_IN_WITH, { authData: { anonymous: { id } } });
      const viewer = at(answer, 'logInWith', 'viewer') as Document;
      return {
        ...(viewer['user'] as Document),
        sessionToken: String(viewer['sessionToken']),
      } as unknown as Made;
    };
    const first = await come('anon-1');
    const second = await come('anon-2');
    const take = { id: second.objectId, fields: { authData: { anonymous: { id: 'anon-1' } } } };
    const as = { sessionToken: second.sessionToken };
    const there = await pair.rest('PUT', `users/${second.objectId}`, take.fields, as);
    expect(refusal(await pair.gateway(UPDATE, take, as))).toBe(restRefusal(there));
    const username = newName();
    await pair.gateway(
      UPDATE,
      { id: first.objectId, fields: { username, password: 'pass', authData: { anonymous: null } } },
      { sessionToken: first.sessionToken },
    );
    expect((await userRow(first.objectId))?.['_auth_data_anonymous']).toBeUndefined();
    expect((await logInThere(username, 'pass')).body['objectId']).toBe(first.objectId);
  });
});

describe('one-time codes', () => {
  const newCode = (secret: Secret) =>
    new TOTP({ secret, algorithm: 'SHA1', digits: 6, period: 30 }).generate();

  async function setUp(): Promise<Made & { username: string; secret: Secret; recovery: string[] }> {
    const username = newName();
    const made = await signUpHere({ username, password: 'pass' });
    const secret = new Secret();
    const answer = await pair.gateway(
      UPDATE,
      {
        id: made.objectId,
        fields: { authData: { mfa: { secret: secret.base32, token: newCode(secret) } } },
      },
      { sessionToken: made.sessionToken },
    );
    const { mfa } = at(answer, 'updateUser', 'user', 'authDataResponse') as Document;
    const recovery = String((mfa as Document)['recovery']).split(', ');
    expect(recovery.map((code) => code.length)).toEqual([30, 30]);
    return { ...made, username, secret, recovery };
  }

  it('set up here are asked for there, and here', async () => {
    const { username, secret, objectId } = await setUp();
    for (const authData of [
      undefined,
      { mfa: { token: '000000' } },
      { mfa: { token: 123456 } },
      { mfa: {} },
    ]) {
      const there = restRefusal(await logInThere(username, 'pass', authData));
      expect(refusal(await pair.gateway(LOG_IN, { username, password: 'pass', authData }))).toBe(
        there,
      );
    }
    const code = { mfa: { token: newCode(secret) } };
    expect((await logInThere(username, 'pass', code)).body['objectId']).toBe(objectId);
    const answer = await pair.gateway(LOG_IN, { username, password: 'pass', authData: code });
    expect(at(answer, 'logIn', 'viewer', 'user', 'authData')).toEqual({
      mfa: { status: 'enabled' },
    });
  });

  it('are stored as Parse Server does', async () => {
    const here = await setUp();
    const username = newName();
    const there = await signUpThere({ username, password: 'pass' });
    const secret = new Secret();
    await pair.rest(
      'PUT',
      `users/${there.objectId}`,
      { authData: { mfa: { secret: secret.base32, token: newCode(secret) } } },
      { sessionToken: there.sessionToken },
    );
    const stored = async (objectId: string, name: string, { base32 }: Secret) => {
      const row = await userRow(objectId);
      const { recovery } = (row?.['_auth_data_mfa'] ?? {}) as { recovery?: string[] };
      return masked(row, objectId, name, base32, ...(recovery ?? []));
    };
    expect(await stored(here.objectId, here.username, here.secret)).toEqual(
      await stored(there.objectId, username, secret),
    );
    await logInHere(username, 'pass', { mfa: { token: newCode(secret) } });
  });

  it('are replaced by a recovery code once, though two try it at once', async () => {
    const { username, recovery, objectId } = await setUp();
    const [first = '', second = ''] = recovery;
    const use = (token: string) =>
      pair.gateway(LOG_IN, { username, password: 'pass', authData: { mfa: { token } } });
    const tries = await Promise.all([use(first), use(first), use(first)]);
    expect(tries.filter(({ errors }) => errors === undefined)).toHaveLength(1);
    const left = (await userRow(objectId))?.['_auth_data_mfa'] as Document;
    expect(left['recovery']).toEqual([second]);
    expect(refusal(await use(first))).toBe('141 Invalid MFA token');
    expect((await logInThere(username, 'pass', { mfa: { token: second } })).status).toBe(200);
    expect(refusal(await use(second))).toBe('141 Invalid MFA token');
  });

  it('change only with the old one', async () => {
    const { secret, objectId, sessionToken } = await setUp();
    const next = new Secret();
    const change = (mfa: Document) =>
      pair.gateway(UPDATE, { id: objectId, fields: { authData: { mfa } } }, { sessionToken });
    const fresh = { secret: next.base32, token: newCode(next) };
    expect(refusal(await change(fresh))).toBe('141 Invalid MFA token');
    expect(refusal(await change({ ...fresh, old: '000000' }))).toBe('141 Invalid MFA token');
    expect((await change({ ...fresh, old: newCode(secret) })).errors).toBeUndefined();
  });
});

it('challenge refuses with the same codes and words', async () => {
  const username = newName();
  await signUpHere({ username, password: 'pass' });
  const ask = `mutation ($input: ChallengeInput!) { challenge(input: $input) { challengeData } }`;
  for (const input of [
    {},
    { username },
    { username, password: 'wrong' },
    { username, password: 'pass' },
    {
      username,
      password: 'pass',
      challengeData: { mfa: {} },
      authData: { anonymous: { id: 'x' } },
    },
    { challengeData: { mfa: {} }, authData: { anonymous: { id: 'nobody' } } },
  ]) {
    const there = await pair.rest('POST', 'challenge', input);
    expect(refusal(await pair.gateway(ask, { input }))).toBe(restRefusal(there));
  }
  const input = { username, password: 'pass', challengeData: { mfa: {} } };
  expect(at(await pair.gateway(ask, { input }), 'challenge')).toEqual(
    (await pair.rest('POST', 'challenge', input)).body,
  );
});

it('what needs a mail is refused with the same code and words where none can be sent', async () => {
  const email = 'somebody@x.io';
  const there = restRefusal(await pair.rest('POST', 'requestPasswordReset', { email }));
  for (const field of ['resetPassword', 'sendVerificationEmail']) {
    const ask = `mutation { ${field}(input: { email: "${email}" }) { ok } }`;
    expect(refusal(await pair.gateway(ask))).toBe(there);
  }
});

describe("documents of Parse Server's GraphQL API", () => {
  /** Asks both, each about users of its own, whose names differ in one letter. */
  async function both(
    document: string,
    variables: (name: string) => Document,
    as: (side: 'here' | 'there') => As = () => ({}),
  ) {
    const stem = newName();
    const here = await pair.gateway(document, variables(`${stem}h`), as('here'));
    const there = await pair.parseGraphql(document, variables(`${stem}t`), as('there'));
    const shown = ({ data, errors = [] }: typeof here) => {
      const said = errors.map(({ message, extensions }) => ({ message, code: extensions?.code }));
      const text = JSON.stringify({ data, said });
      const known = text
        .replaceAll(/r:[0-9a-f]{32}/g, '<token>')
        .replaceAll(/"(objectId|id)":"[^"]+"/g, '"$1":"<id>"')
        .replaceAll(new RegExp(`${stem}[ht]`, 'g'), '<name>')
        .replaceAll(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g, '<date>')
        .replaceAll(/"userId":"[^"]+"/g, '"userId":"<id>"');
      return JSON.parse(known) as unknown;
    };
    return { here: shown(here), there: shown(there), answers: { here, there } };
  }

  const USER = `sessionToken user { id objectId username email emailVerified authData createdAt
    ACL { users { userId read write } roles { roleName } public { read write } } }`;
  const password = 'pass';

  it.for([
    [
      'signUp',
      `mutation ($f: CreateUserFieldsInput) { signUp(input: { fields: $f, clientMutationId: "c" }) { viewer { ${USER} } clientMutationId } }`,
      (username: string) => ({ f: { username, password, email: `${username}@x.io` } }),
    ],
    [
      'signUp with an ACL',
      `mutation ($f: CreateUserFieldsInput) { signUp(input: { fields: $f }) { viewer { ${USER} } } }`,
      (username: string) => ({
        f: { username, password, ACL: { public: { read: true, write: false } } },
      }),
    ],
    [
      'signUp as somebody who is there',
      `mutation ($f: CreateUserFieldsInput) { signUp(input: { fields: $f }) { viewer { ${USER} } } }`,
      () => ({ f: { username: 'thereAlready', password } }),
    ],
    [
      'logIn as nobody',
      `mutation ($u: String!) { logIn(input: { username: $u, password: "pass" }) { viewer { ${USER} } } }`,
      (u: string) => ({ u }),
    ],
    [
      'logInWith',
      `mutation ($a: Object!, $f: UserLoginWithInput) { logInWith(input: { authData: $a, fields: $f }) { viewer { ${USER.replace('username ', '')} } } }`,
      (id: string) => ({ a: { anonymous: { id } }, f: { email: `${id}@x.io` } }),
    ],
    [
      'logInWith a provider that nobody set up',
      `mutation ($a: Object!) { logInWith(input: { authData: $a }) { viewer { ${USER} } } }`,
      (id: string) => ({ a: { nowhere: { id } } }),
    ],
    [
      'logOut without a session',
      'mutation { logOut(input: { clientMutationId: "c" }) { ok clientMutationId } }',
      () => ({}),
    ],
  ] as const)('%s is answered alike', async ([, document, variables]) => {
    await pair.rest('POST', 'users', { username: 'thereAlready', password });
    const { here, there } = await both(document, variables);
    expect(here).toEqual(there);
  });

  it('log in, change and log out alike', async () => {
    const name = newName();
    await signUpHere({ username: name, password, email: `${name}@x.io` });
    const logIn = `mutation { logIn(input: { username: "${name}", password: "pass" }) { viewer { ${USER} } } }`;
    const { here, there, answers } = await both(logIn, () => ({}));
    expect(here).toEqual(there);
    const as = (side: 'here' | 'there'): As => ({
      sessionToken: String(at(answers[side], 'logIn', 'viewer', 'sessionToken')),
    });
    const id = String(at(answers.here, 'logIn', 'viewer', 'user', 'id'));
    const change = `mutation { updateUser(input: { id: "${id}", fields: { email: "n-${name}@x.io" } }) { user { id username email } } }`;
    const changed = await both(change, () => ({}), as);
    expect(changed.here).toEqual(changed.there);
    const seen = await both(`{ viewer { ${USER} } }`, () => ({}), as);
    expect(seen.here).toEqual(seen.there);
    const out = await both('mutation { logOut(input: {}) { ok } }', () => ({}), as);
    expect(out.here).toEqual(out.there);
    const { answers: after } = await both(`{ viewer { ${USER} } }`, () => ({}), as);
    expect(after.here).toMatchObject(after.there);
    expect(after.there).toEqual({ code: 209, error: 'Invalid session token' });
  });
});
