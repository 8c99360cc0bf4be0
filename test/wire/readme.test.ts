import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorsTable, settingsTable } from '../support/print-readme-tables.ts';
import { withDatabase } from '../support/start-gateway.ts';
import { startStore, type TestStore } from '../support/start-store.ts';

const root = new URL('../..', import.meta.url).pathname;
const readme = await readFile(join(root, 'README.md'), 'utf8');

/** The README's fenced shell blocks, by the word behind `sh`. */
function blocks(kind: string): readonly string[] {
  return [...readme.matchAll(/^```sh (\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, word]) => word === kind)
    .map(([, , text]) => text ?? '');
}

/** What the README writes and what a test may use instead: its ports and folders. */
let places: readonly (readonly [written: string, used: string])[];
let folder: string;
let store: TestStore;
const background: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-readme-'));
  store = startStore();
  const [port, storePort] = [await freePort(), await freePort()];
  places = [
    ['mongodb://localhost:27017/parse', `'${withDatabase(store.uri, store.databaseName)}'`],
    ['localhost:4000', `localhost:${port}`],
    ['27018', String(storePort)],
    ['/tmp/', `${folder}/`],
  ];
  await provideCurl();
});

afterAll(async () => {
  for (const child of background) stop(child, 'SIGKILL');
  await store.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}

/** Machines without curl get one that knows what the README uses of it. */
async function provideCurl(): Promise<void> {
  if (spawnSync('curl', ['--version']).status === 0) return;
  const script = `#!/usr/bin/env node
const [url, ...rest] = process.argv.slice(2).filter((word) => word !== '-s');
const after = (flag) => rest.flatMap((word, at) => (rest[at - 1] === flag ? [word] : []));
const headers = after('-H').map((header) => header.split(': '));
fetch(url, { method: 'POST', headers, body: after('-d')[0] })
  .then((response) => response.text())
  .then((text) => process.stdout.write(text));
`;
  await writeFile(join(folder, 'curl'), script);
  await chmod(join(folder, 'curl'), 0o755);
}

function environment(): NodeJS.ProcessEnv {
  const port = /localhost:(\d+)/.exec(
    places.find(([written]) => written.endsWith(':4000'))![1],
  )![1];
  const { PATH = '', HOME } = process.env;
  return {
    PATH: `${PATH}:${folder}`,
    HOME,
    PORT: port,
    GATEWAY_DATA_DIR: join(folder, 'data'),
    PARSE_SERVER_HOST: '127.0.0.1',
  };
}

function shell(text: string): ChildProcess {
  const command = places.reduce((line, [written, used]) => line.replaceAll(written, used), text);
  // A process group of its own, so that npm and what it started can be ended together.
  return spawn('bash', ['-euo', 'pipefail', '-c', command], {
    cwd: root,
    env: environment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function run(text: string): Promise<string> {
  const child = shell(text);
  let out = '';
  let errors = '';
  child.stdout!.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
  child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
  await once(child, 'close');
  expect(child.exitCode, `${text}\n${out}${errors}`).toBe(0);
  return out;
}

/** Starts what keeps running; resolves with its lines up to the one that says it is ready. */
async function start(text: string, ready: RegExp): Promise<readonly string[]> {
  const child = shell(text);
  background.push(child);
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    lines.push(line);
    if (ready.test(line)) return lines;
  }
  throw new Error(`${text} ended before it was ready:\n${lines.join('\n')}`);
}

function stop(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function stopLast(signal: NodeJS.Signals): Promise<void> {
  const child = background.pop()!;
  const closed = once(child, 'close');
  stop(child, signal);
  await closed;
}

async function folderBytes(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(path, name)).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

const READY = /^GraphQL and GraphiQL: http/;

describe('the README', () => {
  it('lists the settings and the error codes that there are', () => {
    expect(/<!-- settings -->\n\n([\s\S]*?)\n\n<!-- \/settings -->/.exec(readme)?.[1]).toBe(
      settingsTable(),
    );
    expect(/<!-- errors -->\n\n([\s\S]*?)\n\n<!-- \/errors -->/.exec(readme)?.[1]).toBe(
      errorsTable(),
    );
  });

  it('has no command that nothing runs', async () => {
    const kinds = [...readme.matchAll(/^```(\S.*)$/gm)].map(([, info]) => info);
    expect([...new Set(kinds)].sort()).toEqual([
      'sh ci',
      'sh existing',
      'sh run',
      'sh server',
      'sh store',
    ]);
    const ci = await readFile(join(root, '.ci/run'), 'utf8');
    for (const line of blocks('ci').join('').trim().split('\n')) expect(ci).toContain(line);
  });
});

describe('a newcomer who follows the README', { timeout: 180_000 }, () => {
  const [server = ''] = blocks('server');

  it('gets the demo, also when the first import was killed in the middle', async () => {
    const cut = shell(server);
    const data = join(folder, 'data');
    await expect
      .poll(() => folderBytes(data), { timeout: 60_000, interval: 50 })
      .toBeGreaterThan(20e6);
    stop(cut, 'SIGKILL');
    await once(cut, 'close');

    const startMs = performance.now();
    const lines = await start(server, READY);
    expect(performance.now() - startMs).toBeLessThan(60_000);
    const [, objects = ''] =
      /^imported ([\d,]+) objects/.exec(lines.find((line) => line.startsWith('imported')) ?? '') ??
      [];
    expect(Number(objects.replaceAll(',', ''))).toBeGreaterThan(100_000);
    const [, masterKey] =
      /master key (\S+)$/.exec(lines.find((line) => line.startsWith('Demo:')) ?? '') ?? [];
    expect(masterKey).toBe((await readFile(join(data, 'master-key'), 'utf8')).trim());
    expect((await stat(join(data, 'master-key'))).mode & 0o777).toBe(0o600);
  });

  it('gets what the requests promise', async () => {
    const requests = blocks('run').filter((text) => text.startsWith('curl'));
    const answers = await Promise.all(requests.map(run));
    const [switzerland, cleo] = answers.map((text) => JSON.parse(text) as unknown);
    expect(switzerland).toMatchObject({
      data: {
        countries: { edges: [{ node: { name: 'Switzerland', capital: { name: 'Bern' } } }] },
      },
    });
    expect(cleo).toEqual({
      data: {
        viewer: { user: { username: 'cleo', email: 'cleo@example.com' } },
        travelNotes: { count: 20 },
      },
    });
  });

  it('keeps the data over kill -9, starts again in seconds, and alone', async () => {
    await stopLast('SIGKILL');
    const startMs = performance.now();
    const lines = await start(server, READY);
    // Five seconds are promised; a test machine may be busy with the other tests.
    expect(performance.now() - startMs).toBeLessThan(15_000);
    expect(lines.some((line) => line.startsWith('imported'))).toBe(false);
    const [request = ''] = blocks('run');
    expect(await run(request)).toContain('Switzerland');
    const second = shell(server);
    let errors = '';
    second.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
    await once(second, 'close');
    expect(second.exitCode).toBe(1);
    expect(errors).toContain('is in use by another process');
    await stopLast('SIGTERM');
  });

  it('serves an existing database', async () => {
    const [existing = ''] = blocks('existing');
    await start(existing, READY);
    await stopLast('SIGTERM');
  });

  it('uses the command line and the store', async () => {
    await start(blocks('store')[0]!, /^mongodb:/);
    for (const text of blocks('run').filter((each) => !each.startsWith('curl'))) await run(text);
    expect(await readFile(join(folder, 'parse.graphql'), 'utf8')).toContain(
      'type Place implements',
    );
    expect(await readFile(join(folder, 'api.graphql'), 'utf8')).toContain(
      'type Employee implements',
    );
    await stopLast('SIGTERM');
  });
});
