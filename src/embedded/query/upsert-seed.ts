import type { Document } from '../engine/engine.ts';
import { bsonTypeOf, isPlainObject } from './bson-values.ts';
import { idFirst } from './id-first.ts';
import { refuse } from './refuse.ts';
import type { UpdateKind } from './update-kind.ts';
import { applyPath, type UpdateScope } from './update-path.ts';

/**
 * The fields an upsert starts from: the equalities of its filter. For a replacement only `_id` counts.
 *
 * `{a: 1, 'b.c': {$eq: 2}, d: {$gt: 3}}` gives `{a: 1, b: {c: 2}}`.
 *
 * @throws StoreError 54 when a path is given twice.
 */
export function upsertSeed(filter: Document, kind: UpdateKind = 'operators'): Document {
  const equalities = new Map<string, unknown>();
  addEqualities(filter, equalities);
  if (kind === 'replacement') {
    return equalities.has('_id') ? { _id: equalities.get('_id') } : {};
  }
  let seed: Document = {};
  const scope: UpdateScope = { documentId: undefined, isSelected: () => false };
  assertNoSeedConflicts([...equalities.keys()]);
  for (const [path, value] of equalities) {
    seed = applyPath(seed, { parts: path.split('.'), creates: true, apply: () => value }, scope);
  }
  return idFirst(seed);
}

function assertNoSeedConflicts(paths: readonly string[]): void {
  for (const path of paths) {
    if (paths.some((other) => other !== path && other.startsWith(`${path}.`))) {
      refuse(
        `cannot infer query fields to set, both paths '${path}' and another below it are matched`,
        'NotSingleValueField',
      );
    }
  }
}

function addEqualities(filter: Document, to: Map<string, unknown>): void {
  for (const [name, operand] of Object.entries(filter)) {
    if (name === '$and' && Array.isArray(operand)) {
      for (const clause of operand) if (isPlainObject(clause)) addEqualities(clause, to);
    } else if (name === '$or' && Array.isArray(operand) && operand.length === 1) {
      const [only] = operand as readonly unknown[];
      if (isPlainObject(only)) addEqualities(only, to);
    } else if (!name.startsWith('$')) {
      addEquality(name, operand, to);
    }
  }
}

function addEquality(path: string, operand: unknown, to: Map<string, unknown>): void {
  const equal = equalityOf(operand);
  if (equal === undefined) return;
  if (to.has(path))
    refuse(
      `cannot infer query fields to set, path '${path}' is matched twice`,
      'NotSingleValueField',
    );
  to.set(path, equal.value);
}

function equalityOf(operand: unknown): { readonly value: unknown } | undefined {
  if (bsonTypeOf(operand) === 'regex') return undefined;
  if (!isPlainObject(operand) || Object.keys(operand)[0]?.startsWith('$') !== true)
    return { value: operand };
  if (Object.hasOwn(operand, '$eq')) return { value: operand['$eq'] };
  const list = operand['$in'] ?? operand['$all'];
  return Array.isArray(list) && list.length === 1 && !isPlainObject(list[0])
    ? { value: list[0] as unknown }
    : undefined;
}
