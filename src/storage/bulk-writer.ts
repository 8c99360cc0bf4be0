import type { ClassSchema } from '../parse/class-schema.ts';
import type { ParseObject } from '../parse/object.ts';

/** Rows of one relation column: owner → related. */
export interface RelationRows {
  readonly ownerClass: string;
  readonly field: string;
  readonly pairs: readonly { readonly ownerId: string; readonly relatedId: string }[];
}

/**
 * Writes many objects at once exactly as Parse Server stores them, with nobody's rights in mind: for imports from the
 * command line only.
 *
 * Every method throws `GatewayError` `ServiceUnavailable` (2) while the database is away, `DuplicateValue` (137) when a unique index
 * refuses.
 */
export interface BulkWriter {
  /** The stored class with its default columns; `undefined` when there is none. Cost: 1 command. */
  readClass(className: string): Promise<ClassSchema | undefined>;
  /**
   * Declares the class; of one that exists, adds the columns that are missing and leaves the rest as it is.
   * @throws GatewayError 111 when a column exists with another type.
   */
  declareClass(schema: ClassSchema): Promise<void>;
  /** Inserts objects whose ids are new. Cost: 1 command. */
  insert(schema: ClassSchema, objects: readonly ParseObject[]): Promise<void>;
  /**
   * Inserts objects whose ids are new; of the others sets the given columns and, when it is not open to all, the ACL.
   * All of them or none, where the server has transactions.
   */
  upsert(schema: ClassSchema, objects: readonly ParseObject[]): Promise<void>;
  /** Adds relation rows; rows that exist stay single. */
  relate(rows: RelationRows): Promise<void>;
  /** Makes the indexes the class lists, those that Parse Server makes for system classes, and those of its relations. */
  createIndexes(schema: ClassSchema): Promise<void>;
  /** Whether `markComplete` was called for this import and database. */
  isComplete(importName: string): Promise<boolean>;
  /** Remembers, outside of Parse's own database, that an import is whole. */
  markComplete(importName: string): Promise<void>;
  /** Removes all of the database, marks included. */
  dropDatabase(): Promise<void>;
  close(): Promise<void>;
}
