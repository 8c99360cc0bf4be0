import { isPlainObject } from './bson-values.ts';
import { refuse } from './refuse.ts';

export type UpdateKind = 'replacement' | 'operators' | 'pipeline';

/** Whether an update replaces, applies operators, or runs a pipeline. @throws StoreError 9 when it is none. */
export function updateKind(update: unknown): UpdateKind {
  if (Array.isArray(update)) return 'pipeline';
  if (!isPlainObject(update)) {
    return refuse('Update argument must be either an object or an array', 'FailedToParse');
  }
  return Object.keys(update)[0]?.startsWith('$') === true ? 'operators' : 'replacement';
}
