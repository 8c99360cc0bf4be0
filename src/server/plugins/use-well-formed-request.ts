import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { ERROR_CODES } from '../../parse/errors.ts';

/** Words the refusal of what is no GraphQL request: a content type nobody reads (415), or parameters that are not JSON (400). */
export function useWellFormedRequest(): Plugin {
  return {
    onRequestParse({ request, url, requestParser, setRequestParser }) {
      if (requestParser === undefined) {
        if (request.method !== 'POST') return;
        throw refusal('Content-Type must be application/json.', 415);
      }
      setRequestParser(async (each) => {
        try {
          return await requestParser(each);
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
          throw refusal(`The parameters of ${url.pathname} must be JSON.`, 400);
        }
      });
    },
  };
}

function refusal(message: string, status: number): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: ERROR_CODES.InvalidJson.parseCode, http: { status } },
  });
}
