import type { Plugin } from 'graphql-yoga';
import type { ApiContext } from '../../api/api-context.ts';
import type { Asking } from '../api-contexts.ts';
import type { Api } from '../current-api.ts';
import type { GatewayContext } from '../gateway-context.ts';
import type { RequestOrigin } from '../request-origin.ts';

/** Gives each operation the newest API, and the context that belongs to it and to whoever asks. */
export function useApi(options: {
  readonly current: () => Api;
  readonly contextFor: (asking: Asking) => ApiContext;
  readonly requestOrigin: RequestOrigin;
}): Plugin<Partial<GatewayContext>> {
  return {
    onEnveloped({ context, setSchema, extendContext }) {
      const api = options.current();
      const { principal, req } = context ?? {};
      if (principal === undefined || req === undefined) {
        throw new Error('an operation without a principal');
      }
      const origin = options.requestOrigin(req);
      setSchema(api.schema);
      extendContext({ ...options.contextFor({ principal, api, origin }), principal });
    },
  };
}
