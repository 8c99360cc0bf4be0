import { GatewayError } from '../../parse/errors.ts';
import type { FieldKind } from '../../parse/field-type.ts';
import { GeoPoint, type ParseValue } from '../../parse/values.ts';
import type { ColumnRef, Comparison, Constraint } from '../../query/constraint.ts';
import { KILOMETERS_PER_RADIAN, MILES_PER_RADIAN } from '../../query/geometry.ts';

/** Any object of a where input or of REST JSON. */
export type Fields = Readonly<Record<string, unknown>>;

const REGEX_OPTIONS = /^[imxsu]*$/;

/** A malformed or misplaced operator. */
export function invalidQuery(message: string): GatewayError {
  return new GatewayError('InvalidQuery', message);
}

/** @throws GatewayError 107 unless `value` is an object with fields. */
export function fieldsAt(value: unknown, at: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new GatewayError('InvalidJson', `${at} must be an object`);
  }
  return value as Fields;
}

/** @throws GatewayError 107 unless `value` is a list. */
export function listAt(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new GatewayError('InvalidJson', `${at} must be a list`);
  return value as readonly unknown[];
}

/** The values of `in` and `notIn`: a list among them stands for its own values, as in Parse. @throws GatewayError 107 unless a list. */
export function choicesAt(value: unknown, at: string): readonly unknown[] {
  return listAt(value, at).flat();
}

/** `null` is a value to equal, but nothing is less or greater than it. @throws GatewayError 107 */
export function compareWith(
  column: ColumnRef,
  comparison: Comparison,
  value: ParseValue,
): Constraint {
  if (value === null && comparison !== 'equal' && comparison !== 'notEqual') {
    throw new GatewayError('InvalidJson', `${column.name} cannot be compared with null`);
  }
  return { kind: 'compare', column, comparison, value };
}

/** A column without an operator is compared with the empty object, as in Parse Server's API: seldom does a column of that kind hold one. */
export function equalToEmpty(column: ColumnRef, kind: FieldKind | undefined): Constraint {
  const mayHold = kind === 'Object' || kind === 'Array' || column.path.length > 0;
  return { kind: 'in', column, values: mayHold ? [{}] : [] };
}

/** @throws GatewayError 107 unless `value` is true or false. */
export function existsAs(column: ColumnRef, value: unknown): Constraint {
  return { kind: 'exists', column, exists: flagAt(value, `${column.name}.exists`) };
}

/** @throws GatewayError 107 unless `value` is true or false. */
export function flagAt(value: unknown, at: string): boolean {
  if (typeof value !== 'boolean')
    throw new GatewayError('InvalidJson', `${at} must be true or false`);
  return value;
}

/** @throws GatewayError 107 unless both are texts, 102 for unknown option letters or options without a pattern. */
export function regexOf(column: ColumnRef, pattern: unknown, options: unknown): Constraint {
  if (pattern === undefined) throw invalidQuery(`${column.name}.options needs matchesRegex`);
  if (typeof pattern !== 'string') {
    throw new GatewayError('InvalidJson', `${column.name}.matchesRegex must be a text`);
  }
  const letters = options ?? '';
  if (typeof letters !== 'string' || !REGEX_OPTIONS.test(letters)) {
    throw invalidQuery(`${column.name}.options may hold the letters i, m, x, s and u`);
  }
  return { kind: 'regex', column, pattern, options: letters };
}

/** How many elements an array has. @throws GatewayError 107 unless it is a whole number from 0 on. */
export function sizeOf(column: ColumnRef, size: unknown): Constraint {
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new GatewayError('InvalidJson', `${column.name}.size must be a whole number from 0 on`);
  }
  return { kind: 'size', column, size };
}

/** Each word of it is looked up: nobody searches for more. */
const MAX_TERM = 5_000;

/** `{search: {term, language, caseSensitive, diacriticSensitive}}`, names with or without `$`. @throws GatewayError 107, 102 for a long term */
export function textOf(column: ColumnRef, value: unknown): Constraint {
  const at = `${column.name}.text`;
  const search = fieldsAt(option(fieldsAt(value, at), 'search'), `${at}.search`);
  const term = option(search, 'term');
  const language = option(search, 'language') || undefined;
  if (typeof term !== 'string' || term.trim() === '') {
    throw new GatewayError('InvalidJson', `${at}.search.term must be a text`);
  }
  if (term.length > MAX_TERM) {
    throw invalidQuery(`${at}.search.term may have ${MAX_TERM} characters`);
  }
  if (language !== undefined && typeof language !== 'string') {
    throw new GatewayError('InvalidJson', `${at}.search.language must be a text`);
  }
  const flag = (name: string) => flagAt(option(search, name) ?? false, `${at}.search.${name}`);
  return {
    kind: 'text',
    column,
    search: {
      term,
      language,
      isCaseSensitive: flag('caseSensitive'),
      isDiacriticSensitive: flag('diacriticSensitive'),
    },
  };
}

/** Radians of each way to say how far. */
const DISTANCES: Readonly<Record<string, number>> = {
  maxDistance: 1,
  maxDistanceInRadians: 1,
  maxDistanceInMiles: MILES_PER_RADIAN,
  maxDistanceInKilometers: KILOMETERS_PER_RADIAN,
};

/** The operators that say how far. */
export const DISTANCE_OPERATORS: ReadonlySet<string> = new Set(Object.keys(DISTANCES));

/** `nearSphere` and at most one distance. @throws GatewayError 102 for a distance alone, or two; 107 for one that is none. */
export function nearOf(column: ColumnRef, constraints: Fields): Constraint {
  const at = `${column.name}.nearSphere`;
  const given = Object.entries(constraints).filter(
    ([name, value]) => DISTANCE_OPERATORS.has(name) && value !== null && value !== undefined,
  );
  if (constraints['nearSphere'] === undefined)
    throw invalidQuery(`${column.name}: a distance needs nearSphere`);
  if (given.length > 1) throw invalidQuery(`${at} takes one distance`);
  const center = pointAt(constraints['nearSphere'], at);
  const [distance] = given;
  if (distance === undefined)
    return { kind: 'near', column, center, maxDistanceRadians: undefined };
  const [name, value] = distance;
  const maxDistanceRadians = distanceAt(value, `${column.name}.${name}`) / (DISTANCES[name] ?? 1);
  return { kind: 'near', column, center, maxDistanceRadians };
}

/** `{box: {bottomLeft, upperRight}}` or REST's `{$box: [bottomLeft, upperRight]}`. @throws GatewayError 107 */
export function withinOf(column: ColumnRef, value: unknown): Constraint {
  const at = `${column.name}.within.box`;
  const box = option(fieldsAt(value, `${column.name}.within`), 'box');
  const [southWest, northEast] = Array.isArray(box)
    ? (box as readonly unknown[])
    : [fieldsAt(box, at)['bottomLeft'], fieldsAt(box, at)['upperRight']];
  return {
    kind: 'withinBox',
    column,
    southWest: pointAt(southWest, at),
    northEast: pointAt(northEast, at),
  };
}

/** `{polygon: […]}`, `{centerSphere: {center, distance}}` (radians), or both. @throws GatewayError 107, 102 for neither */
export function geoWithinOf(column: ColumnRef, value: unknown): Constraint {
  const at = `${column.name}.geoWithin`;
  const fields = fieldsAt(value, at);
  const polygon = option(fields, 'polygon') ?? undefined;
  const sphere = option(fields, 'centerSphere') ?? undefined;
  const parts: Constraint[] = [];
  if (polygon !== undefined) parts.push(polygonOf(column, polygon, `${at}.polygon`));
  if (sphere !== undefined) parts.push(sphereOf(column, sphere, `${at}.centerSphere`));
  const [only] = parts;
  if (only === undefined) throw invalidQuery(`${at} needs polygon or centerSphere`);
  return parts.length === 1 ? only : { kind: 'and', parts };
}

function polygonOf(column: ColumnRef, value: unknown, at: string): Constraint {
  const points = cornersAt(value, at).map((point) => positionAt(point, at));
  if (points.length < 3) throw new GatewayError('InvalidJson', `${at} needs at least 3 points`);
  return { kind: 'withinPolygon', column, points };
}

/** A list, or REST's `{__type: 'Polygon', coordinates: […]}`. */
function cornersAt(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const { __type: type, coordinates } = fieldsAt(value, at);
  return listAt(type === 'Polygon' ? coordinates : undefined, at);
}

/** A point, or REST's pair of longitude and latitude. */
function positionAt(value: unknown, at: string): GeoPoint {
  if (!Array.isArray(value) || value.length !== 2) return pointAt(value, at);
  const [longitude, latitude] = value as readonly unknown[];
  return pointAt({ latitude, longitude }, at);
}

function sphereOf(column: ColumnRef, value: unknown, at: string): Constraint {
  const [center, distance] = Array.isArray(value)
    ? (value as readonly unknown[])
    : [fieldsAt(value, at)['center'], fieldsAt(value, at)['distance']];
  return {
    kind: 'withinSphere',
    column,
    center: positionAt(center, at),
    radiusRadians: distanceAt(distance, at),
  };
}

/** `{point: …}`. @throws GatewayError 107 */
export function geoIntersectsOf(column: ColumnRef, value: unknown): Constraint {
  const at = `${column.name}.geoIntersects`;
  const point = pointAt(option(fieldsAt(value, at), 'point'), `${at}.point`);
  return { kind: 'intersectsPoint', column, point };
}

/** `{latitude, longitude}` or a `GeoPoint` → a position on the globe. @throws GatewayError 107 */
export function pointAt(value: unknown, at: string): GeoPoint {
  const { latitude, longitude } = value instanceof GeoPoint ? value : fieldsAt(value, at);
  if (!isDegrees(latitude, 90)) {
    throw new GatewayError('InvalidJson', `${at}: latitude must be between -90 and 90`);
  }
  if (!isDegrees(longitude, 180)) {
    throw new GatewayError('InvalidJson', `${at}: longitude must be between -180 and 180`);
  }
  return new GeoPoint(latitude, longitude);
}

function isDegrees(value: unknown, most: number): value is number {
  return typeof value === 'number' && Math.abs(value) <= most;
}

function distanceAt(value: unknown, at: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new GatewayError('InvalidJson', `${at} must be a positive number`);
  }
  return value;
}

/** A part by its GraphQL name or its REST name. */
function option(fields: Fields, name: string): unknown {
  return fields[name] ?? fields[`$${name}`];
}
