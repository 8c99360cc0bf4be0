import { Binary } from 'bson';

import type {
  CollectionInfo,
  Document,
  IndexChange,
  IndexSpec,
  Namespace,
  WriteBatch,
} from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { equalValues } from '../query/compare-values.ts';
import { compileFilter } from '../query/compile-filter.ts';
import { argumentsOf, type Arguments } from './arguments.ts';
import { parseCollectionOptions, parseSharedOptions } from './collection-options.ts';
import { answer, type CommandFamily, type CommandRequest } from './command.ts';
import { createDocumentSource } from './document-source.ts';
import {
  assertWritable,
  namespaceText,
  parseDatabaseName,
  parseNamespace,
  parseNamespaceText,
} from './namespaces.ts';
import { batchSizeOf, openCursor } from './open-cursor.ts';
import { encodeBson, type Reply } from './reply.ts';
import type { StoreState } from './state/store-state.ts';
import { currentView, writeData } from './storage.ts';

async function runCreate(request: CommandRequest, state: StoreState): Promise<Reply> {
  const namespace = parseNamespace(request.database, request.target);
  assertWritable(namespace);
  const options = parseCollectionOptions(request.args);
  await writeData(request, state, (batch) => {
    if (batch.collection(namespace) !== undefined) {
      throw new StoreError(
        'NamespaceExists',
        `Collection ${namespaceText(namespace)} already exists.`,
      );
    }
    batch.createCollection(namespace, options);
  });
  return answer();
}

async function runDrop(request: CommandRequest, state: StoreState): Promise<Reply> {
  const namespace = parseNamespace(request.database, request.target);
  assertWritable(namespace);
  return writeData(request, state, (batch) => {
    const info = batch.collection(namespace);
    if (info === undefined) return answer();
    batch.dropCollection(namespace);
    const isView = info.options.viewOn !== undefined;
    return answer({
      ...(isView ? {} : { nIndexesWas: info.indexes.length }),
      ns: namespaceText(namespace),
    });
  });
}

async function runRename(request: CommandRequest, state: StoreState): Promise<Reply> {
  if (request.database !== 'admin') {
    throw new StoreError(
      'Unauthorized',
      'renameCollection may only be run against the admin database.',
    );
  }
  const { args } = request;
  const from = parseNamespaceText(String(request.target));
  const to = parseNamespaceText(args.required('to', args.string('to')));
  const dropTarget = args.boolean('dropTarget') ?? false;
  assertWritable(from);
  assertWritable(to);
  if (namespaceText(from) === namespaceText(to)) {
    throw new StoreError('IllegalOperation', "Can't rename a collection to itself");
  }
  await writeData(request, state, (batch) => {
    if (batch.collection(from) === undefined) {
      throw new StoreError(
        'NamespaceNotFound',
        `Source collection ${namespaceText(from)} does not exist`,
      );
    }
    if (batch.collection(to) !== undefined && !dropTarget) {
      throw new StoreError('NamespaceExists', 'target namespace exists');
    }
    batch.renameCollection(from, to, dropTarget);
  });
  return answer();
}

function findIndex(info: CollectionInfo, args: Arguments): IndexSpec {
  const name = args.string('name');
  const pattern = args.document('keyPattern');
  const found = info.indexes.find(
    (index) =>
      index.name === name || (pattern !== undefined && equalValues(index.given['key'], pattern)),
  );
  if (found !== undefined) return found;
  throw new StoreError(
    'IndexNotFound',
    `cannot find index ${name ?? JSON.stringify(pattern)} for ns ${namespaceText(info.namespace)}`,
  );
}

const INDEX_CHANGES: ReadonlySet<string> = new Set([
  'name',
  'keyPattern',
  'expireAfterSeconds',
  'hidden',
  'prepareUnique',
  'unique',
]);

/** `unique` of `collMod`: only ever true, and only of an index that lets no new duplicates in. @throws StoreError 2 or 72. */
function parseUnique(args: Arguments, index: IndexSpec): true | undefined {
  const unique = args.boolean('unique');
  if (unique === undefined || (unique && index.unique)) return undefined;
  if (!unique) throw new StoreError('BadValue', 'collMod cannot make an index non-unique');
  if (index.prepareUnique === true) return true;
  throw new StoreError(
    'InvalidOptions',
    "cannot make an index unique with collMod before 'prepareUnique' is set on it",
  );
}

/** `{expireAfterSeconds_old: 5, expireAfterSeconds_new: 9}` for each thing that is changed. */
function oldAndNew(index: IndexSpec, change: IndexChange): Document {
  const { expireAfterSeconds, hidden, prepareUnique, unique } = change;
  return {
    ...(expireAfterSeconds === undefined
      ? {}
      : {
          expireAfterSeconds_old: index.expireAfterSeconds,
          expireAfterSeconds_new: expireAfterSeconds,
        }),
    ...(hidden === undefined ? {} : { hidden_old: index.hidden, hidden_new: hidden }),
    ...(prepareUnique === undefined
      ? {}
      : {
          prepareUnique_old: index.prepareUnique === true,
          prepareUnique_new: prepareUnique,
        }),
    ...(unique === undefined ? {} : { unique_new: true }),
  };
}

/**
 * `index` of `collMod`.
 *
 * @throws StoreError 27 when there is none, 72 when nothing is to change, 359 when it cannot be unique.
 */
function modifyIndex(batch: WriteBatch, info: CollectionInfo, change: Document): Document {
  const args = argumentsOf('collMod.index', change);
  args.onlyFields(INDEX_CHANGES);
  const index = findIndex(info, args);
  const expireAfterSeconds = args.count('expireAfterSeconds');
  const hidden = args.boolean('hidden');
  const prepareUnique = args.boolean('prepareUnique');
  if ([expireAfterSeconds, hidden, prepareUnique, args.value('unique')].every(isAbsent)) {
    throw new StoreError(
      'InvalidOptions',
      'no expireAfterSeconds, hidden, unique, or prepareUnique field',
    );
  }
  const unique = parseUnique(args, index);
  const indexChange: IndexChange = {
    ...(expireAfterSeconds === undefined ? {} : { expireAfterSeconds }),
    ...(hidden === undefined ? {} : { hidden }),
    ...(prepareUnique === undefined || index.unique ? {} : { prepareUnique }),
    ...(unique === undefined ? {} : { unique }),
  };
  if (Object.keys(indexChange).length > 0) {
    batch.modifyIndex(info.namespace, index.name, indexChange);
  }
  return oldAndNew(index, indexChange);
}

const isAbsent = (value: unknown): boolean => value === undefined;

async function runModify(request: CommandRequest, state: StoreState): Promise<Reply> {
  const namespace = parseNamespace(request.database, request.target);
  const options = parseSharedOptions(request.args);
  const change = request.args.document('index');
  return writeData(request, state, (batch) => {
    const info = batch.collection(namespace);
    if (info === undefined) {
      throw new StoreError('NamespaceNotFound', `ns does not exist: ${namespaceText(namespace)}`);
    }
    const changed = change === undefined ? {} : modifyIndex(batch, info, change);
    if (Object.keys(options).length > 0) batch.modifyCollection(namespace, options);
    return answer(changed);
  });
}

/** One collection as `listCollections` shows it. */
function describe(info: CollectionInfo, nameOnly: boolean): Document {
  const { options, namespace } = info;
  const isView = options.viewOn !== undefined;
  const head = { name: namespace.collection, type: isView ? 'view' : 'collection' };
  if (nameOnly) return head;
  const idIndex = info.indexes.find(({ name }) => name === '_id_');
  return {
    ...head,
    options,
    info: {
      readOnly: isView,
      ...(isView ? {} : { uuid: new Binary(info.uuid, Binary.SUBTYPE_UUID) }),
    },
    ...(isView || idIndex === undefined ? {} : { idIndex: idIndex.given }),
  };
}

async function runList(request: CommandRequest, state: StoreState): Promise<Reply> {
  const { args } = request;
  const database = parseDatabaseName(request.database);
  const filter = args.document('filter') ?? {};
  const nameOnly = args.boolean('nameOnly') ?? false;
  const matches = compileFilter(filter);
  const documents = currentView(request, state)
    .collections(database)
    // A filter may ask for more than the name, so it sees the whole description.
    .filter((info) => matches(describe(info, false)))
    .map((info) => describe(info, nameOnly));
  const namespace: Namespace = { database, collection: '$cmd.listCollections' };
  const source = createDocumentSource({
    documents: documents.map(encodeBson),
    limit: documents.length,
    release: () => undefined,
  });
  const cursor = args.document('cursor');
  return openCursor(request, state, source, { namespace, batchSize: batchSizeOf(cursor) });
}

const CREATE_FIELDS = [
  'capped',
  'size',
  'max',
  'autoIndexId',
  'validator',
  'validationLevel',
  'validationAction',
  'viewOn',
  'pipeline',
  'collation',
  'changeStreamPreAndPostImages',
  'timeseries',
  'clusteredIndex',
  'encryptedFields',
  'expireAfterSeconds',
  'storageEngine',
  'indexOptionDefaults',
] as const;

const MODIFY_FIELDS = [
  'index',
  'validator',
  'validationLevel',
  'validationAction',
  'viewOn',
  'pipeline',
  'changeStreamPreAndPostImages',
] as const;

/**
 * Collections and views.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/nav-administration/
 */
export const collectionCommands: CommandFamily = {
  create: {
    kind: 'work',
    stable: true,
    inTransaction: true,
    writes: true,
    fields: CREATE_FIELDS,
    run: runCreate,
  },
  drop: { kind: 'work', stable: true, writes: true, fields: [], run: runDrop },
  renameCollection: { kind: 'work', writes: true, fields: ['to', 'dropTarget'], run: runRename },
  collMod: { kind: 'work', stable: true, writes: true, fields: MODIFY_FIELDS, run: runModify },
  listCollections: {
    kind: 'work',
    stable: true,
    fields: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'],
    run: runList,
  },
};
