import type { GeoPoint, ParseValue, Pointer } from '../parse/values.ts';

/**
 * Where a constraint looks: a declared column or a base column, and for Object columns a path inside.
 *
 * `{name: 'profile', path: ['a', 'b']}` is `profile.a.b`.
 */
export interface ColumnRef {
  readonly name: string;
  readonly path: readonly string[];
}

export type Comparison =
  'equal' | 'notEqual' | 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual';

/** Values of one key over the objects of another class: what `inQueryKey` compares with. */
export interface KeyQuery {
  readonly className: string;
  readonly where: Constraint;
  readonly key: ColumnRef;
}

/**
 * Which objects of one class are meant. A closed union of frozen data; the empty `and` is everything, the empty `or` nothing.
 *
 * Null and absence follow MongoDB: `equal null` holds for null and absent, `exists` for stored values, null included.
 */
export type Constraint =
  | { readonly kind: 'and' | 'or' | 'nor'; readonly parts: readonly Constraint[] }
  | {
      readonly kind: 'compare';
      readonly column: ColumnRef;
      readonly comparison: Comparison;
      readonly value: ParseValue;
    }
  | {
      readonly kind: 'in' | 'notIn';
      readonly column: ColumnRef;
      readonly values: readonly ParseValue[];
    }
  | { readonly kind: 'exists'; readonly column: ColumnRef; readonly exists: boolean }
  /** A pattern of MongoDB's regular expressions; options are letters of `imxsu`. */
  | {
      readonly kind: 'regex';
      readonly column: ColumnRef;
      readonly pattern: string;
      readonly options: string;
    }
  /** The text itself, not a pattern, stands at that place of the stored one; letter case is Unicode's simple folding. */
  | {
      readonly kind: 'plainText';
      readonly column: ColumnRef;
      readonly place: 'whole' | 'start' | 'end' | 'anywhere';
      readonly text: string;
      readonly ignoresCase: boolean;
    }
  /** The array has that many elements; what is no array has none, not even 0. */
  | { readonly kind: 'size'; readonly column: ColumnRef; readonly size: number }
  /** The array holds all of the values / only values of the list. */
  | {
      readonly kind: 'contains' | 'containedBy';
      readonly column: ColumnRef;
      readonly values: readonly ParseValue[];
    }
  | { readonly kind: 'text'; readonly column: ColumnRef; readonly search: TextSearch }
  /** Nearest first (it also orders, when no order is given); the distance is in radians. */
  | {
      readonly kind: 'near';
      readonly column: ColumnRef;
      readonly center: GeoPoint;
      readonly maxDistanceRadians: number | undefined;
    }
  | {
      readonly kind: 'withinBox';
      readonly column: ColumnRef;
      readonly southWest: GeoPoint;
      readonly northEast: GeoPoint;
    }
  | {
      readonly kind: 'withinPolygon';
      readonly column: ColumnRef;
      readonly points: readonly GeoPoint[];
    }
  | {
      readonly kind: 'withinSphere';
      readonly column: ColumnRef;
      readonly center: GeoPoint;
      readonly radiusRadians: number;
    }
  /** The polygon column holds the point. */
  | { readonly kind: 'intersectsPoint'; readonly column: ColumnRef; readonly point: GeoPoint }
  /** The pointer column leads to (or, negated, does not lead to) an object that `where` means. */
  | {
      readonly kind: 'pointerTo';
      readonly field: string;
      readonly targetClass: string;
      readonly where: Constraint;
      readonly isNegated: boolean;
    }
  /** The relation column holds (or, negated, does not hold) an object that `where` means. */
  | {
      readonly kind: 'relationTo';
      readonly field: string;
      readonly targetClass: string;
      readonly where: Constraint;
      readonly isNegated: boolean;
    }
  /** The object is in relation `field` of `owner`. */
  | { readonly kind: 'relatedTo'; readonly owner: Pointer; readonly field: string }
  | {
      readonly kind: 'inQueryKey' | 'notInQueryKey';
      readonly column: ColumnRef;
      readonly query: KeyQuery;
    }
  /** ACL: the object's readers or writers are open, or name one of the subjects. Only access/ makes these. */
  | {
      readonly kind: 'aclAllows';
      readonly right: 'read' | 'write';
      readonly subjects: readonly string[];
    };

export type ConstraintKind = Constraint['kind'];

/** The member of the union that has this kind: what a table row for it gets. */
export type ConstraintOfKind<K extends ConstraintKind> = MemberOfKind<K, Constraint>;

type MemberOfKind<K, C> = C extends { readonly kind: infer Kinds }
  ? K extends Kinds
    ? C
    : never
  : never;

export interface TextSearch {
  readonly term: string;
  readonly language: string | undefined;
  readonly isCaseSensitive: boolean;
  readonly isDiacriticSensitive: boolean;
}

/** Every object. */
export const EVERYTHING: Constraint = Object.freeze({ kind: 'and', parts: Object.freeze([]) });

/** No object. */
export const NOTHING: Constraint = Object.freeze({ kind: 'or', parts: Object.freeze([]) });

/** A column without a path. */
export function column(name: string): ColumnRef {
  return { name, path: [] };
}

/** All parts hold. Flattens nested `and`s: `allOf(a, EVERYTHING)` is `a`. */
export function allOf(...parts: readonly Constraint[]): Constraint {
  const flat = parts.flatMap(partsOf);
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { kind: 'and', parts: flat };
}

/** The object with this id. */
export function hasObjectId(objectId: string): Constraint {
  return { kind: 'compare', column: column('objectId'), comparison: 'equal', value: objectId };
}

/** The objects with these ids. */
export function hasObjectIdIn(objectIds: readonly string[]): Constraint {
  return { kind: 'in', column: column('objectId'), values: objectIds };
}

/** True for what no object can satisfy, so that no command need be spent on it. */
export function isNothing(where: Constraint): boolean {
  if (where.kind === 'or') return where.parts.every(isNothing);
  return where.kind === 'and' && where.parts.some(isNothing);
}

/** What must hold of each object, one by one: the parts of an `and`, or the constraint itself. */
export function partsOf(constraint: Constraint): readonly Constraint[] {
  return constraint.kind === 'and' ? constraint.parts : [constraint];
}
