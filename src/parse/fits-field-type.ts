import type { FieldKind, FieldType } from './field-type.ts';
import {
  Bytes,
  FileReference,
  GeoPoint,
  isParseRecord,
  type ParseValue,
  Pointer,
  Polygon,
} from './values.ts';

const FITS: Readonly<Record<FieldKind, (value: ParseValue, type: FieldType) => boolean>> = {
  String: (value) => typeof value === 'string',
  Number: (value) => typeof value === 'number',
  Boolean: (value) => typeof value === 'boolean',
  Date: (value) => value instanceof Date,
  Object: (value) => isParseRecord(value),
  Array: (value) => Array.isArray(value),
  GeoPoint: (value) => value instanceof GeoPoint,
  Polygon: (value) => value instanceof Polygon,
  File: (value) => value instanceof FileReference,
  // Parse Server takes empty bytes for no value.
  Bytes: (value) => value instanceof Bytes && value.base64 !== '',
  Pointer: (value, type) =>
    value instanceof Pointer && 'targetClass' in type && value.className === type.targetClass,
  Relation: () => false,
};

/** Whether a value is one that a column of this type may hold. `null` is of no type. */
export function fitsFieldType(value: ParseValue, type: FieldType): boolean {
  return FITS[type.kind](value, type);
}

/** `Number`, `Pointer<_User>`: a type as messages name it. */
export function fieldTypeText(type: FieldType): string {
  return 'targetClass' in type ? `${type.kind}<${type.targetClass}>` : type.kind;
}
