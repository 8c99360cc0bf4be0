import { createRequire } from 'node:module';
import { createServer } from 'node:net';

/** The part of Parse Server's module that is used here. */
interface ParseServerModule {
  readonly ParseServer: {
    startApp(
      options: Readonly<Record<string, unknown>>,
    ): Promise<{ handleShutdown(): Promise<void> }>;
  };
}

const { ParseServer } = createRequire(import.meta.url)('parse-server') as ParseServerModule;

/** What `start-parse-server.ts` hands over in the environment. */
const options = JSON.parse(process.env['PARSE_SERVER_TEST_OPTIONS'] ?? '{}') as Record<
  string,
  unknown
>;

/** Parse Server wants to know its own address before it listens, so the port is chosen first. */
async function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}

const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const server = await ParseServer.startApp({
  host: '127.0.0.1',
  port,
  mountPath: '/parse',
  graphQLPath: '/graphql',
  mountGraphQL: true,
  serverURL: `${url}/parse`,
  publicServerURL: `${url}/parse`,
  silent: true,
  logsFolder: null,
  ...options,
});

process.send?.({ url });

// The parent closes the channel when it is done, also when it dies.
process.once('disconnect', () => {
  void server.handleShutdown().finally(() => {
    process.exit(0);
  });
});
