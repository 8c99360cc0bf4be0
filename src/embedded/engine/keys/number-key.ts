import { Decimal128, Long } from 'bson';
import type { NumberValue } from '../../query/bson-values.ts';
import type { KeyWriter } from './key-writer.ts';

/** An exact decimal: `digits × 10^exponent`. */
interface Exact {
  readonly digits: bigint;
  readonly exponent: number;
}

/** Below every Decimal128, so that what lies under the doubles can still be ordered by its distance from here. */
const FLOOR: Exact = { digits: -1n, exponent: 6200 };

/**
 * Writes a number so that byte order is order by value across Int32, Double, Long and Decimal128.
 *
 * The nearest double at or below it, then how far it lies above that double; equal values of different types get equal bytes.
 */
export function writeNumber(writer: KeyWriter, value: NumberValue): void {
  if (value instanceof Decimal128) writeDecimal(writer, value.toString());
  else if (typeof value === 'bigint' || value instanceof Long) {
    const integer = typeof value === 'bigint' ? value : value.toBigInt();
    writeExact(writer, { digits: integer, exponent: 0 }, Number(integer));
  } else {
    writer.double(typeof value === 'number' ? value : value.value);
    writer.byte(0);
  }
}

function writeDecimal(writer: KeyWriter, text: string): void {
  const nearest = Number(text);
  if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') {
    writer.double(nearest);
    writer.byte(0);
    return;
  }
  writeExact(writer, parseExact(text), nearest);
}

function parseExact(text: string): Exact {
  const [mantissa = '0', power = '0'] = text.toUpperCase().split('E');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length };
}

function writeExact(writer: KeyWriter, value: Exact, nearest: number): void {
  let below = nearest;
  if (below === Infinity) below = Number.MAX_VALUE;
  if (Number.isFinite(below) && minus(value, exactOf(below)).digits < 0n) below = nextBelow(below);
  writer.double(below);
  const rest = minus(value, below === -Infinity ? FLOOR : exactOf(below));
  if (rest.digits === 0n) {
    writer.byte(0);
    return;
  }
  const digits = rest.digits.toString();
  writer.byte(1);
  writer.uint16(digits.length + rest.exponent + 0x8000);
  for (const digit of digits.replace(/0+$/, '')) writer.byte(Number(digit) + 1);
  writer.byte(0);
}

function minus(left: Exact, right: Exact): Exact {
  const exponent = Math.min(left.exponent, right.exponent);
  const scale = (value: Exact): bigint => value.digits * 10n ** BigInt(value.exponent - exponent);
  return { digits: scale(left) - scale(right), exponent };
}

const view = new DataView(new ArrayBuffer(8));

/** A finite double as a decimal, exactly. */
function exactOf(double: number): Exact {
  view.setFloat64(0, double);
  const bits = view.getBigUint64(0);
  const power = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const mantissa = power === 0 ? fraction : fraction | 0x10_0000_0000_0000n;
  const shift = (power === 0 ? 1 : power) - 1075;
  const signed = bits >> 63n === 1n ? -mantissa : mantissa;
  return shift >= 0
    ? { digits: signed << BigInt(shift), exponent: 0 }
    : { digits: signed * 5n ** BigInt(-shift), exponent: shift };
}

function nextBelow(double: number): number {
  if (double === 0) return -Number.MIN_VALUE;
  view.setFloat64(0, double);
  const bits = view.getBigInt64(0);
  view.setBigInt64(0, bits + (double > 0 ? -1n : 1n));
  return view.getFloat64(0);
}
