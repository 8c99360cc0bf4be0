import type { ClassPermissions } from './class-permissions.ts';
import type { Field } from './field-type.ts';

/** The columns every object has; they are never listed among a class's `fields`. */
export const BASE_COLUMNS = ['objectId', 'createdAt', 'updatedAt', 'ACL'] as const;

export type BaseColumn = (typeof BASE_COLUMNS)[number];

/**
 * One Parse class as the database describes it.
 *
 * `fields` holds all columns but the base ones, default columns of system classes included, sorted by
 * name. `_User.password` is not a column: it is never stored under that name.
 */
export interface ClassSchema {
  readonly className: string;
  readonly fields: ReadonlyMap<string, Field>;
  readonly permissions: ClassPermissions;
  /** Name → key of the indexes the class lists, e.g. `name_text → {name: 'text'}`. */
  readonly indexes: ReadonlyMap<string, Readonly<Record<string, number | string>>>;
}

/** All classes of one database at one moment. Immutable: a change of schema is a new catalog. */
export interface ClassCatalog {
  /** Sorted: system classes first, then by name. */
  readonly classes: ReadonlyMap<string, ClassSchema>;
  /** Equal versions mean equal classes; made from the content. */
  readonly version: string;
}

/** True for `objectId`, `createdAt`, `updatedAt`, `ACL`. */
export function isBaseColumn(name: string): name is BaseColumn {
  return (BASE_COLUMNS as readonly string[]).includes(name);
}
