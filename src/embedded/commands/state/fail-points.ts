import type { Document } from '../../engine/engine.ts';

/** What `failCommand` does to the commands it names. */
export interface FailCommand {
  readonly commands: ReadonlySet<string>;
  readonly appName?: string;
  readonly errorCode?: number;
  readonly errorLabels?: readonly string[];
  readonly closeConnection: boolean;
  /** How long the command waits first; 0 for not at all. */
  readonly blockMs: number;
  readonly writeConcernError?: Document;
}

/** For how many commands a fail point acts: `skip` pass first, then `times` are hit. */
export interface FailMode {
  readonly skip: number;
  readonly times: number;
}

/**
 * The fail point `failCommand`, with which tests of drivers and of our own make commands fail.
 *
 * @see https://github.com/mongodb/mongo/wiki/The-%22failCommand%22-fail-point
 */
export interface FailPoints {
  /** Sets what happens from now on; undefined switches it off. */
  set(fail: FailCommand | undefined, mode: FailMode): void;
  /** What happens to this command; counts it as hit. */
  hit(command: string, appName: string): FailCommand | undefined;
  readonly entered: number;
}

/** A fail point that is off. */
export function createFailPoints(): FailPoints {
  let active: FailCommand | undefined;
  let skip = 0;
  let times = 0;
  let entered = 0;
  return {
    set(fail, mode) {
      active = fail;
      skip = mode.skip;
      times = mode.times;
      entered = 0;
    },
    hit(command, appName) {
      if (!active?.commands.has(command)) return undefined;
      if (active.appName !== undefined && active.appName !== appName) return undefined;
      if (skip > 0) {
        skip -= 1;
        return undefined;
      }
      if (times <= 0) return undefined;
      times -= 1;
      entered += 1;
      return active;
    },
    get entered() {
      return entered;
    },
  };
}
