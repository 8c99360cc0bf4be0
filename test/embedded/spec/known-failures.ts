/** Why a test of MongoDB's own files does not pass on the embedded store. */
export interface KnownFailure {
  /** The error code with which the store refuses the step; the test must go on failing with it. */
  readonly refusedWith: number;
  readonly reason: string;
}

/**
 * File › test › reason, for tests that need what the store refuses by name.
 *
 * A listed test that passes, or that fails by a wrong answer, fails the run.
 */
export const KNOWN_FAILURES: Readonly<Record<string, Readonly<Record<string, KnownFailure>>>> = {};
