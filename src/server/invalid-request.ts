import { GraphQLError } from 'graphql';
import { ERROR_CODES } from '../parse/errors.ts';

/** What never became a GraphQL request: answered with this HTTP status, also for clients that expect 200 for failed ones, and code 107. */
export function invalidRequest(message: string, status = 400): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: ERROR_CODES.InvalidJson.parseCode, http: { status } },
  });
}
