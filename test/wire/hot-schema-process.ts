/** A gateway over the database of the first argument in a process of its own, measured; obeys the lines it is sent until its input ends. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pino } from 'pino';
import { createGateway } from '../../src/server/create-gateway.ts';
import { readSettings, requireDatabase } from '../../src/server/settings.ts';

const [databaseURI = ''] = process.argv.slice(2);

/** Nanoseconds the main thread has run, where the system tells; else the clock, which counts other processes' turns, too. */
function ownTimeMs(): number {
  try {
    const schedule = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8');
    return Number(schedule.split(' ')[0]) / 1e6;
  } catch {
    return performance.now();
  }
}

let longest = { ownMs: 0, wallMs: 0 };
let last = { ownMs: ownTimeMs(), wallMs: performance.now() };
// One turn of the event loop lies between two ticks, as the timer is due in every turn.
setInterval(() => {
  const now = { ownMs: ownTimeMs(), wallMs: performance.now() };
  longest = {
    ownMs: Math.max(longest.ownMs, now.ownMs - last.ownMs),
    wallMs: Math.max(longest.wallMs, now.wallMs - last.wallMs),
  };
  last = now;
}, 1);

async function readHeapBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await nextTurn();
  }
  return process.memoryUsage().heapUsed;
}

const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const settings = requireDatabase(
  readSettings(
    { databaseURI, appId: 'a', masterKey: 'm', port: '0', host: '127.0.0.1', silent: 'true' },
    {},
  ),
);
const destination = {
  write: (line: string) => {
    if (line.includes('"API built"')) say({ isBuilt: true });
  },
};
const gateway = await createGateway({ settings, log: pino({ level: 'info' }, destination) });
say({ url: gateway.url });

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'heap') say({ heapBytes: await readHeapBytes() });
  if (line === 'stall') {
    say(longest);
    longest = { ownMs: 0, wallMs: 0 };
  }
}
await gateway.close();
process.exit();
