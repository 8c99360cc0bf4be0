import {
  MongoBulkWriteError,
  MongoClientBulkWriteError,
  MongoError,
  MongoOperationTimeoutError,
  MongoServerError,
  type Document,
} from 'mongodb';
import { STORE_ERRORS } from '../../../src/embedded/errors.ts';
import { isPlainDocument } from './bson-types.ts';
import { MismatchError } from './failures.ts';
import { assertMatches, type EntitySource } from './matching.ts';
import { resultDocument } from './result-document.ts';
import type { ExpectedError } from './spec-file.ts';

/**
 * Asserts everything that is expected of an error. Bulk writes gather several server errors; any of them may match.
 *
 * @throws MismatchError naming the first assertion that does not hold.
 */
export function assertError(expected: ExpectedError, error: unknown, entities: EntitySource): void {
  if (!(error instanceof Error)) throw new MismatchError('no error was raised');
  assertOrigin(expected, error);
  assertServerCode(expected, error);
  assertLabels(expected, error);
  const { errorContains, errorResponse, expectResult } = expected;
  if (errorContains !== undefined) assertMessage(errorContains, error);
  if (errorResponse !== undefined) assertResponse(errorResponse, error, entities);
  if (expectResult !== undefined) assertMatches(expectResult, partialResult(error), entities);
  assertBulkErrors(expected, error, entities);
}

function assertOrigin(expected: ExpectedError, error: Error): void {
  const isClientError = !(error instanceof MongoServerError) || isWrappedClientError(error);
  if (expected.isClientError !== undefined && expected.isClientError !== isClientError) {
    const wanted = expected.isClientError ? 'an error of the driver' : 'an error of the server';
    throw new MismatchError(`expected ${wanted}, got ${describeError(error)}`);
  }
  const isTimeout = [error, error.cause].some((one) => one instanceof MongoOperationTimeoutError);
  if (expected.isTimeoutError !== undefined && expected.isTimeoutError !== isTimeout) {
    throw new MismatchError(`timeout ${isTimeout ? 'not ' : ''}expected: ${describeError(error)}`);
  }
}

/** A client bulk write error is a server error by class even when the server never answered. */
function isWrappedClientError(error: MongoServerError): boolean {
  return (
    error instanceof MongoClientBulkWriteError &&
    error.cause !== undefined &&
    !(error.cause instanceof MongoServerError)
  );
}

function assertServerCode(expected: ExpectedError, error: Error): void {
  const parts = serverParts(error);
  const { errorCode, errorCodeName } = expected;
  if (errorCode !== undefined && !parts.some((part) => part['code'] === errorCode)) {
    throw new MismatchError(`expected error code ${errorCode}, got ${describeError(error)}`);
  }
  if (errorCodeName === undefined) return;
  const wanted = errorCodeName.toLowerCase();
  const named = Object.entries(STORE_ERRORS).find(([name]) => name.toLowerCase() === wanted);
  const matches = parts.some(
    ({ code, codeName }) =>
      (typeof codeName === 'string' && codeName.toLowerCase() === wanted) ||
      (codeName === undefined && named !== undefined && named[1] === code),
  );
  if (!matches) throw new MismatchError(`expected ${errorCodeName}, got ${describeError(error)}`);
}

function assertLabels(expected: ExpectedError, error: Error): void {
  const hasLabel = (label: string): boolean =>
    [error, error.cause].some((one) => one instanceof MongoError && one.hasErrorLabel(label));
  for (const label of expected.errorLabelsContain ?? []) {
    if (!hasLabel(label)) {
      throw new MismatchError(`the error lacks the label ${label}: ${describeError(error)}`);
    }
  }
  for (const label of expected.errorLabelsOmit ?? []) {
    if (hasLabel(label)) {
      throw new MismatchError(`the error has the label ${label}: ${describeError(error)}`);
    }
  }
}

function assertMessage(text: string, error: Error): void {
  const messages = [error.message, ...serverParts(error).map((part) => String(part['errmsg']))];
  const wanted = text.toLowerCase();
  if (!messages.some((message) => message.toLowerCase().includes(wanted))) {
    throw new MismatchError(`expected "${text}" in the message: ${describeError(error)}`);
  }
}

function assertResponse(expected: Document, error: Error, entities: EntitySource): void {
  const reasons = serverParts(error).map((part) => mismatch(expected, part, entities));
  if (reasons.includes(undefined)) return;
  throw new MismatchError(reasons[0] ?? `no server response: ${describeError(error)}`);
}

function mismatch(
  expected: Document,
  actual: Document,
  entities: EntitySource,
): string | undefined {
  try {
    assertMatches(expected, actual, entities);
    return undefined;
  } catch (error) {
    if (error instanceof MismatchError) return error.message;
    throw error;
  }
}

function assertBulkErrors(expected: ExpectedError, error: Error, entities: EntitySource): void {
  if (!(error instanceof MongoClientBulkWriteError)) return;
  if (expected.writeErrors !== undefined) {
    const actual = Object.fromEntries(error.writeErrors);
    assertMatches(Object.keys(expected.writeErrors).sort(), Object.keys(actual).sort(), entities);
    for (const [index, writeError] of Object.entries(expected.writeErrors)) {
      assertMatches(writeError, actual[index], entities);
    }
  }
  if (expected.writeConcernErrors !== undefined) {
    const actual = error.writeConcernErrors;
    assertMatches(expected.writeConcernErrors.length, actual.length, entities);
    expected.writeConcernErrors.forEach((wanted, index) => {
      assertMatches(wanted, actual[index], entities);
    });
  }
}

/** Every server answer in an error: its own response and properties, and those of gathered write errors. */
function serverParts(error: Error): readonly Document[] {
  const own =
    error instanceof MongoServerError
      ? [error.errorResponse, Object.fromEntries(Object.entries(error))]
      : [];
  const gathered = error instanceof MongoBulkWriteError ? bulkParts(error) : [];
  const cause = error.cause instanceof Error ? serverParts(error.cause) : [];
  return [...own, ...gathered, ...cause].filter((part) => isPlainDocument(part));
}

function bulkParts(error: MongoBulkWriteError): readonly Document[] {
  const writeErrors = [error.writeErrors].flat();
  const concern = error.result.getWriteConcernError();
  return [
    ...writeErrors.map(({ code, errmsg, errInfo }) => ({
      code,
      errmsg,
      ...(errInfo !== undefined && { errInfo }),
    })),
    ...(concern === undefined ? [] : [{ code: concern.code, errmsg: concern.errmsg }]),
  ];
}

function partialResult(error: Error): unknown {
  if (error instanceof MongoBulkWriteError) return resultDocument(error.result);
  if (error instanceof MongoClientBulkWriteError) return resultDocument(error.partialResult);
  return undefined;
}

function describeError(error: Error): string {
  const code: unknown = Reflect.get(error, 'code');
  return `${error.name}${typeof code === 'number' ? ` ${code}` : ''}: ${error.message}`;
}
