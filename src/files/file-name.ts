import { randomBytes } from 'node:crypto';
import mime from 'mime';
import { GatewayError } from '../parse/errors.ts';

const LONGEST_NAME = 128;
/** Parse's own rule: no slash, no control character, no leading dot. */
const NAME = /^[_a-zA-Z0-9][a-zA-Z0-9@. ~_-]*$/;

/** @throws GatewayError 122 for a name that Parse Server refuses, too. */
export function assertFileName(name: string): void {
  if (name.length > LONGEST_NAME) throw new GatewayError('InvalidFileName', 'Filename too long.');
  if (NAME.test(name)) return;
  throw new GatewayError('InvalidFileName', 'Filename contains invalid characters.');
}

/** What follows the last dot: `a.tar.gz` → `gz`; `''` without a dot. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1);
}

/**
 * The name to store a file under: `cat` of type `image/png` → `<32 hex>_cat.png`. A name that has an extension keeps it; the
 * random part makes names unique and, as files have no ACL, hard to guess.
 * @see https://docs.parseplatform.org/rest/guide/#uploading-files
 */
export function storedNameOf(
  name: string,
  contentType: string,
  { preserveFileName }: { readonly preserveFileName: boolean },
): string {
  const missing = extensionOf(name) === '' ? mime.getExtension(contentType) : null;
  const separator = name.endsWith('.') ? '' : '.';
  const complete = missing === null ? name : `${name}${separator}${missing}`;
  return preserveFileName ? complete : `${randomBytes(16).toString('hex')}_${complete}`;
}

/** The name a person gave it: `photos/<32 hex>_cat.png` → `cat.png`. */
export function givenNameOf(storedName: string): string {
  const last = storedName.slice(storedName.lastIndexOf('/') + 1);
  return last.replace(/^[0-9a-f]{32}_(?=.)/, '');
}
