import { isAsyncIterable, mapAsyncIterator, type Plugin } from 'graphql-yoga';
import type { GraphQLError } from 'graphql';
import { isKeyholder, type GatewayContext, type HttpContext } from '../gateway-context.ts';
import { presentError } from '../present-error.ts';

interface Result {
  readonly errors?: readonly GraphQLError[];
}

/** Gives every error of every answer over HTTP the form of `present-error.ts`, wherever it was born. */
export function useMaskErrors(options: {
  readonly isIntrospectionPublic: boolean;
  readonly reportUnexpected: (error: unknown) => void;
}): Plugin<Partial<GatewayContext>, HttpContext> {
  return {
    onResultProcess(payload) {
      const { result, serverContext } = payload;
      const hidesSuggestions =
        !options.isIntrospectionPublic && !isKeyholder(serverContext.principal);
      const present = <T extends Result>(each: T): T => {
        if (each.errors === undefined) return each;
        const errors = each.errors.map((error) =>
          presentError(error, { ...options, hidesSuggestions }),
        );
        return { ...each, errors };
      };
      if (Array.isArray(result)) payload.setResult(result.map(present));
      else if (isAsyncIterable(result)) payload.setResult(mapAsyncIterator(result, present));
      else payload.setResult(present(result));
    },
  };
}
