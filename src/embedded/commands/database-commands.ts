import { Long } from 'bson';

import type { Document, Namespace, Snapshot } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { compileFilter } from '../query/compile-filter.ts';
import { answer, type CommandFamily, type CommandRequest } from './command.ts';
import { namespaceText, parseDatabaseName, parseNamespace } from './namespaces.ts';
import type { Reply } from './reply.ts';
import type { StoreState } from './state/store-state.ts';
import { currentView, writeData } from './storage.ts';

interface Sizes {
  readonly count: number;
  /** Bytes of BSON. */
  readonly size: number;
}

function sizesOf(snapshot: Snapshot, namespace: Namespace): Sizes {
  return { count: snapshot.size(namespace), size: snapshot.dataSize(namespace) };
}

/** Counts and sums a collection by reading all of it. */
function measure(request: CommandRequest, snapshot: Snapshot, namespace: Namespace): Sizes {
  let count = 0;
  let size = 0;
  for (const { raw } of snapshot.findRaw(namespace, {}, request.cost.add)) {
    request.deadline.check();
    count += 1;
    size += raw.length;
  }
  return { count, size };
}

function runListDatabases(request: CommandRequest, state: StoreState): Reply {
  if (request.database !== 'admin') {
    throw new StoreError(
      'Unauthorized',
      'listDatabases may only be run against the admin database.',
    );
  }
  const { args } = request;
  const snapshot = currentView(request, state);
  const nameOnly = args.boolean('nameOnly') ?? false;
  const matches = compileFilter(args.document('filter') ?? {});
  const names = [...new Set(snapshot.collections().map(({ namespace }) => namespace.database))];
  const databases = names.sort().map((name): Document => {
    if (nameOnly) return { name };
    const sizeOnDisk = snapshot
      .collections(name)
      .reduce((sum, { namespace }) => sum + sizesOf(snapshot, namespace).size, 0);
    return { name, sizeOnDisk: Long.fromNumber(sizeOnDisk), empty: false };
  });
  const listed = databases.filter(matches);
  if (nameOnly) return answer({ databases: listed });
  const totalSize = listed.reduce((sum, each) => sum + Number(each['sizeOnDisk']), 0);
  return answer({
    databases: listed,
    totalSize: Long.fromNumber(totalSize),
    totalSizeMb: Long.fromNumber(Math.floor(totalSize / 1024 / 1024)),
  });
}

async function runDropDatabase(request: CommandRequest, state: StoreState): Promise<Reply> {
  const database = parseDatabaseName(request.database);
  return writeData(request, state, (batch) => {
    if (batch.collections(database).length === 0) return answer();
    batch.dropDatabase(database);
    return answer({ dropped: database });
  });
}

function runCollStats(request: CommandRequest, state: StoreState): Reply {
  const namespace = parseNamespace(request.database, request.target);
  const scale = request.args.count('scale', 1) ?? 1;
  const snapshot = currentView(request, state);
  const info = snapshot.collection(namespace);
  const { count, size } = sizesOf(snapshot, namespace);
  return answer({
    ns: namespaceText(namespace),
    size: Math.floor(size / scale),
    count,
    ...(count === 0 ? {} : { avgObjSize: Math.floor(size / count) }),
    storageSize: Math.floor(size / scale),
    nindexes: info?.indexes.length ?? 0,
    capped: info?.options.capped ?? false,
    scaleFactor: scale,
  });
}

function runDbStats(request: CommandRequest, state: StoreState): Reply {
  const database = parseDatabaseName(request.database);
  const scale = request.args.count('scale', 1) ?? 1;
  const snapshot = currentView(request, state);
  const infos = snapshot.collections(database);
  const views = infos.filter(({ options }) => options.viewOn !== undefined).length;
  const sums = infos.map(({ namespace }) => sizesOf(snapshot, namespace));
  const objects = sums.reduce((sum, { count }) => sum + count, 0);
  const dataSize = sums.reduce((sum, { size }) => sum + size, 0);
  return answer({
    db: database,
    collections: infos.length - views,
    views,
    objects,
    avgObjSize: objects === 0 ? 0 : dataSize / objects,
    dataSize: dataSize / scale,
    storageSize: dataSize / scale,
    indexes: infos.reduce((sum, { indexes }) => sum + indexes.length, 0),
    scaleFactor: scale,
  });
}

/** Reads every document and compares with the count and the bytes that the collection keeps. */
function runValidate(request: CommandRequest, state: StoreState): Reply {
  const namespace = parseNamespace(request.database, request.target);
  const snapshot = currentView(request, state);
  const info = snapshot.collection(namespace);
  if (info === undefined) {
    throw new StoreError(
      'NamespaceNotFound',
      `Collection '${namespaceText(namespace)}' does not exist to validate.`,
    );
  }
  const found = measure(request, snapshot, namespace);
  const kept = sizesOf(snapshot, namespace);
  const isRight = found.count === kept.count && found.size === kept.size;
  const errors = isRight
    ? []
    : [
        `${found.count} documents of ${found.size} bytes are stored, but ${kept.count} of ${kept.size} bytes are recorded`,
      ];
  return answer({
    ns: namespaceText(namespace),
    nrecords: found.count,
    nIndexes: info.indexes.length,
    valid: errors.length === 0,
    repaired: false,
    warnings: [],
    errors,
  });
}

/**
 * Databases, and statistics of what is in them.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/nav-administration/
 */
export const databaseCommands: CommandFamily = {
  listDatabases: {
    kind: 'work',
    stable: true,
    fields: ['filter', 'nameOnly', 'authorizedDatabases'],
    run: runListDatabases,
  },
  dropDatabase: { kind: 'work', stable: true, writes: true, fields: [], run: runDropDatabase },
  collStats: { kind: 'work', fields: ['scale'], run: runCollStats },
  dbStats: { kind: 'work', fields: ['scale', 'freeStorage'], run: runDbStats },
  validate: {
    kind: 'work',
    fields: ['full', 'repair', 'metadata', 'checkBSONConformance'],
    run: runValidate,
  },
};
