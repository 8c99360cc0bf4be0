import { BSON, type MongoClient } from 'mongodb';
import { isPlainDocument, scalarsEqual, showValue } from './bson-types.ts';
import { MismatchError, RefusedError } from './failures.ts';
import type { CollectionData } from './spec-file.ts';

/** Drops each collection and makes it anew with its options and documents: up to three commands a collection. */
export async function writeInitialData(
  client: MongoClient,
  data: readonly CollectionData[],
): Promise<void> {
  const writeConcern = { w: 'majority' } as const;
  try {
    for (const { databaseName, collectionName, createOptions, documents } of data) {
      const database = client.db(databaseName, { writeConcern });
      await database.dropCollection(collectionName);
      if (createOptions !== undefined || documents.length === 0) {
        await database.createCollection(collectionName, { ...createOptions });
      }
      if (documents.length > 0) {
        await database.collection(collectionName).insertMany(documents.map((one) => ({ ...one })));
      }
    }
  } catch (error) {
    throw new RefusedError('initial data', error);
  }
}

/**
 * Asserts that each collection holds exactly the expected documents, whatever the order of their keys.
 *
 * @throws MismatchError naming the collection.
 */
export async function assertCollectionData(
  client: MongoClient,
  data: readonly CollectionData[],
): Promise<void> {
  for (const { databaseName, collectionName, documents } of data) {
    const actual = await client
      .db(databaseName)
      .collection(collectionName, { readConcern: { level: 'local' }, readPreference: 'primary' })
      .find({}, { sort: { _id: 1 } })
      .toArray();
    if (!valuesEqual(documents, actual)) {
      throw new MismatchError(
        `${databaseName}.${collectionName} holds ${BSON.EJSON.stringify(actual)}, ` +
          `expected ${BSON.EJSON.stringify(documents)}`,
      );
    }
  }
}

/** Exact equality of values but for the order of keys. */
export function valuesEqual(expected: unknown, actual: unknown): boolean {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => valuesEqual(item, actual[index]))
    );
  }
  if (!isPlainDocument(expected)) return scalarsEqual(expected, actual);
  if (!isPlainDocument(actual)) return false;
  const keys = Object.keys(expected);
  return (
    showValue(keys.sort()) === showValue(Object.keys(actual).sort()) &&
    keys.every((key) => valuesEqual(expected[key], actual[key]))
  );
}
