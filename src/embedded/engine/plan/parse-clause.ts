import {
  bsonTypeOf,
  isNumeric,
  isPlainObject,
  regexPartsOf,
  toNumber,
  type Fields,
} from '../../query/bson-values.ts';
import { isTruthy } from '../../query/truth.ts';
import { parseExpressionPredicates } from './expression-predicates.ts';
import type { Document } from '../engine.ts';
import type { Clause, ElementScope, Predicate, ValuePredicate, ValueTest } from './predicates.ts';
import { literalPrefix } from './literal-prefix.ts';

interface Building {
  readonly predicates: Predicate[];
  readonly branches: Clause[][];
  text?: Document;
  isComplete: boolean;
}

/** Where in the filter we are. */
interface Place {
  readonly path: string;
  readonly scope?: ElementScope;
}

const GEO_OPERATORS = new Set(['$geoWithin', '$geoIntersects', '$near', '$nearSphere', '$within']);

/**
 * Takes a filter apart into what an index can help with. Says less than the filter, never more:
 * every matching document satisfies the clause.
 *
 * `{a: 1, b: {$gt: 2}, c: {$ne: 3}}` gives points of a, a range of b, and is not complete.
 */
export function parseClause(filter: Document, variables?: Document): Clause {
  const building: Building = { predicates: [], branches: [], isComplete: true };
  addFilter(filter, variables, building);
  return building;
}

function addFilter(filter: Fields, variables: Document | undefined, to: Building): void {
  for (const [name, operand] of Object.entries(filter)) {
    if (!name.startsWith('$')) addField(operand, { path: name }, to);
    else addTopLevel(name, operand, variables, to);
  }
}

function addTopLevel(
  name: string,
  operand: unknown,
  variables: Document | undefined,
  to: Building,
): void {
  if (name === '$comment') return;
  if (name === '$and' && Array.isArray(operand)) {
    for (const clause of operand) if (isPlainObject(clause)) addFilter(clause, variables, to);
    return;
  }
  if (name === '$or' && Array.isArray(operand)) {
    to.branches.push(operand.filter(isPlainObject).map((clause) => parseClause(clause, variables)));
    return;
  }
  to.isComplete = false;
  if (name === '$expr') to.predicates.push(...parseExpressionPredicates(operand, variables));
  if (name === '$text' && isPlainObject(operand)) to.text = operand;
}

function addField(operand: unknown, place: Place, to: Building): void {
  if (!isPlainObject(operand) || !isOperators(operand)) {
    addEquality(operand, place, to);
    return;
  }
  for (const [operator, value] of Object.entries(operand)) {
    if (GEO_OPERATORS.has(operator)) {
      to.isComplete = false;
      if (place.scope === undefined) {
        to.predicates.push({ kind: 'geo', path: place.path, operator, condition: operand });
      }
    } else addOperator(operator, value, { ...place, siblings: operand }, to);
  }
}

function isOperators(value: Fields): boolean {
  const [first] = Object.keys(value);
  return first !== undefined && first.startsWith('$') && !/^\$(?:ref|id|db)$/.test(first);
}

type AddOperator = (
  value: unknown,
  place: Place & { readonly siblings: Fields },
  to: Building,
) => void;

const range =
  (operator: '$gt' | '$gte' | '$lt' | '$lte'): AddOperator =>
  (value, place, to) => {
    const type = bsonTypeOf(value);
    const isExact =
      type === 'date' || type === 'string' || type === 'objectId' || isOrdinary(value);
    add(to, place, { kind: 'range', operator, value, isAcrossTypes: false }, isExact);
  };

const OPERATORS: Readonly<Record<string, AddOperator>> = {
  $eq: (value, place, to) => {
    if (bsonTypeOf(value) === 'regex') add(to, place, { kind: 'points', values: [value] }, false);
    else addEquality(value, place, to);
  },
  $in: (value, place, to) => {
    addIn(Array.isArray(value) ? value : [], place, to);
  },
  $gt: range('$gt'),
  $gte: range('$gte'),
  $lt: range('$lt'),
  $lte: range('$lte'),
  $exists: (value, place, to) => {
    const isWanted = isTruthy(value);
    if (isWanted) add(to, place, { kind: 'present' }, false);
    else add(to, place, { kind: 'points', values: [null, undefined] }, false);
  },
  $regex: (value, place, to) => {
    addRegex(value, place.siblings['$options'], place, to);
  },
  $options: () => undefined,
  $all: (value, place, to) => {
    to.isComplete = false;
    const list: readonly unknown[] = Array.isArray(value) ? value : [];
    for (const element of list) {
      if (isPlainObject(element) && '$elemMatch' in element) addField(element, place, to);
      else addEquality(element, place, to);
    }
  },
  $elemMatch: (value, place, to) => {
    to.isComplete = false;
    if (isPlainObject(value)) addElementMatch(value, place, to);
  },
};

function addOperator(
  operator: string,
  value: unknown,
  place: Place & { readonly siblings: Fields },
  to: Building,
): void {
  const operate = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (operate === undefined) to.isComplete = false;
  else operate(value, place, to);
}

/** Numbers whose range is exactly an interval of keys: NaN has an order of its own. */
function isOrdinary(value: unknown): boolean {
  return isNumeric(value) && bsonTypeOf(value) !== 'decimal' && !Number.isNaN(toNumber(value));
}

function addEquality(value: unknown, place: Place, to: Building): void {
  switch (bsonTypeOf(value)) {
    case 'regex': {
      const { pattern, options } = regexPartsOf(value);
      addRegex(pattern, options, place, to);
      return;
    }
    case 'null':
    case 'undefined':
      add(to, place, { kind: 'points', values: [null, undefined] }, false);
      return;
    case 'array':
      add(to, place, { kind: 'points', values: pointsOfArray(value as readonly unknown[]) }, false);
      return;
    default:
      add(to, place, { kind: 'points', values: [value] }, true);
  }
}

/** An array equals the field itself, which the index knows by its first element, or one of its elements. */
function pointsOfArray(array: readonly unknown[]): readonly unknown[] {
  return [array[0], array];
}

function addIn(list: readonly unknown[], place: Place, to: Building): void {
  if (list.some((value) => bsonTypeOf(value) === 'regex')) {
    to.isComplete = false;
    return;
  }
  const values: unknown[] = [];
  let isExact = true;
  for (const value of list) {
    if (value === null || value === undefined) values.push(null, undefined);
    else if (Array.isArray(value)) values.push(...pointsOfArray(value));
    else {
      values.push(value);
      continue;
    }
    isExact = false;
  }
  add(to, place, { kind: 'points', values }, isExact);
}

function addRegex(given: unknown, flags: unknown, place: Place, to: Building): void {
  to.isComplete = false;
  const isText = typeof given === 'string';
  if (!isText && bsonTypeOf(given) !== 'regex') return;
  const { pattern, options } = isText ? { pattern: given, options: '' } : regexPartsOf(given);
  const text = literalPrefix(pattern, typeof flags === 'string' ? flags : options);
  if (text !== undefined) add(to, place, { kind: 'prefix', text }, false);
}

function addElementMatch(inner: Fields, place: Place, to: Building): void {
  const nested: Building = { predicates: [], branches: [], isComplete: true };
  const scope: ElementScope = { root: place.path };
  if (isOperators(inner)) {
    if (Object.keys(inner).some((name) => /^\$(?:and|or|nor|expr|where|jsonSchema)$/.test(name)))
      return;
    addField(inner, { path: place.path, scope }, nested);
  } else {
    for (const [name, operand] of Object.entries(inner)) {
      if (!name.startsWith('$'))
        addField(operand, { path: `${place.path}.${name}`, scope }, nested);
    }
  }
  to.predicates.push(...nested.predicates);
}

function add(to: Building, place: Place, test: ValueTest, isExact: boolean): void {
  const predicate: ValuePredicate = {
    kind: 'values',
    path: place.path,
    test,
    isExact: isExact && place.scope === undefined,
    ...(place.scope === undefined ? {} : { scope: place.scope }),
  };
  to.predicates.push(predicate);
}
