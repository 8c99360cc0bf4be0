import { StoreError } from '../../../src/embedded/errors.ts';

/** The code of the StoreError that some work throws; anything else it throws goes on. */
export function codeOf(work: () => unknown): number | undefined {
  return errorOf(work)?.code;
}

/** The StoreError that some work throws. */
export function errorOf(work: () => unknown): StoreError | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  return undefined;
}
