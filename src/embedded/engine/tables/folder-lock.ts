import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = 'engine.lock';

/**
 * Keeps a folder to one process: two would each trust their own memory of what is stored.
 *
 * A lock left by a process that is gone (killed, or the machine restarted) is taken over. Returns how to give it up.
 *
 * @throws Error that names the other process.
 */
export function lockFolder(path: string): () => void {
  const file = join(path, NAME);
  const mine = identityOf(process.pid);
  const holder = readHolder(file);
  if (holder !== undefined && holder !== mine && isRunning(holder)) {
    const [pid = ''] = holder.split(' ');
    throw new Error(`the data folder ${path} is in use by process ${pid}`);
  }
  rmSync(file, { force: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, mine);
  try {
    // Linking fails when another process was quicker, where writing would not.
    linkSync(draft, file);
  } catch (cause) {
    throw new Error(`the data folder ${path} was just taken by another process`, { cause });
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (readHolder(file) === mine) rmSync(file, { force: true });
  };
}

function readHolder(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isRunning(holder: string): boolean {
  const pid = Number(holder.split(' ')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Someone else's process cannot be asked, but is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return identityOf(pid) === holder;
}

/** A process number, with the time it started where the system tells: numbers are used again. */
function identityOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    // A zombie has ended, and only waits for its parent to hear of it.
    return state === 'Z' ? '' : `${pid} ${fields[19] ?? ''}`;
  } catch {
    return String(pid);
  }
}
