import type { Db, RunCursorCommandOptions } from 'mongodb';
import {
  documentArgument,
  filterArgument,
  onlyOption,
  optionsWithout,
  pipelineArgument,
  textArgument,
} from '../arguments.ts';
import type { OperationTable } from '../run-context.ts';
import { openChangeStream, sendFirstCommand } from '../../../support/open-change-stream.ts';

/** Operations of database entities. */
export const DATABASE_OPERATIONS: OperationTable<Db> = {
  aggregate: async (database, args) =>
    database.aggregate(pipelineArgument(args), optionsWithout(args, 'pipeline')).toArray(),
  async createChangeStream(database, args) {
    const pipeline = pipelineArgument(args);
    return openChangeStream(database.watch(pipeline, optionsWithout(args, 'pipeline')));
  },
  async createCollection(database, args) {
    await database.createCollection(
      textArgument(args, 'collection'),
      optionsWithout(args, 'collection'),
    );
  },
  dropCollection: async (database, args) =>
    database.dropCollection(textArgument(args, 'collection'), optionsWithout(args, 'collection')),
  drop: async (database, args) => database.dropDatabase(args),
  dropDatabase: async (database, args) => database.dropDatabase(args),
  listCollections: async (database, args) =>
    database.listCollections(filterArgument(args), optionsWithout(args, 'filter')).toArray(),
  listCollectionObjects: async (database, args) =>
    database.listCollections(filterArgument(args), optionsWithout(args, 'filter')).toArray(),
  async listCollectionNames(database, args) {
    const options = { ...optionsWithout(args, 'filter'), nameOnly: true };
    const collections = await database.listCollections(filterArgument(args), options).toArray();
    return collections.map(({ name }) => name);
  },
  async modifyCollection(database, args) {
    const changes = optionsWithout(args, 'collection', 'session');
    const collMod = { collMod: textArgument(args, 'collection'), ...changes };
    return database.command(collMod, onlyOption(args, 'session'));
  },
  runCommand: async (database, args) =>
    database.command(
      documentArgument(args, 'command'),
      optionsWithout(args, 'command', 'commandName'),
    ),
  runCursorCommand: async (database, args) => createCursor(database, args).toArray(),
  async createCommandCursor(database, args) {
    const cursor = createCursor(database, args);
    await sendFirstCommand(cursor);
    return cursor;
  },
};

function createCursor(database: Db, args: Parameters<typeof optionsWithout>[0]) {
  const options: RunCursorCommandOptions = optionsWithout(
    args,
    'command',
    'commandName',
    'batchSize',
    'maxTimeMS',
    'comment',
  );
  const cursor = database.runCursorCommand(documentArgument(args, 'command'), options);
  if (typeof args['batchSize'] === 'number') cursor.setBatchSize(args['batchSize']);
  if (typeof args['maxTimeMS'] === 'number') cursor.setMaxTimeMS(args['maxTimeMS']);
  if (args['comment'] !== undefined) cursor.setComment(args['comment']);
  return cursor;
}
