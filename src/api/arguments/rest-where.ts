import { GatewayError } from '../../parse/errors.ts';
import type { ClassSchema } from '../../parse/class-schema.ts';
import type { FieldType } from '../../parse/field-type.ts';
import { parseJson } from '../../parse/json.ts';
import { typedNameOf } from '../../parse/typed-json.ts';
import { type ParseValue, Pointer } from '../../parse/values.ts';
import {
  allOf,
  type ColumnRef,
  type Comparison,
  type Constraint,
  hasObjectIdIn,
} from '../../query/constraint.ts';
import { decodeColumn, decodePath } from './column-path.ts';
import { containsOf } from './contains.ts';
import { objectIdFor } from './global-id.ts';
import * as operators from './operators.ts';
import { type Fields, fieldsAt, invalidQuery, listAt } from './operators.ts';
import { relativeMoment } from './relative-time.ts';
import {
  foldedOf,
  ignoreCaseOf,
  isFoldable,
  plainTextOf,
  type TEXT_PLACES,
} from './text-operators.ts';
import type { WhereReader } from './where-reader.ts';

/** Parse's REST names → the names of this API. */
const REST_OPERATORS: Readonly<Record<string, string>> = {
  $eq: 'equalTo',
  $ne: 'notEqualTo',
  $lt: 'lessThan',
  $lte: 'lessThanOrEqualTo',
  $gt: 'greaterThan',
  $gte: 'greaterThanOrEqualTo',
  $in: 'in',
  $nin: 'notIn',
  $exists: 'exists',
  $all: 'contains',
  $containedBy: 'containedBy',
  $regex: 'matchesRegex',
  $options: 'options',
  $text: 'text',
  $nearSphere: 'nearSphere',
  $maxDistance: 'maxDistance',
  $maxDistanceInRadians: 'maxDistanceInRadians',
  $maxDistanceInMiles: 'maxDistanceInMiles',
  $maxDistanceInKilometers: 'maxDistanceInKilometers',
  $within: 'within',
  $geoWithin: 'geoWithin',
  $geoIntersects: 'geoIntersects',
  $inQuery: 'inQuery',
  $notInQuery: 'notInQuery',
  $select: 'inQueryKey',
  $dontSelect: 'notInQueryKey',
};

const CONNECTIVES: Readonly<Record<string, 'and' | 'or' | 'nor'>> = {
  $and: 'and',
  $or: 'or',
  $nor: 'nor',
  AND: 'and',
  OR: 'or',
  NOR: 'nor',
};

/** The comparisons by their names in this API. */
export const COMPARISONS = {
  equalTo: 'equal',
  notEqualTo: 'notEqual',
  lessThan: 'less',
  lessThanOrEqualTo: 'lessOrEqual',
  greaterThan: 'greater',
  greaterThanOrEqualTo: 'greaterOrEqual',
} as const satisfies Record<string, Comparison>;

/** One column of one class, and the constraints on it by the names of this API. */
interface Constrained {
  readonly column: ColumnRef;
  readonly type: FieldType | undefined;
  readonly constraints: Fields;
  readonly reader: WhereReader;
}

type Operator = (value: unknown, on: Constrained) => Constraint;

const compare =
  (name: keyof typeof COMPARISONS): Operator =>
  (value, { column, type, reader }) =>
    operators.compareWith(
      column,
      COMPARISONS[name],
      relativeMoment(value, type, COMPARISONS[name]) ?? readValue(value, type, reader),
    );

const plain =
  (name: keyof typeof TEXT_PLACES): Operator =>
  (value, { column, constraints }) =>
    plainTextOf(column, name, { value, constraints });

/** Every operator a where may hold as JSON; those that complete another are read with it. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  equalTo: compare('equalTo'),
  notEqualTo: compare('notEqualTo'),
  lessThan: compare('lessThan'),
  lessThanOrEqualTo: compare('lessThanOrEqualTo'),
  greaterThan: compare('greaterThan'),
  greaterThanOrEqualTo: compare('greaterThanOrEqualTo'),
  in: (value, on) => ({ kind: 'in', column: on.column, values: readChoices(value, on) }),
  notIn: (value, on) => ({ kind: 'notIn', column: on.column, values: readChoices(value, on) }),
  contains: (value, { column, type, reader }) =>
    containsOf(column, listAt(value, column.name), (entry) => readValue(entry, type, reader)),
  containedBy: (value, on) => ({
    kind: 'containedBy',
    column: on.column,
    values: readList(value, on),
  }),
  exists: (value, on) =>
    on.type?.kind === 'Relation'
      ? leadsTo({}, on, !operators.flagAt(value, `${on.column.name}.exists`))
      : operators.existsAs(on.column, value),
  matchesRegex: (value, { column, constraints }) =>
    operators.regexOf(column, value, constraints['options']),
  startsWith: plain('startsWith'),
  endsWith: plain('endsWith'),
  containsText: plain('containsText'),
  ignoreCase: (_value, { column, constraints }) => ignoreCaseOf(column, constraints),
  size: (value, { column }) => operators.sizeOf(column, value),
  text: (value, { column }) => operators.textOf(column, value),
  nearSphere: (_value, { column, constraints }) => operators.nearOf(column, constraints),
  within: (value, { column }) => operators.withinOf(column, value),
  geoWithin: (value, { column }) => operators.geoWithinOf(column, value),
  geoIntersects: (value, { column }) => operators.geoIntersectsOf(column, value),
  inQuery: (value, on) => subqueryOf(value, on, false),
  notInQuery: (value, on) => subqueryOf(value, on, true),
  have: (value, on) => leadsTo(value, on, false),
  haveNot: (value, on) => leadsTo(value, on, true),
  inQueryKey: (value, { column, reader }) => keyQueryOf(column, 'inQueryKey', value, reader),
  notInQueryKey: (value, { column, reader }) => keyQueryOf(column, 'notInQueryKey', value, reader),
};

/**
 * A where as JSON, in Parse's REST names (`{score: {$gt: 1}}`) or in the names of this API (`{score: {greaterThan: 1}}`).
 * @throws GatewayError 102, 105, 107, 111, 121 for what is malformed; 119 for an unknown class.
 * @see https://docs.parseplatform.org/rest/guide/#query-constraints
 */
export function decodeRestWhere(
  json: unknown,
  schema: ClassSchema,
  reader: WhereReader,
): Constraint {
  const parts = Object.entries(fieldsAt(json, 'where')).map(([key, value]) => {
    reader.count(1);
    const connective = Object.hasOwn(CONNECTIVES, key) ? CONNECTIVES[key] : undefined;
    if (connective !== undefined) {
      const branches = listAt(value, key);
      if (branches.length === 0) throw invalidQuery(`${key} needs at least one constraint`);
      return {
        kind: connective,
        parts: branches.map((branch) =>
          reader.nested(() => decodeRestWhere(branch, schema, reader)),
        ),
      };
    }
    if (key === 'NOT' && !schema.fields.has(key)) {
      const negated = reader.nested(() => decodeRestWhere(value, schema, reader));
      return { kind: 'nor', parts: [negated] } as const;
    }
    if (key === '$relatedTo') return relatedToOf(value);
    if (key === 'id') return decodeId(value, schema, reader);
    return decodeColumnConstraint(key, value, schema, reader);
  });
  return allOf(...parts);
}

/**
 * `{query: {className, where}, key}` → the column is (not) among the values at `key`.
 * @throws GatewayError 102 for other properties than these, 119 for an unknown class, and as `decodeRestWhere`.
 */
export function keyQueryOf(
  column: ColumnRef,
  kind: 'inQueryKey' | 'notInQueryKey',
  value: unknown,
  reader: WhereReader,
): Constraint {
  const at = `${column.name}.${kind}`;
  const { query, key } = fieldsAt(value, at);
  const { className, where } = fieldsAt(query, `${at}.query`);
  if (typeof className !== 'string' || typeof key !== 'string') {
    throw invalidQuery(`${at} needs query.className and key`);
  }
  const schema = reader.classNamed(className);
  const constraint = reader.nested(() => decodeRestWhere(where ?? {}, schema, reader));
  return { kind, column, query: { className, where: constraint, key: decodeColumn(key) } };
}

/** `name`, `{$gt: 1}` → what is asked of that column. @throws GatewayError as `decodeRestWhere`. */
export function decodeColumnConstraint(
  key: string,
  value: unknown,
  schema: ClassSchema,
  reader: WhereReader,
): Constraint {
  const column = decodeColumn(key);
  if (column.name === 'ACL') throw invalidQuery('Cannot query on ACL.');
  const type = column.path.length === 0 ? schema.fields.get(column.name)?.type : undefined;
  const constraints = operatorsIn(value);
  if (constraints === undefined) {
    const read = readValue(value, type, reader);
    return type?.kind === 'Relation'
      ? holds(column.name, type.targetClass, [read])
      : operators.compareWith(column, 'equal', read);
  }
  return decodeOperators({ column, type, constraints, reader });
}

function decodeOperators(on: Constrained): Constraint {
  if (Object.keys(on.constraints).length === 0) {
    return operators.equalToEmpty(on.column, on.type?.kind);
  }
  const parts = Object.entries(on.constraints).flatMap(([name, value]): readonly Constraint[] => {
    if (isCompletion(name, on.constraints)) return [];
    const pair = keyValueOf(value);
    if (pair !== undefined && name in COMPARISONS) {
      const column = { name: on.column.name, path: [...on.column.path, ...decodePath(pair.key)] };
      return [operate(name, pair.value, { ...on, column, type: undefined })];
    }
    if (on.type?.kind === 'Relation' && name === 'in') {
      return [holds(on.column.name, on.type.targetClass, readChoices(value, on))];
    }
    return [operate(name, value, on)];
  });
  return allOf(...parts);
}

function operate(name: string, value: unknown, on: Constrained): Constraint {
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (operator === undefined) throw new GatewayError('InvalidJson', `bad constraint: ${name}`);
  const { column, constraints } = on;
  const folded = isFoldable(name) ? foldedOf(column, name, { value, constraints }) : undefined;
  return folded ?? operator(value, on);
}

/** `options` and distances are read with what they complete; alone, that operator words the refusal. */
function isCompletion(name: string, constraints: Fields): boolean {
  if (name === 'options') {
    if (constraints['matchesRegex'] !== undefined) return true;
    throw invalidQuery('options needs matchesRegex');
  }
  if (!operators.DISTANCE_OPERATORS.has(name)) return false;
  if (constraints['nearSphere'] !== undefined) return true;
  throw invalidQuery(`${name} needs nearSphere`);
}

/** `{$gt: 1}` → `{greaterThan: 1}`; `undefined` for a plain value. @throws GatewayError 107 for other objects. */
function operatorsIn(value: unknown): Fields | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const fields = value as Fields;
  if (typedNameOf(fields) !== undefined) return undefined;
  const entries = Object.entries(fields).map(([name, inner]) => [
    Object.hasOwn(REST_OPERATORS, name) ? (REST_OPERATORS[name] ?? name) : name,
    inner,
  ]);
  return Object.fromEntries(entries) as Fields;
}

function keyValueOf(value: unknown): { readonly key: string; readonly value: unknown } | undefined {
  if (typeof value !== 'object' || value === null || !('key' in value) || !('value' in value)) {
    return undefined;
  }
  return typeof value.key === 'string' ? { key: value.key, value: value.value } : undefined;
}

function readValue(value: unknown, type: FieldType | undefined, reader: WhereReader): ParseValue {
  reader.count(1);
  // A bare id on a pointer column means its target class.
  if (type?.kind === 'Pointer' && typeof value === 'string') {
    return new Pointer(type.targetClass, value);
  }
  return parseJson(value);
}

function readChoices(value: unknown, { column, type, reader }: Constrained): readonly ParseValue[] {
  return operators.choicesAt(value, column.name).map((entry) => readValue(entry, type, reader));
}

function readList(value: unknown, { column, type, reader }: Constrained): readonly ParseValue[] {
  return listAt(value, column.name).map((entry) => readValue(entry, type, reader));
}

function holds(field: string, targetClass: string, values: readonly ParseValue[]): Constraint {
  const ids = values.map((value) => {
    if (value instanceof Pointer) return value.objectId;
    throw new GatewayError('InvalidJson', `${field} is compared with pointers`);
  });
  return { kind: 'relationTo', field, targetClass, where: hasObjectIdIn(ids), isNegated: false };
}

function subqueryOf(value: unknown, on: Constrained, isNegated: boolean): Constraint {
  const { className, where } = fieldsAt(value, on.column.name);
  if (typeof className !== 'string') throw invalidQuery(`${on.column.name} needs className`);
  if (targetOf(on) !== className)
    throw invalidQuery(`${on.column.name} does not lead to ${className}`);
  return leadsTo(where ?? {}, on, isNegated);
}

function leadsTo(value: unknown, on: Constrained, isNegated: boolean): Constraint {
  const targetClass = targetOf(on);
  const schema = on.reader.classNamed(targetClass);
  const where = on.reader.nested(() => decodeRestWhere(value, schema, on.reader));
  const kind = on.type?.kind === 'Relation' ? 'relationTo' : 'pointerTo';
  return { kind, field: on.column.name, targetClass, where, isNegated };
}

function targetOf({ column, type }: Constrained): string {
  if (type?.kind === 'Pointer' || type?.kind === 'Relation') return type.targetClass;
  throw invalidQuery(`${column.name} is not a pointer or relation`);
}

function relatedToOf(value: unknown): Constraint {
  const { object, key } = fieldsAt(value, '$relatedTo');
  const owner = parseJson(object);
  if (!(owner instanceof Pointer) || typeof key !== 'string') {
    throw invalidQuery('$relatedTo needs object and key');
  }
  return { kind: 'relatedTo', owner, field: decodeColumn(key).name };
}

function decodeId(value: unknown, schema: ClassSchema, reader: WhereReader): Constraint {
  const plain = (id: unknown): unknown =>
    typeof id === 'string' ? (objectIdFor(schema.className, id, reader.catalog.classes) ?? id) : id;
  const constraints = operatorsIn(value) ?? { equalTo: value };
  const decoded = Object.fromEntries(
    Object.entries(constraints).map(([name, inner]) => [
      name,
      Array.isArray(inner) ? inner.map(plain) : plain(inner),
    ]),
  );
  return decodeColumnConstraint('objectId', decoded, schema, reader);
}
