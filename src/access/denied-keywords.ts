import { GatewayError } from '../parse/errors.ts';
import { isParseRecord, type ParseValue } from '../parse/values.ts';
import type { WriteStep } from '../query/write-request.ts';

/** What a key or a value must not be: a text is a regular expression. */
export type DeniedPart = string | number | boolean;

/** A key, a value, or a value under a key that no write may carry. At least one of both is given. */
export interface DeniedKeyword {
  readonly key: DeniedPart | undefined;
  readonly value: DeniedPart | undefined;
}

/**
 * Refuses a write that carries a denied keyword, in a column's name or at any depth of its value. Pure.
 * @throws GatewayError 105
 */
export function assertNoDeniedKeyword(
  keywords: readonly DeniedKeyword[],
  { kind, request }: WriteStep,
): void {
  if (keywords.length === 0 || kind === 'delete') return;
  const tests = keywords.map(compileKeyword);
  const isDenied: Test = (key, value) => tests.some((test) => test(key, value));
  const columns = kind === 'create' ? request.values : valuesOf(request.operations);
  for (const [name, value] of columns) {
    if (isDenied(name, value) || hasDenied(value, isDenied)) {
      throw new GatewayError('InvalidKeyName', `Prohibited keyword in ${name}`);
    }
  }
}

type Test = (key: string, value: ParseValue | undefined) => boolean;
type Operations = Extract<WriteStep, { kind: 'update' }>['request']['operations'];

/** Column → all that its operation would put there. */
function valuesOf(operations: Operations): ReadonlyMap<string, ParseValue> {
  const values = new Map<string, ParseValue>();
  for (const [name, operation] of operations) {
    switch (operation.kind) {
      case 'set':
      case 'min':
      case 'max':
        values.set(name, operation.value);
        break;
      case 'add':
      case 'addUnique':
      case 'remove':
        values.set(name, operation.values);
        break;
      case 'setPaths':
        values.set(
          name,
          operation.paths.map(({ path, value }) => nested(path, value ?? null)),
        );
        break;
      case 'increment':
        values.set(name, operation.amount);
        break;
      case 'unset':
      case 'relate':
        values.set(name, null);
        break;
    }
  }
  return values;
}

/** `['a', 'b'], 1` → `{a: {b: 1}}`. */
function nested(path: readonly string[], value: ParseValue): ParseValue {
  return path.reduceRight<ParseValue>((inner, key) => ({ [key]: inner }), value);
}

function hasDenied(value: ParseValue, isDenied: Test): boolean {
  const waiting: ParseValue[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (!Array.isArray(next) && !isParseRecord(next)) continue;
    for (const [key, part] of Object.entries(next) as [string, ParseValue][]) {
      if (isDenied(key, part)) return true;
      waiting.push(part);
    }
  }
  return false;
}

function compileKeyword({ key, value }: DeniedKeyword): Test {
  const isKey = compilePart(key);
  const isValue = compilePart(value);
  return (name, part) => isKey(name) && isValue(part);
}

function compilePart(denied: DeniedPart | undefined): (part: unknown) => boolean {
  if (denied === undefined) return () => true;
  if (typeof denied !== 'string') return (part) => part === denied;
  const pattern = new RegExp(denied);
  return (part) => typeof part === 'string' && pattern.test(part);
}
