import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ParityDocument } from './access-document.ts';
import { startAccessPair, type AccessPair } from './access-pair.ts';
import { parityWorld, type ParityWorld } from './access-world.ts';
import { findDisagreement, type Disagreement, type Reason } from './find-disagreement.ts';
import { parityDocument } from './random-documents.ts';

/** Documents a world is asked; a case is one document of one caller in one world. */
const DOCUMENTS = 100;
/** Cases of one seed. A run of more takes as many seeds, one after the other, so that it can be taken up again at any of them. */
const CASES_OF_A_SEED = 2_000;
const CASES = Number(process.env['ACCESS_PARITY_CASES'] ?? CASES_OF_A_SEED);
const IS_LONG = CASES > CASES_OF_A_SEED;
/** The same for every plain run, so that it fails for what was changed only; others for each long run. */
const FIRST_SEED = Number(
  process.env['ACCESS_PARITY_SEED'] ?? (IS_LONG ? Date.now() % 2 ** 31 : 5),
);
/** Where in the run of the first seed to begin: what fast-check prints as `path`. */
const PATH = process.env['ACCESS_PARITY_PATH'];
const AT_ONCE = 8;
/** A hundred times what a case takes on an idle machine: long runs share theirs. */
const LONGEST_CASE_MS = 2_000;

const RUNS = Array.from({ length: Math.ceil(CASES / CASES_OF_A_SEED) }, (_, index) => ({
  seed: FIRST_SEED + index,
  cases: Math.min(CASES_OF_A_SEED, CASES - index * CASES_OF_A_SEED),
  path: index === 0 ? PATH : undefined,
}));

let pair: AccessPair;
beforeAll(async () => {
  pair = await startAccessPair();
}, 120_000);
afterAll(async () => {
  await pair.close();
});

async function disagreements(
  world: ParityWorld,
  documents: readonly ParityDocument[],
  note: (reason: Reason) => void,
): Promise<readonly Disagreement[]> {
  const installed = await pair.install(world);
  try {
    const waiting = [...documents];
    const found: Disagreement[] = [];
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const one = await findDisagreement(installed, next, note);
        if (one !== undefined) found.push(one);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return found;
  } finally {
    await installed.close();
  }
}

/** A line for each world of a long run: it is silent for minutes otherwise. */
function tellProgress(seed: number, done: number, of: number): void {
  if (IS_LONG) process.stderr.write(`seed ${seed}: ${done} of ${of} cases\n`);
}

describe('access as Parse Server decides it', () => {
  it.each(RUNS)(
    'is the same in $cases random cases (ACCESS_PARITY_SEED=$seed)',
    async ({ seed, cases, path }) => {
      const seen = new Map<Reason, number>();
      let done = 0;
      const documents = fc.array(parityDocument, { minLength: DOCUMENTS, maxLength: DOCUMENTS });
      await fc.assert(
        fc.asyncProperty(parityWorld, documents, async (world, asked) => {
          const found = await disagreements(world, asked, (reason) => {
            seen.set(reason, (seen.get(reason) ?? 0) + 1);
          });
          done += asked.length;
          tellProgress(seed, done, cases);
          const [first] = found;
          expect(first?.ours, `${JSON.stringify(first)} in ${JSON.stringify(world)}`).toEqual(
            first?.theirs,
          );
        }),
        {
          numRuns: Math.ceil(cases / DOCUMENTS),
          seed,
          ...(path !== undefined && { path }),
          endOnFailure: true,
          reporter: (run) => {
            if (!run.failed) return;
            const cause = run.errorInstance instanceof Error ? run.errorInstance.message : '';
            throw new Error(
              `ACCESS_PARITY_SEED=${run.seed} ACCESS_PARITY_PATH=${run.counterexamplePath ?? ''}: ${cause}`,
            );
          },
        },
      );
      // Differences are allowed, not usual: most cases agree word for word.
      const total = [...seen.values()].reduce((sum, count) => sum + count, 0);
      expect(total).toBeLessThan(cases / 5);
    },
    CASES_OF_A_SEED * LONGEST_CASE_MS,
  );
});
