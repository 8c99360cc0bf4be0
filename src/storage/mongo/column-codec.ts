import { Binary, Double, Int32, Long } from 'mongodb';
import { GatewayError } from '../../parse/errors.ts';
import type { FieldKind, FieldType } from '../../parse/field-type.ts';
import { buildRing, isBase64 } from '../../parse/typed-json.ts';
import {
  Bytes,
  FileReference,
  GeoPoint,
  isParseRecord,
  Pointer,
  Polygon,
  type ParseValue,
} from '../../parse/values.ts';
import {
  decodeBinary,
  decodeNested,
  decodeNestedRecord,
  encodeNested,
  encodeNestedRecord,
} from './nested-codec.ts';

type Json = Readonly<Record<string, unknown>>;

/** Both directions of one kind of column at the top level of a document; `undefined`: it does not fit the kind. */
interface ColumnCodec {
  readonly decode: (stored: unknown, type: FieldType) => ParseValue | undefined;
  readonly encode: (value: ParseValue) => unknown;
}

/** Lets a plain JSON type through as it is. */
function plain(name: 'string' | 'boolean'): ColumnCodec {
  return {
    decode: (stored) => (typeof stored === name ? (stored as string | boolean) : undefined),
    encode: (value) => (typeof value === name ? value : undefined),
  };
}

/**
 * How each kind of column is stored.
 * @see https://docs.parseplatform.org/rest/guide/#data-types
 */
const COLUMN_CODECS: Readonly<Record<FieldKind, ColumnCodec>> = {
  String: plain('string'),
  Boolean: plain('boolean'),
  Number: {
    decode: decodeNumber,
    encode: (value) => (Number.isFinite(value) ? value : undefined),
  },
  Date: { decode: asDate, encode: asDate },
  Object: {
    decode: (stored) => (isPlainRecord(stored) ? decodeNestedRecord(stored) : undefined),
    encode: (value) => (isParseRecord(value) ? encodeNestedRecord(value) : undefined),
  },
  Array: {
    decode: (stored) => (Array.isArray(stored) ? decodeNested(stored) : undefined),
    encode: (value) => (Array.isArray(value) ? encodeNested(value) : undefined),
  },
  GeoPoint: {
    decode: decodePosition,
    encode: (value) => (value instanceof GeoPoint ? encodePosition(value) : undefined),
  },
  Polygon: {
    decode: decodePolygon,
    encode: (value) => (value instanceof Polygon ? encodePolygon(value) : undefined),
  },
  File: {
    decode: (stored) => (typeof stored === 'string' ? new FileReference(stored) : undefined),
    encode: (value) => (value instanceof FileReference ? value.name : undefined),
  },
  Bytes: {
    decode: decodeBytes,
    encode: (value) => (value instanceof Bytes ? encodeNested(value) : undefined),
  },
  Pointer: {
    decode: decodePointer,
    encode: (value) => (value instanceof Pointer ? encodePointer(value) : undefined),
  },
  // A relation's rows are a collection of their own; whatever a document holds under its name means nothing.
  Relation: { decode: () => undefined, encode: () => undefined },
};

/** A stored column → its value, `undefined` when it contradicts the column's type. Null stays null in every kind. */
export function decodeColumn(stored: unknown, type: FieldType): ParseValue | undefined {
  return stored === null ? null : COLUMN_CODECS[type.kind].decode(stored, type);
}

/**
 * A value → what Parse Server stores for it in a column of this type.
 * @throws GatewayError 111 when the value is of another type.
 */
export function encodeColumn(value: ParseValue, type: FieldType, name: string): unknown {
  if (value === null) return null;
  const { kind } = type;
  const isElsewhere =
    kind === 'Pointer' && value instanceof Pointer && value.className !== type.targetClass;
  const stored = isElsewhere ? undefined : COLUMN_CODECS[kind].encode(value);
  if (stored !== undefined) return stored;
  const expected = 'targetClass' in type ? `${kind}<${type.targetClass}>` : kind;
  throw new GatewayError('IncorrectType', `schema mismatch for ${name}; expected ${expected}`);
}

/** `Class$id`, as a top-level pointer column holds it. */
export function encodePointer({ className, objectId }: Pointer): string {
  return `${className}$${objectId}`;
}

/** `[longitude, latitude]`, as a GeoPoint column holds it. */
export function encodePosition({ latitude, longitude }: GeoPoint): [number, number] {
  return [longitude, latitude];
}

/** GeoJSON, as a Polygon column holds it. */
export function encodePolygon({ points }: Polygon): Json {
  return { type: 'Polygon', coordinates: [points.map(encodePosition)] };
}

function decodeNumber(stored: unknown): number | undefined {
  if (stored instanceof Long) return stored.toNumber();
  const value = stored instanceof Double || stored instanceof Int32 ? stored.valueOf() : stored;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function asDate(value: unknown): Date | undefined {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value : undefined;
}

function decodePosition(stored: unknown): GeoPoint | undefined {
  if (!Array.isArray(stored) || stored.length !== 2) return undefined;
  const [longitude, latitude] = (stored as readonly unknown[]).map(decodeNumber);
  if (longitude === undefined || latitude === undefined) return undefined;
  return new GeoPoint(latitude, longitude);
}

function decodePolygon(stored: unknown): Polygon | undefined {
  if (!isPlainRecord(stored) || stored['type'] !== 'Polygon') return undefined;
  const rings = stored['coordinates'];
  const ring: unknown = Array.isArray(rings) ? rings[0] : undefined;
  if (!Array.isArray(ring)) return undefined;
  return buildRing(
    ring.map((pair: unknown) =>
      Array.isArray(pair) ? (pair as readonly unknown[]).toReversed() : undefined,
    ),
  );
}

function decodeBytes(stored: unknown): Bytes | undefined {
  if (stored instanceof Binary) return decodeBinary(stored);
  return typeof stored === 'string' && isBase64(stored) ? new Bytes(stored) : undefined;
}

function decodePointer(stored: unknown, type: FieldType): Pointer | undefined {
  if (type.kind !== 'Pointer' || typeof stored !== 'string') return undefined;
  const prefix = `${type.targetClass}$`;
  if (!stored.startsWith(prefix) || stored.length === prefix.length) return undefined;
  return new Pointer(type.targetClass, stored.slice(prefix.length));
}

function isPlainRecord(stored: unknown): stored is Json {
  return (
    typeof stored === 'object' &&
    stored !== null &&
    !Array.isArray(stored) &&
    !(stored instanceof Date) &&
    !(stored instanceof RegExp) &&
    !('_bsontype' in stored)
  );
}
