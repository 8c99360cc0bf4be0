import { once } from 'node:events';
import { MongoClient, ObjectId, type Db } from 'mongodb';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openMongoDatabase } from '../../src/storage/mongo/mongo-database.ts';
import { startHoldingProxy } from '../support/holding-proxy.ts';
import { runCommandLine, startCommandLine } from '../support/run-command-line.ts';
import { withDatabase } from '../support/start-gateway.ts';
import { startStore, type TestStore } from '../support/start-store.ts';

const DAY_S = 86_400;
const MASTER_KEY = 'clean-files-master-key';
let store: TestStore;
let uri: string;
let mongo: MongoClient;
let database: Db;

beforeAll(async () => {
  store = startStore();
  uri = withDatabase(store.uri, store.databaseName);
  mongo = await MongoClient.connect(uri);
  database = mongo.db();
  await database.collection('fs.chunks').createIndex({ files_id: 1, n: 1 }, { unique: true }, {});
});

afterEach(async () => {
  await database.collection('fs.chunks').deleteMany({});
  await database.collection('fs.files').deleteMany({});
});

afterAll(async () => {
  await mongo.close();
  await store.close();
});

/** The id of a file that was begun so long ago. */
function idFrom(agoSeconds: number): ObjectId {
  const id = new ObjectId().toHexString();
  const began = Math.floor(Date.now() / 1000) - agoSeconds;
  return new ObjectId(began.toString(16).padStart(8, '0') + id.slice(8));
}

async function addParts(fileId: unknown, count: number, first = 0): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => ({
    files_id: fileId,
    n: first + index,
    data: Buffer.from('part'),
  }));
  await database.collection('fs.chunks').insertMany(rows);
}

async function addFile(fileId: ObjectId): Promise<void> {
  await database.collection('fs.files').insertOne({ _id: fileId, length: 4, filename: 'whole' });
}

async function partsLeft(): Promise<ReadonlyMap<string, number>> {
  const rows = await database.collection('fs.chunks').find().toArray();
  const left = new Map<string, number>();
  for (const { files_id: id } of rows) left.set(String(id), (left.get(String(id)) ?? 0) + 1);
  return left;
}

const clean = (...flags: readonly string[]) =>
  runCommandLine(['clean-files', '--databaseURI', uri, ...flags]);

it('removes parts of no file that are a day old, and nothing else', async () => {
  const whole = idFrom(2 * DAY_S);
  const young = idFrom(DAY_S - 600);
  const [old, headless] = [idFrom(DAY_S + 600), idFrom(30 * DAY_S)];
  await addParts(whole, 3);
  await addFile(whole);
  await addParts(young, 2);
  await addParts('a name', 1);
  await addParts({ of: 'another program' }, 1);
  await addParts(old, 3);
  await addParts(headless, 2, 7);
  const before = await partsLeft();

  expect(await clean('--dry-run')).toEqual({
    code: 0,
    out: 'would remove 5 parts of 2 unfinished uploads from more than 24 hours ago\n',
    errors: '',
  });
  expect(await partsLeft()).toEqual(before);

  expect(await clean()).toEqual({
    code: 0,
    out: 'removed 5 parts of 2 unfinished uploads from more than 24 hours ago\n',
    errors: '',
  });
  const kept = [String(whole), String(young), 'a name', '[object Object]'];
  expect(new Set((await partsLeft()).keys())).toEqual(new Set(kept));
  expect(await database.collection('fs.files').countDocuments()).toBe(1);
});

it('looks at a thousand parts at a time, and not at all parts of a large file', async () => {
  const [first, large, between, last] = [9, 8, 7, 6].map((days) => idFrom(days * DAY_S));
  await addParts(first, 1_300);
  await addParts(large, 2_600);
  await addFile(large!);
  await addParts(between, 10);
  await addParts(last, 1_000);
  const commands: string[] = [];
  const opened = await openMongoDatabase({
    uri,
    onCommand: ({ name, collection }) => commands.push(`${name} ${collection}`),
  });
  const remove = async (isDryRun: boolean) => {
    commands.length = 0;
    const startedBefore = new Date(Date.now() - DAY_S * 1000);
    const found = await opened.files.removeUnfinished({ startedBefore, isDryRun });
    return { ...found, commands: commands.filter((command) => command.includes(' fs.')) };
  };

  expect(await remove(true)).toEqual({
    fileCount: 3,
    partCount: 2_310,
    commands: [1, 2, 3, 4].flatMap(() => ['find fs.chunks', 'find fs.files']),
  });
  const { commands: sent, ...removed } = await remove(false);
  expect(removed).toEqual({ fileCount: 3, partCount: 2_310 });
  expect(sent.filter((command) => command === 'delete fs.chunks').length).toBeLessThanOrEqual(4);
  expect(await partsLeft()).toEqual(new Map([[String(large), 2_600]]));
  expect(await remove(false)).toMatchObject({ fileCount: 0, partCount: 0 });
  await opened.close();
});

it('removes what an upload has left whose gateway was killed', { timeout: 60_000 }, async () => {
  const proxy = await startHoldingProxy(store.uri, ({ insert }) => insert === 'fs.files');
  const gateway = startCommandLine(['serve'], {
    PARSE_SERVER_DATABASE_URI: proxy.uriOf(store.databaseName),
    PARSE_SERVER_APPLICATION_ID: 'killed',
    PARSE_SERVER_MASTER_KEY: MASTER_KEY,
    PARSE_SERVER_HOST: '127.0.0.1',
    PORT: '0',
  });
  const url = await new Promise<string>((resolve) => {
    let output = '';
    gateway.stdout.on('data', (text: Buffer) => {
      output += text.toString('utf8');
      const [, address] = /GraphQL and GraphiQL: (\S+)/.exec(output) ?? [];
      if (address !== undefined) resolve(address);
    });
  });
  const form = new FormData();
  const query =
    'mutation ($file: Upload!) { createFile(input: { upload: $file }) { fileInfo { name } } }';
  form.set('operations', JSON.stringify({ query, variables: { file: null } }));
  form.set('map', JSON.stringify({ 0: ['variables.file'] }));
  form.set('0', new Blob([new Uint8Array(600_000)], { type: 'text/plain' }), 'lost.txt');
  const answer = fetch(url, {
    method: 'POST',
    headers: { 'x-parse-application-id': 'killed', 'x-parse-master-key': MASTER_KEY },
    body: form,
  });
  expect(await Promise.race([proxy.held.then(() => 'held'), answer])).toBe('held');
  gateway.kill('SIGKILL');
  await once(gateway, 'exit');
  await expect(answer).rejects.toThrow();
  expect([...(await partsLeft()).values()]).toEqual([3]);
  expect(await database.collection('fs.files').countDocuments()).toBe(0);

  // It may still be on its way, as far as anybody else can tell.
  expect((await clean()).out).toMatch(/^removed 0 parts of 0 unfinished uploads/);
  await database
    .collection('fs.chunks')
    .updateMany({}, { $set: { files_id: idFrom(DAY_S + 600) } });
  expect((await clean()).out).toMatch(/^removed 3 parts of 1 unfinished upload from/);
  expect((await partsLeft()).size).toBe(0);
  await proxy.close();
});

it('needs a database', async () => {
  const { code, errors } = await runCommandLine(['clean-files']);
  expect(code).toBe(2);
  expect(errors).toContain('PARSE_SERVER_DATABASE_URI');
});
