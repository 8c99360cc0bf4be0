import { CLASS_OPERATIONS } from './class-permissions.ts';
import { isBaseColumn } from './class-schema.ts';
import { GatewayError } from './errors.ts';
import type { FieldType } from './field-type.ts';

type Json = Readonly<Record<string, unknown>>;

/** Class-level permissions in Parse's JSON, checked: exactly as they are stored. */
export type PermissionsJson = Readonly<Record<string, Json | readonly string[]>>;

/** Column → its type, of the class that the permissions are for. */
type Columns = ReadonlyMap<string, FieldType>;

const USER_ID = /^[a-zA-Z0-9]+$/;
const FOR_OPERATIONS = new Set(['*', 'requiresAuthentication', 'pointerFields']);
const FOR_HIDING = new Set(['*', 'authenticated']);

/**
 * Class-level permissions as somebody sends them → the same, or a refusal that names what is wrong. Operations that are left out
 * are nobody's.
 *
 * @throws GatewayError 107
 * @see https://docs.parseplatform.org/rest/guide/#class-level-permissions
 */
export function parseClassPermissions(json: unknown, columns: Columns): PermissionsJson {
  const permissions = recordAt(json, 'classLevelPermissions');
  const checked: Record<string, Json | readonly string[]> = {};
  for (const [name, value] of Object.entries(permissions)) {
    checked[name] = parsePart(name, value, columns);
  }
  return checked;
}

function parsePart(name: string, value: unknown, columns: Columns): Json | readonly string[] {
  if ((CLASS_OPERATIONS as readonly string[]).includes(name)) {
    return parseRule(name, recordAt(value, name), columns);
  }
  switch (name) {
    case 'readUserFields':
    case 'writeUserFields':
      return userColumnsAt(value, name, columns);
    case 'protectedFields':
      return parseProtectedFields(recordAt(value, name), columns);
    case 'ACL':
      return parseDefaultAcl(recordAt(value, name));
    default:
      throw invalid(`${name} is not a valid operation for class level permissions`);
  }
}

function parseRule(operation: string, rule: Json, columns: Columns): Json {
  for (const [subject, granted] of Object.entries(rule)) {
    const at = `${operation}.${subject}`;
    assertSubject(subject, FOR_OPERATIONS, operation);
    if (subject === 'pointerFields') userColumnsAt(granted, at, columns);
    else if (granted !== true) throw invalid(`${at} must be true, or be left out`);
  }
  return rule;
}

function parseProtectedFields(groups: Json, columns: Columns): Json {
  for (const [subject, names] of Object.entries(groups)) {
    const at = `protectedFields.${subject}`;
    if (!subject.startsWith('userField:')) assertSubject(subject, FOR_HIDING, 'protectedFields');
    for (const name of textsAt(names, at)) {
      if (isBaseColumn(name)) throw invalid(`Default field '${name}' can not be protected`);
      if (!columns.has(name)) throw invalid(`Field '${name}' in ${at} does not exist`);
    }
  }
  return groups;
}

/** `currentUser` stands for whoever creates the object. */
function parseDefaultAcl(acl: Json): Json {
  for (const [subject, rights] of Object.entries(acl)) {
    assertSubject(subject, FOR_OPERATIONS, 'ACL');
    for (const [right, granted] of Object.entries(recordAt(rights, `ACL.${subject}`))) {
      if (right !== 'read' && right !== 'write') {
        throw invalid(`ACL.${subject}.${right}: only read and write can be granted`);
      }
      if (typeof granted !== 'boolean') {
        throw invalid(`ACL.${subject}.${right} must be true or false`);
      }
    }
  }
  return acl;
}

/** A word of the part's own, `role:Name`, or what can be a user's id. */
function assertSubject(subject: string, words: ReadonlySet<string>, part: string): void {
  if (words.has(subject) || subject.startsWith('role:') || USER_ID.test(subject)) return;
  throw invalid(`'${subject}' in ${part} is not a valid key for class level permissions`);
}

/** Only such columns can name users: pointers to users, and arrays. */
function userColumnsAt(value: unknown, at: string, columns: Columns): readonly string[] {
  const names = textsAt(value, at);
  for (const name of names) {
    const type = columns.get(name);
    const namesUsers =
      type?.kind === 'Array' || (type?.kind === 'Pointer' && type.targetClass === '_User');
    if (!namesUsers) {
      throw invalid(
        `'${name}' in ${at} is not a column of users (a pointer to _User, or an array)`,
      );
    }
  }
  return names;
}

function textsAt(value: unknown, at: string): readonly string[] {
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
  throw invalid(`${at} must be a list of columns`);
}

function recordAt(value: unknown, at: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw invalid(`${at} must be an object`);
}

function invalid(message: string): GatewayError {
  return new GatewayError('InvalidJson', message);
}
