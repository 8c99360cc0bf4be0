/** Which callers may do something with files, in Parse Server's words; key holders always may. */
export interface FileUsers {
  readonly enableForPublic: boolean;
  readonly enableForAnonymousUser: boolean;
  readonly enableForAuthenticatedUser: boolean;
}

/** Parse Server's `fileUpload` and `fileDownload`, as far as they say who. */
export interface FileAccessRules {
  readonly upload: FileUsers;
  readonly download: FileUsers;
}

/** Those of a Parse Server that nobody configured. */
export const DEFAULT_FILE_ACCESS: FileAccessRules = {
  upload: {
    enableForPublic: false,
    enableForAnonymousUser: false,
    enableForAuthenticatedUser: true,
  },
  download: {
    enableForPublic: true,
    enableForAnonymousUser: true,
    enableForAuthenticatedUser: true,
  },
};

/** True when nobody need be asked who they are. */
export function isForEveryone(users: FileUsers): boolean {
  return users.enableForPublic && users.enableForAnonymousUser && users.enableForAuthenticatedUser;
}
