import { SYSTEM_CLASSES, type SystemClass } from '../parse/names.ts';
import type { ClassOperation } from '../parse/class-permissions.ts';

/** What binds every client on one system class, before its class-level permissions are asked. */
export interface SpecialClassRule {
  /** Refused with 119 to everybody but the master and maintenance keys. */
  readonly deniedOperations: ReadonlySet<ClassOperation>;
  /** Rows whose `user` is the caller; without a session 209. */
  readonly isOwnRowsOnly: boolean;
  /** Columns that no client may write, and the code of the refusal. */
  readonly unwritable: ReadonlyMap<string, 'InvalidKeyName' | 'OperationForbidden'>;
  /** Columns that not even the master key changes, once the object stands: 105. */
  readonly fixed: ReadonlySet<string>;
}

const ORDINARY: SpecialClassRule = {
  deniedOperations: new Set(),
  isOwnRowsOnly: false,
  unwritable: new Map(),
  fixed: new Set(),
};

const MASTER_ONLY: SpecialClassRule = {
  ...ORDINARY,
  deniedOperations: new Set(['find', 'get', 'count', 'create', 'update', 'delete', 'addField']),
};

/**
 * Every system class and its rule.
 *
 * Sessions are made by signing up and logging in, never by a plain create: there a client would choose user and token.
 * @see https://docs.parseplatform.org/rest/guide/#sessions
 */
const SPECIAL_CLASSES: Readonly<Record<SystemClass, SpecialClassRule>> = {
  _User: {
    ...ORDINARY,
    unwritable: new Map([
      ['emailVerified', 'OperationForbidden'],
      ['authData', 'OperationForbidden'],
    ]),
  },
  _Installation: { ...ORDINARY, deniedOperations: new Set(['find', 'count', 'delete']) },
  _Role: ORDINARY,
  _Session: {
    deniedOperations: new Set(['create']),
    isOwnRowsOnly: true,
    unwritable: new Map([
      ['user', 'InvalidKeyName'],
      ['installationId', 'InvalidKeyName'],
      ['sessionToken', 'InvalidKeyName'],
      ['expiresAt', 'InvalidKeyName'],
      ['createdWith', 'InvalidKeyName'],
      ['ACL', 'InvalidKeyName'],
    ]),
    fixed: new Set(['installationId', 'sessionToken']),
  },
  _Product: ORDINARY,
  _PushStatus: MASTER_ONLY,
  _JobStatus: MASTER_ONLY,
  _JobSchedule: MASTER_ONLY,
  _Audience: MASTER_ONLY,
  _Idempotency: MASTER_ONLY,
  _Hooks: MASTER_ONLY,
  _GlobalConfig: MASTER_ONLY,
  _GraphQLConfig: MASTER_ONLY,
};

/** The rule of a class; a class with a leading `_` that Parse does not know is for the master key only. */
export function specialRuleOf(className: string): SpecialClassRule {
  if (isSystemClass(className)) return SPECIAL_CLASSES[className];
  return className.startsWith('_') ? MASTER_ONLY : ORDINARY;
}

function isSystemClass(className: string): className is SystemClass {
  return (SYSTEM_CLASSES as readonly string[]).includes(className);
}
