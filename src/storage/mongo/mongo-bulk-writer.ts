import { MongoClient, type AnyBulkWriteOperation, type Document } from 'mongodb';
import { PUBLIC_ACL } from '../../parse/acl.ts';
import type { ClassSchema } from '../../parse/class-schema.ts';
import { GatewayError } from '../../parse/errors.ts';
import type { Field } from '../../parse/field-type.ts';
import type { ParseObject } from '../../parse/object.ts';
import type { BulkWriter } from '../bulk-writer.ts';
import { JOIN_INDEXES, indexesOf } from './bulk-indexes.ts';
import { decodeClassSchema, encodeClassSchema, encodeFieldType } from './class-schema-codec.ts';
import { encodeDocument, type StoredDocument } from './document.ts';

interface Row extends Document {
  readonly _id: string;
}

/** Connects for one import. @throws GatewayError 2 when the server does not answer within `timeoutMs`. */
export async function openMongoBulkWriter(options: {
  readonly uri: string;
  readonly collectionPrefix: string;
  readonly timeoutMs?: number;
}): Promise<BulkWriter> {
  const client = new MongoClient(options.uri, {
    appName: 'parse-graphql-gateway-import',
    serverSelectionTimeoutMS: options.timeoutMs ?? 10_000,
    ignoreUndefined: true,
  });
  const database = client.db();
  const marks = client.db(`${database.databaseName}_imports`).collection<Row>('completed');
  const collection = (name: string) =>
    database.collection<Row>(`${options.collectionPrefix}${name}`);
  const hello = await client.connect().then(() => database.command({ hello: 1 }));
  const hasTransactions = typeof hello['setName'] === 'string' || hello['msg'] === 'isdbgrid';

  async function readClass(className: string): Promise<ClassSchema | undefined> {
    const row = await collection('_SCHEMA').findOne({ _id: className });
    return row === null ? undefined : decodeClassSchema(row, () => undefined);
  }

  return {
    readClass,

    async declareClass(schema) {
      const known = await readClass(schema.className);
      if (known === undefined) {
        await collection('_SCHEMA').updateOne(
          { _id: schema.className },
          { $setOnInsert: without(encodeClassSchema(schema), ['_id']) },
          { upsert: true },
        );
        return;
      }
      for (const field of schema.fields.values()) {
        if (isMissing(field, known)) {
          await collection('_SCHEMA').updateOne(
            { _id: schema.className, [field.name]: { $exists: false } },
            { $set: { [field.name]: encodeFieldType(field.type) } },
          );
        }
      }
    },

    async insert(schema, objects) {
      if (objects.length === 0) return;
      await collection(schema.className).insertMany(
        objects.map((object) => encodeRow(object, schema)),
        { ordered: false },
      );
    },

    async upsert(schema, objects) {
      if (objects.length === 0) return;
      const operations = objects.map((object) => upsertOf(encodeRow(object, schema), object));
      const target = collection(schema.className);
      if (!hasTransactions) {
        await target.bulkWrite(operations);
        return;
      }
      await client.withSession((session) =>
        session.withTransaction(() => target.bulkWrite(operations, { session })),
      );
    },

    async relate({ ownerClass, field, pairs }) {
      if (pairs.length === 0) return;
      const operations = pairs.map(({ ownerId, relatedId }): AnyBulkWriteOperation => {
        const row = { relatedId, owningId: ownerId };
        return { updateOne: { filter: row, update: { $set: row }, upsert: true } };
      });
      await database
        .collection(`${options.collectionPrefix}_Join:${field}:${ownerClass}`)
        .bulkWrite(operations, { ordered: false });
    },

    async createIndexes(schema) {
      const indexes = indexesOf(schema);
      if (indexes.length > 0) await collection(schema.className).createIndexes([...indexes]);
      for (const { name, type } of schema.fields.values()) {
        if (type.kind === 'Relation') {
          await collection(`_Join:${name}:${schema.className}`).createIndexes([...JOIN_INDEXES]);
        }
      }
    },

    async isComplete(importName) {
      return (await marks.findOne({ _id: importName })) !== null;
    },

    async markComplete(importName) {
      await marks.updateOne(
        { _id: importName },
        { $set: { completedAt: new Date() } },
        { upsert: true },
      );
    },

    async dropDatabase() {
      await marks.drop();
      await database.dropDatabase();
    },

    close: () => client.close(),
  };
}

function isMissing(field: Field, known: ClassSchema): boolean {
  const existing = known.fields.get(field.name);
  if (existing === undefined) return true;
  const [wanted, stored] = [encodeFieldType(field.type), encodeFieldType(existing.type)];
  if (wanted === stored) return false;
  throw new GatewayError(
    'IncorrectType',
    `schema mismatch for ${known.className}.${field.name}; expected ${stored} but got ${wanted}`,
  );
}

function encodeRow(object: ParseObject, schema: ClassSchema): StoredDocument & Row {
  const now = object.updatedAt ?? new Date();
  return {
    ...encodeDocument(object, schema, { objectId: object.objectId, now }),
    _id: object.objectId,
    _created_at: object.createdAt ?? now,
  };
}

function upsertOf(row: Row, { objectId, acl }: ParseObject): AnyBulkWriteOperation<Row> {
  const isOpen = acl.readers === PUBLIC_ACL.readers && acl.writers === PUBLIC_ACL.writers;
  const kept = ['_id', '_created_at', ...(isOpen ? ['_rperm', '_wperm', '_acl'] : [])];
  const createdAt: unknown = row['_created_at'];
  return {
    updateOne: {
      filter: { _id: objectId },
      update: { $set: without(row, kept), $setOnInsert: { _created_at: createdAt } },
      upsert: true,
    },
  };
}

function without(row: StoredDocument, names: readonly string[]): Document {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));
}
