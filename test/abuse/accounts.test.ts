import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { MongoClient, type Db, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedSmallWorld } from '../support/seed-small-world.ts';
import { type GraphqlBody, startGateway, type TestGateway } from '../support/start-gateway.ts';

const THRESHOLD = 4;
const CLIENT_ID = 'our-app';
const SIGN_UP = `mutation ($fields: CreateUserFieldsInput) { signUp(input: { fields: $fields }) { viewer { sessionToken user { objectId } } } }`;
const LOG_IN = `mutation ($username: String!, $password: String!, $authData: Object)
  { logIn(input: { username: $username, password: $password, authData: $authData }) { viewer { sessionToken user { objectId } } } }`;
const LOG_IN_WITH = `mutation ($authData: Object!) { logInWith(input: { authData: $authData }) { viewer { sessionToken user { objectId username } } } }`;
const UPDATE = `mutation ($id: ID!, $fields: UpdateUserFieldsInput)
  { updateUser(input: { id: $id, fields: $fields }) { user { objectId } viewer { sessionToken } } }`;

interface Key {
  readonly sign: (claims: Document, header?: Document) => Promise<string>;
  readonly jwk: JWK;
}

async function newKey(alg: 'RS256' | 'ES256', kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    sign: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(privateKey),
  };
}

/** A provider that hands out its keys and says whose an access token is. */
async function startProvider(
  keys: readonly Key[],
): Promise<{ url: string; server: Server; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const answer = (body: unknown, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.url === '/.well-known/openid-configuration') answer({ jwks_uri: `${url}/keys` });
    else if (request.url === '/keys') answer({ keys: keys.map(({ jwk }) => jwk) });
    else if (request.url === '/introspect') void introspect(request, answer);
    else answer({}, 404);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, server, asked };
}

async function introspect(
  request: IncomingMessage,
  answer: (body: unknown, status?: number) => void,
) {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const token = new URLSearchParams(body).get('token') ?? '';
  if (request.headers.authorization !== 'Bearer ours' || token === 'broken') answer({}, 500);
  else
    answer({
      active: token.startsWith('good-'),
      sub: token.slice(5),
      app: token.endsWith('x') ? 'other' : 'app',
    });
}

let rsa: Key;
let ec: Key;
let provider: Awaited<ReturnType<typeof startProvider>>;
let gateway: TestGateway;
let client: MongoClient;
let database: Db;

beforeAll(async () => {
  rsa = await newKey('RS256', 'rsa');
  ec = await newKey('ES256', 'ec');
  provider = await startProvider([rsa, ec]);
  gateway = await startGateway({
    seed: async (uri) => {
      await seedSmallWorld(uri);
      const seeding = await MongoClient.connect(uri);
      await seeding
        .db()
        .collection('_User')
        .createIndexes([
          { key: { username: 1 }, unique: true, sparse: true },
          { key: { email: 1 }, unique: true, sparse: true },
          { key: { '_auth_data_signed.id': 1 }, unique: true, sparse: true },
        ]);
      await seeding.close();
    },
    settings: {
      accountLockout: JSON.stringify({ threshold: THRESHOLD, duration: 5 }),
      auth: JSON.stringify({
        signed: { openid: true, issuer: provider.url, clientId: CLIENT_ID },
        strict: {
          openid: true,
          issuer: provider.url,
          clientId: CLIENT_ID,
          requireNonce: true,
          algorithms: ['ES256'],
        },
        asked: {
          ...{ oauth2: true, tokenIntrospectionEndpointUrl: `${provider.url}/introspect` },
          ...{ appidField: 'app', appIds: ['app'], authorizationHeader: 'Bearer ours' },
        },
        mfa: { options: ['TOTP'] },
      }),
    },
  });
  client = await MongoClient.connect(gateway.uri);
  database = client.db();
}, 60_000);

afterAll(async () => {
  await client.close();
  await gateway.close();
  await new Promise((resolve) => provider.server.close(resolve));
});

let last = 0;
const newName = (): string => `abuse${(last += 1)}`;

function codeOf({ errors = [] }: GraphqlBody): unknown {
  return errors[0]?.extensions['code'];
}

function found(body: GraphqlBody, mutation: string): { objectId: string; sessionToken: string } {
  const payload = body.data?.[mutation] as
    { viewer: { sessionToken: string; user: { objectId: string } } } | null | undefined;
  if (payload === null || payload === undefined) throw new Error(JSON.stringify(body));
  return { objectId: payload.viewer.user.objectId, sessionToken: payload.viewer.sessionToken };
}

const signUp = async (fields: Document) =>
  found(await gateway.graphql(SIGN_UP, { fields }), 'signUp');
const bearing = (sessionToken: string) => ({ 'x-parse-session-token': sessionToken });
const countUsers = () => database.collection('_User').countDocuments();

const HOSTILE_VALUES: readonly (readonly [string, unknown])[] = [
  ['an operator', { $ne: null }],
  ['a pattern', { $regex: '^a' }],
  ['a list', ['admin']],
  ['a number', 1],
  ['true', true],
  ['an operation', { __op: 'Delete' }],
  ['a pointer', { __type: 'Pointer', className: '_User', objectId: 'x' }],
];

describe('values of another type', () => {
  it.for(HOSTILE_VALUES)('%s is no name and no password', async ([, value]) => {
    const users = await countUsers();
    for (const variables of [
      { username: value, password: 'pass' },
      { username: 'alice', password: value },
    ]) {
      expect(codeOf(await gateway.graphql(LOG_IN, variables))).toBe(102);
      expect(codeOf(await gateway.graphql(SIGN_UP, { fields: variables }))).toBe(102);
    }
    expect(await countUsers()).toBe(users);
  });

  it.for(HOSTILE_VALUES)('%s is no id of a provider', async ([, value]) => {
    const users = await countUsers();
    for (const authData of [
      { anonymous: { id: value } },
      { anonymous: value },
      { asked: { id: value, access_token: 'good-1' } },
    ]) {
      const code = codeOf(await gateway.graphql(LOG_IN_WITH, { authData }));
      expect([107, 121, 162, 252], JSON.stringify(authData)).toContain(code);
    }
    expect(await countUsers()).toBe(users);
  });

  it.for([
    [105, { 'anonymous.id': { id: 'x' } }],
    [105, { 'anonymous.id.$ne': null }],
    [105, { $where: { id: 'x' } }],
    [105, { '': { id: 'x' } }],
    [105, { 'a\0b': { id: 'x' } }],
    [121, { anonymous: { id: 'x', $set: 1 } }],
    [121, { anonymous: { id: 'x', 'a.b': 1 } }],
    [105, { anonymous: { id: 'x', constructor: 1 } }],
    [252, { password: { id: 'x' } }],
    [252, { toString: { id: 'x' } }],
    [200, {}],
    [162, { anonymous: {} }],
    [162, { anonymous: { id: '' } }],
  ] as const)('%i: %j as authData makes no user', async ([code, authData]) => {
    const users = await countUsers();
    const answer = await gateway.graphql(LOG_IN_WITH, { authData });
    expect(codeOf(answer)).toBe(code);
    expect(await countUsers()).toBe(users);
  });

  it('__proto__ as authData pollutes nothing', async () => {
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-parse-application-id': gateway.appId },
      body: `{"query": ${JSON.stringify(LOG_IN_WITH)}, "variables": {"authData": {"__proto__": {"id": "x"}, "anonymous": {"id": "y", "__proto__": {"z": 1}}}}}`,
    });
    expect(codeOf((await response.json()) as GraphqlBody)).toBe(105);
    expect(({} as Document)['z']).toBeUndefined();
  });

  it('a null byte is a letter like others', async () => {
    const username = `${newName()}\0`;
    await signUp({ username, password: 'pass\0word' });
    const tries = ['pass', 'pass\0', 'pass\0wor'];
    for (const password of tries)
      expect(codeOf(await gateway.graphql(LOG_IN, { username, password }))).toBe(101);
    const name = username.slice(0, -1);
    expect(codeOf(await gateway.graphql(LOG_IN, { username: name, password: 'pass\0word' }))).toBe(
      101,
    );
  });

  it('a huge name and a huge password are answered, and log nobody in', async () => {
    const huge = 'x'.repeat(500_000);
    expect(codeOf(await gateway.graphql(LOG_IN, { username: huge, password: 'pass' }))).toBe(101);
    expect(codeOf(await gateway.graphql(LOG_IN, { username: 'alice', password: huge }))).toBe(101);
  });
});

describe('nobody learns', () => {
  it('whether a user exists: the same answer, the same commands, as much time', async () => {
    const username = newName();
    await signUp({ username, password: 'pass' });
    const attempt = async (name: string) => {
      gateway.takeCommands();
      const startMs = performance.now();
      const answer = await gateway.graphql(LOG_IN, { username: name, password: 'wrong' });
      const durationMs = performance.now() - startMs;
      return {
        answer,
        durationMs,
        commands: gateway.takeCommands().map(({ name: command }) => command),
      };
    };
    const known = [await attempt(username), await attempt(username)];
    const unknown = [await attempt(newName()), await attempt(newName())];
    expect(unknown[0]?.answer).toEqual(known[0]?.answer);
    expect(unknown[0]?.commands).toEqual(known[0]?.commands);
    const fastest = (tries: typeof known) => Math.min(...tries.map(({ durationMs }) => durationMs));
    // Without its comparison an answer takes a tenth.
    expect(fastest(unknown)).toBeGreaterThan(fastest(known) / 3);
  });

  it('what is stored of a password or a second factor', async () => {
    const username = newName();
    const { objectId, sessionToken } = await signUp({ username, password: 'never stored' });
    await database
      .collection<Document & { _id: string }>('_User')
      .updateOne(
        { _id: objectId },
        { $set: { _auth_data_mfa: { secret: 'S'.repeat(20), recovery: ['r'] } } },
      );
    const ask = '{ viewer { user { username authData } } }';
    const body = JSON.stringify(await gateway.graphql(ask, {}, bearing(sessionToken)));
    expect(body).toContain('"mfa":{"status":"enabled"}');
    const row = await database
      .collection<Document & { _id: string }>('_User')
      .findOne({ _id: objectId });
    expect(JSON.stringify(row)).not.toContain('never stored');
    for (const column of ['_hashed_password', 'hashedPassword', 'password', '_perishable_token']) {
      const answer = await gateway.graphql(
        `{ users(where: { ${column}: { exists: true } }) { count } }`,
        {},
        bearing(sessionToken),
      );
      const count = (answer.data?.['users'] as { count: number } | undefined)?.count ?? 0;
      expect([column, count]).toEqual([column, 0]);
    }
  });
});

describe('accounts of others', () => {
  it('stay closed, even when their row is open to all', async () => {
    const victim = await signUp({ username: newName(), password: 'pass' });
    const thief = await signUp({ username: newName(), password: 'pass' });
    const take = (fields: Document, id = victim.objectId) =>
      gateway.graphql(UPDATE, { id, fields }, bearing(thief.sessionToken));
    expect(codeOf(await take({ password: 'mine' }))).toBe(206);
    expect(codeOf(await take({ email: 'thief@x.io' }))).toBe(206);
    expect(codeOf(await take({ authData: { anonymous: { id: 'mine' } } }))).toBe(206);
    expect(
      codeOf(await gateway.graphql(UPDATE, { id: victim.objectId, fields: { password: 'mine' } })),
    ).toBe(206);
    await database
      .collection<Document & { _id: string }>('_User')
      .updateOne({ _id: victim.objectId }, { $unset: { _wperm: '', _rperm: '', _acl: '' } });
    expect(codeOf(await take({ authData: { anonymous: { id: 'mine' } } }))).toBe(119);
    const changed = await take({ password: 'mine' });
    expect((changed.data?.['updateUser'] as Document)['viewer']).toBeNull();
    const sessions = await database
      .collection('_Session')
      .find({ _p_user: `_User$${victim.objectId}` })
      .toArray();
    expect(sessions).toEqual([]);
  });

  it('keep their ids of providers, whatever a log-in by password brings along', async () => {
    const anonymous = { id: newName() };
    const owner = found(
      await gateway.graphql(LOG_IN_WITH, { authData: { anonymous } }),
      'logInWith',
    );
    const username = newName();
    await signUp({ username, password: 'pass' });
    const logIn = (authData: Document) =>
      gateway.graphql(LOG_IN, { username, password: 'pass', authData });
    expect(codeOf(await logIn({ anonymous }))).toBe(208);
    const again = found(
      await gateway.graphql(LOG_IN_WITH, { authData: { anonymous } }),
      'logInWith',
    );
    expect(again.objectId).toBe(owner.objectId);
    expect(codeOf(await logIn({ anonymous: { id: newName() } }))).toBeUndefined();
  });

  it('cannot be verified, locked or unlocked by a client', async () => {
    const { objectId, sessionToken } = await signUp({ username: newName(), password: 'pass' });
    const answer = await gateway.graphql(
      UPDATE,
      { id: objectId, fields: { emailVerified: true } },
      bearing(sessionToken),
    );
    expect(codeOf(answer)).toBe(119);
    for (const column of [
      '_failed_login_count',
      '_hashed_password',
      'sessionToken',
      '_auth_data_anonymous',
    ]) {
      const fields = { [column]: 'x' };
      expect(
        codeOf(await gateway.graphql(UPDATE, { id: objectId, fields }, bearing(sessionToken))),
      ).toBe(102);
    }
  });

  it('are not entered by the rest of a document that logs in', async () => {
    const username = newName();
    const { objectId } = await signUp({ username, password: 'pass' });
    const answer = await gateway.graphql(
      `mutation ($id: ID!, $username: String!) {
        logIn(input: { username: $username, password: "pass" }) { viewer { user { username } } }
        updateUser(input: { id: $id, fields: { username: "other" } }) { user { objectId } } }`,
      { id: objectId, username },
    );
    expect(answer.data).toEqual({ logIn: { viewer: { user: { username } } }, updateUser: null });
    expect(codeOf(answer)).toBe(206);
  });
});

describe('sessions', () => {
  it.for(['', 'r:', `r:${'0'.repeat(32)}`, 'r:\0', '{"$ne":null}', 'x'.repeat(10_000)])(
    'with the token %j do not exist',
    async (token) => {
      const answer = await gateway.graphql(
        '{ viewer { sessionToken } }',
        {},
        { 'x-parse-session-token': encodeURIComponent(token) },
      );
      expect(JSON.stringify(answer)).toContain('209');
    },
  );

  it('end when their time is over, and tokens of ended ones are worth nothing', async () => {
    const { objectId, sessionToken } = await signUp({ username: newName(), password: 'pass' });
    const row = await database.collection('_Session').findOne({ _p_user: `_User$${objectId}` });
    expect(Number(row?.['expiresAt'])).toBeGreaterThan(Date.now() + 364 * 86_400_000);
    await gateway.graphql('mutation { logOut(input: {}) { ok } }', {}, bearing(sessionToken));
    const again = await gateway.graphql(
      'mutation { logOut(input: {}) { ok } }',
      {},
      bearing(sessionToken),
    );
    expect(again).toMatchObject({ code: 209 });
    const expired = {
      _id: newName(),
      _session_token: 'r:expired',
      _p_user: `_User$${objectId}`,
      expiresAt: new Date(0),
    };
    await database.collection<Document & { _id: string }>('_Session').insertOne(expired);
    expect(
      await gateway.graphql('{ viewer { sessionToken } }', {}, bearing('r:expired')),
    ).toMatchObject({ code: 209 });
  });

  it('are not written by clients', async () => {
    const { sessionToken } = await signUp({ username: newName(), password: 'pass' });
    const create =
      'mutation { createSession(input: { fields: { sessionToken: "r:mine" } }) { session { objectId } } }';
    expect(codeOf(await gateway.graphql(create, {}, bearing(sessionToken)))).toBe(119);
  });
});

describe('at once', () => {
  it('of many sign-ups with one name exactly one wins', async () => {
    const username = newName();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        gateway.graphql(SIGN_UP, { fields: { username, password: 'pass' } }),
      ),
    );
    expect(answers.map(codeOf).sort()).toEqual([
      ...Array.from({ length: 7 }, () => 202),
      undefined,
    ]);
    expect(await database.collection('_User').countDocuments({ username })).toBe(1);
  });

  it('of many log-ins by one new id one user comes', async () => {
    const signed = {
      id: 'together',
      id_token: await rsa.sign({
        ...{ iss: provider.url, aud: CLIENT_ID, sub: 'together' },
        exp: Math.floor(Date.now() / 1000) + 60,
      }),
    };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => gateway.graphql(LOG_IN_WITH, { authData: { signed } })),
    );
    expect(answers.map(codeOf)).toEqual(Array.from({ length: 5 }, () => undefined));
    const users = { '_auth_data_signed.id': 'together' };
    expect(await database.collection('_User').countDocuments(users)).toBe(1);
  });

  it('log-ins leave the gateway free for others', async () => {
    const ended: string[] = [];
    const guess = async () => {
      await gateway.graphql(LOG_IN, { username: newName(), password: 'wrong' });
      ended.push('log-in');
    };
    const guesses = Array.from({ length: 12 }, guess);
    const others = Array.from({ length: 3 }, async () => {
      await gateway.graphql('{ health }');
      ended.push('other');
    });
    await Promise.all([...guesses, ...others]);
    // Hashing on the event loop would have them wait for the last.
    expect(ended.slice(-3)).toEqual(['log-in', 'log-in', 'log-in']);
  });

  it('no more than the threshold may guess a password', async () => {
    const username = newName();
    await signUp({ username, password: 'pass' });
    const guess = () => gateway.graphql(LOG_IN, { username, password: 'wrong' });
    const answers = await Promise.all(Array.from({ length: 10 }, guess));
    const said = answers.map(({ errors }) => errors?.[0]?.message ?? '');
    expect(said.filter((message) => message === 'Invalid username/password.')).toHaveLength(
      THRESHOLD,
    );
    expect(said.filter((message) => message.startsWith('Your account is locked'))).toHaveLength(
      10 - THRESHOLD,
    );
    const right = await gateway.graphql(LOG_IN, { username, password: 'pass' });
    expect(right.errors?.[0]?.message).toMatch(/^Your account is locked/);
  });
});

describe('a provider that signs', () => {
  const claims = (more: Document = {}): Document => ({
    ...{ iss: provider.url, aud: CLIENT_ID, sub: 'me', exp: Math.floor(Date.now() / 1000) + 60 },
    ...more,
  });
  const logIn = (authData: Document) => gateway.graphql(LOG_IN_WITH, { authData });

  it.for(['RS256', 'ES256'] as const)(
    'logs in again whom it signed in with %s',
    async (algorithm) => {
      const key = algorithm === 'RS256' ? rsa : ec;
      const sub = `by-${algorithm}`;
      const first = found(
        await logIn({ signed: { id: sub, id_token: await key.sign(claims({ sub })) } }),
        'logInWith',
      );
      const second = found(
        await logIn({ signed: { id: sub, id_token: await key.sign(claims({ sub })) } }),
        'logInWith',
      );
      expect(second.objectId).toBe(first.objectId);
      expect(second.sessionToken).not.toBe(first.sessionToken);
      const row = await database
        .collection<Document & { _id: string }>('_User')
        .findOne({ _id: first.objectId });
      expect(row?.['_auth_data_signed']).toEqual({ id: sub });
      const sessions = await database
        .collection('_Session')
        .find({ _p_user: `_User$${first.objectId}` })
        .toArray();
      expect(sessions.map(({ createdWith }) => createdWith as unknown)).toEqual([
        { action: 'login', authProvider: 'signed' },
        { action: 'login', authProvider: 'signed' },
      ]);
    },
  );

  it('is asked for its keys once', () => {
    expect(provider.asked.filter((path) => path === '/keys')).toHaveLength(1);
  });

  it('does not let in what is forged, stale or meant for others', async () => {
    const users = await countUsers();
    const stranger = await newKey('RS256', 'rsa');
    const [head = '', body = ''] = (await rsa.sign(claims())).split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const tokens: readonly unknown[] = [
      await stranger.sign(claims()),
      await rsa.sign(claims({ iss: 'https://elsewhere.example' })),
      await rsa.sign(claims({ aud: 'another-app' })),
      await rsa.sign(claims({ exp: Math.floor(Date.now() / 1000) - 60 })),
      await rsa.sign(claims({ exp: undefined })),
      await rsa.sign(claims({ nbf: Math.floor(Date.now() / 1000) + 600 })),
      await rsa.sign(claims({ sub: 'somebody-else' })),
      await rsa.sign(claims({ sub: undefined })),
      `${none}.${body}.`,
      `${head}.${body}.`,
      'not a token',
      '',
      null,
      1,
      { $ne: '' },
      undefined,
    ];
    for (const token of tokens) {
      const code = codeOf(
        await logIn({ signed: { id: 'me', ...(token !== undefined && { id_token: token }) } }),
      );
      expect([101, 121], String(token)).toContain(code);
    }
    expect(await countUsers()).toBe(users);
  });

  it('must repeat the nonce where that is asked for, and use the algorithm that is', async () => {
    const nonce = 'once only';
    const token = await ec.sign(claims({ nonce }));
    expect(codeOf(await logIn({ strict: { id: 'me', id_token: token } }))).toBe(101);
    expect(codeOf(await logIn({ strict: { id: 'me', id_token: token, nonce: 'other' } }))).toBe(
      101,
    );
    expect(
      codeOf(await logIn({ strict: { id: 'me', id_token: await ec.sign(claims()), nonce } })),
    ).toBe(101);
    expect(
      codeOf(
        await logIn({ strict: { id: 'me', id_token: await rsa.sign(claims({ nonce })), nonce } }),
      ),
    ).toBe(101);
    expect(codeOf(await logIn({ strict: { id: 'me', id_token: token, nonce } }))).toBeUndefined();
  });

  it('links and unlinks an account, which nobody else can have then', async () => {
    const owner = await signUp({ username: newName(), password: 'pass' });
    const other = await signUp({ username: newName(), password: 'pass' });
    const link = async ({ objectId, sessionToken }: typeof owner, signed: unknown) =>
      gateway.graphql(
        UPDATE,
        { id: objectId, fields: { authData: { signed } } },
        bearing(sessionToken),
      );
    const mine = async () => ({
      id: 'linked',
      id_token: await rsa.sign(claims({ sub: 'linked' })),
    });
    expect(codeOf(await link(owner, await mine()))).toBeUndefined();
    expect(codeOf(await link(other, await mine()))).toBe(208);
    expect(codeOf(await link(other, { id: 'linked', id_token: 'forged' }))).toBe(101);
    expect(found(await logIn({ signed: await mine() }), 'logInWith').objectId).toBe(owner.objectId);
    expect(codeOf(await link(owner, null))).toBeUndefined();
    expect(codeOf(await link(other, await mine()))).toBeUndefined();
  });
});

describe('a provider that is asked', () => {
  const logIn = (id: string, token: unknown) =>
    gateway.graphql(LOG_IN_WITH, { authData: { asked: { id, access_token: token } } });

  it('logs in whom it knows, and nobody else', async () => {
    const first = found(await logIn('ann', 'good-ann'), 'logInWith');
    expect(found(await logIn('ann', 'good-ann'), 'logInWith').objectId).toBe(first.objectId);
    for (const [id, token] of [
      ['ann', 'bad-ann'],
      ['ann', 'good-bob'],
      ['x', 'good-x'],
      ['ann', 'broken'],
      ['ann', ''],
      ['ann', 5],
    ] as const) {
      expect(codeOf(await logIn(id, token)), String(token)).toBe(101);
    }
  });
});
