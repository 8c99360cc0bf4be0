import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { MongoClient, type Db } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/server/settings.ts';
import { startCommandLine } from '../support/run-command-line.ts';
import { startGateway, type GraphqlBody, type TestGateway } from '../support/start-gateway.ts';
import { openWsClient } from '../support/ws-client.ts';

const options = '{"paths":["graphql/create","graphql/purgeClass$"],"ttl":60}';
const create =
  'mutation { createTravelNote(input: { fields: { title: "x" } }) { travelNote { objectId } } }';

let gateway: TestGateway;
let client: MongoClient;
let db: Db;

beforeAll(async () => {
  gateway = await startGateway({ settings: { idempotencyOptions: options } });
  client = await MongoClient.connect(gateway.uri);
  db = client.db();
});

afterAll(async () => {
  await client.close();
  await gateway.close();
});

beforeEach(async () => {
  await db.collection('TravelNote').deleteMany({});
});

function ask(query: string, requestId?: string): Promise<GraphqlBody> {
  return gateway.graphql(query, undefined, {
    'x-parse-master-key': gateway.masterKey,
    ...(requestId !== undefined && { 'x-parse-request-id': requestId }),
  });
}

const codeOf = ({ errors }: GraphqlBody): unknown => errors?.[0]?.extensions['code'];
const rows = (): Promise<number> => db.collection('TravelNote').countDocuments();

describe('a mutation with a request id', () => {
  it('is run once by 20 retries at the same time', async () => {
    const retries = Array.from({ length: 20 }, () => ask(create, 'storm'));
    const codes = (await Promise.all(retries)).map(codeOf);
    expect(codes.filter((code) => code === undefined)).toHaveLength(1);
    expect(codes.filter((code) => code === 159)).toHaveLength(19);
    expect(await rows()).toBe(1);
  });

  it('is run once by two processes', async () => {
    const child = startCommandLine(['serve'], {
      PARSE_SERVER_DATABASE_URI: gateway.uri,
      PARSE_SERVER_APPLICATION_ID: gateway.appId,
      PARSE_SERVER_MASTER_KEY: gateway.masterKey,
      PARSE_SERVER_EXPERIMENTAL_IDEMPOTENCY_OPTIONS: options,
      PARSE_SERVER_HOST: '127.0.0.1',
      PORT: '0',
      SILENT: 'true',
    });
    try {
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      const [url = ''] = /http\S+/.exec(line) ?? [];
      const elsewhere = async (): Promise<GraphqlBody> => {
        const response = await fetch(url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-parse-application-id': gateway.appId,
            'x-parse-master-key': gateway.masterKey,
            'x-parse-request-id': 'both',
          },
          body: JSON.stringify({ query: create }),
        });
        return (await response.json()) as GraphqlBody;
      };
      const answers = Array.from({ length: 10 }, () => [ask(create, 'both'), elsewhere()]);
      const codes = (await Promise.all(answers.flat())).map(codeOf);
      expect(codes.filter((code) => code === undefined)).toHaveLength(1);
      expect(codes.filter((code) => code === 159)).toHaveLength(19);
      expect(await rows()).toBe(1);
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });

  it('is remembered as by Parse Server, under its indexes', async () => {
    const before = Date.now();
    await ask(create, 'row');
    const row = await db.collection('_Idempotency').findOne({ reqId: 'row' });
    expect(row).toEqual({
      _id: expect.stringMatching(/^[A-Za-z0-9]{10}$/) as unknown,
      reqId: 'row',
      expire: expect.any(Date) as unknown,
      _created_at: expect.any(Date) as unknown,
      _updated_at: expect.any(Date) as unknown,
    });
    const seconds = ((row?.['expire'] as Date).getTime() - before) / 1_000;
    expect(seconds).toBeGreaterThanOrEqual(60);
    expect(seconds).toBeLessThan(65);
    const indexes = await db.collection('_Idempotency').indexes();
    expect(indexes).toContainEqual(
      expect.objectContaining({ name: 'reqId_1', key: { reqId: 1 }, unique: true, sparse: true }),
    );
    expect(indexes).toContainEqual(
      expect.objectContaining({ name: 'ttl', key: { expire: 1 }, expireAfterSeconds: 0 }),
    );
  });

  it('costs one command more; without an id, or outside the paths, none', async () => {
    const names = async (query: string, requestId?: string): Promise<readonly string[]> => {
      gateway.takeCommands();
      await ask(query, requestId);
      return gateway.takeCommands().map(({ name, collection }) => `${name} ${collection}`);
    };
    const plain = await names(create);
    expect(await names(create, 'cost')).toEqual(['insert _Idempotency', ...plain]);
    const query = '{ travelNotes { count } }';
    const remove =
      'mutation { deleteTravelNote(input: { id: "nosuch" }) { travelNote { objectId } } }';
    for (const each of [query, remove, create.replaceAll(/create(?=T)/g, 'update')]) {
      expect(await names(each, 'cost')).not.toContain('insert _Idempotency');
    }
  });

  it('is found behind aliases and fragments, by the field that counts', async () => {
    const hidden = `mutation { ...All } fragment All on Mutation {
      a: deleteTravelNote(input: { id: "nosuch" }) { clientMutationId }
      ... on Mutation { b: createTravelNote(input: { fields: { title: "x" } }) { clientMutationId } } }`;
    expect(codeOf(await ask(hidden, 'alias'))).toBe(101);
    expect(codeOf(await ask(hidden, 'alias'))).toBe(159);
    expect(await rows()).toBe(1);
  });

  it('counts no document that is refused before it begins', async () => {
    expect(codeOf(await ask('mutation { createTravelNote { nosuch } }', 'early'))).toBe(102);
    expect(codeOf(await ask('mutation {', 'early'))).toBe(102);
    expect(codeOf(await ask(create, 'early'))).toBeUndefined();
  });

  it('stays claimed when it fails: how far it came is not known', async () => {
    const failing = 'mutation { createClass(input: { name: "1x" }) { clientMutationId } }';
    expect(codeOf(await ask(failing, 'failed'))).toBe(103);
    expect(codeOf(await ask(failing, 'failed'))).toBe(159);
    expect(codeOf(await ask(failing, 'failed again'))).toBe(103);
  });

  it('needs an id of its own for each: empty is none, too long is refused', async () => {
    expect(codeOf(await ask(create, ''))).toBeUndefined();
    expect(codeOf(await ask(create, ''))).toBeUndefined();
    expect(codeOf(await ask(create, 'x'.repeat(1_001)))).toBe(107);
    expect(codeOf(await ask(create, 'x'.repeat(1_000)))).toBeUndefined();
    for (const odd of ['{"$ne":null}', "'; drop", '$where', '__proto__']) {
      expect(codeOf(await ask(create, odd)), odd).toBeUndefined();
      expect(codeOf(await ask(create, odd)), odd).toBe(159);
    }
  });
});

describe('over WebSockets', () => {
  it('each operation carries its own id; that of the connection is none', async () => {
    const socket = await openWsClient(gateway.wsUrl, {
      'X-Parse-Application-Id': gateway.appId,
      'X-Parse-Master-Key': gateway.masterKey,
      'X-Parse-Request-Id': 'connection',
    });
    await socket.next();
    const run = async (id: string, extensions?: object): Promise<unknown> => {
      socket.send({
        type: 'subscribe',
        id,
        payload: { query: create, ...(extensions && { extensions }) },
      });
      const { type, payload } = await socket.next();
      // A refusal ends the operation by itself.
      if (type === 'next') await socket.next();
      return /"code":(\d+)/.exec(JSON.stringify(payload))?.[1];
    };
    expect(await run('1')).toBeUndefined();
    expect(await run('2')).toBeUndefined();
    const extensions = { headers: { 'x-parse-request-id': 'socket' } };
    expect(await run('3', extensions)).toBeUndefined();
    expect(await run('4', extensions)).toBe('159');
    expect(await rows()).toBe(3);
    // The same ids over HTTP.
    expect(codeOf(await ask(create, 'socket'))).toBe(159);
    expect(codeOf(await ask(create, 'connection'))).toBeUndefined();
    await socket.close();
  });
});

describe('the setting', () => {
  it('is refused in one line when it is not what it must be', () => {
    for (const text of [
      ...['{"paths":["("]}', '{"paths":"graphql"}', '{"paths":[1]}', '{"ttl":0}', '{"ttl":"5"}'],
      ...['{"path":[]}', '5', '[]', '{'],
    ]) {
      expect(() => readSettings({ idempotencyOptions: text }, {}), text).toThrow(
        'PARSE_SERVER_EXPERIMENTAL_IDEMPOTENCY_OPTIONS',
      );
    }
    expect(readSettings({}, {}).idempotencyOptions).toEqual({ paths: [], ttl: 300 });
  });
});
