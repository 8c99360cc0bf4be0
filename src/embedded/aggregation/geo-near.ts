import type { Document } from '../engine/engine.ts';
import { isGeoJson } from '../geo/geometry.ts';
import { nearestOf, parseNear } from '../geo/near.ts';
import { doubleOf } from '../query/arithmetic.ts';
import { isPlainObject, toNumber } from '../query/bson-values.ts';
import { recordMeta } from '../query/document-meta.ts';
import { nearOrder } from '../query/geo-conditions.ts';
import { refuse, refuseAt } from '../query/refuse.ts';
import type { PipelineContext, StageCompiler } from './pipeline-context.ts';
import { readNamespace } from './read-namespace.ts';
import { plainValueAt, setPath } from './set-path.ts';

const KNOWN = [
  'near',
  'distanceField',
  'spherical',
  'maxDistance',
  'minDistance',
  'query',
  'includeLocs',
  'distanceMultiplier',
  'key',
  'uniqueDocs',
  'limit',
  'num',
];

/** The path a collection's only geo index is on. @throws StoreError 27 without one or with several. */
function indexedPath(context: PipelineContext): string {
  const { snapshot, database = '', collection = '' } = context;
  const target = snapshot && readNamespace(snapshot, { database, collection }).namespace;
  const indexes = (target && snapshot.collection(target)?.indexes) ?? [];
  const paths = indexes.flatMap(({ key }) =>
    key
      .filter(([, direction]) => direction === '2d' || direction === '2dsphere')
      .map(([path]) => path),
  );
  const [only, ...more] = new Set(paths);
  if (only === undefined)
    return refuse('$geoNear requires a 2d or 2dsphere index, but none were found', 'IndexNotFound');
  return more.length > 0
    ? refuse(
        'There is more than one 2dsphere index on the collection; unsure which to use for $geoNear',
        'IndexNotFound',
      )
    : only;
}

/** `$geoNear`: the collection's documents by distance, nearest first, with the distance in a field. Always the first stage. */
export const geoNear: StageCompiler = (operand, context) => {
  if (!isPlainObject(operand))
    return refuse('the $geoNear stage must be an object', 'TypeMismatch');
  const unknown = Object.keys(operand).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) refuse(`Unknown argument to $geoNear: ${unknown}`);
  const { near, distanceField, query = {}, includeLocs, key, spherical = false } = operand;
  if (near === undefined) return refuseAt(5860400, "$geoNear requires a 'near' argument");
  if (distanceField !== undefined && typeof distanceField !== 'string')
    return refuseAt(16606, "$geoNear requires a 'distanceField' option as a String");
  if (includeLocs !== undefined && typeof includeLocs !== 'string')
    return refuseAt(16607, "$geoNear requires that 'includeLocs' option is a String");
  if (!isPlainObject(query)) return refuse("$geoNear 'query' must be an object", 'TypeMismatch');
  const path =
    key === undefined
      ? indexedPath(context)
      : typeof key === 'string'
        ? key
        : refuse("$geoNear 'key' must be a string", 'TypeMismatch');
  const operator = isGeoJson(near) || spherical === true ? '$nearSphere' : '$near';
  const bounds = (['maxDistance', 'minDistance'] as const).filter(
    (name) => operand[name] !== undefined,
  );
  const distances = Object.fromEntries(bounds.map((name) => [`$${name}`, operand[name]]));
  const condition = isGeoJson(near)
    ? { [operator]: { $geometry: near, ...distances } }
    : { [operator]: near, ...distances };
  const order = nearOrder(path, parseNear(operator, condition));
  const multiplier =
    operand['distanceMultiplier'] === undefined ? 1 : toNumber(operand['distanceMultiplier']);
  const locationOf = (document: Document): unknown =>
    nearestOf(order.near, plainValueAt(document, path))?.value;
  return function* () {
    const { snapshot, database = '', collection = '', collation, variables, onCost } = context;
    if (snapshot === undefined) return;
    const filter =
      Object.keys(query).length === 0
        ? { [path]: condition }
        : { $and: [query, { [path]: condition }] };
    const { namespace } = readNamespace(snapshot, { database, collection });
    const found: { distance: number; document: Document }[] = [];
    for (const document of snapshot.find(
      namespace,
      { filter, ...(collation && { collation }), ...(variables && { variables }) },
      onCost,
    )) {
      const distance = order.distance(document);
      if (distance !== undefined) found.push({ distance, document });
    }
    found.sort((a, b) => a.distance - b.distance);
    for (const { distance, document } of found) {
      let result =
        distanceField === undefined
          ? { ...document }
          : setPath(document, distanceField, doubleOf(distance * multiplier));
      if (includeLocs !== undefined) result = setPath(result, includeLocs, locationOf(document));
      recordMeta(result, {
        geoNearDistance: distance * multiplier,
        geoNearPoint: locationOf(document),
      });
      yield result;
    }
  };
};
