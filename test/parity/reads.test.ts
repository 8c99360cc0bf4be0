import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparable } from './compare-answers.ts';
import { sampleCatalog } from '../support/api-catalog.ts';
import { randomReads, readKnownValues } from './random-reads.ts';
import { readCorpus } from './read-corpus.ts';
import { startPair, type Pair } from './start-pair.ts';

const RANDOM_DOCUMENTS = 200;

describe('reads answer as Parse Server does', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair();
  }, 120_000);
  afterAll(async () => {
    await pair.close();
  });

  it.for(readCorpus)('$title', async ({ document, caller, variables, difference }) => {
    const isOrdered = document.includes('order:') || document.includes('nearSphere');
    const [theirs, ours] = await Promise.all([
      pair.askParseServer(document, caller, variables),
      pair.askGateway(document, caller, variables),
    ]);
    const [expected, answered] = [comparable(theirs, isOrdered), comparable(ours, isOrdered)];
    if (difference === undefined) {
      expect(answered).toEqual(expected);
    } else {
      expect(answered, difference.reason).toMatchObject(difference.right);
      expect(answered, 'no longer a difference: take it off the list').not.toEqual(expected);
    }
  });

  it('also for random documents', { timeout: 120_000 }, async () => {
    const seed = Number(process.env['FAST_CHECK_SEED'] ?? Date.now() % 1_000_000);
    const values = await readKnownValues(sampleCatalog, (document) =>
      pair.askGateway(document, 'master'),
    );
    const found = { documents: 0, rows: 0, refusals: 0 };
    await fc.assert(
      fc.asyncProperty(randomReads({ catalog: sampleCatalog, values }), async (read) => {
        const [theirs, ours] = await Promise.all([
          pair.askParseServer(read.document, read.caller),
          pair.askGateway(read.document, read.caller),
        ]);
        const [expected, answered] = [comparable(theirs, true), comparable(ours, true)];
        expect(answered, `${read.caller}: ${read.document}`).toEqual(expected);
        found.documents += 1;
        found.rows += JSON.stringify(answered.data).split('"objectId"').length - 1;
        found.refusals += answered.errors.length;
      }),
      { seed, numRuns: RANDOM_DOCUMENTS, endOnFailure: true },
    );
    process.stdout.write(`random reads: seed ${seed}, ${JSON.stringify(found)}\n`);
    expect(found.documents).toBe(RANDOM_DOCUMENTS);
    expect(found.rows).toBeGreaterThan(RANDOM_DOCUMENTS);
  });
});
