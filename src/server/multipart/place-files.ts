import { isRecord } from '../setting-parsers.ts';
import { invalidRequest } from '../invalid-request.ts';
import { REQUEST_LIMITS, limitExceeded } from '../limits/request-limits.ts';

/** Where in the operation each file goes: key of the file → paths such as `variables.input.upload`. */
export type FileMap = ReadonlyMap<string, readonly string[]>;

/**
 * The field `map` of a multipart request.
 * @throws GraphQLError 107 for what is no map of keys to lists of paths, 102 for too many files or paths.
 */
export function parseFileMap(text: string): FileMap {
  const map = parseJsonField('map', text);
  const entries = Object.entries(map);
  if (entries.length > REQUEST_LIMITS.files) throw limitExceeded('files', REQUEST_LIMITS.files);
  let count = 0;
  return new Map(
    entries.map(([key, paths]) => {
      if (!Array.isArray(paths) || paths.some((path) => typeof path !== 'string')) {
        throw invalidRequest('Each file of the map must have a list of paths.');
      }
      count += paths.length;
      if (count > REQUEST_LIMITS.filePaths) {
        throw limitExceeded('paths of files', REQUEST_LIMITS.filePaths);
      }
      return [key, paths as readonly string[]];
    }),
  );
}

/** A field that holds a JSON object. @throws GraphQLError 107 */
export function parseJsonField(name: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidRequest(`The field ${name} must be JSON.`);
  }
  if (Array.isArray(value) && name === 'operations') {
    throw invalidRequest('Several operations in one request are not supported.');
  }
  if (!isRecord(value)) throw invalidRequest(`The field ${name} must be a JSON object.`);
  return value;
}

const LONGEST_PATH = 1_000;
/** Names that lead out of a plain object, or change what all objects are. */
const PROTOTYPE_WORDS = ['__proto__', 'constructor', 'prototype'];

/**
 * Puts the file where the path leads; changes `operations`. Only a null of the variables gives way.
 * @throws GraphQLError 107 for any other path.
 * @see https://github.com/jaydenseric/graphql-multipart-request-spec
 */
export function placeFile(
  operations: Readonly<Record<string, unknown>>,
  path: string,
  file: object,
): void {
  const shown = JSON.stringify(path.slice(0, 100));
  const refused = invalidRequest(`The path ${shown} of the map must lead to a null of variables.`);
  const steps = path.length > LONGEST_PATH ? [] : path.split('.');
  const last = steps.pop();
  if (steps[0] !== 'variables' || last === undefined) throw refused;
  if ([...steps, last].some((step) => PROTOTYPE_WORDS.includes(step))) throw refused;
  let place: unknown = operations;
  for (const step of steps) place = ownValue(place, step);
  if (ownValue(place, last) !== null) throw refused;
  (place as Record<string, unknown>)[last] = file;
}

function ownValue(place: unknown, step: string): unknown {
  if (Array.isArray(place) && !/^(0|[1-9]\d{0,8})$/.test(step)) return undefined;
  const isPlace = typeof place === 'object' && place !== null && Object.hasOwn(place, step);
  return isPlace ? (place as Record<string, unknown>)[step] : undefined;
}
