import type { StoredAccount } from '../access/account-store.ts';
import { GatewayError } from '../parse/errors.ts';
import { encodeJson, parseJson } from '../parse/json.ts';
import { isParseRecord, type ParseRecord, type ParseValue } from '../parse/values.ts';
import { allOf, EVERYTHING, type Constraint } from '../query/constraint.ts';
import type { AuthRequest } from './auth-adapter.ts';
import type { AuthProviders } from './auth-providers.ts';

/** Provider → its data; `null` unlinks. */
export type AuthData = ReadonlyMap<string, ParseRecord | null>;

/** What comes of data that were all found true. */
export interface ValidAuthData {
  /** What is to be stored. */
  readonly save: Readonly<Record<string, ParseRecord | null>>;
  /** What the client is told, by provider; `undefined`: nothing. */
  readonly response: ParseRecord | undefined;
}

const PROVIDER = /^[A-Za-z][A-Za-z0-9_]*$/;
const MOST_PROVIDERS = 20;

/**
 * What a client sent → data by provider, in the providers' order of names; those without content are left out.
 * @throws GatewayError 252 for null or a provider that nobody set up, 105 for a name that is none, 162 for an id that is no text, 107,
 * 121 for what no column can hold.
 */
export function parseAuthData(given: unknown, providers: AuthProviders): AuthData {
  const data = new Map<string, ParseRecord | null>();
  if (given === undefined) return data;
  if (given === null || typeof given !== 'object' || Array.isArray(given)) throw unsupported();
  const entries = Object.entries(given).sort(([left], [right]) => (left < right ? -1 : 1));
  if (entries.length > MOST_PROVIDERS) throw unsupported();
  for (const [provider, value] of entries as [string, unknown][]) {
    if (!PROVIDER.test(provider)) {
      throw new GatewayError('InvalidKeyName', `Invalid key name: authData.${provider}`);
    }
    if (value === null) data.set(provider, null);
    else data.set(provider, parseProvider(provider, value, providers));
  }
  return data;
}

function parseProvider(provider: string, given: unknown, providers: AuthProviders): ParseRecord {
  const adapter = providers.get(provider);
  if (adapter === undefined) throw unsupported();
  const data = parseJson(given);
  if (!isParseRecord(data)) throw unsupported();
  const isNamed = typeof data['id'] === 'string' && data['id'] !== '';
  if (adapter.role === 'identity' && !isNamed) {
    throw new GatewayError('InvalidValue', `Invalid authData id for provider '${provider}'.`);
  }
  return data;
}

/** Whether somebody could log in with these data: not all of them unlink. */
export function identifies(data: AuthData): boolean {
  return [...data.values()].some((value) => value !== null);
}

/** The ids that the data claim, by which an account is found. */
export function providerIdsOf(data: AuthData, providers: AuthProviders) {
  return [...data].flatMap(([provider, value]) => {
    const id = value?.['id'];
    const isIdentity = providers.get(provider)?.role === 'identity';
    return isIdentity && typeof id === 'string' ? [{ provider, id }] : [];
  });
}

/**
 * Has every provider look at its data, one after the other, so that none acts when one before it refuses.
 * @throws GatewayError what the adapters throw.
 */
export async function validateAuthData(
  data: AuthData,
  providers: AuthProviders,
  who: {
    readonly account: StoredAccount | undefined;
    readonly isSignedIn: boolean;
    readonly isMaster: boolean;
  },
): Promise<ValidAuthData> {
  const save: Record<string, ParseRecord | null> = {};
  const response: Record<string, ParseValue> = {};
  for (const [provider, given] of data) {
    if (given === null) {
      save[provider] = null;
      continue;
    }
    const adapter = providers.get(provider);
    if (adapter === undefined) throw unsupported();
    const stored = who.account?.authData.get(provider);
    const step = stepOf(stored, who.isSignedIn);
    const outcome = await adapter.validate({ step, given, stored, isMaster: who.isMaster });
    if (outcome.save !== undefined) save[provider] = outcome.save;
    if (outcome.response !== undefined) response[provider] = outcome.response;
  }
  return { save, response: Object.keys(response).length > 0 ? response : undefined };
}

function stepOf(stored: ParseRecord | undefined, isSignedIn: boolean): AuthRequest['step'] {
  if (stored === undefined) return 'setUp';
  return isSignedIn ? 'update' : 'logIn';
}

/** @throws GatewayError -1 when the account has a second factor and none of them was presented. */
export function assertSecondFactor(
  account: StoredAccount,
  data: AuthData,
  providers: AuthProviders,
): void {
  const factors = [...account.authData.keys()].filter(
    (provider) => providers.get(provider)?.role === 'additional',
  );
  const isPresented = factors.some((provider) => (data.get(provider) ?? null) !== null);
  if (factors.length === 0 || isPresented) return;
  throw new GatewayError('OtherCause', `Missing additional authData ${factors.join(',')}`);
}

/** The data without those that say what is stored already. */
export function withoutUnchanged(data: AuthData, account: StoredAccount): AuthData {
  return new Map(
    [...data].filter(([provider, given]) => {
      const stored = account.authData.get(provider);
      if (given === null || stored === undefined) return true;
      return Object.keys(given).some((name) => !isSame(given[name], stored[name]));
    }),
  );
}

/**
 * What of the stored data must still be there when they are replaced: of two that use up the same code, one finds it gone.
 * `{recovery: [a, b]}` replaced by `{recovery: [b]}` → `{recovery: [a, b]}`.
 */
export function replacedParts(
  save: ValidAuthData['save'],
  account: StoredAccount,
): ReadonlyMap<string, ParseRecord> {
  const parts = new Map<string, ParseRecord>();
  for (const [provider, next] of Object.entries(save)) {
    const stored = Object.entries(account.authData.get(provider) ?? {});
    const replaced = stored.filter(
      ([name, value]) => isComparable(value) && !isSame(value, next?.[name]),
    );
    if (replaced.length > 0) parts.set(provider, Object.fromEntries(replaced));
  }
  return parts;
}

/** As `replacedParts`, for a guarded write. */
export function guardOf(parts: ReadonlyMap<string, ParseRecord>): Constraint {
  const all = [...parts].flatMap(([provider, data]) =>
    Object.entries(data).map(([name, value]): Constraint => ({
      kind: 'compare',
      column: { name: 'authData', path: [provider, name] },
      comparison: 'equal',
      value,
    })),
  );
  return all.length === 0 ? EVERYTHING : allOf(...all);
}

/** Texts, numbers, truth values and lists compare alike in every database. */
function isComparable(value: ParseValue): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value) || Array.isArray(value);
}

function isSame(left: ParseValue | undefined, right: ParseValue | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return JSON.stringify(encodeJson(left)) === JSON.stringify(encodeJson(right));
}

function unsupported(): GatewayError {
  return new GatewayError('UnsupportedService', 'This authentication method is unsupported.');
}
