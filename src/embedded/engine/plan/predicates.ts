import type { Document } from '../engine.ts';

/** What a filter says about one path, in a form that index bounds can be made of. */
export type Predicate = ValuePredicate | GeoPredicate;

export interface ValuePredicate {
  readonly kind: 'values';
  readonly path: string;
  readonly test: ValueTest;
  /** Index bounds for it admit nothing that the filter would refuse. */
  readonly isExact: boolean;
  /** Set inside `$elemMatch`: the array whose one element must satisfy all predicates of this scope. */
  readonly scope?: ElementScope;
  /** Compares a whole value as `$expr` does, so that an index which entered an array cannot answer. */
  readonly isWhole?: boolean;
}

export interface ElementScope {
  readonly root: string;
}

export type ValueTest =
  | { readonly kind: 'points'; readonly values: readonly unknown[] }
  | RangeTest
  | { readonly kind: 'prefix'; readonly text: string }
  | { readonly kind: 'present' };

export interface RangeTest {
  readonly kind: 'range';
  readonly operator: '$gt' | '$gte' | '$lt' | '$lte';
  readonly value: unknown;
  /** Compares across types, as `$expr` does; otherwise only values of the operand's type match. */
  readonly isAcrossTypes: boolean;
}

/** A geometric condition: `$geoWithin`, `$geoIntersects`, `$near`, `$nearSphere`, with the operators beside it. */
export interface GeoPredicate {
  readonly kind: 'geo';
  readonly path: string;
  readonly operator: string;
  readonly condition: Document;
}

/** A filter taken apart: all of `predicates` and one of each of `branches` must hold. */
export interface Clause {
  readonly predicates: readonly Predicate[];
  readonly branches: readonly (readonly Clause[])[];
  /** The operand of `$text`. */
  readonly text?: Document;
  /** The predicates and branches say all that the filter says. */
  readonly isComplete: boolean;
}
