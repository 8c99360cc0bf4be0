import type { GatewayError } from '../parse/errors.ts';

/**
 * Nobody could be made of the credentials; nothing of the request may run.
 *
 * `httpStatus` and `body` are what Parse Server answers with: 403 `{error: "unauthorized"}`, or 400 `{code: 209, error}`.
 * @see https://docs.parseplatform.org/rest/guide/#error-codes
 */
export class AuthenticationFailure extends Error {
  readonly httpStatus: 400 | 403;
  readonly body: { readonly code?: number; readonly error: string };

  constructor(httpStatus: 400 | 403, body: { readonly code?: number; readonly error: string }) {
    super(body.error);
    this.name = 'AuthenticationFailure';
    this.httpStatus = httpStatus;
    this.body = body;
  }
}

/** Wrong application, client key, or address: one text for all of them. */
export function unauthorized(): AuthenticationFailure {
  return new AuthenticationFailure(403, { error: 'unauthorized' });
}

/** The session's failure in the form of a refused request. */
export function sessionFailure(error: GatewayError): AuthenticationFailure {
  return new AuthenticationFailure(400, { code: error.parseCode, error: error.message });
}
