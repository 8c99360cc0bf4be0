import { AuthenticationFailure } from '../../access/authentication-failure.ts';
import type { Authenticator } from '../../access/authenticate.ts';
import { ERROR_CODES, GatewayError } from '../../parse/errors.ts';
import type { Plugin } from 'graphql-yoga';
import { isApiPath } from '../api-path.ts';
import type { ClientAddress } from '../client-address.ts';
import { credentialsOfHeaders } from '../client-credentials.ts';
import type { GatewayContext, HttpContext } from '../gateway-context.ts';

/**
 * Finds out who asks before anything of the request is read. Nobody: the request ends here with Parse Server's status and
 * body (403 `unauthorized`, 400 with code 209), to which GraphQL's `errors` are added.
 */
export function usePrincipal(options: {
  readonly path: string;
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  readonly clientAddress: ClientAddress;
}): Plugin<Partial<GatewayContext>, HttpContext> {
  return {
    async onRequest(event) {
      const { request, url, serverContext, fetchAPI } = event;
      if (request.method === 'OPTIONS') return;
      if (!isApiPath(url, options.path)) {
        // Every address that only ends like the API's would lead there, too.
        event.endResponse(new fetchAPI.Response(null, { status: 404 }));
        return;
      }
      try {
        serverContext.principal = await options.authenticator.authenticate(
          credentialsOfHeaders(request.headers),
          options.clientAddress(serverContext.req),
        );
      } catch (error) {
        const { status, body } = refusalOf(error);
        event.endResponse(fetchAPI.Response.json(body, { status }));
      }
    },
  };
}

function refusalOf(error: unknown): { readonly status: number; readonly body: object } {
  if (error instanceof AuthenticationFailure) {
    const code = error.body.code ?? ERROR_CODES.OperationForbidden.parseCode;
    return {
      status: error.httpStatus,
      body: { ...error.body, errors: [graphqlError(error, code)] },
    };
  }
  if (!(error instanceof GatewayError)) throw error;
  const { parseCode: code, message } = error;
  return {
    status: error.httpStatus,
    body: { code, error: message, errors: [graphqlError(error, code)] },
  };
}

function graphqlError({ message }: Error, code: number): object {
  return { message, extensions: { code } };
}
