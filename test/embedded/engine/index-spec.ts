import type { IndexSpec } from '../../../src/embedded/engine/engine.ts';

/** An index as the createIndexes command would describe it: `index({a: 1}, {unique: true})`. */
export function index(
  key: Record<string, IndexSpec['key'][number][1]>,
  options: Partial<IndexSpec> = {},
): IndexSpec {
  const name = Object.entries(key)
    .map(([path, direction]) => `${path}_${direction}`)
    .join('_');
  return {
    name,
    key: Object.entries(key),
    unique: false,
    sparse: false,
    hidden: false,
    given: { v: 2, key, name, ...options },
    ...options,
  };
}
