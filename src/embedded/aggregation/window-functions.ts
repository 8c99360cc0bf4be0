import { add, divide, doubleOf, multiply, subtract } from '../query/arithmetic.ts';
import {
  isNumeric,
  isPlainObject,
  toInteger,
  toNumber,
  type NumberValue,
} from '../query/bson-values.ts';
import { compileExpression } from '../query/compile-expression.ts';
import { isNullish, objectOperand } from '../query/expression-compiler.ts';
import { refuse, refuseAt } from '../query/refuse.ts';
import { compileAccumulator, isGroupAccumulator } from './group-accumulators.ts';
import { expressionOptions, type PipelineContext } from './pipeline-context.ts';
import { isCumulative, parseWindow, windowRows, type WindowBounds } from './window-bounds.ts';
import type { FunctionCompiler, WindowFunction } from './window-function.ts';
import { rateFunctions } from './window-rates.ts';

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
        return doubleOf(pairs.reduce((sum, [a, b]) => sum + (a - meanX) * (b - meanY), 0) / count);
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
    let average: NumberValue | undefined;
    return documents.map((document) => {
      const value = input(document);
      if (!isNumeric(value)) return average ?? null;
      average =
        average === undefined
          ? value
          : add(multiply(value, doubleOf(alpha)), multiply(average, doubleOf(1 - alpha)));
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
      const [y0, y1] = [values[before], values[after]];
      if (!isNumeric(y0) || !isNumeric(y1)) return null;
      return add(y0, divide(multiply(subtract(y1, y0), doubleOf(x - x0)), doubleOf(x1 - x0)));
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
      return doubleOf(
        most === least ? low : ((value - least) / (most - least)) * (high - low) + low,
      );
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
  ...rateFunctions,
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
