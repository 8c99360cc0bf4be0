import { GatewayError } from '../../parse/errors.ts';
import type { AuthAdapter } from '../auth-adapter.ts';
import { fetchJson } from './fetch-json.ts';

/** A provider that says of an access token whose it is. */
export interface OAuth2Options {
  readonly tokenIntrospectionEndpointUrl: string;
  /** The member of the answer that holds the user's id. */
  readonly useridField: string;
  /** The member that holds the application's id, one of `appIds`; `undefined`: tokens of any application are taken. */
  readonly appidField: string | undefined;
  readonly appIds: readonly string[];
  /** Sent along with each question. */
  readonly authorizationHeader: string | undefined;
}

/**
 * Log-in with `{id, access_token}`: the provider is asked about the token each time.
 * @see https://datatracker.ietf.org/doc/html/rfc7662
 */
export function createOAuth2Adapter(options: OAuth2Options): AuthAdapter {
  return {
    role: 'identity',
    async validate({ given }) {
      const { id, access_token: token } = given;
      if (typeof token !== 'string' || token === '') throw invalidToken();
      const answer = await introspect(token, options);
      if (answer['active'] !== true || answer[options.useridField] !== id) throw invalidToken();
      if (options.appidField !== undefined && !isOurs(answer[options.appidField], options.appIds)) {
        throw new GatewayError('ObjectNotFound', 'OAuth2: Invalid app ID.');
      }
      return { save: given };
    },
  };
}

async function introspect(token: string, options: OAuth2Options) {
  const { authorizationHeader, tokenIntrospectionEndpointUrl } = options;
  const answer = await fetchJson(tokenIntrospectionEndpointUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(authorizationHeader !== undefined && { authorization: authorizationHeader }),
    },
    body: new URLSearchParams({ token }).toString(),
  });
  if (answer !== undefined) return answer;
  throw new GatewayError('ObjectNotFound', 'OAuth2 token introspection request failed.');
}

function isOurs(appId: unknown, appIds: readonly string[]): boolean {
  const given: readonly unknown[] = Array.isArray(appId) ? appId : [appId];
  return given.some((one) => typeof one === 'string' && appIds.includes(one));
}

function invalidToken(): GatewayError {
  return new GatewayError('ObjectNotFound', 'OAuth2 access token is invalid for this user.');
}
