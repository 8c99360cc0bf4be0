import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { MongoClient } from 'mongodb';
import { afterEach, describe, expect, it } from 'vitest';
import { findRelated } from '../support/related.ts';
import type { ClassCatalog } from '../../src/parse/class-schema.ts';
import { Pointer } from '../../src/parse/values.ts';
import { EVERYTHING } from '../../src/query/constraint.ts';
import { CatalogSource } from '../../src/storage/mongo/catalog-source.ts';
import { buildUnavailableFeed } from '../../src/storage/mongo/change-feed.ts';
import { APP_NAME } from '../../src/storage/mongo/observe-commands.ts';
import { RowCommands } from '../../src/storage/mongo/row-commands.ts';
import { openMongoDatabase } from '../../src/storage/mongo/mongo-database.ts';
import type { FeedNotice, StoredChange } from '../../src/storage/stored-change.ts';
import { startOwnStore } from '../support/start-store.ts';
import { GAME_ROW } from './game-class.ts';
import {
  findGames,
  idsOf,
  openGameDatabase,
  type GameDatabase,
  type RawRow,
} from './open-game-database.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(...parts: Parameters<typeof openGameDatabase>): Promise<GameDatabase> {
  const games = await openGameDatabase(...parts);
  closers.push(() => games.close());
  return games;
}

/** Values in the order they came; `next` waits for one. */
function queueOf<T>(subscribe: (push: (value: T) => void) => () => void) {
  const values: T[] = [];
  const waiting: ((value: T) => void)[] = [];
  const stop = subscribe((value) => {
    const taker = waiting.shift();
    if (taker === undefined) values.push(value);
    else taker(value);
  });
  return {
    stop,
    next: (): Promise<T> => {
      const value = values.shift();
      return value === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(value);
    },
  };
}

function changesOf(games: GameDatabase) {
  return queueOf<StoredChange>((push) => games.database.changes.listen(push));
}

describe('the catalog', () => {
  it('follows the stored classes, telling once for what comes together', async () => {
    const games = await open([GAME_ROW]);
    const catalogs = queueOf<ReadonlySet<string>>((push) =>
      games.database.onCatalog(({ classes }) => {
        push(new Set(classes.keys()));
      }),
    );
    const first = games.database.catalog.version;
    const start = performance.now();
    await games.raw.collection<RawRow>('_SCHEMA').insertMany([
      { _id: 'A', x: 'string' },
      { _id: 'B', y: 'number' },
    ]);
    let seen = await catalogs.next();
    while (!seen.has('B')) seen = await catalogs.next();
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(games.database.catalog.version).not.toBe(first);
    expect([...games.database.catalog.classes.keys()]).toEqual(['A', 'B', 'Game']);
    await games.raw.collection<RawRow>('_SCHEMA').deleteMany({ _id: { $in: ['A', 'B'] } });
    while ((await catalogs.next()).size > 1);
    expect(games.database.catalog.version).toBe(first);
  });

  it('serves a database with faults, without the faults, and reports each once', async () => {
    const games = await open([GAME_ROW, { _id: 'Bad', x: 'integer' }, { _id: 'a b', x: 'string' }]);
    await games.raw.collection<RawRow>('Game').insertMany([
      { _id: 'g1', score: 'x', _odd: 1 },
      { _id: 'g2', score: 'y', name: 'fine', _p_owner: 'Other$1' },
    ]);
    for (let round = 0; round < 2; round += 1) {
      const found = await games.store.find(findGames());
      expect(found.map(({ values }) => [...values])).toEqual([[], [['name', 'fine']]]);
    }
    expect(games.reports.filter((line) => !/index|hears of deletes/.test(line))).toEqual([
      '_SCHEMA Bad: column x of type "integer" left out',
      '_SCHEMA: row "a b" is no class: left out',
      'Game.score: a stored value that is no Number',
      'Game.owner: a stored value that is no Pointer',
    ]);
  });

  it('keeps to its prefix, relations and changes included', async () => {
    const games = await open([GAME_ROW], { collectionPrefix: 'pre_' });
    const changes = changesOf(games);
    await games.raw.collection<RawRow>('Game').insertOne({ _id: 'other' });
    const made = await games.store.create({
      className: 'Game',
      objectId: 'g1',
      values: new Map(),
      acl: { readers: undefined, writers: undefined },
      relations: new Map([['links', { targetClass: 'Game', add: ['g1'] }]]),
    });
    expect((await changes.next()).objectId).toBe(made.objectId);
    expect(await games.raw.collection('pre__Join:links:Game').countDocuments()).toBe(1);
    const where = { kind: 'relatedTo', owner: new Pointer('Game', 'g1'), field: 'links' } as const;
    expect(idsOf(await games.store.find(findGames(where)))).toEqual(['g1']);
    const related = await findRelated(games.store, {
      link: { kind: 'relation', ownerClass: 'Game', field: 'links' },
      ownerIds: ['g1', 'g2'],
      find: findGames(),
    });
    expect(idsOf(related.get('g1')!)).toEqual(['g1']);
  });

  it('reads the GraphQL configuration and follows it', async () => {
    const games = await open([GAME_ROW]);
    expect(games.database.graphqlConfig).toBeUndefined();
    const told = queueOf((push) => games.database.onCatalog(push));
    await games.raw
      .collection<{ _id: number; config: object }>('_GraphQLConfig')
      .insertOne({ _id: 1, config: { enabledForClasses: ['Game'] } });
    await told.next();
    expect(games.database.graphqlConfig).toEqual({ enabledForClasses: ['Game'] });
  });
});

describe('the change feed', () => {
  it('tells of writes by anybody, in order, decoded, to every listener', async () => {
    const games = await open();
    expect(games.database.changes.isAvailable).toBe(true);
    const changes = changesOf(games);
    const others = changesOf(games);
    const raw = games.raw.collection<RawRow>('Game');
    await raw.insertOne({ _id: 'g1', score: 1, _p_owner: '_User$u', _rperm: ['u'] });
    await raw.updateOne({ _id: 'g1' }, { $set: { score: 2 } });
    await raw.replaceOne({ _id: 'g1' }, { score: 3 });
    await raw.deleteOne({ _id: 'g1' });
    const seen = [
      await changes.next(),
      await changes.next(),
      await changes.next(),
      await changes.next(),
    ];
    expect(seen.map(({ kind }) => kind)).toEqual(['create', 'update', 'update', 'delete']);
    expect(seen[0]).toMatchObject({
      className: 'Game',
      objectId: 'g1',
      object: { acl: { readers: ['u'] } },
    });
    expect(seen[0]?.object?.values.get('owner')).toEqual(new Pointer('_User', 'u'));
    expect((await others.next()).kind).toBe('create');
    changes.stop();
    await raw.insertOne({ _id: 'g2' });
    for (const kind of ['update', 'update', 'delete', 'create'])
      expect((await others.next()).kind).toBe(kind);
  });

  it('tells the state before updates and deletes where the collection keeps it', async () => {
    const games = await open();
    await games.raw.createCollection('Game', { changeStreamPreAndPostImages: { enabled: true } });
    const changes = changesOf(games);
    const raw = games.raw.collection<RawRow>('Game');
    await raw.insertOne({ _id: 'g1', score: 1 });
    await raw.updateOne({ _id: 'g1' }, { $set: { score: 2 } });
    await raw.deleteOne({ _id: 'g1' });
    expect((await changes.next()).before).toBeUndefined();
    expect((await changes.next()).before?.values.get('score')).toBe(1);
    expect((await changes.next()).object?.values.get('score')).toBe(2);
  });

  it('knows a class that was made a moment before its first object', async () => {
    const games = await open();
    const changes = changesOf(games);
    await games.raw.collection<RawRow>('_SCHEMA').insertOne({ _id: 'Fresh', x: 'string' });
    await games.raw.collection<RawRow>('Fresh').insertOne({ _id: 'f1', x: 'y' });
    expect(await changes.next()).toMatchObject({ className: 'Fresh', objectId: 'f1' });
  });

  it('says which access collections changed, before the object’s own change, and nothing of other joins', async () => {
    const games = await open();
    const order: string[] = [];
    const notices = queueOf<FeedNotice>((push) =>
      games.database.changes.onNotice((notice) => {
        if (notice.kind === 'accessChanged')
          order.push(`notice ${notice.collection} ${notice.documentId ?? ''}`);
        push(notice);
      }),
    );
    games.database.changes.listen(({ className }) => order.push(`change ${className}`));
    await games.raw.collection('_Join:links:Game').insertOne({ owningId: 'a', relatedId: 'b' });
    await games.raw.collection('_Join:users:_Role').insertOne({ owningId: 'r', relatedId: 'u' });
    await games.raw.collection<RawRow>('_User').insertOne({ _id: 'u' });
    await games.raw
      .collection('_Session')
      .drop()
      .catch(() => undefined);
    await games.raw.collection<RawRow>('_Role').insertOne({ _id: 'r' });
    for (let count = 0; count < 3; count += 1) await notices.next();
    expect(order).toEqual([
      'notice _Join:users:_Role ',
      'notice _User u',
      'change _User',
      'notice _Role r',
    ]);
  });

  it('survives a listener that throws', async () => {
    const games = await open();
    games.database.changes.listen(() => {
      throw new Error('mine');
    });
    const changes = changesOf(games);
    await games.raw.collection<RawRow>('Game').insertOne({ _id: 'g1' });
    expect((await changes.next()).objectId).toBe('g1');
    expect(games.reports).toContain('a change listener failed: Error: mine');
  });
});

/** A TCP relay to the store that can be cut and restored: what an absent database looks like. */
async function startRelay(target: { readonly host: string; readonly port: number }) {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let port = 0;
  const listen = async () => {
    server = createServer((inbound) => {
      const outbound = connect(target.port, target.host);
      for (const socket of [inbound, outbound]) {
        sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
      }
      inbound.pipe(outbound).pipe(inbound);
      inbound.on('close', () => outbound.destroy());
      outbound.on('close', () => inbound.destroy());
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const cut = async () => {
    const closed = server === undefined ? undefined : once(server, 'close');
    server?.close();
    for (const socket of sockets) socket.destroy();
    await closed;
    server = undefined;
  };
  await listen();
  return { restore: listen, cut, port };
}

describe('a database that goes away', () => {
  it('fails at once with code 2 when there is none at start', async () => {
    const start = performance.now();
    const opening = openMongoDatabase({
      uri: 'mongodb://127.0.0.1:1/x',
      serverSelectionTimeoutMs: 300,
    });
    await expect(opening).rejects.toMatchObject({ parseCode: 2 });
    expect(performance.now() - start).toBeLessThan(3_000);
  });

  it('answers code 2 while away, recovers by itself, and loses no change', async () => {
    const games = await open();
    const { hostname, port, pathname } = new URL(games.uri);
    const relay = await startRelay({ host: hostname, port: Number(port) });
    closers.push(() => relay.cut());
    const database = await openMongoDatabase({
      uri: `mongodb://127.0.0.1:${relay.port}${pathname}?directConnection=true`,
      serverSelectionTimeoutMs: 300,
    });
    closers.push(() => database.close());
    const changes = queueOf<StoredChange>((push) => database.changes.listen(push));
    const notices = queueOf<FeedNotice>((push) => database.changes.onNotice(push));
    const store = database.storeFor(database.catalog);
    await games.raw.collection<RawRow>('Game').insertOne({ _id: 'g1' });
    expect((await changes.next()).objectId).toBe('g1');

    await relay.cut();
    await expect(store.find(findGames(EVERYTHING))).rejects.toMatchObject({ parseCode: 2 });
    expect((await notices.next()).kind).toBe('interrupted');
    await games.raw.collection<RawRow>('Game').insertOne({ _id: 'g2' });
    const late = queueOf<FeedNotice>((push) => database.changes.onNotice(push));
    expect((await late.next()).kind).toBe('interrupted');

    await relay.restore();
    expect(await notices.next()).toEqual({ kind: 'resumed', isComplete: true });
    expect((await changes.next()).objectId).toBe('g2');
    expect(idsOf(await store.find(findGames()))).toEqual(['g1', 'g2']);
  });
});

/** Lets commands of the gateway fail with a number of MongoDB's, in a store that no other test uses. */
async function openFailingDatabase() {
  const place = await startOwnStore();
  closers.push(() => place.close());
  const uri = new URL(place.uri);
  uri.pathname = `/${place.databaseName}`;
  const client = await MongoClient.connect(uri.href);
  closers.push(() => client.close());
  await client
    .db()
    .collection<RawRow>('_SCHEMA')
    .insertOne({ ...GAME_ROW });
  const database = await openMongoDatabase({ uri: uri.href });
  closers.push(() => database.close());
  const fail = async (command: string, errorCode: number): Promise<void> => {
    const data = { failCommands: [command], errorCode, appName: APP_NAME };
    await client
      .db('admin')
      .command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data });
  };
  return { database, raw: client.db(), fail };
}

describe('a database that fails', () => {
  it.each([
    [50, 124],
    [8000, 1],
  ])('answers MongoDB’s %i with code %i', async (errorCode, parseCode) => {
    const { database, fail } = await openFailingDatabase();
    await fail('find', errorCode);
    const finding = database.storeFor(database.catalog).find(findGames());
    await expect(finding).rejects.toMatchObject({ parseCode });
  });

  it('is asked once more where that may help, as when the primary steps down', async () => {
    const { database, fail } = await openFailingDatabase();
    await fail('find', 91);
    expect(await database.storeFor(database.catalog).find(findGames())).toEqual([]);
  });

  it('says so when changes are lost for ever, and goes on with what comes then', async () => {
    const { database, raw, fail } = await openFailingDatabase();
    const notices = queueOf<FeedNotice>((push) => database.changes.onNotice(push));
    const changes = queueOf<StoredChange>((push) => database.changes.listen(push));
    await fail('getMore', 286);
    await raw.collection<RawRow>('Game').insertOne({ _id: 'g1' });
    expect((await notices.next()).kind).toBe('interrupted');
    expect(await notices.next()).toEqual({ kind: 'resumed', isComplete: false });
    await raw.collection<RawRow>('Game').insertOne({ _id: 'g2' });
    let seen = await changes.next();
    while (seen.objectId !== 'g2') seen = await changes.next();
    expect(seen.kind).toBe('create');
  });

  it('goes on after the whole database was dropped', async () => {
    const { database, raw } = await openFailingDatabase();
    const catalogs = queueOf<ClassCatalog>((push) => database.onCatalog(push));
    const changes = queueOf<StoredChange>((push) => database.changes.listen(push));
    await raw.dropDatabase();
    expect([...(await catalogs.next()).classes.keys()]).toEqual([]);
    await raw.collection<RawRow>('_SCHEMA').insertOne({ ...GAME_ROW });
    await raw.collection<RawRow>('Game').insertOne({ _id: 'g1' });
    expect((await changes.next()).objectId).toBe('g1');
  });
});

describe('a server without change streams', () => {
  it('is asked for its classes every second', async () => {
    const games = await open([]);
    const source = new CatalogSource(
      new RowCommands(games.raw, { collectionPrefix: '', maxTimeMs: 1_000 }),
      () => undefined,
    );
    const catalogs = queueOf<ClassCatalog>((push) => source.onCatalog(push));
    source.startPolling();
    await catalogs.next();
    await games.raw.collection<RawRow>('_SCHEMA').insertOne({ ...GAME_ROW });
    expect([...(await catalogs.next()).classes.keys()]).toEqual(['Game']);
    source.close();
  });

  it('refuses subscriptions with the reason', () => {
    const feed = buildUnavailableFeed('a standalone server');
    expect([feed.isAvailable, feed.unavailableReason]).toEqual([false, 'a standalone server']);
  });
});
