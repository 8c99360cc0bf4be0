import { OPEN_PERMISSIONS } from '../parse/class-permissions.ts';
import { decodeClassPermissions } from '../parse/class-permissions-json.ts';
import { type ClassSchema, isBaseColumn } from '../parse/class-schema.ts';
import { GatewayError } from '../parse/errors.ts';
import type { Field, FieldType } from '../parse/field-type.ts';
import { parseClassPermissions } from '../parse/parse-class-permissions.ts';
import { defaultColumns } from '../parse/system-classes.ts';
import type {
  ClassIndex,
  ClassRequest,
  DescribedSchema,
  SchemaChange,
} from '../query/schema-change.ts';
import {
  assertNewClassName,
  assertNewField,
  assertOptions,
  classExists,
  isDefaultColumn,
} from './check-schema-names.ts';

/** What is to be done, in this order, and what the class is afterwards. */
export interface SchemaPlan {
  readonly changes: readonly SchemaChange[];
  readonly after: DescribedSchema;
}

/**
 * A class that is to be made, checked as Parse Server checks it, in its order. Pure.
 * @throws GatewayError 103 for its name, 105, 135, 136 or 111 for a column, 107 for permissions, 102 for an index
 */
export function planClassCreation(request: ClassRequest, isTaken: boolean): SchemaPlan {
  const { className } = request;
  const added = addedFields(request, () => false);
  if (isTaken) throw classExists(className);
  assertNewClassName(className);
  for (const field of added) assertNewField(className, field);
  const schema: ClassSchema = {
    className,
    fields: new Map(
      Object.entries(defaultColumns(className)).map(([name, type]) => [
        name,
        plainField(name, type),
      ]),
    ),
    permissions: OPEN_PERMISSIONS,
    indexes: new Map(),
  };
  const changes: readonly SchemaChange[] = [
    { kind: 'createClass' },
    ...added.map((field): SchemaChange => ({ kind: 'addField', field })),
  ];
  return completed({ schema, indexes: [] }, changes, request);
}

/**
 * A class that is to change, checked as Parse Server checks it. Pure. A column to remove that does not exist is passed over.
 * @throws GatewayError 105 for a column that exists, otherwise as `planClassCreation`; 136 for removing one of Parse's own
 */
export function planClassUpdate(before: DescribedSchema, request: ClassRequest): SchemaPlan {
  const { schema } = before;
  const { className, fields } = schema;
  const added = addedFields(
    request,
    (name) => fields.has(name) || isDefaultColumn(className, name),
  );
  const removed = removedFields(request, schema);
  for (const field of added) assertNewField(className, field);
  for (const { name } of removed) {
    if (!isDefaultColumn(className, name)) continue;
    throw new GatewayError('ImmutableField', `field ${name} cannot be changed`);
  }
  const changes: readonly SchemaChange[] = [
    ...removed.map((field): SchemaChange => ({ kind: 'removeField', field })),
    ...added.map((field): SchemaChange => ({ kind: 'addField', field })),
  ];
  return completed(before, changes, request);
}

/** Adds what is decided by the columns the class will have. */
function completed(
  before: DescribedSchema,
  columns: readonly SchemaChange[],
  request: ClassRequest,
): SchemaPlan {
  const withColumns = changedSchema(before.schema, columns);
  assertOneGeoPoint(withColumns);
  const others: SchemaChange[] = [];
  for (const options of request.changeOptions) {
    const field = optionsChanged(withColumns, options);
    if (field !== undefined) others.push({ kind: 'setFieldOptions', field });
  }
  if (request.permissions !== undefined && request.permissions !== null) {
    const types = new Map([...withColumns.fields].map(([name, { type }]) => [name, type]));
    if (request.className === '_User') types.set('password', { kind: 'String' });
    const permissions = parseClassPermissions(request.permissions, types);
    others.push({ kind: 'setPermissions', permissions });
  }
  const schema = changedSchema(withColumns, others);
  const indexes = indexChanges({ schema, indexes: before.indexes }, request);
  return {
    changes: [...columns, ...others, ...indexes],
    after: { schema, indexes: changedIndexes(before.indexes, indexes) },
  };
}

/** In the caller's order; what is also to be removed is passed over, as Parse Server does. */
function addedFields(
  { addFields, removeFields }: ClassRequest,
  isKnown: (name: string) => boolean,
): readonly Field[] {
  const removed = new Set(removeFields);
  const added = new Map<string, Field>();
  for (const field of addFields) {
    if (removed.has(field.name)) continue;
    if (added.has(field.name) || isKnown(field.name)) {
      throw new GatewayError('InvalidKeyName', `Duplicated field name: ${field.name}`);
    }
    added.set(field.name, field);
  }
  return [...added.values()];
}

function removedFields({ removeFields }: ClassRequest, schema: ClassSchema): readonly Field[] {
  return [...new Set(removeFields)].flatMap((name) => {
    const field = schema.fields.get(name);
    if (field !== undefined) return [field];
    return isDefaultColumn(schema.className, name) ? [plainField(name, { kind: 'Object' })] : [];
  });
}

function assertOneGeoPoint({ fields }: ClassSchema): void {
  const [first, second] = [...fields.values()].filter(({ type }) => type.kind === 'GeoPoint');
  if (first === undefined || second === undefined) return;
  throw new GatewayError(
    'IncorrectType',
    `currently, only one GeoPoint field may exist in an object. Adding ${second.name} when ${first.name} already exists.`,
  );
}

/** `undefined`: they are so already. @throws GatewayError 255 for a column that does not exist, 136, 111 */
function optionsChanged(
  { className, fields }: ClassSchema,
  { name, isRequired, defaultValue }: ClassRequest['changeOptions'][number],
): Field | undefined {
  if (isBaseColumn(name)) {
    throw new GatewayError('ImmutableField', `field ${name} cannot be changed`);
  }
  const field = fields.get(name);
  if (field === undefined) {
    throw new GatewayError('SchemaMismatch', `Field ${name} does not exist, cannot change it.`);
  }
  const changed: Field = {
    ...field,
    isRequired: isRequired ?? field.isRequired,
    defaultValue:
      defaultValue === undefined
        ? field.defaultValue
        : defaultValue === null
          ? undefined
          : defaultValue,
  };
  assertOptions(className, changed);
  return JSON.stringify(changed) === JSON.stringify(field) ? undefined : changed;
}

function indexChanges(
  { schema, indexes }: DescribedSchema,
  request: ClassRequest,
): readonly SchemaChange[] {
  const known = new Set(indexes.map(({ name }) => name));
  const changes: SchemaChange[] = [];
  for (const name of new Set(request.removeIndexes)) {
    if (name === '_id_') throw badIndex('Index _id_ belongs to every class, cannot delete.');
    if (!known.delete(name)) throw badIndex(`Index ${name} does not exist, cannot delete.`);
    changes.push({ kind: 'dropIndex', name });
  }
  for (const index of request.addIndexes) {
    assertNewIndex(index, schema, known);
    known.add(index.name);
    changes.push({ kind: 'createIndex', index });
  }
  return changes;
}

const INDEX_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/;
/** MongoDB's own limit. */
const MAX_INDEX_KEYS = 32;

function assertNewIndex({ name, keys }: ClassIndex, schema: ClassSchema, known: Set<string>): void {
  if (!INDEX_NAME.test(name) || name === '_id_') {
    throw badIndex(
      `Index ${name.slice(0, 200)}: a name has letters, digits, _ and -, a letter first.`,
    );
  }
  if (known.has(name)) throw badIndex(`Index ${name} exists, cannot update.`);
  const fields = new Set(keys.map(({ field }) => field));
  if (keys.length === 0 || keys.length > MAX_INDEX_KEYS || fields.size < keys.length) {
    throw badIndex(`Index ${name} needs 1 to ${MAX_INDEX_KEYS} different fields.`);
  }
  for (const { field } of keys) assertIndexed(field, schema);
}

function assertIndexed(path: string, { fields }: ClassSchema): void {
  const [name = '', ...rest] = path.split('.');
  const kind = fields.get(name)?.type.kind;
  const isColumn = (kind !== undefined && kind !== 'Relation') || isDefaultIndexed(name);
  if (!isColumn) throw badIndex(`Field ${path} does not exist, cannot add index.`);
  const isNested = kind === 'Object' || kind === 'Array';
  const isStep = (step: string) => step !== '' && !step.startsWith('$') && !step.includes('\0');
  if (rest.length === 0 || (isNested && rest.every(isStep))) return;
  throw badIndex(`Field ${path} is no path into an Object or Array, cannot add index.`);
}

function isDefaultIndexed(name: string): boolean {
  return name === 'objectId' || name === 'createdAt' || name === 'updatedAt';
}

function badIndex(message: string): GatewayError {
  return new GatewayError('InvalidQuery', message);
}

function plainField(name: string, type: FieldType): Field {
  return { name, type, isRequired: false, defaultValue: undefined };
}

/** The class after the changes of its columns and permissions. */
function changedSchema(before: ClassSchema, changes: readonly SchemaChange[]): ClassSchema {
  const fields = new Map(before.fields);
  let { permissions } = before;
  for (const change of changes) {
    if (change.kind === 'removeField') fields.delete(change.field.name);
    else if ('field' in change) fields.set(change.field.name, change.field);
    else if (change.kind === 'setPermissions') {
      // Checked already: there is nothing to report.
      const report = () => undefined;
      permissions = decodeClassPermissions(change.permissions, { fields, report });
    }
  }
  return { ...before, fields, permissions };
}

function changedIndexes(
  before: readonly ClassIndex[],
  changes: readonly SchemaChange[],
): readonly ClassIndex[] {
  const indexes = new Map(before.map((index) => [index.name, index]));
  for (const change of changes) {
    if (change.kind === 'dropIndex') indexes.delete(change.name);
    else if (change.kind === 'createIndex') indexes.set(change.index.name, change.index);
  }
  return [...indexes.values()];
}
