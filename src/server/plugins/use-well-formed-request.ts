import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { invalidRequest } from '../invalid-request.ts';
import { isRecord } from '../setting-parsers.ts';

/** Words the refusal of what is no GraphQL request: a content type nobody reads (415), or parameters that are not JSON (400). */
export function useWellFormedRequest(): Plugin {
  return {
    onRequestParse({ request, url, requestParser, setRequestParser }) {
      if (requestParser === undefined) {
        if (request.method !== 'POST') return;
        throw invalidRequest('Content-Type must be application/json.', 415);
      }
      setRequestParser(async (each) => {
        try {
          return await requestParser(each);
        } catch (error) {
          if (error instanceof SyntaxError) {
            throw invalidRequest(`The parameters of ${url.pathname} must be JSON.`);
          }
          throw error instanceof GraphQLError ? withOwnStatus(error) : error;
        }
      });
    },
  };
}

/** What never became a GraphQL request has a status of its own, also for clients that expect 200 for failed ones. */
function withOwnStatus(error: GraphQLError): GraphQLError {
  const { http, ...extensions } = error.extensions;
  const status = isRecord(http) && typeof http['status'] === 'number' ? http['status'] : 400;
  return new GraphQLError(error.message, { extensions: { ...extensions, http: { status } } });
}
