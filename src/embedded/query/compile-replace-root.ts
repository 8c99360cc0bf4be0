import type { Document } from '../engine/engine.ts';
import { fieldsOf, isFields, isPlainObject } from './bson-values.ts';
import { compileExpression, type ExpressionOptions } from './compile-expression.ts';
import { passMeta } from './document-meta.ts';
import { typeName } from './expression-compiler.ts';
import { refuseAt } from './refuse.ts';

/**
 * Compiles `$replaceRoot` or `$replaceWith`.
 *
 * @throws StoreError 40231 for a malformed operand; 40228 when the new root is no document.
 */
export function compileReplaceRoot(
  operand: unknown,
  name: '$replaceRoot' | '$replaceWith',
  options: ExpressionOptions,
): (document: Document) => Document {
  let expression = operand;
  if (name === '$replaceRoot') {
    if (!isPlainObject(operand))
      return refuseAt(
        40229,
        `expected an object as specification for $replaceRoot stage, got ${typeName(operand)}`,
      );
    if (!Object.hasOwn(operand, 'newRoot'))
      return refuseAt(40231, 'no newRoot specified for the $replaceRoot stage');
    expression = operand['newRoot'];
  }
  const { collation, variables, now } = options;
  const evaluate = compileExpression(expression, { collation, variables, now });
  return (document) => {
    const root = evaluate(document);
    if (!isFields(root)) {
      return refuseAt(
        40228,
        `'newRoot' expression must evaluate to an object, but resulting value was: ${root === undefined ? 'MISSING' : JSON.stringify(root)}. Type of resulting value: '${typeName(root)}'.`,
      );
    }
    const result = fieldsOf(root);
    passMeta(document, result);
    return result;
  };
}
