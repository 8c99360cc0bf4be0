import type { GatewayError } from '../parse/errors.ts';
import type { ParseObject } from '../parse/object.ts';
import type {
  CountRequest,
  FindRequest,
  ReadPreference,
  RelatedCountRequest,
  RelatedCounts,
  RelatedPages,
  RelatedRequest,
  Selection,
} from '../query/find-request.ts';
import type { Pointer } from '../parse/values.ts';
import type {
  CreateRequest,
  DeleteRequest,
  UpdateRequest,
  WriteStep,
} from '../query/write-request.ts';
import type { guarded } from './guarded-brand.ts';
import type { Principal } from './principal.ts';

/** The object by id as class permissions see it (operation `get`), several at once. */
export interface GetRequest {
  readonly className: string;
  readonly objectIds: readonly string[];
  readonly select: Selection;
  readonly readPreference?: ReadPreference | undefined;
}

/** What is written whole or not at all. */
export interface WritePlan {
  /** In their order; a step may lead to an object that another one creates, by the id given there. */
  readonly steps: readonly WriteStep[];
  /** The objects outside of the plan that it leads to. */
  readonly links: readonly Pointer[];
}

/** What a step has written, as its principal may see it. */
export interface WrittenObject {
  readonly object: ParseObject;
  /** False when the principal may not read it: then id and times are all that is told. */
  readonly isReadable: boolean;
}

/** What became of one of several plans that are written each for itself. */
export type PlanOutcome =
  | { readonly kind: 'written'; readonly written: WrittenObject }
  | { readonly kind: 'refused'; readonly error: GatewayError };

/**
 * Reads and writes of one principal under one catalog. Costs the same database commands as the plain store.
 *
 * What the principal may not read is not there: rows are missing, protected columns are absent, relations are empty.
 * Every method throws `GatewayError`: 119 (or 101 when only signing in would help) where class permissions deny the operation, 119 when a
 * constraint or order names a column the principal may not read, besides what the store throws.
 */
export interface GuardedStore {
  /** Only access/ can make one. */
  readonly [guarded]: true;
  readonly principal: Principal;
  /** Objects that exist and may be read, in the order asked for; others are absent. Cost: 1 command. */
  get(request: GetRequest): Promise<readonly ParseObject[]>;
  find(request: FindRequest): Promise<readonly ParseObject[]>;
  count(request: CountRequest): Promise<number>;
  findRelated(requests: readonly RelatedRequest[]): readonly Promise<RelatedPages>[];
  countRelated(requests: readonly RelatedCountRequest[]): readonly Promise<RelatedCounts>[];
  /**
   * All steps or none: the object of each, as `create`, `update` and `delete` give it. Every step is judged, and every link
   * looked up, before anything is written.
   *
   * A link must lead to an object that the principal may `get`. Users, whom Parse hides from each other by default, need
   * only exist.
   * A step with a guard writes only what the principal may also read: whether a condition holds says something about the object.
   * Cost: that of the plain store, and 1 command for each class that is linked to. @throws GatewayError 101 for a link that leads nowhere,
   * 409 where an object is there but a guard does not hold (1 command to find out), and as `create`, `update` and `delete` throw.
   */
  write(plan: WritePlan): Promise<readonly WrittenObject[]>;
  /**
   * Each plan for itself, in no order: its last step's object, or why it is refused, with the same errors as `write`. No two change
   * the same object.
   * Cost: that of `ObjectStore.writeEach` for the plans of one step, that of `write` for each other plan, 1 command for each class that is
   * linked to, and 1 for each class of which a condition did not hold.
   */
  writeEach(plans: readonly WritePlan[]): Promise<readonly PlanOutcome[]>;
  create(request: CreateRequest): Promise<ParseObject>;
  /** @throws GatewayError 101 when the object is absent or may not be written; 206 for users, as Parse does. */
  update(request: UpdateRequest): Promise<ParseObject>;
  /** @throws GatewayError 101 as `update`. */
  delete(request: DeleteRequest): Promise<ParseObject>;
}
