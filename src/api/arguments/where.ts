import type { FieldKind } from '../../parse/field-type.ts';
import { permissionDenied } from '../../parse/errors.ts';
import { type ParseValue, Pointer } from '../../parse/values.ts';
import {
  allOf,
  column as columnNamed,
  type Constraint,
  hasObjectIdIn,
  NOTHING,
} from '../../query/constraint.ts';
import type { ApiContext } from '../api-context.ts';
import { type ApiPlan, type ClassPlan, PASSWORD } from '../plan/api-plan.ts';
import {
  asTyped,
  COLUMN_OPERATORS,
  comparisons,
  type Operator,
  type Operators,
  type Reading,
  type ReadValue,
  type Site,
} from './column-operators.ts';
import { objectIdFor } from './global-id.ts';
import * as operators from './operators.ts';
import { type Fields, fieldsAt, invalidQuery, listAt } from './operators.ts';
import { decodeColumnConstraint } from './rest-where.ts';
import { readAllowed } from './where-allowance.ts';
import { WhereReader } from './where-reader.ts';

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
    if (typeof id !== 'string') return null;
    const objectId = objectIdFor(className, id, api.catalog.classes);
    if (objectId === undefined) {
      throw invalidQuery(`${column.name} leads to ${target.names.type}, not to ${id}`);
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

/** What a where input of each kind of column offers. */
const KIND_OPERATORS: Readonly<Record<FieldKind, Operators>> = {
  ...COLUMN_OPERATORS,
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
  return readAllowed(
    () => readWhere(input, plan, { reader: new WhereReader(context), api }),
    plan.schema.className,
    context,
  );
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
  return Object.hasOwn(CONNECTIVES, name);
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
    return decodeColumnConstraint(field.field.name, constraints, plan.schema, reading.reader);
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
  return Object.hasOwn(BASE_OPERATORS, name);
}

function readOperators(offered: Operators, site: Site): Constraint {
  if (Object.values(site.constraints).every((value) => value === undefined)) {
    return operators.equalToEmpty(site.column, site.field?.kind);
  }
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
