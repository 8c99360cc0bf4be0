import type { IncomingMessage, ServerResponse } from 'node:http';
import { AuthenticationFailure } from '../access/authentication-failure.ts';
import type { Authenticator } from '../access/authenticate.ts';
import type { Principal } from '../access/principal.ts';
import type { FileService } from '../files/file-service.ts';
import { GatewayError } from '../parse/errors.ts';
import type { ClientAddress } from './client-address.ts';
import { credentialsOfHeaders } from './client-credentials.ts';
import { allowedHeaders, allowedOriginFor, type CorsSettings } from './cors.ts';
import { sendFile } from './send-file.ts';

/** What serving files needs of the gateway. */
export interface FilesRouteOptions {
  readonly appId: string;
  /** Paths before `/files/`. */
  readonly mounts: readonly string[];
  /** Everybody may download, so that nobody need say who he is. */
  readonly isPublic: boolean;
  readonly cors: CorsSettings;
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  readonly clientAddress: ClientAddress;
  readonly filesFor: (principal: Principal) => FileService;
  readonly reportUnexpected: (error: unknown) => void;
}

/** Takes the requests for files; false for any other. */
export type FilesRoute = (request: IncomingMessage, response: ServerResponse) => boolean;

const NOBODY: Principal = { kind: 'anonymous', installationId: undefined };
const METHODS = 'GET, HEAD, DELETE, OPTIONS';
const EXPOSED = 'Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag';

/**
 * `GET <mount>/files/<application>/<name>` with ranges, `GET …/files/<application>/metadata/<name>`, and
 * `DELETE …/files/<name>` with the master key, answered as Parse Server does.
 * @see https://docs.parseplatform.org/rest/guide/#files
 */
export function createFilesRoute(options: FilesRouteOptions): FilesRoute {
  const prefixes = options.mounts.map((mount) => `${mount}/files/`);

  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const prefix = prefixes.find((each) => path.startsWith(each));
    if (prefix === undefined) return false;
    answer(options, path.slice(prefix.length), { request, response }).catch((error: unknown) => {
      refuse(error, response, options);
    });
    return true;
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer(
  options: FilesRouteOptions,
  path: string,
  { request, response }: Exchange,
): Promise<void> {
  const { method = 'GET', headers } = request;
  response.setHeader(
    'access-control-allow-origin',
    allowedOriginFor(headers.origin ?? '', options.cors),
  );
  response.setHeader('access-control-expose-headers', EXPOSED);
  if (method === 'OPTIONS') {
    response.setHeader('access-control-allow-methods', METHODS);
    response.setHeader('access-control-allow-headers', allowedHeaders(options.cors).join(', '));
    response.writeHead(204).end();
    return;
  }
  const segments = decodePath(path);
  if (segments === undefined) {
    sendJson(response, 400, { error: 'The path of the file is not encoded as URLs are.' });
  } else if (method === 'DELETE') {
    const isNamed = segments[0] === options.appId && segments.length > 1;
    const name = segments.slice(isNamed ? 1 : 0).join('/');
    await filesOf(options, request).then((files) => files.delete(name));
    response.writeHead(200).end();
  } else if (method === 'GET' || method === 'HEAD') {
    await answerGet(options, segments, { request, response });
  } else {
    response.setHeader('allow', METHODS);
    sendJson(response, 405, { error: 'Files are uploaded by the GraphQL API.' });
  }
}

async function answerGet(
  options: FilesRouteOptions,
  [appId, ...segments]: readonly string[],
  { request, response }: Exchange,
): Promise<void> {
  if (appId !== options.appId) {
    sendJson(response, 403, { error: 'Permission denied' });
    return;
  }
  const files = options.isPublic
    ? options.filesFor(NOBODY)
    : await filesOf(options, request, options.appId);
  const [first, ...rest] = segments;
  if (first === 'metadata' && rest.length > 0) {
    const file = await files.open(rest.join('/'));
    sendJson(response, 200, file === undefined ? {} : { metadata: file.metadata });
    return;
  }
  const file = await files.open(segments.join('/'));
  if (file !== undefined) {
    await sendFile(file, request, response);
    return;
  }
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('File not found.');
}

/** The path names the application, too: browsers that load a file send no header. */
async function filesOf(
  { authenticator, clientAddress, filesFor }: FilesRouteOptions,
  request: IncomingMessage,
  appId?: string,
): Promise<FileService> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, String(value));
  }
  const credentials = credentialsOfHeaders(headers);
  const applicationId = credentials.applicationId ?? appId;
  return filesFor(
    await authenticator.authenticate({ ...credentials, applicationId }, clientAddress(request)),
  );
}

/** `a/b%20c` → `['a', 'b c']`; undefined when it is badly encoded. Dots mean nothing: names are looked up, never followed. */
function decodePath(path: string): readonly string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function refuse(
  error: unknown,
  response: ServerResponse,
  { reportUnexpected }: Pick<FilesRouteOptions, 'reportUnexpected'>,
): void {
  if (error instanceof AuthenticationFailure) {
    sendJson(response, error.httpStatus, error.body);
    return;
  }
  const known = error instanceof GatewayError ? error : undefined;
  const isGone = error instanceof Error && 'code' in error && error.code === GONE;
  if ((known === undefined && !isGone) || known?.code === 'InternalServerError') {
    reportUnexpected(error);
  }
  if (response.headersSent) {
    // Half a file must not look like a whole one.
    response.destroy();
    return;
  }
  const code = known?.code === 'InternalServerError' ? undefined : known;
  if (code === undefined) {
    sendJson(response, 500, { code: 1, error: 'Internal server error.' });
    return;
  }
  const status = code.code === 'OperationForbidden' ? 403 : code.httpStatus;
  sendJson(response, status, { code: code.parseCode, error: code.message });
}

/** The client went away while it was sent to. */
const GONE = 'ERR_STREAM_PREMATURE_CLOSE';

function sendJson(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
  response.end(JSON.stringify(body));
}
