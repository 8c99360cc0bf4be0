import type { FieldKind } from '../../parse/field-type.ts';
import { GatewayError } from '../../parse/errors.ts';
import { parseJson } from '../../parse/json.ts';
import type { ParseValue } from '../../parse/values.ts';
import type { ColumnRef, Constraint } from '../../query/constraint.ts';
import type { ApiPlan, FieldPlan } from '../plan/api-plan.ts';
import { decodePath } from './column-path.ts';
import { containsOf } from './contains.ts';
import * as operators from './operators.ts';
import { choicesAt, type Fields, fieldsAt, listAt } from './operators.ts';
import { COMPARISONS, keyQueryOf } from './rest-where.ts';
import {
  foldedOf,
  ignoreCaseOf,
  isFoldable,
  plainTextOf,
  type TEXT_PLACES,
} from './text-operators.ts';
import { decodePolygon } from './write-values.ts';
import type { WhereReader } from './where-reader.ts';

/** What a where is read with. */
export interface Reading {
  readonly reader: WhereReader;
  readonly api: ApiPlan;
}

/** Where one operator stands: its column, its neighbours, and what is being read. */
export interface Site extends Reading {
  readonly className: string;
  readonly column: ColumnRef;
  readonly constraints: Fields;
  readonly field: FieldPlan | undefined;
}

/** A value and where it stands → the constraint it means. */
export type Operator = (value: unknown, site: Site) => Constraint;
/** By the names of the API. */
export type Operators = Readonly<Record<string, Operator>>;
/** An operand → the value it means. */
export type ReadValue = (value: unknown, site: Site) => ParseValue;

/** Scalars hand over what they parsed: texts, numbers, dates, bytes and files are values already. */
export const asTyped: ReadValue = (value) => value as ParseValue;
const asJson: ReadValue = (value) => parseJson(value);

const shared: Operators = {
  exists: (value, { column }) => operators.existsAs(column, value),
  inQueryKey: (value, { column, reader }) => keyQueryOf(column, 'inQueryKey', value, reader),
  notInQueryKey: (value, { column, reader }) => keyQueryOf(column, 'notInQueryKey', value, reader),
};

/** Equality, order, lists and what every column offers. */
export function comparisons(read: ReadValue): Operators {
  const compare =
    (name: keyof typeof COMPARISONS): Operator =>
    (value, site) =>
      operators.compareWith(site.column, COMPARISONS[name], read(value, site));
  return {
    equalTo: compare('equalTo'),
    notEqualTo: compare('notEqualTo'),
    lessThan: compare('lessThan'),
    lessThanOrEqualTo: compare('lessThanOrEqualTo'),
    greaterThan: compare('greaterThan'),
    greaterThanOrEqualTo: compare('greaterThanOrEqualTo'),
    ...lists(read, 'in', 'notIn'),
    ...shared,
  };
}

function lists(read: ReadValue, ...kinds: readonly ('in' | 'notIn' | 'containedBy')[]): Operators {
  const list =
    (kind: (typeof kinds)[number]): Operator =>
    (value, site) => {
      const at = `${site.column.name}.${kind}`;
      const entries = kind === 'containedBy' ? listAt(value, at) : choicesAt(value, at);
      site.reader.count(entries.length);
      return { kind, column: site.column, values: entries.map((entry) => read(entry, site)) };
    };
  return Object.fromEntries(kinds.map((kind) => [kind, list(kind)]));
}

const regex: Operators = {
  matchesRegex: (value, { column, constraints }) =>
    operators.regexOf(column, value, constraints['options']),
  // Read with its pattern; alone it has none.
  options: (value, { column, constraints }) =>
    operators.regexOf(column, constraints['matchesRegex'], value),
};

const contains: Operator = (value, { column, reader }) => {
  const entries = listAt(value, `${column.name}.contains`);
  reader.count(entries.length);
  return containsOf(column, entries, parseJson);
};

const near: Operator = (_value, { column, constraints }) => operators.nearOf(column, constraints);

/** Whole values only: a position or a shape is neither less nor greater than another. */
function equality(read: ReadValue): Operators {
  const compare =
    (name: 'equalTo' | 'notEqualTo'): Operator =>
    (value, site) =>
      operators.compareWith(
        site.column,
        COMPARISONS[name],
        value === null ? null : read(value, site),
      );
  return { equalTo: compare('equalTo'), notEqualTo: compare('notEqualTo') };
}

const geoPoint: Operators = {
  ...shared,
  ...equality((value, { column }) => operators.pointAt(value, column.name)),
  nearSphere: near,
  maxDistance: near,
  maxDistanceInRadians: near,
  maxDistanceInMiles: near,
  maxDistanceInKilometers: near,
  within: (value, { column }) => operators.withinOf(column, value),
  geoWithin: (value, { column }) => operators.geoWithinOf(column, value),
};

const polygon: Operators = {
  ...shared,
  ...equality((value, { column }) => decodePolygon(value, column)),
  geoIntersects: (value, { column }) => operators.geoIntersectsOf(column, value),
};

/** `{key: 'a.b', value}` → the operator at `profile.a.b`. */
function atKey(operate: Operator): Operator {
  return (value, site) => {
    const { key, value: inner } = fieldsAt(value, site.column.name);
    if (typeof key !== 'string' || inner === undefined) {
      throw new GatewayError('InvalidJson', `${site.column.name} needs key and value`);
    }
    return operate(inner, { ...site, column: { name: site.column.name, path: decodePath(key) } });
  };
}

/** Null instead of a pair means the column itself: it is null or absent. */
function orWhole(operate: Operator): Operator {
  const pair = atKey(operate);
  return (value, site) => (value === null ? operate(null, site) : pair(value, site));
}

/** A list of key-value pairs: any of them holds, or (for `nor`) none. */
function anyPair(kind: 'or' | 'nor'): Operator {
  const equal = atKey((value, { column }) =>
    operators.compareWith(column, 'equal', parseJson(value)),
  );
  return (value, site) => {
    const pairs = listAt(value, site.column.name);
    site.reader.count(pairs.length);
    return { kind, parts: pairs.map((pair) => equal(pair, site)) };
  };
}

/** Comparisons that null is a value for. */
const NULLABLE: ReadonlySet<string> = new Set(['equalTo', 'notEqualTo']);

const objectComparisons = Object.entries(comparisons(asJson))
  .filter(([name]) => name in COMPARISONS)
  .map(([name, operate]) => [name, NULLABLE.has(name) ? orWhole(operate) : atKey(operate)]);

const object: Operators = {
  ...shared,
  ...(Object.fromEntries(objectComparisons) as Operators),
  in: anyPair('or'),
  notIn: anyPair('nor'),
};

const text: Operator = (value, { column }) => operators.textOf(column, value);

const plain =
  (name: keyof typeof TEXT_PLACES): Operator =>
  (value, { column, constraints }) =>
    plainTextOf(column, name, { value, constraints });

/** The operators of texts, in which `ignoreCase` changes those that compare whole texts. */
function texts(): Operators {
  const foldable = ([name, exact]: [string, Operator]): [string, Operator] => [
    name,
    isFoldable(name)
      ? (value, site) =>
          foldedOf(site.column, name, { value, constraints: site.constraints }) ??
          exact(value, site)
      : exact,
  ];
  return {
    ...Object.fromEntries(Object.entries(comparisons(asTyped)).map(foldable)),
    ...regex,
    startsWith: plain('startsWith'),
    endsWith: plain('endsWith'),
    containsText: plain('containsText'),
    ignoreCase: (_value, { column, constraints }) => ignoreCaseOf(column, constraints),
  };
}

/** What a where input of each kind of column offers that leads to no other class. */
export const COLUMN_OPERATORS: Readonly<
  Record<Exclude<FieldKind, 'Pointer' | 'Relation'>, Operators>
> = {
  String: { ...texts(), text },
  Number: comparisons(asTyped),
  Boolean: comparisons(asTyped),
  Date: comparisons(asTyped),
  Bytes: comparisons(asTyped),
  File: { ...comparisons(asTyped), ...regex },
  Array: {
    ...comparisons(asJson),
    ...lists(asJson, 'containedBy'),
    contains,
    size: (value, { column }) => operators.sizeOf(column, value),
  },
  Object: object,
  GeoPoint: geoPoint,
  Polygon: polygon,
};
