import { MongoClient, type Db } from 'mongodb';
import type { ParseObject } from '../../src/parse/object.ts';
import { EVERYTHING, type Constraint } from '../../src/query/constraint.ts';
import { BY_OBJECT_ID, firstRows, type FindRequest } from '../../src/query/find-request.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import type { ParseDatabase } from '../../src/storage/parse-database.ts';
import type { CommandEvent } from '../../src/storage/mongo/observe-commands.ts';
import {
  openMongoDatabase,
  type MongoDatabaseOptions,
} from '../../src/storage/mongo/mongo-database.ts';
import { startStore } from '../support/start-store.ts';
import { GAME_ROW } from './game-class.ts';

/** A row of a collection whose `_id` is text. */
export interface RawRow {
  readonly _id: string;
  readonly [key: string]: unknown;
}

/** A database with the class Game, seen through the adapter and through the bare driver. */
export interface GameDatabase {
  readonly database: ParseDatabase;
  readonly raw: Db;
  readonly uri: string;
  readonly reports: readonly string[];
  /** Under the newest catalog. */
  readonly store: ObjectStore;
  /** Runs and tells which commands it cost, as `word collection`. */
  counted<T>(run: () => Promise<T>): Promise<{ readonly result: T; readonly commands: string[] }>;
  close(): Promise<void>;
}

/** Opens a fresh database with the rows of `_SCHEMA` given, Game and the users' class by default, and what `prepare` adds. */
export async function openGameDatabase(
  rows: readonly RawRow[] = [GAME_ROW, { _id: '_User' }],
  {
    prepare,
    ...options
  }: Partial<MongoDatabaseOptions> & { readonly prepare?: (raw: Db) => Promise<void> } = {},
): Promise<GameDatabase> {
  const place = startStore();
  const uri = new URL(place.uri);
  uri.pathname = `/${place.databaseName}`;
  const client = await MongoClient.connect(uri.href);
  const raw = client.db();
  const prefix = options.collectionPrefix ?? '';
  if (rows.length > 0) {
    await raw.collection<RawRow>(`${prefix}_SCHEMA`).insertMany(rows.map((row) => ({ ...row })));
  }
  await prepare?.(raw);
  const reports: string[] = [];
  const events: CommandEvent[] = [];
  const database = await openMongoDatabase({
    uri: uri.href,
    onReport: (line) => reports.push(line),
    onCommand: (event) => events.push(event),
    ...options,
  });
  return {
    database,
    raw,
    uri: uri.href,
    reports,
    get store() {
      return database.storeFor(database.catalog);
    },
    async counted(run) {
      events.length = 0;
      const result = await run();
      return { result, commands: events.map(({ name, collection }) => `${name} ${collection}`) };
    },
    async close() {
      await database.close();
      await client.close();
      await place.close();
    },
  };
}

/** Objects of Game by `where`, ordered by id; overridden as wanted. */
export function findGames(
  where: Constraint = EVERYTHING,
  overrides: Partial<FindRequest> = {},
): FindRequest {
  return {
    className: 'Game',
    where,
    order: [BY_OBJECT_ID],
    page: firstRows(1_000),
    select: 'all',
    readPreference: undefined,
    ...overrides,
  };
}

/** The ids of objects, in order. */
export function idsOf(objects: readonly ParseObject[]): readonly string[] {
  return objects.map(({ objectId }) => objectId);
}
