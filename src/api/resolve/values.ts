import type { FieldKind } from '../../parse/field-type.ts';
import { encodeJson } from '../../parse/json.ts';
import type { ParseObject } from '../../parse/object.ts';
import { Bytes, FileReference, GeoPoint, type ParseValue, Polygon } from '../../parse/values.ts';
import type { ApiContext } from '../api-context.ts';

/** A column's stored value → what its output type serializes; `undefined` when it is no value of that kind. */
type ShowValue = (value: ParseValue, context: ApiContext) => unknown;

/**
 * How each kind of column shows what is stored. A value of another kind than its column is not shown: one odd row must not fail a list.
 * Pointers, relations and arrays read further objects and have resolvers of their own.
 */
export const SHOW_VALUE: Readonly<
  Record<Exclude<FieldKind, 'Pointer' | 'Relation' | 'Array'>, ShowValue>
> = {
  String: (value) => (typeof value === 'string' ? value : undefined),
  Number: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
  Boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  Date: (value) => (value instanceof Date && !Number.isNaN(value.getTime()) ? value : undefined),
  Object: (value) => (isObject(value) ? encodeJson(value) : undefined),
  GeoPoint: (value) => (value instanceof GeoPoint ? value : undefined),
  Polygon: (value) => (value instanceof Polygon ? value.points : undefined),
  File: (value, { fileUrl }) =>
    value instanceof FileReference ? { name: value.name, url: fileUrl(value.name) } : undefined,
  Bytes: (value) => (value instanceof Bytes ? value : undefined),
};

// A pointer to a class that is not served is shown as an Object, too.
function isObject(value: ParseValue): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of one column as shown, or `undefined`. */
export function shownValue(show: ShowValue, column: string) {
  return (object: ParseObject, _args: unknown, context: ApiContext): unknown => {
    const value = object.values.get(column);
    return value === undefined ? undefined : show(value, context);
  };
}
