import type { ClassSchema } from '../../parse/class-schema.ts';
import { GatewayError } from '../../parse/errors.ts';
import type { FieldType } from '../../parse/field-type.ts';
import { FileReference, GeoPoint, Pointer, Polygon, type ParseValue } from '../../parse/values.ts';
import type {
  ColumnRef,
  Comparison,
  Constraint,
  ConstraintKind,
  ConstraintOfKind,
} from '../../query/constraint.ts';
import { encodePointer, encodePolygon, encodePosition } from './column-codec.ts';
import { encodeNested } from './nested-codec.ts';
import { isAuthData, storedPath } from './system-columns.ts';
import { patternOf } from './text-pattern.ts';

/** A filter made by this module: its operators come from the tables here, never from a client. */
export type StoredFilter = Readonly<Record<string, unknown>>;

/**
 * Whether `near` may order the rows: it can in a plain find without an order of its own; everywhere else it only narrows.
 */
export type NearUse = 'orders' | 'narrows';

const MATCH_NOTHING: StoredFilter = { _id: { $in: [] } };

const COMPARISON_OPERATORS: Readonly<Record<Comparison, string>> = {
  equal: '$eq',
  notEqual: '$ne',
  less: '$lt',
  lessOrEqual: '$lte',
  greater: '$gt',
  greaterOrEqual: '$gte',
};

const REGEX_OPTIONS = /^[imxsu]*$/;

interface Context {
  readonly schema: ClassSchema;
  readonly near: NearUse;
}

type Compilers = {
  readonly [K in ConstraintKind]: (
    constraint: ConstraintOfKind<K>,
    context: Context,
  ) => StoredFilter;
};

/** Every kind's filter. Nested queries are answered before (`resolve-nested.ts`): none is left here. */
const COMPILERS: Compilers = {
  and: ({ parts }, context) => combine(parts.map((part) => compile(part, context))),
  or: ({ parts }, context) => {
    const [only, ...others] = parts;
    if (only === undefined) return MATCH_NOTHING;
    if (others.length === 0) return compile(only, context);
    return { $or: parts.map((part) => compile(part, { ...context, near: 'narrows' })) };
  },
  nor: ({ parts }, context) =>
    parts.length === 0
      ? {}
      : { $nor: parts.map((part) => compile(part, { ...context, near: 'narrows' })) },
  compare: ({ column, comparison, value }, { schema }) =>
    on(schema, column, {
      [COMPARISON_OPERATORS[comparison]]: encodeOperand(schema, column, value),
    }),
  in: ({ column, values }, { schema }) =>
    on(schema, column, { $in: values.map((value) => encodeOperand(schema, column, value)) }),
  notIn: ({ column, values }, { schema }) =>
    on(schema, column, { $nin: values.map((value) => encodeOperand(schema, column, value)) }),
  exists: ({ column, exists }, { schema }) => on(schema, column, { $exists: exists }),
  regex: ({ column, pattern, options }, { schema }) => {
    if (!REGEX_OPTIONS.test(options)) {
      throw new GatewayError('InvalidQuery', `Bad $options value for query: ${options}`);
    }
    return on(schema, column, {
      $regex: pattern,
      ...(options !== '' && { $options: options }),
    });
  },
  plainText: ({ column, ...match }, { schema }) =>
    on(schema, column, {
      $regex: patternOf(match),
      ...(match.ignoresCase && { $options: 'i' }),
    }),
  size: ({ column, size }, { schema }) => on(schema, column, { $size: size }),
  contains: ({ column, values }, { schema }) =>
    on(schema, column, { $all: values.map((value) => encodeOperand(schema, column, value)) }),
  containedBy: ({ column, values }, { schema }) => ({
    $nor: [
      on(schema, column, {
        $elemMatch: { $nin: values.map((value) => encodeOperand(schema, column, value)) },
      }),
    ],
  }),
  text: ({ search }) => ({
    $text: {
      $search: search.term,
      ...(search.language !== undefined && { $language: search.language }),
      ...(search.isCaseSensitive && { $caseSensitive: true }),
      ...(search.isDiacriticSensitive && { $diacriticSensitive: true }),
    },
  }),
  near: ({ column, center, maxDistanceRadians }, { schema, near }) => {
    const position = encodePosition(center);
    if (near === 'orders') {
      return on(schema, column, {
        $nearSphere: position,
        ...(maxDistanceRadians !== undefined && { $maxDistance: maxDistanceRadians }),
      });
    }
    // A sphere of half a turn is the whole globe, which $centerSphere refuses: any position will do.
    const isEverywhere = maxDistanceRadians === undefined || maxDistanceRadians >= Math.PI;
    return on(
      schema,
      column,
      isEverywhere
        ? { $exists: true, $ne: null }
        : { $geoWithin: { $centerSphere: [position, maxDistanceRadians] } },
    );
  },
  withinBox: ({ column, southWest, northEast }, { schema }) =>
    on(schema, column, {
      $geoWithin: { $box: [encodePosition(southWest), encodePosition(northEast)] },
    }),
  withinPolygon: ({ column, points }, { schema }) =>
    on(schema, column, { $geoWithin: { $polygon: points.map(encodePosition) } }),
  withinSphere: ({ column, center, radiusRadians }, { schema }) =>
    on(schema, column, {
      $geoWithin: { $centerSphere: [encodePosition(center), radiusRadians] },
    }),
  intersectsPoint: ({ column, point }, { schema }) =>
    on(schema, column, {
      $geoIntersects: { $geometry: { type: 'Point', coordinates: encodePosition(point) } },
    }),
  pointerTo: refuseNested,
  relationTo: refuseNested,
  relatedTo: refuseNested,
  inQueryKey: refuseNested,
  notInQueryKey: refuseNested,
  aclAllows: ({ right, subjects }) => ({
    [right === 'read' ? '_rperm' : '_wperm']: { $in: [null, ...subjects] },
  }),
};

/**
 * A constraint without nested queries → the filter for MongoDB.
 *
 * Every value stands behind an operator of our own, so that none can become one.
 * @throws GatewayError 105 for a name no column has, 102 for bad options of a pattern.
 * @see https://www.mongodb.com/docs/manual/reference/operator/query/
 */
export function compileFilter(
  constraint: Constraint,
  schema: ClassSchema,
  near: NearUse = 'narrows',
): StoredFilter {
  return compile(constraint, { schema, near });
}

function compile(constraint: Constraint, context: Context): StoredFilter {
  // Each row of the table takes its own kind; indexing by the kind is what makes that true.
  const compiler = COMPILERS[constraint.kind] as (
    constraint: Constraint,
    context: Context,
  ) => StoredFilter;
  return compiler(constraint, context);
}

function refuseNested({ kind }: { readonly kind: string }): never {
  throw new Error(`${kind} must be resolved before it is compiled`);
}

function on(schema: ClassSchema, column: ColumnRef, operators: StoredFilter): StoredFilter {
  const isRelation = schema.fields.get(column.name)?.type.kind === 'Relation';
  // Parse answers nothing for any constraint on a relation but those on its objects.
  if (isRelation || isAuthDataItself(schema, column)) return MATCH_NOTHING;
  return { [storedPath(schema, column)]: operators };
}

/** `authData` is spread over one key per provider; only a provider's part can be asked for. */
function isAuthDataItself(schema: ClassSchema, { name, path }: ColumnRef): boolean {
  return path.length === 0 && isAuthData(schema.className, name);
}

/**
 * A value as the column stores it. In arrays and inside objects pointers and their like are stored as REST JSON; a bare text on
 * a pointer column is the id of an object of its target class.
 */
export function encodeOperand(schema: ClassSchema, column: ColumnRef, value: ParseValue): unknown {
  const type = schema.fields.get(column.name)?.type;
  if (column.path.length > 0 || type?.kind === 'Array') return encodeNested(value);
  return encodeTopLevel(value, type);
}

function encodeTopLevel(value: ParseValue, type: FieldType | undefined): unknown {
  if (value instanceof Pointer) return encodePointer(value);
  if (value instanceof GeoPoint) return encodePosition(value);
  if (value instanceof Polygon) return encodePolygon(value);
  if (value instanceof FileReference) return value.name;
  if (typeof value === 'string' && type?.kind === 'Pointer') return `${type.targetClass}$${value}`;
  return encodeNested(value);
}

/** All of the filters: one object while no key comes twice, `$and` from then on. */
export function combine(filters: readonly StoredFilter[]): StoredFilter {
  const used = filters.filter((filter) => Object.keys(filter).length > 0);
  const keys = used.flatMap((filter) => Object.keys(filter));
  const isDisjoint = new Set(keys).size === keys.length;
  return isDisjoint ? Object.fromEntries(used.flatMap(Object.entries)) : { $and: used };
}
