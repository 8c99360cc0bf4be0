import { hash as hashText } from 'node:crypto';
import type { Acl } from '../../parse/acl.ts';
import type { ParseObject } from '../../parse/object.ts';
import { Pointer } from '../../parse/values.ts';
import type { RelationRows } from '../../storage/bulk-writer.ts';
import { DEMO_DATE, demoObject } from './demo-object.ts';
import { objectIdFor } from './object-id-for.ts';

const TEN_YEARS_MS = 10 * 365 * 86_400_000;

/** Someone who can sign in to the demo. */
export interface DemoUser {
  readonly username: string;
  readonly password: string;
  /** The session that stands in the demo from the first day, for the header `X-Parse-Session-Token`. */
  readonly sessionToken: string;
  readonly isPublic: boolean;
}

/** ada administers, ben edits, cleo is nobody special; cleo's own user object is hers alone to see. */
export const DEMO_USERS = [
  { username: 'ada', isPublic: true },
  { username: 'ben', isPublic: true },
  { username: 'cleo', isPublic: false },
].map((user): DemoUser => ({
  ...user,
  password: `${user.username}-demo`,
  sessionToken: `r:${hashText('md5', `demo session of ${user.username}`)}`,
}));

/** Members of a role's child roles are members of the role. */
export const DEMO_ROLES = [
  { name: 'Editor', users: ['ben'], childRoles: ['Admin'] },
  { name: 'Admin', users: ['ada'], childRoles: [] },
] as const satisfies readonly {
  readonly name: string;
  readonly users: readonly string[];
  readonly childRoles: readonly string[];
}[];

/** The `_User` objects; `passwordHashes` holds the bcrypt hash of each user name's password. */
export function buildUsers(passwordHashes: ReadonlyMap<string, string>): readonly ParseObject[] {
  return DEMO_USERS.map(({ username, isPublic }) => {
    const id = userId(username);
    const acl: Acl = { readers: isPublic ? ['*', id] : [id], writers: [id] };
    const values = {
      username,
      email: `${username}@example.com`,
      _hashed_password: passwordHashes.get(username),
    };
    return demoObject('_User', id, values, acl);
  });
}

/** The `_Role` objects: members of Admin are editors as well, because Editor holds the role Admin. */
export function buildRoles(): readonly ParseObject[] {
  return DEMO_ROLES.map(({ name }) =>
    demoObject('_Role', roleId(name), { name }, { readers: ['*'], writers: ['role:Admin'] }),
  );
}

/** One `_Session` for each user, valid for ten years from `now`. */
export function buildSessions(now: Date): readonly ParseObject[] {
  return DEMO_USERS.map(({ username, sessionToken }) =>
    demoObject('_Session', objectIdFor('_Session', username), {
      sessionToken,
      user: new Pointer('_User', userId(username)),
      createdWith: { action: 'login', authProvider: 'password' },
      expiresAt: new Date(Math.max(now.getTime(), DEMO_DATE.getTime()) + TEN_YEARS_MS),
    }),
  );
}

/** `_Role.users` and `_Role.roles`. */
export function buildRoleRelations(): readonly RelationRows[] {
  const ownerClass = '_Role';
  return [
    {
      ownerClass,
      field: 'users',
      pairs: DEMO_ROLES.flatMap(({ name, users }) =>
        users.map((user) => ({ ownerId: roleId(name), relatedId: userId(user) })),
      ),
    },
    {
      ownerClass,
      field: 'roles',
      pairs: DEMO_ROLES.flatMap(({ name, childRoles }) =>
        childRoles.map((child) => ({ ownerId: roleId(name), relatedId: roleId(child) })),
      ),
    },
  ];
}

/** The object id of the user with this name. */
export function userId(username: string): string {
  return objectIdFor('_User', username);
}

function roleId(name: string): string {
  return objectIdFor('_Role', name);
}
