import { createClient, type Client } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startPair, type Pair } from './start-pair.ts';

const events = `subscription {
  teams(where: { name: { matchesRegex: "^Live" } }) { event node { name budget lead { firstName } } }
}`;

describe('what Parse Server writes reaches subscribers of the gateway', () => {
  let pair: Pair;
  let client: Client;
  beforeAll(async () => {
    // Deletes are only told with the state before them, which the database keeps when it is asked to.
    pair = await startPair({ ownsIndexes: true });
    client = createClient({
      url: pair.gatewayUrl.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: {
        'X-Parse-Application-Id': 'parity',
        'X-Parse-Session-Token': pair.data.sessions.get('bob') ?? '',
      },
    });
  }, 120_000);
  afterAll(async () => {
    await client.dispose();
    await pair.close();
  });

  it('as create, update and delete, for the objects the subscriber may read', async () => {
    const received = client.iterate<{ teams: unknown }>({ query: events });
    const next = async (): Promise<unknown> => {
      const { value } = (await received.next()) as IteratorYieldResult<{
        data: { teams: unknown };
      }>;
      return value.data.teams;
    };
    // The first event is asked for before anything is written, so the subscription stands when the write happens.
    const first = next();
    await expect.poll(() => pair.subscriptionCount(), { interval: 5 }).toBe(1);

    const write = (document: string) => pair.askParseServer(document, 'alice');
    const hidden = `mutation { createTeam(input: { fields: { name: "Live secret",
      ACL: { users: [{ userId: "{{alice}}", read: true, write: true }] } } }) { team { objectId } } }`;
    expect((await write(hidden)).errors).toBeUndefined();
    const made = await write(`mutation { createTeam(input: { fields: { name: "Live one", budget: 1,
      lead: { link: "{{e1}}" } } }) { team { objectId } } }`);
    const id = /"objectId":"(\w+)"/.exec(JSON.stringify(made))?.[1] ?? '';
    const lead = { firstName: 'Bo' };
    expect(await first).toEqual({ event: 'CREATE', node: { name: 'Live one', budget: 1, lead } });

    await write(
      `mutation { updateTeam(input: { id: "${id}", fields: { budget: 2 } }) { team { objectId } } }`,
    );
    expect(await next()).toEqual({ event: 'UPDATE', node: { name: 'Live one', budget: 2, lead } });

    await write(`mutation { deleteTeam(input: { id: "${id}" }) { team { objectId } } }`);
    expect(await next()).toMatchObject({ event: 'DELETE', node: { name: 'Live one', budget: 2 } });
    await received.return?.();
  });
});
