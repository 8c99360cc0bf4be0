import type { ClassSchema } from '../../parse/class-schema.ts';
import { GatewayError } from '../../parse/errors.ts';
import type { FieldKind } from '../../parse/field-type.ts';
import { isParseRecord, type ParseValue } from '../../parse/values.ts';
import type {
  FieldOperation,
  FieldOperationKind,
  PathChange,
  UpdateRequest,
} from '../../query/write-request.ts';
import { encodeAcl } from './acl-codec.ts';
import { encodeValue } from './document.ts';
import { encodeNested } from './nested-codec.ts';
import {
  assertPathStep,
  authDataName,
  HIDDEN_STORED_NAMES,
  isAuthData,
  storedName,
} from './system-columns.ts';

/** An update document: operator → stored key → operand. */
type StoredUpdate = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Target {
  readonly name: string;
  readonly schema: ClassSchema;
}

/** One operator on one stored key. */
interface Change {
  readonly operator: string;
  readonly key: string;
  readonly operand: unknown;
}

type OperationOfKind<K, O = FieldOperation> = O extends { readonly kind: infer Kinds }
  ? K extends Kinds
    ? O
    : never
  : never;

type Compilers = {
  readonly [K in FieldOperationKind]: (
    operation: OperationOfKind<K>,
    target: Target,
  ) => readonly Change[];
};

const COMPILERS: Compilers = {
  set: ({ value }, { name, schema }) => [
    ...encodeValue(name, value, schema).map(([key, operand]) => ({
      operator: '$set',
      key,
      operand,
    })),
    ...unlinkedProviders(name, value, schema),
  ],
  unset: (_, target) => [{ operator: '$unset', key: keyOf(target), operand: '' }],
  increment: ({ amount }, target) => {
    if (!Number.isFinite(amount)) {
      throw new GatewayError('InvalidJson', 'incrementing must provide a number');
    }
    return [{ operator: '$inc', key: keyOf(target, ['Number']), operand: amount }];
  },
  min: ({ value }, target) => [bound('$min', value, target)],
  max: ({ value }, target) => [bound('$max', value, target)],
  add: ({ values }, target) => [
    { operator: '$push', key: keyOf(target, ['Array']), operand: { $each: encodeAll(values) } },
  ],
  addUnique: ({ values }, target) => [
    { operator: '$addToSet', key: keyOf(target, ['Array']), operand: { $each: encodeAll(values) } },
  ],
  remove: ({ values }, target) => [
    { operator: '$pullAll', key: keyOf(target, ['Array']), operand: encodeAll(values) },
  ],
  setPaths: ({ paths }, target) => {
    assertApart(paths, target);
    return paths.map(({ path, value }) => {
      path.forEach(assertPathStep);
      const key = [keyOf(target, ['Object', 'Array']), ...path].join('.');
      return value === undefined
        ? { operator: '$unset', key, operand: '' }
        : { operator: '$set', key, operand: encodeNested(value) };
    });
  },
  // Rows of a relation are written to their own collection, after the object.
  relate: () => [],
};

/**
 * The operations on an object → one update document, `_updated_at` with them.
 *
 * A half of the ACL that is open is removed, as an absent one means everybody.
 * @throws GatewayError 111 for an operation that does not fit the column, 255 for a column the class does not have.
 * @see https://www.mongodb.com/docs/manual/reference/operator/update/
 */
export function compileUpdate(
  { operations, acl }: Pick<UpdateRequest, 'operations' | 'acl'>,
  schema: ClassSchema,
  now: Date,
): StoredUpdate {
  const changes: Change[] = [{ operator: '$set', key: '_updated_at', operand: now }];
  for (const [name, operation] of operations) {
    // Each row of the table takes its own kind; indexing by the kind is what makes that true.
    const compiler = COMPILERS[operation.kind] as (
      operation: FieldOperation,
      target: Target,
    ) => readonly Change[];
    changes.push(...compiler(operation, { name, schema }));
  }
  if (acl !== undefined) {
    const stored = encodeAcl(acl);
    for (const key of ['_rperm', '_wperm', '_acl'] as const) {
      const operand = stored[key];
      if (operand === undefined) changes.push({ operator: '$unset', key, operand: '' });
      else changes.push({ operator: '$set', key, operand });
    }
  }
  const update: Record<string, Record<string, unknown>> = {};
  for (const { operator, key, operand } of changes) (update[operator] ??= {})[key] = operand;
  return update;
}

function bound(operator: '$min' | '$max', value: number | Date, target: Target): Change {
  const kind = value instanceof Date ? 'Date' : 'Number';
  return { operator, key: keyOf(target, [kind]), operand: value };
}

/** Providers set to null are unlinked: their key goes. */
function unlinkedProviders(
  name: string,
  value: ParseValue,
  schema: ClassSchema,
): readonly Change[] {
  if (!isAuthData(schema.className, name) || value === null || !isParseRecord(value)) return [];
  return Object.entries(value)
    .filter(([, data]) => data === null)
    .map(([provider]) => ({ operator: '$unset', key: authDataName(provider), operand: '' }));
}

/** MongoDB takes no two changes of which one is inside of the other. @throws GatewayError 111 */
function assertApart(paths: readonly PathChange[], { name, schema }: Target): void {
  for (const [place, { path }] of paths.entries()) {
    const isInside = paths.some(
      (other, otherPlace) =>
        otherPlace !== place &&
        other.path.length <= path.length &&
        other.path.every((step, depth) => step === path[depth]),
    );
    if (path.length > 0 && !isInside) continue;
    const label = `${schema.className}.${name}`;
    throw new GatewayError('IncorrectType', `${label}: no path may be empty or inside of another`);
  }
}

function encodeAll(values: readonly ParseValue[]): readonly unknown[] {
  return values.map(encodeNested);
}

function keyOf({ name, schema }: Target, kinds?: readonly FieldKind[]): string {
  if (HIDDEN_STORED_NAMES.has(name) && schema.className === '_User') return name;
  const field = schema.fields.get(name);
  const label = `${schema.className}.${name}`;
  if (field === undefined) {
    throw new GatewayError('SchemaMismatch', `Field ${label} does not exist, cannot write it.`);
  }
  const { kind } = field.type;
  if (kind === 'Relation' || (kinds !== undefined && !kinds.includes(kind))) {
    throw new GatewayError(
      'IncorrectType',
      `schema mismatch for ${label}; expected ${kind} but got ${kinds?.join(' or ') ?? 'a value'}`,
    );
  }
  return storedName(schema, name);
}
