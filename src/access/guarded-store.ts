import type { ParseObject } from '../parse/object.ts';
import type {
  CountRequest,
  FindRequest,
  RelatedCountRequest,
  RelatedRequest,
  Selection,
} from '../query/find-request.ts';
import type { CreateRequest, DeleteRequest, UpdateRequest } from '../query/write-request.ts';
import type { guarded } from './guarded-brand.ts';
import type { Principal } from './principal.ts';

/** The object by id as class permissions see it (operation `get`), several at once. */
export interface GetRequest {
  readonly className: string;
  readonly objectIds: readonly string[];
  readonly select: Selection;
}

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
  findRelated(request: RelatedRequest): Promise<ReadonlyMap<string, readonly ParseObject[]>>;
  countRelated(request: RelatedCountRequest): Promise<ReadonlyMap<string, number>>;
  create(request: CreateRequest): Promise<ParseObject>;
  /** @throws GatewayError 101 when the object is absent or may not be written; 206 for users, as Parse does. */
  update(request: UpdateRequest): Promise<ParseObject>;
  /** @throws GatewayError 101 as `update`. */
  delete(request: DeleteRequest): Promise<ParseObject>;
}
