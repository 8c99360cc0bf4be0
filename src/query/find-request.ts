import type { ParseObject } from '../parse/object.ts';
import type { ParseValue } from '../parse/values.ts';
import type { ColumnRef, Constraint } from './constraint.ts';

export interface OrderKey {
  /** Of the objects themselves or, with `through`, of the ones they point at. */
  readonly column: ColumnRef;
  readonly direction: 'ascending' | 'descending';
  readonly through?: PointerHop;
}

/** The pointer that leads to the object whose column is meant. Where it leads to none that `where` means, the column is absent. */
export interface PointerHop {
  readonly field: string;
  readonly targetClass: string;
  readonly where: Constraint;
}

/**
 * The name under which an object holds the value of an order's key: `salary`, or `manager.firstName` for one of the object that
 * a pointer leads to; the latter is among the values of objects where it is selected. No column has a dot in its name.
 */
export function orderName({ column, through }: OrderKey): string {
  return through === undefined ? column.name : `${through.field}.${column.name}`;
}

/**
 * A place between two rows of one order: the values of the order's keys there, `objectId` last.
 * `undefined` stands for absent (which sorts as null).
 */
export type KeysetPosition = readonly (ParseValue | undefined)[];

/**
 * Which rows of the ordered result.
 *
 * `limit` counts rows (0 is none); `skip` drops rows first. With `after`, rows strictly behind that place; with `before`, rows
 * strictly ahead of it. `fromEnd` takes the last `limit` rows instead of the first, still in the request's order.
 */
export interface Page {
  readonly limit: number;
  readonly skip: number;
  readonly after: KeysetPosition | undefined;
  readonly before: KeysetPosition | undefined;
  readonly fromEnd: boolean;
}

/** Columns (and `orderName`s) to fetch; objectId, createdAt, updatedAt and ACL come with every object. */
export type Selection = 'all' | ReadonlySet<string>;

export const READ_PREFERENCES = [
  'PRIMARY',
  'PRIMARY_PREFERRED',
  'SECONDARY',
  'SECONDARY_PREFERRED',
  'NEAREST',
] as const;

/** Which members of a replica set answer; without one, as the connection says. */
export type ReadPreference = (typeof READ_PREFERENCES)[number];

/**
 * A page of one class's objects. `order` is complete: its last key is `objectId`, unless a `near` or `text` constraint orders the
 * rows and `order` is empty.
 */
export interface FindRequest extends CountRequest {
  readonly order: readonly OrderKey[];
  readonly page: Page;
  readonly select: Selection;
  /** For the objects that the found ones point at, which whoever asks for them has to say again. */
  readonly includeReadPreference?: ReadPreference | undefined;
}

export interface CountRequest {
  readonly className: string;
  readonly where: Constraint;
  readonly readPreference: ReadPreference | undefined;
  /** For the nested queries of the constraint. */
  readonly subqueryReadPreference?: ReadPreference | undefined;
}

/** How children hang on their owners: a relation column of the owner, or a pointer column of the child. */
export type Link =
  | { readonly kind: 'relation'; readonly ownerClass: string; readonly field: string }
  | { readonly kind: 'inverse'; readonly ownerClass: string; readonly field: string };

/** The same page for each of many owners: `find` is what each owner's children are asked for. */
export interface RelatedRequest {
  readonly link: Link;
  readonly ownerIds: readonly string[];
  readonly find: FindRequest;
}

export interface RelatedCountRequest {
  readonly link: Link;
  readonly ownerIds: readonly string[];
  readonly count: CountRequest;
}

/** Owner id → its page. */
export type RelatedPages = ReadonlyMap<string, readonly ParseObject[]>;

/** Owner id → number of its children. */
export type RelatedCounts = ReadonlyMap<string, number>;

/** The order that every page falls back to: by `objectId`. */
export const BY_OBJECT_ID: OrderKey = {
  column: { name: 'objectId', path: [] },
  direction: 'ascending',
};

/** The first `limit` rows. */
export function firstRows(limit: number): Page {
  return { limit, skip: 0, after: undefined, before: undefined, fromEnd: false };
}
