import type { ClassSchema } from '../parse/class-schema.ts';
import type { Field } from '../parse/field-type.ts';
import type { PermissionsJson } from '../parse/parse-class-permissions.ts';

/** What an index orders or finds by; MongoDB's own words are in `storage/`. */
export const INDEX_KINDS = ['ASC', 'DESC', 'TEXT', 'GEO_2D', 'GEO_2DSPHERE'] as const;

export type IndexKind = (typeof INDEX_KINDS)[number];

/** An index of a class. `keys` in the order that counts. */
export interface ClassIndex {
  readonly name: string;
  readonly keys: readonly IndexKey[];
}

export interface IndexKey {
  /** A column, or a path into one: `profile.age`. */
  readonly field: string;
  /** `undefined`: one that somebody else made, of a kind that is not made here. */
  readonly kind: IndexKind | undefined;
}

/** A class as it is stored, its indexes by column. */
export interface DescribedSchema {
  readonly schema: ClassSchema;
  readonly indexes: readonly ClassIndex[];
}

/** New options of a column that exists; `undefined` leaves one as it is, a `defaultValue` of `null` takes it away. */
export interface FieldOptionsRequest {
  readonly name: string;
  readonly isRequired: boolean | undefined;
  /** REST JSON. */
  readonly defaultValue: unknown;
}

/** What somebody wants a class to become. Lists are in the caller's order; nothing is checked yet. */
export interface ClassRequest {
  readonly className: string;
  readonly addFields: readonly Field[];
  readonly removeFields: readonly string[];
  readonly changeOptions: readonly FieldOptionsRequest[];
  /** Class-level permissions in Parse's JSON; they take the place of all there were. `undefined` leaves them. */
  readonly permissions: unknown;
  readonly addIndexes: readonly ClassIndex[];
  readonly removeIndexes: readonly string[];
}

/** One step of a change, checked against the class as it was. */
export type SchemaChange =
  | { readonly kind: 'createClass' }
  | { readonly kind: 'removeField'; readonly field: Field }
  | { readonly kind: 'addField'; readonly field: Field }
  | { readonly kind: 'setFieldOptions'; readonly field: Field }
  | { readonly kind: 'setPermissions'; readonly permissions: PermissionsJson }
  | { readonly kind: 'dropIndex'; readonly name: string }
  | { readonly kind: 'createIndex'; readonly index: ClassIndex }
  | { readonly kind: 'purgeClass' }
  | { readonly kind: 'deleteClass' };

export type SchemaChangeKind = SchemaChange['kind'];
