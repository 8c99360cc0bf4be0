import { isPlainObject } from '../query/bson-values.ts';
import { compileExpression } from '../query/compile-expression.ts';
import { compileSort, parseSort, sortKey } from '../query/compile-sort.ts';
import { refuse, refuseAt } from '../query/refuse.ts';
import { partitionBy } from './partitions.ts';
import { expressionOptions, type PipelineContext, type StageCompiler } from './pipeline-context.ts';
import { setPath } from './set-path.ts';
import type { WindowFunction } from './window-function.ts';
import { compileWindowFunction, needsOrder } from './window-functions.ts';

interface WindowOutput {
  readonly path: string;
  readonly compute: WindowFunction;
}

function parseOutput(
  path: string,
  given: unknown,
  hasSort: boolean,
  context: PipelineContext,
): WindowOutput {
  if (!isPlainObject(given))
    return refuse(`The field '${path}' must be a window function object`, 'FailedToParse');
  const { window, ...functions } = given;
  const [name, ...more] = Object.keys(functions);
  if (name === undefined || more.length > 0)
    return refuse(`Expected a $-prefixed window function in '${path}'`, 'FailedToParse');
  if (!hasSort && needsOrder(name, window))
    refuseAt(5339901, `${name} with bounded windows or ranks requires a sortBy`);
  return { path, compute: compileWindowFunction(name, functions[name], window, context) };
}

/**
 * `$setWindowFields`: fields computed from the documents around each one, within its partition. Documents
 * come by partition, sorted.
 *
 * @see https://www.mongodb.com/docs/manual/reference/operator/aggregation/setWindowFields/
 */
export const setWindowFields: StageCompiler = (operand, context) => {
  if (!isPlainObject(operand))
    return refuse('the $setWindowFields stage specification must be an object', 'FailedToParse');
  const { partitionBy: by = null, sortBy, output, ...others } = operand;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    refuse(
      `BSON field '$setWindowFields.${unknown}' is an unknown field.`,
      'UnknownOperatorOrField',
    );
  if (!isPlainObject(output))
    return refuse(
      "BSON field '$setWindowFields.output' is missing but a required field",
      'FailedToParse',
    );
  const sort = parseSort(sortBy);
  const order = compileSort(sort, context.collation);
  const outputs = Object.entries(output).map(([path, each]) =>
    parseOutput(path, each, sort.length > 0, context),
  );
  const keyOf = compileExpression(by, expressionOptions(context));
  const [first] = sort;
  return function* (input) {
    for (const { documents } of partitionBy(input, keyOf, context.collation)) {
      context.interrupt?.();
      const sorted = sort.length === 0 ? documents : documents.sort(order);
      const keys = sorted.map((document) => {
        const isSingle =
          first !== undefined && sort.length === 1 && (first[1] === 1 || first[1] === -1);
        return isSingle
          ? sortKey(document, first[0], first[1] === -1 ? -1 : 1, context.collation)
          : null;
      });
      const partition = {
        documents: sorted,
        keys,
        isTie: (a: (typeof sorted)[number], b: (typeof sorted)[number]) => order(a, b) === 0,
      };
      const columns = outputs.map(({ compute }) => compute(partition));
      for (const [row, document] of sorted.entries()) {
        let result = document;
        for (const [column, { path }] of outputs.entries())
          result = setPath(result, path, columns[column]?.[row]);
        yield result;
      }
    }
  };
};
