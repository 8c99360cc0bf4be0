import { Decimal128, Double, Int32, Long } from 'bson';
import { compareValues, equalValues } from '../../query/compare-values.ts';
import { compileFilter } from '../../query/compile-filter.ts';
import { isNumeric, isPlainObject, rankOf, type Fields } from '../../query/bson-values.ts';
import type { Document } from '../engine.ts';
import type { Clause, RangeTest, ValuePredicate } from './predicates.ts';

/**
 * Whether every document that a filter matches is in a partial index. Answers no when in doubt.
 *
 * `{a: 7, b: 1}` is within `{a: {$gt: 5}}`.
 *
 * @see https://www.mongodb.com/docs/manual/core/index-partial/#query-coverage
 */
export function isWithinPartial(filter: Document, clause: Clause, partial: Document): boolean {
  return conditionsOf(partial).every(
    ([path, condition]) =>
      conditionsOf(filter).some(
        ([other, same]) => other === path && equalValues(same, condition),
      ) || isImplied(path, condition, clause),
  );
}

function conditionsOf(filter: Fields): readonly (readonly [string, unknown])[] {
  return Object.entries(filter).flatMap(([name, operand]) =>
    name === '$and' && Array.isArray(operand)
      ? operand.flatMap((inner) => (isPlainObject(inner) ? conditionsOf(inner) : []))
      : [[name, operand] as const],
  );
}

function isImplied(path: string, condition: unknown, clause: Clause): boolean {
  if (path.startsWith('$')) return false;
  const operators: Fields =
    isPlainObject(condition) && Object.keys(condition).some((name) => name.startsWith('$'))
      ? condition
      : { $eq: condition };
  const predicates = clause.predicates.filter(
    (predicate): predicate is ValuePredicate =>
      predicate.kind === 'values' && predicate.path === path && predicate.isWhole !== true,
  );
  return Object.entries(operators).every(([operator, operand]) =>
    predicates.some((predicate) => implies(predicate, operator, operand)),
  );
}

/** One of each numeric type: what equals a number may be stored as any of them. */
const NUMBERS = [new Int32(1), new Double(1), Long.ONE, Decimal128.fromString('1')];

function implies({ test }: ValuePredicate, operator: string, operand: unknown): boolean {
  if (operator === '$exists') return operand === true && excludesAbsent(test);
  if (!/^\$(?:eq|gte?|lte?|in|type)$/.test(operator)) return false;
  if (test.kind === 'points') {
    const matches = compileFilter({ value: { [operator]: operand } });
    return test.values.every(
      (value) =>
        !Array.isArray(value) &&
        (operator === '$type' && isNumeric(value) ? NUMBERS : [value]).every((stored) =>
          matches({ value: stored }),
        ),
    );
  }
  return test.kind === 'range' && isNarrower(test, operator, operand);
}

function isNarrower(test: RangeTest, operator: string, operand: unknown): boolean {
  if (test.operator.slice(0, 3) !== operator.slice(0, 3) || operator === '$eq') return false;
  if (rankOf(test.value) !== rankOf(operand)) return false;
  const order = compareValues(test.value, operand) * (operator.startsWith('$g') ? 1 : -1);
  return order > 0 || (order === 0 && (operator.endsWith('e') || test.operator === operator));
}

/** Whether a test is false for a document without the field. */
export function excludesAbsent(test: ValuePredicate['test']): boolean {
  switch (test.kind) {
    case 'points':
      return test.values.every((value) => value !== null && value !== undefined);
    case 'range':
      return test.isAcrossTypes
        ? test.operator.startsWith('$g')
        : test.value !== null && test.value !== undefined;
    case 'prefix':
    case 'present':
      return true;
  }
}
