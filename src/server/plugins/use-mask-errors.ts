import { mapAsyncIterator, isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { ExecutionResult } from 'graphql';
import { isKeyholder, type GatewayContext } from '../gateway-context.ts';
import { presentError } from '../present-error.ts';

/** Gives every error of every result over HTTP the form of `present-error.ts`. */
export function useMaskErrors(options: {
  readonly isIntrospectionPublic: boolean;
  readonly reportUnexpected: (error: unknown) => void;
}): Plugin<Partial<GatewayContext>, Partial<GatewayContext>> {
  return {
    onExecutionResult(payload) {
      const { result, context } = payload;
      const hidesSuggestions = !options.isIntrospectionPublic && !isKeyholder(context.principal);
      const present = <T extends ExecutionResult>(each: T): T =>
        each.errors === undefined
          ? each
          : {
              ...each,
              errors: each.errors.map((error) =>
                presentError(error, { ...options, hidesSuggestions }),
              ),
            };
      if (result === undefined) return;
      payload.setResult(
        isAsyncIterable(result) ? mapAsyncIterator(result, present) : present(result),
      );
    },
  };
}
