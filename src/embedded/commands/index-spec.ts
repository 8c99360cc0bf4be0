import type { Document, IndexDirection, IndexSpec } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { parseCollation } from '../query/collation.ts';
import { argumentsOf, type Arguments, bsonTypeName, numberFrom } from './arguments.ts';
import { withoutFields } from './without-fields.ts';

const SPECIAL_DIRECTIONS = ['2d', '2dsphere', 'text', 'hashed'] as const;
const MAX_KEY_PATHS = 32;

/** Accepted because old clients send them, and without effect here as in MongoDB. */
const IGNORED_OPTIONS = ['background', 'v', 'ns', 'storageEngine', 'clustered'] as const;

const OPTIONS: ReadonlySet<string> = new Set([
  'key',
  'name',
  'unique',
  'sparse',
  'hidden',
  'partialFilterExpression',
  'collation',
  'expireAfterSeconds',
  'weights',
  'default_language',
  'language_override',
  'textIndexVersion',
  '2dsphereIndexVersion',
  'bits',
  'min',
  'max',
  ...IGNORED_OPTIONS,
]);

const cannotCreate = (message: string) => new StoreError('CannotCreateIndex', message);

function parseDirection(path: string, value: unknown): IndexDirection {
  const special = SPECIAL_DIRECTIONS.find((name) => name === value);
  if (special !== undefined) return special;
  if (typeof value === 'string') throw cannotCreate(`Unknown index plugin '${value}'`);
  const number = numberFrom(value);
  if (number === undefined || number === 0 || Number.isNaN(number)) {
    throw cannotCreate(
      `Values in v:2 index key pattern cannot be of type ${bsonTypeName(value)} or 0. Only numbers > 0, numbers < 0, and strings are allowed. Path: ${path}`,
    );
  }
  return number > 0 ? 1 : -1;
}

function parseKey(key: Document): IndexSpec['key'] {
  const entries = Object.entries(key);
  if (entries.length === 0) throw cannotCreate('Index keys cannot be empty.');
  if (entries.length > MAX_KEY_PATHS) throw cannotCreate('too many compound keys');
  return entries.map(([path, value]) => {
    if (path.includes('$**')) throw cannotCreate('wildcard indexes are not supported');
    if (path === '' || path.split('.').includes('')) {
      throw cannotCreate('Index keys cannot contain an empty field.');
    }
    if (path.startsWith('$')) {
      throw cannotCreate(`Index key contains an illegal field name: field name starts with '$'.`);
    }
    return [path, parseDirection(path, value)] as const;
  });
}

function defaultName(key: Document): string {
  return Object.entries(key)
    .map(([path, direction]) => `${path}_${String(direction)}`)
    .join('_');
}

function parseWeights(args: Arguments): Record<string, number> {
  const weights = args.document('weights') ?? {};
  return Object.fromEntries(
    Object.entries(weights).map(([path, value]) => {
      const weight = numberFrom(value);
      if (weight === undefined || weight < 1 || weight > 99_999) {
        throw cannotCreate('text index weight must be in the exclusive interval (0,100000)');
      }
      return [path, weight];
    }),
  );
}

/** A text index as MongoDB lists it: its paths are the weights, and the key says only where the text stands. */
function listedText(given: Document, spec: Pick<IndexSpec, 'key'>, args: Arguments): Document {
  const weights: Record<string, number> = {};
  const key: Document = {};
  for (const [path, direction] of spec.key) {
    if (direction === 'text') {
      weights[path] = 1;
      key['_fts'] = 'text';
      key['_ftsx'] = 1;
    } else {
      key[path] = direction;
    }
  }
  return {
    ...given,
    key,
    weights: { ...weights, ...parseWeights(args) },
    default_language: args.string('default_language') ?? 'english',
    language_override: args.string('language_override') ?? 'language',
    textIndexVersion: 3,
  };
}

function listedForm(args: Arguments, body: Document, spec: Pick<IndexSpec, 'key' | 'name'>) {
  const options = withoutFields(body, 'v', 'key', 'name', 'background', 'ns');
  const given: Document = { v: 2, key: body['key'], name: spec.name, ...options };
  const kinds = new Set(spec.key.map(([, direction]) => direction));
  if (kinds.has('text')) return listedText(given, spec, args);
  if (kinds.has('2dsphere')) return { ...given, '2dsphereIndexVersion': 3 };
  return given;
}

function parseExpiry(args: Arguments): number | undefined {
  const seconds = args.number('expireAfterSeconds');
  if (seconds === undefined) return undefined;
  if (Number.isFinite(seconds) && seconds >= 0 && seconds <= 0x7fffffff) return seconds;
  throw cannotCreate(
    `TTL index 'expireAfterSeconds' option must be within 0 and 2147483647, but was ${seconds}`,
  );
}

/**
 * One index of `createIndexes`, checked.
 *
 * `{key: {a: 1}}` becomes the index `a_1`; what `listIndexes` will show is kept in `given`.
 *
 * @throws StoreError 67 for keys that cannot be indexed, 197 for an unknown option, 14 for a wrong type.
 * @see https://www.mongodb.com/docs/manual/reference/command/createIndexes/
 */
export function parseIndexSpec(body: Document): IndexSpec {
  const args = argumentsOf('createIndexes.indexes', body);
  for (const option of Object.keys(body)) {
    if (OPTIONS.has(option)) continue;
    throw new StoreError(
      'InvalidIndexSpecificationOption',
      `The field '${option}' is not valid for an index specification.`,
    );
  }
  const given = args.document('key');
  if (given === undefined) {
    throw new StoreError(
      'FailedToParse',
      "The 'key' field is a required property of an index specification",
    );
  }
  const key = parseKey(given);
  const name = args.string('name') ?? defaultName(given);
  if (name === '' || name === '*') throw cannotCreate(`The index name '${name}' is not valid.`);
  const collation = parseCollation(args.document('collation'));
  const partial = args.document('partialFilterExpression');
  const expireAfterSeconds = parseExpiry(args);
  const isText = key.some(([, direction]) => direction === 'text');
  const language = args.string('default_language');
  const listed = listedForm(args, body, { key, name });
  return {
    name,
    key,
    unique: args.boolean('unique') ?? false,
    sparse: args.boolean('sparse') ?? false,
    hidden: args.boolean('hidden') ?? false,
    ...(partial === undefined ? {} : { partialFilterExpression: partial }),
    ...(collation === undefined ? {} : { collation }),
    ...(expireAfterSeconds === undefined ? {} : { expireAfterSeconds }),
    ...(isText ? { weights: parseWeights(args) } : {}),
    ...(language === undefined ? {} : { defaultLanguage: language }),
    given: listed,
  };
}
