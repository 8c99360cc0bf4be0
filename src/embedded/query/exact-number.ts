import { Double, Int32, Long, type Decimal128 } from 'bson';
import { bsonTypeOf, toNumber, type NumberValue } from './bson-values.ts';

/** A finite number without rounding: `coefficient × 10^exponent`. */
export interface Exact {
  readonly coefficient: bigint;
  readonly exponent: number;
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:E([+-]?\d+))?$/i;

function exactOfDecimal(text: string): Exact | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = BigInt(`${whole}${fraction}` || '0');
  return {
    coefficient: sign === '-' ? -digits : digits,
    exponent: Number(exponent) - fraction.length,
  };
}

function exactOfDouble(value: number): Exact {
  if (Number.isInteger(value)) return { coefficient: BigInt(value), exponent: 0 };
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const power = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  const mantissa = power === 0 ? fraction : fraction | 0x10000000000000n;
  const shift = (power === 0 ? 1 : power) - 1075;
  // A fraction of a power of two is a whole number of the same power of ten: m·2^-k = m·5^k·10^-k.
  const coefficient = mantissa * 5n ** BigInt(-shift);
  return { coefficient: value < 0 ? -coefficient : coefficient, exponent: shift };
}

/** NaN or an infinity as a JavaScript number; undefined for a finite number. */
export function specialOf(value: NumberValue): number | undefined {
  const number = toNumber(value);
  if (Number.isFinite(number)) return undefined;
  if (bsonTypeOf(value) !== 'decimal') return typeof value === 'bigint' ? undefined : number;
  const text = (value as Decimal128).toString();
  return /nan|inf/i.test(text) ? (/nan/i.test(text) ? Number.NaN : number) : undefined;
}

/** A finite number without rounding. */
export function exactOf(value: NumberValue): Exact {
  if (typeof value === 'bigint') return { coefficient: value, exponent: 0 };
  const type = bsonTypeOf(value);
  if (type === 'long') return { coefficient: (value as Long).toBigInt(), exponent: 0 };
  if (type === 'decimal') {
    return exactOfDecimal((value as Decimal128).toString()) ?? { coefficient: 0n, exponent: 0 };
  }
  return exactOfDouble(toNumber(value));
}

/** Orders two exact numbers. */
export function compareExact(a: Exact, b: Exact): number {
  const signs = Math.sign(Number(a.coefficient > 0n) - Number(a.coefficient < 0n));
  const others = Math.sign(Number(b.coefficient > 0n) - Number(b.coefficient < 0n));
  if (signs !== others || signs === 0) return Math.sign(signs - others);
  const shift = a.exponent - b.exponent;
  const left = shift > 0 ? a.coefficient * 10n ** BigInt(shift) : a.coefficient;
  const right = shift < 0 ? b.coefficient * 10n ** BigInt(-shift) : b.coefficient;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A number as JavaScript's where that loses nothing; undefined for a decimal and a 64-bit number beyond 2^53. */
function plainOf(value: NumberValue): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof Double || value instanceof Int32) return value.value;
  if (!(value instanceof Long)) return undefined;
  const number = value.toNumber();
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Orders two numbers of any numeric types by their exact value; NaN is below every other and equal to itself. */
export function compareNumbers(a: NumberValue, b: NumberValue): number {
  const x = plainOf(a);
  const y = plainOf(b);
  if (x !== undefined && y !== undefined) {
    if (x < y) return -1;
    if (x > y) return 1;
    if (x === y) return 0;
    return Number.isNaN(x) ? (Number.isNaN(y) ? 0 : -1) : 1;
  }
  const left = specialOf(a);
  const right = specialOf(b);
  if (left !== undefined || right !== undefined) {
    return compareNumbers(left ?? 0, right ?? 0);
  }
  return compareExact(exactOf(a), exactOf(b));
}

/** Text that is equal exactly for numbers that compare equal, whatever their types. */
export function numberKey(value: NumberValue): string {
  const plain = plainOf(value);
  if (plain !== undefined) return String(plain === 0 ? 0 : plain);
  const special = specialOf(value);
  if (special !== undefined) return String(special);
  const { coefficient, exponent } = exactOf(value);
  const nearest = toNumber(value);
  if (
    Number.isFinite(nearest) &&
    compareExact(exactOfDouble(nearest), { coefficient, exponent }) === 0
  ) {
    return String(nearest === 0 ? 0 : nearest);
  }
  const digits = coefficient.toString();
  const trimmed = digits.replace(/0+$/, '');
  return `${trimmed}e${exponent + digits.length - trimmed.length}`;
}
