import { Long } from 'bson';
import type { Document } from '../engine/engine.ts';
import { isPlainObject, toInteger } from '../query/bson-values.ts';
import { compileExpression } from '../query/compile-expression.ts';
import { equalityKey } from '../query/equality-key.ts';
import { refuseAt } from '../query/refuse.ts';
import { createCollectionJoin } from './collection-join.ts';
import { localValues, parseFrom } from './lookup.ts';
import { expressionOptions, type StageCompiler } from './pipeline-context.ts';
import { setPath } from './set-path.ts';

function textOf(operand: Document, name: string): string {
  const value = operand[name];
  return typeof value === 'string'
    ? value
    : refuseAt(40103, `expected string as argument for ${name}, found: ${typeof value}`);
}

/** `$graphLookup`: documents reached from a value over any number of steps, each once, breadth first. */
export const graphLookup: StageCompiler = (operand, context) => {
  if (!isPlainObject(operand))
    return refuseAt(40327, 'the $graphLookup stage specification must be an object');
  const known = [
    'from',
    'startWith',
    'connectFromField',
    'connectToField',
    'as',
    'maxDepth',
    'depthField',
    'restrictSearchWithMatch',
  ];
  const unknown = Object.keys(operand).find((name) => !known.includes(name));
  if (unknown !== undefined) refuseAt(40104, `Unknown argument to $graphLookup: ${unknown}`);
  if (operand['startWith'] === undefined)
    refuseAt(
      40105,
      "$graphLookup requires 'from', 'as', 'startWith', 'connectFromField', and 'connectToField' to be specified.",
    );
  const from = parseFrom(operand['from'], context, '$graphLookup');
  const connectFrom = textOf(operand, 'connectFromField');
  const connectTo = textOf(operand, 'connectToField');
  const as = textOf(operand, 'as');
  const depthField =
    operand['depthField'] === undefined ? undefined : textOf(operand, 'depthField');
  const maxDepth =
    operand['maxDepth'] === undefined ? Infinity : (toInteger(operand['maxDepth']) ?? -1);
  if (maxDepth < 0) refuseAt(40101, 'maxDepth requires a nonnegative argument');
  const restriction = operand['restrictSearchWithMatch'];
  if (restriction !== undefined && !isPlainObject(restriction))
    refuseAt(40185, 'restrictSearchWithMatch must be an object');
  const start = compileExpression(operand['startWith'], expressionOptions(context));
  return function* (input) {
    const join = createCollectionJoin(
      from,
      connectTo,
      context,
      isPlainObject(restriction) ? restriction : undefined,
    );
    for (const document of input) {
      const reached = new Map<string, Document>();
      const asked = new Set<string>();
      const first = start(document);
      let frontier: readonly unknown[] = Array.isArray(first) ? first : [first ?? null];
      for (let depth = 0; depth <= maxDepth && frontier.length > 0; depth++) {
        context.interrupt?.();
        const fresh = frontier.filter((value) => {
          const key = equalityKey(value, context.collation);
          return asked.has(key) ? false : asked.add(key).has(key);
        });
        const next: unknown[] = [];
        for (const found of join.matching(fresh)) {
          const id = equalityKey(found['_id']);
          if (reached.has(id)) continue;
          reached.set(
            id,
            depthField === undefined ? found : setPath(found, depthField, Long.fromNumber(depth)),
          );
          next.push(...localValues(found, connectFrom).filter((value) => value !== null));
        }
        frontier = next;
      }
      yield setPath(document, as, [...reached.values()]);
    }
  };
};
