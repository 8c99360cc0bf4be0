import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createStore } from '../../embedded/create-store.ts';
import type { Log } from '../../server/log.ts';
import type { GatewaySettings, Settings } from '../../server/settings.ts';
import { openMongoBulkWriter } from '../../storage/mongo/mongo-bulk-writer.ts';
import type { CommandIo } from '../command-io.ts';
import { CommandFailure } from '../failure.ts';
import { createProgressLine } from '../progress.ts';
import { DEMO_IMPORT } from './demo-import-name.ts';
import { lockDirectory } from './lock-directory.ts';
import { readMasterKey } from './master-key.ts';

const DATABASE = 'demo';

/** The demo database, running. */
export interface Demo {
  /** The settings given, completed by those of the demo. */
  readonly settings: GatewaySettings;
  close(): Promise<void>;
}

/**
 * Starts the embedded store over the data folder and makes the demo database in it, unless it is there.
 * @throws CommandFailure when another process uses the folder.
 */
export async function startDemo(settings: Settings, log: Log, io: CommandIo): Promise<Demo> {
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(settings.dataDir);
  try {
    const masterKey = settings.masterKey ?? (await readMasterKey(settings.dataDir));
    const store = await createStore({
      dataDirectory: join(settings.dataDir, 'store'),
      onLog: ({ level, message }) => {
        log[level]({ part: 'store' }, message);
      },
      onCrash: (error) => {
        log.fatal({ err: error }, 'the embedded store has ended');
        process.exit(1);
      },
    });
    const databaseURI = store.uri.replace('/?', `/${DATABASE}?`);
    try {
      await fill(databaseURI, settings, io);
    } catch (error) {
      await store.close();
      throw error;
    }
    return {
      settings: {
        ...settings,
        databaseURI,
        masterKey,
        appId: settings.appId ?? 'demo',
        graphQLPublicIntrospection: settings.graphQLPublicIntrospection ?? true,
      },
      async close() {
        await store.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error instanceof CommandFailure || !(error instanceof Error)
      ? error
      : new CommandFailure(
          `the demo database in ${settings.dataDir} cannot be started: ${error.message}`,
          { cause: error },
        );
  }
}

async function fill(uri: string, { collectionPrefix }: Settings, io: CommandIo): Promise<void> {
  const writer = await openMongoBulkWriter({ uri, collectionPrefix });
  try {
    // 8 MB of cities and countries: loaded only when there is something to import.
    if (await writer.isComplete(DEMO_IMPORT)) return;
    const { importDemo } = await import('./import-demo.ts');
    const startMs = performance.now();
    const progress = createProgressLine('importing the demo', io);
    const objects = await importDemo(writer, progress.update);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    progress.finish(`imported ${objects.toLocaleString('en')} objects of the demo in ${seconds} s`);
  } finally {
    await writer.close();
  }
}
