import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparable } from './compare-answers.ts';
import { readCorpus } from './read-corpus.ts';
import { startPair, type Pair } from './start-pair.ts';

describe('reads answer as Parse Server does', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair();
  }, 120_000);
  afterAll(async () => {
    await pair.close();
  });

  it.for(readCorpus)('$title', async ({ document, caller, difference }) => {
    const isOrdered = document.includes('order:') || document.includes('nearSphere');
    const [theirs, ours] = await Promise.all([
      pair.askParseServer(document, caller),
      pair.askGateway(document, caller),
    ]);
    const [expected, answered] = [comparable(theirs, isOrdered), comparable(ours, isOrdered)];
    if (difference === undefined) {
      expect(answered).toEqual(expected);
    } else {
      expect(answered, difference.reason).toMatchObject(difference.right);
      expect(answered, 'no longer a difference: take it off the list').not.toEqual(expected);
    }
  });
});
