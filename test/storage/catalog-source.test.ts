import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClassCatalog } from '../../src/parse/class-schema.ts';
import { CatalogSource } from '../../src/storage/mongo/catalog-source.ts';
import { RowCommands } from '../../src/storage/mongo/row-commands.ts';
import { classRow, manyClassRows } from '../support/many-classes.ts';
import { openGameDatabase, type GameDatabase, type RawRow } from './open-game-database.ts';

const COUNT = 150;

let games: GameDatabase;
let source: CatalogSource;
let told: ClassCatalog[];

// A source of its own, read by hand: what follows the change stream reads when it will.
beforeEach(async () => {
  games = await openGameDatabase(manyClassRows(COUNT));
  const commands = new RowCommands(games.raw, { collectionPrefix: '', maxTimeMs: 5_000 });
  source = new CatalogSource(commands, () => undefined);
  told = [];
  source.onCatalog((catalog) => told.push(catalog));
  await source.read();
});

afterEach(async () => {
  source.close();
  await games.close();
});

async function replace(row: RawRow): Promise<void> {
  await games.raw.collection<RawRow>('_SCHEMA').replaceOne({ _id: row._id }, { ...row });
  await source.read();
}

/** The classes of the newest catalog that are not the very objects of the one before. */
function decodedAnew(before: ClassCatalog): readonly string[] {
  return [...source.catalog.classes.values()]
    .filter((schema) => before.classes.get(schema.className) !== schema)
    .map(({ className }) => className);
}

describe('a reading of the stored classes', () => {
  it('decodes the row that changed and keeps the classes of all others', async () => {
    const before = source.catalog;
    expect(before.classes.size).toBe(COUNT + 2);
    await replace(classRow(5, COUNT, 'number'));
    expect(decodedAnew(before)).toEqual(['Class5']);
    expect(source.catalog.classes.get('Class5')?.fields.get('changing')?.type.kind).toBe('Number');
    expect(told.length).toBe(2);
  });

  it('tells of nothing when nothing changed, however a row is spelled', async () => {
    const before = source.catalog;
    await source.read();
    const { _id, ...columns } = classRow(5, COUNT);
    await replace({ _id, ...Object.fromEntries(Object.entries(columns).reverse()) });
    expect(told).toEqual([before]);
    // A spelling of its own is no change for the readings that follow, either.
    await replace(classRow(6, COUNT, 'number'));
    expect(decodedAnew(before)).toEqual(['Class6']);
  });

  it('follows a class that goes and comes back', async () => {
    const rows = games.raw.collection<RawRow>('_SCHEMA');
    await rows.deleteOne({ _id: 'Class9' });
    await source.read();
    expect(source.catalog.classes.has('Class9')).toBe(false);
    await rows.insertOne({ ...classRow(9, COUNT) });
    await source.read();
    expect(source.catalog.classes.has('Class9')).toBe(true);
    expect(told.length).toBe(3);
  });

  it('keeps the configuration as one value while it stays the same', async () => {
    const configs = games.raw.collection<{ _id: number; config: object }>('_GraphQLConfig');
    await configs.insertOne({ _id: 1, config: { enabledForClasses: ['Class5'] } });
    await source.read();
    const { graphqlConfig } = source;
    expect(graphqlConfig).toEqual({ enabledForClasses: ['Class5'] });
    await replace(classRow(5, COUNT, 'number'));
    expect(source.graphqlConfig).toBe(graphqlConfig);
    await configs.deleteOne({ _id: 1 });
    await source.read();
    expect(source.graphqlConfig).toBeUndefined();
    expect(told.length).toBe(4);
  });
});
