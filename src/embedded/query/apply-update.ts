import type { Collation, Document } from '../engine/engine.ts';
import { compileAddFields, compileProjection, compileUnset } from './apply-projection.ts';
import { parseArrayFilters, type ArrayFilters } from './array-filters.ts';
import { fieldsOf, isFields, isPlainObject, type Fields } from './bson-values.ts';
import { compileReplaceRoot } from './compile-replace-root.ts';
import { identicalValues } from './identical-values.ts';
import { compileMatchedIndex } from './matched-index.ts';
import { isIndex } from './paths.ts';
import { idFirst } from './id-first.ts';
import { refuse } from './refuse.ts';
import { updateKind } from './update-kind.ts';
import { operatorFields, REMOVED, UPDATE_OPERATORS, type LeafUpdate } from './update-operators.ts';
import { applyPath, type PathUpdate, type UpdateScope } from './update-path.ts';

export { updateKind, type UpdateKind } from './update-kind.ts';
export { upsertSeed } from './upsert-seed.ts';

export interface UpdateOptions {
  readonly arrayFilters?: unknown;
  /** The command's filter, which tells what the positional `$` means. */
  readonly filter?: Document | undefined;
  readonly collation?: Collation | undefined;
  /** Values of `let`, for updates by pipeline. */
  readonly variables?: Document | undefined;
  readonly now?: Date | undefined;
}

/**
 * Changes a document. The result is a new document, or the very same when nothing changes. With
 * `isInsert`, for an upsert, `$setOnInsert` counts and `_id` may be set.
 */
export type ApplyUpdate = (document: Document, how?: { readonly isInsert?: boolean }) => Document;

/**
 * Compiles an update of any kind.
 *
 * `{$inc: {n: 1}}` turns `{_id: 1, n: 1}` into `{_id: 1, n: 2}`.
 *
 * @throws StoreError 9 unknown modifier or malformed, 40 conflicting paths, 52/56 field names; while it
 * runs: 66 a changed `_id`, 28 a path that leads nowhere, 2/14 wrong types.
 * @see https://www.mongodb.com/docs/manual/reference/operator/update/
 */
export function compileUpdate(update: unknown, options: UpdateOptions = {}): ApplyUpdate {
  const kind = updateKind(update);
  if (
    kind !== 'operators' &&
    Array.isArray(options.arrayFilters) &&
    options.arrayFilters.length > 0
  ) {
    refuse(
      kind === 'pipeline'
        ? 'arrayFilters may not be specified for pipeline-syle updates'
        : 'Cannot specify arrayFilters with a replacement-style update',
      'FailedToParse',
    );
  }
  switch (kind) {
    case 'replacement':
      return compileReplacement(update as Document);
    case 'operators':
      return compileOperators(update as Document, options);
    case 'pipeline':
      return compilePipeline(update as readonly unknown[], options);
  }
}

/** Keeps `_id`, at the front. @throws StoreError 66 when the update has another. */
function withSameId(before: Document, after: Document, message: (id: unknown) => string): Document {
  if (!Object.hasOwn(before, '_id')) return after;
  if (!Object.hasOwn(after, '_id')) return { _id: before['_id'], ...after };
  if (!identicalValues(before['_id'], after['_id'])) {
    refuse(message(after['_id']), 'ImmutableField');
  }
  return after;
}

const ALTERED = (id: unknown): string =>
  `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${JSON.stringify(id)}`;

function unchangedOr(before: Document, after: Document): Document {
  return identicalValues(before, after) ? before : after;
}

function compileReplacement(replacement: Document): ApplyUpdate {
  const wrong = Object.keys(replacement).find((name) => name.startsWith('$'));
  if (wrong !== undefined) {
    refuse(
      `The dollar ($) prefixed field '${wrong}' in '${wrong}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
      'DollarPrefixedFieldName',
    );
  }
  return (document) => unchangedOr(document, idFirst(withSameId(document, replacement, ALTERED)));
}

type Stage = (document: Document) => Document;
type StageCompiler = (operand: unknown, options: UpdateOptions) => Stage;

const UPDATE_STAGES: Readonly<Record<string, StageCompiler>> = {
  $addFields: (operand, options) => compileAddFields(operand, options, '$addFields'),
  $set: (operand, options) => compileAddFields(operand, options, '$set'),
  $unset: (operand) => compileUnset(operand),
  $project: (operand, options) =>
    compileProjection(
      isPlainObject(operand)
        ? operand
        : refuse('$project specification must be an object', 'TypeMismatch'),
      {
        collation: options.collation,
        variables: options.variables,
        now: options.now,
        isStage: true,
      },
    ),
  $replaceRoot: (operand, options) => compileReplaceRoot(operand, '$replaceRoot', options),
  $replaceWith: (operand, options) => compileReplaceRoot(operand, '$replaceWith', options),
};

function compilePipeline(stages: readonly unknown[], options: UpdateOptions): ApplyUpdate {
  const compiled = stages.map((stage) => {
    const [name, ...more] = isPlainObject(stage) ? Object.keys(stage) : [];
    if (!isPlainObject(stage) || name === undefined || more.length > 0) {
      return refuse(
        'A pipeline stage specification object must contain exactly one field.',
        'FailedToParse',
      );
    }
    const compile = Object.hasOwn(UPDATE_STAGES, name) ? UPDATE_STAGES[name] : undefined;
    if (compile === undefined)
      return refuse(`${name} is not allowed to be used within an update`, 'InvalidOptions');
    return compile(stage[name], options);
  });
  return (document) => {
    const after = compiled.reduce((each, stage) => stage(each), document);
    return unchangedOr(document, idFirst(withSameId(document, after, ALTERED)));
  };
}

interface OperatorEntry extends LeafUpdate {
  readonly path: string;
  readonly onlyOnInsert: boolean;
  /** Set for `$rename`: where the value comes from. */
  readonly renamedFrom?: string;
}

function compileOperators(update: Document, options: UpdateOptions): ApplyUpdate {
  const { collation, variables, now = new Date() } = options;
  const arrayFilters = parseArrayFilters(options.arrayFilters, { collation, variables });
  const entries = Object.entries(update).flatMap(([name, operand]) =>
    readOperator(name, operand, { collation, now }),
  );
  const paths = entries.flatMap(({ path, renamedFrom }) =>
    renamedFrom === undefined ? [path] : [path, renamedFrom],
  );
  assertPaths(paths, arrayFilters);
  assertNoConflicts(paths);
  assertFiltersUsed(paths, arrayFilters, update);
  const ordered = entries.toSorted((a, b) => comparePaths(a.path, b.path));
  const positional = paths.some((path) => path.split('.').includes('$'))
    ? compileMatchedIndex(options.filter ?? {}, { collation, variables })
    : undefined;
  return (document, how = {}) => {
    const isInsert = how.isInsert === true;
    const scope: UpdateScope = {
      documentId: document['_id'],
      isSelected: (identifier, element) => arrayFilters.get(identifier)?.(element) ?? false,
    };
    let result = document;
    for (const entry of ordered) {
      if (entry.onlyOnInsert && !isInsert) continue;
      const parts = placedParts(entry.path, document, positional);
      result =
        entry.renamedFrom === undefined
          ? applyPath(result, { ...entry, parts }, scope)
          : renamed(result, entry.renamedFrom, { ...entry, parts }, scope);
    }
    if (isInsert && !Object.hasOwn(document, '_id')) return idFirst(result);
    return withSameId(
      document,
      result,
      () => "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  };
}

function readOperator(
  name: string,
  operand: unknown,
  context: { readonly collation: Collation | undefined; readonly now: Date },
): OperatorEntry[] {
  if (name === '$rename') return readRenames(operand);
  const isOnInsert = name === '$setOnInsert';
  const key = isOnInsert ? '$set' : name;
  const read = Object.hasOwn(UPDATE_OPERATORS, key) ? UPDATE_OPERATORS[key] : undefined;
  if (read === undefined) {
    return refuse(
      `Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`,
      'FailedToParse',
    );
  }
  return Object.entries(operatorFields(name, operand)).map(([path, value]) => ({
    path,
    onlyOnInsert: isOnInsert,
    ...read(value, { path, ...context }),
  }));
}

function readRenames(operand: unknown): OperatorEntry[] {
  return Object.entries(operatorFields('$rename', operand)).map(([from, to]) => {
    if (typeof to !== 'string')
      return refuse(`The 'to' field for $rename must be a string: ${from}: ${JSON.stringify(to)}`);
    if (from === to)
      return refuse(`The source and target field for $rename must differ: ${from}: "${to}"`);
    for (const [side, path] of [
      ['source', from],
      ['destination', to],
    ] as const) {
      if (path.split('.').some((part) => part === '$' || part.startsWith('$['))) {
        refuse(`The ${side} field for $rename may not be dynamic: ${path}`);
      }
    }
    return {
      path: to,
      renamedFrom: from,
      onlyOnInsert: false,
      creates: true,
      apply: (value) => value,
    };
  });
}

function renamed(
  document: Document,
  from: string,
  target: PathUpdate,
  scope: UpdateScope,
): Document {
  const source = from.split('.');
  const value = plainValue(document, source, 'source');
  if (value === undefined) return document;
  plainValue(document, target.parts, 'destination');
  const without = applyPath(
    document,
    { parts: source, creates: false, apply: () => REMOVED },
    scope,
  );
  return applyPath(without, { ...target, apply: () => value }, scope);
}

function plainValue(document: Document, parts: readonly string[], side: string): unknown {
  let current: unknown = document;
  for (const [index, part] of parts.entries()) {
    if (Array.isArray(current)) {
      refuse(
        `The ${side} field cannot be an array element, '${parts.join('.')}' in doc with _id: ${JSON.stringify(document['_id'])} has an array field called '${parts[index - 1] ?? ''}'`,
      );
    }
    if (!isFields(current)) return undefined;
    const fields: Fields = fieldsOf(current);
    current = Object.hasOwn(fields, part) ? fields[part] : undefined;
  }
  return current;
}

function placedParts(
  path: string,
  document: Document,
  matchedIndex: ReturnType<typeof compileMatchedIndex> | undefined,
): readonly string[] {
  const parts = path.split('.');
  const at = parts.indexOf('$');
  if (at < 0) return parts;
  const index = matchedIndex?.(document, parts.slice(0, at).join('.'));
  if (index === undefined)
    return refuse('The positional operator did not find the match needed from the query.');
  return parts.map((part, place) => (place === at ? String(index) : part));
}

function assertPaths(paths: readonly string[], filters: ArrayFilters): void {
  for (const path of paths) {
    if (path === '') refuse('An empty update path is not valid.', 'EmptyFieldName');
    const parts = path.split('.');
    if (parts.includes('')) {
      refuse(
        `The update path '${path}' contains an empty field name, which is not allowed.`,
        'EmptyFieldName',
      );
    }
    if (parts.filter((part) => part === '$').length > 1) {
      refuse(`Too many positional (i.e. '$') elements found in path '${path}'`);
    }
    for (const [index, part] of parts.entries()) assertPart(part, index, path, filters);
  }
}

function assertPart(part: string, index: number, path: string, filters: ArrayFilters): void {
  if (!part.startsWith('$') || /^\$(?:id|ref|db)$/.test(part)) return;
  const identifier = /^\$\[(.*)\]$/.exec(part)?.[1];
  if (identifier === undefined && part !== '$') {
    refuse(
      `The dollar ($) prefixed field '${part}' in '${path}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
      'DollarPrefixedFieldName',
    );
  }
  if (index === 0) {
    refuse(
      `Cannot have ${part === '$' ? "positional (i.e. '$')" : `array filter identifier (i.e. '${part}')`} element in the first position in path '${path}'`,
    );
  }
  if (identifier !== undefined && identifier !== '' && !filters.has(identifier)) {
    refuse(`No array filter found for identifier '${identifier}' in path '${path}'`);
  }
}

function assertFiltersUsed(
  paths: readonly string[],
  filters: ArrayFilters,
  update: Document,
): void {
  for (const name of filters.keys()) {
    if (!paths.some((path) => path.split('.').includes(`$[${name}]`))) {
      refuse(
        `The array filter for identifier '${name}' was not used in the update ${JSON.stringify(update)}`,
        'FailedToParse',
      );
    }
  }
}

function assertNoConflicts(paths: readonly string[]): void {
  const seen = new Set<string>();
  const above = new Set<string>();
  for (const path of paths) {
    const parts = path.split('.');
    const prefixes = parts.map((_part, index) => parts.slice(0, index + 1).join('.'));
    const conflict = above.has(path) ? path : prefixes.find((prefix) => seen.has(prefix));
    if (conflict !== undefined) {
      refuse(
        `Updating the path '${path}' would create a conflict at '${conflict}'`,
        'ConflictingUpdateOperators',
      );
    }
    seen.add(path);
    for (const prefix of prefixes.slice(0, -1)) above.add(prefix);
  }
}

/** Paths are applied in the order of their names, numbers by value, which is the order new fields appear in. */
function comparePaths(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [x = '', y = ''] = [left[index], right[index]];
    if (x === y) continue;
    if (isIndex(x) && isIndex(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
