import { StoreError } from '../errors.ts';

/** When a command must give up. */
export interface Deadline {
  /** Milliseconds left; Infinity when the client set no limit. */
  readonly remainingMs: () => number;
  /** Cheap enough for every document. @throws StoreError 50 when the time is over. */
  readonly check: () => void;
}

const CHECK_EVERY = 64;

/** A limit of `maxTimeMs` from now; 0 or none is no limit. */
export function createDeadline(maxTimeMs: number | undefined): Deadline {
  if (maxTimeMs === undefined || maxTimeMs === 0) {
    return { remainingMs: () => Infinity, check: () => undefined };
  }
  const end = performance.now() + maxTimeMs;
  let calls = 0;
  return {
    remainingMs: () => end - performance.now(),
    check() {
      calls += 1;
      if (calls % CHECK_EVERY !== 0 || performance.now() < end) return;
      throw new StoreError('MaxTimeMSExpired', 'operation exceeded time limit');
    },
  };
}
