import { Binary, Long } from 'bson';

import type { Document, ReadCost } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { argumentsOf, type Arguments, numberFrom } from './arguments.ts';
import type { Command, CommandRequest, CostMeter } from './command.ts';
import { assertReadConcern, unmetWriteConcern } from './concerns.ts';
import { createDeadline } from './deadline.ts';
import { codeNameOf, errorDocument, labelsOf, storeErrorFrom } from './error-reply.ts';
import { findCommand } from './find-command.ts';
import { openSession, type SessionScope } from './open-session.ts';
import type { Reply } from './reply.ts';
import {
  assertStandaloneReadConcern,
  assertStandaloneWriteConcern,
} from './standalone-concerns.ts';
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

/** Fields that any command may carry. */
const GENERIC_FIELDS: readonly string[] = [
  '$db',
  '$clusterTime',
  '$readPreference',
  'lsid',
  'txnNumber',
  'startTransaction',
  'autocommit',
  'stmtId',
  'readConcern',
  'writeConcern',
  'maxTimeMS',
  'comment',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
];

const allowedFields = new WeakMap<Command, ReadonlySet<string>>();

function assertFields(args: Arguments, spelling: string, command: Command): void {
  if (command.anyFields === true) return;
  let fields = allowedFields.get(command);
  if (fields === undefined) {
    fields = new Set([...GENERIC_FIELDS, ...command.fields]);
    allowedFields.set(command, fields);
  }
  args.onlyFields(fields.has(spelling) ? fields : new Set([...fields, spelling]));
}

function assertApiVersion(args: Arguments, name: string, command: Command): void {
  const version = args.string('apiVersion');
  const isStrict = args.boolean('apiStrict') ?? false;
  args.boolean('apiDeprecationErrors');
  if (version === undefined) {
    if (!isStrict) return;
    throw new StoreError('InvalidOptions', 'Provided apiStrict without passing apiVersion', {
      code: 4886600,
    });
  }
  if (version !== '1') {
    throw new StoreError('APIVersionError', "API version must be '1'");
  }
  if (isStrict && command.stable !== true) {
    throw new StoreError(
      'APIStrictError',
      `Provided apiStrict:true, but the command ${name} is not in API Version 1`,
    );
  }
}

function createCostMeter(): CostMeter {
  const sum = { keysExamined: 0, documentsExamined: 0 };
  return {
    add(cost: ReadCost) {
      sum.keysExamined += cost.keysExamined;
      sum.documentsExamined += cost.documentsExamined;
    },
    get keysExamined() {
      return sum.keysExamined;
    },
    get documentsExamined() {
      return sum.documentsExamined;
    },
  };
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

interface ParsedCommand {
  readonly name: string;
  readonly command: Command;
  readonly database: string;
  readonly body: Document;
  readonly args: Arguments;
  readonly target: unknown;
}

function parseCommand(body: Document): ParsedCommand {
  const spelling = Object.keys(body)[0];
  const database = body['$db'];
  if (spelling === undefined || typeof database !== 'string') {
    throw new StoreError('BadValue', 'OP_MSG requests require a $db argument', { code: 40571 });
  }
  const { name, command } = findCommand(spelling);
  const args = argumentsOf(name, body);
  assertFields(args, spelling, command);
  assertApiVersion(args, name, command);
  return { name, command, database, body, args, target: body[spelling] };
}

function assertConcerns(
  parsed: ParsedCommand,
  { address }: StoreState,
  isInTransaction: boolean,
): Document | undefined {
  const { args, command, name } = parsed;
  const isStandalone = address.setName === undefined;
  const readConcern = args.document('readConcern');
  if (isStandalone) assertStandaloneReadConcern(readConcern);
  assertReadConcern(readConcern, isInTransaction);
  const concern = args.document('writeConcern');
  const endsTransaction = name === 'commitTransaction' || name === 'abortTransaction';
  if (concern !== undefined && isInTransaction && !endsTransaction) {
    throw new StoreError(
      'InvalidOptions',
      'writeConcern is not allowed within a multi-statement transaction',
    );
  }
  if (command.writes !== true) return undefined;
  if (isStandalone) assertStandaloneWriteConcern(concern);
  return unmetWriteConcern(concern);
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

function failPointWriteConcernError(fail: FailCommand | undefined): Document {
  if (fail?.writeConcernError === undefined) return {};
  return {
    writeConcernError: fail.writeConcernError,
    ...(fail.errorLabels === undefined ? {} : { errorLabels: fail.errorLabels }),
  };
}

function inducedError(fail: FailCommand, code: number): StoreError {
  return new StoreError('InternalError', "Failing command via 'failCommand' failpoint", {
    code,
    info: { codeName: codeNameOf(code) },
    ...(fail.errorLabels === undefined ? {} : { labels: fail.errorLabels }),
  });
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

function isStreamRead(state: StoreState, { name, target }: ParsedCommand): boolean {
  if (name !== 'getMore' || numberFrom(target) === undefined) return false;
  return state.cursors.find(BigInt(String(target)))?.isChangeStream === true;
}

function labelsFor(
  state: StoreState,
  error: StoreError,
  parsed: ParsedCommand | undefined,
  fail?: FailCommand,
): readonly string[] {
  if (fail?.errorLabels !== undefined) return fail.errorLabels;
  if (parsed === undefined) return error.labels;
  const induced = labelsOf(error.code, {
    isRetryableWrite: parsed.command.retryable === true && parsed.body['txnNumber'] !== undefined,
    isInTransaction: parsed.body['autocommit'] === false,
    isCommitOrAbort: parsed.name === 'commitTransaction' || parsed.name === 'abortTransaction',
    isChangeStream: isStreamRead(state, parsed),
  });
  return [...new Set([...error.labels, ...induced])];
}

function failingReply(
  state: StoreState,
  thrown: unknown,
  parsed: ParsedCommand | undefined,
  fail?: FailCommand,
): Reply {
  const error = storeErrorFrom(thrown);
  if (error.code === 1) {
    const cause = thrown instanceof Error ? (thrown.stack ?? thrown.message) : error.message;
    state.log({ level: 'error', message: `${parsed?.name ?? 'a command'} failed: ${cause}` });
  }
  return { document: errorDocument(error, labelsFor(state, error, parsed, fail)) };
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
