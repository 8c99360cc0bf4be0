/**
 * Operators whose answer depends on which numeric type a number has, and not on its value alone: those that ask for the type,
 * those that take only some types, and arithmetic, which keeps 64-bit whole numbers exact.
 */
const TYPE_SENSITIVE: ReadonlySet<string> = new Set([
  '$type',
  '$jsonSchema',
  '$convert',
  '$toDate',
  '$toLong',
  '$toDouble',
  '$toDecimal',
  '$bitAnd',
  '$bitOr',
  '$bitXor',
  '$bitNot',
  '$add',
  '$subtract',
  '$multiply',
  '$mod',
  '$divide',
  '$pow',
  '$abs',
  '$ceil',
  '$floor',
  '$round',
  '$trunc',
  '$avg',
  '$sum',
]);

/** Sums of a constant, as `{$sum: 1}` counts with, look at no document. */
function isConstantSum(name: string, operand: unknown): boolean {
  return (name === '$sum' || name === '$avg') && typeof operand === 'number';
}

/**
 * Whether a filter, projection, expression or pipeline may answer otherwise for `Long(5)` or `Double(5)` than for `5`.
 * It looks at names only, so a literal that bears an operator's name counts too.
 */
export function isTypeSensitive(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(isTypeSensitive);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.entries(value).some(
    ([name, operand]) =>
      (TYPE_SENSITIVE.has(name) && !isConstantSum(name, operand)) || isTypeSensitive(operand),
  );
}
