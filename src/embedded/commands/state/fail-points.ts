import type { Document } from '../../engine/engine.ts';

/** Fail points there are: any commands, or getMore alone. */
export const FAIL_POINTS = ['failCommand', 'failGetMoreAfterCursorCheckout'] as const;

export type FailPointName = (typeof FAIL_POINTS)[number];

/** What a fail point does to the commands it names. */
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
 * The fail points with which tests of drivers and of our own make commands fail.
 *
 * @see https://github.com/mongodb/mongo/wiki/The-%22failCommand%22-fail-point
 */
export interface FailPoints {
  /** Sets what happens from now on, or switches it off; answers how often it was hit before. */
  set(name: FailPointName, fail: FailCommand | undefined, mode: FailMode): number;
  /** What happens to this command; counts it as hit. */
  hit(command: string, appName: string): FailCommand | undefined;
}

interface ActivePoint {
  readonly fail: FailCommand;
  skip: number;
  times: number;
  entered: number;
}

function isMeant({ fail, times }: ActivePoint, command: string, appName: string): boolean {
  if (times <= 0 || !fail.commands.has(command)) return false;
  return fail.appName === undefined || fail.appName === appName;
}

/** Fail points that are off. */
export function createFailPoints(): FailPoints {
  const active = new Map<FailPointName, ActivePoint>();
  return {
    set(name, fail, mode) {
      const entered = active.get(name)?.entered ?? 0;
      if (fail === undefined) active.delete(name);
      else active.set(name, { fail, ...mode, entered: 0 });
      return entered;
    },
    hit(command, appName) {
      for (const point of active.values()) {
        if (!isMeant(point, command, appName)) continue;
        if (point.skip > 0) {
          point.skip -= 1;
          continue;
        }
        point.times -= 1;
        point.entered += 1;
        return point.fail;
      }
      return undefined;
    },
  };
}
