import { isPlainObject } from '../../query/bson-values.ts';
import type { Document } from '../engine.ts';
import type { ValuePredicate, ValueTest } from './predicates.ts';

const FLIPPED = { $gt: '$lt', $gte: '$lte', $lt: '$gt', $lte: '$gte' } as const;
type RangeOperator = keyof typeof FLIPPED;

/**
 * What `$expr` says about single fields, where it compares one with a constant or a variable.
 *
 * `{$and: [{$eq: ['$a', '$$x']}, {$lt: ['$b', 5]}]}` with x = 1 gives a point of a and a range of b.
 * Nothing it says is exact: the expression is evaluated again on what the index finds.
 */
export function parseExpressionPredicates(
  expression: unknown,
  variables: Document = {},
): readonly ValuePredicate[] {
  if (!isPlainObject(expression)) return [];
  const [[operator, operands] = ['', undefined], ...others] = Object.entries(expression);
  if (others.length > 0 || !Array.isArray(operands)) return [];
  if (operator === '$and') {
    return operands.flatMap((operand) => parseExpressionPredicates(operand, variables));
  }
  if (operands.length !== 2) return [];
  const [left, right] = operands as readonly unknown[];
  if (operator === '$in') return membership(left, right, variables);
  if (operator !== '$eq' && !isRange(operator)) return [];
  return comparison(operator, left, right, variables);
}

function isRange(operator: string): operator is RangeOperator {
  return Object.hasOwn(FLIPPED, operator);
}

function comparison(
  operator: '$eq' | RangeOperator,
  left: unknown,
  right: unknown,
  variables: Document,
): readonly ValuePredicate[] {
  const path = fieldPath(left);
  const constant = path === undefined ? undefined : constantOf(right, variables);
  if (path !== undefined && constant !== undefined) return predicate(path, operator, constant);
  const otherPath = fieldPath(right);
  const otherConstant = otherPath === undefined ? undefined : constantOf(left, variables);
  if (otherPath === undefined || otherConstant === undefined) return [];
  return predicate(otherPath, operator === '$eq' ? '$eq' : FLIPPED[operator], otherConstant);
}

function predicate(
  path: string,
  operator: '$eq' | RangeOperator,
  { value }: Constant,
): readonly ValuePredicate[] {
  const isNothing = value === undefined || value === null;
  // An expression orders absent below null, an index holds them equal: a range from there would lose some.
  if (isNothing && operator !== '$eq') return [];
  const test: ValueTest =
    operator === '$eq'
      ? { kind: 'points', values: [value ?? null] }
      : { kind: 'range', operator, value, isAcrossTypes: true };
  return [{ kind: 'values', path, test, isExact: false, isWhole: true }];
}

/** `[field, list]`: the field's whole value is one of the list; `[value, field]`: the field is an array that holds the value. */
function membership(left: unknown, right: unknown, variables: Document): readonly ValuePredicate[] {
  const path = fieldPath(left);
  const list = constantOf(right, variables)?.value;
  if (path !== undefined && Array.isArray(list)) {
    const values = list.map((value: unknown) => value ?? null);
    return [
      { kind: 'values', path, test: { kind: 'points', values }, isExact: false, isWhole: true },
    ];
  }
  const arrayPath = fieldPath(right);
  const element = constantOf(left, variables);
  if (arrayPath === undefined || element === undefined || arrayPath.includes('.')) return [];
  const value = element.value ?? null;
  return [
    { kind: 'values', path: arrayPath, test: { kind: 'points', values: [value] }, isExact: false },
  ];
}

function fieldPath(expression: unknown): string | undefined {
  if (typeof expression !== 'string' || !/^\$[^$]/.test(expression)) return undefined;
  return expression.slice(1);
}

interface Constant {
  readonly value: unknown;
}

/** The value of an operand that does not depend on the document; undefined when it may. */
function constantOf(expression: unknown, variables: Document): Constant | undefined {
  if (typeof expression === 'string') {
    if (expression.startsWith('$$')) return variableAt(expression.slice(2), variables);
    return expression.startsWith('$') ? undefined : { value: expression };
  }
  if (Array.isArray(expression)) {
    const values = expression.map((element) => constantOf(element, variables));
    return values.every((value) => value !== undefined)
      ? { value: values.map((constant) => constant.value) }
      : undefined;
  }
  if (!isPlainObject(expression)) return { value: expression };
  return Object.keys(expression).length === 1 && '$literal' in expression
    ? { value: expression['$literal'] }
    : undefined;
}

function variableAt(path: string, variables: Document): Constant | undefined {
  const [name = '', ...rest] = path.split('.');
  if (!Object.hasOwn(variables, name)) return undefined;
  let value = variables[name];
  for (const part of rest) {
    // Paths through arrays gather values; leave those to the evaluation.
    if (Array.isArray(value)) return undefined;
    value = isPlainObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }
  return { value };
}
