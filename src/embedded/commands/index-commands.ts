import { serialize } from 'bson';

import type {
  CollectionInfo,
  Document,
  IndexSpec,
  Namespace,
  WriteBatch,
} from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { isDocument } from './arguments.ts';
import { answer, type Command, type CommandFamily, type CommandRequest } from './command.ts';
import { createDocumentSource } from './document-source.ts';
import { parseIndexSpec } from './index-spec.ts';
import { assertWritable, namespaceText, parseNamespace } from './namespaces.ts';
import { batchSizeOf, openCursor } from './open-cursor.ts';
import { currentView, writeData } from './storage.ts';
import { encodeBson, type Reply } from './reply.ts';
import type { StoreState } from './state/store-state.ts';

const isSame = (a: Document, b: Document): boolean =>
  Buffer.from(serialize(a)).equals(Buffer.from(serialize(b)));

/** The document under which every collection's own index is listed. */
const isIdKey = (index: IndexSpec): boolean =>
  index.key.length === 1 && index.key[0]?.[0] === '_id' && index.key[0][1] === 1;

function createAll(batch: WriteBatch, namespace: Namespace, wanted: readonly IndexSpec[]) {
  const before = batch.collection(namespace);
  if (before?.options.viewOn !== undefined) {
    throw new StoreError(
      'CommandNotSupportedOnView',
      `Namespace ${namespaceText(namespace)} is a view, not a collection`,
    );
  }
  if (before === undefined) batch.createCollection(namespace, {});
  const count = () => batch.collection(namespace)?.indexes.length ?? 0;
  const numIndexesBefore = count();
  for (const index of wanted) if (!isIdKey(index)) batch.createIndex(namespace, index);
  const numIndexesAfter = count();
  return {
    numIndexesBefore,
    numIndexesAfter,
    createdCollectionAutomatically: before === undefined,
    ...(numIndexesAfter === numIndexesBefore ? { note: 'all indexes already exist' } : {}),
  };
}

async function runCreate(request: CommandRequest, state: StoreState): Promise<Reply> {
  const namespace = parseNamespace(request.database, request.target);
  assertWritable(namespace);
  const given = request.args.required('indexes', request.args.documents('indexes'));
  if (given.length === 0) {
    throw new StoreError('BadValue', 'Must specify at least one index to create');
  }
  const wanted = given.map(parseIndexSpec);
  const made = await writeData(request, state, (batch) => createAll(batch, namespace, wanted));
  return answer({ ...made });
}

function assertCollection(info: CollectionInfo | undefined, namespace: Namespace): CollectionInfo {
  if (info !== undefined) return info;
  throw new StoreError('NamespaceNotFound', `ns does not exist: ${namespaceText(namespace)}`);
}

function namesToDrop(indexes: readonly IndexSpec[], wanted: unknown): string[] {
  const droppable = indexes.filter((index) => !isIdKey(index));
  if (wanted === '*') return droppable.map(({ name }) => name);
  if (Array.isArray(wanted)) return wanted.flatMap((item) => namesToDrop(indexes, item));
  const found = isDocument(wanted)
    ? indexes.find(({ given }) => isSame({ key: given['key'] }, { key: wanted }))
    : indexes.find(({ name }) => name === wanted);
  if (found === undefined) {
    throw new StoreError(
      'IndexNotFound',
      isDocument(wanted)
        ? `can't find index with key: ${JSON.stringify(wanted)}`
        : `index not found with name [${String(wanted)}]`,
    );
  }
  if (isIdKey(found)) throw new StoreError('InvalidOptions', 'cannot drop _id index');
  return [found.name];
}

async function runDrop(request: CommandRequest, state: StoreState): Promise<Reply> {
  const namespace = parseNamespace(request.database, request.target);
  const wanted = request.args.required('index', request.args.value('index'));
  return writeData(request, state, (batch) => {
    const info = batch.collection(namespace);
    if (info === undefined) {
      throw new StoreError('NamespaceNotFound', `ns not found ${namespaceText(namespace)}`);
    }
    for (const name of new Set(namesToDrop(info.indexes, wanted))) {
      batch.dropIndex(namespace, name);
    }
    return answer({
      nIndexesWas: info.indexes.length,
      ...(wanted === '*' ? { msg: 'non-_id indexes dropped for collection' } : {}),
    });
  });
}

async function runList(request: CommandRequest, state: StoreState): Promise<Reply> {
  const namespace = parseNamespace(request.database, request.target);
  const info = assertCollection(currentView(request, state).collection(namespace), namespace);
  const documents = info.indexes.map(({ given }) => given);
  const source = createDocumentSource({
    documents: documents.map(encodeBson),
    limit: documents.length,
    release: () => undefined,
  });
  return openCursor(request, state, source, {
    namespace,
    batchSize: batchSizeOf(request.args.document('cursor')),
  });
}

const createIndexes: Command = {
  kind: 'work',
  stable: true,
  inTransaction: true,
  writes: true,
  fields: ['indexes', 'commitQuorum', 'ignoreUnknownIndexOptions'],
  run: runCreate,
};

/**
 * Indexes of a collection.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/createIndexes/
 */
export const indexCommands: CommandFamily = {
  createIndexes,
  dropIndexes: { kind: 'work', stable: true, writes: true, fields: ['index'], run: runDrop },
  listIndexes: { kind: 'work', stable: true, fields: ['cursor'], run: runList },
};
