import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { rehearseRequest } from '../../../src/server/rehearsal.ts';
import { startGateway } from '../../support/start-gateway.ts';

const REQUEST = { path: '/graphql', headers: { 'x-parse-application-id': 'a' } };

const rehearse = (listener: RequestListener) => rehearseRequest(createServer(listener), REQUEST);

test('a request goes through a server that does not listen', async () => {
  const answer = await rehearse((request, response) => {
    response.end(`${request.url ?? ''} ${String(request.headers['x-parse-application-id'])}`);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n\/graphql a$/s);
});

test.each<[string, RequestListener]>([
  ['hangs up', (request) => request.socket.destroy()],
  ['never answers', () => undefined],
])('starting does not fail for a server that %s', async (_title, listener) => {
  expect(await rehearse(listener)).toBe('');
});

test('a gateway that listens has answered one, without a database command', async () => {
  const gateway = await startGateway({
    settings: { restAPIKey: 'r', clientKey: 'c' },
    seed: () => Promise.resolve(),
  });
  try {
    expect(gateway.takeCommands()).toEqual([]);
    // Its keys are asked of others as ever.
    const refused = await gateway.graphql('{ __typename }');
    expect(refused).toMatchObject({ error: 'unauthorized' });
  } finally {
    await gateway.close();
  }
});

test('the connection is over when the answer is there', async () => {
  const server = createServer((_request, response) => response.end('{}'));
  const closed = new Promise<void>((resolve) => {
    server.on(
      'connection',
      (socket) =>
        void once(socket, 'close').then(() => {
          resolve();
        }),
    );
  });
  await rehearseRequest(server, REQUEST);
  await closed;
});
