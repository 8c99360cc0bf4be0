import { fieldsOf, isFields, putField, type Fields } from '../../query/bson-values.ts';
import { identicalValues } from '../../query/identical-values.ts';
import type { Document, UpdateDescription } from '../engine.ts';

interface Describing {
  readonly updatedFields: Document;
  readonly removedFields: string[];
  readonly truncatedArrays: { field: string; newSize: number }[];
}

/**
 * What changed from one version of a document to the next, as change streams report it.
 *
 * `{a: {b: 1, c: 2}, d: [1, 2]}` → `{a: {b: 5}, d: [1]}` gives `{'a.b': 5}`, removed `a.c`, `d` truncated to 1.
 *
 * @see https://www.mongodb.com/docs/manual/reference/change-events/update/
 */
export function describeUpdate(before: Document, after: Document): UpdateDescription {
  const described: Describing = { updatedFields: {}, removedFields: [], truncatedArrays: [] };
  compareFields(before, after, '', described);
  return described;
}

function compareFields(before: Fields, after: Fields, path: string, to: Describing): void {
  const old = fieldsOf(before);
  const fresh = fieldsOf(after);
  for (const name of Object.keys(old)) {
    if (!Object.hasOwn(fresh, name)) to.removedFields.push(path + name);
  }
  for (const [name, value] of Object.entries(fresh)) {
    if (value === undefined) continue;
    if (Object.hasOwn(old, name)) compareValue(old[name], value, path + name, to);
    else putField(to.updatedFields, path + name, value);
  }
}

function compareValue(before: unknown, after: unknown, path: string, to: Describing): void {
  if (identicalValues(before, after)) return;
  if (isFields(before) && isFields(after)) compareFields(before, after, `${path}.`, to);
  else if (Array.isArray(before) && Array.isArray(after)) compareArrays(before, after, path, to);
  else putField(to.updatedFields, path, after);
}

function compareArrays(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
  to: Describing,
): void {
  const kept = after.filter((element, index) => identicalValues(element, before[index])).length;
  // An array that is mostly new is told as a whole.
  if (kept * 2 < Math.min(before.length, after.length) || before.length === 0) {
    putField(to.updatedFields, path, after);
    return;
  }
  if (after.length < before.length) {
    to.truncatedArrays.push({ field: path, newSize: after.length });
  }
  for (const [index, element] of after.entries()) {
    const place = `${path}.${index}`;
    if (index < before.length) compareValue(before[index], element, place, to);
    else putField(to.updatedFields, place, element);
  }
}
