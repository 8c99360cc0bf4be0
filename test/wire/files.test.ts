import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AS_MASTER,
  CREATE_FILE,
  startFilesGateway,
  type FilesGateway,
  type FormFile,
} from '../support/files-gateway.ts';
import { ALICE, GHOST } from '../support/seed-files-world.ts';
import type { GraphqlBody } from '../support/start-gateway.ts';
import { openWsClient } from '../support/ws-client.ts';

const NOTE: FormFile = { name: 'note.txt', type: 'text/plain', bytes: 'hello world' };
const AS_ALICE = { 'x-parse-session-token': ALICE };

let gateway: FilesGateway;
beforeAll(async () => {
  gateway = await startFilesGateway();
});
afterAll(async () => {
  await gateway.close();
});

interface FileInfo {
  readonly name: string;
  readonly url: string;
}

async function uploaded(file: FormFile, from = gateway): Promise<FileInfo> {
  return infoIn(await from.upload(CREATE_FILE, { upload: file }));
}

function infoIn(body: GraphqlBody): FileInfo {
  expect(body.errors).toBeUndefined();
  return (body.data as { createFile: { fileInfo: FileInfo } }).createFile.fileInfo;
}

function refusalIn({ errors }: GraphqlBody): string {
  expect(errors).toHaveLength(1);
  return `${String(errors![0]!.extensions['code'])} ${errors![0]!.message}`;
}

/** Runs, and answers what that left in GridFS. */
async function leftBy(run: () => Promise<unknown>) {
  const before = await gateway.readStored();
  await run();
  const after = await gateway.readStored();
  return {
    files: after.files.length - before.files.length,
    chunks: after.chunkCount - before.chunkCount,
  };
}

const NOTHING = { files: 0, chunks: 0 };

describe('createFile', () => {
  it('stores a file and answers an address where it is served', async () => {
    const { name, url } = await uploaded(NOTE);
    expect(name).toMatch(/^[0-9a-f]{32}_note\.txt$/);
    expect(url).toBe(`${gateway.origin}/files/${gateway.appId}/${name}`);
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe('hello world');
  });

  it('gives a name without an extension that of its content type', async () => {
    const { name } = await uploaded({ name: 'cat', type: 'image/png', bytes: 'x' });
    expect(name).toMatch(/^[0-9a-f]{32}_cat\.png$/);
  });

  it('costs a command for each MB and one at the end', async () => {
    gateway.takeCommands();
    await uploaded({ ...NOTE, bytes: new Uint8Array(5 * 255 * 1024) });
    expect(gateway.takeCommands().map(({ name, collection }) => `${name} ${collection}`)).toEqual([
      'insert fs.chunks',
      'insert fs.chunks',
      'insert fs.files',
    ]);
  });

  it('is for users that are not anonymous', async () => {
    const asked = async (headers: Readonly<Record<string, string>>) =>
      gateway.upload(CREATE_FILE, { upload: NOTE }, { headers });
    expect((await asked(AS_ALICE)).errors).toBeUndefined();
    const left = await leftBy(async () => {
      expect(refusalIn(await asked({}))).toBe('130 File upload by public is disabled.');
      expect(refusalIn(await asked({ 'x-parse-session-token': GHOST }))).toBe(
        '130 File upload by anonymous user is disabled.',
      );
    });
    expect(left).toEqual(NOTHING);
  });

  it('refuses pages that browsers would run, but not from the master key', async () => {
    const page = { name: 'page.html', type: 'text/html', bytes: '<script>' };
    const asAlice = await gateway.upload(CREATE_FILE, { upload: page }, { headers: AS_ALICE });
    expect(refusalIn(asAlice)).toBe('130 File upload of extension html is disabled.');
    const { url } = await uploaded(page);
    const { headers } = await fetch(url);
    expect(headers.get('content-disposition')).toBe('attachment; filename="page.html"');
    expect(headers.get('content-security-policy')).toContain('sandbox');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('a file inside an object', () => {
  const CREATE = `mutation ($fields: CreateDocFieldsInput) { createDoc(input: { fields: $fields }) {
    doc { objectId file { name url } other { name } child { file { name } } } } }`;

  it('is stored with a create, an update and a nested create', async () => {
    const body = await gateway.upload(CREATE, {
      'fields.file.upload': NOTE,
      'fields.other.upload': { ...NOTE, name: 'other.txt' },
      'fields.child.createAndLink.file.upload': { ...NOTE, name: 'child.txt' },
    });
    expect(body.errors).toBeUndefined();
    const { doc } = (body.data as { createDoc: { doc: Record<string, never> } }).createDoc;
    expect(doc).toMatchObject({
      file: { name: expect.stringMatching(/_note\.txt$/) as unknown },
      other: { name: expect.stringMatching(/_other\.txt$/) as unknown },
      child: { file: { name: expect.stringMatching(/_child\.txt$/) as unknown } },
    });
    const { objectId, file } = doc as unknown as { objectId: string; file: FileInfo };
    expect((await gateway.readDocument('Doc', objectId))?.['file']).toBe(file.name);
    expect(await (await fetch(file.url)).text()).toBe('hello world');

    const update = await gateway.upload(
      `mutation ($id: ID!, $file: Upload!) { updateDoc(input: { id: $id, fields: { file: { upload: $file } } }) {
        doc { file { name } } } }`,
      { file: { ...NOTE, name: 'newer.txt' } },
      { variables: { id: objectId } },
    );
    expect(JSON.stringify(update)).toContain('_newer.txt');
  });

  it('is stored with a sign-up, an upsert and each of many objects', async () => {
    const signUp = await gateway.upload(
      `mutation ($file: Upload!) { signUp(input: { fields: { username: "ida", password: "secret", avatar: { upload: $file } } }) {
        viewer { user { avatar { name } } } } }`,
      { file: { ...NOTE, name: 'ida.png' } },
    );
    expect(JSON.stringify(signUp)).toMatch(/"name":"[0-9a-f]{32}_ida\.png"/);
    const left = await leftBy(async () => {
      const many = await gateway.upload(
        `mutation ($a: Upload!, $b: Upload!) { createManyDocs(input: { items: [
          { file: { upload: $a } }, { file: { upload: $b }, child: { link: "none" } }] }) {
          writtenCount results { errorCode object { file { name } } } } }`,
        { a: NOTE, b: { ...NOTE, name: 'refused.txt' } },
      );
      expect(many.data).toMatchObject({
        createManyDocs: {
          writtenCount: 1,
          results: [
            { object: { file: { name: expect.stringMatching(/_note\.txt$/) as unknown } } },
            { errorCode: 101, object: null },
          ],
        },
      });
    });
    expect(left).toEqual({ files: 1, chunks: 1 });
  });

  it('does not stay when the object is refused', async () => {
    const left = await leftBy(async () => {
      const body = await gateway.upload(
        `mutation ($file: Upload!) { createClosed(input: { fields: { file: { upload: $file } } }) {
          closed { objectId } } }`,
        { file: NOTE },
        { headers: AS_ALICE },
      );
      expect(refusalIn(body)).toBe('119 Permission denied');
    });
    expect(left).toEqual(NOTHING);
  });

  it('does not stay when another file of the mutation is refused', async () => {
    const left = await leftBy(async () => {
      const body = await gateway.upload(CREATE, {
        'fields.file.upload': { ...NOTE, bytes: new Uint8Array(600_000) },
        'fields.other.upload': { ...NOTE, name: '../note.txt' },
      });
      expect(refusalIn(body)).toBe('122 Filename contains invalid characters.');
    });
    expect(left).toEqual(NOTHING);
  });

  it('stays for the mutation that succeeded when a later one with the same file fails', async () => {
    const document = `mutation ($file: Upload!) {
      one: createFile(input: { upload: $file }) { fileInfo { name } }
      two: createClosed(input: { fields: { file: { upload: $file } } }) { closed { objectId } } }`;
    let body: GraphqlBody = {};
    const left = await leftBy(async () => {
      body = await gateway.upload(document, { file: NOTE }, { headers: AS_ALICE });
    });
    expect(refusalIn(body)).toBe('119 Permission denied');
    expect(left).toEqual({ files: 1, chunks: 1 });
  });

  it('may come in any order, and need not be asked for', async () => {
    const bytes = new Uint8Array(1_000_000);
    const document = `mutation ($a: Upload!, $b: Upload!, $unused: Upload!) {
      never: createFile(input: { upload: $unused }) @include(if: false) { fileInfo { name } }
      first: createFile(input: { upload: $b }) { fileInfo { name } }
      second: createFile(input: { upload: $a }) { fileInfo { name } } }`;
    const left = await leftBy(async () => {
      const body = await gateway.upload(document, {
        unused: { ...NOTE, name: 'unused.bin', bytes },
        a: { ...NOTE, name: 'a.bin', bytes },
        b: { ...NOTE, name: 'b.bin', bytes },
      });
      expect(body.errors).toBeUndefined();
      expect(body.data).toMatchObject({
        first: { fileInfo: { name: expect.stringMatching(/_b\.bin$/) as unknown } },
        second: { fileInfo: { name: expect.stringMatching(/_a\.bin$/) as unknown } },
      });
    });
    expect(left).toEqual({ files: 2, chunks: 8 });
  });

  it('has the same address over WebSockets', async () => {
    const { name, url } = await uploaded(NOTE);
    await gateway.graphql(
      `mutation { createDoc(input: { fields: { title: "ws", file: { file: "${name}" } } }) { doc { objectId } } }`,
      {},
      AS_MASTER,
    );
    const query =
      '{ docs(where: { title: { equalTo: "ws" } }) { edges { node { file { url } } } } }';
    const socket = await openWsClient(gateway.wsUrl, {
      'x-parse-application-id': gateway.appId,
      ...AS_MASTER,
    });
    expect(await socket.next()).toMatchObject({ type: 'connection_ack' });
    socket.send({ type: 'subscribe', id: '1', payload: { query } });
    const answer = await socket.next();
    await socket.close();
    expect(JSON.stringify(answer)).toContain(JSON.stringify({ file: { url } }));
  });
});

describe('a stored file', () => {
  let file: FileInfo;
  const bytes = Uint8Array.from({ length: 700_000 }, (_, index) => index % 251);
  beforeAll(async () => {
    file = await uploaded({ name: 'clip.mp4', type: 'video/mp4', bytes });
  });

  async function get(headers: Readonly<Record<string, string>>, method = 'GET') {
    const response = await fetch(file.url, { method, headers });
    return { response, body: new Uint8Array(await response.arrayBuffer()) };
  }

  it.for([
    ['bytes=0-0', 0, 1],
    ['bytes=100-199', 100, 200],
    ['bytes=261110-261130', 261_110, 261_131],
    ['bytes=699990-', 699_990, 700_000],
    ['bytes=699990-999999999999999999999', 699_990, 700_000],
    ['bytes=-10', 699_990, 700_000],
    ['bytes=-9999999', 0, 700_000],
  ] as const)('is served in ranges: %s', async ([range, start, end]) => {
    const { response, body } = await get({ range });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/700000`);
    expect(response.headers.get('content-length')).toBe(String(end - start));
    expect(Buffer.compare(body, bytes.subarray(start, end))).toBe(0);
  });

  it.for(['bytes=700000-', 'bytes=-0'])('has no such range: %s', async (range) => {
    const { response } = await get({ range });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe('bytes */700000');
  });

  it.for(['bytes=0-1,3-4', 'bytes=5-4', 'chars=0-1', 'bytes=a-b', 'bytes=', '-'])(
    'is served whole for a range that is none of one: %s',
    async (range) => {
      const { response, body } = await get({ range });
      expect(response.status).toBe(200);
      expect(Buffer.compare(body, bytes)).toBe(0);
    },
  );

  it('says what it is, without its bytes, to HEAD', async () => {
    gateway.takeCommands();
    const { response, body } = await get({}, 'HEAD');
    expect(gateway.takeCommands()).toHaveLength(1);
    expect(body).toHaveLength(0);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': '700000',
      'content-disposition': 'inline; filename="clip.mp4"',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': '*',
    });
  });

  it('is not sent again to who has it, and a range only of what is still the same', async () => {
    const etag = (await get({}, 'HEAD')).response.headers.get('etag')!;
    gateway.takeCommands();
    const known = await get({ 'if-none-match': `"other", W/${etag}` });
    expect(known.response.status).toBe(304);
    expect(gateway.takeCommands()).toHaveLength(1);
    const resumed = await get({ 'if-range': etag, range: 'bytes=1-2' });
    expect(resumed.response.status).toBe(206);
    const changed = await get({ 'if-range': '"other"', range: 'bytes=1-2' });
    expect(changed.response.status).toBe(200);
  });

  it('costs two commands, and a range of it two', async () => {
    gateway.takeCommands();
    await get({});
    expect(gateway.takeCommands().map(({ name }) => name)).toEqual(['find', 'find']);
    await get({ range: 'bytes=300000-300001' });
    expect(gateway.takeCommands().map(({ name }) => name)).toEqual(['find', 'find']);
  });

  it("is served under Parse Server's usual mount, too, with its metadata", async () => {
    const path = `/parse/files/${gateway.appId}`;
    expect((await fetch(`${gateway.origin}${path}/${file.name}`)).status).toBe(200);
    const metadata = await fetch(`${gateway.origin}${path}/metadata/${file.name}`);
    expect(await metadata.json()).toEqual({ metadata: {} });
  });

  it('is not there for another name or application', async () => {
    const missing = await fetch(`${gateway.origin}/files/${gateway.appId}/nothing.txt`);
    expect(missing.status).toBe(404);
    expect(await missing.text()).toBe('File not found.');
    const foreign = await fetch(`${gateway.origin}/files/other-app/${file.name}`);
    expect(foreign.status).toBe(403);
    expect((await fetch(`${gateway.origin}/files/${gateway.appId}`)).status).toBe(404);
  });
});

describe('deleting', () => {
  const url = (name: string) => `${gateway.origin}/files/${gateway.appId}/${name}`;
  const master = () => ({ 'x-parse-application-id': gateway.appId, ...AS_MASTER });

  it('is for the master key, by GraphQL', async () => {
    const { name } = await uploaded(NOTE);
    const document = `mutation { deleteFile(input: { name: "${name}", clientMutationId: "c" }) { name clientMutationId } }`;
    expect(refusalIn(await gateway.graphql(document, {}, AS_ALICE))).toBe('119 Permission denied');
    const left = await leftBy(async () => {
      expect(await gateway.graphql(document, {}, AS_MASTER)).toEqual({
        data: { deleteFile: { name, clientMutationId: 'c' } },
      });
    });
    expect(left).toEqual({ files: -1, chunks: -1 });
    expect((await fetch(url(name))).status).toBe(404);
    expect(refusalIn(await gateway.graphql(document, {}, AS_MASTER))).toBe(
      '153 Could not delete file.',
    );
  });

  it.for(['', '/test-app'])(
    "is for the master key, as Parse's REST API has it: %s",
    async (app) => {
      const { name } = await uploaded(NOTE);
      const address = `${gateway.origin}/parse/files${app}/${name}`;
      const headers = { 'x-parse-application-id': gateway.appId, ...AS_ALICE };
      const refused = await fetch(address, { method: 'DELETE', headers });
      expect(refused.status).toBe(403);
      const nobody = await fetch(address, { method: 'DELETE' });
      expect([nobody.status, await nobody.json()]).toEqual([403, { error: 'unauthorized' }]);
      const done = await fetch(address, { method: 'DELETE', headers: master() });
      expect(done.status).toBe(200);
      const again = await fetch(address, { method: 'DELETE', headers: master() });
      expect([again.status, await again.json()]).toEqual([
        400,
        { code: 153, error: 'Could not delete file.' },
      ]);
    },
  );

  it('is announced to pages of other origins', async () => {
    const headers = { origin: 'https://page.example', 'access-control-request-method': 'DELETE' };
    const asked = await fetch(url('x.txt'), { method: 'OPTIONS', headers });
    expect(asked.headers.get('access-control-allow-methods')).toContain('DELETE');
    expect(asked.headers.get('access-control-allow-headers')).toContain('X-Parse-Master-Key');
  });
});

describe('settings', () => {
  async function using(
    settings: Readonly<Record<string, string>>,
    run: (other: FilesGateway) => Promise<void>,
  ): Promise<void> {
    const other = await startFilesGateway({ settings });
    try {
      await run(other);
    } finally {
      await other.close();
    }
  }

  it('say how large, who and which extensions', async () => {
    const fileUpload = '{"enableForPublic":true,"fileExtensions":["^txt$","^bin$"]}';
    await using({ maxUploadSize: '300kb', fileUpload }, async (other) => {
      const upload = (file: FormFile) =>
        other.upload(CREATE_FILE, { upload: file }, { headers: {} });
      expect((await upload(NOTE)).errors).toBeUndefined();
      const png = await upload({ ...NOTE, name: 'a.png' });
      expect(refusalIn(png)).toBe('130 File upload of extension png is disabled.');
      expect((await upload({ ...NOTE, bytes: new Uint8Array(307_200) })).errors).toBeUndefined();
      const large = await upload({ ...NOTE, bytes: new Uint8Array(307_201) });
      expect(refusalIn(large)).toBe('130 File size exceeds maximum allowed: 307200 bytes.');
      const { files, chunkCount } = await other.readStored();
      expect([files.length, chunkCount]).toEqual([2, 3]);
    });
  });

  it('say who may download', async () => {
    await using({ fileDownload: '{"enableForPublic":false}' }, async (other) => {
      const { url } = await uploaded(NOTE, other);
      const nobody = await fetch(url);
      expect([nobody.status, await nobody.json()]).toEqual([
        403,
        { code: 119, error: 'File download by public is disabled.' },
      ]);
      expect((await fetch(url, { headers: AS_ALICE })).status).toBe(200);
      expect((await fetch(url, { headers: { 'x-parse-session-token': 'r:none' } })).status).toBe(
        400,
      );
    });
  });

  it('name where files are served, also behind a proxy', async () => {
    const publicServerURL = 'https://example.com/api/1';
    await using({ publicServerURL }, async (other) => {
      const { name, url } = await uploaded(NOTE, other);
      expect(url).toBe(`${publicServerURL}/files/${other.appId}/${name}`);
      expect((await fetch(`${other.origin}/api/1/files/${other.appId}/${name}`)).status).toBe(200);
    });
    await using({ trustProxy: '1' }, async (other) => {
      const headers = {
        ...AS_MASTER,
        'x-forwarded-host': 'files.example:8443',
        'x-forwarded-proto': 'https',
        'x-forwarded-for': '127.0.0.1',
      };
      const { url } = infoIn(await other.upload(CREATE_FILE, { upload: NOTE }, { headers }));
      expect(url).toContain('https://files.example:8443/files/test-app/');
    });
  });

  it('keep names and the versions of a name', async () => {
    await using({ preserveFileName: 'true' }, async (other) => {
      expect((await uploaded(NOTE, other)).name).toBe('note.txt');
      const { url } = await uploaded({ ...NOTE, bytes: 'second' }, other);
      const failed = await other.upload(
        `mutation ($file: Upload!) { createClosed(input: { fields: { file: { upload: $file } } }) {
          closed { objectId } } }`,
        { file: { ...NOTE, bytes: 'third' } },
        { headers: AS_ALICE },
      );
      expect(refusalIn(failed)).toBe('119 Permission denied');
      expect(await (await fetch(url)).text()).toBe('second');
      expect((await other.readStored()).files).toHaveLength(2);
    });
  });

  it('encrypt files', async () => {
    await using({ fileKey: 'secret' }, async (other) => {
      const { url } = await uploaded(NOTE, other);
      const { files } = await other.readStored();
      expect(files[0]?.['length']).toBe('hello world'.length + 32);
      const response = await fetch(url, { headers: { range: 'bytes=0-1' } });
      expect([response.status, await response.text()]).toEqual([200, 'hello world']);
    });
  });
});
