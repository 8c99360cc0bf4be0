import { Upload } from '../../files/upload.ts';
import { GatewayError } from '../../parse/errors.ts';
import type { FieldKind } from '../../parse/field-type.ts';
import { parseJson } from '../../parse/json.ts';
import { buildRing } from '../../parse/typed-json.ts';
import { FileReference, isParseRecord, type ParseValue, Pointer } from '../../parse/values.ts';
import type { FieldPlan } from '../plan/api-plan.ts';
import { fieldsAt, listAt, pointAt } from './operators.ts';

type DecodeValue = (value: unknown, plan: FieldPlan) => ParseValue;

// Scalars hand over what they parsed.
const asTyped: DecodeValue = (value) => value as ParseValue;

/** How the input of each kind of column becomes its value; pointers and relations are written by `write-tree.ts`. */
const DECODE_VALUE: Readonly<Record<Exclude<FieldKind, 'Pointer' | 'Relation'>, DecodeValue>> = {
  String: asTyped,
  Number: asTyped,
  Boolean: asTyped,
  Date: asTyped,
  Bytes: asTyped,
  Array: (value, { name }) => listAt(value, name).map((entry) => parseJson(entry)),
  Object: decodeObject,
  GeoPoint: (value, { name }) => pointAt(value, name),
  Polygon: decodePolygon,
  File: decodeFile,
};

/**
 * The input of one column, not null → its value.
 * @throws GatewayError 107 for a malformed value, 111 for one of another type, 121 for a bad key, 130 for a file that is neither stored nor uploaded.
 */
export function decodeValue(
  value: unknown,
  kind: keyof typeof DECODE_VALUE,
  plan: FieldPlan,
): ParseValue {
  return DECODE_VALUE[kind](value, plan);
}

function decodeObject(value: unknown, { name, field }: FieldPlan): ParseValue {
  if (Object.hasOwn(fieldsAt(value, name), '__op')) {
    throw new GatewayError('InvalidJson', `${name}: operations are not values`);
  }
  const decoded = parseJson(value);
  const { type } = field;
  const isFit =
    type.kind === 'Pointer'
      ? decoded instanceof Pointer && decoded.className === type.targetClass
      : type.kind === 'Object' && isParseRecord(decoded);
  if (!isFit) throw new GatewayError('IncorrectType', `${name} must be ${expected(type)}`);
  return decoded;
}

function expected(type: FieldPlan['field']['type']): string {
  switch (type.kind) {
    case 'Pointer':
      return `a pointer to ${type.targetClass}`;
    case 'Relation':
      return `changed where ${type.targetClass} is served`;
    default:
      return 'an object';
  }
}

/** At least 3 positions → the shape they bound. @throws GatewayError 107, 111 */
export function decodePolygon(value: unknown, { name }: { readonly name: string }): ParseValue {
  const points = listAt(value, name).map((point) => pointAt(point, name));
  const ring = buildRing(points.map(({ latitude, longitude }) => [latitude, longitude]));
  if (ring === undefined) {
    throw new GatewayError('IncorrectType', `${name} needs at least 3 distinct points`);
  }
  return ring;
}

function decodeFile(value: unknown, { name }: FieldPlan): ParseValue {
  const { file, upload } = fieldsAt(value, name);
  if (upload instanceof Upload) return new FileReference(upload.storedName);
  if (file instanceof FileReference && file.name !== '') return file;
  throw new GatewayError('FileSaveError', 'Invalid file upload.');
}
