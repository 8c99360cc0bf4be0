import { PUBLIC_ACL, type Acl } from '../../parse/acl.ts';
import { isBaseColumn } from '../../parse/class-schema.ts';
import { GatewayError } from '../../parse/errors.ts';
import type { FieldType } from '../../parse/field-type.ts';
import { parseJson } from '../../parse/json.ts';
import { isFieldName } from '../../parse/names.ts';
import type { ParseObject } from '../../parse/object.ts';
import { parseIsoDate } from '../../parse/typed-json.ts';
import {
  Bytes,
  FileReference,
  GeoPoint,
  Pointer,
  Polygon,
  type ParseValue,
} from '../../parse/values.ts';
import { isRecord } from '../../server/setting-parsers.ts';
import { createObjectId } from '../../parse/object-id.ts';
import { BadRow, type Row } from './row.ts';

/** The columns known so far: those of the class, and those that rows before this one brought. */
export type KnownColumns = Map<string, FieldType>;

/**
 * One row in Parse's REST JSON → the object to store. A column nobody knows yet gets the type of its first value and is added to
 * `columns`. Without an `objectId` the object is new; without times, it is of now.
 *
 * @throws BadRow when a value does not fit its column.
 */
export function decodeRow(
  className: string,
  { line, fields }: Row,
  columns: KnownColumns,
): ParseObject {
  try {
    const values = new Map<string, ParseValue>();
    for (const [name, json] of Object.entries(fields)) {
      if (isBaseColumn(name) || name === '__type' || name === 'className') continue;
      if (!isFieldName(name)) throw new BadRow(line, `${name} is no name of a column`);
      const relation = relationTarget(json);
      const value = relation === undefined ? parseJson(json) : null;
      const type = relation ?? typeOf(value);
      const known = columns.get(name) ?? type;
      if (type !== undefined && known !== undefined) {
        assertFits(name, type, known);
        columns.set(name, known);
      }
      if (relation === undefined && known !== undefined) values.set(name, value);
    }
    const now = new Date();
    return {
      className,
      objectId: objectIdOf(fields['objectId']),
      createdAt: timeOf('createdAt', fields['createdAt']) ?? now,
      updatedAt: timeOf('updatedAt', fields['updatedAt']) ?? now,
      acl: aclOf(fields['ACL']),
      values,
    };
  } catch (error) {
    if (error instanceof GatewayError) throw new BadRow(line, error.message);
    if (error instanceof TypeError) throw new BadRow(line, error.message);
    throw error;
  }
}

/** The column type that Parse gives a first value; `undefined` for null, which says nothing. */
function typeOf(value: ParseValue): FieldType | undefined {
  if (value === null) return undefined;
  if (typeof value === 'string') return { kind: 'String' };
  if (typeof value === 'number') return { kind: 'Number' };
  if (typeof value === 'boolean') return { kind: 'Boolean' };
  if (value instanceof Date) return { kind: 'Date' };
  if (value instanceof Pointer) return { kind: 'Pointer', targetClass: value.className };
  if (value instanceof GeoPoint) return { kind: 'GeoPoint' };
  if (value instanceof Polygon) return { kind: 'Polygon' };
  if (value instanceof FileReference) return { kind: 'File' };
  if (value instanceof Bytes) return { kind: 'Bytes' };
  return Array.isArray(value) ? { kind: 'Array' } : { kind: 'Object' };
}

function assertFits(name: string, given: FieldType, known: FieldType): void {
  const [wanted, got] = [describeType(known), describeType(given)];
  if (wanted !== got) throw new TypeError(`${name}: expected ${wanted} but got ${got}`);
}

function describeType(type: FieldType): string {
  return 'targetClass' in type ? `${type.kind}<${type.targetClass}>` : type.kind;
}

/** An exported relation column names its target only; its rows are in a file of their own. */
function relationTarget(json: unknown): FieldType | undefined {
  if (!isRecord(json) || json['__type'] !== 'Relation') return undefined;
  const { className } = json as { readonly className?: unknown };
  if (typeof className !== 'string') throw new TypeError('a relation without a className');
  return { kind: 'Relation', targetClass: className };
}

function objectIdOf(given: unknown): string {
  if (given === undefined) return createObjectId();
  if (typeof given === 'string' && given !== '') return given;
  throw new TypeError('objectId: expected some text');
}

function timeOf(name: string, given: unknown): Date | undefined {
  if (given === undefined) return undefined;
  const time = parseIsoDate(isRecord(given) ? given['iso'] : given);
  if (time === undefined)
    throw new TypeError(`${name}: expected a time such as 2026-01-31T12:00:00.000Z`);
  return time;
}

function aclOf(given: unknown): Acl {
  if (given === undefined) return PUBLIC_ACL;
  if (!isRecord(given) || !Object.values(given).every(isRecord)) {
    throw new TypeError('ACL: expected an object such as {"*":{"read":true}}');
  }
  const having = (right: 'read' | 'write') =>
    Object.entries(given).flatMap(([subject, rights]) =>
      isRecord(rights) && rights[right] === true ? [subject] : [],
    );
  return { readers: having('read'), writers: having('write') };
}
