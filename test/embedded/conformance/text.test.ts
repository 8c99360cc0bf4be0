import type { Collection } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, refusalCode, type OpenDatabase } from './open-database.ts';

interface Article {
  readonly _id: number;
  readonly title: string;
  readonly body?: string;
}

const ARTICLES: readonly Article[] = [
  { _id: 1, title: 'Coffee shop', body: 'We sell coffee and cake' },
  { _id: 2, title: 'Tea house', body: 'Green tea, black tea' },
  { _id: 3, title: 'Café Central', body: 'Vienna coffee house culture' },
  { _id: 4, title: 'Bakery', body: 'Cakes and bread; the shop sells no drinks' },
  { _id: 5, title: 'Empty' },
];

let open: OpenDatabase;
let articles: Collection<Article>;

beforeAll(async () => {
  open = await openDatabase();
  articles = open.database.collection<Article>('articles');
  await articles.createIndex({ title: 'text', body: 'text' }, { weights: { title: 10 } }, {});
  await articles.insertMany(ARTICLES.map((article) => ({ ...article })));
});

afterAll(async () => {
  await open.close();
});

async function search(text: Record<string, unknown>): Promise<readonly number[]> {
  const found = await articles.find({ $text: text as { $search: string } }).toArray();
  return found.map(({ _id }) => _id).sort();
}

describe('$text', () => {
  test.each([
    ['one word, in any case', { $search: 'COFFEE' }, [1, 3]],
    ['any of several words', { $search: 'tea bread' }, [2, 4]],
    ['word stems', { $search: 'cake' }, [1, 4]],
    ['a phrase', { $search: '"coffee house"' }, [3]],
    ['a phrase in any case', { $search: '"Green TEA"' }, [2]],
    ['a negated word', { $search: 'coffee -vienna' }, [1]],
    ['only negated words, which finds nothing', { $search: '-vienna' }, []],
    ['no word at all', { $search: '' }, []],
    ['stop words, which are not indexed', { $search: 'the and' }, []],
    ['letters without their accents', { $search: 'cafe' }, [3]],
    ['accents when they matter', { $search: 'cafe', $diacriticSensitive: true }, []],
    ['accents that are there', { $search: 'café', $diacriticSensitive: true }, [3]],
    ['case when it matters', { $search: 'Coffee', $caseSensitive: true }, [1]],
  ])('finds %s', async (_claim, text, expected) => {
    expect(await search(text)).toEqual(expected);
  });

  test('orders by score, a heavier field first', async () => {
    const found = await articles
      .find({ $text: { $search: 'coffee' } })
      .project<{ _id: number; score: number }>({ score: { $meta: 'textScore' } })
      .sort({ score: { $meta: 'textScore' } })
      .toArray();
    expect(found.map(({ _id }) => _id)).toEqual([1, 3]);
    expect(found[0]!.score).toBeGreaterThan(found[1]!.score);
    expect(found[1]!.score).toBeGreaterThan(0);
  });

  test('works as the first $match of an aggregation, with its score', async () => {
    const found = await articles
      .aggregate([
        { $match: { $text: { $search: 'tea' } } },
        { $project: { score: { $meta: 'textScore' } } },
      ])
      .toArray();
    expect(found).toEqual([{ _id: 2, score: expect.any(Number) as number }]);
  });

  test('is combined with other conditions', async () => {
    const found = await articles.find({ $text: { $search: 'coffee' }, _id: { $gt: 1 } }).toArray();
    expect(found.map(({ _id }) => _id)).toEqual([3]);
  });

  test('follows updates and deletes', async () => {
    const rows = open.database.collection<Article>('moving');
    await rows.createIndex({ title: 'text' });
    await rows.insertOne({ _id: 1, title: 'river' });
    await rows.updateOne({ _id: 1 }, { $set: { title: 'mountain' } });
    expect(await rows.countDocuments({ $text: { $search: 'river' } })).toBe(0);
    expect(await rows.countDocuments({ $text: { $search: 'mountains' } })).toBe(1);
    await rows.deleteOne({ _id: 1 });
    expect(await rows.countDocuments({ $text: { $search: 'mountain' } })).toBe(0);
  });

  test('needs a text index, of which a collection has one', async () => {
    const bare = open.database.collection('bare');
    await bare.insertOne({ title: 'x' });
    expect(await refusalCode(bare.find({ $text: { $search: 'x' } }).toArray())).toBe(27);
    expect(await refusalCode(articles.createIndex({ other: 'text' }))).toBe(85);
  });
});
