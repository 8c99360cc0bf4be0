import type { Document } from './engine.ts';
import type { IndexKeys } from './index-keys.ts';
import type { PreparedIndex } from './prepared-index.ts';

const SPECIAL = new Set<unknown>(['2d', '2dsphere', 'text']);

/** Whether a document's keys are more than its values: cells of a geometry, words of a text. */
export function hasSpecialParts(index: PreparedIndex): boolean {
  return index.parts.some(({ direction }) => SPECIAL.has(direction));
}

/** Keys of a geo or text index. */
export function specialKeys(
  index: PreparedIndex,
  document: Document,
  finish: (keys: readonly Buffer[], arrayPaths: readonly string[]) => IndexKeys,
): IndexKeys {
  throw new Error(
    `no keys for ${index.spec.name} ${Object.keys(document).length} ${finish.length}`,
  );
}
