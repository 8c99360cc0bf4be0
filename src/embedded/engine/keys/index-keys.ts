import { StoreError } from '../../errors.ts';
import type { Document } from '../engine.ts';
import { storableKey } from '../tables/index-layout.ts';
import { inverted } from './key-range.ts';
import { pathTuples, type PathTuples } from './path-tuples.ts';
import type { PreparedIndex, PreparedPart } from './prepared-index.ts';
import { hasSpecialParts, specialKeys, type WholeKeys } from './special-keys.ts';
import { encodeValueKey } from './value-key.ts';

/** The keys of one document in one index. */
export interface IndexKeys {
  /** Distinct, ready to be stored; empty when the document is not in the index. */
  readonly keys: readonly Buffer[];
  readonly arrayPaths: readonly string[];
  readonly hasCutKeys: boolean;
}

const NONE: IndexKeys = { keys: [], arrayPaths: [], hasCutKeys: false };

/**
 * Computes the keys one document has in an index.
 *
 * @throws StoreError 171 for parallel arrays, 16755 for what is not a geometry in a 2dsphere index.
 */
export function indexKeysOf(index: PreparedIndex, document: Document): IndexKeys {
  if (index.accepts?.(document) === false) return NONE;
  const [only] = index.parts;
  if (index.parts.length === 1 && only?.isOrdered === true && only.parts.length === 1) {
    const value = document[only.path];
    if (!Array.isArray(value)) return keysOfValue(index, only, value);
  }
  return hasSpecialParts(index)
    ? keysFrom(specialKeys(index, document))
    : keysOfTuples(index, document);
}

function keysOfValue(index: PreparedIndex, part: PreparedPart, value: unknown): IndexKeys {
  if (index.spec.sparse && value === undefined) return NONE;
  const encoded = encodeValueKey(value ?? null, index.fold);
  const { key, isCut } = storableKey(part.isDescending ? inverted(encoded) : encoded);
  return { keys: [key], arrayPaths: [], hasCutKeys: isCut };
}

function keysOfTuples(index: PreparedIndex, document: Document): IndexKeys {
  const { tuples, arrayPaths, isPresent }: PathTuples = pathTuples(
    document,
    index.parts.map(({ parts }) => parts),
  );
  if (index.spec.sparse && !isPresent) return NONE;
  if (arrayPaths.length > 0) assertNotHashed(index, arrayPaths);
  return keysFrom({ keys: tuples.map((tuple) => encodeTuple(index, tuple)), arrayPaths });
}

function assertNotHashed(index: PreparedIndex, arrayPaths: readonly string[]): void {
  const isHashedArray = index.parts.some(
    ({ direction, path }) =>
      direction === 'hashed' &&
      arrayPaths.some((array) => path === array || path.startsWith(`${array}.`)),
  );
  if (!isHashedArray) return;
  throw new StoreError('BadValue', 'hashed indexes do not currently support array values', {
    code: 16766,
  });
}

/** One compound key from one value per part. */
export function encodeTuple(index: PreparedIndex, tuple: readonly unknown[]): Buffer {
  return Buffer.concat(
    index.parts.map((part, place) => {
      const encoded = encodeValueKey(tuple[place], index.fold);
      return part.isDescending ? inverted(encoded) : encoded;
    }),
  );
}

/** Drops doubles and cuts what is too long. */
function keysFrom({ keys, arrayPaths }: WholeKeys): IndexKeys {
  const distinct = new Map<string, Buffer>();
  let hasCutKeys = false;
  for (const whole of keys) {
    const { key, isCut } = storableKey(whole);
    hasCutKeys ||= isCut;
    distinct.set(key.toString('latin1'), key);
  }
  return { keys: [...distinct.values()], arrayPaths, hasCutKeys };
}

/** The values behind one of a document's keys, as a unique index's error reports them: `{ name: 'x' }`. Absent is null. */
export function keyValueOf(index: PreparedIndex, document: Document, key: Buffer): Document {
  const { tuples } = pathTuples(
    document,
    index.parts.map(({ parts }) => parts),
  );
  const isIts = (tuple: readonly unknown[]): boolean =>
    storableKey(encodeTuple(index, tuple)).key.equals(key);
  const tuple = tuples.find(isIts) ?? tuples[0] ?? [];
  return Object.fromEntries(index.parts.map(({ path }, place) => [path, tuple[place] ?? null]));
}
