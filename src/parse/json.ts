import { GatewayError } from './errors.ts';
import { decodeTyped, typedNameOf } from './typed-json.ts';
import type { ParseRecord, ParseValue } from './values.ts';

export { encodeJson } from './typed-json.ts';

/** How large one value may be. */
export interface JsonLimits {
  /** Nested arrays and objects. MongoDB itself stops at 100 levels, the document being one. */
  readonly maxDepth: number;
  /** Values in all, each array, object and scalar being one. */
  readonly maxParts: number;
}

export const DEFAULT_JSON_LIMITS: JsonLimits = { maxDepth: 90, maxParts: 200_000 };

/** The last would have the driver take an object for a BSON value. */
const DENIED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', '_bsontype']);

interface Budget {
  readonly limits: JsonLimits;
  parts: number;
}

/**
 * REST JSON from outside → a value: `{__type: 'Date', iso: '2020-01-01T00:00:00.000Z'}` becomes a `Date`.
 *
 * An object with an unknown `__type` stays a plain record. `undefined` inside an object is left out.
 * @throws GatewayError 107 for what JSON cannot say, an operation, or nesting beyond the limit; 111 for a malformed typed value; 121 for a
 * key with `$` or `.`; 105 for `__proto__`, `constructor` and `_bsontype`; 116 for too many parts.
 * @see https://docs.parseplatform.org/rest/guide/#data-types
 */
export function parseJson(json: unknown, limits: JsonLimits = DEFAULT_JSON_LIMITS): ParseValue {
  return parsePart(json, 0, { limits, parts: 0 });
}

function parsePart(json: unknown, depth: number, budget: Budget): ParseValue {
  budget.parts += 1;
  if (budget.parts > budget.limits.maxParts) {
    throw new GatewayError('ObjectTooLarge', `A value may have ${budget.limits.maxParts} parts.`);
  }
  if (json === null || typeof json === 'string' || typeof json === 'boolean') return json;
  if (typeof json === 'number') {
    if (Number.isFinite(json)) return json;
    throw new GatewayError('InvalidJson', 'A number must be finite.');
  }
  if (json instanceof Date && !Number.isNaN(json.getTime())) return json;
  if (typeof json !== 'object' || json instanceof Date) {
    throw new GatewayError('InvalidJson', 'A value must be JSON.');
  }
  if (depth >= budget.limits.maxDepth) {
    throw new GatewayError('InvalidJson', `A value may nest ${budget.limits.maxDepth} levels.`);
  }
  if (Array.isArray(json)) return json.map((part: unknown) => parsePart(part, depth + 1, budget));
  // A file of a multipart request, say, has fields, too.
  if (!isPlain(json)) throw new GatewayError('InvalidJson', 'A value must be JSON.');
  return parseRecord(json as Readonly<Record<string, unknown>>, depth, budget);
}

function isPlain(json: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(json);
  return prototype === null || prototype === Object.prototype;
}

function parseRecord(
  json: Readonly<Record<string, unknown>>,
  depth: number,
  budget: Budget,
): ParseValue {
  const typed = typedNameOf(json);
  if (typed !== undefined) {
    const value = decodeTyped(typed, json);
    if (value !== undefined) return value;
    throw new GatewayError('IncorrectType', `This is not a valid ${typed}.`);
  }
  const entries: [string, ParseValue][] = [];
  for (const [key, part] of Object.entries(json)) {
    assertStorableKey(key);
    if (part !== undefined) entries.push([key, parsePart(part, depth + 1, budget)]);
  }
  return Object.fromEntries(entries);
}

/**
 * Refuses keys that a nested object must not have. Parse's clients would take an object with `__op` for an operation.
 * @throws GatewayError 105, 107 or 121
 */
export function assertStorableKey(key: string): void {
  if (key === '__op') throw new GatewayError('InvalidJson', 'Operations are not values.');
  if (DENIED_KEYS.has(key)) throw new GatewayError('InvalidKeyName', `Invalid key name: ${key}`);
  if (key.includes('$') || key.includes('.') || key.includes('\0')) {
    throw new GatewayError(
      'InvalidNestedKey',
      "Nested keys should not contain the '$' or '.' characters",
    );
  }
}

/** What a foreign object (a database's own value type) stands for; `undefined` as the whole answer: it is none. */
export type ForeignDecoder = (
  value: object,
) => { readonly value: ParseValue | undefined } | undefined;

/**
 * Stored REST JSON → a value, with nothing refused: a malformed typed value stays a plain record. `decodeForeign` is asked first
 * about each object. What cannot be said becomes `null` in an array and is left out of a record.
 */
export function decodeJson(
  json: unknown,
  decodeForeign: ForeignDecoder = () => undefined,
): ParseValue | undefined {
  if (json === null || typeof json === 'string' || typeof json === 'boolean') return json;
  if (typeof json === 'number') return Number.isFinite(json) ? json : undefined;
  if (typeof json !== 'object') return undefined;
  if (json instanceof Date) return Number.isNaN(json.getTime()) ? undefined : json;
  if (Array.isArray(json)) {
    return json.map((part: unknown) => decodeJson(part, decodeForeign) ?? null);
  }
  const foreign = decodeForeign(json);
  if (foreign !== undefined) return foreign.value;
  const fields = json as Readonly<Record<string, unknown>>;
  const typed = typedNameOf(fields);
  return (
    (typed === undefined ? undefined : decodeTyped(typed, fields)) ??
    decodeRecord(fields, decodeForeign)
  );
}

/** A stored record → a record of values, whatever `__type` it has itself. */
export function decodeRecord(
  fields: Readonly<Record<string, unknown>>,
  decodeForeign: ForeignDecoder = () => undefined,
): ParseRecord {
  const entries: [string, ParseValue][] = [];
  for (const [key, part] of Object.entries(fields)) {
    const decoded = decodeJson(part, decodeForeign);
    if (decoded !== undefined) entries.push([key, decoded]);
  }
  return Object.fromEntries(entries);
}
