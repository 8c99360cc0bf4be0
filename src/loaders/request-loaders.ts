import type { ParseObject } from '../parse/object.ts';
import type { FindRequest, Link, Selection } from '../query/find-request.ts';

/** The batched reads of one request. Objects loaded once are not asked for again with fewer columns. */
export interface RequestLoaders {
  /**
   * The object, or `undefined` when it is absent or may not be read.
   * Cost: one command for all loads of one class in one tick, whatever columns each asks for.
   */
  object(className: string, objectId: string, select: Selection): Promise<ParseObject | undefined>;
  /** One owner's page. Cost: that of one `findRelated` for all owners with an equal link and request in one tick. */
  related(link: Link, ownerId: string, find: FindRequest): Promise<readonly ParseObject[]>;
  /** One owner's number of children. Cost: as `related`. */
  relatedCount(link: Link, ownerId: string, find: FindRequest): Promise<number>;
}
