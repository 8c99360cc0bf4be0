import { GatewayError } from '../parse/errors.ts';
import type { ParseObject } from '../parse/object.ts';
import { GeoPoint, Pointer, Polygon, type ParseValue } from '../parse/values.ts';
import type {
  ColumnRef,
  Comparison,
  Constraint,
  ConstraintKind,
  ConstraintOfKind,
} from './constraint.ts';
import { columnValue } from './follow-path.ts';
import { angleBetween, isInBox, isInPlanarPolygon, isInSphericalPolygon } from './geometry.ts';
import { compileLinearRegex, type LinearRegex } from './linear-regex.ts';
import { compileTextTest } from './plain-text.ts';
import {
  compareStored,
  isSameType,
  isStoredRecord,
  storedColumn,
  storedInside,
  type StoredValue,
} from './stored-value.ts';

/** The kinds that only a database can answer. */
export const DATABASE_KINDS = [
  'pointerTo',
  'relationTo',
  'relatedTo',
  'inQueryKey',
  'notInQueryKey',
  'text',
] as const satisfies readonly ConstraintKind[];

/** The first kind in the constraint that `matches` cannot answer, or `undefined`: it can answer it. Not recursive. */
export function needsDatabase(constraint: Constraint): ConstraintKind | undefined {
  const pending: Constraint[] = [constraint];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { kind } = next;
    if (DATABASE_KINDS.some((needed) => needed === kind)) return kind;
    if ('parts' in next) for (const part of next.parts) pending.push(part);
  }
  return undefined;
}

type Predicates = {
  readonly [K in ConstraintKind]: (constraint: ConstraintOfKind<K>, object: ParseObject) => boolean;
};

/** Every kind's answer in memory; it is MongoDB's answer to the filter that `storage/mongo/filter.ts` makes of it. */
const PREDICATES: Predicates = {
  and: ({ parts }, object) => parts.every((part) => matches(part, object)),
  or: ({ parts }, object) => parts.some((part) => matches(part, object)),
  nor: ({ parts }, object) => !parts.some((part) => matches(part, object)),
  compare: ({ column, comparison, value }, object) => {
    const operand = operandOf(column, value, object);
    return COMPARISONS[comparison](valuesAt(column, object), operand);
  },
  in: ({ column, values }, object) => isAnyOf(column, values, object),
  notIn: ({ column, values }, object) => !isAnyOf(column, values, object),
  exists: ({ column, exists }, object) => valuesAt(column, object).values.length > 0 === exists,
  regex: (constraint, object) => {
    const regex = regexOf(constraint);
    return candidates(valuesAt(constraint.column, object)).some(
      (value) => typeof value === 'string' && regex.test(value),
    );
  },
  plainText: (constraint, object) => {
    const holds = textTestOf(constraint);
    return candidates(valuesAt(constraint.column, object)).some(
      (value) => typeof value === 'string' && holds(value),
    );
  },
  size: ({ column, size }, object) =>
    valuesAt(column, object).values.some((value) => Array.isArray(value) && value.length === size),
  contains: ({ column, values }, object) => {
    const stored = valuesAt(column, object);
    return (
      values.length > 0 &&
      values.every((value) => isEqual(stored, operandOf(column, value, object)))
    );
  },
  containedBy: ({ column, values }, object) => {
    const allowed = values.map((value) => operandOf(column, value, object));
    const lists = valuesAt(column, object).values.filter((value) => Array.isArray(value));
    // Each element as a whole: one that is a list itself does not stand for what is in it.
    return lists.every((list: readonly StoredValue[]) =>
      list.every((element) => allowed.some((value) => compareStored(element, value) === 0)),
    );
  },
  near: ({ column, center, maxDistanceRadians }, object) =>
    pointsAt(column, object).some(
      (point) =>
        maxDistanceRadians === undefined || angleBetween(point, center) <= maxDistanceRadians,
    ),
  withinBox: ({ column, ...box }, object) =>
    pointsAt(column, object).some((point) => isInBox(point, box)),
  withinPolygon: ({ column, points }, object) =>
    pointsAt(column, object).some((point) => isInPlanarPolygon(point, points)),
  withinSphere: ({ column, center, radiusRadians }, object) =>
    pointsAt(column, object).some((point) => angleBetween(point, center) <= radiusRadians),
  intersectsPoint: ({ column, point }, object) => {
    const value = columnValue(object, column.name);
    return value instanceof Polygon && isInSphericalPolygon(point, value);
  },
  pointerTo: refuse,
  relationTo: refuse,
  relatedTo: refuse,
  inQueryKey: refuse,
  notInQueryKey: refuse,
  text: refuse,
  aclAllows: ({ right, subjects }, { acl }) => {
    const allowed = right === 'read' ? acl.readers : acl.writers;
    return allowed === undefined || allowed.some((subject) => subjects.includes(subject));
  },
};

/**
 * Whether a constraint means this object, decided in memory exactly as MongoDB decides it for the stored document.
 *
 * The object must have all columns that the constraint names.
 * @throws GatewayError 102 for kinds that need the database (ask `needsDatabase` first) and for patterns that cannot be run
 * in linear time.
 */
export function matches(constraint: Constraint, object: ParseObject): boolean {
  // Each row of the table takes its own kind; indexing by the kind is what makes that true.
  const predicate = PREDICATES[constraint.kind] as (
    constraint: Constraint,
    object: ParseObject,
  ) => boolean;
  return predicate(constraint, object);
}

function refuse({ kind }: { readonly kind: ConstraintKind }): never {
  throw new GatewayError('InvalidQuery', `${kind} needs the database.`);
}

/** What is found at a column and path. */
interface Found {
  readonly values: readonly StoredValue[];
  /** Somewhere on the way a record lacks the step: there, null is found. The scalars of an array lack nothing. */
  readonly isMissing: boolean;
}

const MISSING: Found = { values: [], isMissing: true };

const COMPARISONS: Readonly<Record<Comparison, (found: Found, operand: StoredValue) => boolean>> = {
  equal: isEqual,
  notEqual: (found, operand) => !isEqual(found, operand),
  less: (found, operand) => isOrdered(found, operand, (order) => order < 0),
  greater: (found, operand) => isOrdered(found, operand, (order) => order > 0),
  // Null and absent are equal to null, and so are not less than it but at most as much.
  lessOrEqual: (found, operand) =>
    operand === null ? isEqual(found, null) : isOrdered(found, operand, (order) => order <= 0),
  greaterOrEqual: (found, operand) =>
    operand === null ? isEqual(found, null) : isOrdered(found, operand, (order) => order >= 0),
};

function isEqual(found: Found, operand: StoredValue): boolean {
  if (operand === null && found.isMissing) return true;
  return candidates(found).some((value) => compareStored(value, operand) === 0);
}

function isOrdered(found: Found, operand: StoredValue, fits: (order: number) => boolean): boolean {
  return candidates(found).some(
    (value) => isSameType(value, operand) && fits(compareStored(value, operand)),
  );
}

function isAnyOf(column: ColumnRef, values: readonly ParseValue[], object: ParseObject): boolean {
  const found = valuesAt(column, object);
  return values.some((value) => isEqual(found, operandOf(column, value, object)));
}

/** An array stands for itself and for each of its elements. */
function candidates({ values }: Found): readonly StoredValue[] {
  return values.flatMap((value) =>
    Array.isArray(value) ? [value as StoredValue, ...(value as readonly StoredValue[])] : [value],
  );
}

function valuesAt({ name, path }: ColumnRef, object: ParseObject): Found {
  const value = columnValue(object, name);
  return value === undefined ? MISSING : follow(storedColumn(value), path);
}

/** Steps go into records, into all records of an array, and by number into one element. */
function follow(value: StoredValue, [step, ...rest]: readonly string[]): Found {
  if (step === undefined) return { values: [value], isMissing: false };
  if (Array.isArray(value)) {
    const list = value as readonly StoredValue[];
    const element = /^(?:0|[1-9]\d*)$/.test(step) ? list[Number(step)] : undefined;
    const records = list.filter((part) => isStoredRecord(part));
    const found = records.map((part) => follow(part, [step, ...rest]));
    if (element !== undefined) found.push(follow(element, rest));
    return {
      values: found.flatMap(({ values }) => values),
      isMissing: found.some(({ isMissing }) => isMissing),
    };
  }
  if (!isStoredRecord(value) || !Object.hasOwn(value, step)) return MISSING;
  const next = value[step];
  return next === undefined ? MISSING : follow(next, rest);
}

/**
 * A value in the form it has in that column: in arrays and inside objects, pointers and their like are REST JSON; a bare text on a
 * pointer column is an id.
 */
function operandOf(column: ColumnRef, value: ParseValue, object: ParseObject): StoredValue {
  const own = columnValue(object, column.name);
  const isInside = column.path.length > 0 || Array.isArray(own);
  if (own instanceof Pointer && typeof value === 'string') return `${own.className}$${value}`;
  return isInside ? storedInside(value) : storedColumn(value);
}

function pointsAt({ name }: ColumnRef, object: ParseObject): readonly GeoPoint[] {
  const value = columnValue(object, name);
  return value instanceof GeoPoint ? [value] : [];
}

/** Patterns are compiled once for each constraint. */
const compiled = new WeakMap<ConstraintOfKind<'regex'>, LinearRegex>();

function regexOf(constraint: ConstraintOfKind<'regex'>): LinearRegex {
  const known = compiled.get(constraint);
  if (known !== undefined) return known;
  const regex = compileLinearRegex(constraint.pattern, constraint.options);
  compiled.set(constraint, regex);
  return regex;
}

const textTests = new WeakMap<ConstraintOfKind<'plainText'>, (text: string) => boolean>();

function textTestOf(constraint: ConstraintOfKind<'plainText'>): (text: string) => boolean {
  const known = textTests.get(constraint);
  if (known !== undefined) return known;
  const test = compileTextTest(constraint);
  textTests.set(constraint, test);
  return test;
}
