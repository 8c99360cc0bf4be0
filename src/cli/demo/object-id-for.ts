import { hash } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * The object id of one thing of the demo: ten letters and digits as Parse makes them, the same on every machine.
 *
 * `('Country', 'FR')` is always the same id, so queries in the README can name objects, and an import that was cut off
 * can be repeated.
 */
export function objectIdFor(className: string, key: string | number): string {
  const digest = hash('sha256', `${className}:${key}`, 'buffer');
  let id = '';
  for (let index = 0; index < 10; index += 1) {
    id += ALPHABET.charAt((digest[index] ?? 0) % ALPHABET.length);
  }
  return id;
}
