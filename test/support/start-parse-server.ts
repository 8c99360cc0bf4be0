import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Parse Server's own options; what is left out is chosen for tests. */
export interface ParseServerOptions {
  /** With a database name in it. */
  readonly databaseURI: string;
  readonly appId?: string;
  readonly masterKey?: string;
  readonly [option: string]: unknown;
}

/** A running Parse Server 9. */
export interface RunningParseServer {
  readonly url: string;
  readonly appId: string;
  readonly masterKey: string;
  /** Without a final slash. */
  readonly restUrl: string;
  readonly graphqlUrl: string;
  /** Ends the process and resolves when it is gone. */
  close(): Promise<void>;
}

/** The longest wait for Parse Server to listen, in milliseconds. */
const START_MS = 45_000;

/**
 * Starts Parse Server in a process of its own, with REST and GraphQL, on a free loopback port.
 *
 * @throws Error with its output when it ends before it listens.
 */
export async function startParseServer({
  databaseURI,
  appId = 'test-app',
  masterKey = 'test-master-key',
  ...options
}: ParseServerOptions): Promise<RunningParseServer> {
  const script = fileURLToPath(new URL('parse-server-process.ts', import.meta.url));
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const child = fork(script, [], {
    execArgv: ['--import', tsx],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      PARSE_SERVER_TEST_OPTIONS: JSON.stringify({
        databaseURI,
        appId,
        masterKey,
        masterKeyIps: ['127.0.0.1', '::1'],
        allowClientClassCreation: true,
        ...options,
      }),
    },
  });
  let output = '';
  const remember = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-10_000);
  };
  child.stdout?.on('data', remember);
  child.stderr?.on('data', remember);
  const exited = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
    }, START_MS);
    child.once('message', (message) => {
      clearTimeout(timer);
      resolve((message as { url: string }).url);
    });
    child.once('exit', () => {
      clearTimeout(timer);
      reject(new Error(`Parse Server did not start:\n${output}`));
    });
  });
  return {
    url,
    appId,
    masterKey,
    restUrl: `${url}/parse`,
    graphqlUrl: `${url}/graphql`,
    async close() {
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
      }, 5_000);
      await exited;
      clearTimeout(timer);
    },
  };
}
