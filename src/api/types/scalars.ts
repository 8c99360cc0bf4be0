import {
  type ConstValueNode,
  GraphQLError,
  GraphQLScalarType,
  Kind,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import { isBase64 } from '../../parse/typed-json.ts';
import { Upload } from '../../files/upload.ts';
import { Bytes, FileReference } from '../../parse/values.ts';

type Variables = Parameters<typeof valueFromASTUntyped>[1];

/** A scalar whose literals mean the same as its variables. */
function scalar(
  name: string,
  parseValue: (value: unknown) => unknown,
  serialize: (value: unknown) => unknown = (value) => value,
): GraphQLScalarType {
  return new GraphQLScalarType({
    name,
    serialize,
    parseValue,
    // Variables may stand anywhere inside a literal; graphql hands them in.
    parseLiteral: (node: ValueNode | ConstValueNode, variables: Variables) =>
      parseValue(valueFromASTUntyped(node, variables)),
  });
}

function refuse(scalarName: string, form: string): GraphQLError {
  return new GraphQLError(`${scalarName} must be ${form}.`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `'…'` or `{__type, [key]: '…'}` → the text. */
function textOf(value: unknown, type: string, key: string): unknown {
  return isRecord(value) && value['__type'] === type ? value[key] : value;
}

function parseDate(value: unknown): Date {
  const text = value instanceof Date ? value.toISOString() : textOf(value, 'Date', 'iso');
  // Whatever Date reads is accepted, as in Parse Server's API.
  const date = typeof text === 'string' ? new Date(text) : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) throw refuse('Date', 'an ISO 8601 date');
  return date;
}

function serializeDate(value: unknown): string {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  throw refuse('Date', 'a valid date');
}

function parseBytes(value: unknown): Bytes {
  const text = textOf(value, 'Bytes', 'base64');
  // Padding may be left out, as in Parse Server's API.
  const padded = typeof text === 'string' ? text.padEnd(Math.ceil(text.length / 4) * 4, '=') : text;
  if (typeof padded !== 'string' || !isBase64(padded)) throw refuse('Bytes', 'base64');
  return new Bytes(padded);
}

function parseFile(value: unknown): FileReference {
  const name = textOf(value, 'File', 'name');
  // No file has the empty name, but a filter may compare with it.
  if (typeof name !== 'string') throw refuse('File', 'the name of a file');
  return new FileReference(name);
}

function parseObject(value: unknown): unknown {
  if (!isRecord(value)) throw refuse('Object', 'a JSON object');
  return value;
}

/** The scalars of `schema/base.graphql`. Values come out typed: a `Date`, `Bytes`, a `FileReference`; JSON stays JSON. */
export const BASE_SCALARS = {
  Any: scalar('Any', (value) => value),
  Object: scalar('Object', parseObject),
  Date: scalar('Date', parseDate, serializeDate),
  Bytes: scalar('Bytes', parseBytes, (value) => (value instanceof Bytes ? value.base64 : value)),
  File: scalar('File', parseFile, (value) => (value instanceof FileReference ? value.name : value)),
  Upload: new GraphQLScalarType({
    name: 'Upload',
    parseValue: (value: unknown) => {
      if (value instanceof Upload) return value;
      throw refuse('Upload', 'a file of a multipart request');
    },
    parseLiteral: (node) => {
      if (node.kind === Kind.NULL) return null;
      throw refuse('Upload', 'a variable of a multipart request');
    },
    serialize: () => {
      throw refuse('Upload', 'read through FileInfo');
    },
  }),
};
