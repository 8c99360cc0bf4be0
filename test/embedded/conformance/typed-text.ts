import { Decimal128, Double, Int32, Long } from 'mongodb';

/**
 * A value as it came without promotion, its numbers with their types: `{a: Long(5), b: [Double(1)]}` becomes
 * `{a: long 5, b: [double 1]}`. A number that was promoted shows as `promoted`, so that a forgotten option is seen.
 */
export function typedText(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (value instanceof Int32) return `int ${value.value}`;
  if (value instanceof Long) return `long ${value.toString()}`;
  if (value instanceof Double) {
    return `double ${Object.is(value.value, -0) ? '-0' : String(value.value)}`;
  }
  if (value instanceof Decimal128) return `decimal ${value.toString()}`;
  if (typeof value === 'number') return `promoted ${value}`;
  if (value instanceof Date) return `date ${value.toISOString()}`;
  if (Array.isArray(value)) return `[${value.map(typedText).join(', ')}]`;
  if (typeof value === 'object') {
    const fields = Object.entries(value).map(([name, inner]) => `${name}: ${typedText(inner)}`);
    return `{${fields.join(', ')}}`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
