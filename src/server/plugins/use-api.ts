import type { Plugin } from 'graphql-yoga';
import type { ApiContext } from '../../api/api-context.ts';
import type { Principal } from '../../access/principal.ts';
import type { Api } from '../current-api.ts';
import type { GatewayContext } from '../gateway-context.ts';

/** Gives each operation the newest API, and the context that belongs to it and to whoever asks. */
export function useApi(options: {
  readonly current: () => Api;
  readonly contextFor: (principal: Principal, api: Api) => ApiContext;
}): Plugin<Partial<GatewayContext>> {
  return {
    onEnveloped({ context, setSchema, extendContext }) {
      const api = options.current();
      const principal = context?.principal;
      if (principal === undefined) throw new Error('an operation without a principal');
      setSchema(api.schema);
      extendContext({ ...options.contextFor(principal, api), principal });
    },
  };
}
