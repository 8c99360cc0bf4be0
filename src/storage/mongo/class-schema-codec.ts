import { createHash } from 'node:crypto';
import {
  decodeClassPermissions,
  encodeClassPermissions,
} from '../../parse/class-permissions-json.ts';
import { isBaseColumn, type ClassCatalog, type ClassSchema } from '../../parse/class-schema.ts';
import { FIELD_KINDS, type Field, type FieldKind, type FieldType } from '../../parse/field-type.ts';
import { isClassName, isFieldName } from '../../parse/names.ts';
import { defaultColumns, isSystemClass, isVolatileClass } from '../../parse/system-classes.ts';

type Json = Readonly<Record<string, unknown>>;

/** Is told, in one line each, what of the database is left out and why. */
export type Report = (line: string) => void;

const NOT_COLUMNS: ReadonlySet<string> = new Set(['_id', '_metadata', '_client_permissions']);
const REFERENCE = /^(?:\*|relation<)([A-Za-z0-9_]+)(>?)$/;

/** Type strings without a target class; `map` is an old spelling of `object`. */
const PLAIN_TYPES: ReadonlyMap<string, FieldType> = new Map([
  ...FIELD_KINDS.filter((kind) => kind !== 'Pointer' && kind !== 'Relation').map(
    (kind): [string, FieldType] => [kind.toLowerCase(), { kind }],
  ),
  ['map', { kind: 'Object' }],
]);

/** `*_User` → Pointer to `_User`, `relation<Song>` → Relation, `number` → Number; `undefined` for anything else. */
export function decodeFieldType(stored: unknown): FieldType | undefined {
  if (typeof stored !== 'string') return undefined;
  const plain = PLAIN_TYPES.get(stored);
  if (plain !== undefined) return plain;
  const [, targetClass, close] = REFERENCE.exec(stored) ?? [];
  if (targetClass === undefined || !isClassName(targetClass)) return undefined;
  if (stored.startsWith('*')) {
    return close === '' ? { kind: 'Pointer', targetClass } : undefined;
  }
  return close === '>' ? { kind: 'Relation', targetClass } : undefined;
}

/** The type string Parse stores for a column. */
export function encodeFieldType(type: FieldType): string {
  if (type.kind === 'Pointer') return `*${type.targetClass}`;
  if (type.kind === 'Relation') return `relation<${type.targetClass}>`;
  return (type.kind satisfies FieldKind).toLowerCase();
}

/**
 * One stored row of `_SCHEMA` → its class, default columns included.
 *
 * `undefined` for what is no class: volatile classes, and rows whose name Parse could not have written. A column or permission
 * that Parse could not have written is left out (of permissions: denied) and reported.
 */
export function decodeClassSchema(row: unknown, report: Report): ClassSchema | undefined {
  const className = isRecord(row) ? row['_id'] : undefined;
  if (!isRecord(row) || typeof className !== 'string' || !isClassName(className)) {
    report(`_SCHEMA: row ${JSON.stringify(className)} is no class: left out`);
    return undefined;
  }
  if (isVolatileClass(className)) return undefined;
  const reportHere: Report = (what) => {
    report(`_SCHEMA ${className}: ${what}`);
  };
  const metadata = isRecord(row['_metadata']) ? row['_metadata'] : {};
  const fields = decodeFields(className, row, reportHere);
  return {
    className,
    fields,
    permissions: decodeClassPermissions(metadata['class_permissions'], {
      fields,
      report: reportHere,
    }),
    indexes: decodeIndexes(metadata['indexes']),
  };
}

function decodeFields(className: string, row: Json, report: Report): ReadonlyMap<string, Field> {
  const metadata = isRecord(row['_metadata']) ? row['_metadata'] : {};
  const options = isRecord(metadata['fields_options']) ? metadata['fields_options'] : {};
  const types = new Map<string, FieldType>(Object.entries(defaultColumns(className)));
  for (const [name, stored] of Object.entries(row)) {
    if (NOT_COLUMNS.has(name) || isBaseColumn(name)) continue;
    if (className === '_User' && (name === 'password' || name.startsWith('authData.'))) continue;
    const type = decodeFieldType(stored);
    const fixed = types.get(name);
    if (!isFieldName(name) || type === undefined) {
      report(`column ${name} of type ${JSON.stringify(stored)} left out`);
    } else if (fixed === undefined) {
      types.set(name, type);
    } else if (encodeFieldType(fixed) !== encodeFieldType(type)) {
      report(`column ${name} is always ${encodeFieldType(fixed)}, not ${encodeFieldType(type)}`);
    }
  }
  const names = [...types.keys()].sort();
  return new Map(
    names.map((name) => [name, buildField(name, types.get(name) as FieldType, options[name])]),
  );
}

function buildField(name: string, type: FieldType, stored: unknown): Field {
  const options = isRecord(stored) ? stored : {};
  return {
    name,
    type,
    isRequired: options['required'] === true,
    defaultValue: options['defaultValue'],
  };
}

function decodeIndexes(stored: unknown): ClassSchema['indexes'] {
  const indexes = new Map<string, Readonly<Record<string, number | string>>>();
  if (!isRecord(stored)) return indexes;
  for (const [name, key] of Object.entries(stored)) {
    if (!isRecord(key)) continue;
    const parts = Object.entries(key).filter(
      (part): part is [string, number | string] =>
        typeof part[1] === 'number' || typeof part[1] === 'string',
    );
    indexes.set(name, Object.fromEntries(parts));
  }
  return indexes;
}

/** A class → the row Parse Server would store for it. */
export function encodeClassSchema(schema: ClassSchema): Json {
  const options: Record<string, unknown> = {};
  const row: Record<string, unknown> = {
    _id: schema.className,
    objectId: 'string',
    updatedAt: 'date',
    createdAt: 'date',
  };
  for (const { name, type, isRequired, defaultValue } of schema.fields.values()) {
    row[name] = encodeFieldType(type);
    if (isRequired || defaultValue !== undefined) {
      options[name] = {
        ...(isRequired && { required: true }),
        ...(defaultValue !== undefined && { defaultValue }),
      };
    }
  }
  const permissions = encodeClassPermissions(schema.permissions);
  const metadata = {
    ...(permissions !== undefined && { class_permissions: permissions }),
    ...(schema.indexes.size > 0 && { indexes: Object.fromEntries(schema.indexes) }),
    ...(Object.keys(options).length > 0 && { fields_options: options }),
  };
  return Object.keys(metadata).length > 0 ? { ...row, _metadata: metadata } : row;
}

/** A class, and a text that is equal for equal classes. */
export interface CatalogEntry {
  readonly schema: ClassSchema;
  readonly text: string;
}

/** One stored row → its entry in a catalog; `undefined` for what is no class. */
export function decodeCatalogEntry(row: unknown, report: Report): CatalogEntry | undefined {
  const schema = decodeClassSchema(row, report);
  return schema && { schema, text: JSON.stringify(sortKeys(encodeClassSchema(schema))) };
}

/** Entries in any order → the catalog: system classes first, then by name. */
export function catalogOf(entries: readonly CatalogEntry[]): ClassCatalog {
  const sorted = entries.toSorted((a, b) => compareClasses(a.schema, b.schema));
  const hash = createHash('sha256');
  for (const { text } of sorted) hash.update(`${text}\n`);
  return {
    classes: new Map(sorted.map(({ schema }) => [schema.className, schema])),
    version: hash.digest('hex').slice(0, 16),
  };
}

/** All stored rows → the catalog. Rows that are no class are left out. */
export function buildCatalog(rows: readonly unknown[], report: Report): ClassCatalog {
  return catalogOf(
    rows.map((row) => decodeCatalogEntry(row, report)).filter((entry) => entry !== undefined),
  );
}

function compareClasses(a: ClassSchema, b: ClassSchema): number {
  const rank = Number(isSystemClass(b.className)) - Number(isSystemClass(a.className));
  return rank !== 0 ? rank : a.className < b.className ? -1 : 1;
}

/** Equal content gives equal text: stored key order is of no importance, that of an index key is. */
function sortKeys(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((part: unknown) => sortKeys(part));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(
    ([name, part]) => [name, sortKeys(part, name)] as const,
  );
  if (key === 'indexes') {
    return Object.fromEntries(
      Object.entries(value)
        .sort()
        .map(([name, parts]) => [name, isRecord(parts) ? Object.entries(parts) : parts]),
    );
  }
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
