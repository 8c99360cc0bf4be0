import { createHash, timingSafeEqual } from 'node:crypto';

/** Tells whether what a caller presents is the key. */
export type KeyCheck = (presented: unknown) => boolean;

/**
 * Compares in a time that depends on neither key. Only a string can match; a key that is not set, or empty, matches nothing.
 */
export function keyCheckOf(key: string | undefined): KeyCheck {
  if (key === undefined || key === '') return () => false;
  const expected = digest(key);
  return (presented) =>
    typeof presented === 'string' && timingSafeEqual(digest(presented), expected);
}

/** Equal lengths for `timingSafeEqual`, whatever was presented. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
