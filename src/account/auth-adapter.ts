import type { ParseRecord } from '../parse/values.ts';

/** What is being done with a provider's data. */
export interface AuthRequest {
  /** `setUp`: the user is new, or new to the provider; `update`: the user is signed in and has it already. */
  readonly step: 'setUp' | 'logIn' | 'update';
  readonly given: ParseRecord;
  /** What is stored of this provider; `undefined` with `setUp`. */
  readonly stored: ParseRecord | undefined;
  readonly isMaster: boolean;
}

/** What comes of data that were found true. */
export interface AuthOutcome {
  /** What is stored; `undefined` leaves what is there. */
  readonly save: ParseRecord | undefined;
  /** What the client is told, once. */
  readonly response?: ParseRecord;
}

/**
 * One way to log in besides a password.
 * @see https://docs.parseplatform.org/parse-server/guide/#oauth-and-3rd-party-authentication
 */
export interface AuthAdapter {
  /**
   * `identity`: its data hold the user's `id` there, which finds the account. `additional`: a user who has it must present it with
   * every log-in, beside something else.
   */
  readonly role: 'identity' | 'additional';
  /** @throws GatewayError when the data are not true. */
  validate(request: AuthRequest): Promise<AuthOutcome>;
  /** Answers a question before a log-in; absent: there is nothing to ask. */
  challenge?(asked: unknown, given: ParseRecord | undefined): Promise<ParseRecord>;
}
