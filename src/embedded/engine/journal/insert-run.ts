import { Timestamp } from 'bson';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { JournalEntry } from '../engine.ts';
import { decodeHeader, insertEntry, type PendingEntry } from './journal-codec.ts';

/** No entry begins so: an entry begins with the length of its header, and BSON is five bytes at least. */
const MARK = 0;
const HEAD_BYTES = 8;

/** A run is unpacked as a whole, so it is kept small: this many bytes of documents, give or take one. */
const RUN_BYTES = 256 * 1024;
/** Fewer do not repeat themselves enough to be worth packing. */
const SHORTEST_RUN = 4;

/** Speed before size: documents of one collection repeat their field names, which the fastest level finds. */
const PACKING = { level: 1 } as const;

/**
 * How many entries from `start` on lie in the journal as one value: inserts into one collection that follow each other.
 * 1 for anything else.
 */
export function insertRunLength(entries: readonly PendingEntry[], start: number): number {
  const uuid = entries[start]?.uuid;
  let bytes = 0;
  let length = 0;
  for (; bytes < RUN_BYTES; length += 1) {
    const entry = entries[start + length];
    if (entry?.kind !== 'insert' || entry.uuid !== uuid || entry.document === undefined) break;
    bytes += entry.document.length;
  }
  return length < SHORTEST_RUN ? 1 : length;
}

/**
 * Inserts that share a header, as one value under the time of the last of them. A mark and their number, four bytes each;
 * then, deflated, the header and the documents one after another. Their times follow each other without a gap.
 */
export function encodeInsertRun(header: Buffer, inserts: readonly PendingEntry[]): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeInt32LE(MARK, 0);
  head.writeInt32LE(inserts.length, 4);
  const documents = inserts.flatMap(({ document }) => document ?? []);
  return Buffer.concat([head, deflateRawSync(Buffer.concat([header, ...documents]), PACKING)]);
}

/** Whether a value of the journal is a run and no single entry. */
export function isInsertRun(value: Buffer): boolean {
  return value.readInt32LE(0) === MARK;
}

/** The entries of a run, oldest first; `last` is the time it lies under. */
export function decodeInsertRun(last: Timestamp, value: Buffer): JournalEntry[] {
  const count = value.readInt32LE(4);
  const bytes = inflateRawSync(value.subarray(HEAD_BYTES));
  const header = decodeHeader(documentAt(bytes, 0));
  const entries: JournalEntry[] = [];
  let at = bytes.readInt32LE(0);
  for (let place = 0; place < count; place += 1) {
    const document = documentAt(bytes, at);
    const time = new Timestamp({ t: last.t, i: last.i - (count - 1 - place) });
    entries.push(insertEntry(time, header, document));
    at += document.length;
  }
  return entries;
}

function documentAt(bytes: Buffer, at: number): Buffer {
  return bytes.subarray(at, at + bytes.readInt32LE(at));
}
