import type { Collation, Document } from '../engine/engine.ts';
import { add, divide, doubleOf, narrowed, toDecimal } from './arithmetic.ts';
import {
  bsonTypeOf,
  fieldsOf,
  isFields,
  isNumeric,
  putField,
  toNumber,
  type NumberValue,
} from './bson-values.ts';
import { compareValues } from './compare-values.ts';
import { equalityKey } from './equality-key.ts';
import { isNullish, typeName } from './expression-compiler.ts';
import { refuseAt } from './refuse.ts';

/** Takes in values one by one and answers for all of them. */
export interface Accumulator {
  add(value: unknown): void;
  result(): unknown;
}

/** A sum that keeps what doubles would lose, so that `0.1` ten times is `1`. */
function createSum(): Accumulator & { total(): NumberValue } {
  let whole: NumberValue = 0;
  let real = 0;
  let lost = 0;
  let isReal = false;
  let isInt = true;
  const total = (): NumberValue => {
    if (!isReal) return isInt ? narrowed(whole) : whole;
    if (bsonTypeOf(whole) === 'decimal') return add(whole, toDecimal(real + lost));
    return doubleOf(toNumber(whole) + real + lost);
  };
  return {
    add(value) {
      if (!isNumeric(value)) return;
      const type = bsonTypeOf(value);
      isInt &&= type === 'int';
      if (type !== 'double') {
        whole = add(whole, value);
        return;
      }
      isReal = true;
      const number = toNumber(value);
      const next = real + number;
      const correction =
        Math.abs(real) >= Math.abs(number) ? real - next + number : number - next + real;
      if (Number.isFinite(correction)) lost += correction;
      real = next;
    },
    total,
    result: total,
  };
}

function createAverage(): Accumulator {
  const sum = createSum();
  let count = 0;
  return {
    add(value) {
      if (!isNumeric(value)) return;
      sum.add(value);
      count += 1;
    },
    result: () => (count === 0 ? null : divide(sum.total(), count)),
  };
}

function createExtreme(direction: 1 | -1, collation?: Collation): Accumulator {
  let best: unknown = null;
  return {
    add(value) {
      if (isNullish(value)) return;
      if (best === null || compareValues(value, best, collation) * direction < 0) best = value;
    },
    result: () => best,
  };
}

function createDeviation(isSample: boolean): Accumulator {
  let count = 0;
  let mean = 0;
  let squares = 0;
  return {
    add(value) {
      if (!isNumeric(value)) return;
      const number = toNumber(value);
      count += 1;
      const delta = number - mean;
      mean += delta / count;
      squares += delta * (number - mean);
    },
    result() {
      const divisor = isSample ? count - 1 : count;
      return divisor <= 0 ? null : doubleOf(Math.sqrt(squares / divisor));
    },
  };
}

function createMerge(): Accumulator {
  const merged: Document = {};
  return {
    add(value) {
      if (isNullish(value)) return;
      if (!isFields(value)) {
        refuseAt(
          40400,
          `$mergeObjects requires object inputs, but input ${JSON.stringify(value)} is of type ${typeName(value)}`,
        );
      }
      for (const [name, inner] of Object.entries(fieldsOf(value))) putField(merged, name, inner);
    },
    result: () => merged,
  };
}

function createSet(collation?: Collation): Accumulator {
  const values = new Map<string, unknown>();
  return {
    add(value) {
      if (value === undefined) return;
      const key = equalityKey(value, collation);
      if (!values.has(key)) values.set(key, value);
    },
    result: () => [...values.values()],
  };
}

function createList(): Accumulator {
  const values: unknown[] = [];
  return {
    add(value) {
      if (value !== undefined) values.push(value);
    },
    result: () => values,
  };
}

function createConcat(): Accumulator {
  const values: unknown[] = [];
  return {
    add(value) {
      if (value === undefined) return;
      if (!Array.isArray(value)) {
        return refuseAt(
          14,
          `$concatArrays requires array inputs, but input is of type ${typeName(value)}`,
        );
      }
      values.push(...(value as readonly unknown[]));
    },
    result: () => values,
  };
}

function createFirst(): Accumulator {
  let isSet = false;
  let first: unknown = null;
  return {
    add(value) {
      if (isSet) return;
      isSet = true;
      first = value ?? null;
    },
    result: () => first,
  };
}

function createLast(): Accumulator {
  let last: unknown = null;
  return {
    add(value) {
      last = value ?? null;
    },
    result: () => last,
  };
}

/** Accumulators of one operand, by name. */
export const ACCUMULATORS = {
  $sum: () => createSum(),
  $avg: () => createAverage(),
  $min: (collation?: Collation) => createExtreme(1, collation),
  $max: (collation?: Collation) => createExtreme(-1, collation),
  $stdDevPop: () => createDeviation(false),
  $stdDevSamp: () => createDeviation(true),
  $mergeObjects: () => createMerge(),
  $addToSet: (collation?: Collation) => createSet(collation),
  $push: () => createList(),
  $first: () => createFirst(),
  $last: () => createLast(),
  $concatArrays: () => createConcat(),
} as const satisfies Record<string, (collation?: Collation) => Accumulator>;

export type AccumulatorName = keyof typeof ACCUMULATORS;

/** Whether a name is an accumulator of one operand. */
export function isAccumulatorName(name: string): name is AccumulatorName {
  return Object.hasOwn(ACCUMULATORS, name);
}

/** One accumulator over a list, as the expression form of `$sum`, `$avg`, … does. */
export function accumulate(
  name: AccumulatorName,
  values: Iterable<unknown>,
  collation?: Collation,
): unknown {
  const accumulator = ACCUMULATORS[name](collation);
  for (const value of values) accumulator.add(value);
  return accumulator.result();
}

/** Percentiles of the numbers in a list by nearest rank, as doubles; null when there are none. */
export function percentiles(values: readonly unknown[], ranks: readonly number[]): unknown[] {
  const numbers = values
    .filter(isNumeric)
    .map(toNumber)
    .sort((a, b) => a - b);
  return ranks.map((rank) =>
    numbers.length === 0
      ? null
      : doubleOf(numbers[Math.max(0, Math.ceil(rank * numbers.length) - 1)] ?? Number.NaN),
  );
}
