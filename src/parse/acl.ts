/**
 * Who may read and write one object: `*`, user ids and `role:Name`.
 *
 * Each half is separate, as stored: `undefined` means everybody, `[]` means the master key only. An object
 * without any ACL has `undefined` for both.
 */
export interface Acl {
  readonly readers: readonly string[] | undefined;
  readonly writers: readonly string[] | undefined;
}

/** What an object without an ACL has. */
export const PUBLIC_ACL: Acl = { readers: undefined, writers: undefined };
