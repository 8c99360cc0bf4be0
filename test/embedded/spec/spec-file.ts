import { BSON, Double, Int32 } from 'mongodb';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A decoded document of a test file; values are what Extended JSON gives. */
export type SpecDocument = Record<string, unknown>;

/** When a file or a test may run. All keys of one requirement must hold; one requirement of a list is enough. */
export interface RunOnRequirement {
  readonly minServerVersion?: string;
  readonly maxServerVersion?: string;
  readonly topologies?: readonly string[];
  readonly serverless?: 'require' | 'forbid' | 'allow';
  readonly serverParameters?: SpecDocument;
  readonly auth?: boolean;
  readonly authMechanism?: string;
  readonly csfle?: boolean | SpecDocument;
}

/** The contents of one collection: put there before a test, or expected after it. */
export interface CollectionData {
  readonly databaseName: string;
  readonly collectionName: string;
  readonly createOptions?: SpecDocument;
  readonly documents: readonly SpecDocument[];
}

/** What is asserted of the error that an operation must end with. */
export interface ExpectedError {
  readonly isError?: boolean;
  readonly isClientError?: boolean;
  readonly isTimeoutError?: boolean;
  readonly errorContains?: string;
  readonly errorCode?: number;
  readonly errorCodeName?: string;
  readonly errorLabelsContain?: readonly string[];
  readonly errorLabelsOmit?: readonly string[];
  readonly writeErrors?: SpecDocument;
  readonly writeConcernErrors?: readonly SpecDocument[];
  readonly errorResponse?: SpecDocument;
  readonly expectResult?: unknown;
}

/** One step of a test: a method of an entity, or a special operation of the `testRunner`. */
export interface SpecOperation {
  readonly name: string;
  readonly object: string;
  readonly arguments?: SpecDocument;
  readonly ignoreResultAndError?: boolean;
  readonly expectError?: ExpectedError;
  readonly expectResult?: unknown;
  readonly saveResultAsEntity?: string;
}

/** The events that one client must have published, in order. */
export interface ExpectedEvents {
  readonly client: string;
  readonly eventType?: 'command' | 'cmap' | 'sdam';
  readonly events: readonly SpecDocument[];
  readonly ignoreExtraEvents?: boolean;
}

/** One case of a test file. */
export interface SpecTest {
  readonly description: string;
  readonly runOnRequirements?: readonly RunOnRequirement[];
  readonly skipReason?: string;
  readonly operations: readonly SpecOperation[];
  readonly expectEvents?: readonly ExpectedEvents[];
  readonly expectLogMessages?: readonly SpecDocument[];
  readonly outcome?: readonly CollectionData[];
}

/** A file of the unified test format, and where it was found (`crud/find.json`). */
export interface SpecFile {
  readonly path: string;
  readonly schemaVersion: string;
  readonly runOnRequirements: readonly RunOnRequirement[];
  readonly createEntities: readonly SpecDocument[];
  readonly initialData: readonly CollectionData[];
  readonly tests: readonly SpecTest[];
}

/**
 * Reads every `*.json` test file below a folder, at any depth, sorted by path.
 *
 * A file without `schemaVersion` and `tests` is not of this format and is left out.
 */
export function readSpecFiles(folder: string): readonly SpecFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .sort()
    .flatMap((path) => parseSpecFile(path, readFileSync(join(folder, path), 'utf8')));
}

/**
 * Decodes one file, or nothing when it is of another format.
 *
 * Integers of 32 bits and fractions become numbers; a `$numberLong` stays a Long and a `$numberDouble`
 * without fraction stays a Double, so that the driver sends the type that the file asks for.
 */
export function parseSpecFile(path: string, text: string): readonly SpecFile[] {
  const parsed: unknown = plainNumbers(BSON.EJSON.parse(text, { relaxed: false }));
  if (!isSpecFile(parsed)) return [];
  return [
    {
      path,
      schemaVersion: parsed.schemaVersion,
      runOnRequirements: parsed.runOnRequirements ?? [],
      createEntities: parsed.createEntities ?? [],
      initialData: parsed.initialData ?? [],
      tests: parsed.tests,
    },
  ];
}

type ParsedFile = Pick<SpecFile, 'schemaVersion' | 'tests'> & Partial<SpecFile>;

function isSpecFile(parsed: unknown): parsed is ParsedFile {
  if (typeof parsed !== 'object' || parsed === null) return false;
  return (
    'schemaVersion' in parsed &&
    typeof parsed.schemaVersion === 'string' &&
    'tests' in parsed &&
    Array.isArray(parsed.tests)
  );
}

function plainNumbers(value: unknown): unknown {
  if (value instanceof Int32) return value.value;
  if (value instanceof Double) return Number.isInteger(value.value) ? value : value.value;
  if (Array.isArray(value)) return value.map(plainNumbers);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainNumbers(item)]));
}
