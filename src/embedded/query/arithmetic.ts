import { Decimal128, Double, Long } from 'bson';
import { bsonTypeOf, toNumber, type NumberValue } from './bson-values.ts';
import { exactOf, specialOf, type Exact } from './exact-number.ts';

type Operation = 'add' | 'subtract' | 'multiply';

const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;
const DECIMAL_DIGITS = 34;

const ON_NUMBERS: Readonly<Record<Operation, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
};

const ON_WHOLE: Readonly<Record<Operation, (a: bigint, b: bigint) => bigint>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
};

function scaled(value: Exact, exponent: number): bigint {
  return value.coefficient * 10n ** BigInt(value.exponent - exponent);
}

function onExact(operation: Operation, a: Exact, b: Exact): Exact {
  if (operation === 'multiply') {
    return { coefficient: a.coefficient * b.coefficient, exponent: a.exponent + b.exponent };
  }
  const exponent = Math.min(a.exponent, b.exponent);
  return { coefficient: ON_WHOLE[operation](scaled(a, exponent), scaled(b, exponent)), exponent };
}

/** Rounds half to even to a power of ten. */
function roundTo(value: Exact, exponent: number): Exact {
  if (value.exponent >= exponent) return value;
  const unit = 10n ** BigInt(exponent - value.exponent);
  const quotient = value.coefficient / unit;
  const rest = value.coefficient % unit;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  const isUp = twice > unit || (twice === unit && quotient % 2n !== 0n);
  const step = value.coefficient < 0n ? -1n : 1n;
  return { coefficient: isUp ? quotient + step : quotient, exponent };
}

/** An exact number as a Decimal128 of at most 34 digits. */
export function decimalOfExact(value: Exact): Decimal128 {
  const digits = value.coefficient.toString().replace('-', '').length;
  const fitted =
    digits > DECIMAL_DIGITS ? roundTo(value, value.exponent + digits - DECIMAL_DIGITS) : value;
  return Decimal128.fromString(`${fitted.coefficient}E${fitted.exponent}`);
}

/** A number as a Decimal128; a double is taken at 15 digits, as MongoDB converts. */
export function toDecimal(value: NumberValue): Decimal128 {
  const type = bsonTypeOf(value);
  if (type === 'decimal') return value as Decimal128;
  const special = specialOf(value);
  if (special !== undefined) {
    return Decimal128.fromString(
      Number.isNaN(special) ? 'NaN' : special > 0 ? 'Infinity' : '-Infinity',
    );
  }
  if (type === 'double')
    return Decimal128.fromString(String(Number(toNumber(value).toPrecision(15))));
  return decimalOfExact(exactOf(value));
}

function decimalResult(operation: Operation, a: NumberValue, b: NumberValue): Decimal128 {
  if (specialOf(a) !== undefined || specialOf(b) !== undefined) {
    return toDecimal(ON_NUMBERS[operation](toNumber(a), toNumber(b)));
  }
  return decimalOfExact(onExact(operation, exactOf(toDecimal(a)), exactOf(toDecimal(b))));
}

/** A number as a double: a whole one within 32 bits would pass for an int otherwise. */
export function doubleOf(value: number): number | Double {
  return bsonTypeOf(value) === 'int' ? new Double(value) : value;
}

/**
 * Adds, subtracts or multiplies by MongoDB's typing: decimal if either is, else double if either is, else
 * a whole number that grows from 32 to 64 bits. `undefined` when 64 bits overflow.
 */
function calculate(operation: Operation, a: NumberValue, b: NumberValue): NumberValue | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const result = ON_NUMBERS[operation](a, b);
    if (bsonTypeOf(a) !== 'int' || bsonTypeOf(b) !== 'int') return doubleOf(result);
    // Only a double has a negative zero, which a product of ints must not become.
    if (result <= 0x7fffffff && result >= -0x80000000) return result + 0;
    return Long.fromBigInt(ON_WHOLE[operation](BigInt(a), BigInt(b)));
  }
  const types = [bsonTypeOf(a), bsonTypeOf(b)];
  if (types.includes('decimal')) return decimalResult(operation, a, b);
  if (types.includes('double')) return doubleOf(ON_NUMBERS[operation](toNumber(a), toNumber(b)));
  const whole = ON_WHOLE[operation](exactOf(a).coefficient, exactOf(b).coefficient);
  if (whole < MIN_LONG || whole > MAX_LONG) return undefined;
  if (!types.includes('long') && whole >= -0x80000000n && whole <= 0x7fffffffn)
    return Number(whole);
  return Long.fromBigInt(whole);
}

/** As `calculate` of an update: undefined when the sum does not fit 64 bits. */
export function addStrict(a: NumberValue, b: NumberValue): NumberValue | undefined {
  return calculate('add', a, b);
}

/** As `calculate` of an update: undefined when the product does not fit 64 bits. */
export function multiplyStrict(a: NumberValue, b: NumberValue): NumberValue | undefined {
  return calculate('multiply', a, b);
}

/** The sum; a double when 64 bits overflow, as expressions answer. */
export function add(a: NumberValue, b: NumberValue): NumberValue {
  return calculate('add', a, b) ?? toNumber(a) + toNumber(b);
}

/** The difference; a double when 64 bits overflow. */
export function subtract(a: NumberValue, b: NumberValue): NumberValue {
  return calculate('subtract', a, b) ?? toNumber(a) - toNumber(b);
}

/** The product; a double when 64 bits overflow. */
export function multiply(a: NumberValue, b: NumberValue): NumberValue {
  return calculate('multiply', a, b) ?? toNumber(a) * toNumber(b);
}

/** What ints alone add up or multiply to: an int again where it fits, whatever it was on the way. */
export function narrowed(total: NumberValue): NumberValue {
  return bsonTypeOf(total) === 'long' ? wholeNumber(exactOf(total).coefficient) : total;
}

/** The quotient: a double, or a decimal of 34 digits when either number is one. The divisor is not zero. */
export function divide(a: NumberValue, b: NumberValue): NumberValue {
  if (bsonTypeOf(a) !== 'decimal' && bsonTypeOf(b) !== 'decimal')
    return doubleOf(toNumber(a) / toNumber(b));
  if (specialOf(a) !== undefined || specialOf(b) !== undefined)
    return toDecimal(toNumber(a) / toNumber(b));
  const dividend = exactOf(toDecimal(a));
  const divisor = exactOf(toDecimal(b));
  const shift = 40 + divisor.coefficient.toString().length;
  const coefficient = (dividend.coefficient * 10n ** BigInt(shift)) / divisor.coefficient;
  return trimmed(
    decimalOfExact({ coefficient, exponent: dividend.exponent - divisor.exponent - shift }),
  );
}

function trimmed(value: Decimal128): Decimal128 {
  const { coefficient, exponent } = exactOf(value);
  if (coefficient === 0n) return Decimal128.fromString('0');
  let digits = coefficient;
  let power = exponent;
  while (digits % 10n === 0n && power < 0) {
    digits /= 10n;
    power += 1;
  }
  return decimalOfExact({ coefficient: digits, exponent: power });
}

/** The remainder with the sign of the dividend. The divisor is not zero. */
export function modulo(a: NumberValue, b: NumberValue): NumberValue {
  const types = [bsonTypeOf(a), bsonTypeOf(b)];
  if (types.includes('decimal')) {
    if (specialOf(a) !== undefined || specialOf(b) !== undefined)
      return toDecimal(toNumber(a) % toNumber(b));
    const left = exactOf(toDecimal(a));
    const right = exactOf(toDecimal(b));
    const exponent = Math.min(left.exponent, right.exponent);
    return decimalOfExact({
      coefficient: scaled(left, exponent) % scaled(right, exponent),
      exponent,
    });
  }
  if (types.includes('long') && !types.includes('double')) {
    return Long.fromBigInt(exactOf(a).coefficient % exactOf(b).coefficient);
  }
  const rest = toNumber(a) % toNumber(b);
  return types.includes('double') ? doubleOf(rest) : rest + 0;
}

/** How a number is cut to `place` decimal digits. */
export type Rounding = 'round' | 'trunc' | 'floor' | 'ceil';

/** Rounds to a number of decimal places (half to even), or cuts; the type stays. */
export function roundNumber(value: NumberValue, place: number, rounding: Rounding): NumberValue {
  const special = specialOf(value);
  if (special !== undefined) return value;
  const type = bsonTypeOf(value);
  const exact = exactOf(value);
  const unit = -place;
  if (exact.exponent >= unit) return value;
  const cut = rounding === 'round' ? roundTo(exact, unit) : cutTo(exact, unit, rounding);
  if (type === 'decimal') return decimalOfExact(cut);
  if (type === 'double') return doubleOf(Number(`${cut.coefficient}e${cut.exponent}`));
  const whole = scaled(cut, 0);
  if (whole < MIN_LONG || whole > MAX_LONG) return Number(whole);
  return type === 'long' ? Long.fromBigInt(whole) : wholeNumber(whole);
}

function cutTo(value: Exact, exponent: number, rounding: Rounding): Exact {
  const unit = 10n ** BigInt(exponent - value.exponent);
  const quotient = value.coefficient / unit;
  const isExact = value.coefficient % unit === 0n;
  if (isExact || rounding === 'trunc') return { coefficient: quotient, exponent };
  const isBelow = value.coefficient < 0n;
  if (rounding === 'floor') return { coefficient: isBelow ? quotient - 1n : quotient, exponent };
  return { coefficient: isBelow ? quotient : quotient + 1n, exponent };
}

/** The number without its sign. */
export function absolute(value: NumberValue): NumberValue {
  if (bsonTypeOf(value) === 'double') return doubleOf(Math.abs(toNumber(value)));
  return toNumber(value) >= 0 ? value : subtract(0, value);
}

/** A whole number of 64 bits: a JavaScript number where that is exact and within 32 bits, else a Long. */
export function wholeNumber(value: bigint): NumberValue {
  return value >= -0x80000000n && value <= 0x7fffffffn ? Number(value) : Long.fromBigInt(value);
}
