import { fileURLToPath } from 'node:url';
import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MailServer, startSmtpServer } from '../support/start-smtp-server.ts';
import { type AccountPair, startAccountPair } from './account-pair.ts';

let mails: MailServer;
let pair: AccountPair;

beforeAll(async () => {
  mails = await startSmtpServer();
  pair = await startAccountPair(
    {
      verifyUserEmails: true,
      emailVerifyTokenValidityDuration: 3600,
      passwordPolicy: { resetTokenValidityDuration: 3600 },
    },
    {
      gateway: {
        smtpURL: mails.url,
        mailFrom: 'no-reply@example.com',
        publicURL: 'https://app.example.com',
      },
      parseServer: {
        appName: 'Tours',
        publicServerURL: 'http://127.0.0.1/parse',
        emailAdapter: {
          module: fileURLToPath(new URL('../support/silent-mail-adapter.ts', import.meta.url)),
        },
      },
    },
  );
}, 120_000);
afterAll(async () => {
  await pair.close();
  await mails.close();
});

type Side = 'gateway' | 'parseServer';

const SIDES: readonly (readonly [Side, Side])[] = [
  ['gateway', 'parseServer'],
  ['parseServer', 'gateway'],
];

const email = (username: string) => `${username}@example.com`;

async function signUp(side: Side, username: string): Promise<void> {
  const fields = { username, password: 'first-password', email: email(username) };
  if (side === 'parseServer') {
    expect(await pair.rest('POST', 'users', fields)).toMatchObject({ status: 201 });
    return;
  }
  const { errors } = await pair.gateway(
    'mutation ($fields: CreateUserFieldsInput) { signUp(input: { fields: $fields }) { clientMutationId } }',
    { fields },
  );
  expect(errors).toBeUndefined();
  await mails.next();
}

async function requestReset(side: Side, username: string): Promise<void> {
  if (side === 'parseServer') {
    const asked = await pair.rest('POST', 'requestPasswordReset', { email: email(username) });
    expect(asked).toMatchObject({ status: 200 });
    return;
  }
  await pair.gateway(
    'mutation ($email: String!) { resetPassword(input: { email: $email }) { ok } }',
    { email: email(username) },
  );
  await mails.next();
}

async function logIn(side: Side, username: string, password: string): Promise<boolean> {
  if (side === 'parseServer') {
    return (await pair.rest('POST', 'login', { username, password })).status === 200;
  }
  const { errors } = await pair.gateway(
    'mutation ($input: LogInInput!) { logIn(input: $input) { clientMutationId } }',
    { input: { username, password } },
  );
  return errors === undefined;
}

async function row(username: string): Promise<Document> {
  const found = await pair.database.collection('_User').findOne({ username });
  if (found === null) throw new Error(`no user ${username}`);
  return found;
}

/** Column → the form of its value: what differs between any two users stands for itself. */
function formOf(user: Document): Readonly<Record<string, string>> {
  const forms = Object.entries(user).map(([column, value]: [string, unknown]) => [
    column,
    value instanceof Date
      ? 'date'
      : typeof value === 'string'
        ? `text of ${column === 'username' || column === 'email' ? 'any' : value.length}`
        : JSON.stringify(value).replaceAll(String(user['_id']), 'own'),
  ]);
  return Object.fromEntries(forms) as Readonly<Record<string, string>>;
}

describe('what is stored', () => {
  it('of a sign-up to be verified, and of a reset that was asked for, is the same', async () => {
    await signUp('gateway', 'here');
    await signUp('parseServer', 'there');
    expect(formOf(await row('here'))).toEqual(formOf(await row('there')));
    await requestReset('gateway', 'here');
    await requestReset('parseServer', 'there');
    expect(formOf(await row('here'))).toEqual(formOf(await row('there')));
    expect(await row('here')).toHaveProperty('_perishable_token');
  });

  it('is the same once verified and reset', async () => {
    for (const [side, username] of [
      ['gateway', 'here'],
      ['parseServer', 'there'],
    ] as const) {
      const { _email_verify_token: verify, _perishable_token: reset } = await row(username);
      await fetch(`${pair.pages[side]}/verify_email?token=${String(verify)}`);
      await submitReset(side, String(reset));
      expect(await row(username)).toMatchObject({ emailVerified: true });
    }
    expect(formOf(await row('here'))).toEqual(formOf(await row('there')));
    expect(await row('here')).not.toHaveProperty('_perishable_token');
  });
});

async function submitReset(side: Side, token: string): Promise<number> {
  const { status } = await fetch(`${pair.pages[side]}/request_password_reset`, {
    method: 'POST',
    body: new URLSearchParams({ token, new_password: 'second-password' }),
    headers: { 'x-requested-with': 'XMLHttpRequest' },
  });
  return status;
}

describe.each(SIDES)('a token of the %s', (made, used) => {
  it(`verifies an address at the ${used}`, async () => {
    const username = `verified-by-${used}`.toLowerCase();
    await signUp(made, username);
    const { _email_verify_token: token } = await row(username);
    const page = await fetch(`${pair.pages[used]}/verify_email?token=${String(token)}`);
    expect(page.status).toBe(200);
    expect(await row(username)).toMatchObject({ emailVerified: true });
    expect(await row(username)).not.toHaveProperty('_email_verify_token');
  });

  it(`sets a password at the ${used}, once`, async () => {
    const username = `reset-by-${used}`.toLowerCase();
    await signUp(made, username);
    await requestReset(made, username);
    const token = String((await row(username))['_perishable_token']);
    expect(await submitReset(used, token)).toBe(200);
    expect(await submitReset(used, token)).toBe(400);
    expect(await submitReset(made, token)).toBe(400);
    expect(await logIn(made, username, 'second-password')).toBe(true);
    expect(await logIn(made, username, 'first-password')).toBe(false);
  });
});
