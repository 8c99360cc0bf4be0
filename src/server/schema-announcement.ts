import { setTimeout as delay } from 'node:timers/promises';
import type { ParseDatabase } from '../storage/parse-database.ts';
import type { CurrentApi } from './current-api.ts';
import type { Log } from './log.ts';
import type { GatewaySettings } from './settings.ts';

/** How long the answer to a change of a class waits for others to take notice, in ms. */
const PATIENCE_MS = 5_000;

export interface SchemaAnnouncementParts {
  readonly database: Pick<ParseDatabase, 'refreshCatalog'>;
  readonly api: Pick<CurrentApi, 'settled'>;
  readonly settings: Pick<GatewaySettings, 'serverURL' | 'appId' | 'masterKey'>;
  readonly log: Log;
}

/**
 * Called after each change of a class: resolves when this gateway serves it, and when the Parse Server at `serverURL` has been made
 * to read its classes anew, which it otherwise keeps for good. Whoever is slow or away is logged, and not waited for.
 */
export function schemaAnnouncer(parts: SchemaAnnouncementParts): () => Promise<void> {
  const { database, api, settings, log } = parts;

  async function serve(): Promise<void> {
    await database.refreshCatalog();
    await api.settled();
  }

  async function touchParseServer(serverURL: string): Promise<void> {
    const response = await fetch(`${serverURL}/schemas`, {
      headers: {
        'x-parse-application-id': settings.appId,
        'x-parse-master-key': settings.masterKey,
      },
      // Wherever it leads, the master key is not for others.
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`it answered ${response.status}`);
  }

  return async () => {
    const { serverURL } = settings;
    const told =
      serverURL === undefined
        ? undefined
        : touchParseServer(serverURL).catch((error: unknown) => {
            log.warn({ err: error, serverURL }, 'Parse Server was not told of the changed class');
          });
    const served = serve().catch((error: unknown) => {
      log.warn({ err: error }, 'the changed class is not served yet');
    });
    const patience = new AbortController();
    const { signal } = patience;
    await Promise.race([
      Promise.all([served, told]),
      delay(PATIENCE_MS, undefined, { signal, ref: false }).catch(() => undefined),
    ]);
    patience.abort();
  };
}
