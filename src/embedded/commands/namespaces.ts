import type { Namespace } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { bsonTypeName } from './arguments.ts';

const MAX_DATABASE_BYTES = 63;
const MAX_NAMESPACE_BYTES = 255;
const FORBIDDEN_IN_DATABASE = /[\0/\\. "$*<>:|?]/;

const invalidNamespace = (message: string) => new StoreError('InvalidNamespace', message);

/**
 * A legal database name.
 *
 * @throws StoreError 73 for any other string.
 * @see https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions
 */
export function parseDatabaseName(name: string): string {
  if (
    name === '' ||
    FORBIDDEN_IN_DATABASE.test(name) ||
    Buffer.byteLength(name) > MAX_DATABASE_BYTES
  ) {
    throw invalidNamespace(`Invalid database name: '${name}'`);
  }
  return name;
}

/** `database.collection`, as messages, cursors and events name a collection. */
export function namespaceText(namespace: Namespace): string {
  return `${namespace.database}.${namespace.collection}`;
}

/**
 * A legal namespace of a collection, from the first field of a command.
 *
 * @throws StoreError 73 when the name is illegal or is no string.
 */
export function parseNamespace(database: string, collection: unknown): Namespace {
  if (typeof collection !== 'string') {
    throw invalidNamespace(`collection name has invalid type ${bsonTypeName(collection)}`);
  }
  const namespace = { database: parseDatabaseName(database), collection };
  const text = namespaceText(namespace);
  if (
    collection === '' ||
    collection.startsWith('.') ||
    collection.endsWith('.') ||
    collection.includes('\0') ||
    collection.includes('$')
  ) {
    throw invalidNamespace(`Invalid namespace specified '${text}'`);
  }
  if (Buffer.byteLength(text) > MAX_NAMESPACE_BYTES) {
    throw invalidNamespace(
      `Fully qualified namespace is too long. Namespace: ${text} Max: ${MAX_NAMESPACE_BYTES}`,
    );
  }
  return namespace;
}

/** `database.collection` → its parts. @throws StoreError 73 when it is no legal namespace. */
export function parseNamespaceText(text: string): Namespace {
  const dot = text.indexOf('.');
  if (dot <= 0) throw invalidNamespace(`Invalid namespace specified '${text}'`);
  return parseNamespace(text.slice(0, dot), text.slice(dot + 1));
}

/** @throws StoreError 73 for the collections that only the server itself may write. */
export function assertWritable(namespace: Namespace): void {
  if (!namespace.collection.startsWith('system.') || namespace.collection === 'system.js') return;
  throw invalidNamespace(`cannot write to '${namespaceText(namespace)}'`);
}
