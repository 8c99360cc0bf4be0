/** One stored session, as far as it says who asks. */
export interface StoredSession {
  readonly sessionId: string;
  readonly userId: string;
  /** `undefined`: it never expires. */
  readonly expiresAt: Date | undefined;
}

/**
 * Reads who exists and which roles follow, with nobody's rights in mind: only `access/` may hold one.
 *
 * All methods throw `GatewayError` `ServiceUnavailable` (2) while the database is away.
 */
export interface RoleSource {
  /** Cost: 1 command. */
  hasUser(userId: string): Promise<boolean>;
  /**
   * Names of the user's roles and of all roles those are children of, sorted, without duplicates; cycles end.
   * Cost: 1 command without roles, 3 without nesting, and 2 for each further level.
   * @see https://docs.parseplatform.org/rest/guide/#roles
   */
  rolesOf(userId: string): Promise<readonly string[]>;
  /** As `rolesOf`, of a member of the roles so named; a name that no role has is absent. Cost: as `rolesOf`. */
  rolesOfMember(roleNames: readonly string[]): Promise<readonly string[]>;
}

/** As `RoleSource`, and what decides who asks. */
export interface SessionSource extends RoleSource {
  /**
   * The session of this token, or `undefined` when there is none, its user does not exist, or its row is one that Parse
   * could not have written. Expired ones are found, too. Cost: 2 commands, 1 when there is no such session.
   */
  findSession(token: string): Promise<StoredSession | undefined>;
}
