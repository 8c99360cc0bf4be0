import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AS_MASTER,
  CREATE_FILE,
  startFilesGateway,
  type FilesGateway,
  type FormFile,
} from '../support/files-gateway.ts';
import type { GraphqlBody } from '../support/start-gateway.ts';

const NOTE: FormFile = { name: 'note.txt', type: 'text/plain', bytes: 'hello world' };

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

async function uploaded(file: FormFile): Promise<FileInfo> {
  return infoIn(await gateway.upload(CREATE_FILE, { upload: file }));
}

function infoIn(body: GraphqlBody): FileInfo {
  expect(body.errors).toBeUndefined();
  return (body.data as { createFile: { fileInfo: FileInfo } }).createFile.fileInfo;
}

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
});
