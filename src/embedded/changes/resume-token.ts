import { Timestamp } from 'bson';

import type { Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';

/** What a token stands for: an event, the invalidate event after one, or a time up to which nothing was missed. */
export type TokenKind = 'event' | 'invalidate' | 'highWaterMark';

/** A place in the journal. */
export interface ResumePoint {
  readonly time: Timestamp;
  readonly kind: TokenKind;
}

const KIND_DIGITS = {
  event: '14',
  invalidate: '1E',
  highWaterMark: '28',
} as const satisfies Record<TokenKind, string>;

const KINDS = new Map<string, TokenKind>([
  [KIND_DIGITS.event, 'event'],
  [KIND_DIGITS.invalidate, 'invalidate'],
  [KIND_DIGITS.highWaterMark, 'highWaterMark'],
]);

const FORM = /^82([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{2})04$/i;

const hex32 = (value: number) => value.toString(16).toUpperCase().padStart(8, '0');

/**
 * The resume token of a place: `{_data: '82…'}`, hex that is ordered as the events are.
 */
export function encodeResumeToken({ time, kind }: ResumePoint): { readonly _data: string } {
  return { _data: `82${hex32(time.t)}${hex32(time.i)}${KIND_DIGITS[kind]}04` };
}

/**
 * The place a token stands for.
 *
 * @throws StoreError 260 when it is no token of this store.
 */
export function decodeResumeToken(token: Document): ResumePoint {
  const data = token['_data'];
  const parts = typeof data === 'string' ? FORM.exec(data) : null;
  const kind = KINDS.get(parts?.[3]?.toUpperCase() ?? '');
  if (parts === null || kind === undefined) {
    throw new StoreError(
      'InvalidResumeToken',
      'Bad resume token: it was not made by this store or is damaged',
    );
  }
  const time = new Timestamp({
    t: Number.parseInt(parts[1] ?? '0', 16),
    i: Number.parseInt(parts[2] ?? '0', 16),
  });
  return { time, kind };
}
