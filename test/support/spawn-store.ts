import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Memory of a store's process once it has been idle for a moment. */
export interface StoreMemory {
  readonly residentBytes: number;
  /** Without pages of mapped files, which the system takes back when it needs them; absent but on Linux. */
  readonly ownBytes: number | undefined;
}

/** A store that runs alone in a process of its own. */
export interface SpawnedStore {
  readonly uri: string;
  readonly pid: number;
  /** Milliseconds from the start of the store, not of the process, until it listened. */
  readonly startMs: number;
  /** Ends the process as a power cut would: no handler runs. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Lets the store flush and end. */
  close(): Promise<void>;
  memory(): Promise<StoreMemory>;
}

/** Starts `store-process.ts` over a data directory, on a free port unless one is named. @throws Error when it ends before it listens. */
export async function spawnStore(dataDirectory: string, port = 0): Promise<SpawnedStore> {
  const script = fileURLToPath(new URL('store-process.ts', import.meta.url));
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', tsx, script, dataDirectory, String(port)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<Record<string, unknown>> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('the store process ended');
    const parsed: unknown = JSON.parse(line.value);
    return parsed as Record<string, unknown>;
  };
  const { uri, startMs } = await nextLine();
  return {
    uri: String(uri),
    startMs: Number(startMs),
    pid: child.pid!,
    async kill() {
      await ended(child, () => child.kill('SIGKILL'));
    },
    async close() {
      await ended(child, () => child.stdin.end());
    },
    async memory() {
      child.stdin.write('memory\n');
      const { residentBytes, ownBytes } = await nextLine();
      return {
        residentBytes: Number(residentBytes),
        ownBytes: ownBytes === undefined ? undefined : Number(ownBytes),
      };
    },
  };
}

async function ended(child: ChildProcess, end: () => unknown): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  end();
  await exit;
}
