import { fork, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CREATE_FILE } from '../support/files-gateway.ts';
import { seedFilesWorld } from '../support/seed-files-world.ts';
import { withDatabase } from '../support/start-gateway.ts';
import { startStore, type TestStore } from '../support/start-store.ts';
import type { MemoryAnswer, MemoryRequest } from './files-memory-process.ts';

/** `FILE_MEGABYTES=200` for the figure in the README. */
const FILE_BYTES = Number(process.env['FILE_MEGABYTES'] ?? 64) * 1024 ** 2;
const MOST_GROWN_BYTES = 30 * 1024 ** 2;

let store: TestStore;
let child: ChildProcess;
let url: string;

beforeAll(async () => {
  store = startStore();
  const databaseURI = withDatabase(store.uri, store.databaseName);
  await seedFilesWorld(databaseURI);
  const flags = {
    databaseURI,
    appId: 'test-app',
    masterKey: 'test-master-key',
    maxUploadSize: '1gb',
    host: '127.0.0.1',
    port: '0',
    silent: 'true',
  };
  const script = fileURLToPath(new URL('files-memory-process.ts', import.meta.url));
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  child = fork(script, [], {
    execArgv: ['--expose-gc', '--import', tsx],
    env: { ...process.env, GATEWAY_TEST_FLAGS: JSON.stringify(flags) },
  });
  url = (await nextAnswer()).url!;
});
afterAll(async () => {
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
  await store.close();
});

async function nextAnswer(): Promise<MemoryAnswer> {
  const [answer] = (await once(child, 'message')) as [MemoryAnswer];
  return answer;
}

async function ask(message: MemoryRequest): Promise<MemoryAnswer> {
  const answer = nextAnswer();
  child.send(message);
  return answer;
}

/** How much more the gateway held at the highest while this ran. */
async function grownBy(run: () => Promise<void>): Promise<number> {
  await ask('begin');
  await run();
  return (await ask('end')).grownBytes!;
}

const piece = randomBytes(1024 ** 2);

/** The form with the file, piece by piece; `hash` hears the file. */
async function* form(
  hash: ReturnType<typeof createHash>,
  bytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  const operations = JSON.stringify({ query: CREATE_FILE, variables: { upload: null } });
  const field = (name: string, text: string) =>
    `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;
  yield Buffer.from(field('operations', operations) + field('map', '{"0":["variables.upload"]}'));
  yield Buffer.from('--b\r\nContent-Disposition: form-data; name="0"; filename="a.bin"\r\n\r\n');
  for (let sent = 0; sent < bytes; sent += piece.length) {
    hash.update(piece);
    yield piece;
  }
  yield Buffer.from('\r\n--b--\r\n');
  await Promise.resolve();
}

async function upload(bytes: number): Promise<{ readonly url: string; readonly digest: string }> {
  const hash = createHash('sha256');
  const sent = request(url, {
    method: 'POST',
    headers: {
      'x-parse-application-id': 'test-app',
      'x-parse-master-key': 'test-master-key',
      'content-type': 'multipart/form-data; boundary=b',
    },
  });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  await pipeline(Readable.from(form(hash, bytes)), sent);
  const [response] = await answered;
  let body = '';
  for await (const chunk of response) body += String(chunk);
  const [, fileUrl] = /"url":"([^"]+)"/.exec(body) ?? [];
  expect(fileUrl, body).toBeDefined();
  return { url: fileUrl!, digest: hash.digest('hex') };
}

async function open(address: string): Promise<IncomingMessage> {
  const [response] = (await once(request(address).end(), 'response')) as [IncomingMessage];
  return response;
}

it('a large file comes and goes through a gateway that hardly grows', async () => {
  // Code that runs for the first time takes memory, too.
  const small = await upload(piece.length);
  (await open(small.url)).resume();
  let stored = small;
  const grownByUpload = await grownBy(async () => {
    stored = await upload(FILE_BYTES);
  });
  const grownByDownload = await grownBy(async () => {
    // Readers that stand still must not make the gateway read ahead for them.
    const still = await Promise.all([open(stored.url), open(stored.url)]);
    const hash = createHash('sha256');
    await pipeline(await open(stored.url), hash);
    expect(hash.digest('hex')).toBe(stored.digest);
    for (const response of still) response.destroy();
  });
  const megabytes = (bytes: number) => Math.round(bytes / 1024 ** 2);
  if (process.env['FILE_MEGABYTES'] !== undefined) {
    process.stdout.write(
      `${megabytes(FILE_BYTES)} MB: +${megabytes(grownByUpload)} MB up, +${megabytes(grownByDownload)} MB down\n`,
    );
  }
  expect(grownByUpload).toBeLessThan(MOST_GROWN_BYTES);
  expect(grownByDownload).toBeLessThan(MOST_GROWN_BYTES);
}, 180_000);
