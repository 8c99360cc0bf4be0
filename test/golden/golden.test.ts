import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GOLDEN_FOLDER, readGoldenCases, recorded, stepsOf, type GoldenCase } from '../support/golden.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { ADA_SESSION, seedGoldenWorld } from './seed-golden-world.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({
    seed: seedGoldenWorld,
    settings: { serverURL: 'http://files.example/parse' },
  });
  // The session and its roles are read once and then remembered; what that costs is not the queries' own. Connections are made
  // when they are first needed at the same time, so that no later command waits for one.
  const reads = Array.from({ length: 8 }, (_, index) => `_${index}: teams(where: { budget: { equalTo: ${index} } }) { count }`);
  await gateway.graphql(`{ ${reads.join(' ')} }`, undefined, headersOf('ada'));
});

afterAll(async () => {
  await gateway.close();
});

function headersOf(caller: GoldenCase['caller']): Readonly<Record<string, string>> {
  if (caller === 'master') return { 'x-parse-master-key': gateway.masterKey };
  return caller === 'ada' ? { 'x-parse-session-token': ADA_SESSION } : {};
}

const cases = readGoldenCases();

describe('query, result and database commands, side by side', () => {
  it.each(cases)('$name: $title', async ({ name, document, caller, mostCommands }) => {
    gateway.takeCommands();
    const result = await gateway.graphql(document, undefined, headersOf(caller));
    const commands = gateway.takeCommands();
    expect(result.errors).toBeUndefined();
    const steps = stepsOf(commands);
    expect(commands.length, JSON.stringify(steps)).toBeLessThanOrEqual(mostCommands);
    expect(result).toEqual(recorded(name, 'result', result));
    expect(steps).toEqual(recorded(name, 'commands', steps));
  });

  it('each folder holds these three files and no other', () => {
    for (const { name } of cases) {
      expect(readdirSync(`${GOLDEN_FOLDER}${name}`).sort(), name).toEqual([
        'commands.json',
        'query.graphql',
        'result.json',
      ]);
    }
  });
});
