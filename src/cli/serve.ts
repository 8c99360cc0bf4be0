import { assertMailSettings } from '../server/mail-settings.ts';
import { createLog, type Log } from '../server/log.ts';
import {
  readSettings,
  requireDatabase,
  type GatewaySettings,
  type Settings,
} from '../server/settings.ts';
import type { CommandIo, Flags } from './command-io.ts';
import { CommandFailure } from './failure.ts';
import { stopSignal } from './stop-signal.ts';

/** What is served, and how to let go of it. */
interface Source {
  readonly settings: GatewaySettings;
  readonly isDemo: boolean;
  close(): Promise<void>;
}

/**
 * Serves the database of the settings, or the demo when they name none, until the process is told to stop.
 *
 * @throws SettingsError before anything is started.
 */
export async function serve(flags: Flags, io: CommandIo): Promise<void> {
  const settings = readSettings(flags, io.environment);
  assertMailSettings(settings);
  const log = createLog(settings);
  const stop = stopSignal();
  // Loaded while the demo's store, which has a thread of its own, reads its data.
  const [source, { createGateway }] = await Promise.all([
    openSource(settings, log, io),
    import('../server/create-gateway.ts'),
  ]);
  try {
    const gateway = await createGateway({
      settings: source.settings,
      log,
      ownsIndexes: source.isDemo,
    }).catch((error: unknown) => {
      throw new CommandFailure(explain(error, source.settings), { cause: error });
    });
    if (source.isDemo) announceDemo(source.settings, io);
    if (gateway.subscriptionsUnavailable !== '') io.print(gateway.subscriptionsUnavailable);
    io.print(`GraphQL and GraphiQL: ${gateway.url}`);
    await stop;
    await gateway.close();
  } finally {
    await source.close();
  }
}

async function openSource(settings: Settings, log: Log, io: CommandIo): Promise<Source> {
  if (settings.databaseURI === undefined) {
    const { startDemo } = await import('./demo/start-demo.ts');
    return { ...(await startDemo(settings, log, io)), isDemo: true };
  }
  return { settings: requireDatabase(settings), isDemo: false, close: () => Promise.resolve() };
}

function announceDemo({ appId, masterKey }: GatewaySettings, io: CommandIo): void {
  io.print(`Demo: application id ${appId}, master key ${masterKey}`);
}

/** One line, without the database's address: it may hold a password. */
function explain(error: unknown, { host, port }: Settings): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return `PORT (--port) is ${port}: another process listens there; choose another port, or 0 for a free one`;
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EACCES') {
    return `PARSE_SERVER_HOST (--host) and PORT (--port) are ${host} and ${port}: cannot listen there (${code})`;
  }
  const message = error instanceof Error ? error.message : String(error);
  return `PARSE_SERVER_DATABASE_URI (--databaseURI): the database cannot be opened: ${message}`;
}
