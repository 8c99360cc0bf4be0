import { GraphQLError, type GraphQLFieldResolver, type GraphQLResolveInfo } from 'graphql';
import { ERROR_CODES, GatewayError } from '../parse/errors.ts';
import type { ApiContext } from './api-context.ts';
import { restoreCaller } from './resolve/caller.ts';

/**
 * An error of ours → what the client is told: the message and Parse's number in `extensions.code`.
 *
 * A `GraphQLError` passes as it is. Anything else is a bug: `report` hears of it and the client gets code 1 and a fixed text.
 * @see https://docs.parseplatform.org/graphql/guide/#error-handling
 */
export function toGraphqlError(error: unknown, report: (error: unknown) => void): GraphQLError {
  if (error instanceof GraphQLError) return error;
  if (error instanceof GatewayError) {
    return new GraphQLError(error.message, { extensions: { code: error.parseCode } });
  }
  report(error);
  return new GraphQLError('Internal server error.', {
    extensions: { code: ERROR_CODES.InternalServerError.parseCode },
  });
}

/** What a resolver of ours is: arguments as graphql coerced them. */
export type Resolve<Source> = (
  source: Source,
  args: Readonly<Record<string, unknown>>,
  context: ApiContext,
  info: GraphQLResolveInfo,
) => unknown;

/** A resolver whose failures reach the client as `toGraphqlError` words them. */
export function answering<Source>(
  resolve: Resolve<Source>,
): GraphQLFieldResolver<Source, ApiContext> {
  return async (source, args: Readonly<Record<string, unknown>>, context, info) => {
    if (info.path.prev === undefined) restoreCaller(context);
    try {
      return await resolve(source, args, context, info);
    } catch (error) {
      throw toGraphqlError(error, context.reportUnexpected);
    }
  };
}
