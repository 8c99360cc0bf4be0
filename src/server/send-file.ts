import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseRange } from '../files/byte-range.ts';
import { givenNameOf } from '../files/file-name.ts';
import type { OpenFile } from '../files/file-service.ts';
import { servedTypeOf } from '../files/file-type.ts';

/**
 * Answers a GET or HEAD with the file, or the range of it that was asked for, as fast as the client takes it.
 *
 * 200, 206, 304 or 416; rejects, the answer not begun, when the first bytes cannot be read, and cuts the connection when later ones
 * cannot. Cost: 1 command, 1 more for each further MB; none for HEAD.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14
 */
export async function sendFile(
  file: OpenFile,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const headers = headersOf(file);
  const { etag } = headers;
  if (isKnown(request.headers['if-none-match'], etag)) {
    response.writeHead(304, { etag, 'cache-control': headers['cache-control'] }).end();
    return;
  }
  const range = rangeOf(file, request, etag);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
    return;
  }
  const { start, end } = range === 'whole' ? { start: 0, end: file.length } : range;
  const answer = {
    ...headers,
    'content-length': end - start,
    ...(range !== 'whole' && { 'content-range': `bytes ${start}-${end - 1}/${file.length}` }),
  };
  const status = range === 'whole' ? 200 : 206;
  if (request.method === 'HEAD') {
    response.writeHead(status, answer).end();
    return;
  }
  const bytes = file.read({ start, end })[Symbol.asyncIterator]();
  const first = await bytes.next();
  response.writeHead(status, answer);
  await pipeline(Readable.from(resumed(first, bytes), { objectMode: false }), response);
}

/** What was read already, then the rest. */
async function* resumed(
  first: IteratorResult<Uint8Array, unknown>,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** Code of a file that slips through runs nowhere: not in its site's name, not with its scripts. */
const NO_CODE = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

function headersOf(file: OpenFile): OutgoingHttpHeaders & { readonly etag: string } {
  const { contentType, isHarmless } = servedTypeOf(file.name);
  return {
    'content-type': contentType,
    'content-disposition': `${isHarmless ? 'inline' : 'attachment'}; ${fileNameParameters(file.name)}`,
    'x-content-type-options': 'nosniff',
    ...(!isHarmless && { 'content-security-policy': NO_CODE }),
    'accept-ranges': file.isSeekable ? 'bytes' : 'none',
    // A name may be given other bytes: whoever has it asks whether it is still the same.
    'cache-control': 'no-cache',
    'last-modified': file.storedAt.toUTCString(),
    etag: `"${file.version}"`,
  };
}

/** For old and for new clients; nothing of the name can end the header. @see https://www.rfc-editor.org/rfc/rfc6266 */
function fileNameParameters(storedName: string): string {
  const name = givenNameOf(storedName);
  const plain = name.replace(/[^\w .@~-]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return plain === name
    ? `filename="${plain}"`
    : `filename="${plain}"; filename*=UTF-8''${encoded}`;
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}

function rangeOf(
  { length, isSeekable }: OpenFile,
  { method, headers }: IncomingMessage,
  etag: string,
): ReturnType<typeof parseRange> {
  const condition = headers['if-range'];
  const isSame = condition === undefined || condition === etag;
  if (!isSeekable || !isSame || method !== 'GET') return 'whole';
  return parseRange(headers.range, length);
}
