import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine as run, startCommandLine as start } from '../support/run-command-line.ts';
import { withDatabase } from '../support/start-gateway.ts';
import { startStore, type TestStore } from '../support/start-store.ts';

const root = new URL('../..', import.meta.url).pathname;
let folder: string;
let store: TestStore;
let uri: string;
let mongo: MongoClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-cli-'));
  store = startStore();
  uri = withDatabase(store.uri, store.databaseName);
  mongo = await MongoClient.connect(uri);
});

afterAll(async () => {
  await mongo.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('the command line', () => {
  it.each([[[]], [['serve']], [['print-schema']], [['import']], [['store']]])(
    'explains itself: %s --help',
    async (command) => {
      const { code, out } = await run([...command, '--help']);
      expect(code).toBe(0);
      expect(out).toContain('Usage: parse-graphql-gateway');
    },
  );

  it('says its version', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await run(['--version'])).toEqual({ code: 0, out: `${version}\n`, errors: '' });
  });

  it.each([
    ['an unknown command', ['sing'], {}, /unknown command|too many arguments/i],
    ['an unknown flag', ['serve', '--sing'], {}, /unknown option '--sing'/],
    [
      'a port that is none',
      ['serve', '--port', 'x'],
      {},
      /^PORT \(--port\) is "x": expected a whole number/,
    ],
    [
      'an address that is none',
      ['serve'],
      { PARSE_SERVER_MASTER_KEY_IPS: '1.2.3' },
      /^PARSE_SERVER_MASTER_KEY_IPS \(--masterKeyIps\) is "1\.2\.3": expected IP addresses/,
    ],
    [
      'a database without an application id',
      ['serve'],
      { PARSE_SERVER_DATABASE_URI: 'mongodb://h/d' },
      /^PARSE_SERVER_APPLICATION_ID \(--appId\) is missing/,
    ],
    [
      'a database without a master key',
      ['serve', '--appId', 'a'],
      { PARSE_SERVER_DATABASE_URI: 'mongodb://h/d' },
      /^PARSE_SERVER_MASTER_KEY \(--masterKey\) is missing/,
    ],
    [
      'a folder without classes',
      ['print-schema', '--classes', '/nowhere'],
      {},
      /^--classes: \/nowhere is no folder/,
    ],
    [
      'an import without a database',
      ['import', 'Song', 'x.json'],
      {},
      /^PARSE_SERVER_DATABASE_URI \(--databaseURI\) is missing/,
    ],
  ])('refuses %s with one line and exit code 2', async (_title, args, environment, line) => {
    const { code, out, errors } = await run(args, environment);
    expect([code, out]).toEqual([2, '']);
    expect(errors).toMatch(line);
    expect(errors.split('\n')).toEqual([expect.any(String), '']);
  });

  it('never prints a secret that is wrong', async () => {
    const { code, errors } = await run(['serve'], {
      PARSE_SERVER_DATABASE_URI: 'postgres://user:hunter2@host/db',
    });
    expect(code).toBe(2);
    expect(errors).toBe(
      'PARSE_SERVER_DATABASE_URI (--databaseURI) is a value that is not shown: expected a MongoDB URI such as mongodb://host:27017/parse\n',
    );
  });

  it('fails with exit code 1 and one line when the database is not there', async () => {
    const flags = [
      '--databaseURI',
      'mongodb://u:hunter2@127.0.0.1:1/d',
      '--appId',
      'a',
      '--masterKey',
      'k',
    ];
    const { code, errors } = await run(['serve', ...flags, '--silent']);
    expect(code).toBe(1);
    expect(errors).toMatch(
      /^PARSE_SERVER_DATABASE_URI \(--databaseURI\): the database cannot be opened: [^\n]+\n$/,
    );
    expect(errors).not.toContain('hunter2');
  });
});

describe('print-schema', () => {
  it('prints the schema of classes in files, and of a database', async () => {
    const fromFiles = await run(['print-schema', '--classes', 'schema/classes']);
    expect(fromFiles.code).toBe(0);
    expect(fromFiles.out).toContain('type Employee implements');
    await mongo
      .db()
      .collection<{ _id: string }>('_SCHEMA')
      .insertOne({
        _id: 'Planet',
        ...{ objectId: 'string', createdAt: 'date', updatedAt: 'date', mass: 'number' },
      });
    const out = join(folder, 'api.graphql');
    const fromDatabase = await run(['print-schema', '--databaseURI', uri, '--out', out]);
    expect(fromDatabase).toEqual({ code: 0, out: '', errors: '' });
    expect(await readFile(out, 'utf8')).toContain('type Planet implements');
  });
});

describe('import', () => {
  const importFiles = (className: string, ...files: readonly string[]) =>
    run(['import', className, ...files, '--databaseURI', uri]);
  const stored = async (className: string): Promise<readonly Record<string, unknown>[]> =>
    mongo.db().collection(className).find().sort({ _id: 1 }).toArray();
  const classRow = (className: string) =>
    mongo.db().collection<{ _id: string }>('_SCHEMA').findOne({ _id: className });

  it('writes a Parse export exactly as Parse stores it, and declares the class', async () => {
    const exported = await file(
      'Song.json',
      JSON.stringify({
        results: [
          {
            objectId: 'song000001',
            createdAt: '2020-01-02T03:04:05.678Z',
            updatedAt: '2021-01-02T03:04:05.678Z',
            title: 'One',
            plays: 3,
            author: { __type: 'Pointer', className: '_User', objectId: 'u1' },
            place: { __type: 'GeoPoint', latitude: 10, longitude: 20 },
            released: { __type: 'Date', iso: '2019-05-06T00:00:00.000Z' },
            tags: ['a'],
            fans: { __type: 'Relation', className: '_User' },
            ACL: { '*': { read: true }, u1: { read: true, write: true } },
          },
        ],
      }),
    );
    const { code, out } = await importFiles('Song', exported);
    expect([code, out]).toEqual([0, 'imported 1 objects into Song\n']);
    expect(await stored('Song')).toEqual([
      {
        _id: 'song000001',
        title: 'One',
        plays: 3,
        _p_author: '_User$u1',
        place: [20, 10],
        released: new Date('2019-05-06T00:00:00.000Z'),
        tags: ['a'],
        _rperm: ['*', 'u1'],
        _wperm: ['u1'],
        _acl: { '*': { r: true }, u1: { r: true, w: true } },
        _created_at: new Date('2020-01-02T03:04:05.678Z'),
        _updated_at: new Date('2021-01-02T03:04:05.678Z'),
      },
    ]);
    expect(await classRow('Song')).toEqual({
      _id: 'Song',
      objectId: 'string',
      updatedAt: 'date',
      createdAt: 'date',
      title: 'string',
      plays: 'number',
      author: '*_User',
      place: 'geopoint',
      released: 'date',
      tags: 'array',
      fans: 'relation<_User>',
    });
  });

  it('updates objects by their id, and adds columns', async () => {
    const lines = await file(
      'more.jsonl',
      '{"objectId":"song000001","plays":4,"mood":"calm"}\n{"title":"Two"}\n',
    );
    expect((await importFiles('Song', lines)).code).toBe(0);
    const [first, second] = [...(await stored('Song'))].sort((a) =>
      a['_id'] === 'song000001' ? -1 : 1,
    );
    expect(first).toMatchObject({ title: 'One', plays: 4, mood: 'calm', _rperm: ['*', 'u1'] });
    expect(second?.['_id']).toMatch(/^[A-Za-z0-9]{10}$/);
    expect(await classRow('Song')).toMatchObject({ mood: 'string' });
  });

  it('reads CSV by the class, and guesses the columns it does not know', async () => {
    const csv = await file(
      'Place.csv',
      'name,visits,isOpen,since\n"A, the first",12,true,2020-01-01\nB,,false,2021-01-01\n',
    );
    expect((await importFiles('Place', csv)).code).toBe(0);
    expect(await stored('Place')).toHaveLength(2);
    expect(await classRow('Place')).toMatchObject({
      name: 'string',
      visits: 'number',
      isOpen: 'boolean',
      since: 'date',
    });
    const wrong = await file('Wrong.csv', 'name,visits\nC,1\nD,many\n');
    const { code, errors } = await importFiles('Place', wrong);
    expect([code, errors]).toEqual([
      1,
      `${wrong} line 3: visits: expected Number but got String\n`,
    ]);
    expect(await stored('Place')).toHaveLength(2);
  });

  it.each([
    [
      'a value of another type',
      'list.json',
      '[\n {"plays": 1},\n {"plays": "many"}\n]',
      'line 3: plays: expected Number but got String',
    ],
    ['what is no JSON', 'bad.jsonl', '{"plays": 1}\n{"plays": \n', 'line 2: '],
    ['a list that does not end', 'cut.json', '[\n{"plays": 1},\n', 'the list does not end'],
    ['what is no object', 'scalar.json', '[{"plays": 1}, 7]', 'line 1: expected an object'],
    [
      'an operator',
      'operator.json',
      '[{"nested": {"$where": "1"}}]',
      "line 1: Nested keys should not contain the '$' or '.' characters",
    ],
    [
      'a column name that is none',
      'name.json',
      '[{"_rperm": ["*"]}]',
      'line 1: _rperm is no name of a column',
    ],
  ])(
    'refuses %s with its line, and writes nothing of its batch',
    async (_title, name, text, reason) => {
      const before = await stored('Song');
      const { code, errors } = await importFiles('Song', await file(name, text));
      expect(code).toBe(1);
      expect(errors).toContain(reason);
      expect(await stored('Song')).toEqual(before);
    },
  );
});

describe('store', () => {
  it('serves the driver, keeps its data, and refuses a second process', async () => {
    const data = join(folder, 'store');
    const first = start(['store', '--port', '0', '--data', data]);
    const [address] = (await once(createInterface(first.stdout), 'line')) as [string];
    const client = await MongoClient.connect(address);
    await client.db('d').collection('c').insertOne({ n: 1 });
    await client.close();
    const second = await run(['store', '--port', '0', '--data', data]);
    expect(second.code).toBe(1);
    expect(second.errors).toContain('is in use by another process');
    first.kill('SIGKILL');
    await once(first, 'close');
    const again = start(['store', '--port', '0', '--data', data]);
    const [newAddress] = (await once(createInterface(again.stdout), 'line')) as [string];
    const reader = await MongoClient.connect(newAddress);
    expect(await reader.db('d').collection('c').countDocuments()).toBe(1);
    await reader.close();
    again.kill('SIGTERM');
    expect(await once(again, 'close')).toEqual([0, null]);
  });

  it('is a standalone server on demand, and serve says in one line what is missing there', async () => {
    const data = join(folder, 'standalone');
    const alone = start(['store', '--port', '0', '--data', data, '--standalone']);
    const [address] = (await once(createInterface(alone.stdout), 'line')) as [string];
    expect(address).toMatch(/^mongodb:\/\/127\.0\.0\.1:\d+\/$/);
    const keys = ['--appId', 'a', '--masterKey', 'k', '--host', '127.0.0.1', '--port', '0'];
    const uri = withDatabase(address, 'parse');
    const served = start(['serve', '--databaseURI', uri, ...keys, '--silent']);
    const lines: string[] = [];
    for await (const line of createInterface(served.stdout)) {
      lines.push(line);
      if (line.startsWith('GraphQL')) served.kill('SIGTERM');
    }
    alone.kill('SIGTERM');
    expect(await once(alone, 'close')).toEqual([0, null]);
    expect(lines).toEqual([
      'Subscriptions need change streams, and the database is a standalone server: make it a replica set.',
      expect.stringMatching(/^GraphQL and GraphiQL: http:/),
    ]);
  });
});
