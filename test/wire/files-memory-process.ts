import { createGateway } from '../../src/server/create-gateway.ts';
import { readSettings, requireDatabase } from '../../src/server/settings.ts';

/** What this process is asked for, and what it answers. */
export type MemoryRequest = 'begin' | 'end';
export interface MemoryAnswer {
  readonly url?: string;
  /** How much more was alive at the highest than at the beginning. */
  readonly grownBytes?: number;
}

const SAMPLE_MS = 1_000;

function answer(message: MemoryAnswer): void {
  process.send?.(message);
}

/** What is alive, on the heap and beside it: buffers are beside it. */
function liveBytes(): number {
  // Buffers found dead by one collection may be counted until the next.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const flags = JSON.parse(process.env['GATEWAY_TEST_FLAGS'] ?? '{}') as Record<string, string>;
const gateway = await createGateway({ settings: requireDatabase(readSettings(flags, {})) });
let before = 0;
let highest = 0;
let timer: NodeJS.Timeout | undefined;
process.on('message', (request: MemoryRequest) => {
  if (request === 'begin') {
    before = highest = liveBytes();
    timer = setInterval(() => (highest = Math.max(highest, liveBytes())), SAMPLE_MS);
    answer({});
  } else {
    clearInterval(timer);
    answer({ grownBytes: Math.max(highest, liveBytes()) - before });
  }
});
process.once('disconnect', () => {
  void gateway.close().finally(() => {
    process.exit(0);
  });
});
answer({ url: gateway.url });
