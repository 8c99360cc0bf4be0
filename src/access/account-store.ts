/**
 * The port of `account/` to what logging in needs of the database. It knows no caller and no rights: composition hands it to the
 * account service and to nothing else.
 */
export type {
  AccountChange,
  AccountSource as AccountStore,
  LockoutRule,
  NewSession,
  ProviderId,
  StoredAccount,
} from '../storage/account-source.ts';
export type { AccountColumns } from '../storage/account-columns.ts';
export type { StoredSession } from '../storage/session-source.ts';
