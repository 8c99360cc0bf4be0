import type { Collation } from '../../engine/engine.ts';
import { compareValues } from '../compare-values.ts';
import { equalityKey } from '../equality-key.ts';
import {
  fixed,
  isNullish,
  ranging,
  typeName,
  unary,
  type OperatorTable,
} from '../expression-compiler.ts';
import { refuseAt } from '../refuse.ts';
import { isTruthy } from '../truth.ts';

function arrayOf(value: unknown, name: string, code: number): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return refuseAt(
    code,
    `All operands of ${name} must be arrays. One argument is of type: ${typeName(value)}`,
  );
}

/** Of equal values the first stays, with its type. */
function keyed(values: readonly unknown[], collation?: Collation): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const value of values) {
    const key = equalityKey(value, collation);
    if (!found.has(key)) found.set(key, value);
  }
  return found;
}

/** Sets answer in the comparison order, so that equal questions have equal answers. */
function sorted(values: Iterable<unknown>, collation?: Collation): unknown[] {
  return [...values].sort((a, b) => compareValues(a, b, collation));
}

/** Set expressions over arrays: duplicates do not count, order does not matter. */
export const setOperators: OperatorTable = {
  $setEquals: ranging(2, Infinity, (values, name, collation) => {
    const [first = new Map<string, unknown>(), ...others] = values.map((value) =>
      keyed(arrayOf(value, name, 17044), collation),
    );
    return others.every(
      (other) => other.size === first.size && [...other.keys()].every((key) => first.has(key)),
    );
  }),
  $setIntersection: ranging(0, Infinity, (values, name, collation) => {
    if (values.some(isNullish)) return null;
    const [first = new Map<string, unknown>(), ...others] = values.map((value) =>
      keyed(arrayOf(value, name, 17047), collation),
    );
    return sorted(
      [...first]
        .filter(([key]) => others.every((other) => other.has(key)))
        .map(([, value]) => value),
      collation,
    );
  }),
  $setUnion: ranging(0, Infinity, (values, name, collation) => {
    if (values.some(isNullish)) return null;
    const all = values.flatMap((value) => [...arrayOf(value, name, 17043)]);
    return sorted(keyed(all, collation).values(), collation);
  }),
  $setDifference: fixed(2, ([a, b], name, collation) => {
    if (isNullish(a) || isNullish(b)) return null;
    const left = keyed(arrayOf(a, name, 17048), collation);
    const right = keyed(arrayOf(b, name, 17049), collation);
    return [...left].filter(([key]) => !right.has(key)).map(([, value]) => value);
  }),
  $setIsSubset: fixed(2, ([a, b], name, collation) => {
    const left = keyed(arrayOf(a, name, 17046), collation);
    const right = keyed(arrayOf(b, name, 17042), collation);
    return [...left.keys()].every((key) => right.has(key));
  }),
  $allElementsTrue: unary((value, name) =>
    arrayOf(value, name, 17040).every((element) => isTruthy(element)),
  ),
  $anyElementTrue: unary((value, name) =>
    arrayOf(value, name, 17041).some((element) => isTruthy(element)),
  ),
};
