import type { Acl } from '../../parse/acl.ts';
import type { ParseObject } from '../../parse/object.ts';
import { encodeGlobalId } from '../arguments/global-id.ts';

interface Rights {
  readonly read: boolean;
  readonly write: boolean;
}

/** What the type `ACL` shows. */
export interface ShownAcl {
  readonly users: readonly (Rights & { readonly userId: string })[] | null;
  readonly roles: readonly (Rights & { readonly roleName: string })[] | null;
  readonly public: Rights | null;
}

const ROLE = 'role:';

/**
 * Who may read and write, by user, role and the public. Without an ACL the public may do both.
 *
 * `{readers: ['*'], writers: ['role:Admin']}` → public reads, role Admin writes; parts nobody is named in are null.
 */
export function showAcl({ acl }: ParseObject): ShownAcl {
  if (acl.readers === undefined && acl.writers === undefined) {
    return { users: null, roles: null, public: { read: true, write: true } };
  }
  const subjects = [...new Set([...(acl.readers ?? []), ...(acl.writers ?? [])])];
  const users = subjects.filter((subject) => subject !== '*' && !subject.startsWith(ROLE));
  const roles = subjects.filter((subject) => subject.startsWith(ROLE));
  return {
    users:
      users.length === 0
        ? null
        : users.map((user) => ({ userId: encodeGlobalId('_User', user), ...rightsOf(acl, user) })),
    roles:
      roles.length === 0
        ? null
        : roles.map((role) => ({ roleName: role.slice(ROLE.length), ...rightsOf(acl, role) })),
    public: subjects.includes('*') ? rightsOf(acl, '*') : null,
  };
}

function rightsOf({ readers, writers }: Acl, subject: string): Rights {
  return {
    read: readers?.includes(subject) ?? false,
    write: writers?.includes(subject) ?? false,
  };
}
