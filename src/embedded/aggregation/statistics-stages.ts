import { isPlainObject } from '../query/bson-values.ts';
import { refuse, refuseAt } from '../query/refuse.ts';
import type { PipelineContext, StageCompiler } from './pipeline-context.ts';

function namespaceOf({ database = '', collection = '' }: PipelineContext): {
  database: string;
  collection: string;
} {
  return { database, collection };
}

const collectionStatistics: StageCompiler = (operand, context) => {
  if (!isPlainObject(operand))
    return refuse('$collStats must take a nested object', 'TypeMismatch');
  const unsupported = Object.keys(operand).find(
    (name) => name !== 'count' && name !== 'storageStats',
  );
  if (unsupported !== undefined)
    refuse(`$collStats option '${unsupported}' is not supported`, 'InvalidOptions');
  return function* () {
    const namespace = namespaceOf(context);
    const info = context.snapshot?.collection(namespace);
    const ns = `${namespace.database}.${namespace.collection}`;
    if (info === undefined) refuse(`ns does not exist: ${ns}`, 'NamespaceNotFound');
    const count = context.snapshot?.size(namespace) ?? 0;
    yield {
      ns,
      host: 'localhost',
      localTime: new Date(context.now),
      ...('storageStats' in operand
        ? {
            storageStats: {
              count,
              nindexes: info.indexes.length,
              capped: info.options.capped ?? false,
            },
          }
        : {}),
      ...('count' in operand ? { count } : {}),
    };
  };
};

const indexStatistics: StageCompiler = (operand, context) => {
  if (!isPlainObject(operand) || Object.keys(operand).length > 0) {
    return refuseAt(28803, 'The $indexStats stage specification must be an empty object');
  }
  return function* () {
    for (const { name, given } of context.snapshot?.collection(namespaceOf(context))?.indexes ??
      []) {
      yield {
        name,
        key: given['key'],
        host: 'localhost',
        accesses: { ops: 0, since: new Date(context.now) },
        spec: given,
      };
    }
  };
};

const currentOperations: StageCompiler = (_operand, context) => {
  if (context.database !== 'admin')
    refuse(
      "$currentOp must be run against the 'admin' database with {aggregate: 1}",
      'InvalidNamespace',
    );
  return function* () {
    yield {
      type: 'op',
      host: 'localhost',
      active: true,
      currentOpTime: context.now.toISOString(),
      op: 'command',
      ns: 'admin.$cmd.aggregate',
      command: { aggregate: 1 },
    };
  };
};

/** The session that asks is the one that is known to be there. */
const localSessions: StageCompiler = (_operand, context) =>
  function* () {
    yield { _id: {}, lastUse: new Date(context.now) };
  };

/** Stages that tell about collections and the server; each stands first. */
export const statisticsStages: Readonly<Record<string, StageCompiler>> = {
  $collStats: collectionStatistics,
  $indexStats: indexStatistics,
  $currentOp: currentOperations,
  $listLocalSessions: localSessions,
};
