import { createHash } from 'node:crypto';
import { GatewayError } from '../../parse/errors.ts';
import { encodeJson, parseJson } from '../../parse/json.ts';
import type { ParseObject } from '../../parse/object.ts';
import type { ParseValue } from '../../parse/values.ts';
import { columnValue } from '../../query/follow-path.ts';
import { type KeysetPosition, type OrderKey, orderName } from '../../query/find-request.ts';

/** A place in a list: behind which row, or after how many rows (Parse Server's own cursors). */
export type Cursor =
  | { readonly kind: 'keyset'; readonly position: KeysetPosition }
  | { readonly kind: 'offset'; readonly offset: number };

const OFFSET = /^arrayconnection:(\d{1,15})$/;
const KEYSET = /^([0-9a-f]{12}):(.*)$/s;

/** `3` → base64 of `arrayconnection:3`, as Parse Server's API writes it. */
export function encodeOffsetCursor(offset: number): string {
  return Buffer.from(`arrayconnection:${offset}`).toString('base64');
}

/**
 * The place of `object` in a list ordered by `order`: stable while other rows come and go.
 * Shape: base64url of a checksum, the order and the row's values of its keys; an absent value is `[]`.
 */
export function encodeKeysetCursor(object: ParseObject, order: readonly OrderKey[]): string {
  const position = positionOf(object, order);
  const values = position.map((value) => (value === undefined ? [] : [encodeJson(value)]));
  const text = JSON.stringify([signatureOf(order), values]);
  return Buffer.from(`${checksum(text)}:${text}`).toString('base64url');
}

/**
 * A cursor a client hands back.
 * @throws GatewayError 102 naming `argument` for anything that was not made by this API, or was made for another order.
 */
export function decodeCursor(
  cursor: string,
  order: readonly OrderKey[],
  argument: 'After' | 'Before',
): Cursor {
  const offset = OFFSET.exec(Buffer.from(cursor, 'base64').toString('utf8'))?.[1];
  if (offset !== undefined) return { kind: 'offset', offset: Number(offset) };
  const position = decodePosition(cursor, order);
  if (position === undefined) {
    throw new GatewayError('InvalidQuery', `${argument} is not a valid cursor`);
  }
  return { kind: 'keyset', position };
}

/** The values of the order's keys in one row. */
export function positionOf(object: ParseObject, order: readonly OrderKey[]): KeysetPosition {
  return order.map((key) => columnValue(object, orderName(key)));
}

function decodePosition(cursor: string, order: readonly OrderKey[]): KeysetPosition | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.toString('base64url') !== cursor) return undefined;
  const [, sum, text] = KEYSET.exec(bytes.toString('utf8')) ?? [];
  if (text === undefined || sum !== checksum(text)) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return Array.isArray(json) ? readPosition(json, order) : undefined;
  } catch {
    // Not JSON, or a value that no column holds: not a cursor of ours.
    return undefined;
  }
}

function readPosition(
  [name, values]: readonly unknown[],
  order: readonly OrderKey[],
): KeysetPosition | undefined {
  if (name !== signatureOf(order) || !Array.isArray(values) || values.length !== order.length) {
    return undefined;
  }
  const position: (ParseValue | undefined)[] = [];
  for (const entry of values as readonly unknown[]) {
    if (!Array.isArray(entry) || entry.length > 1) return undefined;
    position.push(entry.length === 0 ? undefined : parseJson(entry[0]));
  }
  return typeof position.at(-1) === 'string' ? position : undefined;
}

function signatureOf(order: readonly OrderKey[]): string {
  return order.map((key) => `${key.direction === 'descending' ? '-' : ''}${orderName(key)}`).join();
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
