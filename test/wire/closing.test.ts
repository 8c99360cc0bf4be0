import { MongoClient } from 'mongodb';
import { expect, it } from 'vitest';
import { DEMO_USERS } from '../../src/cli/demo/accounts.ts';
import { startGateway } from '../support/start-gateway.ts';
import { openWsClient } from '../support/ws-client.ts';

it('closes in order: running requests are answered, sockets end with 1001, then nobody listens', async () => {
  const test = await startGateway();
  const headers = { 'X-Parse-Application-Id': test.appId };
  const client = await openWsClient(test.wsUrl, headers);
  expect(await client.next()).toEqual({ type: 'connection_ack' });
  const query = 'subscription { countries { event } }';
  client.send({ type: 'subscribe', id: '1', payload: { query } });
  await expect.poll(() => test.gateway.subscriptionCount, { interval: 5 }).toBe(1);

  const running = test.graphql('{ cities { count } }');
  // The request is on its way once its first command is.
  await expect.poll(() => test.takeCommands().length, { interval: 1 }).toBeGreaterThan(0);
  const closed = test.close();
  expect((await running).errors).toBeUndefined();
  expect(await client.closed).toBe(1001);
  await closed;
  await expect(fetch(test.url)).rejects.toThrow();
});

it('streams a subscription over HTTP as server-sent events, and ends it with the request', async () => {
  const test = await startGateway();
  const mongo = await MongoClient.connect(test.uri);
  const abort = new AbortController();
  const response = await fetch(test.url, {
    method: 'POST',
    signal: abort.signal,
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      'x-parse-application-id': test.appId,
      'x-parse-session-token': DEMO_USERS[0]!.sessionToken,
    },
    body: JSON.stringify({ query: 'subscription { languages { event node { name } } }' }),
  });
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  await expect.poll(() => test.gateway.subscriptionCount, { interval: 5 }).toBe(1);
  await mongo
    .db()
    .collection<{ _id: string; name: string }>('Language')
    .insertOne({ _id: 'new', name: 'Novel' });
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes('Novel')) break;
  }
  expect(text).toContain('event: next');
  abort.abort();
  await expect.poll(() => test.gateway.subscriptionCount, { interval: 5, timeout: 5_000 }).toBe(0);
  await mongo.close();
  await test.close();
});
