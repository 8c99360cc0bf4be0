import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { spawnStore, type SpawnedStore } from '../support/spawn-store.ts';
import { temporaryDirectory } from '../support/store-location.ts';
import { openWsClient } from '../support/ws-client.ts';

let directory: string;
let store: SpawnedStore;
let test: TestGateway;

beforeAll(async () => {
  directory = await temporaryDirectory();
  store = await spawnStore(directory);
  test = await startGateway({ uri: store.uri });
});

afterAll(async () => {
  await test.close();
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

const read = '{ countries(first: 1) { edges { node { name } } } }';
const write = `mutation { createTravelNote(input: {fields: {title: "half"}}) { travelNote { objectId } } }`;
const notes = '{ travelNotes { count } }';

async function health(): Promise<number> {
  return (await fetch(new URL('/health', test.url))).status;
}

describe('a database that goes away', () => {
  it('is answered with code 2 while it is away, and is found again by itself', async () => {
    const master = { 'x-parse-master-key': test.masterKey };
    const before = await test.graphql(notes, {}, master);
    const port = new URL(store.uri).port;
    await store.kill();

    const answers = [
      await test.graphql(read),
      await test.graphql(write, {}, master),
      await test.graphql(read, {}, { 'x-parse-session-token': 'r:'.padEnd(34, '0') }),
    ];
    for (const { errors } of answers) {
      expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 2 }]);
    }
    expect(await health()).toBe(503);
    const socket = await openWsClient(test.wsUrl, {
      'X-Parse-Application-Id': test.appId,
      'X-Parse-Session-Token': 'r:'.padEnd(34, '0'),
    });
    expect(await socket.closed).toBe(1013);

    store = await spawnStore(directory, Number(port));
    await expect.poll(health, { timeout: 20_000, interval: 50 }).toBe(200);
    expect((await test.graphql(read)).errors).toBeUndefined();
    expect(await test.graphql(notes, {}, master)).toEqual(before);
  });
});
