import type { ParseRecord, ParseValue } from '../parse/values.ts';
import type { FieldOperation } from '../query/write-request.ts';

/**
 * What of a user only account/ writes: the columns that no read returns, and the two that no client sets.
 *
 * An absent member stays as it is; `null` removes it, in `authData` the provider alone.
 */
export interface AccountColumns {
  readonly hashedPassword?: string;
  /** Hashes, oldest first; `null` stands for a time without a password. */
  readonly passwordHistory?: readonly (string | null)[];
  readonly passwordChangedAt?: Date;
  readonly failedLoginCount?: null;
  readonly lockoutExpiresAt?: null;
  readonly emailVerified?: boolean | null;
  readonly emailVerifyToken?: string | null;
  readonly emailVerifyTokenExpiresAt?: Date | null;
  readonly resetToken?: string | null;
  readonly resetTokenExpiresAt?: Date | null;
  /** By provider, each replaced as a whole. */
  readonly authData?: Readonly<Record<string, ParseRecord | null>>;
}

/** Under what name the write port knows each. @see HIDDEN_STORED_NAMES */
const WRITTEN_AS: Readonly<Record<keyof AccountColumns, string>> = {
  hashedPassword: '_hashed_password',
  passwordHistory: '_password_history',
  passwordChangedAt: '_password_changed_at',
  failedLoginCount: '_failed_login_count',
  lockoutExpiresAt: '_account_lockout_expires_at',
  emailVerified: 'emailVerified',
  emailVerifyToken: '_email_verify_token',
  emailVerifyTokenExpiresAt: '_email_verify_token_expires_at',
  resetToken: '_perishable_token',
  resetTokenExpiresAt: '_perishable_token_expires_at',
  authData: 'authData',
};

/** `{hashedPassword: 'h', resetToken: null}` → `_hashed_password` set, `_perishable_token` unset. */
export function accountOperations(columns: AccountColumns): ReadonlyMap<string, FieldOperation> {
  const operations = new Map<string, FieldOperation>();
  for (const [name, value] of givenColumns(columns)) {
    operations.set(name, value === null ? { kind: 'unset' } : { kind: 'set', value });
  }
  return operations;
}

/** The values of a new user; what would be removed is not there. */
export function accountValues(columns: AccountColumns): ReadonlyMap<string, ParseValue> {
  return new Map(givenColumns(columns).filter(([, value]) => value !== null));
}

function givenColumns(columns: AccountColumns): readonly (readonly [string, ParseValue])[] {
  return (Object.keys(WRITTEN_AS) as (keyof AccountColumns)[]).flatMap((name) => {
    const value: ParseValue | undefined = columns[name];
    return value === undefined ? [] : [[WRITTEN_AS[name], value] as const];
  });
}
