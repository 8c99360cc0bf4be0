import type { WritePlan, WrittenObject } from '../access/guarded-store.ts';
import type { ParseRecord } from '../parse/values.ts';

/** What providers are told or tell, as it came: provider → its data, `null` to unlink. */
export type GivenAuthData = Readonly<Record<string, unknown>>;

/** How a user wants to log in from now on. `undefined` was not given. */
export interface GivenCredentials {
  readonly password: string | null | undefined;
  readonly authData: GivenAuthData | null | undefined;
}

/** Objects to write, with users among them. */
export interface AccountPlan extends WritePlan {
  /** By the place of the step; a step without an entry gives none. */
  readonly credentials: ReadonlyMap<number, GivenCredentials>;
}

/** Somebody who has just logged in. */
export interface SignedIn {
  readonly userId: string;
  readonly sessionToken: string;
}

/** A log-in by password. */
export interface PasswordLogIn {
  /** A user name or an e-mail address. */
  readonly username: string;
  readonly password: string;
  readonly authData: GivenAuthData | null | undefined;
}

/** What is asked before a log-in. */
export interface ChallengeRequest {
  readonly username: string | null | undefined;
  readonly password: string | null | undefined;
  readonly authData: GivenAuthData | null | undefined;
  readonly challengeData: GivenAuthData | null | undefined;
}

/**
 * Accounts as one caller may use them, for the time of one operation.
 *
 * All methods throw `GatewayError` with the codes that Parse Server answers with.
 * @see https://docs.parseplatform.org/rest/guide/#users
 */
export interface AccountService {
  /** Makes the user of the plan's last step, and a session. @throws GatewayError 200, 201, 202, 203, 125, 142, 205, 208, 252 */
  signUp(plan: AccountPlan): Promise<SignedIn>;
  /** By user name or e-mail address and password. @throws GatewayError 101 for whatever does not fit, 200, 201, 205, -1, 141 */
  logIn(request: PasswordLogIn): Promise<SignedIn>;
  /** By what providers say; a user whom nobody of them knows yet is made. @throws GatewayError as `signUp` */
  logInWith(plan: AccountPlan): Promise<SignedIn>;
  /** Ends the caller's session; without one nothing happens. Cost: 1 command. */
  logOut(): Promise<void>;
  /** Ends all sessions of the caller but this one; how many there were. Cost: 1 command. @throws GatewayError 209 without a session. */
  logOutOthers(): Promise<number>;
  /**
   * As `GuardedStore.write`, for plans that write users: names and addresses are kept unique, passwords hashed; a new password
   * ends the user's sessions. Nobody is logged in. @throws GatewayError as `signUp`, and 206
   */
  write(plan: AccountPlan): Promise<readonly WrittenObject[]>;
  /** The session that the caller has instead of its own, which ended as it changed its password in this operation. */
  readonly renewedSession: SignedIn | undefined;
  /** What providers answered about a user in this operation, such as recovery codes; by provider. */
  authDataResponseFor(userId: string): ParseRecord | undefined;
  /** What providers want to be asked before a log-in. @throws GatewayError -1, 101, 252 */
  challenge(request: ChallengeRequest): Promise<ParseRecord>;
  /** Sends a link to set a new password. @throws GatewayError 204, 125, 1 */
  resetPassword(email: string): Promise<void>;
  /** @throws GatewayError for a token that is unknown, used or expired; 142 for a password that may not be. */
  confirmResetPassword(token: string, password: string): Promise<void>;
  /** Sends the verification mail again. @throws GatewayError 204, 125, 1 */
  sendVerificationEmail(email: string): Promise<void>;
}
