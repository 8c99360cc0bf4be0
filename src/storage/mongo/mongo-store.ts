import type { ClassCatalog } from '../../parse/class-schema.ts';
import type { ParseObject } from '../../parse/object.ts';
import type { CreateRequest, WriteStep } from '../../query/write-request.ts';
import type { ObjectStore } from '../object-store.ts';
import { createClassReader, type ClassReader } from './class-reader.ts';
import type { Report } from './class-schema-codec.ts';
import type { CollectionCommands } from './collection-commands.ts';
import { countRelatedObjects } from './count-related.ts';
import { findRelatedPages } from './find-related.ts';
import { countObjects, findPage } from './find.ts';
import type { RelatedAbilities } from './related-rows.ts';
import type { RowCommands } from './row-commands.ts';
import { writeEach } from './write-each.ts';
import { writeSteps, type WriteAbilities } from './write-steps.ts';

/** What a store is made of. */
export interface MongoStoreParts {
  readonly commands: RowCommands;
  readonly collections: CollectionCommands;
  readonly catalog: ClassCatalog;
  readonly abilities: RelatedAbilities;
  readonly writing: WriteAbilities;
  readonly report: Report;
}

/** Reads and writes of one MongoDB database under one catalog, in Parse's stored forms. */
export function buildMongoStore({
  commands,
  collections,
  catalog,
  abilities,
  writing,
  report,
}: MongoStoreParts): ObjectStore {
  const reader = createClassReader({ commands, collections }, catalog, report);
  return {
    find: (request) => findPage(reader, request),
    count: (request) => countObjects(reader, request),
    findRelated: (requests) => findRelatedPages(reader, requests, abilities),
    countRelated: (requests) => countRelatedObjects(reader, requests, abilities),
    create: (request) => createOne(reader, request, writing),
    update: (request) => writeOne(reader, { kind: 'update', request }, writing),
    delete: (request) => writeOne(reader, { kind: 'delete', request }, writing),
    write: (steps) => writeSteps(reader, steps, writing),
    writeEach: (steps) => writeEach({ reader, abilities: writing }, steps),
  };
}

async function writeOne(
  reader: ClassReader,
  step: WriteStep,
  abilities: WriteAbilities,
): Promise<ParseObject | undefined> {
  return (await writeSteps(reader, [step], abilities))?.[0];
}

async function createOne(
  reader: ClassReader,
  request: CreateRequest,
  abilities: WriteAbilities,
): Promise<ParseObject> {
  const object = await writeOne(reader, { kind: 'create', request }, abilities);
  if (object === undefined) throw new Error(`a new ${request.className} was not found`);
  return object;
}
