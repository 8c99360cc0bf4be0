import type { Document } from '../engine/engine.ts';
import { idFirst } from './id-first.ts';
import { ALTERED, unchangedOr, withSameId } from './keep-id.ts';
import { refuse } from './refuse.ts';
import { compileOperators } from './update-by-operators.ts';
import { compilePipeline } from './update-by-pipeline.ts';
import { updateKind } from './update-kind.ts';
import type { ApplyUpdate, UpdateOptions } from './update-options.ts';

export { updateKind, type UpdateKind } from './update-kind.ts';
export type { ApplyUpdate, UpdateOptions } from './update-options.ts';
export { upsertSeed } from './upsert-seed.ts';

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
