import {
  arch,
  cpus,
  freemem,
  hostname,
  platform,
  release,
  totalmem,
  type as osType,
} from 'node:os';

import { Long, Timestamp } from 'bson';

import type { Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { answer, type Command, type CommandFamily } from './command.ts';
import { MAX_WIRE_VERSION } from './hello.ts';
import type { StoreState } from './state/store-state.ts';

/** The MongoDB version whose behaviour this store follows. */
export const SERVER_VERSION = '7.0.14';

const upkeep = (fields: readonly string[], run: Command['run'], stable = false): Command => ({
  kind: 'upkeep',
  fields,
  stable,
  run,
});

const uptimeMs = (state: StoreState) => Date.now() - state.startedAt.getTime();

const OPERATION_COUNTERS: Readonly<Record<string, readonly string[]>> = {
  insert: ['insert'],
  query: ['find'],
  update: ['update', 'findAndModify'],
  delete: ['delete'],
  getmore: ['getMore'],
};

function operationCounters(commands: Readonly<Record<string, number>>): Document {
  const counted = Object.entries(OPERATION_COUNTERS).map(([name, from]) => [
    name,
    from.reduce((sum, command) => sum + (commands[command] ?? 0), 0),
  ]);
  const all = Object.values(commands).reduce((sum, count) => sum + count, 0);
  return { ...(Object.fromEntries(counted) as Document), command: all };
}

const serverStatus = upkeep([], (_request, state) => {
  const { engine, counters, cursors, sessions, connections } = state;
  const totals = counters.read();
  const memory = process.memoryUsage();
  return answer({
    host: `${hostname()}:${state.address.port}`,
    version: SERVER_VERSION,
    process: 'mongod',
    pid: Long.fromNumber(process.pid),
    uptime: uptimeMs(state) / 1000,
    uptimeMillis: Long.fromNumber(uptimeMs(state)),
    localTime: new Date(),
    connections: {
      current: connections.current(),
      available: 65_536 - connections.current(),
      totalCreated: connections.total(),
    },
    opcounters: operationCounters(totals.commands),
    logicalSessionRecordCache: { activeSessionsCount: sessions.size },
    metrics: {
      cursor: { open: { total: cursors.size }, timedOut: Long.fromNumber(cursors.timedOut) },
      document: { returned: totals.documentsReturned },
      queryExecutor: {
        scanned: totals.keysExamined,
        scannedObjects: totals.documentsExamined,
      },
    },
    mem: {
      bits: 64,
      resident: Math.round(memory.rss / 1024 / 1024),
      virtual: Math.round(memory.rss / 1024 / 1024),
      supported: true,
    },
    ...(state.address.setName === undefined
      ? {}
      : {
          repl: { setName: state.address.setName, isWritablePrimary: true, secondary: false },
        }),
    storageEngine: { name: 'lmdb', persistent: true, supportsCommittedReads: true },
    transactions: {
      currentOpen: [...sessions.all()].filter(({ transaction }) => transaction?.state === 'open')
        .length,
    },
    commandCounters: Object.fromEntries(
      counters.appNames().map((name) => [name === '' ? '(none)' : name, counters.read(name)]),
    ),
    lastCommit: engine.journal.now,
  });
});
const serverStatusAny: Command = { ...serverStatus, anyFields: true };

/** `{commandCounters: 1, appName?, reset?}`: this store's own command, so that tests with only a URI can count. */
const commandCounters = upkeep(['appName', 'reset'], ({ args }, state) => {
  const appName = args.string('appName');
  const counters = state.counters.read(appName);
  if (args.boolean('reset') === true) state.counters.reset(appName);
  return answer({ ...counters });
});

const buildInfo = upkeep(
  [],
  () =>
    answer({
      version: SERVER_VERSION,
      versionArray: [...SERVER_VERSION.split('.').map(Number), 0],
      gitVersion: 'embedded',
      modules: [],
      allocator: 'system',
      javascriptEngine: 'none',
      sysInfo: 'deprecated',
      bits: 64,
      debug: false,
      maxBsonObjectSize: LIMITS.documentBytes,
      storageEngines: ['lmdb'],
      maxWireVersion: MAX_WIRE_VERSION,
    }),
  true,
);

const hostInfo = upkeep([], () =>
  answer({
    system: {
      currentTime: new Date(),
      hostname: hostname(),
      cpuAddrSize: 64,
      memSizeMB: Math.round(totalmem() / 1024 / 1024),
      memFreeMB: Math.round(freemem() / 1024 / 1024),
      numCores: cpus().length,
      cpuArch: arch(),
    },
    os: { type: osType(), name: platform(), version: release() },
    extra: {},
  }),
);

const connectionStatus = upkeep(
  ['showPrivileges'],
  ({ args }) =>
    answer({
      authInfo: {
        authenticatedUsers: [],
        authenticatedUserRoles: [],
        ...(args.boolean('showPrivileges') === true ? { authenticatedUserPrivileges: [] } : {}),
      },
    }),
  true,
);

/** @throws StoreError 76 when the store is standalone. */
function setNameOf({ address }: StoreState): string {
  if (address.setName !== undefined) return address.setName;
  throw new StoreError('NoReplicationEnabled', 'not running with --replSet');
}

function member(state: StoreState): Document {
  return { _id: 0, name: `${state.address.host}:${state.address.port}` };
}

const replSetGetStatus = upkeep(['initialSync'], (_request, state) => {
  const opTime = { ts: state.engine.journal.now, t: Long.ONE };
  return answer({
    set: setNameOf(state),
    date: new Date(),
    myState: 1,
    term: Long.ONE,
    syncSourceHost: '',
    syncSourceId: -1,
    heartbeatIntervalMillis: Long.fromNumber(2000),
    majorityVoteCount: 1,
    writeMajorityCount: 1,
    votingMembersCount: 1,
    writableVotingMembersCount: 1,
    optimes: { lastCommittedOpTime: opTime, appliedOpTime: opTime, durableOpTime: opTime },
    members: [
      {
        ...member(state),
        health: 1,
        state: 1,
        stateStr: 'PRIMARY',
        uptime: Math.round(uptimeMs(state) / 1000),
        optime: opTime,
        optimeDate: new Date(state.engine.journal.now.t * 1000),
        electionTime: new Timestamp({ t: Math.floor(state.startedAt.getTime() / 1000), i: 1 }),
        electionDate: state.startedAt,
        configVersion: 1,
        self: true,
      },
    ],
  });
});

const replSetGetConfig = upkeep(
  ['commitmentStatus', '$_internalIncludeNewlyAdded'],
  (_request, state) =>
    answer({
      config: {
        _id: setNameOf(state),
        version: 1,
        term: 1,
        members: [
          {
            _id: 0,
            host: member(state)['name'],
            arbiterOnly: false,
            buildIndexes: true,
            hidden: false,
            priority: 1,
            tags: {},
            secondaryDelaySecs: Long.ZERO,
            votes: 1,
          },
        ],
        protocolVersion: Long.ONE,
        writeConcernMajorityJournalDefault: true,
        settings: {},
      },
    }),
);

const getLog = upkeep([], ({ target }) => {
  if (target === '*') return answer({ names: ['global', 'startupWarnings'] });
  if (target === 'global' || target === 'startupWarnings') {
    return answer({ totalLinesWritten: 0, log: [] });
  }
  throw new StoreError('OperationFailed', `No log named '${String(target)}'`);
});

const profile = upkeep(['slowms', 'sampleRate', 'filter'], ({ target }) => {
  if (target === -1 || target === 0) return answer({ was: 0, slowms: 100, sampleRate: 1 });
  throw new StoreError('CommandNotSupported', 'the profiler is not supported');
});

/**
 * What the store is and how it does.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/nav-diagnostic/
 */
export const diagnosticCommands: CommandFamily = {
  ping: upkeep([], () => answer(), true),
  serverStatus: serverStatusAny,
  commandCounters,
  buildInfo,
  hostInfo,
  connectionStatus,
  replSetGetStatus,
  replSetGetConfig,
  getLog,
  profile,
  whatsmyuri: upkeep([], ({ client }) => answer({ you: client.remoteAddress })),
  getCmdLineOpts: upkeep([], (_request, { address }) =>
    answer({ argv: [], parsed: { net: { port: address.port, bindIp: address.host } } }),
  ),
};
