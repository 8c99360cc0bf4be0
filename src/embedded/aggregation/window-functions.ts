import type { Document } from '../engine/engine.ts';
import { isNumeric, isPlainObject, toInteger, toNumber } from '../query/bson-values.ts';
import { compileExpression } from '../query/compile-expression.ts';
import { isNullish, objectOperand } from '../query/expression-compiler.ts';
import { refuse, refuseAt } from '../query/refuse.ts';
import { compileAccumulator, isGroupAccumulator } from './group-accumulators.ts';
import { expressionOptions, type PipelineContext } from './pipeline-context.ts';
import {
  isCumulative,
  parseWindow,
  windowRows,
  type WindowBounds,
  type WindowRows,
} from './window-bounds.ts';

/** One sorted partition, as window functions see it. */
export interface SortedPartition {
  readonly documents: readonly Document[];
  /** The value each document is sorted by; null where there is no sort or more than one path. */
  readonly keys: readonly unknown[];
  /** Whether two documents are equal in the sort. */
  readonly isTie: (a: Document, b: Document) => boolean;
}

/** Computes one output field for every document of a partition. */
export type WindowFunction = (partition: SortedPartition) => readonly unknown[];

type FunctionCompiler = (
  operand: unknown,
  window: unknown,
  context: PipelineContext,
) => WindowFunction;

function rank(step: (ties: number) => number): FunctionCompiler {
  return (operand, window) => {
    if (window !== undefined)
      refuse('Rank style window functions take no other arguments', 'FailedToParse');
    if (!isPlainObject(operand) || Object.keys(operand).length > 0)
      refuseAt(5371603, 'Rank style window functions take no arguments');
    return ({ documents, isTie }) => {
      let current = 1;
      let ties = 0;
      return documents.map((document, index) => {
        const before = documents[index - 1];
        if (before === undefined) ties = 1;
        else if (isTie(before, document)) ties += 1;
        else {
          current += step(ties);
          ties = 1;
        }
        return current;
      });
    };
  };
}

const shift: FunctionCompiler = (operand, _window, context) => {
  const given = objectOperand(operand, '$shift', {
    required: ['output', 'by'],
    optional: ['default'],
  });
  const by = toInteger(given['by']);
  if (by === undefined) return refuse("'$shift:by' field must be an integer", 'FailedToParse');
  const output = compileExpression(given['output'], expressionOptions(context));
  const otherwise = compileExpression(given['default'] ?? null, expressionOptions(context))({});
  return ({ documents }) =>
    documents.map((_document, index) => {
      const other = documents[index + by];
      return other === undefined ? otherwise : (output(other) ?? null);
    });
};

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

type Rate = (xs: readonly number[], ys: readonly number[], rows: WindowRows) => unknown;

function rate(name: string, compute: Rate): FunctionCompiler {
  return (operand, window, context) => {
    const given = objectOperand(operand, name, { required: ['input'], optional: ['unit'] });
    const input = compileExpression(given['input'], expressionOptions(context));
    const bounds = parseWindow(window);
    return ({ documents, keys }) => {
      const xs = axis(keys, given['unit'], name);
      const ys = documents.map((document) => toNumber(input(document)));
      return documents.map((_document, index) => compute(xs, ys, windowRows(bounds, index, keys)));
    };
  };
}

const derivative: Rate = (xs, ys, { start, end }) => {
  const last = end - 1;
  if (last <= start) return null;
  const run = (xs[last] ?? 0) - (xs[start] ?? 0);
  return run === 0 ? null : ((ys[last] ?? 0) - (ys[start] ?? 0)) / run;
};

const integral: Rate = (xs, ys, { start, end }) => {
  let area = 0;
  for (let index = start + 1; index < end; index++) {
    area +=
      (((ys[index] ?? 0) + (ys[index - 1] ?? 0)) / 2) * ((xs[index] ?? 0) - (xs[index - 1] ?? 0));
  }
  return end > start ? area : null;
};

function covariance(isSample: boolean): FunctionCompiler {
  return (operand, window, context) => {
    if (!Array.isArray(operand) || operand.length !== 2)
      return refuse('$covariance takes an array of two expressions', 'FailedToParse');
    const [x, y] = operand.map((each: unknown) =>
      compileExpression(each, expressionOptions(context)),
    );
    const bounds = parseWindow(window);
    return ({ documents, keys }) =>
      documents.map((_document, index) => {
        const { start, end } = windowRows(bounds, index, keys);
        const pairs = documents
          .slice(start, end)
          .map((each) => [x?.(each), y?.(each)] as const)
          .filter(([a, b]) => isNumeric(a) && isNumeric(b))
          .map(([a, b]) => [toNumber(a), toNumber(b)] as const);
        const count = pairs.length - (isSample ? 1 : 0);
        if (count <= 0) return null;
        const meanX = pairs.reduce((sum, [a]) => sum + a, 0) / pairs.length;
        const meanY = pairs.reduce((sum, [, b]) => sum + b, 0) / pairs.length;
        return pairs.reduce((sum, [a, b]) => sum + (a - meanX) * (b - meanY), 0) / count;
      });
  };
}

const movingAverage: FunctionCompiler = (operand, _window, context) => {
  const given = objectOperand(operand, '$expMovingAvg', {
    required: ['input'],
    optional: ['N', 'alpha'],
  });
  const n = toInteger(given['N']);
  const alpha =
    given['alpha'] === undefined ? 2 / ((n ?? Number.NaN) + 1) : toNumber(given['alpha']);
  if ('N' in given === 'alpha' in given || !((alpha > 0 && alpha < 1) || n === 1)) {
    return refuse(
      "$expMovingAvg requires either a positive integer 'N' or an 'alpha' between 0 and 1 (exclusive)",
      'FailedToParse',
    );
  }
  const input = compileExpression(given['input'], expressionOptions(context));
  return ({ documents }) => {
    let average: number | undefined;
    return documents.map((document) => {
      const value = input(document);
      if (!isNumeric(value)) return average ?? null;
      const number = toNumber(value);
      average = average === undefined ? number : alpha * number + (1 - alpha) * average;
      return average;
    });
  };
};

const lastObserved: FunctionCompiler = (operand, _window, context) => {
  const input = compileExpression(operand, expressionOptions(context));
  return ({ documents }) => {
    let last: unknown = null;
    return documents.map((document) => {
      const value = input(document);
      if (!isNullish(value)) last = value;
      return last;
    });
  };
};

const linearFill: FunctionCompiler = (operand, _window, context) => {
  const input = compileExpression(operand, expressionOptions(context));
  return ({ documents, keys }) => {
    const xs = keys.map((key) =>
      key instanceof Date
        ? key.getTime()
        : isNumeric(key)
          ? toNumber(key)
          : refuseAt(605001, '$linearFill needs one numeric or date sortBy field'),
    );
    const values = documents.map((document) => input(document));
    const known = values.flatMap((value, index) => {
      if (isNullish(value)) return [];
      return isNumeric(value)
        ? [index]
        : refuseAt(605001, '$linearFill value to be filled must be numeric or nullish');
    });
    return values.map((value, index) => {
      if (!isNullish(value)) return value;
      const before = known.findLast((place) => place < index);
      const after = known.find((place) => place > index);
      if (before === undefined || after === undefined) return null;
      const [x0 = 0, x1 = 0, x = 0] = [xs[before], xs[after], xs[index]];
      const [y0, y1] = [toNumber(values[before]), toNumber(values[after])];
      return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
    });
  };
};

const scaler: FunctionCompiler = (operand, window, context) => {
  const given = objectOperand(operand, '$minMaxScaler', {
    required: ['input'],
    optional: ['min', 'max'],
  });
  const input = compileExpression(given['input'], expressionOptions(context));
  const [low, high] = [toNumber(given['min'] ?? 0), toNumber(given['max'] ?? 1)];
  const bounds = parseWindow(window);
  return ({ documents, keys }) => {
    const values = documents.map((document) => toNumber(input(document)));
    return values.map((value, index) => {
      const { start, end } = windowRows(bounds, index, keys);
      const inside = values.slice(start, end).sort((a, b) => a - b);
      const [least = 0, most = 0] = [inside[0], inside.at(-1)];
      return most === least ? low : ((value - least) / (most - least)) * (high - low) + low;
    });
  };
};

const FUNCTIONS: Readonly<Record<string, FunctionCompiler>> = {
  $rank: rank((ties) => ties),
  $denseRank: rank(() => 1),
  $documentNumber: (operand, window) => {
    if (window !== undefined || !isPlainObject(operand) || Object.keys(operand).length > 0)
      refuse('$documentNumber takes no arguments', 'FailedToParse');
    return ({ documents }) => documents.map((_document, index) => index + 1);
  },
  $shift: shift,
  $derivative: rate('$derivative', derivative),
  $integral: rate('$integral', integral),
  $covariancePop: covariance(false),
  $covarianceSamp: covariance(true),
  $expMovingAvg: movingAverage,
  $linearFill: linearFill,
  $locf: lastObserved,
  $minMaxScaler: scaler,
};

function accumulating(
  name: string,
  operand: unknown,
  bounds: WindowBounds,
  context: PipelineContext,
): WindowFunction {
  const plan = compileAccumulator(name, operand, context);
  return ({ documents, keys }) => {
    const values = documents.map((document) => plan.valueOf(document));
    const over = (start: number, end: number): unknown => {
      const accumulator = plan.create();
      for (let index = start; index < end; index++) accumulator.add(values[index]);
      return accumulator.result();
    };
    const isWhole = bounds.low === 'unbounded' && bounds.high === 'unbounded';
    if (isWhole) {
      const result = over(0, documents.length);
      return documents.map(() => result);
    }
    if (isCumulative(bounds)) {
      const accumulator = plan.create();
      return values.map((value) => {
        accumulator.add(value);
        const result = accumulator.result();
        return Array.isArray(result)
          ? (result as readonly unknown[]).slice()
          : isPlainObject(result)
            ? { ...result }
            : result;
      });
    }
    return documents.map((_document, index) => {
      const { start, end } = windowRows(bounds, index, keys);
      return over(start, end);
    });
  };
}

/** A window function or an accumulator over a window. @throws StoreError 9 for an unknown one. */
export function compileWindowFunction(
  name: string,
  operand: unknown,
  window: unknown,
  context: PipelineContext,
): WindowFunction {
  const compile = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (compile !== undefined) return compile(operand, window, context);
  if (isGroupAccumulator(name)) return accumulating(name, operand, parseWindow(window), context);
  return refuse(`Unrecognized window function, ${name}`, 'FailedToParse');
}

/** Whether a function's answer depends on the order of the documents. */
export function needsOrder(name: string, window: unknown): boolean {
  if (Object.hasOwn(FUNCTIONS, name))
    return !['$covariancePop', '$covarianceSamp', '$minMaxScaler'].includes(name);
  const bounds = parseWindow(window);
  return bounds.low !== 'unbounded' || bounds.high !== 'unbounded';
}
