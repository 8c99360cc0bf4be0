import { createHash } from 'node:crypto';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { GatewayError } from '../../parse/errors.ts';
import type { ParseRecord } from '../../parse/values.ts';
import type { AuthAdapter } from '../auth-adapter.ts';
import { fetchJson } from './fetch-json.ts';

/** A provider that signs who somebody is. */
export interface OpenIdOptions {
  /** What tokens must name as `iss`; the first is asked for its keys when `jwksUri` is not known. */
  readonly issuers: readonly [string, ...string[]];
  /** What tokens must name as `aud`, one of them. */
  readonly audience: readonly string[];
  readonly jwksUri: string | undefined;
  readonly algorithms: readonly string[];
  /** Where clients put the token. */
  readonly tokenField: string;
  /** Whether a token without a nonce, or a log-in that does not repeat it, is refused. */
  readonly requiresNonce: boolean;
  /** `id`: only that is stored; `all`: what the client sent, as Parse Server does for the providers it knows. */
  readonly stores: 'id' | 'all';
}

type Keys = ReturnType<typeof createRemoteJWKSet>;

/** Differences between clocks that are forgiven. Seconds. */
const CLOCK_TOLERANCE = 30;

/**
 * Log-in with `{id, id_token, nonce?}`: the token's signature, issuer, audience and times are checked, and `id` is its `sub`.
 * Keys are fetched when they are first needed, and again when a token names one that is not known.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 */
export function createOpenIdAdapter(options: OpenIdOptions): AuthAdapter {
  let keys: Promise<Keys> | undefined;
  const currentKeys = async (): Promise<Keys> => {
    keys ??= findKeys(options);
    return keys.catch((error: unknown) => {
      keys = undefined;
      throw error;
    });
  };
  return {
    role: 'identity',
    async validate({ given }) {
      const token = given[options.tokenField];
      if (typeof token !== 'string' || token === '') throw invalidToken('the token is missing');
      const claims = await verified(token, await currentKeys(), options);
      if (claims.sub !== given['id']) throw invalidToken('it is of another user');
      assertNonce(claims, given, options);
      if (options.stores === 'all') return { save: given };
      return { save: { id: claims.sub ?? '' } };
    },
  };
}

async function findKeys({ jwksUri, issuers }: OpenIdOptions): Promise<Keys> {
  if (jwksUri !== undefined) return createRemoteJWKSet(new URL(jwksUri));
  const base = issuers[0].replace(/\/$/, '');
  const description = await fetchJson(`${base}/.well-known/openid-configuration`);
  const found = description?.['jwks_uri'];
  if (typeof found === 'string' && URL.canParse(found)) return createRemoteJWKSet(new URL(found));
  throw new GatewayError('ScriptFailed', 'The provider cannot be asked for its keys.');
}

async function verified(token: string, keys: Keys, options: OpenIdOptions): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: [...options.issuers],
      audience: [...options.audience],
      algorithms: [...options.algorithms],
      clockTolerance: CLOCK_TOLERANCE,
      requiredClaims: ['sub', 'exp'],
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) throw invalidToken(error.message);
    throw new GatewayError('ScriptFailed', 'The provider cannot be asked for its keys.', {
      cause: error,
    });
  }
}

/** A nonce is compared as it is, and by its SHA-256 in hexadecimal, which is what apps on phones hand to the provider. */
function assertNonce(
  claims: JWTPayload,
  given: ParseRecord,
  { requiresNonce }: OpenIdOptions,
): void {
  const expected = claims['nonce'];
  const nonce = given['nonce'];
  if (expected === undefined && nonce === undefined && !requiresNonce) return;
  // A token that was made with a nonce and comes without one: Parse's own clients do not send it along.
  if (nonce === undefined && !requiresNonce) return;
  const isSame =
    typeof nonce === 'string' &&
    nonce !== '' &&
    (expected === nonce || expected === createHash('sha256').update(nonce).digest('hex'));
  if (!isSame) throw invalidToken('its nonce is another');
}

function invalidToken(reason: string): GatewayError {
  return new GatewayError('ObjectNotFound', `The identity token is invalid: ${reason}.`);
}
