import { Long } from 'bson';
import {
  absolute,
  add,
  divide,
  doubleOf,
  modulo,
  multiply,
  narrowed,
  roundNumber,
  subtract,
  toDecimal,
  wholeNumber,
  type Rounding,
} from '../arithmetic.ts';
import { bsonTypeOf, isNumeric, toInteger, toNumber, type NumberValue } from '../bson-values.ts';
import { exactOf } from '../exact-number.ts';
import {
  fixed,
  isNullish,
  nullable,
  ranging,
  typeName,
  type OperatorCompiler,
  type OperatorTable,
} from '../expression-compiler.ts';
import { refuseAt } from '../refuse.ts';

function numeric(value: unknown, name: string, code = 28765): NumberValue {
  if (isNumeric(value)) return value;
  return refuseAt(code, `${name} only supports numeric types, not ${typeName(value)}`);
}

const addOperator: OperatorCompiler = ranging(0, Infinity, (values, name) => {
  let sum: NumberValue = 0;
  let isInt = true;
  let date: Date | undefined;
  for (const value of values) {
    if (isNullish(value)) return null;
    if (value instanceof Date) {
      if (date !== undefined) refuseAt(16612, 'only one date allowed in an $add expression');
      date = value;
    } else if (isNumeric(value)) {
      sum = add(sum, value);
      isInt &&= bsonTypeOf(value) === 'int';
    } else {
      refuseAt(16554, `${name} only supports numeric or date types, not ${typeName(value)}`);
    }
  }
  if (date === undefined) return isInt ? narrowed(sum) : sum;
  return new Date(date.getTime() + Math.round(toNumber(sum)));
});

const subtractOperator = fixed(2, ([a, b]) => {
  if (isNullish(a) || isNullish(b)) return null;
  if (isNumeric(a) && isNumeric(b)) return subtract(a, b);
  if (a instanceof Date) {
    if (b instanceof Date) return Long.fromNumber(a.getTime() - b.getTime());
    if (isNumeric(b)) return new Date(a.getTime() - Math.round(toNumber(b)));
  }
  return refuseAt(16556, `can't $subtract ${typeName(b)} from ${typeName(a)}`);
});

const multiplyOperator = ranging(0, Infinity, (values, name) => {
  let product: NumberValue = 1;
  let isInt = true;
  for (const value of values) {
    if (isNullish(value)) return null;
    product = multiply(product, numeric(value, name, 16555));
    isInt &&= bsonTypeOf(value) === 'int';
  }
  return isInt ? narrowed(product) : product;
});

const divideOperator = fixed(2, ([a, b], name) => {
  if (isNullish(a) || isNullish(b)) return null;
  if (!isNumeric(a) || !isNumeric(b)) {
    return refuseAt(
      16609,
      `${name} only supports numeric types, not ${typeName(a)} and ${typeName(b)}`,
    );
  }
  if (toNumber(b) === 0) return refuseAt(16608, "can't $divide by zero");
  return divide(a, b);
});

const modOperator = fixed(2, ([a, b], name) => {
  if (isNullish(a) || isNullish(b)) return null;
  if (!isNumeric(a) || !isNumeric(b)) {
    return refuseAt(
      16611,
      `${name} only supports numeric types, not ${typeName(a)} and ${typeName(b)}`,
    );
  }
  if (toNumber(b) === 0) return refuseAt(16610, "can't $mod by zero");
  return modulo(a, b);
});

function rounding(kind: Rounding): OperatorCompiler {
  return ranging(1, 2, (values, name) => {
    const [value, place] = values;
    if (isNullish(value) || (values.length === 2 && isNullish(place))) return null;
    const digits = place === undefined ? 0 : toInteger(place);
    if (digits === undefined)
      return refuseAt(51082, `precision argument to  ${name} must be an integral value`);
    if (digits < -20 || digits > 100) {
      return refuseAt(
        51083,
        `cannot apply ${name} with precision value ${digits} value must be in [-20, 100]`,
      );
    }
    return roundNumber(numeric(value, name, 51081), digits, kind);
  });
}

/** A function of doubles, answered as a decimal when the operand is one. */
function real(apply: (value: number, name: string) => number): OperatorCompiler {
  return nullable((value, name) => {
    const number = numeric(value, name);
    const result = apply(toNumber(number), name);
    return realOf([number], result);
  });
}

/** A result as a double, or as a decimal when an operand is one. */
function realOf(operands: readonly unknown[], result: number): NumberValue {
  const isDecimal = operands.some((operand) => bsonTypeOf(operand) === 'decimal');
  return isDecimal ? toDecimal(result) : doubleOf(result);
}

function within(low: number, high: number, apply: (value: number) => number): OperatorCompiler {
  return real((value, name) =>
    Number.isNaN(value) || (value >= low && value <= high)
      ? apply(value)
      : refuseAt(50989, `cannot apply ${name} to ${value}, value must be in [${low},${high}]`),
  );
}

const power = fixed(2, ([base, exponent]) => {
  if (isNullish(base) || isNullish(exponent)) return null;
  if (!isNumeric(base))
    return refuseAt(28762, `$pow's base must be numeric, not ${typeName(base)}`);
  if (!isNumeric(exponent)) {
    return refuseAt(28763, `$pow's exponent must be numeric, not ${typeName(exponent)}`);
  }
  const [b, e] = [toNumber(base), toNumber(exponent)];
  if (b === 0 && e < 0)
    return refuseAt(28764, '$pow cannot take a base of 0 and a negative exponent');
  const types = [bsonTypeOf(base), bsonTypeOf(exponent)];
  if (types.includes('decimal')) return toDecimal(b ** e);
  // Of a negative power of whole numbers only those of 1 and -1 are whole.
  if (types.includes('double') || (e < 0 && Math.abs(b) !== 1)) return doubleOf(b ** e);
  const whole =
    Math.abs(b ** e) < 2 ** 70 ? exactOf(base).coefficient ** BigInt(Math.abs(e)) : undefined;
  const fits = whole !== undefined && BigInt.asIntN(64, whole) === whole;
  if (!fits) return b ** e;
  return types.includes('long') ? Long.fromBigInt(whole) : wholeNumber(whole);
});

const logarithm = fixed(2, ([value, base]) => {
  if (isNullish(value) || isNullish(base)) return null;
  if (!isNumeric(value))
    return refuseAt(28756, `$log's argument must be numeric, not ${typeName(value)}`);
  if (!isNumeric(base))
    return refuseAt(28757, `$log's base must be numeric, not ${typeName(base)}`);
  const [v, b] = [toNumber(value), toNumber(base)];
  if (v <= 0) return refuseAt(28758, `$log's argument must be a positive number, but is ${v}`);
  if (b <= 0 || b === 1)
    return refuseAt(28759, `$log's base must be a positive number not equal to 1, but is ${b}`);
  return realOf([value, base], Math.log(v) / Math.log(b));
});

function positiveLog(code: number, apply: (value: number) => number): OperatorCompiler {
  return real((value, name) =>
    value <= 0
      ? refuseAt(code, `${name}'s argument must be a positive number, but is ${value}`)
      : apply(value),
  );
}

function bitwise(apply: (a: bigint, b: bigint) => bigint, start: bigint): OperatorCompiler {
  return ranging(0, Infinity, (values, name) => {
    let result = start;
    let isLong = false;
    for (const value of values) {
      if (isNullish(value)) return null;
      const type = bsonTypeOf(value);
      if (type !== 'int' && type !== 'long') {
        return refuseAt(14, `${name} only supports int and long operands.`);
      }
      isLong ||= type === 'long';
      result = apply(result, exactOf(value as NumberValue).coefficient);
    }
    return isLong ? Long.fromBigInt(result) : wholeNumber(result);
  });
}

const DEGREE = Math.PI / 180;

/** Arithmetic, trigonometry and bits. */
export const arithmeticOperators: OperatorTable = {
  $add: addOperator,
  $subtract: subtractOperator,
  $multiply: multiplyOperator,
  $divide: divideOperator,
  $mod: modOperator,
  $abs: nullable((value, name) => absolute(numeric(value, name))),
  $ceil: nullable((value, name) => roundNumber(numeric(value, name), 0, 'ceil')),
  $floor: nullable((value, name) => roundNumber(numeric(value, name), 0, 'floor')),
  $round: rounding('round'),
  $trunc: rounding('trunc'),
  $exp: real(Math.exp),
  $ln: positiveLog(28766, Math.log),
  $log10: positiveLog(28761, Math.log10),
  $log: logarithm,
  $pow: power,
  $sqrt: real((value) =>
    value < 0
      ? refuseAt(28714, "$sqrt's argument must be greater than or equal to 0")
      : Math.sqrt(value),
  ),
  $sigmoid: real((value) => 1 / (1 + Math.exp(-value))),
  $sin: real(Math.sin),
  $cos: real(Math.cos),
  $tan: real(Math.tan),
  $asin: within(-1, 1, Math.asin),
  $acos: within(-1, 1, Math.acos),
  $atan: real(Math.atan),
  $atan2: fixed(2, ([y, x], name) =>
    isNullish(y) || isNullish(x)
      ? null
      : realOf([y, x], Math.atan2(toNumber(numeric(y, name)), toNumber(numeric(x, name)))),
  ),
  $sinh: real(Math.sinh),
  $cosh: real(Math.cosh),
  $tanh: real(Math.tanh),
  $asinh: real(Math.asinh),
  $acosh: within(1, Infinity, Math.acosh),
  $atanh: within(-1, 1, Math.atanh),
  $degreesToRadians: real((value) => value * DEGREE),
  $radiansToDegrees: real((value) => value / DEGREE),
  $bitAnd: bitwise((a, b) => a & b, -1n),
  $bitOr: bitwise((a, b) => a | b, 0n),
  $bitXor: bitwise((a, b) => a ^ b, 0n),
  $bitNot: nullable((value, name) => {
    const type = bsonTypeOf(value);
    if (type !== 'int' && type !== 'long')
      return refuseAt(28765, `${name} only supports int and long`);
    const result = ~exactOf(value as NumberValue).coefficient;
    return type === 'long' ? Long.fromBigInt(result) : wholeNumber(result);
  }),
};
