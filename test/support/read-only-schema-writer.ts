import type { ClassCatalog } from '../../src/parse/class-schema.ts';
import { decodeIndexes } from '../../src/storage/mongo/index-key-codec.ts';
import type { SchemaWriter } from '../../src/storage/schema-writer.ts';

/** Knows the classes of a catalog and refuses to change them: for tests that have no database. */
export function readOnlySchemaWriter(catalog: ClassCatalog): SchemaWriter {
  const refuse = (): Promise<never> =>
    Promise.reject(new Error('classes are changed in a database'));
  const describe: SchemaWriter['describe'] = (schema) => ({
    schema,
    indexes: decodeIndexes(schema),
  });
  return {
    describe,
    readClass: (className) => {
      const schema = catalog.classes.get(className);
      return Promise.resolve(schema && describe(schema));
    },
    countObjects: () => Promise.resolve(0),
    createClass: refuse,
    addFields: refuse,
    removeFields: refuse,
    setFieldOptions: refuse,
    setPermissions: refuse,
    changeIndexes: refuse,
    purge: refuse,
    deleteClass: refuse,
  };
}
