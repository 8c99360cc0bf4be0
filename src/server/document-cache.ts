import { createLRUCache } from 'graphql-yoga';

const MAX_DOCUMENTS = 1_000;
const MAX_CACHED_CHARACTERS = 16_384;

interface Cache<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
}

/** Remembers parsed documents of ordinary length, so that long ones can never fill the memory. */
export function createDocumentCache<T extends object>(): Cache<T> {
  // Its new name exists in yoga's next major version only.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const cache = createLRUCache<T>({ max: MAX_DOCUMENTS });
  return {
    get: (key) => cache.get(key),
    set(key, value) {
      if (key.length <= MAX_CACHED_CHARACTERS) cache.set(key, value);
    },
  };
}

/** Remembers nothing: an invalid document is parsed each time. */
export const NO_CACHE: Cache<never> = { get: () => undefined, set: () => undefined };
