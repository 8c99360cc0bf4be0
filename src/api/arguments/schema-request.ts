import { GatewayError } from '../../parse/errors.ts';
import type { Field, FieldKind, FieldType } from '../../parse/field-type.ts';
import { encodeJson, parseJson } from '../../parse/json.ts';
import { type ParseValue, Pointer } from '../../parse/values.ts';
import {
  type ClassIndex,
  type ClassRequest,
  type FieldOptionsRequest,
  INDEX_KINDS,
} from '../../query/schema-change.ts';
import { objectIdFor } from './global-id.ts';
import { type Fields, fieldsAt, listAt, pointAt } from './operators.ts';
import { decodePolygon } from './write-values.ts';

/** The classes that a pointer's default value may be a global id of. */
interface Classes {
  has(className: string): boolean;
}

type DecodeDefault = (value: unknown, name: string) => ParseValue;

// Scalars hand over what they parsed.
const asTyped: DecodeDefault = (value) => value as ParseValue;

interface KindRow {
  readonly input: string;
  readonly decode: DecodeDefault;
}

/** Where `SchemaFieldsInput` has the columns of each kind, in the order Parse Server looks at them. */
const KINDS: Readonly<Record<Exclude<FieldKind, 'Pointer' | 'Relation'>, KindRow>> = {
  String: { input: 'addStrings', decode: asTyped },
  Number: { input: 'addNumbers', decode: asTyped },
  Boolean: { input: 'addBooleans', decode: asTyped },
  Array: { input: 'addArrays', decode: (value) => parseJson(value) },
  Object: { input: 'addObjects', decode: (value) => parseJson(value) },
  Date: { input: 'addDates', decode: asTyped },
  File: { input: 'addFiles', decode: asTyped },
  GeoPoint: { input: 'addGeoPoint', decode: (value, name) => pointAt(value, name) },
  Polygon: { input: 'addPolygons', decode: (value, name) => decodePolygon(value, { name }) },
  Bytes: { input: 'addBytes', decode: asTyped },
};

/**
 * The input of `createClass` and `updateClass` → what is wanted of the class, not checked yet. Null is as good as left out.
 * @throws GatewayError 107, 111, 121 for a default value that is none
 */
export function decodeClassRequest(input: Fields, classes: Classes): ClassRequest {
  const fields = partOf(input, 'schemaFields');
  const indexes = partOf(input, 'indexes');
  return {
    className: String(input['name']),
    addFields: decodeFields(fields, classes),
    removeFields: listOf(fields, 'remove').map(({ name }) => String(name)),
    changeOptions: listOf(fields, 'changeOptions').map(decodeOptions),
    permissions: input['classLevelPermissions'] ?? undefined,
    addIndexes: listOf(indexes, 'add').map(decodeIndex),
    removeIndexes: listAt(indexes['remove'] ?? [], 'indexes.remove').map(String),
  };
}

function decodeFields(fields: Fields, classes: Classes): readonly Field[] {
  const plain = (Object.keys(KINDS) as (keyof typeof KINDS)[]).flatMap((kind) => {
    const { input, decode } = KINDS[kind];
    return listOf(fields, input).map((each) => fieldOf(each, { kind }, decode));
  });
  const pointers = listOf(fields, 'addPointers').map((each) => {
    const targetClass = String(each['targetClassName']);
    return fieldOf(each, { kind: 'Pointer', targetClass }, (id, name) => {
      const objectId = objectIdFor(targetClass, String(id), classes);
      if (objectId !== undefined && objectId !== '') return new Pointer(targetClass, objectId);
      throw new GatewayError('IncorrectType', `${name}: the default value is no ${targetClass}`);
    });
  });
  const relations = listOf(fields, 'addRelations').map((each) =>
    fieldOf(each, { kind: 'Relation', targetClass: String(each['targetClassName']) }, asTyped),
  );
  return [...plain, ...pointers, ...relations];
}

function fieldOf(input: Fields, type: FieldType, decode: DecodeDefault): Field {
  const name = String(input['name']);
  const given = input['defaultValue'] ?? undefined;
  return {
    name,
    type,
    isRequired: input['required'] === true,
    defaultValue: given === undefined ? undefined : encodeJson(decode(given, name)),
  };
}

function decodeOptions(input: Fields): FieldOptionsRequest {
  const required = input['required'];
  const given = input['defaultValue'];
  return {
    name: String(input['name']),
    isRequired: typeof required === 'boolean' ? required : undefined,
    defaultValue: given === undefined ? undefined : encodeJson(parseJson(given)),
  };
}

function decodeIndex(input: Fields): ClassIndex {
  return {
    name: String(input['name']),
    keys: listOf(input, 'keys').map(({ field, kind }) => ({
      field: String(field),
      kind: INDEX_KINDS.find((known) => known === (kind ?? 'ASC')),
    })),
  };
}

function partOf(input: Fields, name: string): Fields {
  return fieldsAt(input[name] ?? {}, name);
}

/** A single value stands for a list of it, as GraphQL has it. */
function listOf(input: Fields, name: string): readonly Fields[] {
  const value = input[name] ?? [];
  return (Array.isArray(value) ? value : [value]).map((each: unknown) => fieldsAt(each, name));
}
