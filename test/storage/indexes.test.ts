import { afterEach, expect, it } from 'vitest';
import { CollectionCommands } from '../../src/storage/mongo/collection-commands.ts';
import { KnownIndexes } from '../../src/storage/mongo/known-indexes.ts';
import { openMongoDatabase } from '../../src/storage/mongo/mongo-database.ts';
import { openGameDatabase, type GameDatabase, type RawRow } from './open-game-database.ts';

const ROW: RawRow = { _id: 'Game', links: 'relation<Game>', owner: '*_User', rival: '*Game' };
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function open(
  row: RawRow,
  prepare: (raw: GameDatabase['raw']) => Promise<void>,
): Promise<GameDatabase> {
  const games = await openGameDatabase([row], { prepare });
  closers.push(() => games.close());
  return games;
}

async function keysOf(games: GameDatabase, name: string): Promise<readonly string[]> {
  const indexes = await games.raw.collection(name).listIndexes().toArray();
  return indexes.map((index: { readonly key?: object }) => Object.keys(index.key ?? {}).join());
}

it('what pages need is told of a database of others, in one line for all pointers', async () => {
  const games = await open(ROW, async (raw) => {
    await raw.collection('_Join:links:Game').insertOne({ owningId: 'a', relatedId: 'b' });
    await raw.collection('Game').createIndex({ _p_rival: -1, _id: 1, name: 1 });
  });
  const told = () => games.reports.filter((line) => line.includes('index')).toSorted();
  await expect
    .poll(told)
    .toEqual([
      '_Join:links:Game has no index on owningId, relatedId: a page of this relation reads all rows of the owner, or of the relation',
      '_Join:links:Game has no index on relatedId, owningId: a condition on this relation reads all of its rows',
      'pages of the objects that point at another read all of them, for want of an index on the pointer and _id: Game.owner',
    ]);
  expect(await keysOf(games, 'Game')).toEqual(['_id', '_p_rival,_id,name']);
});

it('names a dozen pointers and counts the others', async () => {
  const pointers = Array.from({ length: 14 }, (_, index) => [`p${index}`, '*Game'] as const);
  const games = await open({ _id: 'Game', ...Object.fromEntries(pointers) }, async (raw) => {
    await raw.collection<RawRow>('Game').insertOne({ _id: 'g' });
  });
  await expect
    .poll(() => games.reports.find((line) => line.includes('index')))
    .toMatch(/(Game\.p\d+, ){11}Game\.p\d+ and 2 more$/);
});

it('what pages need is made in a database of our own', async () => {
  const games = await open(ROW, () => Promise.resolve());
  const own = await openMongoDatabase({ uri: games.uri, ownsIndexes: true });
  closers.push(() => own.close());
  await expect.poll(() => keysOf(games, 'Game')).toEqual(['_id', '_p_owner,_id', '_p_rival,_id']);
  await expect
    .poll(() => keysOf(games, '_Join:links:Game'))
    .toEqual(['_id', 'owningId,relatedId', 'relatedId,owningId']);
});

it('an index serves only what every read may use and what begins with the keys asked for', async () => {
  const games = await open(ROW, async (raw) => {
    const game = raw.collection('Game');
    await game.createIndex({ a: 1, b: -1, c: 1 });
    await game.createIndex({ part: 1 }, { partialFilterExpression: { part: { $gt: 5 } } }, {});
    await game.createIndex({ word: 1 }, { collation: { locale: 'en', strength: 2 } }, {});
    await game.createIndex({ place: '2d' });
  });
  const collections = new CollectionCommands(games.raw, { collectionPrefix: '' });
  const known = new KnownIndexes(collections);
  const has = async (...keys: readonly string[]) => known.has('Game', keys);
  expect([await has('a'), await has('a', 'b'), await has('_id')]).toEqual([true, true, true]);
  for (const key of ['b', 'part', 'word', 'place'])
    expect([key, await has(key)]).toEqual([key, false]);
  await games.raw.collection('Game').createIndex({ later: 1 });
  expect(await has('later')).toBe(false);
  known.forget('Game');
  expect(await has('later')).toBe(true);
  expect(await known.has('Nowhere', ['a'])).toBe(false);
});
