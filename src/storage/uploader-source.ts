/** Reads what decides who may upload, with nobody's rights in mind: only `access/` may hold one. */
export interface UploaderSource {
  /**
   * Whether the user signed up without a name, by anonymous `authData`. Cost: 1 command.
   * @throws GatewayError 2 while the database is away.
   * @see https://docs.parseplatform.org/js/guide/#anonymous-users
   */
  isAnonymousUser(userId: string): Promise<boolean>;
}
