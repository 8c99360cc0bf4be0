import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';

const root = new URL('../..', import.meta.url).pathname;

/** What a run of the command line left behind. */
export interface FinishedCommand {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** Starts the command line for real, with nothing in its environment but what is given. */
export function startCommandLine(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcessWithoutNullStreams {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], {
    cwd: root,
    env: { PATH, HOME, ...environment },
  });
}

/** As `startCommandLine`, until it ends. */
export async function runCommandLine(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<FinishedCommand> {
  const child = startCommandLine(args, environment);
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
  await once(child, 'close');
  return { code: child.exitCode, out, errors };
}
