import { GatewayError } from '../../parse/errors.ts';
import type { ClassSchema } from '../../parse/class-schema.ts';
import { isFieldName } from '../../parse/names.ts';
import type { ColumnRef } from '../../query/constraint.ts';

/**
 * The columns whose stored name is not their own, in every class; all of Parse's renaming but pointers (`f` → `_p_f`) and
 * `authData.p` (→ `_auth_data_p`) is here.
 */
const STORED_NAMES: ReadonlyMap<string, string> = new Map([
  ['objectId', '_id'],
  ['createdAt', '_created_at'],
  ['updatedAt', '_updated_at'],
  ['sessionToken', '_session_token'],
  ['lastUsed', '_last_used'],
  ['timesUsed', 'times_used'],
]);

const COLUMN_NAMES: ReadonlyMap<string, string> = new Map(
  [...STORED_NAMES].map(([column, stored]) => [stored, column]),
);

/** What every read fetches, whatever is selected. */
export const BASE_STORED_NAMES = ['_id', '_created_at', '_updated_at', '_rperm', '_wperm'] as const;

/** Stored keys that no read ever returns, that no constraint can name, and that only account code writes. */
export const HIDDEN_STORED_NAMES: ReadonlySet<string> = new Set([
  '_hashed_password',
  '_email_verify_token',
  '_email_verify_token_expires_at',
  '_perishable_token',
  '_perishable_token_expires_at',
  '_password_changed_at',
  '_password_history',
  '_failed_login_count',
  '_account_lockout_expires_at',
  '_tombstone',
]);

const AUTH_DATA = /^_auth_data_([A-Za-z0-9_]+)$/;
const POINTER = /^_p_([A-Za-z][A-Za-z0-9_]*)$/;

/** `_auth_data_facebook` → `facebook`; `undefined` for other stored keys. */
export function authProviderOf(storedName: string): string | undefined {
  return AUTH_DATA.exec(storedName)?.[1];
}

/** The stored key of a provider's part of `_User.authData`. */
export function authDataName(provider: string): string {
  return `_auth_data_${provider}`;
}

/** True for `_User.authData`, which is spread over one stored key per provider. */
export function isAuthData(className: string, column: string): boolean {
  return className === '_User' && column === 'authData';
}

/** Column → stored key: `owner` → `_p_owner`, `createdAt` → `_created_at`, others unchanged. */
export function storedName(schema: ClassSchema, column: string): string {
  const renamed = STORED_NAMES.get(column);
  if (renamed !== undefined) return renamed;
  return schema.fields.get(column)?.type.kind === 'Pointer' ? `_p_${column}` : column;
}

/** Stored key → column: `_p_owner` → `owner`. Not every key belongs to a column: ask the class. */
export function columnName(stored: string): string {
  if (AUTH_DATA.test(stored)) return 'authData';
  return COLUMN_NAMES.get(stored) ?? POINTER.exec(stored)?.[1] ?? stored;
}

/**
 * Column and path → stored key path: `{name: 'profile', path: ['a']}` → `profile.a`.
 * @throws GatewayError 105 for names that no column or nested key can have.
 */
export function storedPath(schema: ClassSchema, { name, path }: ColumnRef): string {
  const isNamable = isFieldName(name) && name !== 'ACL';
  if (!isNamable) throw new GatewayError('InvalidKeyName', `Invalid key name: ${name}`);
  path.forEach(assertPathStep);
  const [provider, ...rest] = path;
  if (isAuthData(schema.className, name) && provider !== undefined) {
    if (!AUTH_DATA.test(authDataName(provider))) {
      throw new GatewayError('InvalidKeyName', `Invalid key name: authData.${provider}`);
    }
    return [authDataName(provider), ...rest].join('.');
  }
  return [storedName(schema, name), ...path].join('.');
}

/**
 * Refuses what cannot be one step of a path.
 * @throws GatewayError 105
 */
export function assertPathStep(step: string): void {
  if (step === '' || step.startsWith('$') || step.includes('.') || step.includes('\0')) {
    throw new GatewayError('InvalidKeyName', `Invalid key name: ${JSON.stringify(step)}`);
  }
}
