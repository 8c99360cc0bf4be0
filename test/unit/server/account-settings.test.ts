import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../src/server/settings.ts';

const read = (name: string, value: unknown) => readSettings({ [name]: JSON.stringify(value) }, {});

describe('passwordPolicy', () => {
  it('is read with its pattern compiled', () => {
    const { passwordPolicy } = read('passwordPolicy', {
      validatorPattern: '^.{8,}$',
      maxPasswordAge: 90,
    });
    expect(passwordPolicy).toEqual({ validatorPattern: /^.{8,}$/, maxPasswordAge: 90 });
  });

  it.for([
    [{ validatorPattern: '(' }, 'expected another value for passwordPolicy.validatorPattern'],
    [{ maxPasswordHistory: 21 }, 'expected another value for passwordPolicy.maxPasswordHistory'],
    [{ doNotAllowUsername: 'yes' }, 'expected another value for passwordPolicy.doNotAllowUsername'],
    [{ maxPasswordAge: -1 }, 'expected another value for passwordPolicy.maxPasswordAge'],
    [{ resetTokenReuseIfValid: true }, 'expected resetTokenValidityDuration'],
    [{ minLength: 8 }, 'expected no passwordPolicy.minLength: known are validatorPattern'],
    [[], 'expected a JSON object'],
  ] as const)('%j stops the start', ([value, message]) => {
    expect(() => read('passwordPolicy', value)).toThrow(message);
  });
});

describe('accountLockout', () => {
  it('is read', () => {
    expect(read('accountLockout', { threshold: 3, duration: 5 }).accountLockout).toEqual({
      threshold: 3,
      duration: 5,
      unlockOnPasswordReset: false,
    });
  });

  it.for([
    { threshold: 3 },
    { threshold: 0, duration: 5 },
    { threshold: 3, duration: 100_000 },
    { tries: 3 },
  ])('%j stops the start', (value) => {
    expect(() => read('accountLockout', value)).toThrow('expected');
  });
});

describe('auth', () => {
  it('is read, without what is turned off and with what only Parse Server knows marked', () => {
    const { auth } = read('auth', {
      facebook: { appIds: ['1'] },
      off: { enabled: false, oauth2: true },
      google: { clientId: 'app' },
      mfa: { options: ['TOTP'], digits: 8 },
      mine: { openid: true, issuer: 'https://id.example.com', clientId: ['a', 'b'] },
      asked: { oauth2: true, tokenIntrospectionEndpointUrl: 'https://id.example.com/ask' },
    });
    expect([...(auth ?? [])].map(([name, { kind }]) => [name, kind])).toEqual([
      ['facebook', 'unsupported'],
      ['google', 'openid'],
      ['mfa', 'totp'],
      ['mine', 'openid'],
      ['asked', 'oauth2'],
    ]);
    expect(auth?.get('mine')).toMatchObject({
      audience: ['a', 'b'],
      jwksUri: undefined,
      stores: 'id',
    });
    expect(auth?.get('google')).toMatchObject({
      tokenField: 'id_token',
      algorithms: ['RS256'],
      stores: 'all',
    });
  });

  it.for([
    [{ 'a.b': {} }, 'expected an object of options for "a.b"'],
    [{ mfa: { options: ['SMS'] } }, 'expected mfa.options to be ["TOTP"]'],
    [{ mine: { openid: true, clientId: 'a' } }, 'expected mine.issuer'],
    [{ mine: { openid: true, issuer: 'x', clientId: 'a' } }, 'expected mine.jwksUri'],
    [
      { mine: { openid: true, issuer: 'https://x', clientId: 'a', algorithms: ['HS256'] } },
      'mine.algorithms',
    ],
    [
      { mine: { openid: true, issuer: 'https://x', clientId: 'a', algorithms: ['none'] } },
      'mine.algorithms',
    ],
    [{ mine: { openid: true, issuer: 'https://x' } }, 'expected mine.clientId'],
    [{ mine: { oauth2: true } }, 'expected mine.tokenIntrospectionEndpointUrl'],
    [
      { mine: { oauth2: true, tokenIntrospectionEndpointUrl: 'file:///etc/passwd' } },
      'another value',
    ],
    [{ google: {} }, 'expected google.clientId'],
  ] as const)('%j stops the start and shows no secret', ([value, message]) => {
    expect(() => read('auth', value)).toThrow(message);
    expect(() => read('auth', value)).toThrow('a value that is not shown');
  });
});
