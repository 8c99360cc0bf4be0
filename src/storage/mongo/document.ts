import { ObjectId } from 'mongodb';
import type { ClassSchema } from '../../parse/class-schema.ts';
import { GatewayError } from '../../parse/errors.ts';
import type { ParseObject } from '../../parse/object.ts';
import { isParseRecord, type ParseRecord, type ParseValue } from '../../parse/values.ts';
import type { Selection } from '../../query/find-request.ts';
import type { CreateRequest } from '../../query/write-request.ts';
import { decodeAcl, encodeAcl } from './acl-codec.ts';
import type { Report } from './class-schema-codec.ts';
import { decodeColumn, encodeColumn } from './column-codec.ts';
import { decodeNested, encodeNested } from './nested-codec.ts';
import {
  authDataName,
  authProviderOf,
  columnName,
  HIDDEN_STORED_NAMES,
  isAuthData,
  storedName,
} from './system-columns.ts';

/** One row of a collection, as the driver hands it out. */
export type StoredDocument = Readonly<Record<string, unknown>>;

/**
 * One stored document → the object everything else sees.
 *
 * `{_id: 'a1', _p_owner: '_User$u9', _created_at: D}` → `{objectId: 'a1', createdAt: D, values: {owner: Pointer}}`.
 * Keys that are no column of the class, or not selected, are dropped; a value that contradicts its column is left out and
 * reported. `undefined` (and a report) for a document without a usable id.
 */
export function decodeDocument(
  document: StoredDocument,
  schema: ClassSchema,
  report: Report,
  select: Selection = 'all',
): ParseObject | undefined {
  const objectId = decodeId(document['_id']);
  if (objectId === undefined) {
    report(`${schema.className}: a document whose _id is no text is left out`);
    return undefined;
  }
  const values = new Map<string, ParseValue>();
  for (const [key, stored] of Object.entries(document)) {
    const name = columnName(key);
    const field = schema.fields.get(name);
    if (field === undefined || (select !== 'all' && !select.has(name))) continue;
    if (isAuthData(schema.className, name)) {
      addAuthData(values, key, stored);
    } else if (isKeyOf(schema, name, key) && !(key === name && values.has(name))) {
      const value = decodeColumn(stored, field.type);
      if (value !== undefined) values.set(name, value);
      else if (field.type.kind !== 'Relation') {
        report(`${schema.className}.${name}: a stored value that is no ${field.type.kind}`);
      }
    }
  }
  return {
    className: schema.className,
    objectId,
    createdAt: decodeTime(document['_created_at'] ?? document['createdAt']),
    updatedAt: decodeTime(document['_updated_at'] ?? document['updatedAt']),
    acl: decodeAcl(document),
    values,
  };
}

/** Parse's first writes of `lastUsed` and `timesUsed` carry the column's own name; the stored name wins where both are there. */
function isKeyOf(schema: ClassSchema, name: string, key: string): boolean {
  const expected = storedName(schema, name);
  return key === expected || (key === name && !expected.startsWith('_p_'));
}

function addAuthData(values: Map<string, ParseValue>, key: string, stored: unknown): void {
  const provider = authProviderOf(key);
  if (provider === undefined) return;
  const data = decodeNested(stored);
  const known = values.get('authData');
  const record: ParseRecord = known !== undefined && isParseRecord(known) ? known : {};
  if (data !== undefined) values.set('authData', { ...record, [provider]: data });
}

function decodeId(stored: unknown): string | undefined {
  if (typeof stored === 'string') return stored;
  if (typeof stored === 'number') return String(stored);
  return stored instanceof ObjectId ? stored.toHexString() : undefined;
}

function decodeTime(stored: unknown): Date | undefined {
  return stored instanceof Date && !Number.isNaN(stored.getTime()) ? stored : undefined;
}

/**
 * A new object → the document Parse Server would insert: its columns, `_id`, the ACL keys, both times equal to `now`.
 * @throws GatewayError 111 for a value of another type, 255 for a column the class does not have.
 */
export function encodeDocument(
  { values, acl }: Pick<CreateRequest, 'values' | 'acl'>,
  schema: ClassSchema,
  { objectId, now }: { readonly objectId: string; readonly now: Date },
): StoredDocument {
  const columns = [...values].flatMap(([name, value]) =>
    // Parse Server's inserts, unlike its updates, do not rename the key of a pointer that is null.
    value === null && schema.fields.get(name)?.type.kind === 'Pointer'
      ? [[name, null] as const]
      : encodeValue(name, value, schema),
  );
  return {
    ...Object.fromEntries(columns),
    _id: objectId,
    ...encodeAcl(acl),
    _created_at: now,
    _updated_at: now,
  };
}

/** One column's value → the stored keys it fills: several for `_User.authData`, none for a relation. */
export function encodeValue(
  name: string,
  value: ParseValue,
  schema: ClassSchema,
): readonly (readonly [string, unknown])[] {
  if (HIDDEN_STORED_NAMES.has(name) && schema.className === '_User') {
    return [[name, encodeNested(value)]];
  }
  const field = schema.fields.get(name);
  const label = `${schema.className}.${name}`;
  if (field === undefined) {
    throw new GatewayError('SchemaMismatch', `Field ${label} does not exist, cannot write it.`);
  }
  if (field.type.kind === 'Relation') {
    throw new GatewayError('IncorrectType', `${label} is a relation: it takes rows, not a value.`);
  }
  if (!isAuthData(schema.className, name)) {
    return [[storedName(schema, name), encodeColumn(value, field.type, label)]];
  }
  if (value === null) return [];
  if (!isParseRecord(value)) throw new GatewayError('IncorrectType', `${label} must be an object.`);
  return Object.entries(value)
    .filter(([, data]) => data !== null)
    .map(([provider, data]) => {
      const key = authDataName(provider);
      if (authProviderOf(key) === undefined) {
        throw new GatewayError('InvalidKeyName', `Invalid key name: authData.${provider}`);
      }
      return [key, encodeNested(data)] as const;
    });
}
