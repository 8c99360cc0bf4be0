import type { AnyBulkWriteOperation, Collection, Document } from 'mongodb';
import {
  documentArgument,
  documentList,
  filterArgument,
  optionalDocument,
  optionsWithout,
  pipelineArgument,
  textArgument,
  updateArgument,
} from '../arguments.ts';
import type { OperationTable } from '../run-context.ts';
import { openChangeStream, sendFirstCommand } from '../../../support/open-change-stream.ts';

/** Operations of collection entities. */
export const COLLECTION_OPERATIONS: OperationTable<Collection> = {
  async aggregate(collection, args) {
    const pipeline = pipelineArgument(args);
    return collection.aggregate(pipeline, optionsWithout(args, 'pipeline')).toArray();
  },
  async bulkWrite(collection, args) {
    const models = documentList(args, 'requests') as AnyBulkWriteOperation[];
    const inserted = models.map((model) => ('insertOne' in model ? model.insertOne.document : {}));
    const options = { ...optionsWithout(args, 'requests'), ...keepingNullIds(inserted) };
    return collection.bulkWrite(models, options);
  },
  // The driver deprecates this helper, but it is the one that sends the `count` command.
  count: async (collection, args) =>
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    collection.count(filterArgument(args), optionsWithout(args, 'filter')),
  countDocuments: async (collection, args) =>
    collection.countDocuments(filterArgument(args), optionsWithout(args, 'filter')),
  estimatedDocumentCount: async (collection, args) => collection.estimatedDocumentCount(args),
  async createChangeStream(collection, args) {
    const pipeline = pipelineArgument(args);
    return openChangeStream(collection.watch(pipeline, optionsWithout(args, 'pipeline')));
  },
  async createFindCursor(collection, args) {
    const cursor = findCursor(collection, args);
    await sendFirstCommand(cursor);
    return cursor;
  },
  createIndex: async (collection, args) =>
    collection.createIndex(
      documentArgument(args, 'keys'),
      optionsWithout(args, ...CREATE_INDEX_COMMAND_OPTIONS, 'keys'),
      onlyOptions(args, CREATE_INDEX_COMMAND_OPTIONS),
    ),
  async createIndexes(collection, args) {
    const models = documentList(args, 'models').map(({ keys, ...options }) => ({
      key: { ...keys } as Record<string, 1 | -1>,
      ...options,
    }));
    return collection.createIndexes(models, optionsWithout(args, 'models'));
  },
  deleteMany: async (collection, args) =>
    collection.deleteMany(filterArgument(args), optionsWithout(args, 'filter')),
  deleteOne: async (collection, args) =>
    collection.deleteOne(filterArgument(args), optionsWithout(args, 'filter')),
  distinct: async (collection, args) =>
    collection.distinct(
      textArgument(args, 'fieldName'),
      filterArgument(args),
      optionsWithout(args, 'fieldName', 'filter'),
    ),
  drop: async (collection, args) => collection.drop(args),
  dropIndex: async (collection, args) =>
    collection.dropIndex(textArgument(args, 'name'), optionsWithout(args, 'name')),
  dropIndexes: async (collection, args) => collection.dropIndexes(args),
  find: async (collection, args) => findCursor(collection, args).toArray(),
  findOne: async (collection, args) =>
    collection.findOne(filterArgument(args), optionsWithout(args, 'filter')),
  async findOneAndDelete(collection, args) {
    const options = optionsWithout(args, 'filter');
    return collection.findOneAndDelete(filterArgument(args), options);
  },
  async findOneAndReplace(collection, args) {
    const options = modifyOptions(args, 'replacement');
    const replacement = documentArgument(args, 'replacement');
    return collection.findOneAndReplace(filterArgument(args), replacement, options);
  },
  async findOneAndUpdate(collection, args) {
    const options = modifyOptions(args, 'update');
    const update = updateArgument(args, 'update');
    return collection.findOneAndUpdate(filterArgument(args), update, options);
  },
  async insertMany(collection, args) {
    const documents = documentList(args, 'documents');
    const options = { ...optionsWithout(args, 'documents'), ...keepingNullIds(documents) };
    return collection.insertMany(documents, options);
  },
  async insertOne(collection, args) {
    const document = documentArgument(args, 'document');
    const options = { ...optionsWithout(args, 'document'), ...keepingNullIds([document]) };
    return collection.insertOne(document, options);
  },
  listIndexes: async (collection, args) => collection.listIndexes(args).toArray(),
  async listIndexNames(collection, args) {
    const indexes = await collection.indexInformation({ ...args, full: true });
    return indexes.map(({ name }) => name);
  },
  rename: async (collection, args) => {
    await collection.rename(textArgument(args, 'to'), optionsWithout(args, 'to'));
  },
  replaceOne: async (collection, args) =>
    collection.replaceOne(
      filterArgument(args),
      documentArgument(args, 'replacement'),
      optionsWithout(args, 'filter', 'replacement'),
    ),
  updateMany: async (collection, args) =>
    collection.updateMany(
      filterArgument(args),
      updateArgument(args, 'update'),
      optionsWithout(args, 'filter', 'update'),
    ),
  updateOne: async (collection, args) =>
    collection.updateOne(
      filterArgument(args),
      updateArgument(args, 'update'),
      optionsWithout(args, 'filter', 'update'),
    ),
  async createSearchIndex(collection, args) {
    const model = documentArgument(args, 'model');
    const definition = documentArgument(model, 'definition');
    return collection.createSearchIndex({ ...model, definition });
  },
  async createSearchIndexes(collection, args) {
    const models = documentList(args, 'models');
    return collection.createSearchIndexes(
      models.map((model) => ({ ...model, definition: documentArgument(model, 'definition') })),
    );
  },
  dropSearchIndex: async (collection, args) =>
    collection.dropSearchIndex(textArgument(args, 'name')),
  listSearchIndexes: async (collection, args) =>
    collection.listSearchIndexes(optionalDocument(args, 'aggregationOptions')).toArray(),
  updateSearchIndex: async (collection, args) =>
    collection.updateSearchIndex(textArgument(args, 'name'), documentArgument(args, 'definition')),
};

/** The driver puts a new id in the place of a null one unless it leaves ids to the server. */
function keepingNullIds(documents: readonly Document[]): Document {
  return documents.some((document) => document['_id'] === null)
    ? { forceServerObjectId: true }
    : {};
}

const CREATE_INDEX_COMMAND_OPTIONS = ['session', 'maxTimeMS', 'comment', 'commitQuorum'];

function onlyOptions(args: Document, names: readonly string[]): Document {
  return Object.fromEntries(Object.entries(args).filter(([name]) => names.includes(name)));
}

function findCursor(collection: Collection, args: Document) {
  return collection.find(filterArgument(args), optionsWithout(args, 'filter'));
}

function modifyOptions(args: Document, change: string): Document {
  const { returnDocument, ...options } = optionsWithout(args, 'filter', change);
  if (returnDocument === undefined) return options;
  const wanted = String(returnDocument).toLowerCase();
  if (wanted !== 'before' && wanted !== 'after') {
    throw new Error(`returnDocument is Before or After, not ${String(returnDocument)}`);
  }
  return { ...options, returnDocument: wanted };
}
