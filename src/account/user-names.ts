import type { AccountStore } from '../access/account-store.ts';
import { DuplicateValueError, GatewayError } from '../parse/errors.ts';
import type { ParseValue } from '../parse/values.ts';

const EMAIL = /^.+@.+$/;

/** The user name and the address that a write gives; `undefined` was not given, `null` is removed. */
export interface GivenNames {
  readonly username: ParseValue | undefined;
  readonly email: ParseValue | undefined;
}

/**
 * Refuses names that are malformed or taken, letter case aside. Two writes at once are told apart by unique indexes only: see
 * `translatedDuplicate`. Cost: 1 command for each name given.
 * @throws GatewayError 200 for an empty user name, 125 for a malformed address, 202, 203.
 */
export async function assertNamesFree(
  { username, email }: GivenNames,
  store: AccountStore,
  exceptUserId: string | undefined,
): Promise<void> {
  if (username !== undefined && (typeof username !== 'string' || username === '')) {
    throw new GatewayError('UsernameMissing', 'bad or missing username');
  }
  if (email !== undefined && email !== null && (typeof email !== 'string' || !EMAIL.test(email))) {
    throw new GatewayError('InvalidEmailAddress', 'Email address format is invalid.');
  }
  const [isNameTaken, isEmailTaken] = await Promise.all([
    typeof username === 'string' && store.isTaken('username', username, exceptUserId),
    typeof email === 'string' && store.isTaken('email', email, exceptUserId),
  ]);
  if (isNameTaken) throw usernameTaken();
  if (isEmailTaken) throw emailTaken();
}

/** A unique index's refusal in the words of accounts; anything else as it is. */
export function translatedDuplicate(error: unknown): unknown {
  if (!(error instanceof DuplicateValueError)) return error;
  switch (error.column) {
    case 'username':
      return usernameTaken();
    case 'email':
      return emailTaken();
    case 'authData':
      return authDataTaken();
    default:
      return error;
  }
}

/** What a provider knows belongs to another user. */
export function authDataTaken(): GatewayError {
  return new GatewayError('AccountAlreadyLinked', 'this auth is already used');
}

function usernameTaken(): GatewayError {
  return new GatewayError('UsernameTaken', 'Account already exists for this username.');
}

function emailTaken(): GatewayError {
  return new GatewayError('EmailTaken', 'Account already exists for this email address.');
}
