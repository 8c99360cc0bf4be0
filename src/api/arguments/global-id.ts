const CANONICAL = /^([A-Za-z_][A-Za-z0-9_]*):(.+)$/s;

/** A global id taken apart. */
export interface GlobalId {
  readonly className: string;
  readonly objectId: string;
}

/** `_User`, `abc` → base64 of `_User:abc`. @see https://relay.dev/docs/guides/graphql-server-specification/#object-identification */
export function encodeGlobalId(className: string, objectId: string): string {
  return Buffer.from(`${className}:${objectId}`).toString('base64');
}

/**
 * Base64 of `Class:objectId` → its parts; `undefined` for everything else, and for a class that does not exist, so that a plain
 * object id is never mistaken for a global one.
 */
export function decodeGlobalId(
  id: string,
  classes: { has(className: string): boolean },
): GlobalId | undefined {
  const bytes = Buffer.from(id, 'base64');
  const text = bytes.toString('utf8');
  // Only the spelling that encodeGlobalId gives is one: lenient base64 would read many plain ids as global.
  if (text === '' || Buffer.from(text).toString('base64') !== id) return undefined;
  const [, className, objectId] = CANONICAL.exec(text) ?? [];
  if (className === undefined || objectId === undefined || !classes.has(className))
    return undefined;
  return { className, objectId };
}

/** The object id that `id` means for one class, or `undefined` for the global id of another class. */
export function objectIdFor(
  className: string,
  id: string,
  classes: { has(className: string): boolean },
): string | undefined {
  const global = decodeGlobalId(id, classes);
  if (global === undefined) return id;
  return global.className === className ? global.objectId : undefined;
}
