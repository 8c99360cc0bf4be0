import { Binary, Long } from 'bson';

import type { Document } from '../engine/engine.ts';
import { assertConcerns } from './assert-concerns.ts';
import type { CommandRequest, CostMeter } from './command.ts';
import { createCostMeter } from './cost-meter.ts';
import { createDeadline } from './deadline.ts';
import { failingReply, failPointWriteConcernError, inducedError } from './failing-reply.ts';
import { openSession, type SessionScope } from './open-session.ts';
import { parseCommand, type ParsedCommand } from './parse-command.ts';
import type { Reply } from './reply.ts';
import type { Client } from './state/client.ts';
import type { FailCommand } from './state/fail-points.ts';
import { abortOpenTransaction } from './state/sessions.ts';
import type { StoreState } from './state/store-state.ts';

/** One request that the wire has taken apart. */
export interface IncomingCommand {
  /** @throws StoreError when the bytes are no valid command. */
  readonly decode: () => Document;
  readonly exhaustAllowed: boolean;
}

/** What the wire does next. */
export interface CommandOutcome {
  readonly reply: Reply;
  /** A fail point wants the socket closed instead of the reply. */
  readonly closeConnection: boolean;
  /** For the counters, which also want the size of the reply. */
  readonly count: (replyBytes: number) => void;
}

/**
 * `$clusterTime` and `operationTime`, as a member of a replica set gossips them; unsigned, as without authentication.
 * A standalone server has neither.
 */
function timesOf({ address, engine }: StoreState): Document {
  if (address.setName === undefined) return {};
  const { now } = engine.journal;
  return {
    $clusterTime: {
      clusterTime: now,
      signature: { hash: new Binary(Buffer.alloc(20)), keyId: Long.ZERO },
    },
    operationTime: now,
  };
}

async function pause(milliseconds: number, until: AbortSignal): Promise<void> {
  if (milliseconds <= 0 || until.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      until.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    until.addEventListener('abort', done);
  });
}

function withWriteConcernError(reply: Reply, error: Document | undefined): Reply {
  if (error === undefined) return reply;
  return { ...reply, document: { ...reply.document, writeConcernError: error } };
}

async function runParsed(
  state: StoreState,
  parsed: ParsedCommand,
  scope: SessionScope,
  request: CommandRequest,
): Promise<Reply> {
  const unmet = assertConcerns(parsed, state, parsed.args.boolean('autocommit') === false);
  const reply = await parsed.command.run(request, state);
  if (scope.session !== undefined && scope.transaction !== undefined) {
    // MongoDB ends a transaction at its first failed statement, also when the reply itself is ok.
    if (reply.document['writeErrors'] !== undefined) abortOpenTransaction(scope.session);
  }
  return withWriteConcernError(reply, unmet);
}

interface Execution {
  readonly state: StoreState;
  readonly client: Client;
  readonly cost: CostMeter;
  readonly exhaustAllowed: boolean;
}

async function execute(
  { state, client, cost, exhaustAllowed }: Execution,
  parsed: ParsedCommand,
): Promise<Reply> {
  const { args, body } = parsed;
  // The engine's clock stops with the limit even while the command waits for its turn.
  const deadline = createDeadline(args.count('maxTimeMS'));
  const scope = openSession(state, args, body, parsed);
  const request: CommandRequest = {
    ...scope,
    name: parsed.name,
    database: parsed.database,
    target: parsed.target,
    body,
    args,
    client,
    deadline,
    cost,
    exhaustAllowed,
  };
  try {
    return await runParsed(state, parsed, scope, request);
  } catch (error) {
    if (scope.session !== undefined && scope.transaction !== undefined) {
      abortOpenTransaction(scope.session);
    }
    throw error;
  }
}

/**
 * Runs one command and answers it; every failure is a reply, never a throw.
 *
 * Order: decode, name, fields, stable API, fail point, session and transaction, concerns, the command itself.
 */
export async function runCommand(
  state: StoreState,
  client: Client,
  incoming: IncomingCommand,
): Promise<CommandOutcome> {
  const cost = createCostMeter();
  let parsed: ParsedCommand | undefined;
  let fail: FailCommand | undefined;
  let reply: Reply;
  try {
    parsed = parseCommand(incoming.decode());
    fail = state.failPoints.hit(parsed.name, client.appName);
    if (fail !== undefined) await pause(fail.blockMs, client.closed);
    if (fail?.errorCode !== undefined) throw inducedError(fail, fail.errorCode);
    reply =
      fail?.closeConnection === true
        ? { document: {} }
        : await execute({ state, client, cost, exhaustAllowed: incoming.exhaustAllowed }, parsed);
  } catch (error) {
    reply = failingReply(state, error, parsed, fail);
  }
  const { ok = 1, ...content } = reply.document;
  const document = {
    ...content,
    ...failPointWriteConcernError(fail),
    ok,
    ...timesOf(state),
  };
  return {
    reply: { ...reply, document },
    closeConnection: fail?.closeConnection === true,
    count(replyBytes) {
      if (parsed === undefined) return;
      state.counters.add(client.appName, {
        command: parsed.name,
        isWork: parsed.command.kind === 'work',
        documentsReturned: reply.returned ?? reply.page?.documents.length ?? 0,
        documentsExamined: cost.documentsExamined,
        keysExamined: cost.keysExamined,
        replyBytes,
      });
    },
  };
}
