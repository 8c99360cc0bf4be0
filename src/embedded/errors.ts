/** MongoDB's error codes as this store answers them. Names are the server's own. */
export const STORE_ERRORS = {
  InternalError: 1,
  BadValue: 2,
  NoSuchKey: 4,
  GraphContainsCycle: 5,
  HostUnreachable: 6,
  FailedToParse: 9,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  IllegalOperation: 20,
  InvalidBSON: 22,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NoMatchingDocument: 47,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  InvalidIdField: 53,
  NotSingleValueField: 54,
  InvalidDBRef: 55,
  EmptyFieldName: 56,
  DottedFieldName: 57,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  UnknownReplWriteConcern: 79,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  NetworkTimeout: 89,
  ShutdownInProgress: 91,
  OperationFailed: 96,
  UnsatisfiableWriteConcern: 100,
  WriteConflict: 112,
  CommandNotSupported: 115,
  ConflictingOperationInProgress: 117,
  DocumentValidationFailure: 121,
  CommandNotSupportedOnView: 166,
  OptionNotSupportedOnView: 167,
  InvalidPipelineOperator: 168,
  InvalidIndexSpecificationOption: 197,
  CursorKilled: 237,
  NotImplemented: 238,
  FailPointSetFailed: 249,
  NotAReplicaSet: 123,
  NoReplicationEnabled: 76,
  NoQueryExecutionPlans: 291,
  APIVersionError: 322,
  APIStrictError: 323,
  UnsupportedOpQueryCommand: 352,
  QueryFeatureNotAllowed: 224,
  TransactionTooOld: 225,
  NoSuchTransaction: 251,
  TransactionCommitted: 256,
  TransactionTooLarge: 257,
  UnknownFeatureCompatibilityVersion: 258,
  InvalidResumeToken: 260,
  OperationNotSupportedInTransaction: 263,
  CannotImplicitlyCreateCollection: 227,
  InvalidUUID: 207,
  ChangeStreamFatalError: 280,
  ChangeStreamHistoryLost: 286,
  CannotConvertIndexToUnique: 359,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
  InterruptedAtShutdown: 11600,
  Interrupted: 11601,
  NotWritablePrimary: 10107,
  CursorInUse: 12051,
  UnknownOperatorOrField: 40415,
  UnknownStage: 40324,
} as const;

export type StoreErrorName = keyof typeof STORE_ERRORS;

export interface StoreErrorDetails {
  /** Error labels of the reply, e.g. `TransientTransactionError`. */
  readonly labels?: readonly string[];
  /** Further keys of the reply or write error, e.g. `keyPattern`, `keyValue`, `errInfo`. */
  readonly info?: Readonly<Record<string, unknown>>;
  /** A location code of MongoDB that has no name, e.g. 31254; replaces the name's number. */
  readonly code?: number;
}

/** Every failure the store reports to a client. Anything else thrown is a bug, answered as InternalError. */
export class StoreError extends Error {
  readonly codeName: string;
  readonly code: number;
  readonly labels: readonly string[];
  readonly info: Readonly<Record<string, unknown>>;

  constructor(name: StoreErrorName, message: string, details: StoreErrorDetails = {}) {
    super(message);
    this.name = 'StoreError';
    this.code = details.code ?? STORE_ERRORS[name];
    this.codeName = details.code === undefined ? name : `Location${details.code}`;
    this.labels = details.labels ?? [];
    this.info = details.info ?? {};
  }
}
