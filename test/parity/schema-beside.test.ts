import { MongoClient, type Db } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../src/server/create-gateway.ts';
import { readSettings, requireDatabase } from '../../src/server/settings.ts';
import { withDatabase } from '../support/start-gateway.ts';
import { startParseServer, type RunningParseServer } from '../support/start-parse-server.ts';
import { startStore, type TestStore } from '../support/start-store.ts';

/** Parse Server, a gateway that knows its address and one that does not, on one database. */
let store: TestStore;
let parseServer: RunningParseServer;
let knowing: Gateway;
let unknowing: Gateway;
let client: MongoClient;
let db: Db;
let headers: Readonly<Record<string, string>>;

beforeAll(async () => {
  store = startStore();
  const databaseURI = withDatabase(store.uri, store.databaseName);
  const idempotencyOptions = { paths: ['.*'], ttl: 60 };
  parseServer = await startParseServer({ databaseURI, idempotencyOptions });
  const { appId, masterKey, restUrl: serverURL } = parseServer;
  headers = {
    'content-type': 'application/json',
    'x-parse-application-id': appId,
    'x-parse-master-key': masterKey,
  };
  const start = (more: Readonly<Record<string, string>>): Promise<Gateway> => {
    const flags = { databaseURI, appId, masterKey, port: '0', host: '127.0.0.1', silent: 'true' };
    const given = { ...flags, idempotencyOptions: JSON.stringify(idempotencyOptions), ...more };
    return createGateway({ settings: requireDatabase(readSettings(given, {})) });
  };
  knowing = await start({ serverURL });
  unknowing = await start({});
  client = await MongoClient.connect(store.uri);
  db = client.db(store.databaseName);
}, 120_000);

afterAll(async () => {
  await client.close();
  await knowing.close();
  await unknowing.close();
  await parseServer.close();
  await store.close();
});

interface GraphqlAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: { readonly code: number };
  }[];
}

async function graphql(
  { url }: Gateway,
  query: string,
  more: Readonly<Record<string, string>> = {},
): Promise<GraphqlAnswer> {
  const body = JSON.stringify({ query });
  const response = await fetch(url, { method: 'POST', headers: { ...headers, ...more }, body });
  return (await response.json()) as GraphqlAnswer;
}

async function done(gateway: Gateway, query: string): Promise<unknown> {
  const { data, errors } = await graphql(gateway, query);
  expect(errors, query).toBeUndefined();
  return data;
}

async function rest(
  method: string,
  path: string,
  body?: object,
  more: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`${parseServer.restUrl}${path}`, {
    method,
    headers: { ...headers, ...more },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Readonly<Record<string, unknown>>;
}

const point = { __type: 'GeoPoint', latitude: 1, longitude: 2 };

describe('a class that is changed by the gateway', () => {
  it('is used by the Parse Server at serverURL at once', async () => {
    await done(knowing, 'mutation { createClass(input: { name: "Comet" }) { class { name } } }');
    const { objectId } = await rest('POST', '/classes/Comet', {});
    // Parse Server knows the class by now, and would keep it as it is.
    await done(
      knowing,
      `mutation { updateClass(input: { name: "Comet", schemaFields: {
        addNumbers: [{ name: "tail", required: true, defaultValue: 7 }], addGeoPoint: { name: "place" },
        addPointers: [{ name: "finder", targetClassName: "_User" }] },
        classLevelPermissions: { find: {}, get: { requiresAuthentication: true }, create: {} } }) { class { name } } }`,
    );
    const { objectId: second } = await rest('POST', '/classes/Comet', {
      place: point,
      finder: { __type: 'Pointer', className: '_User', objectId: 'u1' },
    });
    expect(await rest('GET', `/classes/Comet/${String(second)}`)).toMatchObject({
      tail: 7,
      place: point,
      finder: { className: '_User', objectId: 'u1' },
    });
    expect(await rest('PUT', `/classes/Comet/${String(objectId)}`, { tail: null })).toMatchObject({
      code: 142,
    });
    const anonymous = { 'x-parse-master-key': '' };
    expect(await rest('GET', '/classes/Comet', undefined, anonymous)).toMatchObject({ code: 119 });
    await done(
      knowing,
      'mutation { updateClass(input: { name: "Comet", schemaFields: { remove: [{ name: "tail" }, { name: "finder" }] } }) { class { name } } }',
    );
    const left = await rest('GET', `/classes/Comet/${String(second)}`);
    expect(Object.keys(left).sort()).toEqual(['createdAt', 'objectId', 'place', 'updatedAt']);
    await done(
      knowing,
      'mutation { deleteClass(input: { name: "Comet", purge: true }) { class { name } } }',
    );
    expect(await rest('GET', '/schemas/Comet')).toMatchObject({ code: 103 });
    expect(await rest('GET', '/classes/Comet')).toEqual({ results: [] });
  });

  it('is not known to a Parse Server that is not told, until its classes are read again', async () => {
    await done(unknowing, 'mutation { createClass(input: { name: "Nova" }) { class { name } } }');
    await rest('POST', '/classes/Nova', {});
    await done(
      unknowing,
      'mutation { updateClass(input: { name: "Nova", schemaFields: { addGeoPoint: { name: "place" } } }) { class { name } } }',
    );
    await done(
      unknowing,
      'mutation { createNova(input: { fields: { place: { latitude: 1, longitude: 2 } } }) { nova { objectId } } }',
    );
    const query = `/classes/Nova?where=${encodeURIComponent('{"place":{"$exists":true}}')}`;
    const found = async (): Promise<unknown> =>
      ((await rest('GET', query))['results'] as readonly { readonly place?: unknown }[])[0]?.place;
    expect(await found()).toEqual([2, 1]);
    await rest('GET', '/schemas');
    expect(await found()).toEqual(point);
  });

  it('is served by the gateway that changed it with the next request', async () => {
    for (const round of [1, 2, 3, 4, 5]) {
      const name = `Moon${round}`;
      await done(
        knowing,
        `mutation { createClass(input: { name: "${name}", schemaFields: { addStrings: [{ name: "title" }] } }) { class { name } } }`,
      );
      await done(knowing, `{ moon${round}s { edges { node { title } } } }`);
      await done(
        knowing,
        `mutation { updateClass(input: { name: "${name}", schemaFields: { addStrings: [{ name: "other" }] } }) { class { name } } }`,
      );
      await done(
        knowing,
        `mutation { create${name}(input: { fields: { other: "x" } }) { clientMutationId } }`,
      );
      await done(
        knowing,
        `mutation { deleteClass(input: { name: "${name}", purge: true }) { class { name } } }`,
      );
      expect((await graphql(knowing, `{ moon${round}s { count } }`)).errors).toBeDefined();
    }
  });

  it('is served by another gateway within a second', async () => {
    await done(knowing, 'mutation { createClass(input: { name: "Ring" }) { class { name } } }');
    const startMs = performance.now();
    while ((await graphql(unknowing, '{ rings { count } }')).errors !== undefined);
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });

  it('is written although Parse Server is away, and that is logged', async () => {
    const { appId, masterKey } = parseServer;
    const lines: unknown[] = [];
    const { pino } = await import('pino');
    const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line)) });
    const flags = {
      ...{ appId, masterKey, port: '0', host: '127.0.0.1' },
      databaseURI: withDatabase(store.uri, store.databaseName),
      serverURL: 'http://127.0.0.1:1/parse',
    };
    const settings = requireDatabase(readSettings(flags, {}));
    const alone = await createGateway({ settings, log });
    try {
      await done(alone, 'mutation { createClass(input: { name: "Dust" }) { class { name } } }');
      expect(lines).toContainEqual(
        expect.objectContaining({ msg: 'Parse Server was not told of the changed class' }),
      );
      expect(JSON.stringify(lines)).not.toContain(masterKey);
    } finally {
      await alone.close();
    }
  });
});

describe('a class that Parse Server changed', () => {
  it('is changed and deleted by the gateway', async () => {
    await rest('POST', '/schemas/Planet', {
      className: 'Planet',
      fields: {
        name: { type: 'String', required: true },
        moons: { type: 'Relation', targetClass: 'Planet' },
        gone: { type: 'Pointer', targetClass: 'Planet' },
      },
      indexes: { name_1: { name: 1 } },
      classLevelPermissions: { find: { '*': true }, protectedFields: { '*': ['name'] } },
    });
    const { objectId } = await rest('POST', '/classes/Planet', { name: 'Mars' });
    const it = { __type: 'Pointer', className: 'Planet', objectId };
    await rest('PUT', `/classes/Planet/${String(objectId)}`, {
      gone: it,
      moons: { __op: 'AddRelation', objects: [it] },
    });
    await expect
      .poll(async () => (await graphql(knowing, '{ planets { count } }')).errors, { interval: 10 })
      .toBeUndefined();
    const removed = await done(
      knowing,
      `mutation { updateClass(input: { name: "Planet", indexes: { remove: ["name_1"] },
        schemaFields: { remove: [{ name: "moons" }, { name: "gone" }], changeOptions: [{ name: "name", required: false }] } }) {
        class { indexes { name } schemaFields { name required } classLevelPermissions } changes { kind name } } }`,
    );
    expect(removed).toMatchObject({
      updateClass: {
        class: {
          indexes: [],
          classLevelPermissions: {
            find: { '*': true },
            get: {},
            protectedFields: { '*': ['name'] },
          },
        },
        changes: [
          { kind: 'REMOVE_FIELD', name: 'moons' },
          { kind: 'REMOVE_FIELD', name: 'gone' },
          { kind: 'SET_FIELD_OPTIONS', name: 'name' },
          { kind: 'DROP_INDEX', name: 'name_1' },
        ],
      },
    });
    const stored = await db.collection('Planet').findOne({});
    expect(Object.keys(stored ?? {})).not.toContain('_p_gone');
    expect(await db.listCollections({ name: '_Join:moons:Planet' }).toArray()).toEqual([]);
    const full = await graphql(
      knowing,
      'mutation { deleteClass(input: { name: "Planet" }) { clientMutationId } }',
    );
    expect(full.errors?.[0]).toMatchObject({
      message: 'Class Planet is not empty, contains 1 objects, cannot drop schema.',
      extensions: { code: 255 },
    });
    await rest('DELETE', `/classes/Planet/${String(objectId)}`);
    await done(knowing, 'mutation { deleteClass(input: { name: "Planet" }) { class { name } } }');
    expect(await rest('GET', '/schemas/Planet')).toMatchObject({ code: 103 });
  });
});

describe('a request id', () => {
  it('that one of the two has seen is refused by the other', async () => {
    await done(knowing, 'mutation { createClass(input: { name: "Echo" }) { class { name } } }');
    const create = 'mutation { createEcho(input: { fields: {} }) { echo { objectId } } }';
    const [first, second] = [{ 'x-parse-request-id': 'a' }, { 'x-parse-request-id': 'b' }];
    expect(await rest('POST', '/classes/Echo', {}, first)).toHaveProperty('objectId');
    expect((await graphql(knowing, create, first)).errors?.[0]?.extensions.code).toBe(159);
    expect((await graphql(knowing, create, second)).errors).toBeUndefined();
    expect(await rest('POST', '/classes/Echo', {}, second)).toMatchObject({ code: 159 });
    expect(await db.collection('Echo').countDocuments()).toBe(2);
    const rows = await db.collection('_Idempotency').find().toArray();
    const keys = rows.map((row) => Object.keys(row).sort());
    expect(keys[0]).toEqual(keys[1]);
  });
});
