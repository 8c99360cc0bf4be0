import type { ClassOperation, ClassPermissions } from '../parse/class-permissions.ts';
import type { ClassSchema } from '../parse/class-schema.ts';
import { GatewayError, permissionDenied } from '../parse/errors.ts';
import { Pointer } from '../parse/values.ts';
import { EVERYTHING, NOTHING, allOf, column, type Constraint } from '../query/constraint.ts';
import { subjectsOf, type Principal } from './principal.ts';
import { specialRuleOf } from './special-classes.ts';

/**
 * What class-level permissions say: refused, or allowed on the rows that `where` means.
 *
 * `where` is `EVERYTHING` where nothing narrows, `NOTHING` where only named users may and nobody is signed in.
 */
export type ClassDecision =
  | { readonly kind: 'allow'; readonly where: Constraint }
  | { readonly kind: 'deny'; readonly error: GatewayError };

const ALLOW_ALL: ClassDecision = { kind: 'allow', where: EVERYTHING };

/**
 * Decides one operation on one class for one principal, in Parse's order: special classes, named subjects,
 * `requiresAuthentication`, pointer permissions.
 *
 * The error of a refusal is 119, 101 where signing in would help, 209 for sessions without a session. Whether a read-only
 * master may write is not decided here, since it is the same for every class.
 * @see https://docs.parseplatform.org/rest/guide/#class-level-permissions
 */
export function decideClassAccess(
  principal: Principal,
  schema: ClassSchema,
  operation: ClassOperation,
): ClassDecision {
  const subjects = subjectsOf(principal);
  if (subjects === undefined) return ALLOW_ALL;
  const special = specialRuleOf(schema.className);
  if (special.deniedOperations.has(operation)) return deny(permissionDenied());
  if (special.isOwnRowsOnly && principal.kind !== 'user') {
    return deny(new GatewayError('InvalidSessionToken', 'Permission denied'));
  }
  const decision = decideByPermissions(principal, subjects, schema, operation);
  if (decision.kind === 'deny' || !special.isOwnRowsOnly) return decision;
  return { kind: 'allow', where: allOf(decision.where, namesUser(principal, schema, ['user'])) };
}

function decideByPermissions(
  principal: Principal,
  subjects: readonly string[],
  schema: ClassSchema,
  operation: ClassOperation,
): ClassDecision {
  const rule = schema.permissions.operations[operation];
  if (subjects.some((subject) => rule.subjects.has(subject))) return ALLOW_ALL;
  const fields = [
    ...new Set([...rule.pointerFields, ...userFields(schema.permissions, operation)]),
  ];
  if (rule.requiresAuthentication) {
    if (principal.kind !== 'user') {
      return deny(new GatewayError('ObjectNotFound', 'Permission denied'));
    }
    if (fields.length === 0) return ALLOW_ALL;
  }
  // An object that does not exist yet names nobody.
  if (operation === 'create' && !rule.requiresAuthentication) return deny(permissionDenied());
  if (operation === 'create') return ALLOW_ALL;
  if (fields.length === 0) return deny(permissionDenied());
  return { kind: 'allow', where: namesUser(principal, schema, fields) };
}

function userFields(permissions: ClassPermissions, operation: ClassOperation): readonly string[] {
  switch (operation) {
    case 'find':
    case 'get':
    case 'count':
      return permissions.readUserFields;
    case 'create':
    case 'update':
    case 'delete':
    case 'addField':
      return permissions.writeUserFields;
  }
}

/** Objects where one of the columns is, or is an array holding, a pointer to the principal's user. */
function namesUser(
  principal: Principal,
  schema: ClassSchema,
  fields: readonly string[],
): Constraint {
  if (principal.kind !== 'user') return NOTHING;
  const user = new Pointer('_User', principal.userId);
  const parts = fields.flatMap((name): readonly Constraint[] => {
    const type = schema.fields.get(name)?.type;
    if (type?.kind === 'Pointer' && type.targetClass === '_User') {
      return [{ kind: 'compare', column: column(name), comparison: 'equal', value: user }];
    }
    if (type?.kind === 'Array') {
      return [{ kind: 'contains', column: column(name), values: [user] }];
    }
    // Parse cannot have written permissions that name such a column: it lets nobody in.
    return [];
  });
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: 'or', parts };
}

function deny(error: GatewayError): ClassDecision {
  return { kind: 'deny', error };
}
