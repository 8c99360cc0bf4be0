import { createHash } from 'node:crypto';

/**
 * How entries lie in the `indexes` table.
 *
 * unique:     [index id 4][key] → record id 6
 * not unique: [index id 4][key][record id 6] → nothing
 *
 * LMDB's keys end at 1978 bytes, so a longer key is cut and a hash of the whole put in place of the rest.
 */
export const LONGEST_KEY = 1800;
const RECORD_ID_BYTES = 6;
const EMPTY = Buffer.alloc(0);

export function indexPrefix(indexId: number): Buffer {
  const prefix = Buffer.allocUnsafe(4);
  prefix.writeUInt32BE(indexId);
  return prefix;
}

/** A key short enough to be stored; equal keys stay equal, different ones different, the order holds for what is not cut. */
export function storableKey(key: Buffer): { readonly key: Buffer; readonly isCut: boolean } {
  if (key.length <= LONGEST_KEY) return { key, isCut: false };
  const hash = createHash('sha256').update(key).digest();
  return { key: Buffer.concat([key.subarray(0, LONGEST_KEY), hash]), isCut: true };
}

export function encodeRecordId(recordId: number): Buffer {
  const bytes = Buffer.allocUnsafe(RECORD_ID_BYTES);
  bytes.writeUIntBE(recordId, 0, RECORD_ID_BYTES);
  return bytes;
}

export function decodeRecordId(bytes: Buffer): number {
  return bytes.readUIntBE(bytes.length - RECORD_ID_BYTES, RECORD_ID_BYTES);
}

/** The entry to store for one key of one record. */
export function indexEntry(
  prefix: Buffer,
  key: Buffer,
  recordId: number,
  isUnique: boolean,
): { readonly key: Buffer; readonly value: Buffer } {
  const id = encodeRecordId(recordId);
  return isUnique
    ? { key: Buffer.concat([prefix, key]), value: id }
    : { key: Buffer.concat([prefix, key, id]), value: EMPTY };
}

/** Which record an entry of either layout points at. */
export function recordIdOf(entry: { readonly key: Buffer; readonly value: Buffer }): number {
  return decodeRecordId(entry.value.length > 0 ? entry.value : entry.key);
}

/** An entry of an index that is not unique without its record: `[index id][key]`. */
export function keyOfEntry(entryKey: Buffer): Buffer {
  return entryKey.subarray(0, entryKey.length - RECORD_ID_BYTES);
}

/** Where a record lies in the `records` table: [collection id 4][record id 6], so that order is insertion order. */
export function recordKey(collectionId: number, recordId: number): Buffer {
  const key = Buffer.allocUnsafe(4 + RECORD_ID_BYTES);
  key.writeUInt32BE(collectionId);
  key.writeUIntBE(recordId, 4, RECORD_ID_BYTES);
  return key;
}
