import { existsSync } from 'node:fs';
import { MongoClient, type Db } from 'mongodb';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { type MailServer, startSmtpServer } from '../support/start-smtp-server.ts';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const hasBrowser = existsSync(CHROMIUM);
if (!hasBrowser && process.env['CI'] === 'true') throw new Error(`the test needs ${CHROMIUM}`);

const PUBLIC_URL = 'https://app.example.com';

let mails: MailServer;
let test: TestGateway;
let client: MongoClient;
let raw: Db;

beforeAll(async () => {
  mails = await startSmtpServer();
  test = await startGateway({
    settings: {
      appName: 'Tour <App>',
      smtpURL: mails.url,
      mailFrom: 'Tours <no-reply@example.com>',
      publicURL: PUBLIC_URL,
      verifyUserEmails: 'true',
      emailVerifyTokenValidityDuration: '3600',
      passwordPolicy: JSON.stringify({
        resetTokenValidityDuration: 3600,
        maxPasswordHistory: 2,
        validatorPattern: '^.{4,}$',
      }),
      accountLockout: JSON.stringify({ threshold: 2, duration: 5, unlockOnPasswordReset: true }),
    },
  });
  client = await MongoClient.connect(test.uri);
  raw = client.db();
});

afterAll(async () => {
  await client.close();
  await test.close();
  await mails.close();
});

interface UserRow {
  readonly _id: string;
  readonly [column: string]: unknown;
}

const users = () => raw.collection<UserRow>('_User');
const userNamed = (username: string) => users().findOne({ username });

async function mutate(field: string, input: Readonly<Record<string, unknown>>, selected = 'ok') {
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input!`;
  const { data, errors } = await test.graphql(
    `mutation ($input: ${type}) { ${field}(input: $input) { ${selected} } }`,
    { input },
  );
  return {
    answer: data?.[field] as Record<string, unknown> | null,
    code: errors?.[0]?.extensions['code'],
  };
}

async function signUp(username: string, email = `${username}@example.com`): Promise<string> {
  const { answer, code } = await mutate(
    'signUp',
    { fields: { username, password: 'first-password', email } },
    'viewer { sessionToken }',
  );
  expect(code).toBeUndefined();
  return (answer as { viewer: { sessionToken: string } }).viewer.sessionToken;
}

const logIn = async (username: string, password: string) =>
  (await mutate('logIn', { username, password }, 'viewer { sessionToken }')).code;

/** The path and token of the link in a mail. */
function linkIn(text: string): string {
  const [link = ''] = /https:\/\/app\.example\.com\S+?token=[A-Za-z0-9]+/.exec(text) ?? [];
  expect(link).not.toBe('');
  return link.slice(PUBLIC_URL.length);
}

const open = (path: string, init?: RequestInit) => fetch(new URL(path, test.url), init);

async function submit(name: string, fields: Readonly<Record<string, string>>, isScript = false) {
  const response = await open(`/apps/${test.appId}/${name}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: isScript ? { 'x-requested-with': 'XMLHttpRequest' } : {},
  });
  return { status: response.status, text: await response.text() };
}

async function requestReset(email: string): Promise<string> {
  expect((await mutate('resetPassword', { email })).answer).toEqual({ ok: true });
  const mail = await mails.next();
  expect(mail.recipients).toEqual([email]);
  return new URL(linkIn(mail.text), PUBLIC_URL).searchParams.get('token') ?? '';
}

describe('an address', () => {
  it('is verified by the link of a mail, once', async () => {
    await signUp('vera');
    const mail = await mails.next();
    expect(mail.recipients).toEqual(['vera@example.com']);
    expect(mail.head).toContain('Subject: Confirm your e-mail address for Tour <App>');
    expect(await userNamed('vera')).toMatchObject({ emailVerified: false });
    const path = linkIn(mail.text);
    expect((await open(path, { method: 'HEAD' })).status).toBe(404);
    const page = await open(path);
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(html).toContain('is confirmed');
    expect(html).toContain('Tour &lt;App&gt;');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    const row = await userNamed('vera');
    expect(row).toMatchObject({ emailVerified: true });
    expect(row).not.toHaveProperty('_email_verify_token');
    expect(row).not.toHaveProperty('_email_verify_token_expires_at');
    const again = await open(path);
    expect([again.status, await again.text()]).toEqual([400, expect.stringContaining('not work')]);
  });

  it('is verified again when it changes', async () => {
    const token = await signUp('erna');
    await open(linkIn((await mails.next()).text));
    const { errors } = await test.graphql(
      'mutation ($id: ID!) { updateUser(input: { id: $id, fields: { email: "new@example.com" } }) { clientMutationId } }',
      { id: (await userNamed('erna'))?._id },
      { 'x-parse-session-token': token },
    );
    expect(errors).toBeUndefined();
    const mail = await mails.next();
    expect(mail.recipients).toEqual(['new@example.com']);
    expect(await userNamed('erna')).toMatchObject({ emailVerified: false });
  });

  it('gets another mail on request, by its owner or by the page of a link that has expired', async () => {
    await signUp('rita');
    const first = linkIn((await mails.next()).text);
    await users().updateOne(
      { username: 'rita' },
      { $set: { _email_verify_token_expires_at: new Date(0) } },
    );
    const page = await (await open(first)).text();
    expect(page).toContain('action="resend_verification_email"');
    const token = new URL(first, PUBLIC_URL).searchParams.get('token') ?? '';
    expect((await submit('resend_verification_email', { token })).status).toBe(200);
    const second = linkIn((await mails.next()).text);
    expect(second).not.toBe(first);
    const { answer } = await mutate('sendVerificationEmail', { email: 'rita@example.com' });
    expect(answer).toEqual({ ok: true });
    const third = linkIn((await mails.next()).text);
    expect((await open(second)).status).toBe(400);
    expect((await open(third)).status).toBe(200);
  });

  it.each(['nobody@example.com', 'vera@example.com', ''])(
    'that is unknown or verified (%j) gets none',
    async (email) => {
      const { answer, code } = await mutate('sendVerificationEmail', { email });
      if (email === '') expect(code).toBe(204);
      else expect(answer).toEqual({ ok: true });
      expect(mails.received).toEqual([]);
    },
  );

  it('with a second recipient or header in it gets none, whatever is stored', async () => {
    await signUp('mallory', 'a@example.com,b@example.com');
    await signUp('mallet', 'a@example.com\nBcc: b@example.com').catch(() => undefined);
    await signUp('honest');
    expect((await mails.next()).recipients).toEqual(['honest@example.com']);
  });
});

describe('a forgotten password', () => {
  it('is replaced through a page that needs no script; sessions and the lock end', async () => {
    const session = await signUp('fred');
    await mails.next();
    for (const wrong of ['a', 'b', 'c']) expect(await logIn('fred', wrong)).toBe(101);
    const token = await requestReset('fred@example.com');
    const page = await open(`/apps/${test.appId}/request_password_reset?token=${token}`);
    const html = await page.text();
    expect(html).toContain(`value="${token}"`);
    expect(html).not.toContain('<script');
    const form = { token, new_password: 'second', confirm_new_password: 'second' };
    const other = { ...form, confirm_new_password: 'other' };
    expect(await submit('request_password_reset', other)).toMatchObject({
      status: 400,
      text: expect.stringContaining('not the same') as string,
    });
    const changed = await submit('request_password_reset', form);
    expect(changed).toMatchObject({ status: 200 });
    expect(await logIn('fred', 'first-password')).toBe(101);
    expect(await logIn('fred', 'second')).toBeUndefined();
    const old = await test.graphql(
      '{ viewer { sessionToken } }',
      {},
      { 'x-parse-session-token': session },
    );
    expect(old.errors?.[0]?.extensions['code']).toBe(209);
    const row = await userNamed('fred');
    for (const column of [
      '_perishable_token',
      '_perishable_token_expires_at',
      '_account_lockout_expires_at',
    ])
      expect(row).not.toHaveProperty(column);
    expect((await submit('request_password_reset', form)).text).toContain('does not work');
  });

  it('is asked for alike for an address that nobody has', async () => {
    const { answer, code } = await mutate('resetPassword', { email: 'none@example.com' });
    expect([answer, code]).toEqual([{ ok: true }, undefined]);
    expect((await mutate('resetPassword', { email: '' })).code).toBe(204);
    expect(mails.received).toEqual([]);
  });

  it('follows the policy, on the page, by script and by mutation', async () => {
    await signUp('paul');
    await mails.next();
    const token = await requestReset('paul@example.com');
    const weak = { token, new_password: 'abc' };
    expect((await submit('request_password_reset', weak)).text).toContain('Password Policy');
    const byScript = await submit('request_password_reset', weak, true);
    expect([byScript.status, JSON.parse(byScript.text)]).toEqual([
      400,
      { code: -1, error: 'Password does not meet the Password Policy requirements.' },
    ]);
    const confirm = (password: string, given = token) =>
      mutate('confirmResetPassword', { username: 'paul', password, token: given });
    expect((await confirm('abc')).code).toBe(142);
    expect((await confirm('first-password')).code).toBe(142);
    expect((await confirm('')).code).toBe(201);
    expect((await confirm('second', 'forged')).code).toBe(-1);
    expect((await confirm('second', '')).code).toBe(-1);
    expect((await confirm('second')).answer).toEqual({ ok: true });
    expect((await confirm('third')).code).toBe(-1);
    expect(await logIn('paul', 'second')).toBeUndefined();
    const none = await submit('request_password_reset', { new_password: 'x' }, true);
    expect([none.status, JSON.parse(none.text)]).toEqual([
      400,
      { code: -1, error: 'Missing token' },
    ]);
  });

  it('is set once when two try at the same time', async () => {
    await signUp('twin');
    await mails.next();
    const token = await requestReset('twin@example.com');
    const attempts = await Promise.all(
      ['left-one', 'right-one'].map((password) =>
        mutate('confirmResetPassword', { username: 'twin', password, token }),
      ),
    );
    expect(attempts.map(({ code }) => code).sort()).toEqual([-1, undefined]);
  });

  it('is not set by a link that has expired, and a newer link ends the older', async () => {
    await signUp('olga');
    await mails.next();
    const older = await requestReset('olga@example.com');
    const newer = await requestReset('olga@example.com');
    const path = (token: string) => `/apps/${test.appId}/request_password_reset?token=${token}`;
    expect((await open(path(older))).status).toBe(400);
    await users().updateOne(
      { username: 'olga' },
      { $set: { _perishable_token_expires_at: new Date(0) } },
    );
    expect(await (await open(path(newer))).text()).toContain('has expired');
    const late = await submit('request_password_reset', { token: newer, new_password: 'later' });
    expect(late.text).toContain('has expired');
    expect(await logIn('olga', 'first-password')).toBeUndefined();
  });

  it.skipIf(!hasBrowser)('is replaced in a browser that runs no scripts', async () => {
    await signUp('lynx');
    await mails.next();
    const token = await requestReset('lynx@example.com');
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage({ javaScriptEnabled: false });
      await page.goto(
        new URL(`/apps/${test.appId}/request_password_reset?token=${token}`, test.url).href,
      );
      await page.getByLabel('New password').fill('in-a-browser');
      await page.getByLabel('The same once more').fill('in-a-browser');
      await page.getByRole('button', { name: 'Change password' }).click();
      await page.getByText('Your password has been changed').waitFor();
    } finally {
      await browser.close();
    }
    expect(await logIn('lynx', 'in-a-browser')).toBeUndefined();
  });
});

describe('the pages', () => {
  it.each([
    'request_password_reset?token=<script>alert(1)</script>',
    'request_password_reset?token[$ne]=x',
    'request_password_reset',
    'verify_email?token=%00',
    `verify_email?token=${'x'.repeat(5000)}`,
    'verify_email?token[$regex]=.',
  ])('take %j for a link that does not work, and run nothing', async (path) => {
    const response = await open(`/apps/${test.appId}/${path}`);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('<script');
  });

  it('refuse a form that is too large, and are not there for another application', async () => {
    const large = await submit('request_password_reset', { token: 'x'.repeat(20_000) });
    expect(large.status).toBe(400);
    expect((await open('/apps/other/verify_email?token=x')).status).toBe(404);
  });

  it('fail in peace when no mail can be handed over', async () => {
    await signUp('gone');
    await mails.next();
    mails.refuse(true);
    try {
      const { answer } = await mutate('resetPassword', { email: 'gone@example.com' });
      expect(answer).toEqual({ ok: true });
    } finally {
      mails.refuse(false);
    }
    const token = await requestReset('gone@example.com');
    expect(token).toHaveLength(25);
  });
});
