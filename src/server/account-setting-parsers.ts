import type { LockoutPolicy, PasswordPolicy } from '../account/account-policy.ts';
import type { ProviderSettings } from '../account/auth-providers.ts';
import { isRecord, UnexpectedValue } from './setting-parsers.ts';

type Json = Readonly<Record<string, unknown>>;

/** What one member of a JSON setting must be. */
type Check = (value: unknown) => boolean;

const flag: Check = (value) => typeof value === 'boolean';
const text: Check = (value) => typeof value === 'string' && value !== '';
const texts: Check = (value) => Array.isArray(value) && value.length > 0 && value.every(text);
const wholeFrom =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
const numberUpTo =
  (most: number): Check =>
  (value) =>
    typeof value === 'number' && value > 0 && value <= most;
const pattern: Check = (value) => typeof value === 'string' && compiles(value);
const address: Check = (value) =>
  typeof value === 'string' && URL.canParse(value) && /^https?:/.test(value);

const LONGEST_S = 10 * 365 * 86_400;

const PASSWORD_POLICY: Readonly<Record<keyof PasswordPolicy, Check>> = {
  validatorPattern: pattern,
  validationError: text,
  doNotAllowUsername: flag,
  maxPasswordHistory: wholeFrom(0, 20),
  maxPasswordAge: (value) => value === 0 || numberUpTo(LONGEST_S)(value),
  resetTokenValidityDuration: numberUpTo(LONGEST_S),
  resetTokenReuseIfValid: flag,
  resetPasswordSuccessOnInvalidEmail: flag,
};

/** Parse Server's `passwordPolicy`. @throws UnexpectedValue for a member it does not have, or with a value it cannot have. */
export function checkPasswordPolicy(value: Json): PasswordPolicy {
  assertMembers(value, PASSWORD_POLICY, 'passwordPolicy');
  if (
    value['resetTokenReuseIfValid'] === true &&
    value['resetTokenValidityDuration'] === undefined
  ) {
    throw new UnexpectedValue('expected resetTokenValidityDuration beside resetTokenReuseIfValid');
  }
  const { validatorPattern, ...others } = value;
  // Each member was checked by its own row above.
  return {
    ...(others as Omit<PasswordPolicy, 'validatorPattern'>),
    ...(typeof validatorPattern === 'string' && { validatorPattern: new RegExp(validatorPattern) }),
  };
}

const LOCKOUT: Readonly<Record<keyof LockoutPolicy, Check>> = {
  threshold: wholeFrom(1, 999),
  duration: numberUpTo(99_999),
  unlockOnPasswordReset: flag,
};

/** Parse Server's `accountLockout`. @throws UnexpectedValue as `checkPasswordPolicy`. */
export function checkLockout(value: Json): LockoutPolicy {
  assertMembers(value, LOCKOUT, 'accountLockout');
  const { threshold, duration, unlockOnPasswordReset } = value;
  if (typeof threshold !== 'number' || typeof duration !== 'number') {
    throw new UnexpectedValue('expected threshold and duration');
  }
  return { threshold, duration, unlockOnPasswordReset: unlockOnPasswordReset === true };
}

/** Providers of a gateway, by name; `unsupported` is one that only Parse Server knows. */
export type ProvidersSetting = ReadonlyMap<
  string,
  ProviderSettings | { readonly kind: 'unsupported' }
>;

/**
 * Parse Server's `auth`: `{mfa: {options: ['TOTP']}, mine: {oauth2: true, …}, other: {openid: true, issuer, clientId}}`.
 * @throws UnexpectedValue as `checkPasswordPolicy`.
 */
export function checkProviders(value: Json): ProvidersSetting {
  const providers = new Map<string, ProviderSettings | { readonly kind: 'unsupported' }>();
  for (const [name, options] of Object.entries(value)) {
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || !isRecord(options)) {
      throw new UnexpectedValue(`expected an object of options for ${JSON.stringify(name)}`);
    }
    if (options['enabled'] === false || name === 'anonymous') continue;
    providers.set(name, providerOf(name, options));
  }
  return providers;
}

function providerOf(
  name: string,
  options: Json,
): ProviderSettings | { readonly kind: 'unsupported' } {
  if (name === 'mfa') return totpOf(options);
  if (options['oauth2'] === true) return oauth2Of(name, options);
  if (options['openid'] === true) return openIdOf(name, options);
  const known = Object.hasOwn(KNOWN_ISSUERS, name) ? KNOWN_ISSUERS[name] : undefined;
  if (known === undefined) return { kind: 'unsupported' };
  assertMembers(options, { enabled: flag, clientId: textOrTexts, ...CACHE_MEMBERS }, name);
  return { ...known, audience: listOf(options['clientId'], `${name}.clientId`) };
}

const textOrTexts: Check = (value) => text(value) || texts(value);
const CACHE_MEMBERS = { cacheMaxEntries: numberUpTo(1e9), cacheMaxAge: numberUpTo(1e12) };

/** Providers that Parse Server knows by name and that sign tokens as OpenID has it. */
const KNOWN_ISSUERS: Readonly<
  Record<string, Omit<Extract<ProviderSettings, { kind: 'openid' }>, 'audience'>>
> = {
  google: {
    kind: 'openid',
    issuers: ['https://accounts.google.com', 'accounts.google.com'],
    jwksUri: 'https://www.googleapis.com/oauth2/v3/certs',
    algorithms: ['RS256'],
    tokenField: 'id_token',
    requiresNonce: false,
    stores: 'all',
  },
  apple: {
    kind: 'openid',
    issuers: ['https://appleid.apple.com'],
    jwksUri: 'https://appleid.apple.com/auth/keys',
    algorithms: ['RS256'],
    tokenField: 'token',
    requiresNonce: false,
    stores: 'all',
  },
};

function totpOf(options: Json): ProviderSettings {
  const algorithm: Check = (value) => ['SHA1', 'SHA256', 'SHA512'].includes(String(value));
  const members = {
    enabled: flag,
    options: texts,
    digits: wholeFrom(4, 10),
    period: wholeFrom(10, 3_600),
    algorithm,
  };
  assertMembers(options, members, 'mfa');
  const methods = options['options'];
  if (!Array.isArray(methods) || !methods.every((method) => method === 'TOTP')) {
    throw new UnexpectedValue('expected mfa.options to be ["TOTP"]');
  }
  return {
    kind: 'totp',
    digits: Number(options['digits'] ?? 6),
    period: Number(options['period'] ?? 30),
    algorithm: textIn(options['algorithm']) ?? 'SHA1',
  };
}

function oauth2Of(name: string, options: Json): ProviderSettings {
  const members = {
    enabled: flag,
    oauth2: flag,
    tokenIntrospectionEndpointUrl: address,
    useridField: text,
    appidField: text,
    appIds: texts,
    authorizationHeader: text,
  };
  assertMembers(options, members, name);
  const { tokenIntrospectionEndpointUrl: url, appidField, appIds } = options;
  if (typeof url !== 'string') {
    throw new UnexpectedValue(`expected ${name}.tokenIntrospectionEndpointUrl`);
  }
  if (appidField !== undefined && appIds === undefined) {
    throw new UnexpectedValue(`expected ${name}.appIds beside ${name}.appidField`);
  }
  return {
    kind: 'oauth2',
    tokenIntrospectionEndpointUrl: url,
    useridField: textIn(options['useridField']) ?? 'sub',
    appidField: textIn(appidField),
    appIds: appIds === undefined ? [] : listOf(appIds, `${name}.appIds`),
    authorizationHeader: textIn(options['authorizationHeader']),
  };
}

function openIdOf(name: string, options: Json): ProviderSettings {
  const members = {
    enabled: flag,
    openid: flag,
    issuer: textOrTexts,
    clientId: textOrTexts,
    jwksUri: address,
    algorithms: texts,
    requireNonce: flag,
  };
  assertMembers(options, members, name);
  const [issuer, ...others] = listOf(options['issuer'], `${name}.issuer`);
  if (issuer === undefined) throw new UnexpectedValue(`expected ${name}.issuer`);
  const jwksUri = textIn(options['jwksUri']);
  if (jwksUri === undefined && !address(issuer)) {
    throw new UnexpectedValue(`expected ${name}.jwksUri, or an address as ${name}.issuer`);
  }
  const given = options['algorithms'];
  const algorithms = given === undefined ? SIGNATURES : listOf(given, `${name}.algorithms`);
  if (!algorithms.every((algorithm) => SIGNATURES.includes(algorithm))) {
    throw new UnexpectedValue(`expected ${name}.algorithms of ${SIGNATURES.join(', ')}`);
  }
  return {
    kind: 'openid',
    issuers: [issuer, ...others],
    audience: listOf(options['clientId'], `${name}.clientId`),
    jwksUri,
    algorithms,
    tokenField: 'id_token',
    requiresNonce: options['requireNonce'] === true,
    stores: 'id',
  };
}

/** By public keys only: a secret shared with a provider would let it be mistaken for one. */
const SIGNATURES: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'ES256',
  'ES384',
  'EdDSA',
];

function assertMembers(value: Json, members: Readonly<Record<string, Check>>, name: string): void {
  for (const [member, given] of Object.entries(value)) {
    const check = Object.hasOwn(members, member) ? members[member] : undefined;
    if (check === undefined) {
      const known = Object.keys(members).join(', ');
      throw new UnexpectedValue(`expected no ${name}.${member}: known are ${known}`);
    }
    if (given !== undefined && !check(given)) {
      throw new UnexpectedValue(`expected another value for ${name}.${member}`);
    }
  }
}

function listOf(value: unknown, name: string): readonly string[] {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  return given.map((item) => {
    if (typeof item !== 'string') throw new UnexpectedValue(`expected ${name}`);
    return item;
  });
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function compiles(source: string): boolean {
  try {
    return source !== '' && new RegExp(source).source !== '';
  } catch {
    return false;
  }
}
