import type { Collation, Document } from '../engine/engine.ts';
import { parseArrayFilters } from './array-filters.ts';
import { assertUpdatePaths, comparePaths } from './check-update-paths.ts';
import { idFirst } from './id-first.ts';
import { withSameId } from './keep-id.ts';
import { compileMatchedIndex } from './matched-index.ts';
import { refuse } from './refuse.ts';
import { readRenames, renamed } from './rename-field.ts';
import { operatorFields, UPDATE_OPERATORS, type LeafUpdate } from './update-operators.ts';
import type { ApplyUpdate, UpdateOptions } from './update-options.ts';
import { applyPath, type UpdateScope } from './update-path.ts';

interface OperatorEntry extends LeafUpdate {
  readonly path: string;
  readonly onlyOnInsert: boolean;
  /** Set for `$rename`: where the value comes from. */
  readonly renamedFrom?: string;
}

const MODIFIED = (): string =>
  "Performing an update on the path '_id' would modify the immutable field '_id'";

/**
 * Compiles an update by operators: `{$inc: {n: 1}}`.
 * @throws StoreError as `compileUpdate`.
 */
export function compileOperators(update: Document, options: UpdateOptions): ApplyUpdate {
  const { collation, variables, now = new Date() } = options;
  const arrayFilters = parseArrayFilters(options.arrayFilters, { collation, variables });
  const entries = Object.entries(update).flatMap(([name, operand]) =>
    readOperator(name, operand, { collation, now }),
  );
  const paths = entries.flatMap(({ path, renamedFrom }) =>
    renamedFrom === undefined ? [path] : [path, renamedFrom],
  );
  assertUpdatePaths(paths, arrayFilters, update);
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
    if (Object.hasOwn(document, '_id') && !Object.hasOwn(result, '_id')) {
      refuse(MODIFIED(), 'ImmutableField');
    }
    return withSameId(document, result, MODIFIED);
  };
}

function readOperator(
  name: string,
  operand: unknown,
  context: { readonly collation: Collation | undefined; readonly now: Date },
): readonly OperatorEntry[] {
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
