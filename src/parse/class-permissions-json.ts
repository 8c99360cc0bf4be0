import {
  CLASS_OPERATIONS,
  NOBODY,
  OPEN_PERMISSIONS,
  type ClassOperation,
  type ClassPermissions,
  type OperationRule,
} from './class-permissions.ts';
import { isBaseColumn } from './class-schema.ts';
import type { Field } from './field-type.ts';

type Json = Readonly<Record<string, unknown>>;

/** What the codec needs to know of the class it decodes for. */
export interface PermissionContext {
  readonly fields: ReadonlyMap<string, Field>;
  /** Told what was left out, and why; never the reason for a failure. */
  readonly report: (what: string) => void;
}

const PERMISSION_KEYS: ReadonlySet<string> = new Set([
  ...CLASS_OPERATIONS,
  'readUserFields',
  'writeUserFields',
  'protectedFields',
  'ACL',
]);

const LOCKED: ClassPermissions = {
  ...OPEN_PERMISSIONS,
  operations: ruleEach(() => NOBODY),
};

/**
 * Stored `_metadata.class_permissions` → permissions. Absent: the open ones. Present: what it does not grant is denied.
 *
 * A part that Parse could not have written grants nothing: an unreadable rule is nobody's, an unreadable list of protected
 * columns hides all of them, an unreadable default ACL is the master key's.
 * @see https://docs.parseplatform.org/rest/guide/#class-level-permissions
 */
export function decodeClassPermissions(
  stored: unknown,
  context: PermissionContext,
): ClassPermissions {
  if (stored === undefined) return OPEN_PERMISSIONS;
  if (!isRecord(stored)) {
    context.report('class permissions are not an object: all access is denied');
    return LOCKED;
  }
  for (const key of Object.keys(stored)) {
    if (!PERMISSION_KEYS.has(key)) context.report(`unknown class permission ${key} ignored`);
  }
  return {
    operations: ruleEach((operation) => decodeRule(operation, stored[operation], context)),
    readUserFields: decodeUserFields('readUserFields', stored['readUserFields'], context),
    writeUserFields: decodeUserFields('writeUserFields', stored['writeUserFields'], context),
    protectedFields: decodeProtectedFields(stored['protectedFields'], context),
    defaultAcl: decodeDefaultAcl(stored['ACL'], context),
  };
}

/** Permissions → the stored form; `undefined` for the open ones, which are stored by storing nothing. */
export function encodeClassPermissions(permissions: ClassPermissions): Json | undefined {
  if (permissions === OPEN_PERMISSIONS) return undefined;
  const stored: Record<string, unknown> = {};
  for (const operation of CLASS_OPERATIONS) {
    stored[operation] = encodeRule(permissions.operations[operation]);
  }
  const { readUserFields, writeUserFields, protectedFields, defaultAcl } = permissions;
  if (readUserFields.length > 0) stored['readUserFields'] = [...readUserFields];
  if (writeUserFields.length > 0) stored['writeUserFields'] = [...writeUserFields];
  stored['protectedFields'] = Object.fromEntries(
    [...protectedFields].map(([subject, columns]) => [subject, [...columns]]),
  );
  if (defaultAcl !== undefined) {
    stored['ACL'] = Object.fromEntries(
      [...defaultAcl].map(([subject, { read, write }]) => [
        subject,
        { ...(read && { read }), ...(write && { write }) },
      ]),
    );
  }
  return stored;
}

function ruleEach(
  build: (operation: ClassOperation) => OperationRule,
): Readonly<Record<ClassOperation, OperationRule>> {
  return {
    find: build('find'),
    get: build('get'),
    count: build('count'),
    create: build('create'),
    update: build('update'),
    delete: build('delete'),
    addField: build('addField'),
  };
}

function decodeRule(
  operation: ClassOperation,
  stored: unknown,
  context: PermissionContext,
): OperationRule {
  if (stored === undefined) return NOBODY;
  if (!isRecord(stored)) {
    context.report(`permission ${operation} is not an object: denied`);
    return NOBODY;
  }
  const subjects = new Set<string>();
  for (const [subject, isGranted] of Object.entries(stored)) {
    if (subject === 'pointerFields') continue;
    if (isGranted !== true)
      context.report(`permission ${operation}.${subject} is not true: denied`);
    else if (subject !== 'requiresAuthentication') subjects.add(subject);
  }
  return {
    subjects,
    requiresAuthentication: stored['requiresAuthentication'] === true,
    pointerFields: decodeUserFields(`${operation}.pointerFields`, stored['pointerFields'], context),
  };
}

function encodeRule({ subjects, requiresAuthentication, pointerFields }: OperationRule): Json {
  return {
    ...Object.fromEntries([...subjects].map((subject) => [subject, true])),
    ...(requiresAuthentication && { requiresAuthentication }),
    ...(pointerFields.length > 0 && { pointerFields: [...pointerFields] }),
  };
}

/**
 * Entries that are no column of users stay in the list: they let nobody in, while an empty list would lift the condition that only
 * named users may (a column can be deleted after the permissions were written).
 */
function decodeUserFields(
  name: string,
  stored: unknown,
  { fields, report }: PermissionContext,
): readonly string[] {
  if (stored === undefined) return [];
  const listed = Array.isArray(stored) ? (stored as readonly unknown[]) : [stored];
  return listed.map((entry) => {
    const field = typeof entry === 'string' ? entry : '';
    if (!namesUsers(fields.get(field))) {
      report(`${name} names what is no column of users: ${JSON.stringify(entry)}`);
    }
    return field;
  });
}

function namesUsers(field: Field | undefined): boolean {
  if (field === undefined) return false;
  const { type } = field;
  return type.kind === 'Array' || (type.kind === 'Pointer' && type.targetClass === '_User');
}

function decodeProtectedFields(
  stored: unknown,
  { fields, report }: PermissionContext,
): ClassPermissions['protectedFields'] {
  const everyColumn = new Set(fields.keys());
  if (stored === undefined) return new Map();
  if (!isRecord(stored)) {
    report('protectedFields is not an object: every column is hidden');
    return new Map([['*', everyColumn]]);
  }
  const decoded = new Map<string, ReadonlySet<string>>();
  for (const [subject, columns] of Object.entries(stored)) {
    if (subject === 'temporaryKeys') continue;
    if (isTextList(columns)) {
      decoded.set(subject, new Set(columns.filter((name) => !isBaseColumn(name))));
    } else {
      report(`protectedFields.${subject} is not a list of columns: every column is hidden`);
      decoded.set(subject, everyColumn);
    }
  }
  return decoded;
}

function decodeDefaultAcl(
  stored: unknown,
  { report }: PermissionContext,
): ClassPermissions['defaultAcl'] {
  if (stored === undefined) return undefined;
  if (!isRecord(stored)) {
    report('default ACL is not an object: new objects are for the master key only');
    return new Map();
  }
  const decoded = new Map<string, { readonly read: boolean; readonly write: boolean }>();
  for (const [subject, rights] of Object.entries(stored)) {
    if (!isRecord(rights)) report(`default ACL of ${subject} is not an object: nothing granted`);
    const granted = isRecord(rights) ? rights : {};
    decoded.set(subject, { read: granted['read'] === true, write: granted['write'] === true });
  }
  const everyone = decoded.get('*');
  const isOpen = decoded.size === 1 && everyone?.read === true && everyone.write;
  return isOpen ? undefined : decoded;
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
