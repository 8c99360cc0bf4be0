import { createHash, randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GridFSBucket } from 'mongodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type OpenDatabase } from './open-database.ts';

const CHUNK_BYTES = 255 * 1024;
const content = randomBytes(3 * CHUNK_BYTES + 1_234);

let open: OpenDatabase;
let bucket: GridFSBucket;

beforeAll(async () => {
  open = await openDatabase();
  bucket = new GridFSBucket(open.database);
});

afterAll(async () => {
  await open.close();
});

async function upload(name: string, bytes: Buffer) {
  const stream = bucket.openUploadStream(name, { metadata: { kind: 'test' } });
  await pipeline([bytes], stream);
  return stream.id;
}

async function digest(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(stream, hash);
  return hash.digest('hex');
}

const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

test('a file comes back as it was, in chunks', async () => {
  const id = await upload('whole.bin', content);
  expect(await digest(bucket.openDownloadStream(id))).toBe(digestOf(content));
  const [file] = await bucket.find({ _id: id }).toArray();
  expect(file).toMatchObject({
    filename: 'whole.bin',
    length: content.length,
    chunkSize: CHUNK_BYTES,
    metadata: { kind: 'test' },
  });
  const chunks = open.database.collection('fs.chunks');
  expect(await chunks.countDocuments({ files_id: id })).toBe(4);
});

test.each([
  ['within one chunk', 10, 20],
  ['across two chunks', CHUNK_BYTES - 5, CHUNK_BYTES + 5],
  ['from the second chunk to the end', CHUNK_BYTES * 2, content.length],
])('a range is downloaded: %s', async (_claim, start, end) => {
  const id = await upload('ranged.bin', content);
  const range = bucket.openDownloadStream(id, { start, end });
  expect(await digest(range)).toBe(digestOf(content.subarray(start, end)));
});

test('the newest of several files of one name is the default', async () => {
  await upload('versions.txt', Buffer.from('first'));
  await upload('versions.txt', Buffer.from('second'));
  const newest = bucket.openDownloadStreamByName('versions.txt');
  const oldest = bucket.openDownloadStreamByName('versions.txt', { revision: 0 });
  expect(await digest(newest)).toBe(digestOf(Buffer.from('second')));
  expect(await digest(oldest)).toBe(digestOf(Buffer.from('first')));
});

test('an empty file has no chunk', async () => {
  const id = await upload('empty.bin', Buffer.alloc(0));
  expect(await digest(bucket.openDownloadStream(id))).toBe(digestOf(Buffer.alloc(0)));
});

test('a deleted file is gone with all its chunks', async () => {
  const id = await upload('gone.bin', content);
  await bucket.delete(id);
  expect(await open.database.collection('fs.chunks').countDocuments({ files_id: id })).toBe(0);
  await expect(digest(bucket.openDownloadStream(id))).rejects.toThrow('FileNotFound');
});

test('a file that was renamed is found by its new name only', async () => {
  const id = await upload('old.txt', Buffer.from('text'));
  await bucket.rename(id, 'new.txt');
  expect(await bucket.find({ filename: 'old.txt' }).toArray()).toEqual([]);
  expect(await digest(bucket.openDownloadStreamByName('new.txt'))).toBe(
    digestOf(Buffer.from('text')),
  );
});
