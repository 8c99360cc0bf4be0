import { isParseRecord, type ParseRecord } from '../../parse/values.ts';
import type { StoredAccount } from '../account-source.ts';
import { decodeAcl } from './acl-codec.ts';
import type { StoredDocument } from './document.ts';
import { decodeNested } from './nested-codec.ts';
import { authProviderOf } from './system-columns.ts';

/** A row of `_User` → who may log in as it; `undefined` for a row whose id Parse could not have made. Values of another type are absent. */
export function decodeAccount(row: StoredDocument): StoredAccount | undefined {
  const userId = row['_id'];
  if (typeof userId !== 'string') return undefined;
  const { readers, writers } = decodeAcl(row);
  const hasAcl = readers !== undefined || writers !== undefined;
  return {
    userId,
    username: textOf(row['username']),
    email: textOf(row['email']),
    isEmailVerified: row['emailVerified'] === true,
    hashedPassword: textOf(row['_hashed_password']),
    passwordHistory: historyOf(row['_password_history']),
    passwordChangedAt: dateOf(row['_password_changed_at']),
    emailVerifyToken: textOf(row['_email_verify_token']),
    emailVerifyTokenExpiresAt: dateOf(row['_email_verify_token_expires_at']),
    resetToken: textOf(row['_perishable_token']),
    resetTokenExpiresAt: dateOf(row['_perishable_token_expires_at']),
    isClosed: hasAcl && (readers ?? []).length === 0 && (writers ?? []).length === 0,
    authData: authDataOf(row),
  };
}

function textOf(stored: unknown): string | undefined {
  return typeof stored === 'string' ? stored : undefined;
}

function dateOf(stored: unknown): Date | undefined {
  return stored instanceof Date && !Number.isNaN(stored.getTime()) ? stored : undefined;
}

function historyOf(stored: unknown): readonly (string | null)[] {
  if (!Array.isArray(stored)) return [];
  return stored.map((hash: unknown) => (typeof hash === 'string' ? hash : null));
}

function authDataOf(row: StoredDocument): ReadonlyMap<string, ParseRecord> {
  const found = new Map<string, ParseRecord>();
  for (const [key, stored] of Object.entries(row)) {
    const provider = authProviderOf(key);
    const data = provider === undefined ? undefined : decodeNested(stored);
    if (provider === undefined || data === undefined || data === null) continue;
    if (isParseRecord(data)) found.set(provider, data);
  }
  return found;
}
