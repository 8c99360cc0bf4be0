import type { RoleSource } from '../../storage/session-source.ts';
import { DEMO_ROLES, DEMO_USERS, userId } from './accounts.ts';

/** The demo's users and roles as they are made, without a database. */
export const DEMO_ROLE_SOURCE: RoleSource = {
  hasUser: (id) => Promise.resolve(DEMO_USERS.some(({ username }) => userId(username) === id)),
  rolesOf: (id) => Promise.resolve(namesUpwards(rolesNaming(id))),
  rolesOfMember: (names) => Promise.resolve(namesUpwards(existing(names))),
};

const rolesNaming = (id: string): readonly string[] =>
  DEMO_ROLES.filter(({ users }) => users.some((user) => userId(user) === id)).map(
    ({ name }) => name,
  );

const existing = (names: readonly string[]): readonly string[] =>
  DEMO_ROLES.filter(({ name }) => names.includes(name)).map(({ name }) => name);

/** The roles, and all that they are children of. */
function namesUpwards(names: readonly string[]): readonly string[] {
  const found = new Set(names);
  // A set tells of what is added while it is walked.
  for (const child of found) {
    for (const { name, childRoles } of DEMO_ROLES) {
      if (childRoles.some((each) => each === child)) found.add(name);
    }
  }
  return [...found].sort();
}
