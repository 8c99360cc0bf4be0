import { Long, ObjectId } from 'bson';

import type { Document } from '../engine/engine.ts';
import { LIMITS } from '../limits.ts';
import { isDocument, numberFrom } from './arguments.ts';
import { answer, type Command, type CommandFamily, type CommandRequest } from './command.ts';
import type { Reply } from './reply.ts';
import type { StoreState } from './state/store-state.ts';

/** The newest wire protocol version whose commands this store answers: MongoDB 7.0's. */
export const MAX_WIRE_VERSION = 21;

/** The one term this single member was ever elected in. */
export const ELECTION_ID = new ObjectId('7fffffff0000000000000001');

const addressText = (state: StoreState) => `${state.address.host}:${state.address.port}`;

/** A single member's topology never changes while it runs. */
const topologyVersionOf = (state: StoreState): Document => ({
  processId: state.processId,
  counter: Long.ZERO,
});

/** What a member of a replica set says of the set and of itself; nothing when the store is standalone. */
function describeMember(state: StoreState): Document {
  const { setName } = state.address;
  if (setName === undefined) return {};
  const me = addressText(state);
  return {
    hosts: [me],
    setName,
    setVersion: 1,
    secondary: false,
    primary: me,
    me,
    electionId: ELECTION_ID,
    lastWrite: {
      opTime: { ts: state.engine.journal.now, t: Long.ONE },
      lastWriteDate: new Date(state.engine.journal.now.t * 1000),
      majorityOpTime: { ts: state.engine.journal.now, t: Long.ONE },
      majorityWriteDate: new Date(state.engine.journal.now.t * 1000),
    },
  };
}

function describe(request: CommandRequest, state: StoreState): Document {
  return {
    helloOk: true,
    ...(request.name === 'hello' ? { isWritablePrimary: true } : { ismaster: true }),
    topologyVersion: topologyVersionOf(state),
    ...describeMember(state),
    maxBsonObjectSize: LIMITS.documentBytes,
    maxMessageSizeBytes: LIMITS.messageBytes,
    maxWriteBatchSize: LIMITS.writeBatchSize,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: request.client.id,
    minWireVersion: 0,
    maxWireVersion: MAX_WIRE_VERSION,
    readOnly: false,
  };
}

function rememberAppName(request: CommandRequest): void {
  const client = request.args.document('client');
  const application = client?.['application'];
  if (!isDocument(application)) return;
  const name = application['name'];
  if (typeof name === 'string') request.client.appName = name;
}

/** How long the client is ready to wait for a change of the topology; undefined when it does not wait. */
function awaitMsOf(request: CommandRequest, state: StoreState): number | undefined {
  const version = request.args.document('topologyVersion');
  const maxAwaitMs = request.args.count('maxAwaitTimeMS');
  const processId = version?.['processId'];
  if (maxAwaitMs === undefined || !(processId instanceof ObjectId)) return undefined;
  const isCurrent = processId.equals(state.processId) && numberFrom(version?.['counter']) === 0;
  return isCurrent ? maxAwaitMs : undefined;
}

async function waitOrClose(milliseconds: number, closed: AbortSignal): Promise<void> {
  if (closed.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      closed.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    timer.unref();
    closed.addEventListener('abort', done);
  });
}

async function runHello(request: CommandRequest, state: StoreState): Promise<Reply> {
  rememberAppName(request);
  const awaitMs = awaitMsOf(request, state);
  if (awaitMs !== undefined) await waitOrClose(awaitMs, request.client.closed);
  const again = request.exhaustAllowed && request.args.value('maxAwaitTimeMS') !== undefined;
  return { ...answer(describe(request, state)), again };
}

const hello: Command = {
  kind: 'upkeep',
  stable: true,
  fields: [
    'helloOk',
    'client',
    'compression',
    'saslSupportedMechs',
    'speculativeAuthenticate',
    'topologyVersion',
    'maxAwaitTimeMS',
    'loadBalanced',
    'backpressure',
    'forShell',
    'hostInfo',
    'internalClient',
  ],
  inTransaction: false,
  run: runHello,
};

/**
 * `hello` and its old name: this store is the writable primary of a replica set of one, or a standalone server.
 *
 * A client that names the topology it knows waits for a change, which never comes, until `maxAwaitTimeMS` ends.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/hello/
 */
export const helloCommands: CommandFamily = { hello, isMaster: hello };
