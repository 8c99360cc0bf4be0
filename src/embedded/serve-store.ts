import type { CounterRegistry } from './commands/state/counters.ts';
import { createStoreState, type LogLine, type StoreState } from './commands/state/store-state.ts';
import { createEngine } from './engine/create-engine.ts';
import { createServer } from './wire/create-server.ts';
import type { StoreWorkerOptions } from './worker-messages.ts';

const HOUSEKEEPING_MS = 10_000;
const SESSION_IDLE_MS = 30 * 60 * 1000;

/** A store that listens in this thread. */
export interface ServedStore {
  readonly port: number;
  readonly counters: CounterRegistry;
  close(): Promise<void>;
}

/** Deletes what has expired, again and again; the pause follows the parameter `ttlMonitorSleepSecs`. */
function startExpiry(state: StoreState): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const plan = (): void => {
    clearTimeout(timer);
    if (isStopped) return;
    timer = setTimeout(
      () => {
        void run();
      },
      state.parameters.number('ttlMonitorSleepSecs') * 1000,
    );
    timer.unref();
  };
  const run = async (): Promise<void> => {
    try {
      await state.engine.expire(new Date());
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      state.log({ level: 'error', message: `expiry failed: ${message}` });
    }
    plan();
  };
  state.parameters.onChange((name) => {
    if (name === 'ttlMonitorSleepSecs') plan();
  });
  plan();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

function startHousekeeping(state: StoreState): () => void {
  const timer = setInterval(() => {
    state.cursors.sweep(state.parameters.number('cursorTimeoutMillis'));
    state.sessions.sweep(SESSION_IDLE_MS);
  }, HOUSEKEEPING_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

/**
 * Opens the data and serves them in this thread.
 *
 * @throws when the data cannot be opened or the port cannot be had; nothing stays open then.
 */
export async function serveStore(
  options: StoreWorkerOptions,
  log: (line: LogLine) => void,
): Promise<ServedStore> {
  const engine = createEngine({ path: options.dataDirectory });
  const state = createStoreState(engine, log);
  try {
    const server = await createServer(state, options);
    const stops = [startExpiry(state), startHousekeeping(state)];
    return {
      port: server.port,
      counters: state.counters,
      async close() {
        for (const stop of stops) stop();
        await server.close();
        state.cursors.killWhere(() => true);
        for (const session of [...state.sessions.all()]) state.sessions.end(session.key);
        await engine.close();
      },
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}
