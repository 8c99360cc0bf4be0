import type { CounterRegistry } from './commands/state/counters.ts';
import { createStoreState, type LogLine, type StoreState } from './commands/state/store-state.ts';
import { createEngine } from './engine/create-engine.ts';
import { createServer } from './wire/create-server.ts';
import type { StoreWorkerOptions } from './worker-messages.ts';

const SESSION_IDLE_MS = 30 * 60 * 1000;

/** A store that listens in this thread. */
export interface ServedStore {
  readonly port: number;
  readonly counters: CounterRegistry;
  close(): Promise<void>;
}

/** Does `work` again and again; the pause is a parameter in seconds, and a change of it counts at once. */
function repeat(
  state: StoreState,
  pause: 'ttlMonitorSleepSecs' | 'clientCursorMonitorFrequencySecs',
  work: () => Promise<void> | void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const run = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      state.log({ level: 'error', message: `housekeeping failed: ${message}` });
    }
    plan();
  };
  const plan = (): void => {
    clearTimeout(timer);
    if (isStopped) return;
    timer = setTimeout(
      () => {
        void run();
      },
      state.parameters.number(pause) * 1000,
    );
    timer.unref();
  };
  state.parameters.onChange((name) => {
    if (name === pause) plan();
  });
  plan();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

function sweep(state: StoreState): void {
  state.cursors.sweep(state.parameters.number('cursorTimeoutMillis'));
  state.sessions.sweep(SESSION_IDLE_MS);
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
  const state = createStoreState(engine, { log, standalone: options.standalone });
  // A client that comes back after longer has given up its session.
  const forget = async (): Promise<void> => {
    await engine.write((batch) => {
      batch.forgetSessions(new Date(Date.now() - SESSION_IDLE_MS));
    });
  };
  try {
    const server = await createServer(state, options);
    const forgetting = setInterval(() => {
      forget().catch((error: unknown) => {
        log({ level: 'error', message: `housekeeping failed: ${String(error)}` });
      });
    }, SESSION_IDLE_MS).unref();
    await forget();
    const stops = [
      repeat(state, 'ttlMonitorSleepSecs', async () => {
        await engine.expire(new Date());
      }),
      repeat(state, 'clientCursorMonitorFrequencySecs', () => {
        sweep(state);
      }),
    ];
    return {
      port: server.port,
      counters: state.counters,
      async close() {
        clearInterval(forgetting);
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
