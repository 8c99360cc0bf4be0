import { hash } from '@node-rs/bcrypt';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_USERS, userId } from '../../src/cli/demo/accounts.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { startParseServer, type RunningParseServer } from '../support/start-parse-server.ts';

let test: TestGateway;
let parseServer: RunningParseServer;

beforeAll(async () => {
  test = await startGateway();
  const mongo = await MongoClient.connect(test.uri);
  const users = mongo.db().collection<{ _id: string }>('_User');
  for (const { username, password } of DEMO_USERS) {
    const change = { $set: { _hashed_password: await hash(password, 4) } };
    await users.updateOne({ _id: userId(username) }, change);
  }
  await mongo.close();
  parseServer = await startParseServer({
    databaseURI: test.uri,
    appId: test.appId,
    masterKey: test.masterKey,
  });
});

afterAll(async () => {
  await parseServer.close();
  await test.close();
});

async function rest(
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`${parseServer.restUrl}${path}`, {
    headers: { 'x-parse-application-id': test.appId, ...headers },
  });
  return (await response.json()) as Readonly<Record<string, unknown>>;
}

describe('Parse Server, on the database that the demo wrote,', () => {
  it('signs its users in', async () => {
    for (const { username, password } of DEMO_USERS) {
      const answer = await rest(`/login?username=${username}&password=${password}`);
      expect(answer).toMatchObject({ username, objectId: userId(username) });
      expect(answer['sessionToken']).toMatch(/^r:[0-9a-f]{32}$/);
    }
  });

  it('knows its sessions, and shows each the same notes as the gateway', async () => {
    for (const { username, sessionToken } of DEMO_USERS) {
      const headers = { 'x-parse-session-token': sessionToken };
      expect(await rest('/users/me', headers)).toMatchObject({ username });
      const { results } = await rest('/classes/TravelNote?keys=title&order=title', headers);
      const titles = (results as readonly { readonly title: string }[]).map(({ title }) => title);
      const query = '{ travelNotes(order: [title_ASC]) { edges { node { title } } } }';
      const { data } = await test.graphql(query, {}, headers);
      expect(data).toEqual({
        travelNotes: { edges: titles.map((title) => ({ node: { title } })) },
      });
    }
  });

  it('reads its pointers, positions, arrays, objects and relations', async () => {
    const where = encodeURIComponent(JSON.stringify({ alpha2: 'CH' }));
    const { results } = await rest(`/classes/Country?where=${where}&include=capital,currency`);
    const [country] = results as readonly Readonly<Record<string, unknown>>[];
    expect(country).toMatchObject({
      name: 'Switzerland',
      capital: { __type: 'Object', className: 'City', name: 'Bern' },
      currency: { __type: 'Object', className: 'Currency', code: 'CHF' },
      location: { __type: 'GeoPoint', latitude: 47, longitude: 8 },
      domains: ['.ch'],
      nativeNames: { roh: { common: 'Svizra' } },
      borders: { __type: 'Relation', className: 'Country' },
    });
    const owner = { __type: 'Pointer', className: 'Country', objectId: country!['objectId'] };
    const related = encodeURIComponent(
      JSON.stringify({ $relatedTo: { object: owner, key: 'borders' } }),
    );
    expect((await rest(`/classes/Country?where=${related}`))['results']).toHaveLength(5);
  });
});
