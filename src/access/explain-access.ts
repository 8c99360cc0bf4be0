import { CLASS_OPERATIONS, type ClassOperation } from '../parse/class-permissions.ts';
import type { ClassSchema } from '../parse/class-schema.ts';
import type { AccessRules } from './access-rules.ts';
import { decideClassAccess } from './class-decision.ts';
import { columnRuleFor, mergedTiers } from './column-rule.ts';
import { subjectsOf, type Principal } from './principal.ts';
import { specialRuleOf } from './special-classes.ts';

/** `some`: not in general, but for objects that name the principal, or are its own. */
export type AccessAnswer = 'yes' | 'some' | 'no';

/** Whether a principal may perform an operation, and by which rule. */
export interface OperationExplanation {
  readonly operation: ClassOperation;
  readonly allowed: AccessAnswer;
  readonly rule: string;
}

/** Whether a principal may see, filter and order by a column, and by which rule. */
export interface ColumnExplanation {
  readonly column: string;
  /** `some`: hidden in general and no filter, but shown in the objects that `rule` names. */
  readonly readable: AccessAnswer;
  readonly rule: string;
}

/** What class permissions and hidden columns mean for one principal; the ACLs of objects narrow it further. */
export interface AccessExplanation {
  readonly className: string;
  /** As ACLs name the principal: `*`, user id, `role:Name`; empty for keys, which no ACL binds. */
  readonly subjects: readonly string[];
  readonly operations: readonly OperationExplanation[];
  readonly columns: readonly ColumnExplanation[];
}

/**
 * Puts into words what the decisions of this folder are for one principal. Pure; operations in Parse's order, columns by name.
 * @see https://docs.parseplatform.org/rest/guide/#class-level-permissions
 */
export function explainAccess(
  principal: Principal,
  schema: ClassSchema,
  rules: AccessRules,
): AccessExplanation {
  return {
    className: schema.className,
    // Somebody imagined has roles, but no id.
    subjects: (subjectsOf(principal) ?? []).filter((subject) => subject !== ''),
    operations: CLASS_OPERATIONS.map((operation) => explainOperation(principal, schema, operation)),
    columns: explainColumns(principal, schema, rules),
  };
}

const READS: ReadonlySet<ClassOperation> = new Set(['find', 'get', 'count']);

function explainOperation(
  principal: Principal,
  schema: ClassSchema,
  operation: ClassOperation,
): OperationExplanation {
  if (principal.kind === 'master' && principal.isReadOnly && !READS.has(operation)) {
    return { operation, allowed: 'no', rule: 'the key is read-only' };
  }
  const decision = decideClassAccess(principal, schema, operation);
  if (decision.kind === 'deny') {
    return { operation, allowed: 'no', rule: refusalOf(principal, schema, operation) };
  }
  const { kind } = decision.where;
  const isWhole = kind === 'and' && decision.where.parts.length === 0;
  return {
    operation,
    allowed: isWhole ? 'yes' : isNobody(principal) ? 'no' : 'some',
    rule: permissionOf(principal, schema, operation),
  };
}

/** Pointer permissions let in users only. */
const isNobody = (principal: Principal): boolean => principal.kind === 'anonymous';

function refusalOf(principal: Principal, schema: ClassSchema, operation: ClassOperation): string {
  const special = specialRuleOf(schema.className);
  if (special.deniedOperations.has(operation)) {
    return `${schema.className} leaves this to server keys`;
  }
  if (special.isOwnRowsOnly && principal.kind !== 'user') return 'only own sessions, so sign in';
  const { requiresAuthentication } = schema.permissions.operations[operation];
  return requiresAuthentication ? 'requiresAuthentication, so sign in' : 'nothing lets them in';
}

function permissionOf(
  principal: Principal,
  schema: ClassSchema,
  operation: ClassOperation,
): string {
  const subjects = subjectsOf(principal);
  if (subjects === undefined) return 'server key';
  const { permissions } = schema;
  const rule = permissions.operations[operation];
  const named = subjects.filter((subject) => rule.subjects.has(subject));
  const own = specialRuleOf(schema.className).isOwnRowsOnly ? ['own sessions only'] : [];
  if (named.length > 0) return [...named, ...own].join(', ');
  const legacy = READS.has(operation) ? 'readUserFields' : 'writeUserFields';
  return [
    rule.requiresAuthentication && 'requiresAuthentication',
    rule.pointerFields.length > 0 && `pointerFields: ${rule.pointerFields.join(', ')}`,
    permissions[legacy].length > 0 && `${legacy}: ${permissions[legacy].join(', ')}`,
    ...own,
  ]
    .filter((part) => part !== false)
    .join('; ');
}

function explainColumns(
  principal: Principal,
  schema: ClassSchema,
  rules: AccessRules,
): readonly ColumnExplanation[] {
  const columns = columnRuleFor(principal, schema, rules);
  const tiers = mergedTiers(schema, rules);
  const subjects = subjectsOf(principal);
  const groups = [...(subjects ?? []), ...(principal.kind === 'user' ? ['authenticated'] : [])];
  const applying = groups.filter((group) => tiers.has(group));
  const isOwnShown = schema.className === '_User' && principal.kind === 'user';
  return [...schema.fields.keys()].sort().map((column): ColumnExplanation => {
    if (subjects === undefined) return { column, readable: 'yes', rule: 'server key' };
    if (columns.access(column) === 'readable') {
      const rule = applying.length === 0 ? 'nothing hides it' : revealedBy(column);
      return { column, readable: 'yes', rule };
    }
    const byUserField = [...tiers]
      .filter(([group, hidden]) => group.startsWith('userField:') && !hidden.has(column))
      .map(([group]) => group);
    const shown = [
      ...(principal.kind === 'user' ? byUserField : []),
      ...(isOwnShown && rules.protectedFieldsOwnerExempt ? ['own user object'] : []),
    ];
    const isProtected = applying.some((group) => tiers.get(group)?.has(column) === true);
    const hiding = isProtected
      ? `protectedFields: ${applying.join(', ')}`
      : 'only its owner sees it';
    return shown.length === 0
      ? { column, readable: 'no', rule: hiding }
      : { column, readable: 'some', rule: `${hiding}; shown by ${shown.join(', ')}` };
  });

  function revealedBy(column: string): string {
    const revealing = applying.filter((group) => tiers.get(group)?.has(column) === false);
    return revealing.length === applying.length
      ? 'nothing hides it'
      : `shown by protectedFields: ${revealing.join(', ')}`;
  }
}
