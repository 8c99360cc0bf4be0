/** What class-level permissions (CLP) are decided for. */
export const CLASS_OPERATIONS = [
  'find',
  'get',
  'count',
  'create',
  'update',
  'delete',
  'addField',
] as const;

export type ClassOperation = (typeof CLASS_OPERATIONS)[number];

/** Who may perform one operation. Nobody, when every part is empty. */
export interface OperationRule {
  /** `*`, `role:Name` or user ids. */
  readonly subjects: ReadonlySet<string>;
  readonly requiresAuthentication: boolean;
  /** Users that these pointer or array columns name may, on those objects only. */
  readonly pointerFields: readonly string[];
}

/** Columns hidden from whom: `*`, `authenticated`, `role:Name`, a user id, or `userField:column`. */
export type ProtectedFields = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The class-level permissions of one class.
 *
 * A class without stored permissions is `OPEN_PERMISSIONS`; with stored ones, a missing operation is
 * denied to everybody but the master key.
 * @see https://docs.parseplatform.org/rest/guide/#class-level-permissions
 */
export interface ClassPermissions {
  readonly operations: Readonly<Record<ClassOperation, OperationRule>>;
  readonly readUserFields: readonly string[];
  readonly writeUserFields: readonly string[];
  readonly protectedFields: ProtectedFields;
  /** ACL given to objects that are created without one; subject `currentUser` stands for the creator. */
  readonly defaultAcl:
    ReadonlyMap<string, { readonly read: boolean; readonly write: boolean }> | undefined;
}

const everyone: OperationRule = {
  subjects: new Set(['*']),
  requiresAuthentication: false,
  pointerFields: [],
};

/** Denied to everybody but the master key. */
export const NOBODY: OperationRule = {
  subjects: new Set(),
  requiresAuthentication: false,
  pointerFields: [],
};

/** What a class has that stores no permissions. */
export const OPEN_PERMISSIONS: ClassPermissions = {
  operations: {
    find: everyone,
    get: everyone,
    count: everyone,
    create: everyone,
    update: everyone,
    delete: everyone,
    addField: everyone,
  },
  readUserFields: [],
  writeUserFields: [],
  protectedFields: new Map(),
  defaultAcl: undefined,
};
