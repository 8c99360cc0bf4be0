import { bsonTypeOf, fieldsOf, type Fields } from './bson-values.ts';
import { equalValues } from './compare-values.ts';

/** Whether two values would be stored alike: equal, and of the same types all through. */
export function identicalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const type = bsonTypeOf(a);
  if (type !== bsonTypeOf(b)) return false;
  if (type === 'array') {
    const left = a as readonly unknown[];
    const right = b as readonly unknown[];
    return (
      left.length === right.length &&
      left.every((each, index) => identicalValues(each, right[index]))
    );
  }
  if (type !== 'object') return equalValues(a, b);
  const left = fieldsOf(a as Fields);
  const right = fieldsOf(b as Fields);
  const names = Object.keys(left);
  const others = Object.keys(right);
  return (
    names.length === others.length &&
    names.every((name, index) => name === others[index] && identicalValues(left[name], right[name]))
  );
}
