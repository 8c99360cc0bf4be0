import { add, divide, doubleOf, multiply, subtract } from '../query/arithmetic.ts';
import { isNumeric, toNumber, type NumberValue } from '../query/bson-values.ts';
import { compileExpression } from '../query/compile-expression.ts';
import { objectOperand } from '../query/expression-compiler.ts';
import { refuseAt } from '../query/refuse.ts';
import { expressionOptions } from './pipeline-context.ts';
import { parseWindow, windowRows, type WindowRows } from './window-bounds.ts';
import type { FunctionCompiler } from './window-function.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  week: 604_800_000,
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
};

/** Positions on the sorted axis, in the unit that rates are per. */
function axis(keys: readonly unknown[], unit: unknown, name: string): readonly number[] {
  if (unit === undefined) {
    return keys.map((key) =>
      isNumeric(key)
        ? toNumber(key)
        : refuseAt(
            5624902,
            `${name} where the sortBy is a Date requires a 'unit', and otherwise numbers`,
          ),
    );
  }
  const size = typeof unit === 'string' ? UNIT_MS[unit] : undefined;
  if (size === undefined) return refuseAt(5490704, "unit must be 'week' or smaller");
  return keys.map((key) =>
    key instanceof Date
      ? key.getTime() / size
      : refuseAt(5624900, `${name} with 'unit' expects the sortBy field to be a Date`),
  );
}

type Rate = (xs: readonly number[], ys: readonly NumberValue[], rows: WindowRows) => unknown;

function rate(name: string, compute: Rate): FunctionCompiler {
  return (operand, window, context) => {
    const given = objectOperand(operand, name, { required: ['input'], optional: ['unit'] });
    const input = compileExpression(given['input'], expressionOptions(context));
    const bounds = parseWindow(window);
    return ({ documents, keys }) => {
      const xs = axis(keys, given['unit'], name);
      const ys = documents.map((document): NumberValue => {
        const value = input(document);
        return isNumeric(value) ? value : Number.NaN;
      });
      return documents.map((_document, index) => compute(xs, ys, windowRows(bounds, index, keys)));
    };
  };
}

const derivative: Rate = (xs, ys, { start, end }) => {
  const last = end - 1;
  if (last <= start) return null;
  const run = (xs[last] ?? 0) - (xs[start] ?? 0);
  return run === 0 ? null : divide(subtract(ys[last] ?? 0, ys[start] ?? 0), doubleOf(run));
};

const integral: Rate = (xs, ys, { start, end }) => {
  let area: NumberValue = doubleOf(0);
  for (let index = start + 1; index < end; index++) {
    const height = divide(add(ys[index] ?? 0, ys[index - 1] ?? 0), 2);
    area = add(area, multiply(height, doubleOf((xs[index] ?? 0) - (xs[index - 1] ?? 0))));
  }
  return end > start ? area : null;
};

/** Window functions that follow a value along the sorted axis: its change per unit, and the area under it. */
export const rateFunctions = {
  $derivative: rate('$derivative', derivative),
  $integral: rate('$integral', integral),
} as const satisfies Record<string, FunctionCompiler>;
