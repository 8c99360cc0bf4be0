import { isNumeric, toNumber } from './bson-values.ts';

/** MongoDB's truth: everything but false, zero, null and absent. An empty string is true. */
export function isTruthy(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return !isNumeric(value) || toNumber(value) !== 0;
}
