import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { startOwnStore, type OwnStore } from '../../support/start-store.ts';
import { RefusedError, SkippedError } from './failures.ts';
import { KNOWN_FAILURES } from './known-failures.ts';
import { readServerFacts } from './requirements.ts';
import { runTest, skipReason, type Deployment } from './run-test.ts';
import { readSpecFiles, type SpecFile, type SpecTest } from './spec-file.ts';
import { Tally } from './tally.ts';

/** The share of tests that may stand in the list of known failures. */
const MOST_LISTED = 0.15;

/** MongoDB's files are not part of this repository; they lie beside a checkout, or where the variable says. */
const folder =
  process.env['MONGODB_SPEC_TESTS'] ??
  fileURLToPath(new URL('../../../../shared/mongodb-tests', import.meta.url));

const files = existsSync(folder) ? readSpecFiles(folder) : [];

const TIMEOUT_MS = 20_000;

describe.runIf(files.length > 0)("MongoDB's driver tests", () => {
  const tally = new Tally();
  let store: OwnStore | undefined;
  let deployment: Deployment | undefined;

  beforeAll(async () => {
    store = await startOwnStore();
    const internalClient = new MongoClient(store.uri);
    const server = await readServerFacts(internalClient);
    deployment = { uri: store.uri, internalClient, server };
  });

  afterAll(async () => {
    process.stdout.write(`\n${tally.summary()}\n`);
    await deployment?.internalClient.close();
    await store?.close();
  });

  for (const file of files) {
    describe(file.path, () => {
      for (const specTest of file.tests) {
        test(specTest.description, { timeout: TIMEOUT_MS }, async (context) => {
          await runCase(file, specTest, context, deployment!);
        });
      }
    });
  }

  test('at most 15 % of the tests stand in the list of known failures', () => {
    expect(tally.listedShare).toBeLessThanOrEqual(MOST_LISTED);
  });

  async function runCase(
    file: SpecFile,
    specTest: SpecTest,
    context: TestContext,
    on: Deployment,
  ): Promise<void> {
    const reason = skipReason(file, specTest, on.server);
    if (reason !== undefined) skip(reason, context);
    const known = KNOWN_FAILURES[file.path]?.[specTest.description];
    try {
      await runTest(file, specTest, on);
    } catch (error) {
      if (error instanceof SkippedError) skip(error.message, context);
      if (known && error instanceof RefusedError && error.code === known.refusedWith) {
        tally.list();
        return;
      }
      tally.fail();
      throw error;
    }
    if (known) {
      tally.fail();
      throw new Error('this test passes: remove it from known-failures.ts');
    }
    tally.pass();
  }

  function skip(reason: string, context: TestContext): never {
    tally.skip(reason);
    return context.skip(reason);
  }
});

test.skipIf(files.length > 0)("MongoDB's driver tests are present", (context) => {
  context.skip(`there are none in ${folder}; set MONGODB_SPEC_TESTS to run them`);
});
