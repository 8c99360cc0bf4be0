import type { Acl } from '../parse/acl.ts';
import type { GatewayError } from '../parse/errors.ts';
import type { ParseObject } from '../parse/object.ts';
import type { ParseValue } from '../parse/values.ts';
import type { Constraint } from './constraint.ts';
import type { Selection } from './find-request.ts';

/** What happens to one column in an update. `set null` stores null; `unset` removes the column. */
export type FieldOperation =
  | { readonly kind: 'set'; readonly value: ParseValue }
  | { readonly kind: 'unset' }
  | { readonly kind: 'increment'; readonly amount: number }
  | { readonly kind: 'min' | 'max'; readonly value: number | Date }
  | { readonly kind: 'add' | 'addUnique' | 'remove'; readonly values: readonly ParseValue[] }
  | { readonly kind: 'setPaths'; readonly paths: readonly PathChange[] }
  | {
      readonly kind: 'relate';
      readonly targetClass: string;
      readonly add: readonly string[];
      /** `others`: every member that `add` does not name, so that `add` becomes the whole membership. */
      readonly remove: readonly string[] | 'others';
    };

/** A value inside of an Object column. */
export interface PathChange {
  /** At least one key, from the outside in. */
  readonly path: readonly string[];
  /** `undefined` removes it. */
  readonly value: ParseValue | undefined;
}

export type FieldOperationKind = FieldOperation['kind'];

/** A new object. Times and, when `objectId` is absent, the id are made by the store. */
export interface CreateRequest {
  readonly className: string;
  readonly objectId: string | undefined;
  readonly values: ReadonlyMap<string, ParseValue>;
  readonly acl: Acl;
  /** Relation rows to add once the object stands. */
  readonly relations: ReadonlyMap<
    string,
    { readonly targetClass: string; readonly add: readonly string[] }
  >;
}

/** A change of one object. `guard` is part of the command's own filter: there is no gap between check and change. */
export interface UpdateRequest {
  readonly className: string;
  readonly objectId: string;
  readonly guard: Constraint;
  readonly operations: ReadonlyMap<string, FieldOperation>;
  /** Replaces the whole ACL; `undefined` leaves it. */
  readonly acl: Acl | undefined;
  /** Columns of the changed object that the answer needs. */
  readonly select: Selection;
}

export interface DeleteRequest {
  readonly className: string;
  readonly objectId: string;
  readonly guard: Constraint;
  readonly select: Selection;
}

/** One step of what is written whole or not at all. */
export type WriteStep =
  | { readonly kind: 'create'; readonly request: CreateRequest }
  | { readonly kind: 'update'; readonly request: UpdateRequest }
  | { readonly kind: 'delete'; readonly request: DeleteRequest };

/** What became of one of several steps that are taken each for itself. */
export type StepOutcome =
  | { readonly kind: 'written'; readonly object: ParseObject }
  /** An update or a delete found no object that matches id and guard. */
  | { readonly kind: 'notFound' }
  | { readonly kind: 'refused'; readonly error: GatewayError };
