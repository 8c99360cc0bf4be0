/** The kinds of column that a Parse class can declare. */
export const FIELD_KINDS = [
  'String',
  'Number',
  'Boolean',
  'Date',
  'Object',
  'Array',
  'GeoPoint',
  'Polygon',
  'File',
  'Bytes',
  'Pointer',
  'Relation',
] as const;

export type FieldKind = (typeof FIELD_KINDS)[number];

/** The kinds that name another class. */
export type ReferenceKind = 'Pointer' | 'Relation';

/** A column's type: its kind, and for a pointer or relation the class it leads to (which need not exist). */
export type FieldType =
  | { readonly kind: Exclude<FieldKind, ReferenceKind> }
  | { readonly kind: ReferenceKind; readonly targetClass: string };

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** Writes without a value are refused with 142; rows from before may still lack it. */
  readonly isRequired: boolean;
  /** REST JSON as stored in the class's options; `undefined` when there is none. */
  readonly defaultValue: unknown;
}
