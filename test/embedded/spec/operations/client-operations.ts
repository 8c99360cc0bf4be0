import type { AnyClientBulkWriteModel, Document, MongoClient } from 'mongodb';
import { documentList, optionsWithout, pipelineArgument } from '../arguments.ts';
import type { OperationTable } from '../run-context.ts';
import { openChangeStream } from '../../../support/open-change-stream.ts';

/** Operations of client entities. */
export const CLIENT_OPERATIONS: OperationTable<MongoClient> = {
  async close(client) {
    await client.close();
  },
  async createChangeStream(client, args) {
    const pipeline = pipelineArgument(args);
    return openChangeStream(client.watch(pipeline, optionsWithout(args, 'pipeline')));
  },
  async clientBulkWrite(client, args) {
    const models = documentList(args, 'models').map(decodeModel);
    return client.bulkWrite(models, optionsWithout(args, 'models'));
  },
  listDatabases: async (client, args) => (await client.db().admin().listDatabases(args)).databases,
  listDatabaseObjects: async (client, args) =>
    (await client.db().admin().listDatabases(args)).databases,
  async listDatabaseNames(client, args) {
    const { databases } = await client
      .db()
      .admin()
      .listDatabases({ ...args, nameOnly: true });
    return databases.map(({ name }) => name);
  },
};

/** `{ insertOne: { namespace, document } }` becomes `{ name: 'insertOne', namespace, document }`. */
function decodeModel(given: Document): AnyClientBulkWriteModel<Document> {
  const [[name, model] = ['', {}]] = Object.entries<Document>(given);
  if (!isModel({ name, ...model })) throw new Error(`no bulk write model is called ${name}`);
  return { name, ...model } as AnyClientBulkWriteModel<Document>;
}

const MODEL_NAMES = new Set([
  'insertOne',
  'replaceOne',
  'updateOne',
  'updateMany',
  'deleteOne',
  'deleteMany',
]);

function isModel(model: Document): model is AnyClientBulkWriteModel<Document> {
  return MODEL_NAMES.has(String(model['name']));
}
