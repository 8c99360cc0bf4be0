import type { AccountStore, StoredAccount } from '../access/account-store.ts';
import type { WrittenObject } from '../access/guarded-store.ts';
import type { AccountWrite, GuardedUsers } from '../access/guarded-users.ts';
import { GatewayError } from '../parse/errors.ts';
import type { ParseRecord } from '../parse/values.ts';
import type { WriteStep } from '../query/write-request.ts';
import type { AccountEmails } from './account-emails.ts';
import type { AccountPolicy } from './account-policy.ts';
import type {
  AccountPlan,
  AccountService,
  ChallengeRequest,
  GivenCredentials,
  PasswordLogIn,
  SignedIn,
} from './account-service.ts';
import {
  type AuthData,
  assertSecondFactor,
  identifies,
  parseAuthData,
  providerIdsOf,
  replacedParts,
  type ValidAuthData,
  validateAuthData,
} from './auth-data.ts';
import type { AuthProviders } from './auth-providers.ts';
import { assertPasswordFresh, authenticateUser, unverified } from './authenticate-user.ts';
import { askChallenges } from './challenge.ts';
import type { Passwords } from './passwords.ts';
import { type PreparedUser, prepareNewUser, prepareUserChange } from './prepare-user.ts';
import type { Sessions } from './sessions.ts';
import { authDataTaken, translatedDuplicate } from './user-names.ts';

/** What the accounts of one process share. */
export interface AccountParts {
  readonly store: AccountStore;
  readonly policy: AccountPolicy;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly providers: AuthProviders;
  readonly emails: AccountEmails;
}

/** Accounts as the principal of `users` may use them; make one for each operation. Issues no command. */
export function accountServiceFor(users: GuardedUsers, parts: AccountParts): AccountService {
  return new CallersAccounts(users, parts);
}

const NO_CREDENTIALS: GivenCredentials = { password: undefined, authData: undefined };

class CallersAccounts implements AccountService {
  readonly #users: GuardedUsers;
  readonly #parts: AccountParts;
  readonly #responses = new Map<string, ParseRecord>();
  #renewed: SignedIn | undefined;

  constructor(users: GuardedUsers, parts: AccountParts) {
    this.#users = users;
    this.#parts = parts;
  }

  get renewedSession(): SignedIn | undefined {
    return this.#renewed;
  }

  authDataResponseFor(userId: string): ParseRecord | undefined {
    return this.#responses.get(userId);
  }

  async signUp(plan: AccountPlan): Promise<SignedIn> {
    const { authData } = lastCredentials(plan);
    return identifies(parseAuthData(authData, this.#parts.providers))
      ? this.logInWith(plan)
      : this.#signUpNew(plan);
  }

  async logIn({ username, password, authData }: PasswordLogIn): Promise<SignedIn> {
    this.#assertMayWrite();
    const { providers } = this.#parts;
    const isMaster = this.#isMaster();
    const account = await authenticateUser({ username, password, isMaster }, this.#parts);
    const data = parseAuthData(authData ?? undefined, providers);
    assertSecondFactor(account, data, providers);
    const auth = await validateAuthData(data, providers, { account, isSignedIn: false, isMaster });
    await this.#assertNobodyElses(data, account);
    await assertPasswordFresh(account, this.#parts);
    await this.#saveAuthData(account, auth);
    return this.#beginSession(account.userId, { action: 'login', authProvider: 'password' });
  }

  async logInWith(plan: AccountPlan): Promise<SignedIn> {
    this.#assertMayWrite();
    const data = parseAuthData(lastCredentials(plan).authData, this.#parts.providers);
    const known = await this.#findBy(data);
    if (known.length > 0) return this.#logInAs(known, data);
    try {
      return await this.#signUpNew(plan);
    } catch (error) {
      // Another log-in with the same id was faster: the user is there now.
      const isOvertaken = error instanceof GatewayError && error.code === 'AccountAlreadyLinked';
      const made = isOvertaken ? await this.#findBy(data) : [];
      if (made.length === 0) throw error;
      return this.#logInAs(made, data);
    }
  }

  async logOut(): Promise<void> {
    const { principal } = this.#users;
    if (principal.kind === 'user') await this.#parts.sessions.end(principal.sessionToken);
  }

  async logOutOthers(): Promise<number> {
    const { principal } = this.#users;
    if (principal.kind !== 'user') {
      throw new GatewayError('InvalidSessionToken', 'Invalid session token');
    }
    return this.#parts.sessions.endAllOf(principal.userId, principal.sessionToken);
  }

  async write(plan: AccountPlan): Promise<readonly WrittenObject[]> {
    return (await this.#write(plan)).written;
  }

  challenge(request: ChallengeRequest): Promise<ParseRecord> {
    return askChallenges(request, this.#isMaster(), this.#parts);
  }

  resetPassword(email: string): Promise<void> {
    return this.#parts.emails.requestPasswordReset(email);
  }

  confirmResetPassword(token: string, password: string): Promise<void> {
    return this.#parts.emails.confirmPasswordReset(token, password);
  }

  sendVerificationEmail(email: string): Promise<void> {
    return this.#parts.emails.resendVerification(email);
  }

  async #signUpNew(plan: AccountPlan): Promise<SignedIn> {
    const { verifyUserEmails, preventLoginWithUnverifiedEmail } = this.#parts.policy;
    const { written, prepared } = await this.#write(plan);
    const user = written.at(-1)?.object;
    const providers = prepared.get(plan.steps.length - 1)?.after.authProvider ?? 'password';
    if (user === undefined) throw new Error('a sign-up that writes no user');
    // The user is there, and the mail on its way; but nobody is logged in before it is answered.
    if (providers === 'password' && verifyUserEmails && preventLoginWithUnverifiedEmail) {
      throw unverified();
    }
    const action = providers === 'password' ? 'signup' : 'login';
    return this.#beginSession(user.objectId, { action, authProvider: providers });
  }

  /** Who has one of the ids; accounts that are closed log nobody in. */
  async #findBy(data: AuthData): Promise<readonly StoredAccount[]> {
    const ids = providerIdsOf(data, this.#parts.providers);
    const found = ids.length === 0 ? [] : await this.#parts.store.findByProviderIds(ids);
    return found.filter(({ isClosed }) => !isClosed || this.#isMaster());
  }

  /** A log-in by password may bring ids along, which are linked then. @throws GatewayError 208 when they are another's. */
  async #assertNobodyElses(data: AuthData, account: StoredAccount): Promise<void> {
    const ids = providerIdsOf(data, this.#parts.providers);
    const found = ids.length === 0 ? [] : await this.#parts.store.findByProviderIds(ids);
    if (found.some(({ userId }) => userId !== account.userId)) throw authDataTaken();
  }

  /** @throws GatewayError 208 when the data are of several users. */
  async #logInAs(
    [account, ...others]: readonly StoredAccount[],
    data: AuthData,
  ): Promise<SignedIn> {
    if (account === undefined) throw new Error('a log-in as nobody');
    const { providers } = this.#parts;
    const who = { account, isSignedIn: false, isMaster: this.#isMaster() };
    // First of all: whoever merely guesses ids learns nothing of the account.
    const auth = await validateAuthData(data, providers, who);
    if (others.length > 0) throw authDataTaken();
    assertSecondFactor(account, data, providers);
    await this.#saveAuthData(account, auth);
    const authProvider = [...data.keys()].join(',');
    return this.#beginSession(account.userId, { action: 'login', authProvider });
  }

  /** @throws GatewayError 141 when another log-in has used up the same code meanwhile. */
  async #saveAuthData(account: StoredAccount, { save, response }: ValidAuthData): Promise<void> {
    const { userId } = account;
    if (response !== undefined) this.#responses.set(userId, response);
    if (Object.keys(save).length === 0) return;
    const expected = replacedParts(save, account);
    const change = { userId, columns: { authData: save }, expected, isUpdate: false };
    const isChanged = await this.#parts.store.change(change).catch((error: unknown) => {
      throw translatedDuplicate(error);
    });
    if (!isChanged) throw new GatewayError('ScriptFailed', 'Invalid auth data');
  }

  async #write(plan: AccountPlan) {
    // Before anything is looked up: whoever may not sign up shall not learn which names are taken.
    this.#users.assertMayWrite(plan);
    const prepared = await this.#prepareAll(plan);
    const steps = plan.steps.map((step, place) => withRequest(step, prepared.get(place)));
    const accounts = new Map([...prepared].map(([place, { account }]) => [place, account]));
    const written = await this.#writeAll({ steps, links: plan.links }, accounts);
    for (const [place, { after }] of prepared) {
      const user = written[place]?.object;
      if (user !== undefined) await this.#follow(user.objectId, after);
    }
    return { written, prepared };
  }

  async #prepareAll({ steps, credentials }: AccountPlan) {
    const prepared = new Map<number, PreparedUser<WriteStep['request']>>();
    for (const [place, { kind, request }] of steps.entries()) {
      if (request.className !== '_User' || kind === 'delete') continue;
      const given = credentials.get(place) ?? NO_CREDENTIALS;
      prepared.set(
        place,
        kind === 'create'
          ? await prepareNewUser({ request, credentials: given }, this.#users, this.#parts)
          : await prepareUserChange({ request, credentials: given }, this.#users, this.#parts),
      );
    }
    return prepared;
  }

  async #writeAll(
    plan: { readonly steps: readonly WriteStep[]; readonly links: AccountPlan['links'] },
    accounts: ReadonlyMap<number, AccountWrite>,
  ): Promise<readonly WrittenObject[]> {
    try {
      return await this.#users.writeUsers(plan, accounts);
    } catch (error) {
      throw translatedDuplicate(error);
    }
  }

  /** What happens once a user is written. */
  async #follow(
    userId: string,
    { isPasswordChanged, verification, authDataResponse }: PreparedUser<unknown>['after'],
  ): Promise<void> {
    const { emails, policy, sessions } = this.#parts;
    if (authDataResponse !== undefined) this.#responses.set(userId, authDataResponse);
    if (isPasswordChanged) {
      if (policy.revokeSessionOnPasswordReset) await sessions.endAllOf(userId);
      const { principal } = this.#users;
      // Nobody gets a session of another, even of one whose row is open to all.
      if (principal.kind === 'user' && principal.userId === userId) {
        this.#renewed = await this.#beginSession(userId, undefined);
      }
    }
    if (verification !== undefined) emails.sendVerification(verification);
  }

  #beginSession(
    userId: string,
    createdWith: { readonly action: string; readonly authProvider: string } | undefined,
  ): Promise<SignedIn> {
    const { principal } = this.#users;
    const installationId = 'installationId' in principal ? principal.installationId : undefined;
    return this.#parts.sessions.begin({ userId, createdWith, installationId });
  }

  #isMaster(): boolean {
    const { kind } = this.#users.principal;
    return kind === 'master' || kind === 'maintenance';
  }

  /** @throws GatewayError 119 for a read-only master. */
  #assertMayWrite(): void {
    const { principal } = this.#users;
    if (principal.kind === 'master' && principal.isReadOnly) {
      throw new GatewayError('OperationForbidden', 'Permission denied');
    }
  }
}

function lastCredentials({ steps, credentials }: AccountPlan): GivenCredentials {
  return credentials.get(steps.length - 1) ?? NO_CREDENTIALS;
}

function withRequest(
  step: WriteStep,
  prepared: PreparedUser<WriteStep['request']> | undefined,
): WriteStep {
  // Each was prepared from the step in the same place, so its request is of the same kind.
  return prepared === undefined ? step : ({ ...step, request: prepared.request } as WriteStep);
}
