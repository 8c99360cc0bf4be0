import type { MongoClient } from 'mongodb';
import { assertCollectionData, writeInitialData } from './collection-data.ts';
import { createEntities } from './create-entities.ts';
import { DRIVER_DEVIATIONS } from './driver-deviations.ts';
import { EntityMap } from './entities.ts';
import { assertEventMatches } from './events.ts';
import { MismatchError, RefusedError, SkippedError } from './failures.ts';
import { runOperation } from './operations/run-operation.ts';
import {
  compareVersions,
  parseVersion,
  unmetRequirement,
  type ServerFacts,
} from './requirements.ts';
import type { RunContext } from './run-context.ts';
import type { ExpectedEvents, SpecFile, SpecTest } from './spec-file.ts';

/** The newest version of the format that the runner implements. */
export const SCHEMA_VERSION = '1.23';

/** What tests run against. */
export interface Deployment {
  readonly uri: string;
  readonly internalClient: MongoClient;
  readonly server: ServerFacts;
}

/** Why a test cannot run on this server; absent when it can. */
export function skipReason(
  file: SpecFile,
  test: SpecTest,
  server: ServerFacts,
): string | undefined {
  const [major] = parseVersion(file.schemaVersion);
  const isNewer =
    compareVersions(parseVersion(file.schemaVersion), parseVersion(SCHEMA_VERSION)) > 0;
  if (major !== 1 || isNewer) {
    return `needs version ${file.schemaVersion} of the format, the runner has ${SCHEMA_VERSION}`;
  }
  if (test.expectLogMessages !== undefined) {
    return 'needs log messages of the driver, which the driver keeps to itself';
  }
  return (
    test.skipReason ??
    DRIVER_DEVIATIONS[file.path]?.[test.description] ??
    unmetRequirement(file.runOnRequirements, server) ??
    unmetRequirement(test.runOnRequirements ?? [], server)
  );
}

/**
 * Runs one test from initial data to outcome, and leaves the server without its fail points and transactions.
 *
 * @throws MismatchError when an answer is wrong, RefusedError when the server refuses a step, SkippedError when it
 * cannot be run here, and any other Error when the runner does not know a word of the file.
 */
export async function runTest(
  file: SpecFile,
  test: SpecTest,
  deployment: Deployment,
): Promise<void> {
  const { internalClient, uri } = deployment;
  await writeInitialData(internalClient, file.initialData);
  const entities = new EntityMap();
  const context: RunContext = {
    uri,
    internalClient,
    entities,
    cleanUps: [],
    run: async (operation, onError) => runOperation(operation, context, onError),
  };
  try {
    await createEntities(file.createEntities, entities, uri).catch((error: unknown) => {
      throw error instanceof SkippedError ? error : new RefusedError('createEntities', error);
    });
    for (const operation of test.operations) await context.run(operation);
    for (const expected of test.expectEvents ?? []) assertEvents(expected, entities);
    await undo(context);
    await assertCollectionData(internalClient, test.outcome ?? []);
  } finally {
    await undo(context);
    await entities.close();
    if (mayLeaveTransactions(test)) await killSessions(internalClient);
  }
}

function assertEvents(expected: ExpectedEvents, entities: EntityMap): void {
  const monitor = expected.eventType ?? 'command';
  const observed = entities
    .log(expected.client)
    .observed.filter((event) => event.monitor === monitor);
  expected.events.forEach((wanted, index) => {
    const event = observed[index];
    const name = `event ${index} of ${expected.client}`;
    if (event === undefined) throw new MismatchError(`${name}: there is none`);
    try {
      assertEventMatches(wanted, event, entities);
    } catch (error) {
      if (error instanceof MismatchError) throw new MismatchError(`${name}: ${error.message}`);
      throw error;
    }
  });
  if (expected.ignoreExtraEvents === true || observed.length <= expected.events.length) return;
  const extra = observed
    .slice(expected.events.length)
    .map(({ kind, event }) => `${kind} ${String(Reflect.get(event, 'commandName'))}`);
  throw new MismatchError(`${expected.client} published more: ${extra.join(', ')}`);
}

async function undo(context: RunContext): Promise<void> {
  for (const cleanUp of context.cleanUps.splice(0).reverse()) await cleanUp();
}

function mayLeaveTransactions(test: SpecTest): boolean {
  return test.operations.some(({ name }) => ['startTransaction', 'withTransaction'].includes(name));
}

/** Servers that do not know the command, forbid it or interrupt themselves by it have no open transaction of ours. */
const HARMLESS_CODES = new Set([13, 59, 11601]);

async function killSessions(client: MongoClient): Promise<void> {
  try {
    await client.db('admin').command({ killAllSessions: [] });
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (typeof code !== 'number' || !HARMLESS_CODES.has(code)) throw error;
  }
}
