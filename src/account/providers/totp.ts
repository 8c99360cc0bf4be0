import { Secret, TOTP } from 'otpauth';
import { GatewayError } from '../../parse/errors.ts';
import { randomText } from '../../parse/random-text.ts';
import type { ParseRecord } from '../../parse/values.ts';
import type { AuthAdapter, AuthOutcome } from '../auth-adapter.ts';

/** One-time codes from an app. */
export interface TotpOptions {
  readonly digits: number;
  /** Seconds for which a code holds. */
  readonly period: number;
  readonly algorithm: string;
}

const SHORTEST_SECRET = 20;
const LONGEST_SECRET = 1_000;
const RECOVERY_CODES = 2;
const RECOVERY_LENGTH = 30;

/**
 * A second factor. Set up with `{secret, token}`, which answers recovery codes; log-in with `{token}`, a code or a recovery code,
 * which is used up; change with `{old, secret, token}`. Stored as Parse Server does: `{secret, recovery}`.
 * @see https://datatracker.ietf.org/doc/html/rfc6238
 */
export function createTotpAdapter(options: TotpOptions): AuthAdapter {
  return {
    role: 'additional',
    validate({ step, given, stored, isMaster }) {
      return new Promise<AuthOutcome>((resolve) => {
        switch (step) {
          case 'setUp':
            resolve(setUp(given, options));
            return;
          case 'logIn':
            resolve({ save: passed(given['token'], stored, options) });
            return;
          case 'update':
            if (isMaster) {
              resolve({ save: given });
              return;
            }
            passed(given['old'], stored, options);
            resolve(setUp(given, options));
        }
      });
    },
  };
}

function setUp({ secret, token }: ParseRecord, options: TotpOptions): AuthOutcome {
  const isUsable =
    typeof secret === 'string' &&
    typeof token === 'string' &&
    secret.length >= SHORTEST_SECRET &&
    secret.length <= LONGEST_SECRET;
  if (!isUsable) throw new GatewayError('ScriptFailed', 'Invalid MFA data');
  if (!isCode(token, secret, options)) throw invalidToken();
  const recovery = Array.from({ length: RECOVERY_CODES }, () => randomText(RECOVERY_LENGTH));
  return { save: { secret, recovery }, response: { recovery: recovery.join(', ') } };
}

/** What is to be stored when a recovery code was used up; `undefined` for a code. @throws GatewayError 141 for neither. */
function passed(
  token: unknown,
  stored: ParseRecord | undefined,
  options: TotpOptions,
): ParseRecord | undefined {
  if (typeof token !== 'string') throw invalidToken();
  const { secret, recovery } = stored ?? {};
  if (typeof secret !== 'string' || secret === '') return undefined;
  if (Array.isArray(recovery) && recovery.includes(token)) {
    return { ...stored, recovery: recovery.filter((code) => code !== token) };
  }
  if (isCode(token, secret, options)) return undefined;
  throw invalidToken();
}

/** One step before and after are forgiven. */
function isCode(
  token: string,
  secret: string,
  { digits, period, algorithm }: TotpOptions,
): boolean {
  try {
    const totp = new TOTP({ algorithm, digits, period, secret: Secret.fromBase32(secret) });
    return totp.validate({ token, window: 1 }) !== null;
  } catch {
    // A secret that is not base32.
    return false;
  }
}

function invalidToken(): GatewayError {
  return new GatewayError('ScriptFailed', 'Invalid MFA token');
}
