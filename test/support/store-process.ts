/** Runs one embedded store over the directory that is the first argument, on the port that is the second, until standard input ends. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createInterface } from 'node:readline';
import { createStore } from '../../src/embedded/create-store.ts';

const [dataDirectory, port = '0'] = process.argv.slice(2);
if (dataDirectory === undefined) throw new Error('usage: store-process DATA_DIRECTORY [PORT]');

const say = (line: Record<string, unknown>): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const start = performance.now();
const store = await createStore({ dataDirectory, port: Number(port) });
say({ uri: store.uri, startMs: performance.now() - start });

/** Resident memory without pages of mapped files, which the system takes back when it needs them; absent but on Linux. */
async function readOwnBytes(): Promise<number | undefined> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const kibibytes = /^RssAnon:\s+(\d+) kB$/mu.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'memory') continue;
  globalThis.gc?.();
  // The worker collects its own garbage when it is idle.
  await delay(1_500);
  say({ residentBytes: process.memoryUsage.rss(), ownBytes: await readOwnBytes() });
}
await store.close();
