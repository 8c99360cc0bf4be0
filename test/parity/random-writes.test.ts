import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parityWorld, type ParityWorld } from './access-world.ts';
import { comparable } from './compare-answers.ts';
import { printMutation, randomMutation, type RandomMutation } from './random-mutations.ts';
import { comparableValue, idsMade, storedChanges } from './stored-changes.ts';
import { allowedDifference, type Effect, type WriteDifference } from './write-differences.ts';
import { installationMutations, quietWorld } from './installation-mutations.ts';
import { sessionMutations } from './session-mutations.ts';
import { startWritePair, type Outcome, type WritableWorld, type WritePair } from './write-pair.ts';

/** Mutations of one world. */
const MUTATIONS = 32;
const WORLDS = Number(process.env['WRITE_PARITY_WORLDS'] ?? 5);
const IS_LONG = process.env['WRITE_PARITY_WORLDS'] !== undefined;
/** The same for every plain run, so that it fails for what was changed only; another for each long run. */
const SEED = Number(process.env['WRITE_PARITY_SEED'] ?? (IS_LONG ? Date.now() % 2 ** 31 : 7));
/** Far more than a mutation takes on an idle machine. */
const LONGEST_CASE_MS = 1_500;

let pair: WritePair;
beforeAll(async () => {
  pair = await startWritePair();
}, 120_000);
afterAll(async () => {
  await pair.close();
});

function effectOf({ answer, stored }: Outcome, { before }: WritableWorld): Effect {
  const { data, errors } = comparable(answer, true);
  return {
    answer: comparableValue(data, idsMade(before, stored)),
    codes: errors.map(({ code }) => code),
    messages: (answer.errors ?? []).map(({ message }) => message),
    changes: storedChanges(before, stored),
  };
}

function told({ answer, codes, changes }: Effect): string {
  return JSON.stringify({ answer, codes, changes });
}

/** Takes allowed differences out of the mutation until the servers agree; what is left is none. */
async function disagreement(
  world: WritableWorld,
  mutation: RandomMutation,
  note: (reason: WriteDifference) => void,
): Promise<object | undefined> {
  const document = printMutation(mutation);
  const outcome = await world.perform(document, mutation.principal);
  const [theirs, ours] = [effectOf(outcome.theirs, world), effectOf(outcome.ours, world)];
  if (told(theirs) === told(ours)) return undefined;
  const difference = allowedDifference(mutation, theirs, ours);
  if (difference === undefined) return { principal: mutation.principal, document, theirs, ours };
  note(difference.reason);
  return difference.rest && disagreement(world, difference.rest, note);
}

function targetsOf({ classes }: ParityWorld) {
  const of = ({ nextTarget, linksTarget }: ParityWorld['classes']['Alpha']) => ({
    next: nextTarget,
    links: linksTarget,
  });
  return { Alpha: of(classes.Alpha), Beta: of(classes.Beta), Gamma: of(classes.Gamma) };
}

const mutatedWorld = parityWorld.chain((world) =>
  fc.record({
    world: fc.constant(world),
    mutations: fc.array(randomMutation(targetsOf(world)), {
      minLength: MUTATIONS,
      maxLength: MUTATIONS,
    }),
  }),
);

it(
  `random mutations answer, store and refuse as Parse Server does (WRITE_PARITY_SEED=${SEED})`,
  async () => {
    const seen = new Map<WriteDifference, number>();
    const note = (reason: WriteDifference): void => {
      seen.set(reason, (seen.get(reason) ?? 0) + 1);
    };
    await fc.assert(
      fc.asyncProperty(mutatedWorld, async ({ world, mutations }) => {
        const installed = await pair.install(world);
        try {
          for (const mutation of mutations) {
            const found = await disagreement(installed, mutation, note);
            expect(found, JSON.stringify(world)).toBeUndefined();
          }
        } finally {
          await installed.close();
        }
      }),
      { numRuns: WORLDS, seed: SEED, endOnFailure: true },
    );
    // Differences are allowed, not usual.
    const total = [...seen.values()].reduce((sum, count) => sum + count, 0);
    expect(total, JSON.stringify([...seen])).toBeLessThan((WORLDS * MUTATIONS) / 5);
  },
  WORLDS * MUTATIONS * LONGEST_CASE_MS,
);

/** Where the servers do not agree about mutations of a world without objects. */
async function disagreements(mutations: readonly RandomMutation[]): Promise<readonly object[]> {
  const installed = await pair.install(quietWorld);
  const found: object[] = [];
  for (const mutation of mutations) {
    const one = await disagreement(installed, mutation, () => undefined);
    if (one !== undefined) found.push(one);
  }
  await installed.close();
  return found;
}

it('devices are told apart, merged and refused as Parse Server does', async () => {
  expect(await disagreements(installationMutations)).toEqual([]);
}, 200_000);

it('sessions are changed and ended by whom Parse Server lets', async () => {
  expect(await disagreements(sessionMutations)).toEqual([]);
}, 200_000);
