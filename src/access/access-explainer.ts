import type { ClassCatalog } from '../parse/class-schema.ts';
import { GatewayError } from '../parse/errors.ts';
import type { RoleSource } from '../storage/session-source.ts';
import type { AccessRules } from './access-rules.ts';
import { explainAccess, type AccessExplanation } from './explain-access.ts';
import { assertMaster, type Principal } from './principal.ts';

/** Whose access to which class: a user, somebody with these roles, a user with more roles, or, with neither, an anonymous caller. */
export interface ExplainRequest {
  readonly className: string;
  readonly userId: string | undefined;
  readonly roles: readonly string[];
}

/** What an explanation is made from. */
export interface ExplainerParts {
  readonly catalog: ClassCatalog;
  readonly roles: RoleSource;
  readonly rules: AccessRules;
}

/** Explains one class to whom it is bound to. @see accessExplainerFor */
export type AccessExplainer = (request: ExplainRequest) => Promise<AccessExplanation>;

/**
 * What the one asked about may do. Roles count with all that they are children of, those the user has as well as those that are named.
 * Cost: none for an anonymous caller; 1 command and `rolesOf` for a user; `rolesOfMember` for roles.
 * @throws GatewayError 103 for a class, 101 for a user or role that does not exist.
 */
export async function explainRequest(
  { className, userId, roles }: ExplainRequest,
  parts: ExplainerParts,
): Promise<AccessExplanation> {
  const schema = parts.catalog.classes.get(className);
  if (schema === undefined) {
    throw new GatewayError('InvalidClassName', `There is no class ${className}.`);
  }
  if (userId !== undefined && !(await parts.roles.hasUser(userId))) {
    throw new GatewayError('ObjectNotFound', `There is no user ${userId}.`);
  }
  const principal = await principalMeant(userId, roles, parts.roles);
  return explainAccess(principal, schema, parts.rules);
}

/** `explainRequest` for a master key, read-only or not. @throws GatewayError 119 for everybody else, before anything is read. */
export function accessExplainerFor(principal: Principal, parts: ExplainerParts): AccessExplainer {
  return async (request) => {
    assertMaster(principal);
    return explainRequest(request, parts);
  };
}

async function principalMeant(
  userId: string | undefined,
  named: readonly string[],
  source: RoleSource,
): Promise<Principal> {
  if (userId === undefined && named.length === 0) {
    return { kind: 'anonymous', installationId: undefined };
  }
  const stored = userId === undefined ? [] : await source.rolesOf(userId);
  const inherited = named.length === 0 ? [] : await source.rolesOfMember(named);
  const missing = named.find((name) => !inherited.includes(name));
  if (missing !== undefined) {
    throw new GatewayError('ObjectNotFound', `There is no role ${missing}.`);
  }
  return {
    kind: 'user',
    // An id that no object has: somebody signed in of whom only the roles are known.
    userId: userId ?? '',
    sessionToken: '',
    roles: [...new Set([...stored, ...inherited])].sort(),
    installationId: undefined,
  };
}
