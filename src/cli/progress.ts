import type { CommandIo } from './command-io.ts';

const UPDATE_MS = 100;

/** A line that grows on a terminal; elsewhere nothing until the end, then one line. */
export interface ProgressLine {
  readonly update: (done: number, total: number) => void;
  /** Ends the line with what was done. */
  readonly finish: (summary: string) => void;
}

/** Starts a progress line, e.g. `importing the demo  45 % (61,000 of 135,837)`. */
export function createProgressLine(label: string, { errors, print }: CommandIo): ProgressLine {
  let lastMs = 0;
  const isLive = errors.isTTY;
  return {
    update(done, total) {
      const nowMs = performance.now();
      if (!isLive || (nowMs - lastMs < UPDATE_MS && done < total)) return;
      lastMs = nowMs;
      const percent = Math.floor((100 * done) / Math.max(total, 1));
      const [doneText, totalText] = [done, total].map((count) => count.toLocaleString('en'));
      errors.write(`\r${label}  ${percent} % (${doneText ?? ''} of ${totalText ?? ''})\x1b[K`);
    },
    finish(summary) {
      if (isLive) errors.write('\r\x1b[K');
      print(summary);
    },
  };
}
