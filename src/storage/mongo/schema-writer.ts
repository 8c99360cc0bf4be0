import { MongoServerError, type AnyBulkWriteOperation } from 'mongodb';
import { OPEN_PERMISSIONS } from '../../parse/class-permissions.ts';
import type { ClassSchema } from '../../parse/class-schema.ts';
import { GatewayError } from '../../parse/errors.ts';
import type { Field } from '../../parse/field-type.ts';
import type { ClassIndex, DescribedSchema } from '../../query/schema-change.ts';
import type { IndexChanges, SchemaWriter } from '../schema-writer.ts';
import {
  decodeClassSchema,
  encodeClassSchema,
  encodeFieldType,
  type Report,
} from './class-schema-codec.ts';
import type { CollectionCommands } from './collection-commands.ts';
import type { StoredDocument } from './document.ts';
import type { StoredFilter } from './filter.ts';
import { decodeIndexes, encodeIndexKeys } from './index-key-codec.ts';
import type { RowCommands } from './row-commands.ts';
import { storedName } from './system-columns.ts';

const SCHEMA = '_SCHEMA';
const ID_INDEX = { _id_: { _id: 1 } };
/** How often the list of a class's indexes is written anew when others write it at the same time. */
const MAX_ATTEMPTS = 100;

/** What a schema writer is made of. */
export interface SchemaWriterParts {
  readonly commands: RowCommands;
  readonly collections: CollectionCommands;
  readonly report: Report;
}

/**
 * Changes rows of `_SCHEMA` as Parse Server does: each column is added where the class has none of its name.
 *
 * Unlike there, no update makes a row, so that a class which is deleted meanwhile stays deleted, and a second GeoPoint is refused
 * by the update itself.
 * @see https://docs.parseplatform.org/rest/guide/#schemas
 */
export function buildSchemaWriter({
  commands,
  collections,
  report,
}: SchemaWriterParts): SchemaWriter {
  const describe = (schema: ClassSchema): DescribedSchema => ({
    schema,
    indexes: decodeIndexes(schema),
  });

  async function readRow(className: string): Promise<StoredDocument | undefined> {
    const [row] = await commands.find(SCHEMA, { _id: { $eq: className } }, { limit: 1 });
    return row;
  }

  return {
    describe,

    async readClass(className) {
      const row = await readRow(className);
      const schema = row && decodeClassSchema(row, report);
      return schema && describe(schema);
    },

    async createClass(schema, permissions) {
      const row = encodeClassSchema({ ...schema, permissions: OPEN_PERMISSIONS });
      const { _metadata: metadata, ...columns } = row;
      await commands.insertOne(SCHEMA, {
        ...columns,
        ...((metadata !== undefined || permissions !== undefined) && {
          _metadata: {
            ...(metadata as object | undefined),
            ...(permissions && { class_permissions: permissions }),
          },
        }),
      });
    },

    async addFields(className, fields) {
      const additions = fields.map((field) => additionOf(className, field));
      const [whole, ...others] = additions;
      if (whole === undefined) return;
      const filter = Object.assign({}, ...additions.map((each) => each.filter)) as StoredFilter;
      const set = Object.assign({}, ...additions.map((each) => each.set)) as StoredFilter;
      // Where somebody has added one of them meanwhile, each for itself.
      if ((await commands.updateMany(SCHEMA, filter, { $set: set })) === 0 && others.length > 0) {
        await commands.bulkWrite(
          SCHEMA,
          additions.map((each) => updateOf(each.filter, each.set)),
        );
      }
      for (const { name, type } of fields) {
        if (type.kind === 'Polygon')
          await collections.createIndex(className, { [name]: '2dsphere' });
      }
    },

    async removeFields(schema, fields) {
      if (fields.length === 0) return;
      const { className } = schema;
      const stored = fields.map(({ name }) => storedName(schema, name));
      await commands.updateMany(
        className,
        { $or: stored.map((key) => ({ [key]: { $exists: true } })) },
        { $unset: keyed(stored) },
      );
      const keys = fields.flatMap(({ name }) => [name, `_metadata.fields_options.${name}`]);
      await commands.updateMany(SCHEMA, { _id: className }, { $unset: keyed(keys) });
      for (const { name, type } of fields) {
        if (type.kind === 'Relation') await collections.drop(joinName(className, name));
      }
    },

    async setFieldOptions(className, fields) {
      await commands.bulkWrite(
        SCHEMA,
        fields.map((field) =>
          updateOf(
            { _id: className },
            { [`_metadata.fields_options.${field.name}`]: optionsOf(field) },
          ),
        ),
      );
    },

    async setPermissions(className, permissions) {
      await commands.updateMany(
        SCHEMA,
        { _id: className },
        { $set: { '_metadata.class_permissions': permissions } },
      );
    },

    async changeIndexes(schema, changes) {
      const { className } = schema;
      for (const name of changes.drop) await collections.drop(className, name);
      for (const index of changes.create) await makeIndex(index, schema, collections);
      await listIndexes(className, schema, changes);
    },

    purge: (className) => commands.deleteCounted(className, {}),

    async deleteClass({ className, fields }) {
      await collections.drop(className);
      for (const { name, type } of fields.values()) {
        if (type.kind === 'Relation') await collections.drop(joinName(className, name));
      }
      await commands.deleteMany(SCHEMA, { _id: className });
    },

    countObjects: (schema, field) =>
      commands.count(
        schema.className,
        field === undefined ? {} : { [storedName(schema, field.name)]: { $exists: true } },
      ),
  };

  /** The whole list is written, as Parse Server does, unless somebody else has written it meanwhile: then once more. */
  async function listIndexes(
    className: string,
    schema: ClassSchema,
    { isNewClass, drop, create }: IndexChanges,
  ): Promise<void> {
    const unlisted = isNewClass ? {} : ID_INDEX;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const row = await readRow(className);
      if (row === undefined) return;
      const before = indexesIn(row);
      const isListed = before !== undefined && Object.keys(before).length > 0;
      const indexes = new Map<string, unknown>(Object.entries(isListed ? before : unlisted));
      for (const name of drop) indexes.delete(name);
      for (const index of create) indexes.set(index.name, encodeIndexKeys(index, schema));
      const unchanged = before === undefined ? { $exists: false } : { $eq: before };
      const found = await commands.updateMany(
        SCHEMA,
        { _id: className, '_metadata.indexes': unchanged },
        { $set: { '_metadata.indexes': Object.fromEntries(indexes) } },
      );
      if (found > 0) return;
    }
    throw new GatewayError('Timeout', `The indexes of ${className} change too often to be listed.`);
  }
}

function indexesIn({ _metadata: metadata }: StoredDocument): object | undefined {
  const indexes = (metadata as { readonly indexes?: object } | undefined)?.indexes;
  return indexes;
}

/** The column, where the class stands and has none of its name; a GeoPoint also only where the class has no other. */
function additionOf(
  className: string,
  field: Field,
): { readonly filter: StoredFilter; readonly set: StoredFilter } {
  const { name, type } = field;
  const stored = encodeFieldType(type);
  const options = optionsOf(field);
  const hasOptions = Object.keys(options).length > 0;
  const filter = {
    _id: className,
    [name]: { $exists: false },
    ...(type.kind === 'GeoPoint' && { $expr: hasNoColumnOfType(stored) }),
  };
  const set = {
    [name]: stored,
    ...(hasOptions && { [`_metadata.fields_options.${name}`]: options }),
  };
  return { filter, set };
}

function updateOf(
  filter: Readonly<Record<string, unknown>>,
  set: Readonly<Record<string, unknown>>,
): AnyBulkWriteOperation {
  return { updateOne: { filter, update: { $set: set } } };
}

function hasNoColumnOfType(stored: string): object {
  const types = { $map: { input: { $objectToArray: '$$ROOT' }, in: '$$this.v' } };
  return { $not: [{ $in: [stored, types] }] };
}

function optionsOf({ isRequired, defaultValue }: Field): Readonly<Record<string, unknown>> {
  return {
    ...(isRequired && { required: true }),
    ...(defaultValue !== undefined && { defaultValue }),
  };
}

async function makeIndex(
  index: ClassIndex,
  schema: ClassSchema,
  collections: CollectionCommands,
): Promise<void> {
  try {
    const { name } = index;
    await collections.createIndex(schema.className, encodeIndexKeys(index, schema), { name });
  } catch (error) {
    const cause = error instanceof GatewayError ? error.cause : undefined;
    if (!(cause instanceof MongoServerError) || isOutage(error)) throw error;
    const text = `Index ${index.name} cannot be made: ${cause.message}`;
    throw new GatewayError('InvalidQuery', text, { cause });
  }
}

function isOutage(error: unknown): boolean {
  return (
    error instanceof GatewayError &&
    (error.code === 'ServiceUnavailable' || error.code === 'Timeout')
  );
}

function keyed(names: readonly string[]): Readonly<Record<string, null>> {
  return Object.fromEntries(names.map((name) => [name, null]));
}

function joinName(className: string, field: string): string {
  return `_Join:${field}:${className}`;
}
