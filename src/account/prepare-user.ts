import type { AccountColumns, AccountStore, StoredAccount } from '../access/account-store.ts';
import type { AccountWrite, GuardedUsers } from '../access/guarded-users.ts';
import type { Acl } from '../parse/acl.ts';
import { GatewayError, permissionDenied } from '../parse/errors.ts';
import { randomText } from '../parse/random-text.ts';
import type { ParseRecord, ParseValue } from '../parse/values.ts';
import { EVERYTHING } from '../query/constraint.ts';
import type { CreateRequest, FieldOperation, UpdateRequest } from '../query/write-request.ts';
import type { AccountEmails, VerificationMail } from './account-emails.ts';
import type { AccountPolicy } from './account-policy.ts';
import type { GivenCredentials } from './account-service.ts';
import {
  type AuthData,
  guardOf,
  identifies,
  parseAuthData,
  providerIdsOf,
  replacedParts,
  type ValidAuthData,
  validateAuthData,
  withoutUnchanged,
} from './auth-data.ts';
import type { AuthProviders } from './auth-providers.ts';
import type { Passwords } from './passwords.ts';
import { assertNamesFree, authDataTaken } from './user-names.ts';

/** What users are checked with before they are written. */
export interface PrepareParts {
  readonly store: AccountStore;
  readonly policy: AccountPolicy;
  readonly passwords: Passwords;
  readonly providers: AuthProviders;
  readonly emails: AccountEmails;
}

/** A user's step, ready to be written, and what is to be done once it is. */
export interface PreparedUser<Request> {
  readonly request: Request;
  readonly account: AccountWrite;
  readonly after: {
    readonly isPasswordChanged: boolean;
    /** The address that a mail goes to, and its token. */
    readonly verification: VerificationMail | undefined;
    readonly authDataResponse: ParseRecord | undefined;
    /** The providers it logs in with, `password` without any. */
    readonly authProvider: string;
  };
}

/**
 * Checks a new user. Cost: 1 command for each of user name, address and all ids of providers that are given.
 * @throws GatewayError 200, 201, 202, 203, 125, 142, 162, 208, 252, and what adapters throw.
 */
export async function prepareNewUser(
  given: { readonly request: CreateRequest; readonly credentials: GivenCredentials },
  users: GuardedUsers,
  parts: PrepareParts,
): Promise<PreparedUser<CreateRequest>> {
  const { store, providers, passwords } = parts;
  const values = new Map(lowerCased(given.request.values, parts.policy));
  const { password } = given.credentials;
  const data = parseAuthData(given.credentials.authData, providers);
  if (!identifies(data)) assertNamed(values.get('username'), password);
  else if (!values.has('username')) values.set('username', randomText(25));
  assertNoEmptyPassword(password);
  const auth = await validateNew(data, users, parts);
  const username = values.get('username');
  const email = values.get('email');
  await assertNamesFree({ username, email }, store, undefined);
  const secret =
    typeof password === 'string'
      ? await passwords.columnsFor({ password, username: textOf(username), account: undefined })
      : passwords.columnsWithout();
  const verification = verificationOf(email, Object.keys(auth.save), parts.emails);
  return {
    request: { ...given.request, values },
    account: {
      columns: {
        ...secret,
        ...verification,
        ...(Object.keys(auth.save).length > 0 && { authData: auth.save }),
      },
      guard: EVERYTHING,
    },
    after: {
      isPasswordChanged: false,
      verification: mailOf(verification, email, textOf(username)),
      authDataResponse: auth.response,
      authProvider: Object.keys(auth.save).join(',') || 'password',
    },
  };
}

/**
 * Checks the change of a user. Cost: as `prepareNewUser`, and 1 command where the stored account must be looked at, 1 more when it
 * is not the caller's.
 * @throws GatewayError as `prepareNewUser`; 206 where the caller may not change the user, 119 for another's ways to log in.
 */
export async function prepareUserChange(
  given: { readonly request: UpdateRequest; readonly credentials: GivenCredentials },
  users: GuardedUsers,
  parts: PrepareParts,
): Promise<PreparedUser<UpdateRequest>> {
  const { principal } = users;
  const { objectId } = given.request;
  const { password } = given.credentials;
  if (principal.kind === 'anonymous') throw new GatewayError('SessionMissing', 'Permission denied');
  assertNoEmptyPassword(password);
  const operations = new Map(loweredOperations(given.request.operations, parts.policy));
  const data = parseAuthData(given.credentials.authData, parts.providers);
  const looksAtAccount =
    data.size > 0 || (typeof password === 'string' && parts.passwords.looksAtAccount);
  const account = looksAtAccount ? await ownAccount(objectId, users, parts.store) : undefined;
  const auth = await validateChange(data, account, users, parts);
  const username = givenValue(operations.get('username'));
  const email = givenValue(operations.get('email'));
  await assertNamesFree({ username, email }, parts.store, objectId);
  const secret =
    typeof password === 'string'
      ? await parts.passwords.columnsFor({ password, username: textOf(username), account })
      : {};
  const verification = verificationOf(email, Object.keys(auth.save), parts.emails);
  const isPasswordChanged = typeof password === 'string';
  // A mail that was sent before must not undo what is set now.
  const tokens: AccountColumns =
    isPasswordChanged || email !== undefined ? { resetToken: null, resetTokenExpiresAt: null } : {};
  const columns: AccountColumns = {
    ...secret,
    ...tokens,
    ...verification,
    ...(Object.keys(auth.save).length > 0 && { authData: auth.save }),
  };
  const isBound = principal.kind === 'user';
  const acl = isBound ? withOwner(given.request.acl, objectId) : given.request.acl;
  return {
    request: { ...given.request, operations, acl },
    account: {
      columns,
      guard: account === undefined ? EVERYTHING : guardOf(replacedParts(auth.save, account)),
    },
    after: {
      isPasswordChanged,
      verification: mailOf(verification, email, textOf(username)),
      authDataResponse: auth.response,
      authProvider: 'password',
    },
  };
}

async function validateNew(
  data: AuthData,
  users: GuardedUsers,
  { store, providers }: PrepareParts,
): Promise<ValidAuthData> {
  const isMaster = users.principal.kind === 'master';
  const auth = await validateAuthData(data, providers, {
    account: undefined,
    isSignedIn: false,
    isMaster,
  });
  const ids = providerIdsOf(data, providers);
  // After they were found true: whoever merely guesses ids learns nothing of them.
  if (ids.length > 0 && (await store.findByProviderIds(ids)).length > 0) throw authDataTaken();
  return auth;
}

async function validateChange(
  data: AuthData,
  account: StoredAccount | undefined,
  users: GuardedUsers,
  { store, providers }: PrepareParts,
): Promise<ValidAuthData> {
  if (data.size === 0 || account === undefined) return { save: {}, response: undefined };
  const { principal } = users;
  const isMaster = principal.kind === 'master' || principal.kind === 'maintenance';
  const isOwner = principal.kind === 'user' && principal.userId === account.userId;
  // Who may write another's row may not thereby become a way into the account.
  if (!isOwner && !isMaster) throw permissionDenied();
  const changed = withoutUnchanged(data, account);
  const auth = await validateAuthData(changed, providers, { account, isSignedIn: true, isMaster });
  const ids = providerIdsOf(changed, providers);
  const found = ids.length === 0 ? [] : await store.findByProviderIds(ids);
  if (found.some(({ userId }) => userId !== account.userId)) throw authDataTaken();
  return auth;
}

/** The stored account, once it is sure that the caller may change it: what follows tells of its old passwords. */
async function ownAccount(
  userId: string,
  users: GuardedUsers,
  store: AccountStore,
): Promise<StoredAccount> {
  const { principal } = users;
  const isOwn = principal.kind === 'user' && principal.userId === userId;
  const mayChange = isOwn || principal.kind !== 'user' || (await users.mayUpdateUser(userId));
  const account = mayChange ? await store.findById(userId) : undefined;
  if (account !== undefined) return account;
  throw principal.kind === 'user'
    ? new GatewayError('SessionMissing', 'Permission denied')
    : new GatewayError('ObjectNotFound', 'Object not found.');
}

/** @throws GatewayError 200, 201 */
function assertNamed(username: ParseValue | undefined, password: string | null | undefined): void {
  if (typeof username !== 'string' || username === '') {
    throw new GatewayError('UsernameMissing', 'bad or missing username');
  }
  if (typeof password !== 'string') throw passwordMissing();
}

/** @throws GatewayError 201: an empty password logs nobody in, and a user cannot lose the one it has. */
function assertNoEmptyPassword(password: string | null | undefined): void {
  if (password === '' || password === null) throw passwordMissing();
}

function passwordMissing(): GatewayError {
  return new GatewayError('PasswordMissing', 'password is required');
}

/** Addresses that a provider vouches for are not verified again. */
function verificationOf(
  email: ParseValue | undefined,
  linked: readonly string[],
  emails: AccountEmails,
): AccountColumns {
  if (typeof email !== 'string') return {};
  const isVouchedFor = linked.some((provider) => provider !== 'anonymous');
  return isVouchedFor ? {} : (emails.verificationColumns() ?? {});
}

function mailOf(
  { emailVerifyToken: token }: AccountColumns,
  email: ParseValue | undefined,
  username: string | undefined,
): VerificationMail | undefined {
  if (typeof token !== 'string' || typeof email !== 'string') return undefined;
  return { email, username, token };
}

/** A user cannot lock itself out. */
function withOwner(acl: Acl | undefined, ownerId: string): Acl | undefined {
  if (acl === undefined) return undefined;
  const add = (subjects: readonly string[] | undefined) =>
    subjects === undefined ? undefined : [...new Set([...subjects, ownerId])];
  return { readers: add(acl.readers), writers: add(acl.writers) };
}

function lowerCased(
  values: ReadonlyMap<string, ParseValue>,
  policy: AccountPolicy,
): readonly (readonly [string, ParseValue])[] {
  return [...values].map(([name, value]) => [name, lowered(name, value, policy)] as const);
}

function loweredOperations(
  operations: ReadonlyMap<string, FieldOperation>,
  policy: AccountPolicy,
): readonly (readonly [string, FieldOperation])[] {
  return [...operations].map(([name, operation]) =>
    operation.kind === 'set'
      ? ([name, { ...operation, value: lowered(name, operation.value, policy) }] as const)
      : ([name, operation] as const),
  );
}

function lowered(name: string, value: ParseValue, policy: AccountPolicy): ParseValue {
  const isLowered =
    (name === 'username' && policy.convertUsernameToLowercase) ||
    (name === 'email' && policy.convertEmailToLowercase);
  return isLowered && typeof value === 'string' ? value.toLowerCase() : value;
}

/** The value that a column will have; `null` when it goes, `undefined` when nothing is done to it. */
function givenValue(operation: FieldOperation | undefined): ParseValue | undefined {
  if (operation === undefined) return undefined;
  return operation.kind === 'set' ? operation.value : null;
}

function textOf(value: ParseValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
