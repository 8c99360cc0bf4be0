import { GatewayError } from '../../parse/errors.ts';
import type { FieldKind } from '../../parse/field-type.ts';
import { assertStorableKey, parseJson } from '../../parse/json.ts';
import { allOf, column, type Constraint, EVERYTHING } from '../../query/constraint.ts';
import type { FieldOperation, PathChange } from '../../query/write-request.ts';
import type { ApiContext } from '../api-context.ts';
import type { ApiPlan, ClassPlan, FieldPlan } from '../plan/api-plan.ts';
import { type Fields, fieldsAt, invalidQuery, listAt } from './operators.ts';
import { decodeWhere } from './where.ts';

type Decode = (value: unknown, at: string) => FieldOperation;

/** The operators of each kind of column that has some, and how the value of each is read. */
export const COLUMN_OPERATIONS = {
  Number: {
    increment: (value, at) => ({ kind: 'increment', amount: numberAt(value, at) }),
    min: (value, at) => ({ kind: 'min', value: numberAt(value, at) }),
    max: (value, at) => ({ kind: 'max', value: numberAt(value, at) }),
  },
  Date: {
    min: (value, at) => ({ kind: 'min', value: dateAt(value, at) }),
    max: (value, at) => ({ kind: 'max', value: dateAt(value, at) }),
  },
  Array: {
    add: (value, at) => ({ kind: 'add', values: valuesAt(value, at) }),
    addUnique: (value, at) => ({ kind: 'addUnique', values: valuesAt(value, at) }),
    remove: (value, at) => ({ kind: 'remove', values: valuesAt(value, at) }),
  },
} as const satisfies Partial<Record<FieldKind, Readonly<Record<string, Decode>>>>;

/** Paths of an Object column that one update may change. */
const MAX_PATHS = 100;
/** Keys of one path; MongoDB stops at 100 levels. */
const MAX_STEPS = 50;

/**
 * The `operations` of an update → one operation for each column: `{points: {increment: 5}}`.
 * @throws GatewayError 107 for a value of another type, 102 for a column with none or several operators.
 */
export function decodeOperations(
  given: unknown,
  { operations: plans }: ClassPlan,
): ReadonlyMap<string, FieldOperation> {
  const operations = new Map<string, FieldOperation>();
  if (given === undefined || given === null) return operations;
  for (const [name, value] of Object.entries(fieldsAt(given, 'operations'))) {
    const plan = plans.get(name);
    if (plan === undefined || value === undefined || value === null) continue;
    operations.set(plan.field.name, decodeOperation(value, plan));
  }
  return operations;
}

/** Which objects a write is for: those that `where` matches and that were last changed at `ifUpdatedAt`. @throws GatewayError as `decodeWhere`. */
export function decodeCondition(
  { where, ifUpdatedAt }: Fields,
  plan: ClassPlan,
  parts: { readonly api: ApiPlan; readonly context: ApiContext },
): Constraint {
  const matching =
    where === undefined || where === null
      ? EVERYTHING
      : decodeWhere(where, plan, parts.api, parts.context);
  if (ifUpdatedAt === undefined || ifUpdatedAt === null) return matching;
  return allOf(matching, {
    kind: 'compare',
    column: column('updatedAt'),
    comparison: 'equal',
    value: dateAt(ifUpdatedAt, 'ifUpdatedAt'),
  });
}

function decodeOperation(value: unknown, { name, kind }: FieldPlan): FieldOperation {
  const given = Object.entries(fieldsAt(value, name)).filter(
    ([, part]) => part !== undefined && part !== null,
  );
  if (kind === 'Object')
    return { kind: 'setPaths', paths: pathsOf(Object.fromEntries(given), name) };
  const [operator, ...others] = given;
  if (operator === undefined || others.length > 0) {
    throw invalidQuery(`${name} needs exactly one operator`);
  }
  const known: Readonly<Record<string, Decode>> =
    kind in COLUMN_OPERATIONS ? COLUMN_OPERATIONS[kind as keyof typeof COLUMN_OPERATIONS] : {};
  const [word, operand] = operator;
  const decode = Object.hasOwn(known, word) ? known[word] : undefined;
  if (decode === undefined) throw invalidQuery(`${name} has no operator ${word}`);
  return decode(operand, `${name}.${word}`);
}

/** `{set: [{path: 'a.b', value: 1}], unset: ['c']}` → its changes. */
function pathsOf({ set = [], unset = [] }: Fields, name: string): readonly PathChange[] {
  const changes: PathChange[] = listAt(set, `${name}.set`).map((entry) => {
    const { path, value } = fieldsAt(entry, `${name}.set`);
    return { path: stepsOf(path, name), value: parseJson(value ?? null) };
  });
  for (const path of listAt(unset, `${name}.unset`)) {
    changes.push({ path: stepsOf(path, name), value: undefined });
  }
  if (changes.length === 0) throw invalidQuery(`${name} needs a path to set or unset`);
  if (changes.length > MAX_PATHS) throw invalidQuery(`${name} may change ${MAX_PATHS} paths`);
  return changes;
}

function stepsOf(path: unknown, name: string): readonly string[] {
  const steps = typeof path === 'string' ? path.split('.') : [];
  if (steps.length === 0 || steps.length > MAX_STEPS || steps.includes('')) {
    throw new GatewayError('InvalidNestedKey', `${name}: a path is keys with dots between them`);
  }
  for (const step of steps) {
    assertStorableKey(step);
    // Piece by piece, one would make what no typed value may be.
    if (step === '__type') throw new GatewayError('InvalidKeyName', `Invalid key name: ${step}`);
  }
  return steps;
}

function numberAt(value: unknown, at: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new GatewayError('InvalidJson', `${at} must be a number`);
}

function dateAt(value: unknown, at: string): Date {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
  throw new GatewayError('InvalidJson', `${at} must be a date`);
}

function valuesAt(value: unknown, at: string) {
  return listAt(value, at).map((entry) => parseJson(entry));
}
