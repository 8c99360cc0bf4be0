import type { ParseObject } from '../parse/object.ts';
import type { ParseRecord } from '../parse/values.ts';
import type { CreateRequest, UpdateRequest } from '../query/write-request.ts';

/** How somebody logs in, as it came: provider → its data, `null` to unlink. */
export type GivenAuthData = Readonly<Record<string, unknown>>;

/** A new user: its columns as those of any object, and how it logs in. `undefined` was not given. */
export interface NewUser {
  readonly object: CreateRequest;
  readonly password: string | null | undefined;
  readonly authData: GivenAuthData | null | undefined;
}

/** A change of a user. `undefined` was not given. */
export interface UserChange {
  readonly object: UpdateRequest;
  readonly password: string | null | undefined;
  readonly authData: GivenAuthData | null | undefined;
}

/** Somebody who has just logged in. */
export interface SignedIn {
  readonly userId: string;
  readonly sessionToken: string;
  /** What providers answered, such as recovery codes; by provider. */
  readonly authDataResponse: ParseRecord | undefined;
}

/** A changed user, and what its providers answered. */
export interface ChangedUser {
  readonly user: ParseObject;
  readonly authDataResponse: ParseRecord | undefined;
}

export interface PasswordLogIn {
  /** A user name or an e-mail address. */
  readonly username: string;
  readonly password: string;
  readonly authData: GivenAuthData | null | undefined;
}

export interface ChallengeRequest {
  readonly username: string | null | undefined;
  readonly password: string | null | undefined;
  readonly authData: GivenAuthData | null | undefined;
  readonly challengeData: GivenAuthData | null | undefined;
}

/**
 * Accounts as one caller may use them.
 *
 * All methods throw `GatewayError` with the codes that Parse Server answers with.
 * @see https://docs.parseplatform.org/rest/guide/#users
 */
export interface AccountService {
  /** Makes a user and a session. @throws GatewayError 200, 201, 202, 203, 125, 142, 205, 208, 252 */
  signUp(user: NewUser): Promise<SignedIn>;
  /** By user name or e-mail address and password. @throws GatewayError 101 for whatever does not fit, 205, -1, 141 */
  logIn(request: PasswordLogIn): Promise<SignedIn>;
  /** By what providers say; a user that nobody has yet is made. @throws GatewayError as `signUp` */
  logInWith(user: NewUser): Promise<SignedIn>;
  /** Ends the caller's session; without one nothing happens. */
  logOut(): Promise<void>;
  /** Ends all sessions of the caller but this one. How many there were. @throws GatewayError 209 without a session. */
  logOutOthers(): Promise<number>;
  /** Makes a user, without logging in. @throws GatewayError as `signUp` */
  createUser(user: NewUser): Promise<ParseObject>;
  /** Changes a user; a new password ends its sessions. @throws GatewayError 206, 202, 203, 125, 142, 208, 252 */
  updateUser(change: UserChange): Promise<ChangedUser>;
  /** What providers want to be asked before a log-in. @throws GatewayError -1, 101 */
  challenge(request: ChallengeRequest): Promise<ParseRecord>;
  /** Sends a link to set a new password. @throws GatewayError 204, 125, 1 */
  resetPassword(email: string): Promise<void>;
  /** @throws GatewayError for a token that is unknown, used or expired; 142 for a password that may not be. */
  confirmResetPassword(token: string, password: string): Promise<void>;
  /** Sends the verification mail again. @throws GatewayError 204, 125, 1 */
  sendVerificationEmail(email: string): Promise<void>;
}
