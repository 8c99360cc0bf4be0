import { GatewayError } from '../../parse/errors.ts';
import { isFieldName } from '../../parse/names.ts';
import type { ColumnRef } from '../../query/constraint.ts';

/**
 * `profile.a.b` → column `profile`, path `a`, `b`.
 * @throws GatewayError 105 unless the first part can be a column; 121 for a part that is empty or holds a `$`, and for too many.
 */
export function decodeColumn(key: string): ColumnRef {
  const [name = '', ...path] = key.split('.');
  if (!isFieldName(name)) throw new GatewayError('InvalidKeyName', `Invalid key name: ${key}`);
  return { name, path: checkedPath(path) };
}

/** `a.b` → `a`, `b`. @throws GatewayError 121 for a part that is empty or holds a `$`, and for too many. */
export function decodePath(key: string): readonly string[] {
  return checkedPath(key.split('.'));
}

/** Levels that a stored object can have. @see https://www.mongodb.com/docs/manual/reference/limits/#mongodb-limit-Nested-Depth-for-BSON-Documents */
const MOST_LEVELS = 100;

function checkedPath(path: readonly string[]): readonly string[] {
  if (path.length > MOST_LEVELS) {
    throw new GatewayError('InvalidNestedKey', `A path may have ${MOST_LEVELS} parts.`);
  }
  if (path.some((part) => part === '' || part.includes('$') || part.includes('\0'))) {
    throw new GatewayError('InvalidNestedKey', `Invalid path: ${path.join('.')}`);
  }
  return path;
}
