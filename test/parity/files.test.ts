import { createRequire } from 'node:module';
import { MongoClient, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../src/server/create-gateway.ts';
import { readSettings, requireDatabase } from '../../src/server/settings.ts';
import { CREATE_FILE, formOf, type FormFile } from '../support/files-gateway.ts';
import type { GraphqlBody } from '../support/start-gateway.ts';
import { withDatabase } from '../support/start-gateway.ts';
import { startParseServer, type RunningParseServer } from '../support/start-parse-server.ts';
import { startStore, type TestStore } from '../support/start-store.ts';

/** The part of Parse Server's own GridFS adapter that is used here. */
interface GridFsAdapter {
  createFile(name: string, data: Buffer, type: string | undefined, options: object): Promise<void>;
  getFileData(name: string): Promise<Buffer>;
  handleShutdown(): Promise<void>;
}

const { GridFSBucketAdapter } = createRequire(import.meta.url)(
  'parse-server/lib/Adapters/Files/GridFSBucketAdapter',
) as {
  readonly GridFSBucketAdapter: new (
    uri: string,
    options: object,
    fileKey?: string,
  ) => GridFsAdapter;
};

const APP = { 'x-parse-application-id': 'test-app' };
const MASTER = { ...APP, 'x-parse-master-key': 'test-master-key' };
/** Three parts of GridFS and a bit. */
const LARGE = Buffer.from(Uint8Array.from({ length: 800_001 }, (_, index) => (index * 7) % 256));

let store: TestStore;
let uri: string;
let client: MongoClient;
let parse: RunningParseServer;
let gateway: Gateway;
let sessions: Readonly<Record<'user' | 'ghost', string>>;

beforeAll(async () => {
  store = startStore();
  uri = withDatabase(store.uri, store.databaseName);
  client = await MongoClient.connect(uri);
  parse = await startParseServer({ databaseURI: uri });
  sessions = {
    user: await signUp({ username: 'user', password: 'secret' }),
    ghost: await signUp({ authData: { anonymous: { id: 'a-ghost' } } }),
  };
  await rest('/classes/Doc', { title: 'first', file: await restFile() });
  gateway = await startGatewayWith({});
}, 120_000);
afterAll(async () => {
  await client.close();
  await gateway.close();
  await parse.close();
  await store.close();
});

function startGatewayWith(settings: Readonly<Record<string, string>>): Promise<Gateway> {
  const flags = {
    databaseURI: uri,
    appId: 'test-app',
    masterKey: 'test-master-key',
    port: '0',
    host: '127.0.0.1',
    silent: 'true',
    ...settings,
  };
  return createGateway({ settings: requireDatabase(readSettings(flags, {})) });
}

async function rest(
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = MASTER,
): Promise<Document> {
  const response = await fetch(`${parse.restUrl}${path}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Document;
}

async function signUp(user: object): Promise<string> {
  const { sessionToken } = await rest('/users', user, APP);
  expect(sessionToken).toMatch(/^r:/);
  return String(sessionToken);
}

async function restFile(): Promise<object> {
  const { name } = await toParse({ name: 'seed.txt', type: 'text/plain', bytes: 'seed' }, MASTER);
  return { __type: 'File', name: name! };
}

interface Outcome {
  readonly name?: string;
  readonly refusal?: string;
}

type Send = (file: FormFile, headers: Readonly<Record<string, string>>) => Promise<Outcome>;

/** By REST: the GraphQL API of Parse Server loses the code of a refusal, and appends a second extension to names. */
const toParse: Send = async ({ name, type, bytes }, headers) => {
  const response = await fetch(`${parse.restUrl}/files/${encodeURIComponent(name)}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': type },
    body: bytes,
  });
  const body = (await response.json()) as { name?: string; code?: number; error?: string };
  if (body.name !== undefined) return { name: body.name };
  return { refusal: `${body.code} ${body.error}` };
};

const toGateway: Send = async (file, headers) => {
  const body = formOf(CREATE_FILE, { upload: file });
  const response = await fetch(gateway.url, { method: 'POST', headers, body });
  const { data, errors } = (await response.json()) as GraphqlBody;
  if (errors !== undefined) {
    return { refusal: `${String(errors[0]?.extensions['code'])} ${errors[0]?.message}` };
  }
  return {
    name: (data as { createFile: { fileInfo: { name: string } } }).createFile.fileInfo.name,
  };
};

const atParse = (name: string) => `${parse.restUrl}/files/test-app/${encodeURIComponent(name)}`;
const atGateway = (name: string) =>
  `${new URL(gateway.url).origin}/files/test-app/${encodeURIComponent(name)}`;

async function readFile(url: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(url, { headers });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    nosniff: response.headers.get('x-content-type-options'),
    body: Buffer.from(await response.arrayBuffer()).toString('base64'),
  };
}

/** What GridFS holds under a name, with ids, times and the random part masked. */
async function readRaw(name: string): Promise<unknown> {
  const database = client.db();
  const [file, ...others] = await database
    .collection('fs.files')
    .find({ filename: name })
    .toArray();
  expect(others).toEqual([]);
  const chunks = await database
    .collection('fs.chunks')
    .find({ files_id: file?.['_id'] })
    .sort({ n: 1 })
    .toArray();
  return {
    file: { ...masked(file!), filename: name.replace(/^[0-9a-f]{32}/, '(random)') },
    chunks: chunks.map((chunk) => ({ ...masked(chunk), data: String(chunk['data']).length })),
  };
}

function masked(row: Document): Document {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]: [string, unknown]) => {
      if (value instanceof Date) return [key, 'Date'];
      const kind = (value as { readonly _bsontype?: string })._bsontype;
      return [key, kind === 'ObjectId' ? kind : value];
    }),
  );
}

const samples: readonly FormFile[] = [
  { name: 'note.txt', type: 'text/plain', bytes: 'hello' },
  { name: 'cat.png', type: 'image/png', bytes: LARGE },
  { name: 'cat', type: 'image/png', bytes: 'no extension' },
  { name: 'dot.', type: 'image/png', bytes: 'ends in a dot' },
  { name: 'README', type: 'application/octet-stream', bytes: 'x' },
  { name: 'data.json', type: 'application/json', bytes: '{}' },
  { name: 'style.css', type: 'text/css', bytes: 'a{}' },
  { name: 'code.js', type: 'text/javascript', bytes: '1' },
  { name: 'list.csv', type: 'text/csv', bytes: '1,2' },
  { name: 'paper.pdf', type: 'application/pdf', bytes: '%PDF' },
  { name: 'photo.JPG', type: 'image/jpeg', bytes: 'x' },
  { name: 'a b~c@d.txt', type: 'text/plain', bytes: 'x' },
  { name: 'two.unknownkind', type: 'application/x-thing', bytes: 'x' },
];

describe('a file', () => {
  it.for(samples)('is stored alike: $name', async (sample) => {
    const [theirs, ours] = [await toParse(sample, MASTER), await toGateway(sample, MASTER)];
    const [their, our] = [await readRaw(theirs.name!), await readRaw(ours.name!)];
    expect(our).toEqual(their);
  });

  it.for(samples)('is served alike, whoever stored it: $name', async (sample) => {
    for (const send of [toParse, toGateway]) {
      const { name = '' } = await send(sample, MASTER);
      const theirs = await readFile(atParse(name));
      expect(theirs.status).toBe(200);
      const ours = await readFile(atGateway(name));
      // Of a kind that nobody knows Parse Server says no more than that it is text.
      const isUnknown = name.endsWith('.unknownkind');
      expect(ours).toEqual(isUnknown ? { ...theirs, type: 'application/octet-stream' } : theirs);
    }
  });

  it('is served in ranges of the same bytes', async () => {
    const { name = '' } = await toParse({ ...samples[1]!, name: 'movie.mp4' }, MASTER);
    for (const range of ['bytes=0-9', 'bytes=261100-261199', 'bytes=800000-', 'bytes=-5']) {
      const theirs = await readFile(atParse(name), { range });
      expect(await readFile(atGateway(name), { range })).toEqual(theirs);
      expect(theirs.status).toBe(206);
    }
  });

  it('is deleted by either for both', async () => {
    for (const [send, mount] of [
      [toParse, new URL(gateway.url).origin],
      [toGateway, parse.restUrl],
    ] as const) {
      const { name = '' } = await send(samples[1]!, MASTER);
      const address = `${mount}/files/${name}`;
      const refused = await fetch(address, { method: 'DELETE', headers: APP });
      expect(refused.status).toBe(403);
      expect((await fetch(address, { method: 'DELETE', headers: MASTER })).status).toBe(200);
      expect((await readFile(atParse(name))).status).toBe(404);
      expect(await readFile(atGateway(name))).toEqual(await readFile(atParse(name)));
      const database = client.db();
      expect(await database.collection('fs.files').countDocuments({ filename: name })).toBe(0);
      const ids = await database.collection('fs.files').distinct('_id');
      const orphans = { files_id: { $nin: ids } };
      expect(await database.collection('fs.chunks').countDocuments(orphans)).toBe(0);
    }
  });

  it('has the same metadata address, and the same refusals of addresses', async () => {
    const { name = '' } = await toGateway(samples[0]!, MASTER);
    const origin = new URL(gateway.url).origin;
    for (const path of [
      `/files/test-app/metadata/${name}`,
      '/files/test-app/metadata/none.txt',
      '/files/test-app/none.txt',
      `/files/other-app/${name}`,
      '/files/test-app/a%2Fb',
    ]) {
      const theirs = await fetch(`${parse.restUrl}${path}`);
      const ours = await fetch(`${origin}${path}`);
      const expected = [theirs.status, await theirs.text()];
      expect([ours.status, await ours.text()], path).toEqual(expected);
    }
  });
});

describe('an upload is refused alike', () => {
  const text = { type: 'text/plain', bytes: 'x' };
  it.for<FormFile>([
    { ...text, name: 'page.html' },
    { ...text, name: 'page.htm' },
    { ...text, name: 'page.xhtml' },
    { ...text, name: 'page.shtml' },
    { ...text, name: 'page.XHTM' },
    { ...text, name: 'a.svg' },
    { ...text, name: 'a.svgz' },
    { ...text, name: 'a.xml' },
    { ...text, name: 'a.xslt' },
    { ...text, name: 'a.rdf' },
    { ...text, name: 'a.owl' },
    { ...text, name: 'a.mathml' },
    { ...text, name: 'a.php' },
    { ...text, name: 'html' },
    { ...text, name: 'a.sv g' },
    { name: 'page', type: 'text/html', bytes: 'x' },
    { name: 'page', type: 'image/svg+xml', bytes: 'x' },
    { name: 'page.thing', type: 'application/xhtml+xml', bytes: 'x' },
    { name: 'page.thing', type: 'application/vnd.api+json', bytes: 'x' },
    { name: '.hidden.txt', type: 'text/plain', bytes: 'x' },
    { name: 'ü.txt', type: 'text/plain', bytes: 'x' },
    { name: `${'a'.repeat(125)}.txt`, type: 'text/plain', bytes: 'x' },
    { name: 'empty.txt', type: 'text/plain', bytes: '' },
  ])('$name of type $type', async (file) => {
    const headers = { ...APP, 'x-parse-session-token': sessions.user };
    const [theirs, ours] = [await toParse(file, headers), await toGateway(file, headers)];
    expect(ours.refusal).toBe(theirs.refusal);
    const isAllowed = ['a.php', 'html'].includes(file.name) || file.type.includes('api+json');
    expect(String(ours.refusal)).toMatch(isAllowed ? /^undefined$/ : /^1(22|30) /);
  });

  it('for who may not', async () => {
    const file = samples[0]!;
    for (const headers of [APP, { ...APP, 'x-parse-session-token': sessions.ghost }]) {
      const theirs = await toParse(file, headers);
      expect(theirs.refusal).toMatch(/^130 File upload by/);
      expect(await toGateway(file, headers)).toEqual(theirs);
    }
  });
});

describe("a front end of Parse Server's GraphQL API", () => {
  const CREATE = `mutation ($title: String, $file: Upload!) {
    createDoc(input: { fields: { title: $title, file: { upload: $file } } }) {
      doc { objectId title file { name url } } } }`;
  // Its GraphQL API gives names the extension of their content type once more, unless they end in it.
  const file = { name: 'cat.png', type: 'image/png', bytes: LARGE };

  async function create(url: string) {
    const body = formOf(CREATE, { file }, { title: 'cat' });
    const response = await fetch(url, { method: 'POST', headers: MASTER, body });
    const { data, errors } = (await response.json()) as GraphqlBody;
    expect(errors).toBeUndefined();
    return (data as { createDoc: { doc: Record<'objectId' | 'file', never> } }).createDoc
      .doc as unknown as { objectId: string; file: { name: string; url: string } };
  }

  it('stores the same object with a file by either, and gets an address that works here', async () => {
    const [theirs, ours] = [await create(parse.graphqlUrl), await create(gateway.url)];
    const stored = async (objectId: string) =>
      client.db().collection<{ _id: string }>('Doc').findOne({ _id: objectId });
    const [their, our] = [await stored(theirs.objectId), await stored(ours.objectId)];
    const comparable = (row: Document | null) => ({
      ...masked(row!),
      _id: 'id',
      file: String(row?.['file']).replace(/^[0-9a-f]{32}/, '(random)'),
    });
    expect(comparable(our)).toEqual(comparable(their));
    expect((await readFile(ours.file.url)).body).toBe(LARGE.toString('base64'));
    const query = `{ doc(id: "${theirs.objectId}") { file { name url } } }`;
    const asked = await fetch(gateway.url, {
      method: 'POST',
      headers: { ...MASTER, 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect(await asked.json()).toEqual({
      data: { doc: { file: { name: theirs.file.name, url: atGateway(theirs.file.name) } } },
    });
  });
});

describe('encrypted files', () => {
  it('are read by either, and are not what they seem without the key', async () => {
    const adapter = new GridFSBucketAdapter(uri, {}, 'file-key');
    const keyed = await startGatewayWith({ fileKey: 'file-key' });
    try {
      await adapter.createFile('theirs.png', LARGE, 'image/png', { metadata: {} });
      await adapter.createFile('small.txt', Buffer.from('small'), 'text/plain', { metadata: {} });
      const origin = new URL(keyed.url).origin;
      const ours = await fetch(keyed.url, {
        method: 'POST',
        headers: MASTER,
        body: formOf(CREATE_FILE, { upload: samples[1]! }),
      });
      const [, name = ''] = /"name":"([^"]+)"/.exec(await ours.text()) ?? [];
      expect(Buffer.compare(await adapter.getFileData(name), LARGE)).toBe(0);
      for (const each of ['theirs.png', name]) {
        const answer = await readFile(`${origin}/files/test-app/${each}`, { range: 'bytes=0-9' });
        expect(answer).toMatchObject({ status: 200, body: LARGE.toString('base64') });
      }
      const plain = await toGateway(samples[0]!, MASTER);
      expect((await readFile(`${origin}/files/test-app/${plain.name}`)).status).not.toBe(200);
      const large = await toGateway(samples[1]!, MASTER);
      await expect(readFile(`${origin}/files/test-app/${large.name}`)).rejects.toThrow();
    } finally {
      await keyed.close();
      await adapter.handleShutdown();
    }
  });
});
