import { visitPath, splitPath } from './paths.ts';
import type { Fields } from './bson-values.ts';

/** A test of one value; absent fields are `undefined`. */
export type ValueTest = (value: unknown) => boolean;

/** A test of a whole document. */
export type Predicate = (document: Fields) => boolean;

/**
 * What a filter asks of one path, before it is known whether it is asked of a document's field or of an
 * array's element. `entersArrays`: whether elements of an array at the end of the path are asked too.
 */
export type Condition =
  | { readonly kind: 'test'; readonly entersArrays: boolean; readonly test: ValueTest }
  | { readonly kind: 'not'; readonly inner: Condition }
  | { readonly kind: 'every'; readonly inner: readonly Condition[] };

/** A condition asked of each value, array elements included. */
export function anyValue(test: ValueTest): Condition {
  return { kind: 'test', entersArrays: true, test };
}

/** A condition asked of the field as a whole. */
export function wholeValue(test: ValueTest): Condition {
  return { kind: 'test', entersArrays: false, test };
}

/** Joins conditions; one alone stays itself. */
export function every(inner: readonly Condition[]): Condition {
  const [only] = inner;
  return inner.length === 1 && only !== undefined ? only : { kind: 'every', inner };
}

/** Asks a condition of a document's path. */
export function onPath(path: string, condition: Condition): Predicate {
  switch (condition.kind) {
    case 'test': {
      const parts = splitPath(path);
      const { entersArrays, test } = condition;
      return (document) => visitPath(document, parts, entersArrays, test);
    }
    case 'not': {
      const inner = onPath(path, condition.inner);
      return (document) => !inner(document);
    }
    case 'every': {
      const inner = condition.inner.map((each) => onPath(path, each));
      return (document) => inner.every((each) => each(document));
    }
  }
}

/** Asks a condition of one array element, which is not entered further. */
export function onValue(condition: Condition): ValueTest {
  switch (condition.kind) {
    case 'test':
      return condition.test;
    case 'not': {
      const inner = onValue(condition.inner);
      return (value) => !inner(value);
    }
    case 'every': {
      const inner = condition.inner.map(onValue);
      return (value) => inner.every((each) => each(value));
    }
  }
}
