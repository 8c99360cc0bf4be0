import {
  CLASS_OPERATIONS,
  NOBODY,
  OPEN_PERMISSIONS,
  type ClassOperation,
  type ClassPermissions,
  type OperationRule,
} from '../../src/parse/class-permissions.ts';
import type { ClassCatalog, ClassSchema } from '../../src/parse/class-schema.ts';
import type { Field, FieldType } from '../../src/parse/field-type.ts';
import { SYSTEM_COLUMNS } from '../../src/parse/system-classes.ts';
import type { Principal } from '../../src/access/principal.ts';

/** One operation's rule, the way the table of a test wants to write it. */
export interface RuleText {
  readonly subjects?: readonly string[];
  readonly requiresAuthentication?: boolean;
  readonly pointerFields?: readonly string[];
}

/** A rule with the parts that are named. */
export function operationRule(text: RuleText): OperationRule {
  return {
    subjects: new Set(text.subjects ?? []),
    requiresAuthentication: text.requiresAuthentication ?? false,
    pointerFields: text.pointerFields ?? [],
  };
}

/** The same rule for every operation. */
export function permissionsWith(
  rule: OperationRule,
  others: Partial<ClassPermissions> = {},
): ClassPermissions {
  const operations = Object.fromEntries(
    CLASS_OPERATIONS.map((operation) => [operation, rule]),
  ) as Record<ClassOperation, OperationRule>;
  return { ...OPEN_PERMISSIONS, operations, ...others };
}

/** Open, but for the operations named. */
export function openBut(
  rules: Partial<Record<ClassOperation, OperationRule>>,
  others: Partial<ClassPermissions> = {},
): ClassPermissions {
  return {
    ...OPEN_PERMISSIONS,
    operations: { ...OPEN_PERMISSIONS.operations, ...rules },
    ...others,
  };
}

/** `protectedFields` from plain lists. */
export function protects(
  lists: Readonly<Record<string, readonly string[]>>,
): Pick<ClassPermissions, 'protectedFields'> {
  return {
    protectedFields: new Map(
      Object.entries(lists).map(([subject, columns]) => [subject, new Set(columns)]),
    ),
  };
}

export const LOCKED = permissionsWith(NOBODY);

/** A class with these columns; system classes have their own besides. */
export function classSchema(
  className: string,
  columns: Readonly<Record<string, FieldType>>,
  permissions: ClassPermissions = OPEN_PERMISSIONS,
): ClassSchema {
  const own = className in SYSTEM_COLUMNS ? SYSTEM_COLUMNS[className as '_User'] : {};
  const fields = Object.entries({ ...own, ...columns }).map(([name, type]): [string, Field] => [
    name,
    { name, type, isRequired: false, defaultValue: undefined },
  ]);
  return {
    className,
    fields: new Map(fields.sort(([a], [b]) => (a < b ? -1 : 1))),
    permissions,
    indexes: new Map(),
  };
}

let made = 0;

export function catalogOf(...schemas: readonly ClassSchema[]): ClassCatalog {
  made += 1;
  return {
    classes: new Map(schemas.map((schema) => [schema.className, schema])),
    version: `test ${made}`,
  };
}

export const MASTER: Principal = { kind: 'master', isReadOnly: false };
export const READ_ONLY: Principal = { kind: 'master', isReadOnly: true };
export const MAINTENANCE: Principal = { kind: 'maintenance' };
export const ANYBODY: Principal = { kind: 'anonymous', installationId: undefined };

export function user(userId: string, ...roles: readonly string[]): Principal {
  return { kind: 'user', userId, sessionToken: `r:${userId}`, roles, installationId: undefined };
}
