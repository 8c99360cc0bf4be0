import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparable } from './compare-answers.ts';
import { differenceOf, type AnswerPair, type DifferenceReason } from './access-differences.ts';
import { parityDocument, printDocument, type ParityDocument } from './access-document.ts';
import { startAccessPair, type AccessPair, type InstalledWorld } from './access-pair.ts';
import { parityWorld, type ParityWorld } from './access-world.ts';

/** Documents a world is asked; a case is one document of one caller in one world. */
const DOCUMENTS = 100;
const CASES = Number(process.env['ACCESS_PARITY_CASES'] ?? 2_000);
/** The same for every plain run, so that it fails for what was changed only; another for each long run. */
const SEED = Number(
  process.env['ACCESS_PARITY_SEED'] ?? (CASES > 2_000 ? Date.now() % 2 ** 31 : 5),
);
/** Where in the run of that seed to begin: what fast-check prints as `path`. */
const PATH = process.env['ACCESS_PARITY_PATH'];
const AT_ONCE = 8;

let pair: AccessPair;
beforeAll(async () => {
  pair = await startAccessPair();
}, 120_000);
afterAll(async () => {
  await pair.close();
});

async function ask(world: InstalledWorld, document: ParityDocument): Promise<AnswerPair> {
  const text = printDocument(document);
  const [theirs, ours] = await Promise.all([
    world.askParseServer(text, document.principal),
    world.askGateway(text, document.principal),
  ]);
  return { theirs: comparable(theirs, true), ours: comparable(ours, true) };
}

/** Takes allowed differences out of the document until the servers agree; what is left is none. */
async function disagreement(
  world: InstalledWorld,
  document: ParityDocument,
  note: (reason: DifferenceReason) => void,
): Promise<Disagreement | undefined> {
  const answers = await ask(world, document);
  if (JSON.stringify(answers.theirs) === JSON.stringify(answers.ours)) return undefined;
  const difference = differenceOf(document, answers);
  if (difference === undefined) {
    return { principal: document.principal, document: printDocument(document), ...answers };
  }
  note(difference.reason);
  return difference.rest && disagreement(world, difference.rest, note);
}

interface Disagreement extends AnswerPair {
  readonly principal: string;
  readonly document: string;
}

async function disagreements(
  world: ParityWorld,
  documents: readonly ParityDocument[],
  note: (reason: DifferenceReason) => void,
): Promise<readonly Disagreement[]> {
  const installed = await pair.install(world);
  try {
    const waiting = [...documents];
    const found: Disagreement[] = [];
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const one = await disagreement(installed, next, note);
        if (one !== undefined) found.push(one);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return found;
  } finally {
    await installed.close();
  }
}

describe('access as Parse Server decides it', () => {
  it(
    `is the same in ${CASES} random cases (ACCESS_PARITY_SEED=${SEED})`,
    async () => {
      const seen = new Map<DifferenceReason, number>();
      const documents = fc.array(parityDocument, { minLength: DOCUMENTS, maxLength: DOCUMENTS });
      await fc.assert(
        fc.asyncProperty(parityWorld, documents, async (world, asked) => {
          const found = await disagreements(world, asked, (reason) => {
            seen.set(reason, (seen.get(reason) ?? 0) + 1);
          });
          const [first] = found;
          expect(first?.ours, `${JSON.stringify(first)} in ${JSON.stringify(world)}`).toEqual(
            first?.theirs,
          );
        }),
        {
          numRuns: Math.ceil(CASES / DOCUMENTS),
          seed: SEED,
          ...(PATH !== undefined && { path: PATH }),
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
      expect(total).toBeLessThan(CASES / 5);
    },
    CASES * 100,
  );
});
