import { StoreError } from '../../errors.ts';
import { equalValues } from '../../query/compare-values.ts';
import { ID_INDEX_NAME, type StoredCollection } from '../tables/catalog.ts';
import { isFoldable, isSameCollation } from '../../query/collation-fold.ts';
import type { CollectionOptions, IndexSpec } from '../engine.ts';

const KINDS = new Set<unknown>([1, -1, '2d', '2dsphere', 'text', 'hashed']);

/** An index with its collection's collation, unless it names its own (`simple` for none). */
export function withDefaults(spec: IndexSpec, options: CollectionOptions): IndexSpec {
  const given = spec.given['collation'];
  if (spec.collation?.locale === 'simple') {
    const plain: { -readonly [Name in keyof IndexSpec]: IndexSpec[Name] } = { ...spec };
    delete plain.collation;
    return plain;
  }
  if (spec.collation !== undefined || given !== undefined || options.collation === undefined) {
    return spec;
  }
  return {
    ...spec,
    collation: options.collation,
    given: { ...spec.given, collation: options.collation },
  };
}

/**
 * Refuses what cannot be an index here.
 *
 * @throws StoreError 67 for an unknown kind, an empty key, or unique with hashed or text.
 */
export function assertIndexable(spec: IndexSpec): void {
  const refuse = (message: string): never => {
    throw new StoreError('CannotCreateIndex', message);
  };
  if (spec.key.length === 0) refuse('Index keys cannot be an empty object');
  if (spec.key.length > 32) refuse('Index key pattern may have at most 32 fields');
  for (const [path, direction] of spec.key) {
    if (!KINDS.has(direction)) refuse(`Unknown index plugin '${String(direction)}'`);
    if (path === '$**' || path.endsWith('.$**')) refuse('wildcard indexes are not supported');
    if (path === '' || path.split('.').includes(''))
      refuse('Index keys cannot contain an empty field.');
    if (direction === 'hashed' && spec.unique) {
      refuse('Currently hashed indexes cannot guarantee uniqueness. Use a regular index.');
    }
    if (direction === 'text' && spec.unique) refuse('text indexes cannot be unique');
  }
  if (spec.unique && spec.collation !== undefined && !isFoldable(spec.collation)) {
    refuse(
      `unique indexes are not supported under the collation ${JSON.stringify(spec.collation)}`,
    );
  }
  if (spec.expireAfterSeconds !== undefined && spec.key.length > 1) {
    refuse('TTL indexes are single-field indexes, compound indexes do not support TTL.');
  }
}

/**
 * Whether the same index is there already; refuses one that is there under another guise.
 *
 * @throws StoreError 85 for another name or other options, 86 for the same name with another key.
 * @see https://www.mongodb.com/docs/manual/reference/command/createIndexes/
 */
export function isThereAlready(collection: StoredCollection, spec: IndexSpec): boolean {
  const specs = collection.indexes.map((index) => index.spec);
  const named = specs.find(({ name }) => name === spec.name);
  if (named !== undefined) {
    if (!hasSameSignature(named, spec)) {
      throw new StoreError(
        'IndexKeySpecsConflict',
        `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: ${describe(spec)}, existing index: ${describe(named)}`,
      );
    }
    if (!hasSameOptions(named, spec)) {
      throw new StoreError(
        'IndexOptionsConflict',
        `An equivalent index already exists with the same name but different options. Requested index: ${describe(spec)}, existing index: ${describe(named)}`,
      );
    }
    return true;
  }
  const twin = specs.find((other) => hasSameSignature(other, spec));
  // `_id` is always there under its own name.
  if (twin?.name === ID_INDEX_NAME) return true;
  if (twin !== undefined) {
    throw new StoreError(
      'IndexOptionsConflict',
      `Index already exists with a different name: ${twin.name}`,
    );
  }
  if (isText(spec) && specs.some(isText)) {
    throw new StoreError(
      'IndexOptionsConflict',
      'An equivalent index already exists with a different name and options: only one text index is allowed per collection',
    );
  }
  return false;
}

function isText(spec: IndexSpec): boolean {
  return spec.key.some(([, direction]) => direction === 'text');
}

function hasSameSignature(left: IndexSpec, right: IndexSpec): boolean {
  const isId = left.name === ID_INDEX_NAME;
  return (
    equalValues(left.key, right.key) &&
    isSameCollation(left.collation, right.collation) &&
    equalValues(left.partialFilterExpression ?? null, right.partialFilterExpression ?? null) &&
    (isId || (left.unique === right.unique && left.sparse === right.sparse)) &&
    equalValues(left.weights ?? null, right.weights ?? null)
  );
}

function hasSameOptions(left: IndexSpec, right: IndexSpec): boolean {
  return (
    left.expireAfterSeconds === right.expireAfterSeconds &&
    left.hidden === right.hidden &&
    left.defaultLanguage === right.defaultLanguage
  );
}

function describe(spec: IndexSpec): string {
  return JSON.stringify(spec.given);
}
