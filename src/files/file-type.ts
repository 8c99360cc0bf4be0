import mime from 'mime';
import { GatewayError } from '../parse/errors.ts';
import { extensionOf } from './file-name.ts';
import type { FileRules } from './file-rules.ts';

/** `type/subtype`, each a token; parameters may follow. @see https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1 */
const MEDIA_TYPE = /^[!#$%&'*+\-.^_`|~\w]+\/([!#$%&'*+\-.^_`|~\w]+)\s*(;.*)?$/s;

/**
 * Refuses what a browser would run as a page of the site it is served from, by the name's extension and, where that says nothing, by
 * the content type.
 * @throws GatewayError 130
 */
export function assertAllowedType(
  name: string,
  contentType: string,
  { extensions }: Pick<FileRules, 'extensions'>,
): void {
  if (extensions === undefined) return;
  const assertExtension = (extension: string): void => {
    if (extensions.some((allowed) => allowed.test(extension))) return;
    const message = `File upload of extension ${extension} is disabled.`;
    throw new GatewayError('FileSaveError', message);
  };
  const extension = extensionOf(name).replace(/\s+/g, '');
  if (extension !== '') assertExtension(extension);
  const isKnown = extension !== '' && mime.getType(name) !== null;
  if (isKnown || contentType === '') return;
  const [, subtype] = MEDIA_TYPE.exec(contentType) ?? [];
  if (subtype === undefined) throw new GatewayError('FileSaveError', 'Invalid Content-Type.');
  assertExtension(subtype);
}

/** How a browser may treat a file: look at it, or only keep it. */
export interface ServedType {
  /** The value of `Content-Type`. */
  readonly contentType: string;
  /** True for types that no browser runs code from when it opens them. */
  readonly isHarmless: boolean;
}

const HARMLESS =
  /^(image\/(?!svg)|audio\/|video\/|font\/|text\/plain$|text\/csv$|application\/(json|pdf)$)/;
const TEXTUAL = /^text\/|^application\/(json|javascript)$|[+/]xml$/;

/** By the name's extension, as Parse Server serves it; what the uploader said is not kept. */
export function servedTypeOf(name: string): ServedType {
  const type = mime.getType(name) ?? 'application/octet-stream';
  return {
    contentType: TEXTUAL.test(type) ? `${type}; charset=utf-8` : type,
    isHarmless: HARMLESS.test(type),
  };
}
