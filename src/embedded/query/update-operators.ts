import { Double, Long, Timestamp } from 'bson';
import type { Collation } from '../engine/engine.ts';
import { addStrict, multiplyStrict, toDecimal, wholeNumber } from './arithmetic.ts';
import {
  bsonTypeOf,
  isNumeric,
  isPlainObject,
  toInteger,
  toNumber,
  type Fields,
  type NumberValue,
} from './bson-values.ts';
import { compareValues, equalValues } from './compare-values.ts';
import { compileFilter } from './compile-filter.ts';
import { compileSort } from './compile-sort.ts';
import { equalityKey } from './equality-key.ts';
import { exactOf } from './exact-number.ts';
import { isOperators } from './filter-operators.ts';
import { refuse } from './refuse.ts';

/** Answered by a leaf that removes its field. */
export const REMOVED = Symbol('removed');

/** What an operator does to one field; an absent field is `undefined`. */
export interface LeafUpdate {
  /** Whether an absent field, and the path to it, comes to be. */
  readonly creates: boolean;
  readonly apply: (value: unknown, at: LeafPlace) => unknown;
}

export interface LeafPlace {
  readonly path: string;
  readonly documentId: unknown;
}

export interface OperatorContext {
  readonly path: string;
  readonly collation: Collation | undefined;
  readonly now: Date;
}

type OperatorReader = (operand: unknown, context: OperatorContext) => LeafUpdate;

function creating(apply: LeafUpdate['apply']): LeafUpdate {
  return { creates: true, apply };
}

function idText(at: LeafPlace): string {
  return `{_id: ${JSON.stringify(at.documentId)}}`;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function numericOperand(operand: unknown, verb: string, path: string): NumberValue {
  if (isNumeric(operand)) return operand;
  return refuse(
    `Cannot ${verb} with non-numeric argument: {${path}: ${JSON.stringify(operand)}}`,
    'TypeMismatch',
  );
}

function arithmetic(
  name: '$inc' | '$mul',
  calculate: (a: NumberValue, b: NumberValue) => NumberValue | undefined,
): OperatorReader {
  return (operand, { path }) => {
    const amount = numericOperand(operand, name === '$inc' ? 'increment' : 'multiply', path);
    return creating((value, at) => {
      if (value === undefined) return name === '$inc' ? amount : zeroLike(amount);
      if (!isNumeric(value)) {
        return refuse(
          `Cannot apply ${name} to a value of non-numeric type. ${idText(at)} has the field '${lastPart(at.path)}' of non-numeric type ${bsonTypeOf(value)}`,
          'TypeMismatch',
        );
      }
      return (
        calculate(value, amount) ??
        refuse(
          `Failed to apply ${name} operations to current value (${String(value)}) for document ${idText(at)}`,
        )
      );
    });
  };
}

function zeroLike(amount: NumberValue): NumberValue {
  const type = bsonTypeOf(amount);
  if (type === 'decimal') return toDecimal(0);
  if (type === 'double') return new Double(0);
  return type === 'long' ? Long.ZERO : 0;
}

function extreme(direction: 1 | -1): OperatorReader {
  return (operand, { collation }) =>
    creating((value) => {
      if (value === undefined) return operand;
      return compareValues(operand, value, collation) * direction < 0 ? operand : value;
    });
}

function currentDate(operand: unknown, now: Date): Date | Timestamp {
  const stamp = (): Timestamp => Timestamp.fromBits(1, Math.floor(now.getTime() / 1000));
  if (typeof operand === 'boolean') return new Date(now);
  const type =
    isPlainObject(operand) && Object.keys(operand).length === 1 ? operand['$type'] : undefined;
  if (type === 'date') return new Date(now);
  if (type === 'timestamp') return stamp();
  if (!isPlainObject(operand)) {
    return refuse(
      `${bsonTypeOf(operand)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}).`,
    );
  }
  return refuse(
    "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}",
  );
}

interface PushPlan {
  readonly each: readonly unknown[];
  readonly position: number;
  readonly slice: number | undefined;
  readonly order: ((a: unknown, b: unknown) => number) | undefined;
}

function wholeOperand(value: unknown, name: string): number {
  const whole = toInteger(value);
  if (whole === undefined || !isNumeric(value)) {
    return refuse(
      `The value for ${name} must be an integer value but was given type: ${bsonTypeOf(value)}`,
    );
  }
  return whole;
}

function parsePush(operand: unknown, collation: Collation | undefined): PushPlan {
  if (!isPlainObject(operand) || !Object.hasOwn(operand, '$each')) {
    return { each: [operand], position: Infinity, slice: undefined, order: undefined };
  }
  for (const name of Object.keys(operand)) {
    if (!['$each', '$slice', '$sort', '$position'].includes(name))
      refuse(`Unrecognized clause in $push: ${name}`);
  }
  const each = operand['$each'];
  if (!Array.isArray(each))
    return refuse(
      `The argument to $each in $push must be an array but it was of type: ${bsonTypeOf(each)}`,
    );
  return {
    each,
    position:
      operand['$position'] === undefined
        ? Infinity
        : wholeOperand(operand['$position'], '$position'),
    slice: operand['$slice'] === undefined ? undefined : wholeOperand(operand['$slice'], '$slice'),
    order: operand['$sort'] === undefined ? undefined : elementOrder(operand['$sort'], collation),
  };
}

function elementOrder(
  sort: unknown,
  collation: Collation | undefined,
): (a: unknown, b: unknown) => number {
  if (isPlainObject(sort)) {
    if (Object.keys(sort).length === 0)
      refuse('The $sort pattern is empty when it should be a set of fields.');
    const order = compileSort(sort, collation);
    return (a, b) => order(isPlainObject(a) ? a : {}, isPlainObject(b) ? b : {});
  }
  const direction = toNumber(sort);
  if (direction !== 1 && direction !== -1) refuse('The $sort element value must be either 1 or -1');
  return (a, b) => direction * compareValues(a, b, collation);
}

function arrayOf(value: unknown, at: LeafPlace): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  return refuse(
    `The field '${lastPart(at.path)}' must be an array but is of type ${bsonTypeOf(value)} in document ${idText(at)}`,
  );
}

const push: OperatorReader = (operand, { collation }) => {
  const plan = parsePush(operand, collation);
  return creating((value, at) => {
    const array = arrayOf(value, at);
    const place = plan.position < 0 ? Math.max(0, array.length + plan.position) : plan.position;
    let result = [...array.slice(0, place), ...plan.each, ...array.slice(place)];
    if (plan.order !== undefined) result = result.sort(plan.order);
    if (plan.slice === undefined) return result;
    return plan.slice < 0 ? result.slice(plan.slice) : result.slice(0, plan.slice);
  });
};

const addToSet: OperatorReader = (operand, { collation }) => {
  const isEach = isPlainObject(operand) && Object.keys(operand)[0] === '$each';
  if (isEach && Object.keys(operand).length > 1) {
    refuse(`Found unexpected fields after $each in $addToSet: ${JSON.stringify(operand)}`);
  }
  const given: unknown = isEach ? operand['$each'] : [operand];
  if (!Array.isArray(given)) {
    return refuse(
      `The argument to $each in $addToSet must be an array but it was of type ${bsonTypeOf(given)}`,
      'TypeMismatch',
    );
  }
  return creating((value, at) => {
    if (value !== undefined && !Array.isArray(value)) {
      return refuse(
        `Cannot apply $addToSet to non-array field. Field named '${lastPart(at.path)}' has non-array type ${bsonTypeOf(value)}`,
      );
    }
    const array = arrayOf(value, at);
    const known = new Set(array.map((element) => equalityKey(element, collation)));
    const fresh: unknown[] = [];
    for (const element of given) {
      const key = equalityKey(element, collation);
      if (!known.has(key)) fresh.push(element);
      known.add(key);
    }
    return fresh.length === 0 && value !== undefined ? array : [...array, ...fresh];
  });
};

/** What `$pull` takes out: equal values, or elements that match a filter. */
function pullTest(
  operand: unknown,
  collation: Collation | undefined,
): (element: unknown) => boolean {
  if (bsonTypeOf(operand) === 'regex' || (isPlainObject(operand) && isOperators(operand))) {
    // Asked of one element alone, so an array element is asked as a whole.
    const matches = compileFilter({ a: operand }, { collation });
    return (element) =>
      Array.isArray(element) ? matches({ a: [element] }) : matches({ a: element });
  }
  if (isPlainObject(operand)) {
    const matches = compileFilter(operand, { collation });
    return (element) => isPlainObject(element) && matches(element);
  }
  return (element) => equalValues(element, operand, collation);
}

function removing(name: string, isGone: (element: unknown) => boolean): LeafUpdate {
  return {
    creates: false,
    apply: (value) => {
      if (!Array.isArray(value)) return refuse(`Cannot apply ${name} to a non-array value`);
      const kept: readonly unknown[] = value.filter((element: unknown) => !isGone(element));
      return kept.length === value.length ? (value as readonly unknown[]) : kept;
    },
  };
}

const pop: OperatorReader = (operand, { path }) => {
  const end = toNumber(operand);
  if (!isNumeric(operand))
    return refuse(`Expected a number in: ${path}: ${JSON.stringify(operand)}`, 'FailedToParse');
  if (end !== 1 && end !== -1)
    return refuse(`$pop expects 1 or -1, found: ${end}`, 'FailedToParse');
  return {
    creates: false,
    apply: (value, at) => {
      if (!Array.isArray(value)) {
        return refuse(
          `Path '${at.path}' contains an element of non-array type '${bsonTypeOf(value)}'`,
          'TypeMismatch',
        );
      }
      const array: readonly unknown[] = value;
      if (array.length === 0) return array;
      return end === 1 ? array.slice(0, -1) : array.slice(1);
    },
  };
};

const BIT_OPERATIONS: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};

function isWhole(value: unknown): value is NumberValue {
  const type = bsonTypeOf(value);
  return type === 'int' || type === 'long';
}

const bit: OperatorReader = (operand, { path }) => {
  if (!isPlainObject(operand)) {
    return refuse(
      `The $bit modifier is not compatible with a ${bsonTypeOf(operand)}. You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}`,
    );
  }
  const steps = Object.entries(operand).map(([name, mask]) => {
    const operation = Object.hasOwn(BIT_OPERATIONS, name) ? BIT_OPERATIONS[name] : undefined;
    if (operation === undefined)
      return refuse(
        `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}' which is an unknown operator: {${path}: ${JSON.stringify(operand)}}`,
      );
    if (!isWhole(mask))
      return refuse(
        `The $bit modifier field must be an Integer(32/64 bit); a '${bsonTypeOf(mask)}' is not supported here: {${name}: ${JSON.stringify(mask)}}`,
      );
    return { operation, mask: exactOf(mask).coefficient, isLong: bsonTypeOf(mask) === 'long' };
  });
  if (steps.length === 0)
    refuse(
      `You must pass in at least one bitwise operation. The format is: {$bit: {field: {and/or/xor: #}}`,
    );
  return creating((value, at) => {
    const start = value ?? 0;
    if (!isWhole(start)) {
      return refuse(
        `Cannot apply $bit to a value of non-integral type.${idText(at)} has the field ${lastPart(at.path)} of non-integer type ${bsonTypeOf(value)}`,
      );
    }
    const isLong = bsonTypeOf(start) === 'long' || steps.some((step) => step.isLong);
    const result = steps.reduce(
      (bits, { operation, mask }) => operation(bits, mask),
      exactOf(start).coefficient,
    );
    return isLong ? Long.fromBigInt(result) : wholeNumber(result);
  });
};

/** The update operators that change one field from its own value. `$rename` and `$setOnInsert` stand apart. */
export const UPDATE_OPERATORS: Readonly<Record<string, OperatorReader>> = {
  $set: (operand) => creating(() => operand),
  $unset: () => ({ creates: false, apply: () => REMOVED }),
  $inc: arithmetic('$inc', addStrict),
  $mul: arithmetic('$mul', multiplyStrict),
  $min: extreme(1),
  $max: extreme(-1),
  $currentDate: (operand, { now }) => {
    const value = currentDate(operand, now);
    return creating(() => value);
  },
  $push: push,
  $addToSet: addToSet,
  $pull: (operand, { collation }) => removing('$pull', pullTest(operand, collation)),
  $pullAll: (operand, { collation }) => {
    if (!Array.isArray(operand))
      return refuse(`$pullAll requires an array argument but was given a ${bsonTypeOf(operand)}`);
    const keys = new Set(operand.map((each: unknown) => equalityKey(each, collation)));
    return removing('$pullAll', (element) => keys.has(equalityKey(element, collation)));
  },
  $pop: pop,
  $bit: bit,
};

/** An operator's fields. @throws StoreError 9 when it is not given an object. */
export function operatorFields(name: string, operand: unknown): Fields {
  if (isPlainObject(operand)) return operand;
  return refuse(
    `Modifiers operate on fields but we found type ${bsonTypeOf(operand)} instead. For example: {$mod: {<field>: ...}} not {${name}: ${JSON.stringify(operand)}}`,
    'FailedToParse',
  );
}
