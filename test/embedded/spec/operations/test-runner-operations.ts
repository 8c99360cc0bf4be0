import { isDeepStrictEqual } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientSession } from 'mongodb';
import { documentArgument, documentList, numberArgument, textArgument } from '../arguments.ts';
import { createEntities } from '../create-entities.ts';
import { MismatchError, RefusedError, SkippedError } from '../failures.ts';
import type { RunContext } from '../run-context.ts';
import type { SpecDocument, SpecOperation } from '../spec-file.ts';

type SpecialOperation = (args: SpecDocument, context: RunContext) => Promise<void> | void;

const WAIT_MS = 10_000;

/** How often a `loop` runs: the format leaves the end of it to whoever started the runner. */
const LOOP_ROUNDS = 5;

const TRANSACTION_STATES: Readonly<Record<string, readonly string[]>> = {
  none: ['NO_TRANSACTION'],
  starting: ['STARTING_TRANSACTION'],
  in_progress: ['TRANSACTION_IN_PROGRESS'],
  committed: ['TRANSACTION_COMMITTED', 'TRANSACTION_COMMITTED_EMPTY'],
  aborted: ['TRANSACTION_ABORTED'],
};

/** The operations of the object `testRunner`: set-up, waiting and assertions. */
export const TEST_RUNNER_OPERATIONS: Readonly<Record<string, SpecialOperation>> = {
  async failPoint(args, { entities, cleanUps }) {
    const failPoint = documentArgument(args, 'failPoint');
    const admin = entities.client(textArgument(args, 'client')).db('admin');
    await admin.command(failPoint);
    const name = textArgument(failPoint, 'configureFailPoint');
    cleanUps.push(async () => admin.command({ configureFailPoint: name, mode: 'off' }));
  },
  targetedFailPoint() {
    throw new SkippedError('needs a sharded cluster: the fail point is set on one pinned mongos');
  },
  async createEntities(args, { entities, uri }) {
    await createEntities(documentList(args, 'entities'), entities, uri);
  },
  loop: runLoop,
  async wait(args) {
    await delay(numberArgument(args, 'ms'));
  },
  runOnThread(args, context) {
    const operation = parseOperation(args['operation']);
    context.entities.thread(textArgument(args, 'thread')).run(async () => context.run(operation));
  },
  async waitForThread(args, { entities }) {
    await entities.thread(textArgument(args, 'thread')).finish(WAIT_MS);
  },
  async waitForEvent(args, { entities }) {
    const log = entities.log(textArgument(args, 'client'));
    const count = numberArgument(args, 'count');
    await log.waitFor(documentArgument(args, 'event'), count, entities, WAIT_MS);
  },
  assertEventCount(args, { entities }) {
    const log = entities.log(textArgument(args, 'client'));
    const count = log.count(documentArgument(args, 'event'), entities);
    equal('events', count, numberArgument(args, 'count'));
  },
  assertNumberConnectionsCheckedOut(args, { entities }) {
    const log = entities.log(textArgument(args, 'client'));
    equal('connections', log.checkedOutConnections, numberArgument(args, 'connections'));
  },
  assertSessionTransactionState(args, { entities }) {
    const session = entities.session(textArgument(args, 'session'));
    const name = textArgument(args, 'state');
    const states = TRANSACTION_STATES[name];
    if (states === undefined) throw new Error(`no transaction state is called ${name}`);
    const state = String(member(member(session, 'transaction'), 'state'));
    if (!states.includes(state)) throw new MismatchError(`expected state ${name}, got ${state}`);
  },
  assertSessionPinned(args, { entities }) {
    equal('pinned', entities.session(textArgument(args, 'session')).isPinned, true);
  },
  assertSessionUnpinned(args, { entities }) {
    equal('pinned', entities.session(textArgument(args, 'session')).isPinned, false);
  },
  assertSessionDirty(args, { entities }) {
    equal('dirty', isDirty(entities.session(textArgument(args, 'session'))), true);
  },
  assertSessionNotDirty(args, { entities }) {
    equal('dirty', isDirty(entities.session(textArgument(args, 'session'))), false);
  },
  assertSameLsidOnLastTwoCommands(args, context) {
    const [previous, last] = lastTwoSessionIds(args, context);
    equal('same session', isDeepStrictEqual(previous, last), true);
  },
  assertDifferentLsidOnLastTwoCommands(args, context) {
    const [previous, last] = lastTwoSessionIds(args, context);
    equal('same session', isDeepStrictEqual(previous, last), false);
  },
  async assertCollectionExists(args, context) {
    equal('collection exists', await hasCollection(args, context), true);
  },
  async assertCollectionNotExists(args, context) {
    equal('collection exists', await hasCollection(args, context), false);
  },
  async assertIndexExists(args, context) {
    equal('index exists', await hasIndex(args, context), true);
  },
  async assertIndexNotExists(args, context) {
    equal('index exists', await hasIndex(args, context), false);
  },
  recordTopologyDescription(args, { entities }) {
    const { topology } = entities.log(textArgument(args, 'client'));
    entities.add(textArgument(args, 'id'), topology);
  },
  assertTopologyType(args, { entities }) {
    const { type } = entities.topology(textArgument(args, 'topologyDescription'));
    if (type !== args['topologyType']) throw new MismatchError(`the topology is ${type}`);
  },
  async waitForPrimaryChange(args, { entities }) {
    const before = entities.topology(textArgument(args, 'priorTopologyDescription')).primary;
    const log = entities.log(textArgument(args, 'client'));
    const limit = args['timeoutMS'] === undefined ? WAIT_MS : numberArgument(args, 'timeoutMS');
    const end = Date.now() + limit;
    while (log.topology.primary === undefined || log.topology.primary === before) {
      if (Date.now() > end) throw new MismatchError('the primary did not change');
      await delay(20);
    }
  },
};

function equal(what: string, actual: unknown, expected: unknown): void {
  if (actual === expected) return;
  throw new MismatchError(`${what}: expected ${String(expected)}, got ${String(actual)}`);
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function isDirty(session: ClientSession): unknown {
  return member(session.serverSession, 'isDirty');
}

function lastTwoSessionIds(args: SpecDocument, { entities }: RunContext): [unknown, unknown] {
  const ids = entities
    .log(textArgument(args, 'client'))
    .observed.filter(({ kind }) => kind === 'commandStartedEvent')
    .slice(-2)
    .map(({ event }) => member(member(event, 'command'), 'lsid'));
  const [previous, last] = ids;
  if (previous === undefined || last === undefined) {
    throw new MismatchError('fewer than two commands with a session were seen');
  }
  return [previous, last];
}

async function hasCollection(args: SpecDocument, { internalClient }: RunContext): Promise<boolean> {
  const name = textArgument(args, 'collectionName');
  const database = internalClient.db(textArgument(args, 'databaseName'));
  return (await database.listCollections({ name }).toArray()).length > 0;
}

/** A missing collection has no index. */
async function hasIndex(args: SpecDocument, context: RunContext): Promise<boolean> {
  if (!(await hasCollection(args, context))) return false;
  const database = context.internalClient.db(textArgument(args, 'databaseName'));
  return database
    .collection(textArgument(args, 'collectionName'))
    .indexExists(textArgument(args, 'indexName'));
}

function parseOperation(value: unknown): SpecOperation {
  const isOperation = (candidate: unknown): candidate is SpecOperation =>
    typeof member(candidate, 'name') === 'string' &&
    typeof member(candidate, 'object') === 'string';
  if (!isOperation(value)) throw new Error('an operation has a name and an object');
  return value;
}

async function runLoop(args: SpecDocument, context: RunContext): Promise<void> {
  const { entities } = context;
  const operations = documentList(args, 'operations').map(parseOperation);
  const lists = ['storeErrorsAsEntity', 'storeFailuresAsEntity'].map((name) =>
    storedList(args[name], entities),
  );
  const errors = lists[0] ?? lists[1];
  const failures = lists[1] ?? lists[0];
  let successes = 0;
  for (let round = 0; round < LOOP_ROUNDS; round += 1) {
    try {
      for (const operation of operations) {
        await context.run(operation);
        successes += 1;
      }
    } catch (error) {
      const isFailure = error instanceof MismatchError || error instanceof RefusedError;
      const list = isFailure ? failures : errors;
      if (list === undefined) throw error;
      list.push({ error: String(error), time: Date.now() / 1000 });
    }
  }
  const store = (name: string, value: number): void => {
    if (args[name] !== undefined) entities.add(textArgument(args, name), value);
  };
  store('storeSuccessesAsEntity', successes);
  store('storeIterationsAsEntity', LOOP_ROUNDS);
}

function storedList(name: unknown, entities: RunContext['entities']): unknown[] | undefined {
  if (typeof name !== 'string') return undefined;
  if (!entities.has(name)) entities.add(name, []);
  const list = entities.value(name);
  const isList = (value: unknown): value is unknown[] => Array.isArray(value);
  if (!isList(list)) throw new Error(`entity ${name} is no list`);
  return list;
}
