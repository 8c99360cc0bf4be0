import { geoConditions } from './geo-conditions.ts';
import {
  anyValue,
  every,
  onValue,
  wholeValue,
  type Condition,
  type Predicate,
} from './filter-conditions.ts';
import type { FilterOptions } from './filter-options.ts';
import {
  bsonTypeOf,
  isFields,
  isPlainObject,
  regexPartsOf,
  toNumber,
  isNumeric,
  toInteger,
  type Fields,
} from './bson-values.ts';
import { refuse, refuseAt } from './refuse.ts';
import { isTruthy } from './truth.ts';
import {
  bitsTest,
  equalsTest,
  inTest,
  modTest,
  rangeTest,
  regexTest,
  typeTest,
} from './value-tests.ts';

/** Where an operator stands: its path, the other operators beside it, and how to read a nested filter. */
export interface OperatorPlace {
  readonly path: string;
  readonly siblings: Fields;
  readonly options: FilterOptions;
  readonly compileNested: (filter: Fields) => Predicate;
}

type OperatorParser = (operand: unknown, place: OperatorPlace) => Condition | undefined;

function assertComparable(operand: unknown, operator: string, path: string): void {
  if (operand === undefined) refuse('cannot compare to undefined');
  if (bsonTypeOf(operand) !== 'regex' || operator === '$eq') return;
  if (operator === '$ne') refuse("Can't have regex as arg to $ne.");
  refuse(`Can't have RegEx as arg to predicate over field '${path}'.`);
}

function comparison(operator: '$gt' | '$gte' | '$lt' | '$lte'): OperatorParser {
  return (operand, { path, options }) => {
    assertComparable(operand, operator, path);
    return anyValue(rangeTest(operator, operand, options.collation));
  };
}

function parseList(operand: unknown, operator: string): readonly unknown[] {
  if (!Array.isArray(operand)) return refuse(`${operator} needs an array`);
  for (const element of operand as readonly unknown[]) {
    if (element === undefined) refuse(`${operator} cannot contain undefined`);
    if (isPlainObject(element) && isOperators(element)) refuse(`cannot nest $ under ${operator}`);
  }
  return operand;
}

/** Whether an object is a set of operators (`{$gt: 1}`) and not a value to equal. */
export function isOperators(value: Fields): boolean {
  const [first] = Object.keys(value);
  return first !== undefined && first.startsWith('$') && !/^\$(?:ref|id|db)$/.test(first);
}

const regexOperator: OperatorParser = (operand, { siblings }) => {
  const given = siblings['$options'];
  if (given !== undefined && typeof given !== 'string') refuse('$options has to be a string');
  const options = typeof given === 'string' ? given : undefined;
  if (typeof operand === 'string') return anyValue(regexTest(operand, options ?? ''));
  if (bsonTypeOf(operand) !== 'regex') return refuse('$regex has to be a string');
  const parts = regexPartsOf(operand);
  if (options !== undefined && parts.options !== '') {
    refuseAt(51075, 'options set in both $regex and $options');
  }
  return anyValue(regexTest(parts.pattern, options ?? parts.options));
};

const not: OperatorParser = (operand, place) => {
  if (bsonTypeOf(operand) === 'regex') {
    const { pattern, options } = regexPartsOf(operand);
    return { kind: 'not', inner: anyValue(regexTest(pattern, options)) };
  }
  if (!isPlainObject(operand)) return refuse('$not needs a regex or a document');
  if (Object.keys(operand).length === 0) return refuse('$not cannot be empty');
  for (const name of ['$near', '$nearSphere', '$geoNear']) {
    if (Object.hasOwn(operand, name)) refuse(`${name} is not allowed inside $not`);
  }
  return { kind: 'not', inner: parseOperators(operand, place) };
};

const elemMatch: OperatorParser = (operand, place) => {
  if (!isPlainObject(operand)) return refuse('$elemMatch needs an Object');
  const first = Object.keys(operand)[0] ?? '';
  const isValueMatch =
    isOperators(operand) && !/^\$(?:and|or|nor|expr|jsonSchema|comment|where|text)$/.test(first);
  if (isValueMatch) {
    const test = onValue(parseOperators(operand, { ...place, siblings: operand }));
    return wholeValue((value) => Array.isArray(value) && value.some((element) => test(element)));
  }
  const matches = place.compileNested(operand);
  return wholeValue(
    (value) =>
      Array.isArray(value) &&
      value.some((element: unknown) => {
        if (Array.isArray(element)) return matches(Object.fromEntries(element.entries()));
        return isFields(element) && matches(element);
      }),
  );
};

const all: OperatorParser = (operand, place) => {
  if (!Array.isArray(operand)) return refuse('$all needs an array');
  if (operand.length === 0) return anyValue(() => false);
  const elements = operand as readonly unknown[];
  const [first] = elements;
  const isMatches = isPlainObject(first) && Object.hasOwn(first, '$elemMatch');
  return every(
    elements.map((element): Condition => {
      if (isMatches) {
        if (!isPlainObject(element) || Object.keys(element)[0] !== '$elemMatch') {
          return refuse('$all/$elemMatch has to be consistent');
        }
        return parseOperators(element, { ...place, siblings: element });
      }
      if (isPlainObject(element) && isOperators(element)) return refuse('no $ expressions in $all');
      return equalityOrRegex(element, place.options);
    }),
  );
};

/** What a bare operand means: equality, or a match when it is a regular expression. */
export function equalityOrRegex(operand: unknown, options: FilterOptions): Condition {
  if (operand === undefined) return refuse('cannot compare to undefined');
  if (bsonTypeOf(operand) === 'regex') {
    const { pattern, options: flags } = regexPartsOf(operand);
    return anyValue(regexTest(pattern, flags));
  }
  return anyValue(equalsTest(operand, options.collation));
}

const size: OperatorParser = (operand) => {
  const length = toInteger(operand);
  if (!isNumeric(operand))
    return refuse(`Failed to parse $size. Expected a number in: $size: ${JSON.stringify(operand)}`);
  if (length === undefined)
    return refuse(`Failed to parse $size. Expected an integer: $size: ${toNumber(operand)}`);
  if (length < 0)
    return refuse(`Failed to parse $size. Expected a non-negative number in: $size: ${length}`);
  return wholeValue((value) => Array.isArray(value) && value.length === length);
};

const exists: OperatorParser = (operand) => {
  const present = wholeValue((value) => value !== undefined);
  return isTruthy(operand) ? present : { kind: 'not', inner: present };
};

const OPERATORS: Readonly<Record<string, OperatorParser>> = {
  $eq: (operand, { path, options }) => {
    assertComparable(operand, '$eq', path);
    return anyValue(equalsTest(operand, options.collation));
  },
  $ne: (operand, { path, options }) => {
    assertComparable(operand, '$ne', path);
    return { kind: 'not', inner: anyValue(equalsTest(operand, options.collation)) };
  },
  $gt: comparison('$gt'),
  $gte: comparison('$gte'),
  $lt: comparison('$lt'),
  $lte: comparison('$lte'),
  $in: (operand, { options }) => anyValue(inTest(parseList(operand, '$in'), options.collation)),
  $nin: (operand, { options }) => ({
    kind: 'not',
    inner: anyValue(inTest(parseList(operand, '$nin'), options.collation)),
  }),
  $not: not,
  $exists: exists,
  $type: (operand) => anyValue(typeTest(operand)),
  $mod: (operand) => anyValue(modTest(operand)),
  $size: size,
  $all: all,
  $elemMatch: elemMatch,
  $regex: regexOperator,
  $options: (_operand, { siblings }) =>
    Object.hasOwn(siblings, '$regex') ? undefined : refuse('$options needs a $regex'),
  $bitsAllSet: (operand) => anyValue(bitsTest('$bitsAllSet', operand)),
  $bitsAllClear: (operand) => anyValue(bitsTest('$bitsAllClear', operand)),
  $bitsAnySet: (operand) => anyValue(bitsTest('$bitsAnySet', operand)),
  $bitsAnyClear: (operand) => anyValue(bitsTest('$bitsAnyClear', operand)),
  ...geoConditions,
};

/** Whether a name is an operator of a field's filter, to tell it from an expression. */
export function isFilterOperator(name: string): boolean {
  return Object.hasOwn(OPERATORS, name);
}

/**
 * Reads `{$gt: 1, $lt: 5}` of one path.
 *
 * @throws StoreError 2 `unknown operator: $foo`.
 */
export function parseOperators(operators: Fields, place: OperatorPlace): Condition {
  const conditions: Condition[] = [];
  for (const [name, operand] of Object.entries(operators)) {
    const parse = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
    if (parse === undefined) return refuse(`unknown operator: ${name}`);
    const condition = parse(operand, { ...place, siblings: operators });
    if (condition !== undefined) conditions.push(condition);
  }
  return every(conditions);
}
