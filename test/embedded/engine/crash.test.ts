import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createEngine } from '../../../src/embedded/engine/create-engine.ts';
import { temporaryFolder } from './open-engine.ts';

const PAIRS = { database: 'test', collection: 'pairs' };
const script = fileURLToPath(new URL('write-until-killed.ts', import.meta.url));

/** Runs the writer until it has acknowledged some pairs, kills it, and answers with the last one it acknowledged. */
async function writeAndKill(path: string, first: number, pairs: number): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, path, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  let last = first - 1;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    if (last >= first + pairs) child.kill('SIGKILL');
  }
  // Its output ends a moment before the process does.
  await exit;
  return last;
}

test('kill -9 loses no acknowledged commit and leaves none in halves', async () => {
  const path = temporaryFolder();
  let first = 0;
  for (const pairs of [5, 40]) {
    const last = await writeAndKill(path, first, pairs);
    expect(last).toBeGreaterThanOrEqual(first + pairs);
    const engine = createEngine({ path });
    try {
      const view = engine.read();
      const stored = [...view.find(PAIRS, {})].map(({ _id }) => String(_id));
      for (let pair = 0; pair <= last; pair += 1) expect(stored).toContain(`${pair}-a`);
      const halves = (name: string): number => stored.filter((id) => id.endsWith(name)).length;
      expect(halves('-a')).toBe(halves('-b'));
      expect(view.size(PAIRS)).toBe(stored.length);
      const indexed = [...view.find(PAIRS, { filter: { pair: { $gte: 0 } }, hint: 'pair_1' })];
      expect(indexed.length).toBe(stored.length);
      const told = [...engine.journal.after(engine.journal.oldest)].filter(
        ({ kind }) => kind === 'insert',
      );
      expect(told.length).toBe(stored.length);
      first = stored.length / 2;
    } finally {
      await engine.close();
    }
  }
}, 30_000);

test('a folder is open in one process at a time', async () => {
  const path = temporaryFolder();
  const child = spawn(process.execPath, ['--import', 'tsx', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  expect(() => createEngine({ path })).toThrow(`in use by process ${child.pid}`);
  child.kill('SIGKILL');
  await once(child, 'close');
  const engine = createEngine({ path });
  expect(engine.read().size(PAIRS)).toBeGreaterThan(0);
  await engine.close();
  expect(() => engine.read().size(PAIRS)).toThrow('the store is closed');
});
