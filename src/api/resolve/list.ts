import type { ParseObject } from '../../parse/object.ts';
import type { Link } from '../../query/find-request.ts';
import { answering, toGraphqlError } from '../errors.ts';
import type { ApiPlan, ClassPlan } from '../plan/api-plan.ts';
import { type Connection, connectionFor, type ListReads } from './connection.ts';

/**
 * `teams(…)`: a page of a class. The rows are read before the field is answered, so that a refusal is the field's own error.
 * Cost: 1 command for rows and page info, 1 for the count, where selected; both at once.
 */
export function findResolver(plan: ClassPlan, api: ApiPlan) {
  const connectionOf = connectionFor(plan, api);
  return answering(async (_source, args, context, info) => {
    const { read, selection } = connectionOf(args, context, info);
    const connection = read(context.loaders);
    await Promise.all([
      selection.hasRows ? connection.edges() : undefined,
      selection.hasCount ? connection.count() : undefined,
    ]);
    return connection;
  });
}

/**
 * A relation column, or the objects of another class that point here: a page of the owner's children. What fails nulls as little as the types allow, not the owner.
 * Cost: that of one `findRelated` and, where selected, one `countRelated` for all owners and aliases.
 */
export function relationResolver(options: {
  readonly link: Link;
  readonly target: ClassPlan;
  readonly api: ApiPlan;
}) {
  const { link, target, api } = options;
  const connectionOf = connectionFor(target, api);
  return answering<ParseObject>((owner, args, context, info): Connection => {
    const reads: ListReads = {
      page: (find) => context.loaders.related(link, owner.objectId, find),
      count: (count) => context.loaders.relatedCount(link, owner.objectId, count),
    };
    const connection = connectionOf(args, context, info).read(reads);
    const worded = async <Value>(read: () => Promise<Value>): Promise<Value> => {
      try {
        return await read();
      } catch (error) {
        throw toGraphqlError(error, context.reportUnexpected);
      }
    };
    return {
      edges: () => worded(connection.edges),
      pageInfo: () => worded(connection.pageInfo),
      count: () => worded(connection.count),
    };
  });
}
