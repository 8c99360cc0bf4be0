import type { ClassSchema } from '../parse/class-schema.ts';
import type { ClassRequest, DescribedSchema, SchemaChange } from '../query/schema-change.ts';

/** A change as it is told: what, to which column or index, and how many objects lose something by it. */
export interface SchemaEdit {
  readonly change: SchemaChange;
  /** Objects that hold a value of a column that goes, or that go themselves; `undefined` where none can. */
  readonly objectCount: number | undefined;
}

/** What was done, or would be; a class that is deleted is described as it was. */
export interface SchemaOutcome {
  readonly after: DescribedSchema;
  readonly edits: readonly SchemaEdit[];
}

/** Whether anything is to be written: a dry run tells what would be. */
export interface EditOptions {
  readonly isDryRun: boolean;
}

/**
 * Changes of classes, for one principal. When a change is answered, the gateway's own catalog has it.
 *
 * Every method refuses everybody without the master key, and a read-only one, with 119; 103 for a class that does not exist (or, to
 * be made, that does); 2 while the database is away. Of changes that meet at the same time none is lost; of two creations one wins.
 */
export interface SchemaEditor {
  /** A class of a catalog, with its indexes by column. Pure. */
  describe(schema: ClassSchema): DescribedSchema;
  /** @throws GatewayError as `planClassCreation` */
  createClass(request: ClassRequest, options: EditOptions): Promise<SchemaOutcome>;
  /** @throws GatewayError as `planClassUpdate` */
  updateClass(request: ClassRequest, options: EditOptions): Promise<SchemaOutcome>;
  /** @throws GatewayError 255 for a class that has objects, unless they are to be purged; 119 for classes Parse cannot be without */
  deleteClass(
    className: string,
    options: EditOptions & { readonly isPurging: boolean },
  ): Promise<SchemaOutcome>;
  /** Deletes every object of the class, and keeps the class. */
  purgeClass(className: string, options: EditOptions): Promise<SchemaOutcome>;
}
