import type { Acl } from '../../parse/acl.ts';
import { GatewayError } from '../../parse/errors.ts';
import { type Fields, fieldsAt } from './operators.ts';
import { objectIdFor } from './global-id.ts';

type Classes = Parameters<typeof objectIdFor>[2];

/**
 * An ACL input → who may read and write. It replaces the whole ACL: who is not named may do neither.
 * @throws GatewayError 123 for a user or role that cannot exist.
 */
export function decodeAcl(input: unknown, classes: Classes): Acl {
  const { users, roles, public: everybody } = fieldsAt(input, 'ACL');
  const entries: (readonly [string, Fields])[] = [
    ...entriesOf(users).map((entry) => [userOf(entry, classes), entry] as const),
    ...entriesOf(roles).map((entry) => [roleOf(entry), entry] as const),
  ];
  if (everybody !== undefined && everybody !== null) {
    entries.push(['*', fieldsAt(everybody, 'ACL.public')]);
  }
  return { readers: subjectsWith(entries, 'read'), writers: subjectsWith(entries, 'write') };
}

function entriesOf(list: unknown): readonly Fields[] {
  return Array.isArray(list) ? list.map((entry) => fieldsAt(entry, 'ACL')) : [];
}

// The last entry of a subject wins, as in the JSON object Parse Server makes of them.
function subjectsWith(
  entries: readonly (readonly [string, Fields])[],
  right: 'read' | 'write',
): readonly string[] {
  const rights = new Map(entries.map(([subject, entry]) => [subject, entry[right] === true]));
  return [...rights].filter(([, isGranted]) => isGranted).map(([subject]) => subject);
}

function userOf({ userId }: Fields, classes: Classes): string {
  const id = objectIdFor('_User', String(userId), classes);
  // `*` and `role:` would grant far more than the entry of one user says.
  if (id === undefined || !/^[A-Za-z0-9_-]+$/.test(id)) {
    throw new GatewayError('InvalidAcl', `ACL.users: ${String(userId)} is not a user`);
  }
  return id;
}

function roleOf({ roleName }: Fields): string {
  const name = String(roleName);
  if (name === '') throw new GatewayError('InvalidAcl', 'ACL.roles: a role has a name');
  return `role:${name}`;
}
