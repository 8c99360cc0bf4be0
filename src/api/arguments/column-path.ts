import { GatewayError } from '../../parse/errors.ts';
import { isFieldName } from '../../parse/names.ts';
import type { ColumnRef } from '../../query/constraint.ts';

/**
 * `profile.a.b` → column `profile`, path `a`, `b`.
 * @throws GatewayError 105 unless the first part can be a column; 121 for a part that is empty or holds a `$`.
 */
export function decodeColumn(key: string): ColumnRef {
  const [name = '', ...path] = key.split('.');
  if (!isFieldName(name)) throw new GatewayError('InvalidKeyName', `Invalid key name: ${key}`);
  return { name, path: checkedPath(path) };
}

/** `a.b` → `a`, `b`. @throws GatewayError 121 for a part that is empty or holds a `$`. */
export function decodePath(key: string): readonly string[] {
  return checkedPath(key.split('.'));
}

function checkedPath(path: readonly string[]): readonly string[] {
  if (path.some((part) => part === '' || part.includes('$') || part.includes('\0'))) {
    throw new GatewayError('InvalidNestedKey', `Invalid path: ${path.join('.')}`);
  }
  return path;
}
