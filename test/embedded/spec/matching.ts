import { BSON } from 'mongodb';
import {
  hasBsonType,
  isPlainDocument,
  numericValue,
  scalarsEqual,
  showValue,
} from './bson-types.ts';
import { MismatchError } from './failures.ts';

/** Where values that an expectation names are found: the entities of the running test. */
export interface EntitySource {
  /** @throws Error when no entity has that name. */
  value(name: string): unknown;
  /** The logical session id of a session entity. @throws Error when it is no session. */
  sessionId(name: string): unknown;
}

/** How one expected value is compared. */
interface Matching {
  readonly entities: EntitySource;
  /** Dotted path of the value, for messages. */
  readonly path: string;
  /** A root document may hold keys that are not expected. */
  readonly isRoot: boolean;
}

type Operator = (operand: unknown, actual: unknown, matching: Matching) => void;

/**
 * The special operators; each throws a MismatchError when its assertion does not hold.
 * `actual` is undefined where the key is missing.
 */
const OPERATORS: Readonly<Record<string, Operator>> = {
  $$exists(operand, actual, { path }) {
    if ((actual !== undefined) !== operand) {
      fail(path, operand === true ? 'a value' : 'no value', actual);
    }
  },
  $$type(operand, actual, { path }) {
    const names = Array.isArray(operand) ? operand.map(String) : [String(operand)];
    const matches = actual !== undefined && names.some((name) => hasBsonType(actual, name));
    if (!matches) fail(path, `a value of type ${names.join(' or ')}`, actual);
  },
  $$matchesEntity(operand, actual, matching) {
    match(matching.entities.value(String(operand)), actual, matching);
  },
  $$matchesHexBytes(operand, actual, { path }) {
    const expected = String(operand).toLowerCase();
    const bytes = actual instanceof Uint8Array ? Buffer.from(actual).toString('hex') : undefined;
    if (bytes !== expected) fail(path, `bytes ${expected}`, bytes ?? actual);
  },
  $$unsetOrMatches(operand, actual, matching) {
    // The driver answers null where other drivers leave a result key out.
    if (actual !== undefined && actual !== null) match(operand, actual, matching);
  },
  $$sessionLsid(operand, actual, matching) {
    match(matching.entities.sessionId(String(operand)), actual, { ...matching, isRoot: false });
  },
  $$lte(operand, actual, { path }) {
    const [limit, value] = [numericValue(operand), numericValue(actual)];
    if (limit === undefined || value === undefined || value > limit) {
      fail(path, `at most ${showValue(operand)}`, actual);
    }
  },
  $$matchAsRoot(operand, actual, matching) {
    match(operand, actual, { ...matching, isRoot: true });
  },
  $$matchAsDocument(operand, actual, matching) {
    if (typeof actual !== 'string') return fail(matching.path, 'Extended JSON text', actual);
    match(operand, BSON.EJSON.parse(actual), { ...matching, isRoot: false });
  },
};

/**
 * Asserts that a value is what a test file expects.
 *
 * Key order does not matter; numbers compare by value; a document may hold unexpected keys only where it is a root.
 *
 * @throws MismatchError naming the first path that differs.
 */
export function assertMatches(
  expected: unknown,
  actual: unknown,
  entities: EntitySource,
  kind: 'root' | 'nested' = 'root',
): void {
  match(expected, actual, { entities, path: '', isRoot: kind === 'root' });
}

/** As `assertMatches` for the documents of a cursor: as many as expected, each one a root. */
export function assertDocumentsMatch(
  expected: readonly unknown[],
  actual: unknown,
  entities: EntitySource,
): void {
  const documents = arrayOf(expected, actual, '');
  expected.forEach((document, index) => {
    match(document, documents[index], { entities, path: `[${index}]`, isRoot: true });
  });
}

function match(expected: unknown, given: unknown, matching: Matching): void {
  // The driver sends sorts as maps, to keep the order of keys that look like numbers.
  const actual: unknown = given instanceof Map ? Object.fromEntries(given) : given;
  if (isPlainDocument(expected)) {
    const operator = specialOperator(expected);
    if (operator) {
      operator.assert(operator.operand, actual, matching);
      return;
    }
    matchDocument(expected, actual, matching);
  } else if (Array.isArray(expected)) {
    const items = arrayOf(expected, actual, matching.path);
    expected.forEach((item, index) => {
      match(item, items[index], { ...matching, path: `${matching.path}[${index}]`, isRoot: false });
    });
  } else if (!scalarsEqual(expected, actual)) {
    fail(matching.path, showValue(expected), actual);
  }
}

function matchDocument(
  expected: Record<string, unknown>,
  actual: unknown,
  matching: Matching,
): void {
  if (!isPlainDocument(actual)) return fail(matching.path, showValue(expected), actual);
  for (const [key, value] of Object.entries(expected)) {
    const path = matching.path === '' ? key : `${matching.path}.${key}`;
    match(value, actual[key], { ...matching, path, isRoot: false });
  }
  if (matching.isRoot) return;
  const extra = Object.keys(actual).find((key) => actual[key] !== undefined && !(key in expected));
  if (extra !== undefined) fail(`${matching.path}.${extra}`, 'no such key', actual[extra]);
}

function specialOperator(
  expected: Record<string, unknown>,
): { readonly assert: Operator; readonly operand: unknown } | undefined {
  const [entry, ...others] = Object.entries(expected);
  if (entry === undefined || others.length > 0 || !entry[0].startsWith('$$')) return undefined;
  const assert = OPERATORS[entry[0]];
  if (assert === undefined) throw new Error(`the runner does not know ${entry[0]}`);
  return { assert, operand: entry[1] };
}

function arrayOf(expected: readonly unknown[], actual: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(actual) || actual.length !== expected.length) {
    return fail(path, `${expected.length} elements ${showValue(expected)}`, actual);
  }
  return actual;
}

function fail(path: string, expected: string, actual: unknown): never {
  const where = path === '' ? 'the value' : path;
  throw new MismatchError(`${where}: expected ${expected}, got ${showValue(actual)}`);
}
