import type { Document } from '../../engine/engine.ts';
import { accumulate, percentiles, type AccumulatorName } from '../accumulators.ts';
import {
  fieldOf,
  isFields,
  isNumeric,
  isPlainObject,
  putField,
  toInteger,
  toNumber,
} from '../bson-values.ts';
import { compareValues, equalValues } from '../compare-values.ts';
import { compileSort } from '../compile-sort.ts';
import {
  fixed,
  isNullish,
  namedOperands,
  nullable,
  objectOperand,
  operandsOf,
  ranging,
  typeName,
  unary,
  withVariables,
  type OperatorCompiler,
  type OperatorTable,
} from '../expression-compiler.ts';
import { refuse, refuseAt } from '../refuse.ts';
import { isTruthy } from '../truth.ts';
import { assertUserVariable } from './logic-operators.ts';

function arrayOf(value: unknown, name: string, code: number): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return refuseAt(code, `${name} requires an array, not ${typeName(value)}`);
}

function wholeOf(value: unknown, message: string, code: number): number {
  return toInteger(value) ?? refuseAt(code, message);
}

const elementAt = fixed(2, ([array, index]) => {
  if (isNullish(array) || isNullish(index)) return null;
  if (!Array.isArray(array)) {
    return refuseAt(
      28689,
      `$arrayElemAt's first argument must be an array, but is ${typeName(array)}`,
    );
  }
  if (!isNumeric(index)) {
    return refuseAt(
      28690,
      `$arrayElemAt's second argument must be a numeric value, but is ${typeName(index)}`,
    );
  }
  const place = wholeOf(
    index,
    "$arrayElemAt's second argument must be representable as a 32-bit integer",
    28691,
  );
  return (array as readonly unknown[]).at(place);
});

const toObject = nullable((value) => {
  if (!Array.isArray(value)) {
    return refuseAt(40386, `$arrayToObject requires an array input, found: ${typeName(value)}`);
  }
  const result: Document = {};
  for (const entry of value as readonly unknown[]) {
    const [key, inner] = pairOf(entry);
    if (typeof key !== 'string') {
      refuseAt(40394, `$arrayToObject requires keys to be of type string, found: ${typeName(key)}`);
    }
    putField(result, key, inner);
  }
  return result;
});

function pairOf(entry: unknown): readonly [unknown, unknown] {
  if (Array.isArray(entry)) {
    if (entry.length !== 2) {
      return refuseAt(
        40397,
        `$arrayToObject requires an array of size 2 arrays, found array of size: ${entry.length}`,
      );
    }
    return [entry[0], entry[1]];
  }
  if (!isFields(entry)) {
    return refuseAt(40398, `Unrecognised input type format for $arrayToObject: ${typeName(entry)}`);
  }
  if (Object.keys(entry).length !== 2 || !('k' in entry) || !('v' in entry)) {
    return refuseAt(40392, "$arrayToObject requires an object with keys 'k' and 'v'.");
  }
  return [fieldOf(entry, 'k'), fieldOf(entry, 'v')];
}

const concat = ranging(0, Infinity, (values) => {
  const result: unknown[] = [];
  for (const value of values) {
    if (isNullish(value)) return null;
    if (!Array.isArray(value)) {
      return refuseAt(28664, `$concatArrays only supports arrays, not ${typeName(value)}`);
    }
    result.push(...(value as readonly unknown[]));
  }
  return result;
});

const filter: OperatorCompiler = (operand, compiler, name) => {
  const given = objectOperand(operand, name, {
    required: ['input', 'cond'],
    optional: ['as', 'limit'],
  });
  const variable = variableName(given['as']);
  const input = compiler.compile(given['input']);
  const condition = compiler.defining([variable]).compile(given['cond']);
  const limit = given['limit'] === undefined ? undefined : compiler.compile(given['limit']);
  return (scope) => {
    const array = input(scope);
    if (isNullish(array)) return null;
    if (!Array.isArray(array))
      return refuseAt(28651, `input to $filter must be an array not ${typeName(array)}`);
    const most = limit?.(scope);
    const max = isNullish(most) ? Infinity : (toInteger(most) ?? 0);
    if (max < 1)
      return refuseAt(
        327392,
        `$filter: limit must be represented as a 32-bit integral value greater than 0: ${String(most)}`,
      );
    const result: unknown[] = [];
    for (const element of array as readonly unknown[]) {
      if (result.length >= max) break;
      if (isTruthy(condition(withVariables(scope, { [variable]: element })))) result.push(element);
    }
    return result;
  };
};

function variableName(given: unknown): string {
  if (given === undefined) return 'this';
  if (typeof given !== 'string') return refuse("'as' must be a string", 'FailedToParse');
  assertUserVariable(given);
  return given;
}

const map: OperatorCompiler = (operand, compiler, name) => {
  const given = objectOperand(operand, name, { required: ['input', 'in'], optional: ['as'] });
  const variable = variableName(given['as']);
  const input = compiler.compile(given['input']);
  const inner = compiler.defining([variable]).compile(given['in']);
  return (scope) => {
    const array = input(scope);
    if (isNullish(array)) return null;
    if (!Array.isArray(array))
      return refuseAt(16883, `input to $map must be an array not ${typeName(array)}`);
    return (array as readonly unknown[]).map(
      (element) => inner(withVariables(scope, { [variable]: element })) ?? null,
    );
  };
};

const reduce: OperatorCompiler = (operand, compiler, name) => {
  const given = objectOperand(operand, name, { required: ['input', 'initialValue', 'in'] });
  const input = compiler.compile(given['input']);
  const initial = compiler.compile(given['initialValue']);
  const inner = compiler.defining(['this', 'value']).compile(given['in']);
  return (scope) => {
    const array = input(scope);
    if (isNullish(array)) return null;
    if (!Array.isArray(array))
      return refuseAt(
        40080,
        `$reduce requires that 'input' be an array, found: ${typeName(array)}`,
      );
    let value = initial(scope);
    for (const element of array as readonly unknown[]) {
      value = inner(withVariables(scope, { this: element, value }));
    }
    return value;
  };
};

const indexOfArray = ranging(2, 4, (values, _name, collation) => {
  const [array, wanted, start, end] = values;
  if (isNullish(array)) return null;
  if (!Array.isArray(array)) {
    return refuseAt(
      40090,
      `$indexOfArray requires an array as a first argument, found: ${typeName(array)}`,
    );
  }
  const from = placeOf(start, 0);
  const to = Math.min(placeOf(end, array.length), array.length);
  for (let index = from; index < to; index++) {
    if (equalValues(array[index], wanted, collation)) return index;
  }
  return -1;
});

function placeOf(value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  const place = toInteger(value);
  if (place === undefined)
    return refuseAt(
      40096,
      `$indexOfArray requires an integral index, found a value of type: ${typeName(value)}`,
    );
  return place < 0 ? refuseAt(40097, '$indexOfArray requires a nonnegative index') : place;
}

const range = ranging(2, 3, (values) => {
  const [start, end, step = 1] = values.map((value, index) => {
    if (!isNumeric(value))
      return refuseAt(
        34443 + index * 2,
        `$range requires a numeric argument, found value of type: ${typeName(value)}`,
      );
    return wholeOf(
      value,
      '$range requires arguments that can be represented as 32-bit integers',
      34444,
    );
  });
  if (start === undefined || end === undefined) return null;
  if (step === 0) return refuseAt(34449, '$range requires a non-zero step value');
  const length = Math.max(0, Math.ceil((end - start) / step));
  if (length > 5_000_000) return refuse('$range would use too much memory', 'OperationFailed');
  return Array.from({ length }, (_, index) => start + index * step);
});

const slice = ranging(2, 3, (values) => {
  const [array, first, second] = values;
  if (isNullish(array) || isNullish(first) || (values.length === 3 && isNullish(second)))
    return null;
  if (!Array.isArray(array))
    return refuseAt(
      28724,
      `First argument to $slice must be an array, but is of type: ${typeName(array)}`,
    );
  const place = wholeOf(
    first,
    'Second argument to $slice must be numeric and representable as a 32-bit integer',
    28725,
  );
  const elements = array as readonly unknown[];
  if (values.length === 2) return place >= 0 ? elements.slice(0, place) : elements.slice(place);
  const count = wholeOf(
    second,
    'Third argument to $slice must be numeric and representable as a 32-bit integer',
    28727,
  );
  if (count <= 0) return refuseAt(28729, `Third argument to $slice must be positive: ${count}`);
  const start = place < 0 ? Math.max(0, elements.length + place) : place;
  return elements.slice(start, start + count);
});

const sortArray: OperatorCompiler = (operand, compiler, name) => {
  const given = objectOperand(operand, name, { required: ['input', 'sortBy'] });
  const input = compiler.compile(given['input']);
  const by: unknown = given['sortBy'];
  const direction = toNumber(by);
  if (!isPlainObject(by) && direction !== 1 && direction !== -1) {
    return refuseAt(2942507, 'The $sort element value must be either 1 or -1');
  }
  const order = isPlainObject(by) ? compileSort(by, compiler.collation) : undefined;
  return (scope) => {
    const array = input(scope);
    if (isNullish(array)) return null;
    if (!Array.isArray(array)) {
      return refuseAt(
        2942504,
        `The input argument to $sortArray must be an array, but was of type: ${typeName(array)}`,
      );
    }
    return (array as readonly unknown[])
      .slice()
      .sort((a, b) =>
        order === undefined
          ? direction * compareValues(a, b, compiler.collation)
          : order(isFields(a) ? a : {}, isFields(b) ? b : {}),
      );
  };
};

const zip: OperatorCompiler = (operand, compiler, name) => {
  const given = objectOperand(operand, name, {
    required: ['inputs'],
    optional: ['defaults', 'useLongestLength'],
  });
  const inputs = compiler.compile(given['inputs']);
  const defaults =
    given['defaults'] === undefined ? undefined : compiler.compile(given['defaults']);
  const isLongest = given['useLongestLength'] === true;
  if (defaults !== undefined && !isLongest) {
    return refuseAt(34466, 'cannot specify defaults unless useLongestLength is true');
  }
  return (scope) => {
    const lists = inputs(scope);
    if (!Array.isArray(lists)) return refuseAt(34461, 'inputs must be an array of expressions');
    if (lists.some(isNullish)) return null;
    const arrays = lists.map((list: unknown) => arrayOf(list, '$zip', 34468));
    const filling = defaults?.(scope);
    const fill: readonly unknown[] = Array.isArray(filling) ? filling : [];
    const lengths = arrays.map((array) => array.length);
    const length =
      lengths.length === 0 ? 0 : isLongest ? Math.max(...lengths) : Math.min(...lengths);
    return Array.from({ length }, (_, row) =>
      arrays.map((array, column) => (row < array.length ? array[row] : (fill[column] ?? null))),
    );
  };
};

type Pick = (
  array: readonly unknown[],
  count: number,
  compare: (a: unknown, b: unknown) => number,
) => unknown;

function pickingN(pick: Pick): OperatorCompiler {
  return (operand, compiler, name) => {
    const operands = namedOperands(operand, name, compiler, { required: ['n', 'input'] });
    const compare = (a: unknown, b: unknown): number => compareValues(a, b, compiler.collation);
    return (scope) => {
      const { n, input } = operands(scope);
      if (isNullish(input)) return null;
      const count = toInteger(n);
      if (count === undefined || count < 1) {
        return refuseAt(5787908, `'n' must be greater than 0, found ${String(n)}`);
      }
      return pick(arrayOf(input, name, 5788200), count, compare);
    };
  };
}

/** The expression form of an accumulator: over its operands, or over the one array it is given. */
function accumulating(name: AccumulatorName): OperatorCompiler {
  return (operand, compiler) => {
    const given: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
    const inner = given.map((each) => compiler.compile(each));
    const [only] = inner;
    return (scope) => {
      if (inner.length !== 1 || only === undefined) {
        return accumulate(
          name,
          inner.map((evaluate) => evaluate(scope)),
          compiler.collation,
        );
      }
      const value = only(scope);
      return accumulate(name, Array.isArray(value) ? value : [value], compiler.collation);
    };
  };
}

function end(place: 0 | -1): OperatorCompiler {
  return nullable((value, name) =>
    Array.isArray(value)
      ? (value as readonly unknown[]).at(place)
      : refuseAt(28689, `${name}'s argument must be an array, but is ${typeName(value)}`),
  );
}

const percentile: OperatorCompiler = (operand, compiler, name) => {
  const isMedian = name === '$median';
  const operands = namedOperands(operand, name, compiler, {
    required: isMedian ? ['input', 'method'] : ['input', 'p', 'method'],
  });
  return (scope) => {
    const { input, p, method } = operands(scope);
    if (method !== 'approximate')
      return refuse("Currently only 'approximate' can be used as percentile 'method'.");
    const values: readonly unknown[] = Array.isArray(input) ? input : [input];
    if (isMedian) return percentiles(values, [0.5])[0];
    return percentiles(values, parseRanks(p));
  };
};

/** The `p` of `$percentile`: numbers between 0 and 1. @throws StoreError 7750301. */
export function parseRanks(given: unknown): readonly number[] {
  if (!Array.isArray(given) || given.length === 0) {
    return refuseAt(
      7750301,
      "The $percentile 'p' field must be an array of numbers from [0.0, 1.0]",
    );
  }
  return given.map((rank) => {
    const number = toNumber(rank);
    return number >= 0 && number <= 1
      ? number
      : refuseAt(7750303, "The $percentile 'p' field must be an array of numbers from [0.0, 1.0]");
  });
}

/** Expressions over arrays, and accumulators in their expression form. */
export const arrayOperators: OperatorTable = {
  $arrayElemAt: elementAt,
  $arrayToObject: toObject,
  $concatArrays: concat,
  $filter: filter,
  $map: map,
  $reduce: reduce,
  $first: end(0),
  $last: end(-1),
  $firstN: pickingN((array, count) => array.slice(0, count)),
  $lastN: pickingN((array, count) => array.slice(-count)),
  $minN: pickingN((array, count, compare) =>
    array
      .slice()
      .filter((value) => !isNullish(value))
      .sort(compare)
      .slice(0, count),
  ),
  $maxN: pickingN((array, count, compare) =>
    array
      .slice()
      .filter((value) => !isNullish(value))
      .sort((a, b) => compare(b, a))
      .slice(0, count),
  ),
  $in: fixed(2, ([wanted, array], _name, collation) => {
    if (!Array.isArray(array)) {
      return refuseAt(
        40081,
        `$in requires an array as a second argument, found: ${typeName(array)}`,
      );
    }
    return array.some((element) => equalValues(element, wanted, collation));
  }),
  $indexOfArray: indexOfArray,
  $isArray: (operand, compiler, name) => {
    const evaluate = compiler.compile(operandsOf(operand, name, 1)[0]);
    return (scope) => Array.isArray(evaluate(scope));
  },
  $range: range,
  $reverseArray: nullable((value) =>
    Array.isArray(value)
      ? (value as readonly unknown[]).toReversed()
      : refuseAt(
          34435,
          `The argument to $reverseArray must be an array, but was of type: ${typeName(value)}`,
        ),
  ),
  $size: unary((value) =>
    Array.isArray(value)
      ? value.length
      : refuseAt(
          17124,
          `The argument to $size must be an array, but was of type: ${typeName(value)}`,
        ),
  ),
  $slice: slice,
  $sortArray: sortArray,
  $zip: zip,
  $sum: accumulating('$sum'),
  $avg: accumulating('$avg'),
  $min: accumulating('$min'),
  $max: accumulating('$max'),
  $stdDevPop: accumulating('$stdDevPop'),
  $stdDevSamp: accumulating('$stdDevSamp'),
  $mergeObjects: accumulating('$mergeObjects'),
  $percentile: percentile,
  $median: percentile,
};
