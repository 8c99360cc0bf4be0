/** What Parse's number means over HTTP, and whether its message may be shown to a client as it is. */
interface ErrorRow {
  readonly parseCode: number;
  readonly httpStatus: number;
}

/**
 * Every failure the gateway reports on purpose, with Parse's number for it.
 * @see https://docs.parseplatform.org/rest/guide/#error-codes
 */
export const ERROR_CODES = {
  OtherCause: { parseCode: -1, httpStatus: 400 },
  InternalServerError: { parseCode: 1, httpStatus: 500 },
  ServiceUnavailable: { parseCode: 2, httpStatus: 503 },
  ConnectionFailed: { parseCode: 100, httpStatus: 429 },
  ObjectNotFound: { parseCode: 101, httpStatus: 404 },
  InvalidQuery: { parseCode: 102, httpStatus: 400 },
  InvalidClassName: { parseCode: 103, httpStatus: 400 },
  MissingObjectId: { parseCode: 104, httpStatus: 400 },
  InvalidKeyName: { parseCode: 105, httpStatus: 400 },
  InvalidPointer: { parseCode: 106, httpStatus: 400 },
  InvalidJson: { parseCode: 107, httpStatus: 400 },
  CommandUnavailable: { parseCode: 108, httpStatus: 400 },
  IncorrectType: { parseCode: 111, httpStatus: 400 },
  PushMisconfigured: { parseCode: 115, httpStatus: 400 },
  ObjectTooLarge: { parseCode: 116, httpStatus: 400 },
  OperationForbidden: { parseCode: 119, httpStatus: 400 },
  InvalidNestedKey: { parseCode: 121, httpStatus: 400 },
  InvalidFileName: { parseCode: 122, httpStatus: 400 },
  InvalidAcl: { parseCode: 123, httpStatus: 400 },
  Timeout: { parseCode: 124, httpStatus: 503 },
  InvalidEmailAddress: { parseCode: 125, httpStatus: 400 },
  FileSaveError: { parseCode: 130, httpStatus: 400 },
  AmbiguousInstallation: { parseCode: 132, httpStatus: 400 },
  MissingRequiredField: { parseCode: 135, httpStatus: 400 },
  ImmutableField: { parseCode: 136, httpStatus: 400 },
  DuplicateValue: { parseCode: 137, httpStatus: 400 },
  ScriptFailed: { parseCode: 141, httpStatus: 400 },
  ValidationError: { parseCode: 142, httpStatus: 400 },
  FileDeleteError: { parseCode: 153, httpStatus: 400 },
  RequestLimitExceeded: { parseCode: 155, httpStatus: 429 },
  DuplicateRequest: { parseCode: 159, httpStatus: 400 },
  InvalidValue: { parseCode: 162, httpStatus: 400 },
  UsernameMissing: { parseCode: 200, httpStatus: 400 },
  PasswordMissing: { parseCode: 201, httpStatus: 400 },
  UsernameTaken: { parseCode: 202, httpStatus: 400 },
  EmailTaken: { parseCode: 203, httpStatus: 400 },
  EmailMissing: { parseCode: 204, httpStatus: 400 },
  EmailNotFound: { parseCode: 205, httpStatus: 400 },
  SessionMissing: { parseCode: 206, httpStatus: 400 },
  AccountAlreadyLinked: { parseCode: 208, httpStatus: 400 },
  InvalidSessionToken: { parseCode: 209, httpStatus: 400 },
  UnsupportedService: { parseCode: 252, httpStatus: 400 },
  SchemaMismatch: { parseCode: 255, httpStatus: 400 },
  // Parse has no conditional writes, and so no number for this; its own end far below.
  Conflict: { parseCode: 409, httpStatus: 409 },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * A failure a client may be told about: its message and Parse's number are part of the answer.
 *
 * Everything else that is thrown is a bug or a broken database: it is logged with its cause and
 * answered as `InternalServerError` (1) or `ServiceUnavailable` (2) with a fixed text.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'GatewayError';
    this.code = code;
  }

  /** Parse's number, e.g. 101. */
  get parseCode(): number {
    return ERROR_CODES[this.code].parseCode;
  }

  /** The status Parse Server's REST API would answer with. */
  get httpStatus(): number {
    return ERROR_CODES[this.code].httpStatus;
  }
}

/** A unique index refused a value; `column` is the first column of that index, where the database says which. */
export class DuplicateValueError extends GatewayError {
  readonly column: string | undefined;

  constructor(column: string | undefined, options?: { readonly cause?: unknown }) {
    const where = column === undefined ? 'a field with unique values' : column;
    super('DuplicateValue', `A duplicate value for ${where} was provided`, options);
    this.name = 'DuplicateValueError';
    this.column = column;
  }
}

/** The one text for "you may not": it says nothing about what exists. */
export function permissionDenied(): GatewayError {
  return new GatewayError('OperationForbidden', 'Permission denied');
}

/** The one text for "not there, or not yours to see". */
export function objectNotFound(): GatewayError {
  return new GatewayError('ObjectNotFound', 'Object not found.');
}

/** An object that is there and may be written, but is not as the writer has demanded. */
export function conflict(): GatewayError {
  return new GatewayError('Conflict', 'The object is not as the condition of this write demands.');
}

/** Closes a switch over a union: reaching it is a bug, and forgetting a member fails to compile. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
