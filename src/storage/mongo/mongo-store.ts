import type { ClassCatalog, ClassSchema } from '../../parse/class-schema.ts';
import { GatewayError } from '../../parse/errors.ts';
import type { ParseObject } from '../../parse/object.ts';
import { allOf, hasObjectId } from '../../query/constraint.ts';
import type { CreateRequest, DeleteRequest, UpdateRequest } from '../../query/write-request.ts';
import type { ObjectStore } from '../object-store.ts';
import type { Report } from './class-schema-codec.ts';
import { createClassReader, type ClassReader } from './class-reader.ts';
import type { Commands } from './commands.ts';
import { encodeDocument } from './document.ts';
import { countRelatedObjects } from './count-related.ts';
import { findRelatedPages } from './find-related.ts';
import type { RelatedAbilities } from './related-rows.ts';
import { countObjects, findPage } from './find.ts';
import { joinName, writeJoined } from './join-rows.ts';
import { createObjectId } from './object-id.ts';
import { compileProjection } from './projection.ts';
import { compileUpdate } from './update.ts';

/** What a store is made of. */
export interface MongoStoreParts {
  readonly commands: Commands;
  readonly catalog: ClassCatalog;
  readonly abilities: RelatedAbilities;
  readonly report: Report;
}

/** Reads and writes of one MongoDB database under one catalog, in Parse's stored forms. */
export function buildMongoStore({
  commands,
  catalog,
  abilities,
  report,
}: MongoStoreParts): ObjectStore {
  const reader = createClassReader(commands, catalog, report);
  return {
    find: (request) => findPage(reader, request),
    count: (request) => countObjects(reader, request),
    findRelated: (request) => findRelatedPages(reader, request, abilities),
    countRelated: (request) => countRelatedObjects(reader, request, abilities),
    create: (request) => createObject(reader, request),
    update: (request) => updateObject(reader, request),
    delete: (request) => deleteObject(reader, request),
  };
}

async function createObject(reader: ClassReader, request: CreateRequest): Promise<ParseObject> {
  const { className, relations } = request;
  const schema = reader.schemaOf(className);
  for (const [field, { targetClass }] of relations) assertRelation(schema, field, targetClass);
  const objectId = request.objectId ?? createObjectId();
  const document = encodeDocument(request, schema, { objectId, now: new Date() });
  await reader.commands.insertOne(className, document);
  for (const [field, { add }] of relations) {
    await writeJoined(reader.commands, joinName(className, field), {
      owningId: objectId,
      add,
      remove: [],
    });
  }
  const [object] = reader.decode([document], className, 'all');
  if (object === undefined) throw new Error(`the ${className} just created does not decode`);
  return object;
}

async function updateObject(
  reader: ClassReader,
  request: UpdateRequest,
): Promise<ParseObject | undefined> {
  const { className, objectId, guard, select } = request;
  const schema = reader.schemaOf(className);
  for (const [field, operation] of request.operations) {
    if (operation.kind === 'relate') assertRelation(schema, field, operation.targetClass);
  }
  const update = compileUpdate(request, schema, new Date());
  const filter = await reader.filterOf(className, allOf(hasObjectId(objectId), guard));
  const row = await reader.commands.findOneAndUpdate(className, filter, {
    update,
    projection: compileProjection(select, schema),
  });
  if (row === undefined) return undefined;
  for (const [field, operation] of request.operations) {
    if (operation.kind !== 'relate') continue;
    const { add, remove } = operation;
    await writeJoined(reader.commands, joinName(className, field), {
      owningId: objectId,
      add,
      remove,
    });
  }
  return reader.decode([row], className, select)[0];
}

async function deleteObject(
  reader: ClassReader,
  { className, objectId, guard, select }: DeleteRequest,
): Promise<ParseObject | undefined> {
  const schema = reader.schemaOf(className);
  const filter = await reader.filterOf(className, allOf(hasObjectId(objectId), guard));
  const projection = compileProjection(select, schema);
  const row = await reader.commands.findOneAndDelete(className, filter, projection);
  return row === undefined ? undefined : reader.decode([row], className, select)[0];
}

/** @throws GatewayError 111 when the column is no relation to that class. */
function assertRelation(
  { className, fields }: ClassSchema,
  field: string,
  targetClass: string,
): void {
  const type = fields.get(field)?.type;
  if (type?.kind === 'Relation' && type.targetClass === targetClass) return;
  throw new GatewayError(
    'IncorrectType',
    `schema mismatch for ${className}.${field}; expected Relation<${targetClass}>`,
  );
}
