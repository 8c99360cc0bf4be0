import type { Plugin } from 'graphql-yoga';
import type { AccountLinks } from '../../account/account-emails.ts';
import { GatewayError } from '../../parse/errors.ts';
import { type AccountPage, renderAccountPage } from '../account-pages/render-account-page.ts';

/** Whose pages these are, and what they do. */
export interface AccountPagesOptions {
  readonly appId: string;
  readonly appName: string;
  readonly links: AccountLinks;
  readonly reportUnexpected: (error: unknown) => void;
}

/** What a form of ours, or a client that posts JSON, has sent. */
type Form = ReadonlyMap<string, string>;

/** More than any form of ours holds. Bytes. */
const MAX_FORM_BYTES = 16_384;

/**
 * Serves what the links in mails lead to, at Parse Server's addresses:
 *
 * - `GET /apps/<app>/verify_email?token=…`
 * - `GET /apps/<app>/request_password_reset?token=…`, and its form: `POST` with `token` and `new_password`
 * - `POST /apps/<app>/resend_verification_email` with `token`
 *
 * A reset posted with `X-Requested-With: XMLHttpRequest` is answered in JSON, as Parse Server does: 200, or 400 `{code, error}`.
 * Nobody needs a key: the token is the key.
 */
export function useAccountPages(options: AccountPagesOptions): Plugin {
  const { appName, links } = options;
  const folder = `/apps/${encodeURIComponent(options.appId)}/`;

  return {
    async onRequest(event) {
      const { request, url, fetchAPI } = event;
      if (!url.pathname.startsWith(folder)) return;
      const name = url.pathname.slice(folder.length);
      const token = url.searchParams.get('token') ?? '';
      const show = (page: AccountPage): void => {
        const { html, ...init } = renderAccountPage(page, appName);
        // As bytes: the length of a text is not always that of its bytes.
        event.endResponse(new fetchAPI.Response(Buffer.from(html), init));
      };
      const answer = (body: unknown, status: number): void => {
        const headers = { 'cache-control': 'no-store' };
        event.endResponse(fetchAPI.Response.json(body, { status, headers }));
      };
      try {
        switch (`${request.method} ${name}`) {
          case 'GET verify_email':
            show(await verifyEmail(links, token));
            return;
          case 'GET request_password_reset':
            show(await choosePassword(links, token));
            return;
          case 'POST resend_verification_email': {
            const form = await readForm(request);
            await links.resendVerificationByToken(form.get('token') ?? '');
            show({ kind: 'verificationSent' });
            return;
          }
          case 'POST request_password_reset': {
            const form = await readForm(request);
            const isScripted = request.headers.get('x-requested-with') === 'XMLHttpRequest';
            if (!isScripted) {
              show(await changePassword(links, form));
              return;
            }
            await changeByScript(links, form);
            answer('Password successfully reset', 200);
            return;
          }
        }
      } catch (error) {
        const told =
          error instanceof GatewayError
            ? error
            : new GatewayError('InternalServerError', 'Internal server error');
        if (!(error instanceof GatewayError)) options.reportUnexpected(error);
        answer({ code: told.parseCode, error: told.message }, told.httpStatus);
      }
    },
  };
}

async function verifyEmail(links: AccountLinks, token: string): Promise<AccountPage> {
  const isVerified = await links.verifyEmail(token);
  return isVerified ? { kind: 'emailVerified' } : { kind: 'verificationLinkInvalid', token };
}

async function choosePassword(links: AccountLinks, token: string): Promise<AccountPage> {
  const state = await links.resetTokenState(token);
  switch (state) {
    case 'valid':
      return { kind: 'choosePassword', token };
    case 'expired':
      return { kind: 'resetLinkExpired' };
    case 'invalid':
      return { kind: 'resetLinkInvalid' };
  }
}

async function changePassword(links: AccountLinks, form: Form): Promise<AccountPage> {
  const token = form.get('token') ?? '';
  const password = form.get('new_password') ?? '';
  const repeated = form.get('confirm_new_password');
  const page = await choosePassword(links, token);
  if (page.kind !== 'choosePassword') return page;
  if (password === '') return { ...page, problem: 'Please choose a password.' };
  if (repeated !== undefined && repeated !== password) {
    return { ...page, problem: 'The two passwords are not the same.' };
  }
  try {
    await links.confirmPasswordReset(token, password);
    return { kind: 'passwordChanged' };
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code === 'ServiceUnavailable') throw error;
    return { ...page, problem: error.message };
  }
}

/** @throws GatewayError -1 with what is wrong, 201 without a password. */
async function changeByScript(links: AccountLinks, form: Form): Promise<void> {
  const token = form.get('token');
  const password = form.get('new_password');
  if (token === undefined) throw new GatewayError('OtherCause', 'Missing token');
  if (password === undefined) throw new GatewayError('PasswordMissing', 'Missing password');
  try {
    await links.confirmPasswordReset(token, password);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code === 'ServiceUnavailable') throw error;
    throw new GatewayError('OtherCause', error.message);
  }
}

/** `a=b&c=d`, or the texts of a JSON object. @throws GatewayError 107 for anything else, 116 for a large one. */
async function readForm(request: Request): Promise<Form> {
  const body = await readAtMost(request, MAX_FORM_BYTES);
  if (request.headers.get('content-type')?.includes('json') !== true) {
    return new Map(new URLSearchParams(body));
  }
  try {
    const fields: unknown = JSON.parse(body);
    const entries = typeof fields === 'object' && fields !== null ? Object.entries(fields) : [];
    return new Map(
      entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    throw new GatewayError('InvalidJson', 'the body is not JSON');
  }
}

async function readAtMost(request: Request, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    // The rest is read and dropped: an answer would not arrive over a connection that is still sending.
    if (size <= limit) chunks.push(chunk);
  }
  if (size > limit) throw new GatewayError('ObjectTooLarge', 'the form is too large');
  return Buffer.concat(chunks).toString('utf8');
}
