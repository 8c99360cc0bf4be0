/** Runs what it is given, now or when it is its turn. */
export type Gate = <T>(run: () => Promise<T>) => Promise<T>;

/** Lets `most` run at the same time; others wait, in the order they came. */
export function createGate(most: number): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running >= most) {
      // Whoever wakes us hands on its place: `running` stays.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
