import type { GridFSBucket, GridFSFile, ObjectId } from 'mongodb';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { documentArgument, filterArgument, optionsWithout, textArgument } from '../arguments.ts';
import type { OperationTable } from '../run-context.ts';

/** Operations of GridFS bucket entities. Downloads answer the bytes, uploads the id of the new file. */
export const BUCKET_OPERATIONS: OperationTable<GridFSBucket> = {
  async delete(bucket, args) {
    await bucket.delete(fileId(args), optionsWithout(args, 'id'));
  },
  async deleteByName(bucket, args) {
    const files = await filesCalled(bucket, textArgument(args, 'filename'));
    for (const { _id } of files) await bucket.delete(_id);
  },
  download: async (bucket, args) => bytesOf(bucket.openDownloadStream(fileId(args))),
  async downloadByName(bucket, args) {
    const options = optionsWithout(args, 'filename');
    return bytesOf(bucket.openDownloadStreamByName(textArgument(args, 'filename'), options));
  },
  drop: async (bucket, args) => bucket.drop(args),
  find: async (bucket, args) =>
    bucket.find(filterArgument(args), optionsWithout(args, 'filter')).toArray(),
  async rename(bucket, args) {
    await bucket.rename(fileId(args), textArgument(args, 'newFilename'));
  },
  async renameByName(bucket, args) {
    const files = await filesCalled(bucket, textArgument(args, 'filename'));
    for (const { _id } of files) await bucket.rename(_id, textArgument(args, 'newFilename'));
  },
  async upload(bucket, args) {
    const options = optionsWithout(args, 'filename', 'source');
    const stream = bucket.openUploadStream(textArgument(args, 'filename'), options);
    await pipeline(Readable.from(sourceBytes(args)), stream);
    return stream.id;
  },
  async uploadWithId(bucket, args) {
    const options = optionsWithout(args, 'id', 'filename', 'source');
    const filename = textArgument(args, 'filename');
    const stream = bucket.openUploadStreamWithId(fileId(args), filename, options);
    await pipeline(Readable.from(sourceBytes(args)), stream);
    return stream.id;
  },
};

/** The driver's types know only ObjectIds, the files of the format use any value. */
function fileId(args: Record<string, unknown>): ObjectId {
  return args['id'] as ObjectId;
}

/** @throws Error when there is none, as drivers with such a method do. */
async function filesCalled(bucket: GridFSBucket, filename: string): Promise<GridFSFile[]> {
  const files = await bucket.find({ filename }).toArray();
  if (files.length === 0) throw new Error(`File not found for name ${filename}`);
  return files;
}

/** `{ $$hexBytes: '12ab' }` as one piece of two bytes. */
function sourceBytes(args: Record<string, unknown>): readonly Buffer[] {
  const hex = textArgument(documentArgument(args, 'source'), '$$hexBytes');
  if (!/^(?:[0-9a-f]{2})*$/iu.test(hex)) throw new Error(`not hexadecimal bytes: ${hex}`);
  return hex === '' ? [] : [Buffer.from(hex, 'hex')];
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) {
    if (piece instanceof Uint8Array) pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}
