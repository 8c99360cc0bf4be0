import type { ClassSchema } from '../parse/class-schema.ts';
import type { Field } from '../parse/field-type.ts';
import type { PermissionsJson } from '../parse/parse-class-permissions.ts';
import type { ClassIndex, DescribedSchema } from '../query/schema-change.ts';

/**
 * Changes of the classes of one database, in the form Parse Server stores them, with nobody's rights in mind.
 *
 * Only `access/` may hold one, and it checks first: what is written is taken as it comes. Each change can meet another one of the
 * same class at the same time: none is lost, and none brings a deleted class back. Every method throws `GatewayError`
 * `ServiceUnavailable` (2) while the database is away.
 */
export interface SchemaWriter {
  /** The class as it is stored now, whatever the catalog says; `undefined` when there is none. Cost: 1 command. */
  readClass(className: string): Promise<DescribedSchema | undefined>;
  /** A class of a catalog, with its indexes by column. Pure. */
  describe(schema: ClassSchema): DescribedSchema;
  /**
   * The class with its columns and permissions. Cost: 1 command.
   * @throws DuplicateValueError 137 when it exists
   */
  createClass(schema: ClassSchema, permissions: PermissionsJson | undefined): Promise<void>;
  /** New columns; those that exist stay as they are. Cost: 1 command, +1 for each polygon. */
  addFields(className: string, fields: readonly Field[]): Promise<void>;
  /** Takes the values out of every object, then the columns out of the class. Cost: 2 commands, +1 for each relation. */
  removeFields(schema: ClassSchema, fields: readonly Field[]): Promise<void>;
  /** Cost: 1 command. */
  setFieldOptions(className: string, fields: readonly Field[]): Promise<void>;
  /** Cost: 1 command. */
  setPermissions(className: string, permissions: PermissionsJson): Promise<void>;
  /**
   * Drops and makes indexes, then lists them with the class. Cost: 1 command for each index, and 2 for the list.
   * @throws GatewayError 102 for an index that the database refuses
   */
  changeIndexes(schema: ClassSchema, changes: IndexChanges): Promise<void>;
  /** Deletes every object; how many there were. Rows of relations stay. Cost: 1 command. */
  purge(className: string): Promise<number>;
  /** Drops the class's collection and those of its relations, then the class. Cost: 2 commands, +1 for each relation. */
  deleteClass(schema: ClassSchema): Promise<void>;
  /** How many objects the class has; with a column, how many hold a value there. Cost: 1 command. */
  countObjects(schema: ClassSchema, field?: Field): Promise<number>;
}

export interface IndexChanges {
  /** Parse Server lists the index of ids with the first change of a class, not when it is made. */
  readonly isNewClass: boolean;
  readonly drop: readonly string[];
  readonly create: readonly ClassIndex[];
}
