import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { CommandFailure } from '../failure.ts';

/**
 * Holds a folder for this process, until `release` or the process's end, however it ends.
 *
 * The lock is a local socket that this process listens on: whoever comes second finds it answering. After a crash nobody answers, and
 * the socket's file is taken over.
 * @throws CommandFailure when another process holds the folder.
 */
export async function lockDirectory(directory: string): Promise<{ release(): Promise<void> }> {
  const path = socketPath(resolve(directory));
  const server = (await tryListen(path)) ?? (await takeOver(path));
  if (server === undefined) {
    throw new CommandFailure(
      `${directory} is in use by another process: stop that one, or choose another folder with GATEWAY_DATA_DIR`,
    );
  }
  server.unref();
  return {
    release: () =>
      new Promise((done) => {
        server.close(() => {
          done();
        });
      }),
  };
}

/** Longest path that every system takes for a local socket, in bytes. */
const LONGEST_PATH = 100;

/** In the folder itself; where that path is too long, in the folder for temporary files, under a name of its own. */
function socketPath(directory: string): string {
  const name = `gateway-${createHash('sha256').update(directory).digest('hex').slice(0, 24)}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  const absolute = join(directory, 'lock');
  const candidates = [absolute, relative(process.cwd(), absolute), join(tmpdir(), `${name}.lock`)];
  return candidates.find((path) => Buffer.byteLength(path) <= LONGEST_PATH) ?? absolute;
}

async function takeOver(path: string): Promise<Server | undefined> {
  if (await answers(path)) return undefined;
  await rm(path, { force: true });
  return tryListen(path);
}

function tryListen(path: string): Promise<Server | undefined> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => socket.end());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') done(undefined);
      else fail(error);
    });
    server.listen(path, () => {
      done(server);
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path, () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => {
      done(false);
    });
  });
}
