import type { Collation, Document } from '../engine/engine.ts';
import { bsonTypeOf, isPlainObject } from './bson-values.ts';
import { assertProjectionPath } from './check-projection-path.ts';
import { compileExpression } from './compile-expression.ts';
import { addProjectionPath, compileProjectionTree, createBranch } from './projection-tree.ts';
import { refuseAt } from './refuse.ts';

interface ExpressionOptions {
  readonly collation?: Collation | undefined;
  readonly variables?: Document | undefined;
  readonly now?: Date | undefined;
}

/** Compiles `$addFields`/`$set`: the document with some fields set, at dotted paths too. @throws StoreError 40272, 168. */
export function compileAddFields(
  fields: unknown,
  options: ExpressionOptions,
  name = '$addFields',
): (document: Document) => Document {
  if (!isPlainObject(fields)) {
    return refuseAt(
      40272,
      `${name} specification stage must be an object, got ${bsonTypeOf(fields)}`,
    );
  }
  const tree = createBranch();
  const add = (path: string, value: unknown): void => {
    assertProjectionPath(path, { mayBePositional: false });
    const isNested =
      isPlainObject(value) &&
      Object.keys(value).length > 0 &&
      !Object.keys(value).some((key) => key.startsWith('$'));
    if (isNested) for (const [inner, each] of Object.entries(value)) add(`${path}.${inner}`, each);
    else
      addProjectionPath(tree, path, {
        kind: 'compute',
        evaluate: compileExpression(value, options),
      });
  };
  for (const [path, value] of Object.entries(fields)) add(path, value);
  return compileProjectionTree(tree, 'keep');
}
