import type { CountRequest, FindRequest } from '../../query/find-request.ts';
import { EVERYTHING } from '../../query/constraint.ts';
import type { ApiContext } from '../api-context.ts';
import type { ApiPlan, ClassPlan } from '../plan/api-plan.ts';
import { decodeOrder } from './order.ts';
import { decodePage, type PageWish } from './page.ts';
import { decodeReadOptions } from './read-options.ts';
import { decodeWhere } from './where.ts';

/** The arguments of a list field, as graphql coerced them; `order` and `orderBy` hold the plans of the chosen enum values. */
export type ListArguments = Readonly<Record<string, unknown>>;

/**
 * A list's arguments → the read of its rows (columns still to be chosen) and of their number.
 * @throws GatewayError as `decodeWhere`, `decodeOrder` and `decodePage`.
 */
export function decodeFind({
  plan,
  api,
  args,
  context,
}: {
  readonly plan: ClassPlan;
  readonly api: ApiPlan;
  readonly args: ListArguments;
  readonly context: ApiContext;
}): { readonly wish: PageWish; readonly find: FindRequest; readonly count: CountRequest } {
  const { className } = plan.schema;
  const given = args['where'];
  const where =
    given === undefined || given === null ? EVERYTHING : decodeWhere(given, plan, api, context);
  const order = decodeOrder(args, where, plan);
  const wish = decodePage(args, order, context.limits);
  const { includeReadPreference, ...preferences } = decodeReadOptions(args['options']);
  return {
    wish,
    find: {
      ...{ className, where, order, page: wish.page, select: new Set<string>() },
      ...preferences,
      includeReadPreference,
    },
    count: { className, where, ...preferences },
  };
}
