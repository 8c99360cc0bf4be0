import { createServer } from 'node:http';
import { createAuthenticator } from '../access/authenticate.ts';
import { createGuardedFeed } from '../access/create-guarded-feed.ts';
import { createGuardedFiles } from '../access/create-guarded-files.ts';
import { isForEveryone } from '../access/file-rules.ts';
import type { Principal } from '../access/principal.ts';
import { createFileCipher } from '../files/file-cipher.ts';
import { createFileService, type FileService } from '../files/file-service.ts';
import { createLiveHub } from '../live/live-hub.ts';
import { openMongoDatabase, type MongoDatabaseOptions } from '../storage/mongo/mongo-database.ts';
import { accessRulesOf, identityProvidersOf, keySettingsOf } from './access-settings.ts';
import { createAccounts } from './accounts.ts';
import { contextsFor } from './api-contexts.ts';
import { clientAddressFor } from './client-address.ts';
import { mayConnectFrom } from './cors.ts';
import { headersOfClient } from './client-credentials.ts';
import { createCurrentApi } from './current-api.ts';
import { fileAccessOf, fileMountsOf, fileRulesOf } from './file-settings.ts';
import { createFilesRoute } from './files-route.ts';
import { createGatewayYoga } from './gateway-yoga.ts';
import { listen, stopListening } from './http-server.ts';
import { createLog, type Log } from './log.ts';
import { rehearseRequest } from './rehearsal.ts';
import { requestOriginFor } from './request-origin.ts';
import { schemaAnnouncer } from './schema-announcement.ts';
import type { GatewaySettings } from './settings.ts';
import type { ParseDatabase } from '../storage/parse-database.ts';
import { createWebsockets } from './websockets.ts';
import { websocketOperations } from './websocket-operations.ts';

/** How a gateway is made. */
export interface GatewayOptions {
  readonly settings: GatewaySettings;
  /** Made from the settings when absent. */
  readonly log?: Log;
  /** Each command that goes to the database, for tests and tuning. */
  readonly onCommand?: MongoDatabaseOptions['onCommand'];
  /** The database is our own: indexes that relations need are made where they are missing. */
  readonly ownsIndexes?: boolean;
}

/** A gateway that serves. */
export interface Gateway {
  /** Where the API and GraphiQL are, e.g. `http://localhost:4000/graphql`. */
  readonly url: string;
  readonly port: number;
  /** Why subscriptions are refused; empty when they are not. */
  readonly subscriptionsUnavailable: string;
  readonly subscriptionCount: number;
  /** Takes no more requests, lets those that run finish, ends sockets and subscriptions, then lets go of the database. */
  close(): Promise<void>;
}

/**
 * Puts the gateway together, inner rings first, and listens.
 *
 * @throws GatewayError 2 when the database cannot be reached; Node's error when the port cannot be had. Nothing stays open then.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { settings, log = createLog(options.settings) } = options;
  const reportUnexpected = (error: unknown) => {
    log.error({ err: error }, 'unexpected error');
  };

  const database = await openMongoDatabase({
    uri: settings.databaseURI,
    collectionPrefix: settings.collectionPrefix,
    ownsIndexes: options.ownsIndexes ?? false,
    identityProviders: identityProvidersOf(settings),
    onReport: (line) => {
      log.warn(line);
    },
    ...(options.onCommand && { onCommand: options.onCommand }),
  });
  try {
    const rules = accessRulesOf(settings);
    const authenticator = createAuthenticator({ database, settings: keySettingsOf(settings) });
    const accounts = await createAccounts({ database, authenticator, settings, log });
    const hub = createLiveHub({ feed: createGuardedFeed({ database, rules }) });
    const api = await createCurrentApi(database, log);
    if (settings.idempotencyOptions.paths.length > 0) await database.requests.prepare();

    const caller = {
      authenticator,
      clientAddress: clientAddressFor(settings.trustProxy),
      isIntrospectionPublic: settings.graphQLPublicIntrospection ?? false,
      reportUnexpected,
      filesFor: filesFor(database, settings),
    };
    const yoga = createGatewayYoga({
      ...caller,
      settings,
      log,
      api: () => api.current,
      contextFor: contextsFor({
        ...{ ...caller, accounts, database, hub, rules, settings },
        announceSchema: schemaAnnouncer({ database, api, settings, log }),
      }),
      requestOrigin: requestOriginFor(settings.trustProxy),
      ping: () => database.ping(),
      requests: database.requests,
      accountPages: accounts.pages,
    });

    const filesRoute = createFilesRoute({
      ...caller,
      appId: settings.appId,
      mounts: fileMountsOf(settings),
      isPublic: isForEveryone(settings.fileDownload),
      cors: settings,
    });

    // Node's listener type knows no promise; yoga answers its own errors.
    const server = createServer((request, response) => {
      if (!filesRoute(request, response)) void yoga(request, response);
    });
    const websockets = createWebsockets({
      server,
      log,
      path: settings.graphQLPath,
      hooks: websocketOperations({ ...caller, yoga }),
      mayConnectFrom: (origin) => mayConnectFrom(origin, settings),
    });
    const headers = headersOfClient({ ...settings, applicationId: settings.appId });
    await rehearseRequest(server, { path: settings.graphQLPath, headers });
    const port = await listen(server, settings);

    return {
      url: `http://${settings.host === '0.0.0.0' ? 'localhost' : settings.host}:${port}${settings.graphQLPath}`,
      port,
      subscriptionsUnavailable: database.changes.unavailableReason,
      get subscriptionCount() {
        return hub.subscriptionCount;
      },
      async close() {
        const stopped = stopListening(server);
        hub.close();
        await websockets.close();
        await stopped;
        api.close();
        authenticator.close();
        await yoga.dispose();
        await accounts.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function filesFor(
  database: ParseDatabase,
  settings: GatewaySettings,
): (principal: Principal) => FileService {
  const { files: store, uploaders } = database;
  const guard = { store, uploaders, rules: fileAccessOf(settings) };
  const cipher = settings.fileKey === undefined ? undefined : createFileCipher(settings.fileKey);
  const service = { rules: fileRulesOf(settings), cipher };
  return (principal) => createFileService(createGuardedFiles(principal, guard), service);
}
