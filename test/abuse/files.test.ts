import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AS_MASTER,
  CREATE_FILE,
  formOf,
  startFilesGateway,
  type FilesGateway,
  type FormFile,
} from '../support/files-gateway.ts';
import { ALICE } from '../support/seed-files-world.ts';

const NOTE: FormFile = { name: 'note.txt', type: 'text/plain', bytes: 'hello' };
const FILE = new Blob(['hello'], { type: 'text/plain' });
const OPERATION = JSON.stringify({ query: CREATE_FILE, variables: { upload: null } });
const MAP = '{"0":["variables.upload"]}';

let gateway: FilesGateway;
beforeAll(async () => {
  gateway = await startFilesGateway();
});
afterAll(async () => {
  const { files, chunkCount } = await gateway.readStored();
  expect([files, chunkCount], 'nothing refused is stored').toEqual([[], 0]);
  await gateway.close();
});

async function post(
  body: BodyInit,
  headers: Readonly<Record<string, string>> = {
    'x-parse-application-id': 'test-app',
    ...AS_MASTER,
  },
): Promise<string> {
  const response = await fetch(gateway.url, { method: 'POST', headers, body });
  const { errors = [] } = (await response.json()) as {
    errors?: readonly { message: string; extensions: { code: number } }[];
  };
  const [only] = errors;
  expect(errors).toHaveLength(1);
  return `${response.status} ${only!.extensions.code} ${only!.message}`;
}

/** A form of these parts, in this order; a Blob is a file. */
function form(...parts: readonly (readonly [name: string, part: string | Blob])[]): FormData {
  const data = new FormData();
  for (const [name, part] of parts) {
    if (typeof part === 'string') data.append(name, part);
    else data.append(name, part, 'note.txt');
  }
  return data;
}

const MISORDERED = '400 107 The parts must come in the order operations, map, files.';
const NO_NULL = (path: string) =>
  `400 107 The path ${JSON.stringify(path)} of the map must lead to a null of variables.`;
const at = (path: string) => JSON.stringify({ 0: [path] });
const many = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, key) => [key, []])));

describe('a form that is no multipart request is refused', () => {
  it.for<readonly [string, FormData, string]>([
    ['empty', form(), '400 107 The field operations is missing.'],
    ['no operations', form(['other', 'x']), '400 107 The field operations is missing.'],
    ['no map', form(['operations', OPERATION]), '400 107 The field map is missing.'],
    ['map first', form(['map', MAP], ['operations', OPERATION], ['0', FILE]), MISORDERED],
    ['file first', form(['0', FILE], ['operations', OPERATION], ['map', MAP]), MISORDERED],
    ['file before map', form(['operations', OPERATION], ['0', FILE], ['map', MAP]), MISORDERED],
    [
      'operations twice',
      form(['operations', OPERATION], ['operations', OPERATION], ['map', MAP], ['0', FILE]),
      '400 107 The field operations comes twice.',
    ],
    [
      'operations are text',
      form(['operations', 'x']),
      '400 107 The field operations must be JSON.',
    ],
    [
      'operations are a list',
      form(['operations', `[${OPERATION}]`], ['map', MAP]),
      '400 107 Several operations in one request are not supported.',
    ],
    [
      'operations are null',
      form(['operations', 'null'], ['map', MAP]),
      '400 107 The field operations must be a JSON object.',
    ],
    [
      'the map is a list',
      form(['operations', OPERATION], ['map', '[]']),
      '400 107 The field map must be a JSON object.',
    ],
    [
      'the map has no lists',
      form(['operations', OPERATION], ['map', '{"0":"variables.upload"}']),
      '400 107 Each file of the map must have a list of paths.',
    ],
    [
      'too many files',
      form(['operations', OPERATION], ['map', many(101)]),
      '400 102 The request is too large: files exceed the limit of 100.',
    ],
    [
      'too many paths',
      form(
        ['operations', OPERATION],
        ['map', JSON.stringify({ 0: Array.from({ length: 1_001 }, () => 'variables.upload') })],
      ),
      '400 102 The request is too large: paths of files exceed the limit of 1000.',
    ],
    [
      'a huge map',
      form(['operations', OPERATION], ['map', JSON.stringify({ 0: ['x'.repeat(2_000_000)] })]),
      '400 102 The request is too large: bytes of the field map exceed the limit of 1048576.',
    ],
    [
      'too many fields',
      form(['operations', OPERATION], ...Array.from({ length: 20 }, () => ['more', 'x'] as const), [
        'map',
        MAP,
      ]),
      '400 102 The request is too large: fields of the form exceed the limit of 10.',
    ],
  ])('%s', async ([, body, refusal]) => {
    expect(await post(body)).toBe(refusal);
  });

  it.for([
    'upload',
    'variables',
    'query',
    'variables.missing',
    'variables.upload.deeper',
    'variables.list.length',
    'variables.list.1',
    'variables.list.00',
    'variables.text',
    'variables.object',
    'variables.__proto__',
    'variables.__proto__.x',
    'variables.object.constructor.prototype.x',
    'variables.own.__proto__',
    '__proto__.polluted',
    'variables..upload',
    '',
    'variables.toString',
  ])('a path to what is no null of variables: %s', async (path) => {
    const operations = `{"query":${JSON.stringify(CREATE_FILE)},
      "variables":{"upload":null,"list":[null],"text":"","object":{},"own":{"__proto__":null}}}`;
    const body = form(['operations', operations], ['map', at(path)], ['0', FILE]);
    expect(await post(body)).toBe(NO_NULL(path));
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });

  it('two files for one place', async () => {
    const map = '{"0":["variables.upload"],"1":["variables.upload"]}';
    expect(await post(form(['operations', OPERATION], ['map', map], ['0', FILE]))).toBe(
      NO_NULL('variables.upload'),
    );
  });

  it('without a boundary, or a body that ends too early', async () => {
    const headers = { 'x-parse-application-id': 'test-app', ...AS_MASTER };
    const type = 'multipart/form-data';
    expect(await post('x', { ...headers, 'content-type': type })).toBe(
      '400 107 The multipart body has no boundary.',
    );
    const cut = '--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{}';
    expect(await post(cut, { ...headers, 'content-type': `${type}; boundary=b` })).toBe(
      '400 107 The multipart body is malformed: Unexpected end of multipart data',
    );
  });

  it('that a page of another site could make a browser send', async () => {
    const authorization = `Basic ${Buffer.from('test-app:test-master-key').toString('base64')}`;
    expect(await post(formOf(CREATE_FILE, { upload: NOTE }), { authorization })).toBe(
      '400 107 Requests with files need the header X-Parse-Application-Id.',
    );
  });
});

describe('an operation whose file does not come is refused', () => {
  const MISSING = '200 130 A file of the map is missing in the request.';

  it.for<readonly [string, FormData, string]>([
    ['no file', form(['operations', OPERATION], ['map', MAP]), MISSING],
    ['another file', form(['operations', OPERATION], ['map', MAP], ['1', FILE]), MISSING],
    [
      'text in its place',
      form(['operations', OPERATION], ['map', MAP], ['0', 'text']),
      '200 130 Invalid file upload.',
    ],
    [
      'an empty file',
      form(['operations', OPERATION], ['map', MAP], ['0', new Blob([])]),
      '200 130 Invalid file upload.',
    ],
  ])('%s', async ([, body, refusal]) => {
    expect(await post(body)).toBe(refusal);
  });

  it('a second map comes', async () => {
    const body = form(['operations', OPERATION], ['map', MAP], ['map', MAP], ['0', FILE]);
    expect(await post(body)).toBe('200 130 The field map comes twice.');
  });

  it.for([
    { upload: {} },
    { upload: 'text' },
    { upload: { name: 'note.txt', createReadStream: 'x' } },
  ])('JSON in its place: %j', async (variables) => {
    const body = await gateway.graphql(CREATE_FILE, variables, AS_MASTER);
    expect(body.errors?.[0]?.message).toContain('Upload must be a file of a multipart request.');
    expect(body.errors?.[0]?.extensions['code']).toBe(102);
  });

  it('the connection ends in the middle of it', async () => {
    const { port } = new URL(gateway.url);
    const part = (name: string, text: string) =>
      `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      [
        'POST /graphql HTTP/1.1\r\nHost: x\r\nX-Parse-Application-Id: test-app\r\n',
        'X-Parse-Master-Key: test-master-key\r\nContent-Type: multipart/form-data; boundary=b\r\n',
        'Content-Length: 5000000\r\n\r\n',
        part('operations', OPERATION),
        part('map', MAP),
        '--b\r\nContent-Disposition: form-data; name="0"; filename="a.bin"\r\n\r\n',
        'x'.repeat(1_500_000),
      ].join(''),
    );
    const chunks = async () => (await gateway.readStored()).chunkCount;
    await expect.poll(chunks, { timeout: 10_000 }).toBeGreaterThan(0);
    socket.destroy();
    await once(socket, 'close');
    await expect.poll(chunks, { timeout: 10_000 }).toBe(0);
  });

  it('the connection ends before the refusal', async () => {
    const { port } = new URL(gateway.url);
    const query = `mutation ($upload: Upload!) { createClosed(input: { fields: { file: { upload: $upload } } }) {
      closed { objectId } } }`;
    const part = (head: string, text: string) =>
      `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
    const body = [
      part('name="operations"', JSON.stringify({ query, variables: { upload: null } })),
      part('name="map"', MAP),
      part('name="0"; filename="a.bin"', 'x'.repeat(600_000)),
      '--b--\r\n',
    ].join('');
    const head = [
      'POST /graphql HTTP/1.1\r\nHost: x\r\nX-Parse-Application-Id: test-app\r\n',
      `X-Parse-Session-Token: ${ALICE}\r\nContent-Type: multipart/form-data; boundary=b\r\n`,
      `Content-Length: ${body.length}\r\n\r\n`,
    ].join('');
    gateway.takeCommands();
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(head + body, () => socket.destroy());
    const isRemoved = () =>
      gateway
        .takeCommands()
        .some(({ name, collection }) => name === 'delete' && collection === 'fs.chunks');
    await expect.poll(isRemoved, { timeout: 10_000 }).toBe(true);
    await expect.poll(async () => (await gateway.readStored()).chunkCount).toBe(0);
  });

  it('one that is refused before its files does not keep its sender waiting', async () => {
    const bytes = new Uint8Array(30_000_000);
    const body = formOf('mutation ($upload: Upload!) { nothing(a: $upload) }', {
      upload: { ...NOTE, name: 'a.bin', bytes },
    });
    expect(await post(body)).toMatch(/^200 102 Cannot query field "nothing"/);
  });
});

describe('names and types', () => {
  const send = async (name: string, type = 'text/plain') => {
    // Written by hand: clients encode what is odd.
    const body = [
      `--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${OPERATION}\r\n`,
      `--b\r\nContent-Disposition: form-data; name="map"\r\n\r\n${MAP}\r\n`,
      `--b\r\nContent-Disposition: form-data; name="0"; filename="${name}"\r\n`,
      `Content-Type: ${type}\r\n\r\nhello\r\n--b--\r\n`,
    ].join('');
    return post(body, {
      'x-parse-application-id': 'test-app',
      'x-parse-session-token': ALICE,
      'content-type': 'multipart/form-data; boundary=b',
    });
  };

  it.for([
    '../../etc/passwd',
    '..\\..\\boot.ini',
    '/etc/passwd',
    '%2e%2e%2fpasswd',
    '.hidden',
    '-dash.txt',
    'a\0.txt',
    'ünïcode.txt',
    '\u202egnp.txt',
    'a;b.txt',
    'a:b.txt',
    '',
  ])('a name is refused: %j', async (name) => {
    expect(await send(name)).toBe('200 122 Filename contains invalid characters.');
  });

  it('a long name is refused', async () => {
    expect(await send(`${'a'.repeat(125)}.txt`)).toBe('200 122 Filename too long.');
  });

  it('a name that breaks its header is no file', async () => {
    expect(await send('a\r\nContent-Type: text/html\r\n.txt')).toMatch(/^200 1(22|30) /);
    expect(await send('a\nb.txt')).toMatch(/^200 1(22|30) /);
  });

  it.for([
    ['page.html', 'image/png', 'html'],
    ['page.HTM', 'image/png', 'HTM'],
    ['page.xHtMl', 'image/png', 'xHtMl'],
    ['page.sv g', 'image/png', 'svg'],
    ['drawing.svg', 'image/svg+xml', 'svg'],
    ['feed.xml', 'text/plain', 'xml'],
    ['page', 'text/html', 'html'],
    ['drawing.unknownkind', 'image/svg+xml', 'svg+xml'],
    ['drawing', 'IMAGE/SVG+XML; charset=utf-8', 'svg+xml'],
  ] as const)('a page is refused: %s of type %s', async ([name, type, extension]) => {
    expect(await send(name, type)).toBe(
      `200 130 File upload of extension ${extension} is disabled.`,
    );
  });

  it.for(['image', 'image/', '/png', 'image//svg+xml', 'text/plain,text/html', 'a b/c'])(
    'a content type is refused: %s',
    async (type) => {
      expect(await send('file', type)).toMatch(/^200 130 (Invalid Content-Type\.|File upload of)/);
    },
  );
});

describe('addresses of files', () => {
  const paths = [
    '../../../etc/passwd',
    '%2e%2e/%2e%2e/etc/passwd',
    '..%2f..%2fetc%2fpasswd',
    '%00',
    'a%0d%0aset-cookie:x',
    '%F0%9F%92%A9',
    'a'.repeat(10_000),
    '%24where',
    '[$ne]=1',
    '',
    '/',
    'metadata',
  ];

  it.for(paths)('lead nowhere: %.30s', async (path) => {
    const [status, head] = await rawGet(`/files/test-app/${path}`);
    expect(status).toBe(404);
    expect(head).not.toMatch(/^set-cookie/im);
  });

  it('that are badly encoded are refused', async () => {
    for (const path of ['%', '%zz', '%c3%28']) {
      expect((await rawGet(`/files/test-app/${path}`))[0]).toBe(400);
    }
  });

  it('take no other methods', async () => {
    const refused = await fetch(`${new URL(gateway.url).origin}/files/test-app/x`, {
      method: 'POST',
      body: 'x',
    });
    expect(refused.status).toBe(405);
    expect(refused.headers.get('allow')).toContain('DELETE');
  });

  /** As it stands: `fetch` would tidy the path. */
  async function rawGet(path: string): Promise<readonly [status: number, head: string]> {
    const { port } = new URL(gateway.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return [Number(text.split(' ')[1]), text.split('\r\n\r\n')[0] ?? ''];
  }
});

describe('a file that is there', () => {
  let other: FilesGateway;
  beforeAll(async () => {
    other = await startFilesGateway();
  });
  afterAll(async () => {
    await other.close();
  });

  it('is served once for ten thousand ranges', async () => {
    const body = await other.upload(CREATE_FILE, {
      upload: { ...NOTE, bytes: new Uint8Array(1_000_000) },
    });
    const [url] = /http:[^"]+/.exec(JSON.stringify(body)) ?? [];
    const ranges = Array.from({ length: 1_500 }, (_, index) => `${index}-${index}`).join(',');
    const response = await fetch(url!, { headers: { range: `bytes=${ranges}` } });
    expect(response.status).toBe(200);
    expect(await response.arrayBuffer()).toHaveProperty('byteLength', 1_000_000);
    const endless = Array.from({ length: 10_000 }, () => '0-').join(',');
    // More than the headers of a request may have.
    expect((await fetch(url!, { headers: { range: `bytes=${endless}` } })).status).toBe(431);
  });

  it('is not served half when a part of it is lost', async () => {
    const { MongoClient } = await import('mongodb');
    const body = await other.upload(CREATE_FILE, {
      upload: { ...NOTE, bytes: new Uint8Array(6_000_000) },
    });
    const [url] = /http:[^"]+/.exec(JSON.stringify(body)) ?? [];
    const client = await MongoClient.connect(other.uri);
    const chunks = client.db().collection('fs.chunks');
    const [file] = (await other.readStored()).files.slice(-1);
    await chunks.deleteOne({ files_id: file?.['_id'], n: 20 });
    await expect(fetch(url!).then((response) => response.arrayBuffer())).rejects.toThrow();
    await chunks.deleteOne({ files_id: file?.['_id'], n: 0 });
    expect((await fetch(url!)).status).toBe(500);
    await client.close();
  });

  it('has a name that cannot end a header', async () => {
    const { GridFSBucket, MongoClient } = await import('mongodb');
    const client = await MongoClient.connect(other.uri);
    const name = 'a"\r\nset-cookie: x=1\r\n\r\n<b>é.txt';
    const stream = new GridFSBucket(client.db()).openUploadStream(name);
    stream.end('x');
    await once(stream, 'finish');
    await client.close();
    const origin = new URL(other.url).origin;
    const response = await fetch(`${origin}/files/test-app/${encodeURIComponent(name)}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(response.headers.get('content-disposition')).toMatch(
      /^inline; filename="a___set-cookie_ x_1_____b__\.txt"; filename\*=UTF-8''a%22%0D%0A/,
    );
  });
});
