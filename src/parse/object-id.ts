import { randomText } from './random-text.ts';

const LENGTH = 10;

/** A new object id as Parse Server makes them: ten letters and digits from a cryptographic source. */
export function createObjectId(): string {
  return randomText(LENGTH);
}
