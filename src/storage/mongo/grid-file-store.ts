import { Binary, type Collection, type Db, ObjectId } from 'mongodb';
import { GatewayError } from '../../parse/errors.ts';
import type { ByteRange, FileStore, StoredFile } from '../file-store.ts';
import { translated } from './errors.ts';
import { removeUnfinishedUploads } from './remove-unfinished-uploads.ts';

/** One row of `fs.files`, as GridFS has it. */
interface FileRow {
  readonly _id: ObjectId;
  readonly length: number;
  readonly chunkSize: number;
  readonly uploadDate: Date;
  readonly filename: string;
  readonly metadata?: unknown;
}

/** One row of `fs.chunks`: part `n` of a file. */
interface ChunkRow {
  readonly _id: ObjectId;
  readonly files_id: ObjectId;
  readonly n: number;
  readonly data: Binary | Uint8Array;
}

/** What GridFS cuts files into where nobody says otherwise. */
const CHUNK_BYTES = 255 * 1024;
/** Rows of one insert: a large file is not thousands of round trips. */
const CHUNKS_PER_INSERT = 4;
/** Rows of one reply, so that a slow reader costs 1 MB of memory, not the 16 MB of a full reply. */
const CHUNKS_PER_REPLY = 4;

/** How commands are sent. */
export interface GridFileStoreOptions {
  /** Longest time for one command. */
  readonly maxTimeMs: number;
}

/**
 * Files in GridFS, bucket `fs`, as Parse Server keeps them: without the prefix of collections.
 * @see https://www.mongodb.com/docs/manual/core/gridfs/
 */
export function createGridFileStore(db: Db, { maxTimeMs }: GridFileStoreOptions): FileStore {
  const files = db.collection<FileRow>('fs.files');
  const chunks = db.collection<ChunkRow>('fs.chunks');
  const known = new WeakMap<StoredFile, FileRow>();
  let indexes: Promise<void> | undefined;

  function found(row: FileRow): StoredFile | undefined {
    const file = decodeFile(row);
    if (file !== undefined) known.set(file, row);
    return file;
  }

  function rowOf(file: StoredFile): FileRow {
    const row = known.get(file);
    if (row === undefined) throw new Error('a file that this store did not find');
    return row;
  }

  /** Rows first: a file without its row is gone, a row without its parts would be a broken file. */
  async function remove(ids: ObjectId[]): Promise<void> {
    await translated('write', () => files.deleteMany({ _id: { $in: ids } }));
    await translated('write', () => chunks.deleteMany({ files_id: { $in: ids } }));
  }

  return {
    async write(name, bytes) {
      indexes ??= makeIndexes(files, chunks);
      await indexes;
      const id = new ObjectId();
      try {
        const length = await writeChunks(chunks, id, bytes);
        const row: FileRow = {
          _id: id,
          length,
          chunkSize: CHUNK_BYTES,
          uploadDate: new Date(),
          filename: name,
          metadata: {},
        };
        await translated('write', () => files.insertOne(row));
        const file = found(row);
        if (file === undefined) throw new Error('a file that was just written is none');
        return file;
      } catch (error) {
        // Best effort: the failure that led here is the one to tell.
        await remove([id]).catch(() => undefined);
        throw error;
      }
    },

    async find(name) {
      const row = await translated('read', () =>
        files.findOne(
          { filename: { $eq: name } },
          { sort: { uploadDate: -1 }, maxTimeMS: maxTimeMs },
        ),
      );
      return row === null ? undefined : found(row);
    },

    read: (file, range) => readChunks(chunks, { row: rowOf(file), range, maxTimeMs }),

    remove: (file) => remove([rowOf(file)._id]),

    async delete(name) {
      const rows = await translated('write', () =>
        files
          .find({ filename: { $eq: name } }, { projection: { _id: 1 }, maxTimeMS: maxTimeMs })
          .toArray(),
      );
      if (rows.length === 0) return false;
      await remove(rows.map(({ _id }) => _id));
      return true;
    },

    removeUnfinished: (options) => removeUnfinishedUploads(db, options, maxTimeMs),
  };
}

/** Those that GridFS asks for. A database that refuses them stores files all the same, as the driver's own bucket does. */
async function makeIndexes(
  files: Collection<FileRow>,
  chunks: Collection<ChunkRow>,
): Promise<void> {
  await Promise.allSettled([
    files.createIndex({ filename: 1, uploadDate: 1 }, {}, {}),
    chunks.createIndex({ files_id: 1, n: 1 }, { unique: true }, {}),
  ]);
}

/** One batch of parts is on its way while the next one fills. Answers the number of bytes. */
async function writeChunks(
  chunks: Collection<ChunkRow>,
  fileId: ObjectId,
  bytes: AsyncIterable<Uint8Array>,
): Promise<number> {
  let sending: Promise<unknown> = Promise.resolve();
  const send = async (rows: ChunkRow[]): Promise<void> => {
    await sending;
    if (rows.length === 0) return;
    sending = translated('write', () => chunks.insertMany(rows));
    // Awaited before the next one; until then its failure is not unhandled.
    sending.catch(() => undefined);
  };
  let length = 0;
  let n = 0;
  let batch: ChunkRow[] = [];
  try {
    for await (const data of partsOf(bytes)) {
      length += data.length;
      batch.push({ _id: new ObjectId(), files_id: fileId, n: n++, data: new Binary(data) });
      if (batch.length < CHUNKS_PER_INSERT) continue;
      await send(batch);
      batch = [];
    }
    await send(batch);
    return length;
  } finally {
    // Nothing may arrive after the caller has removed what was written.
    await sending;
  }
}

/** The same bytes in parts of one size; the last one may be smaller. */
async function* partsOf(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let part = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  for await (const piece of bytes) {
    for (let at = 0; at < piece.length;) {
      const taken = Math.min(piece.length - at, CHUNK_BYTES - filled);
      part.set(piece.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < CHUNK_BYTES) continue;
      yield part;
      part = Buffer.allocUnsafe(CHUNK_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}

interface ReadParts {
  readonly row: FileRow;
  readonly range: ByteRange;
  readonly maxTimeMs: number;
}

async function* readChunks(
  chunks: Collection<ChunkRow>,
  { row, range: { start, end }, maxTimeMs }: ReadParts,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (end <= start) return;
  const { chunkSize } = row;
  const first = Math.floor(start / chunkSize);
  const last = Math.floor((end - 1) / chunkSize);
  const cursor = chunks.find(
    { files_id: row._id, n: { $gte: first, $lte: last } },
    {
      sort: { n: 1 },
      projection: { _id: 0, n: 1, data: 1 },
      batchSize: CHUNKS_PER_REPLY,
      maxTimeMS: maxTimeMs,
    },
  );
  try {
    for (let n = first; n <= last; n++) {
      const chunk = await translated('read', () => cursor.next());
      const data = chunk?.n === n ? bytesOf(chunk.data) : undefined;
      const expected = Math.min(chunkSize, row.length - n * chunkSize);
      if (data?.length !== expected) {
        throw new GatewayError('InternalServerError', `part ${n} of a stored file is broken`);
      }
      const from = Math.max(0, start - n * chunkSize);
      yield data.subarray(from, Math.min(expected, end - n * chunkSize));
    }
  } finally {
    await cursor.close();
  }
}

function bytesOf(data: Binary | Uint8Array): Uint8Array {
  return data instanceof Binary ? data.buffer.subarray(0, data.position) : data;
}

/** `undefined` for a row that no GridFS wrote. */
function decodeFile(row: FileRow): StoredFile | undefined {
  const { length, chunkSize, metadata } = row;
  const isWhole = (count: unknown) => Number.isSafeInteger(count) && Number(count) >= 0;
  if (!isWhole(length) || !isWhole(chunkSize) || chunkSize === 0) return undefined;
  const isDate = row.uploadDate instanceof Date && !Number.isNaN(row.uploadDate.getTime());
  const isRecord = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
  return {
    name: row.filename,
    version: String(row._id),
    length,
    storedAt: isDate ? row.uploadDate : new Date(0),
    metadata: isRecord ? { ...metadata } : {},
  };
}
