import type { FieldKind } from '../../parse/field-type.ts';
import { GatewayError, permissionDenied } from '../../parse/errors.ts';
import { parseJson } from '../../parse/json.ts';
import { type ParseValue, Pointer } from '../../parse/values.ts';
import {
  allOf,
  column as columnNamed,
  type ColumnRef,
  type Constraint,
  hasObjectIdIn,
  NOTHING,
} from '../../query/constraint.ts';
import type { ApiContext } from '../api-context.ts';
import { type ApiPlan, type ClassPlan, type FieldPlan, PASSWORD } from '../plan/api-plan.ts';
import { decodePath } from './column-path.ts';
import { objectIdFor } from './global-id.ts';
import * as operators from './operators.ts';
import { type Fields, fieldsAt, invalidQuery, listAt } from './operators.ts';
import { COMPARISONS, keyQueryOf } from './rest-where.ts';
import {
  foldedOf,
  ignoreCaseOf,
  isFoldable,
  plainTextOf,
  type TEXT_PLACES,
} from './text-operators.ts';
import { decodePolygon } from './write-values.ts';
import { WhereReader } from './where-reader.ts';

interface Reading {
  readonly reader: WhereReader;
  readonly api: ApiPlan;
}

/** Where one operator stands: its column, its neighbours, and what is being read. */
interface Site extends Reading {
  readonly className: string;
  readonly column: ColumnRef;
  readonly constraints: Fields;
  readonly field: FieldPlan | undefined;
}

type Operator = (value: unknown, site: Site) => Constraint;
type Operators = Readonly<Record<string, Operator>>;
type ReadValue = (value: unknown, site: Site) => ParseValue;

// Scalars hand over what they parsed: texts, numbers, dates, bytes and files are values already.
const asTyped: ReadValue = (value) => value as ParseValue;
const asJson: ReadValue = (value) => parseJson(value);

const shared: Operators = {
  exists: (value, { column }) => operators.existsAs(column, value),
  inQueryKey: (value, { column, reader }) => keyQueryOf(column, 'inQueryKey', value, reader),
  notInQueryKey: (value, { column, reader }) => keyQueryOf(column, 'notInQueryKey', value, reader),
};

function comparisons(read: ReadValue): Operators {
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

function lists(
  read: ReadValue,
  ...kinds: readonly ('in' | 'notIn' | 'contains' | 'containedBy')[]
): Operators {
  const list =
    (kind: (typeof kinds)[number]): Operator =>
    (value, site) => {
      const entries = listAt(value, `${site.column.name}.${kind}`);
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

const pointer = leading('pointerTo', (value, { column }) => operators.existsAs(column, value));

const relation = leading('relationTo', (value, site) =>
  leadTo('relationTo', {}, site, !operators.flagAt(value, `${site.column.name}.exists`)),
);

function leading(kind: 'pointerTo' | 'relationTo', exists: Operator): Operators {
  return {
    have: (value, site) => leadTo(kind, value, site, false),
    haveNot: (value, site) => leadTo(kind, value, site, true),
    exists,
    equalTo: (value, site) => leadToId(kind, 'in', [value], site),
    notEqualTo: (value, site) => leadToId(kind, 'notIn', [value], site),
    in: (value, site) => leadToId(kind, 'in', listAt(value, `${site.column.name}.in`), site),
    notIn: (value, site) =>
      leadToId(kind, 'notIn', listAt(value, `${site.column.name}.notIn`), site),
  };
}

/** Ids, global or plain, of the target class; for a pointer, null means that it leads nowhere. Costs no command of its own. */
function leadToId(
  kind: 'pointerTo' | 'relationTo',
  inList: 'in' | 'notIn',
  ids: readonly unknown[],
  site: Site,
): Constraint {
  const { api, reader, column } = site;
  reader.count(ids.length);
  const target = api.classes.get(site.field?.targetClass ?? '');
  if (target === undefined) throw permissionDenied();
  const { className } = target.schema;
  const values = ids.map((id) => {
    if (id === null) return null;
    const objectId = objectIdFor(className, String(id), api.catalog.classes);
    if (objectId === undefined) {
      throw invalidQuery(`${column.name} leads to ${target.names.type}, not to ${String(id)}`);
    }
    return new Pointer(className, objectId);
  });
  if (kind === 'pointerTo') return { kind: inList, column, values };
  const held = values.map((value) => {
    if (value === null) throw invalidQuery(`${column.name} holds no null: ask whether it exists`);
    return value.objectId;
  });
  return {
    kind,
    field: column.name,
    targetClass: className,
    where: hasObjectIdIn(held),
    isNegated: inList === 'notIn',
  };
}

function leadTo(
  kind: 'pointerTo' | 'relationTo',
  value: unknown,
  site: Site,
  isNegated: boolean,
): Constraint {
  const { api, reader } = site;
  const target = api.classes.get(site.field?.targetClass ?? '');
  if (target === undefined) throw permissionDenied();
  const where = reader.nested(() => readWhere(value, target, { reader, api }));
  return { kind, field: site.column.name, targetClass: target.schema.className, where, isNegated };
}

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

/** What a where input of each kind of column offers. */
const KIND_OPERATORS: Readonly<Record<FieldKind, Operators>> = {
  String: { ...texts(), text },
  Number: comparisons(asTyped),
  Boolean: comparisons(asTyped),
  Date: comparisons(asTyped),
  Bytes: comparisons(asTyped),
  File: { ...comparisons(asTyped), ...regex },
  Array: {
    ...comparisons(asJson),
    ...lists(asJson, 'contains', 'containedBy'),
    size: (value, { column }) => operators.sizeOf(column, value),
  },
  Object: object,
  GeoPoint: geoPoint,
  Polygon: polygon,
  Pointer: pointer,
  Relation: relation,
};

const asId: ReadValue = (value, { className, api }) =>
  typeof value === 'string'
    ? (objectIdFor(className, value, api.catalog.classes) ?? value)
    : (value as ParseValue);

/** Base columns and words of every where input. */
const BASE_OPERATORS = {
  id: comparisons(asId),
  objectId: comparisons(asTyped),
  createdAt: comparisons(asTyped),
  updatedAt: comparisons(asTyped),
} as const satisfies Record<string, Operators>;

const CONNECTIVES = { OR: 'or', AND: 'and', NOR: 'nor' } as const;

/**
 * A where input, as graphql coerced it, → the objects of `plan` it means.
 *
 * `{name: {equalTo: 'x'}, OR: […]}` → all of them hold. `null` is a value for `equalTo`, `notEqualTo`, `in` and `notIn` (it stands for
 * absent, too) and an error elsewhere.
 * @throws GatewayError 102 for what is misplaced, too deep or too large; 107 for a malformed value; 121 for a bad key.
 */
export function decodeWhere(
  input: unknown,
  plan: ClassPlan,
  api: ApiPlan,
  context: Pick<ApiContext, 'catalog' | 'limits'>,
): Constraint {
  return readWhere(input, plan, { reader: new WhereReader(context), api });
}

function readWhere(input: unknown, plan: ClassPlan, reading: Reading): Constraint {
  const parts = Object.entries(fieldsAt(input, 'where'))
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      reading.reader.count(1);
      if (isConnective(name)) return readBranches(name, value, plan, reading);
      return name === plan.notName
        ? readNegation(value, plan, reading)
        : readColumn(name, value, plan, reading);
    });
  return allOf(...parts);
}

function isConnective(name: string): name is keyof typeof CONNECTIVES {
  return name in CONNECTIVES;
}

function readBranches(
  name: keyof typeof CONNECTIVES,
  value: unknown,
  plan: ClassPlan,
  reading: Reading,
): Constraint {
  const branches = listAt(value, name);
  if (branches.length === 0) throw invalidQuery(`${name} needs at least one constraint`);
  const parts = branches.map((branch) =>
    reading.reader.nested(() => readWhere(branch, plan, reading)),
  );
  return name === 'AND' ? allOf(...parts) : { kind: CONNECTIVES[name], parts };
}

function readNegation(value: unknown, plan: ClassPlan, reading: Reading): Constraint {
  return { kind: 'nor', parts: [reading.reader.nested(() => readWhere(value, plan, reading))] };
}

function readColumn(name: string, value: unknown, plan: ClassPlan, reading: Reading): Constraint {
  if (name === 'ACL') throw invalidQuery('Cannot query on ACL.');
  const constraints = fieldsAt(value, name);
  const { className } = plan.schema;
  if (isBaseName(name)) {
    const column = columnNamed(name === 'id' ? 'objectId' : name);
    return readOperators(BASE_OPERATORS[name], {
      className,
      column,
      constraints,
      field: undefined,
      ...reading,
    });
  }
  const field = plan.where.get(name);
  if (field === undefined) throw invalidQuery(`${name} is not a column of ${plan.names.type}`);
  // Never stored under its name, so nothing has it.
  if (field.field === PASSWORD) return NOTHING;
  if (field.kind === 'Object' && field.field.type.kind !== 'Object') {
    throw invalidQuery(`${name} leads to a class that is not served`);
  }
  const column = columnNamed(field.field.name);
  return readOperators(KIND_OPERATORS[field.kind], {
    className,
    column,
    constraints,
    field,
    ...reading,
  });
}

function isBaseName(name: string): name is keyof typeof BASE_OPERATORS {
  return name in BASE_OPERATORS;
}

function readOperators(offered: Operators, site: Site): Constraint {
  const parts = Object.entries(site.constraints).flatMap(([name, value]): readonly Constraint[] => {
    if (value === undefined || isReadWithAnother(name, site.constraints)) return [];
    site.reader.count(1);
    const operate = offered[name];
    if (operate === undefined) throw invalidQuery(`${site.column.name} has no operator ${name}`);
    return [operate(value, site)];
  });
  return allOf(...parts);
}

/** `options` belongs to its pattern and a distance to its point; alone, each is handed to the operator that refuses it. */
function isReadWithAnother(name: string, constraints: Fields): boolean {
  if (name === 'options') return constraints['matchesRegex'] !== undefined;
  return operators.DISTANCE_OPERATORS.has(name) && constraints['nearSphere'] !== undefined;
}
