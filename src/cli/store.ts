import { join } from 'node:path';
import { parseWhole, UnexpectedValue } from '../server/setting-parsers.ts';
import type { CommandIo } from './command-io.ts';
import { UsageError } from './failure.ts';
import { stopSignal } from './stop-signal.ts';

/** Flags of `store`, as the command line gave them. */
export interface StoreFlags {
  readonly port: string;
  readonly data: string;
  readonly standalone?: boolean;
}

/** Runs the embedded store alone, so that Parse Server or `mongosh` can use it, until the process is told to stop. */
export async function runStore(flags: StoreFlags, io: CommandIo): Promise<void> {
  const port = parsePort(flags.port);
  const stop = stopSignal();
  const [{ createStore }, { lockDirectory }, { mkdir }] = await Promise.all([
    import('../embedded/create-store.ts'),
    import('./demo/lock-directory.ts'),
    import('node:fs/promises'),
  ]);
  await mkdir(flags.data, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(flags.data);
  try {
    const store = await createStore({
      dataDirectory: join(flags.data, 'store'),
      port,
      standalone: flags.standalone ?? false,
      onLog: ({ level, message }) => io.errors.write(`${level}: ${message}\n`),
      onCrash: (error) => {
        io.errors.write(`the embedded store has ended: ${error.message}\n`);
        process.exit(1);
      },
    });
    io.print(store.uri);
    await stop;
    await store.close();
  } finally {
    await lock.release();
  }
}

function parsePort(text: string): number {
  try {
    return parseWhole(0, 65_535)(text);
  } catch (error) {
    if (error instanceof UnexpectedValue) throw new UsageError(`--port: ${error.message}`);
    throw error;
  }
}
