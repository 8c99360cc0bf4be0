import { PUBLIC_ACL, type Acl } from '../parse/acl.ts';
import type { ClassSchema } from '../parse/class-schema.ts';
import { GatewayError, permissionDenied } from '../parse/errors.ts';
import { createObjectId } from '../parse/object-id.ts';
import type { CreateRequest, UpdateRequest } from '../query/write-request.ts';
import type { AccessRules } from './access-rules.ts';
import { subjectsOf, type Principal } from './principal.ts';
import { specialRuleOf } from './special-classes.ts';

/** @throws GatewayError 119 for a read-only master. */
export function assertMayWrite(principal: Principal): void {
  if (principal.kind === 'master' && principal.isReadOnly) throw permissionDenied();
}

/**
 * Refuses columns that do not exist (a write never makes one) and, for clients, columns that only the server sets.
 * @throws GatewayError 119, or 105 for what a session fixes.
 */
function assertWritableColumns(
  principal: Principal,
  schema: ClassSchema,
  columns: Iterable<string>,
): void {
  const isBound = subjectsOf(principal) !== undefined;
  const special = specialRuleOf(schema.className);
  for (const name of columns) {
    const code = special.unwritable.get(name);
    if (isBound && code === 'InvalidKeyName') {
      throw new GatewayError('InvalidKeyName', `Cannot set ${name} on a session.`);
    }
    if (isBound && (code !== undefined || !schema.fields.has(name))) throw permissionDenied();
    if (!schema.fields.has(name)) {
      throw new GatewayError('OperationForbidden', `${schema.className} has no column ${name}`);
    }
  }
}

/** @throws GatewayError as `assertWritableColumns`. */
export function assertCreatable(
  principal: Principal,
  schema: ClassSchema,
  request: CreateRequest,
): void {
  const columns = [...request.values.keys(), ...request.relations.keys()];
  assertWritableColumns(principal, schema, columns);
}

/**
 * @throws GatewayError as `assertWritableColumns`; 105 when a client replaces the ACL of a session, or anybody but the server itself
 * changes what makes it that session.
 */
export function assertChangeable(
  principal: Principal,
  schema: ClassSchema,
  request: UpdateRequest,
): void {
  const isBound = subjectsOf(principal) !== undefined;
  const { fixed } = specialRuleOf(schema.className);
  const name = [...request.operations.keys()].find((changed) => fixed.has(changed));
  if (name !== undefined && principal.kind !== 'maintenance') {
    throw new GatewayError('InvalidKeyName', `Invalid key name: ${name}`);
  }
  if (
    isBound &&
    request.acl !== undefined &&
    specialRuleOf(schema.className).unwritable.has('ACL')
  ) {
    throw new GatewayError('InvalidKeyName', 'Cannot set ACL on a session.');
  }
  assertWritableColumns(principal, schema, request.operations.keys());
}

/**
 * The request with the ACL that Parse gives an object created without one: the class's default, in which `currentUser` is the
 * caller, and for users the owner's own rights, which are added to a given ACL, too.
 * @see https://docs.parseplatform.org/rest/guide/#default-acl
 */
export function withDefaultAcl(
  request: CreateRequest,
  principal: Principal,
  { schema, rules }: { readonly schema: ClassSchema; readonly rules: AccessRules },
): CreateRequest {
  const isGiven = request.acl.readers !== undefined || request.acl.writers !== undefined;
  const acl = isGiven ? request.acl : (defaultAclOf(schema, principal) ?? PUBLIC_ACL);
  if (schema.className !== '_User') return { ...request, acl };
  const objectId = request.objectId ?? createObjectId();
  return { ...request, objectId, acl: ownersAcl(acl, objectId, rules) };
}

function defaultAclOf(schema: ClassSchema, principal: Principal): Acl | undefined {
  const entries = schema.permissions.defaultAcl;
  if (entries === undefined) return undefined;
  const everyone = entries.get('*');
  if (entries.size === 1 && everyone?.read === true && everyone.write) return undefined;
  const subjectsWith = (right: 'read' | 'write'): readonly string[] => {
    const subjects = new Set<string>();
    for (const [subject, rights] of entries) {
      if (!rights[right]) continue;
      if (subject !== 'currentUser') subjects.add(subject);
      else if (principal.kind === 'user') subjects.add(principal.userId);
    }
    return [...subjects];
  };
  return { readers: subjectsWith('read'), writers: subjectsWith('write') };
}

function ownersAcl(acl: Acl, ownerId: string, rules: AccessRules): Acl {
  const isGiven = acl.readers !== undefined || acl.writers !== undefined;
  const everyone = isGiven || rules.enforcePrivateUsers ? [] : ['*'];
  const withOwner = (subjects: readonly string[] | undefined): readonly string[] => [
    ...new Set([...(subjects ?? []), ownerId]),
  ];
  return {
    readers: isGiven ? withOwner(acl.readers) : [...everyone, ownerId],
    writers: withOwner(acl.writers),
  };
}
