import type { Document } from '../engine/engine.ts';
import { assertProjectionPath } from './check-projection-path.ts';
import { addProjectionPath, compileProjectionTree, createBranch } from './projection-tree.ts';
import { refuseAt } from './refuse.ts';

/** Compiles `$unset`: the document without some paths. @throws StoreError 31119, 31120, and as `assertProjectionPath`. */
export function compileUnset(paths: unknown): (document: Document) => Document {
  const list: readonly unknown[] = Array.isArray(paths) ? paths : [paths];
  if (list.length === 0)
    return refuseAt(
      31119,
      '$unset specification must be a string or an array with at least one field',
    );
  const tree = createBranch();
  for (const path of list) {
    if (typeof path !== 'string')
      return refuseAt(
        31120,
        '$unset specification must be a string or an array containing only string values',
      );
    assertProjectionPath(path, { mayBePositional: false });
    addProjectionPath(tree, path, { kind: 'exclude' });
  }
  return compileProjectionTree(tree, 'keep');
}
