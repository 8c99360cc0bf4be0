import { EJSON, ObjectId } from 'bson';
import { StoreError } from '../../errors.ts';
import type { Document, IndexSpec, Namespace } from '../engine.ts';

/** MongoDB's shell notation: `{ name: "x", n: 1 }`. */
function shellText(value: unknown): string {
  if (Array.isArray(value)) return `[ ${value.map(shellText).join(', ')} ]`;
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (typeof value === 'object' && value !== null) {
    const tag: unknown = '_bsontype' in value ? value._bsontype : undefined;
    if (value instanceof ObjectId) return `ObjectId('${value.toHexString()}')`;
    if (tag !== undefined) return EJSON.stringify(value);
    const fields = Object.entries(value).map(([name, inner]) => `${name}: ${shellText(inner)}`);
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : `${value as number | boolean | null}`;
}

/** The error of a unique index that refuses a document. @see https://www.mongodb.com/docs/manual/core/index-unique/ */
export function duplicateKey(
  { database, collection }: Namespace,
  spec: IndexSpec,
  keyValue: Document,
): StoreError {
  const collation = spec.collation === undefined ? '' : ` collation: ${shellText(spec.collation)}`;
  return new StoreError(
    'DuplicateKey',
    `E11000 duplicate key error collection: ${database}.${collection} index: ${spec.name}${collation} dup key: ${shellText(keyValue)}`,
    { info: { keyPattern: Object.fromEntries(spec.key), keyValue } },
  );
}
