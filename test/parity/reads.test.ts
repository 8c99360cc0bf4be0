import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparable } from './compare-answers.ts';
import { compareRead } from './compare-read.ts';
import { sampleCatalog } from '../support/api-catalog.ts';
import { everyOperator } from './every-operator.ts';
import { randomReads, readKnownValues } from './random-reads.ts';
import { readCorpus } from './read-corpus.ts';
import { printRead } from './read-document.ts';
import { startPair, type Pair } from './start-pair.ts';

const RANDOM_DOCUMENTS = Number(process.env['READ_PARITY_CASES'] ?? 200);
/** The same for every plain run, so that it fails for what was changed only; another for each long run. */
const SEED = Number(
  process.env['READ_PARITY_SEED'] ?? (RANDOM_DOCUMENTS > 200 ? Date.now() % 2 ** 31 : 5),
);

describe('reads answer as Parse Server does', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair();
  }, 120_000);
  afterAll(async () => {
    await pair.close();
  });

  it.for([...readCorpus, ...everyOperator])(
    '$title',
    async ({ document, caller, variables, difference }) => {
      const isOrdered = /\border:|nearSphere/.test(document);
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
    },
  );

  it(
    'also for random documents, page by page',
    { timeout: 240_000 + RANDOM_DOCUMENTS * 1_000 },
    async () => {
      const values = await readKnownValues(sampleCatalog, (document) =>
        pair.askGateway(document, 'master'),
      );
      const found = { documents: 0, variables: 0, laterPages: 0, rows: 0, refusals: 0 };
      await fc.assert(
        fc.asyncProperty(randomReads({ catalog: sampleCatalog, values }), async (read) => {
          const answers = await compareRead(pair, read);
          found.documents += 1;
          found.laterPages += answers.length - 1;
          if (Object.keys(printRead(read.root).variables).length > 0) found.variables += 1;
          for (const { data, errors } of answers) {
            found.rows += JSON.stringify(data).split('"objectId"').length - 1;
            found.refusals += errors.length;
          }
        }),
        { seed: SEED, numRuns: RANDOM_DOCUMENTS, endOnFailure: true },
      );
      process.stdout.write(`random reads: READ_PARITY_SEED=${SEED}, ${JSON.stringify(found)}\n`);
      expect(found.documents).toBe(RANDOM_DOCUMENTS);
      expect(found.rows).toBeGreaterThan(RANDOM_DOCUMENTS);
      // None of them may be so rare that a run goes without.
      expect(Math.min(found.variables, found.laterPages, found.refusals)).toBeGreaterThan(0);
    },
  );
});
