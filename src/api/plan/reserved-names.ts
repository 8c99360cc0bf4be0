const OF_EVERY_CLASS = ['id', 'objectId', 'createdAt', 'updatedAt', 'ACL'];
const OF_USERS = [...OF_EVERY_CLASS, 'authDataResponse', 'password'];

/** Field names of an object type that no column may take. */
export function reservedNames(className: string): ReadonlySet<string> {
  return new Set(className === '_User' ? OF_USERS : OF_EVERY_CLASS);
}
