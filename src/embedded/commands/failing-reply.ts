import type { Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { numberFrom } from './arguments.ts';
import { codeNameOf, errorDocument, labelsOf, storeErrorFrom } from './error-reply.ts';
import type { ParsedCommand } from './parse-command.ts';
import type { Reply } from './reply.ts';
import type { FailCommand } from './state/fail-points.ts';
import type { StoreState } from './state/store-state.ts';

/** What a fail point adds to a reply that is otherwise as it would be. */
export function failPointWriteConcernError(fail: FailCommand | undefined): Document {
  if (fail?.writeConcernError === undefined) return {};
  return {
    writeConcernError: fail.writeConcernError,
    ...(fail.errorLabels === undefined ? {} : { errorLabels: fail.errorLabels }),
  };
}

/** The error that a fail point wants in place of the command. */
export function inducedError(fail: FailCommand, code: number): StoreError {
  return new StoreError('InternalError', "Failing command via 'failCommand' failpoint", {
    code,
    info: { codeName: codeNameOf(code) },
    ...(fail.errorLabels === undefined ? {} : { labels: fail.errorLabels }),
  });
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

/** The reply to a command that failed; a bug is also logged, with its stack. */
export function failingReply(
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
