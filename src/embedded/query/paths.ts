import { fieldsOf, isFields, type Fields } from './bson-values.ts';

const DIGITS = /^(?:0|[1-9]\d*)$/;
const splits = new Map<string, readonly string[]>();

/** The parts of a dotted path; remembered, as the same few paths come again and again. */
export function splitPath(path: string): readonly string[] {
  const known = splits.get(path);
  if (known !== undefined) return known;
  const parts = path.split('.');
  if (splits.size > 10_000) splits.clear();
  splits.set(path, parts);
  return parts;
}

/** Whether a path part names a place in an array. */
export function isIndex(part: string | undefined): part is string {
  return part !== undefined && DIGITS.test(part);
}

type Visit = (value: unknown, isElement: boolean) => boolean;

/**
 * Visits every value a filter's path can mean, until a visit returns true: arrays on the way are
 * entered, and an index part also names that element. With `enter`, an array at the end gives its
 * elements before itself. An absent field is visited as `undefined`; an array on the way that holds
 * no embedded document gives nothing at all.
 */
export function visitPath(
  value: Fields,
  parts: readonly string[],
  enter: boolean,
  visit: Visit,
): boolean {
  return visitFields(value, parts, 0, { enter, visit });
}

interface Walk {
  readonly enter: boolean;
  readonly visit: Visit;
}

function visitFields(value: Fields, parts: readonly string[], from: number, walk: Walk): boolean {
  let current: unknown = value;
  for (let index = from; index < parts.length; index++) {
    if (Array.isArray(current)) return visitArray(current, parts, index, walk);
    if (!isFields(current)) return walk.visit(undefined, false);
    const fields = fieldsOf(current);
    const name = parts[index] ?? '';
    current = Object.hasOwn(fields, name) ? fields[name] : undefined;
  }
  if (!Array.isArray(current) || !walk.enter) return walk.visit(current, false);
  for (const element of current as readonly unknown[]) {
    if (walk.visit(element, true)) return true;
  }
  return walk.visit(current, false);
}

function visitArray(
  array: readonly unknown[],
  parts: readonly string[],
  from: number,
  walk: Walk,
): boolean {
  const part = parts[from];
  const place = isIndex(part) ? Number(part) : -1;
  for (const [index, element] of array.entries()) {
    if (isFields(element) && visitFields(element, parts, from, walk)) return true;
    if (index !== place) continue;
    if (from === parts.length - 1) {
      if (walk.visit(element, true)) return true;
    } else if (Array.isArray(element) || isFields(element)) {
      if (visitElement(element, parts, from + 1, walk)) return true;
    }
  }
  return false;
}

function visitElement(
  element: unknown,
  parts: readonly string[],
  from: number,
  walk: Walk,
): boolean {
  if (Array.isArray(element)) return visitArray(element, parts, from, walk);
  return isFields(element) && visitFields(element, parts, from, walk);
}

/**
 * The values a sort or an index sees at a path: array elements in place of the array, null for absent,
 * `undefined` for an empty array.
 */
export function valuesAt(document: Fields, parts: readonly string[]): unknown[] {
  const values: unknown[] = [];
  collect(document, parts, 0, values);
  return values;
}

function collect(value: unknown, parts: readonly string[], from: number, values: unknown[]): void {
  if (from === parts.length) {
    if (!Array.isArray(value)) values.push(value === undefined ? null : value);
    else if (value.length === 0) values.push(undefined);
    else
      for (const element of value as readonly unknown[])
        values.push(element === undefined ? null : element);
    return;
  }
  const part = parts[from] ?? '';
  if (Array.isArray(value)) {
    const elements = value as readonly unknown[];
    if (isIndex(part)) {
      const place = elements[Number(part)];
      const named = elements.some(
        (element) => isFields(element) && Object.hasOwn(fieldsOf(element), part),
      );
      if (!named) {
        collect(place, parts, from + 1, values);
        return;
      }
    }
    if (elements.length === 0) values.push(null);
    for (const element of elements) {
      if (isFields(element)) collect(element, parts, from, values);
      else values.push(null);
    }
    return;
  }
  if (!isFields(value)) {
    values.push(null);
    return;
  }
  const fields = fieldsOf(value);
  collect(Object.hasOwn(fields, part) ? fields[part] : undefined, parts, from + 1, values);
}
