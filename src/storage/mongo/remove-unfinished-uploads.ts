import { type Collection, type Db, type Filter, ObjectId } from 'mongodb';
import { groupBy } from '../../query/group-by.ts';
import type { RemovalOptions, UnfinishedUploads } from '../file-store.ts';
import { translated } from './errors.ts';

/** Where a part belongs, as far as the index of GridFS tells. */
interface PartKey {
  readonly files_id: ObjectId;
  readonly n: number;
}

/** Parts looked at in one command: 250 MB of bytes, none of which are read. */
const PARTS_AT_ONCE = 1_000;

/** Read where writes go: another member may not know yet that a file is whole. */
const READ_CURRENT = { readPreference: 'primary' } as const;

/**
 * Removes the parts of GridFS files that began before a time and have no row in `fs.files`, which is written last. A file began when
 * its id was made; parts whose file has another kind of id are left alone.
 *
 * Any number of processes may do so at the same time, beside Parse Servers: what one has removed is no longer there for the others.
 * Cost: 2 commands for each 1,000 parts that are old enough, 1 more where some are removed; only the index of parts is read.
 */
export async function removeUnfinishedUploads(
  db: Db,
  { startedBefore, isDryRun = false }: RemovalOptions,
  maxTimeMs: number,
): Promise<UnfinishedUploads> {
  const chunks = db.collection<PartKey>('fs.chunks');
  const limits = { maxTimeMS: maxTimeMs, ...READ_CURRENT };
  const bound = ObjectId.createFromTime(Math.floor(startedBefore.getTime() / 1000));
  const unfinished = new Set<string>();
  let partCount = 0;
  let after: PartKey | undefined;
  do {
    const filter: Filter<PartKey> = {
      files_id: { $type: 'objectId', $lt: bound },
      n: { $gte: 0 },
    };
    const parts: readonly PartKey[] = await translated('read', () =>
      chunks
        .find(after === undefined ? filter : { $and: [filter, isAfter(after)] }, {
          ...limits,
          projection: { _id: 0, files_id: 1, n: 1 },
          sort: { files_id: 1, n: 1 },
          limit: PARTS_AT_ONCE,
          batchSize: PARTS_AT_ONCE + 1,
        })
        .toArray(),
    );
    const byFile = groupBy(parts, ({ files_id: id }) => id.toHexString());
    const whole = await wholeFiles(db, [...byFile.keys()], limits);
    const remains = [...byFile].filter(([id]) => !whole.has(id));
    for (const [id, own] of remains) {
      unfinished.add(id);
      if (isDryRun) partCount += own.length;
    }
    if (!isDryRun) partCount += await removeParts(chunks, remains);
    const last = parts.length < PARTS_AT_ONCE ? undefined : parts.at(-1);
    // Of a file that is whole no further part need be looked at.
    const isWhole = last !== undefined && whole.has(last.files_id.toHexString());
    after = isWhole ? { ...last, n: Number.POSITIVE_INFINITY } : last;
  } while (after !== undefined);
  return { fileCount: unfinished.size, partCount };
}

function isAfter({ files_id: id, n }: PartKey): Filter<PartKey> {
  const isOfLater = { files_id: { $gt: id } };
  return n === Number.POSITIVE_INFINITY
    ? isOfLater
    : { $or: [isOfLater, { files_id: id, n: { $gt: n } }] };
}

async function wholeFiles(
  db: Db,
  ids: readonly string[],
  limits: { readonly maxTimeMS: number },
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await translated('read', () =>
    db
      .collection<{ readonly _id: ObjectId }>('fs.files')
      .find(
        { _id: { $in: ids.map((id) => new ObjectId(id)) } },
        { ...limits, projection: { _id: 1 } },
      )
      .toArray(),
  );
  return new Set(rows.map(({ _id: id }) => id.toHexString()));
}

/** How many parts went. */
async function removeParts(
  chunks: Collection<PartKey>,
  files: readonly (readonly [id: string, parts: readonly PartKey[]])[],
): Promise<number> {
  if (files.length === 0) return 0;
  const operations = files.map(([id, parts]) => ({
    deleteMany: { filter: { files_id: new ObjectId(id), n: { $lte: parts.at(-1)?.n ?? -1 } } },
  }));
  const { deletedCount } = await translated('write', () =>
    chunks.bulkWrite(operations, { ordered: false }),
  );
  return deletedCount;
}
