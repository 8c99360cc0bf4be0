import type { ParseObject } from '../parse/object.ts';
import type {
  CountRequest,
  FindRequest,
  RelatedCountRequest,
  RelatedCounts,
  RelatedPages,
  RelatedRequest,
} from '../query/find-request.ts';
import type {
  CreateRequest,
  DeleteRequest,
  StepOutcome,
  UpdateRequest,
  WriteStep,
} from '../query/write-request.ts';

/**
 * Reads and writes of one database under one catalog of classes, with nobody's rights in mind.
 *
 * Only `access/` may hold one. Every method throws `GatewayError` `ServiceUnavailable` (2) while the database is away,
 * `InvalidQuery` (102) or `InvalidJson` (107) for what the database refuses.
 */
export interface ObjectStore {
  /** The page's objects in order. Cost: 1 command, +1 for each nested query of the constraint. */
  find(request: FindRequest): Promise<readonly ParseObject[]>;
  /** Cost: 1 command, +1 for each nested query of the constraint. */
  count(request: CountRequest): Promise<number>;
  /**
   * For each request the same page for each of its owners: owner id → its page, in order; an owner without children maps to `[]`.
   * Each request is answered or fails for itself.
   * Cost: at most 2 commands for all requests of one link, class and read preference, however many owners they have; +1 for each
   * nested query. Pages are cut in the database.
   */
  findRelated(requests: readonly RelatedRequest[]): readonly Promise<RelatedPages>[];
  /** For each request: owner id → number of its children. Cost: as `findRelated`. */
  countRelated(requests: readonly RelatedCountRequest[]): readonly Promise<RelatedCounts>[];
  /** The stored object. Cost: 1 command; with relation rows that of `write`. @throws GatewayError 137 on a duplicate. */
  create(request: CreateRequest): Promise<ParseObject>;
  /** The changed object, or `undefined` when no object matches id and guard. Cost: 1 command; with relation rows that of `write`. */
  update(request: UpdateRequest): Promise<ParseObject | undefined>;
  /** The object as it was, or `undefined` when no object matches id and guard. Cost: 1 command. */
  delete(request: DeleteRequest): Promise<ParseObject | undefined>;
  /**
   * All steps or none: the object of each step, or `undefined` when an update or a delete found no object. What is created
   * is there before anything is changed, so a step may lead to an object of any other step, by an id given there.
   * Cost: 1 command for each class that is created, each change, and 1 or 2 for each changed relation; for more than
   * one document, 1 more to commit. @throws GatewayError 137 on a duplicate.
   */
  write(steps: readonly WriteStep[]): Promise<readonly ParseObject[] | undefined>;
  /**
   * Each step for itself, in no order: one that is refused or finds nothing leaves the others as they are. No two change the
   * same object.
   * Cost: with 2 or more steps of one kind on one class and no relation rows, 1 command for creations, 3 for changes and deletions
   * (4 more when a change finds no object); that of `write` for each other step, and for each when the database refuses one of the changes.
   */
  writeEach(steps: readonly WriteStep[]): Promise<readonly StepOutcome[]>;
}
