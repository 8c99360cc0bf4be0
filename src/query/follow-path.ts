import type { ParseObject } from '../parse/object.ts';
import { isParseRecord, type ParseValue } from '../parse/values.ts';
import type { ColumnRef } from './constraint.ts';

/** The value of a column of an object, base columns included; `undefined` when it is absent. */
export function columnValue(object: ParseObject, name: string): ParseValue | undefined {
  if (name === 'objectId') return object.objectId;
  if (name === 'createdAt') return object.createdAt;
  if (name === 'updatedAt') return object.updatedAt;
  return object.values.get(name);
}

/** The value at a column and path of an object, through records only; `undefined` when it is absent. */
export function followPath(object: ParseObject, { name, path }: ColumnRef): ParseValue | undefined {
  let value = columnValue(object, name);
  for (const step of path) {
    if (value === undefined || !isParseRecord(value) || !Object.hasOwn(value, step))
      return undefined;
    value = value[step];
  }
  return value;
}
