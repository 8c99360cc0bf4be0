import { MongoClient, type Db } from 'mongodb';
import type { ParseDatabase, ServerCapabilities } from '../parse-database.ts';
import { checkAccountIndexes } from './account-indexes.ts';
import { createAccountSource } from './account-source.ts';
import { CatalogSource } from './catalog-source.ts';
import { buildUnavailableFeed, openChangeFeed, type MongoChangeFeed } from './change-feed.ts';
import { checkIndexes } from './check-indexes.ts';
import type { Report } from './class-schema-codec.ts';
import { CollectionCommands } from './collection-commands.ts';
import { decodeDriverError, isAway, translated } from './errors.ts';
import { createConfigSource } from './config-source.ts';
import { createGridFileStore } from './grid-file-store.ts';
import { KnownIndexes } from './known-indexes.ts';
import { buildMongoStore } from './mongo-store.ts';
import { APP_NAME, observeCommands, type CommandEvent } from './observe-commands.ts';
import { checkPreImages } from './pre-images.ts';
import { createRequestLog } from './request-log.ts';
import { RowCommands } from './row-commands.ts';
import { buildSchemaWriter } from './schema-writer.ts';
import { createSessionSource } from './session-source.ts';
import { createUploaderSource } from './uploader-source.ts';

/** Which database, and who is told what. */
export interface MongoDatabaseOptions {
  /** With the database's name in its path. */
  readonly uri: string;
  /** Stands before every collection's name but those of files; empty by default. */
  readonly collectionPrefix?: string;
  /** Each line once: what of the database is left out, and what its owner should know. */
  readonly onReport?: Report;
  /** Each command that went to the database for a request, with its time. */
  readonly onCommand?: (event: CommandEvent) => void;
  /** Longest time for one command, in ms; 30 s by default. */
  readonly maxTimeMs?: number;
  /** How long an absent server is waited for before a command fails with code 2, in ms; 3 s by default. */
  readonly serverSelectionTimeoutMs?: number;
  /**
   * Makes the indexes that relations and pointers need, and has classes keep the states that deletes are judged by, where they are
   * missing, instead of reporting it: for databases of our own.
   */
  readonly ownsIndexes?: boolean;
  /** The providers whose ids find users; users without a name by default. */
  readonly identityProviders?: readonly string[];
}

const DEFAULTS = { maxTimeMs: 30_000, serverSelectionTimeoutMs: 3_000 };

/**
 * Connects to a database that Parse Server wrote, reads its classes and opens the one change stream of this process.
 *
 * @throws GatewayError 2 when the server cannot be reached; the driver's error for a URI that is none.
 */
export async function openMongoDatabase(options: MongoDatabaseOptions): Promise<ParseDatabase> {
  const { collectionPrefix = '', maxTimeMs = DEFAULTS.maxTimeMs } = options;
  const client = new MongoClient(options.uri, {
    appName: APP_NAME,
    monitorCommands: options.onCommand !== undefined,
    serverSelectionTimeoutMS: options.serverSelectionTimeoutMs ?? DEFAULTS.serverSelectionTimeoutMs,
  });
  if (options.onCommand !== undefined) observeCommands(client, options.onCommand);
  const db = client.db();
  const report = reportOnce(options.onReport ?? (() => undefined));
  const ofRequests = { collectionPrefix, maxTimeMs };
  const ofBackground = { ...ofRequests, isBackground: true };
  const commands = new RowCommands(db, ofRequests);
  const collections = new CollectionCommands(db, ofRequests);
  const backgroundCollections = new CollectionCommands(db, ofBackground);
  const source = new CatalogSource(new RowCommands(db, ofBackground), report);
  try {
    const capabilities = await readCapabilities(client, db);
    const changes = await openFeed({ db, collectionPrefix, capabilities, source, report });
    await source.read();
    if (!changes.isAvailable) source.startPolling();
    const known = new KnownIndexes(backgroundCollections);
    const indexes = checkIndexes(
      source,
      { collections: backgroundCollections, known },
      { report, isOwner: options.ownsIndexes ?? false },
    );
    const abilities = {
      ...capabilities,
      hasIndex: (name: string, keys: readonly string[]) => known.has(name, keys),
    };
    const accountIndexes = checkAccountIndexes(backgroundCollections, {
      report,
      isOwner: options.ownsIndexes ?? false,
      identityProviders: options.identityProviders ?? ['anonymous'],
    });
    // In a database of our own nobody may sign up before names are kept unique.
    if (options.ownsIndexes === true) await accountIndexes.done;
    const preImages = checkPreImages(source, backgroundCollections, {
      report,
      isOwner: options.ownsIndexes ?? false,
      isSupported: changes.isAvailable && capabilities.hasPreImages,
    });
    return {
      capabilities,
      get catalog() {
        return source.catalog;
      },
      get graphqlConfig() {
        return source.graphqlConfig;
      },
      onCatalog: (listener) => source.onCatalog(listener),
      refreshCatalog: async () => source.refresh(),
      storeFor: (catalog) =>
        buildMongoStore({
          commands: commands.forOperation(),
          collections,
          catalog,
          abilities,
          writing: capabilities,
          report,
        }),
      changes,
      sessions: createSessionSource(commands),
      accounts: createAccountSource({ commands, catalog: () => source.catalog }),
      config: createConfigSource(commands),
      files: createGridFileStore(db, { maxTimeMs }),
      uploaders: createUploaderSource(commands),
      schemas: buildSchemaWriter({ commands, collections, report }),
      requests: createRequestLog(commands, collections),
      ping: async () => {
        await translated('read', () => db.command({ ping: 1 }));
      },
      close: async () => {
        source.close();
        indexes.close();
        accountIndexes.close();
        preImages.close();
        await changes.close();
        await client.close();
      },
    };
  } catch (error) {
    source.close();
    await client.close();
    throw decodeDriverError(error, 'read');
  }
}

async function readCapabilities(client: MongoClient, db: Db): Promise<ServerCapabilities> {
  await client.connect();
  const [hello, build] = await Promise.all([
    db.command({ hello: 1 }),
    db.command({ buildInfo: 1 }),
  ]);
  const version = String(build['version']);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isReplicated = typeof hello['setName'] === 'string' || hello['msg'] === 'isdbgrid';
  return {
    version,
    hasChangeStreams: isReplicated,
    hasTransactions: isReplicated,
    hasDocumentsStage: major > 5 || (major === 5 && minor >= 1),
    hasPreImages: isReplicated && major >= 6,
  };
}

interface FeedParts {
  readonly db: Db;
  readonly collectionPrefix: string;
  readonly capabilities: ServerCapabilities;
  readonly source: CatalogSource;
  readonly report: Report;
}

/** Without change streams the gateway still serves: only subscriptions are refused. */
async function openFeed({
  capabilities,
  source,
  report,
  ...where
}: FeedParts): Promise<MongoChangeFeed> {
  if (!capabilities.hasChangeStreams) {
    return buildUnavailableFeed(
      'Subscriptions need change streams, and the database is a standalone server: make it a replica set.',
    );
  }
  try {
    return await openChangeFeed({
      ...where,
      report,
      hasPreImages: capabilities.hasPreImages,
      onSchemaChange: () => source.refresh(),
      catalog: () => source.catalog,
    });
  } catch (error) {
    if (isAway(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    report(`change stream refused: ${reason}`);
    return buildUnavailableFeed(`Subscriptions need a change stream, which the database refuses.`);
  }
}

/** How many different lines are remembered; a database with more faults than that is reported anew. */
const REMEMBERED_LINES = 10_000;

function reportOnce(report: Report): Report {
  const told = new Set<string>();
  const passing = /^change stream|^the class schemas could not be read/;
  return (line) => {
    if (told.has(line) && !passing.test(line)) return;
    if (told.size >= REMEMBERED_LINES) told.clear();
    told.add(line);
    report(line);
  };
}
