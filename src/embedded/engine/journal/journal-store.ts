import { Timestamp } from 'bson';
import type { Journal } from '../engine.ts';
import {
  decodeEntry,
  decodeTime,
  encodeEntry,
  encodeHeader,
  encodeTime,
  type EntryContext,
  type PendingEntry,
} from './journal-codec.ts';
import { decodeInsertRun, encodeInsertRun, insertRunLength, isInsertRun } from './insert-run.ts';
import type { KeyValueReader, KeyValueWriter } from '../tables/key-value.ts';

const CLOCK = Buffer.from('clock');
const EXTENT = Buffer.from('journal');
const END = Buffer.alloc(9, 0xff);
/** At most this many old entries are dropped with one commit, so that no commit takes long. */
const TRIMMED_AT_ONCE = 5000;

/** How much the journal holds, and up to which time it has been trimmed. */
interface Extent {
  bytes: number;
  oldest: Timestamp;
}

/** The journal of one store: appended with each commit, bounded in bytes, strictly increasing in time across restarts. */
export interface JournalStore extends Journal {
  /** Appends the entries of one batch. Call inside the commit's transaction. */
  append(writer: KeyValueWriter, entries: readonly PendingEntry[], context: EntryContext): void;
  /** Drops the oldest entries beyond the limit and records what was appended. Call last in the commit's transaction. */
  settle(writer: KeyValueWriter): void;
  /** Makes what was settled the committed state, and tells listeners. */
  committed(): void;
  /** Forgets what was appended since the last commit. */
  aborted(): void;
}

export interface JournalLimits {
  readonly journalBytes: number;
  readonly now: () => Date;
}

/** Opens the journal; its clock starts no earlier than where it stopped. */
export function openJournal(
  reader: KeyValueReader,
  write: (work: (writer: KeyValueWriter) => void) => void,
  { journalBytes, now }: JournalLimits,
): JournalStore {
  const listeners = new Set<() => void>();
  const stored = reader.get('meta', CLOCK);
  let last = nextTime(
    stored === undefined ? new Timestamp({ t: 0, i: 0 }) : decodeTime(stored),
    now(),
  );
  let extent = readExtent(reader) ?? { bytes: 0, oldest: last };
  let pending = { last, extent: { ...extent } };
  write((writer) => {
    writer.put('meta', CLOCK, encodeTime(last));
    writeExtent(writer, extent);
  });
  return {
    get now() {
      return last;
    },
    get oldest() {
      return extent.oldest;
    },
    *after(time) {
      const start = Buffer.concat([encodeTime(time), Buffer.of(0)]);
      for (const { key, value } of reader.range('journal', { start, end: END })) {
        const last = decodeTime(key);
        if (!isInsertRun(value)) yield decodeEntry(last, value);
        else yield* decodeInsertRun(last, value).filter((entry) => entry.time.greaterThan(time));
      }
    },
    onCommit(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    append(writer, entries, context) {
      let time = pending.last;
      for (let place = 0; place < entries.length;) {
        const length = insertRunLength(entries, place);
        const [first, ...more] = entries.slice(place, place + length);
        if (first === undefined) break;
        time = place === 0 ? nextTime(time, now()) : following(time);
        time = new Timestamp({ t: time.t, i: time.i + more.length });
        const header = encodeHeader(first, context);
        const value =
          more.length === 0
            ? encodeEntry(header, first)
            : encodeInsertRun(header, [first, ...more]);
        writer.put('journal', encodeTime(time), value);
        pending.extent.bytes += value.length;
        place += length;
      }
      pending.last = time;
    },
    settle(writer) {
      trim(writer, pending.extent, journalBytes);
      writer.put('meta', CLOCK, encodeTime(pending.last));
      writeExtent(writer, pending.extent);
    },
    committed() {
      last = pending.last;
      extent = { ...pending.extent };
      for (const listener of [...listeners]) listener();
    },
    aborted() {
      pending = { last, extent: { ...extent } };
    },
  };
}

/** A time after `last`, and not before the clock's second. */
function nextTime(last: Timestamp, wall: Date): Timestamp {
  const seconds = Math.floor(wall.getTime() / 1000);
  return seconds > last.t ? new Timestamp({ t: seconds, i: 1 }) : following(last);
}

function following(time: Timestamp): Timestamp {
  return new Timestamp({ t: time.t, i: time.i + 1 });
}

function trim(writer: KeyValueWriter, extent: Extent, limit: number): void {
  if (extent.bytes <= limit) return;
  let trimmed = 0;
  for (const { key, value } of writer.range('journal', { start: Buffer.of(0), end: END })) {
    if (extent.bytes <= limit || trimmed >= TRIMMED_AT_ONCE) return;
    writer.remove('journal', key);
    extent.bytes -= value.length;
    extent.oldest = decodeTime(key);
    trimmed += 1;
  }
}

function readExtent(reader: KeyValueReader): Extent | undefined {
  const bytes = reader.get('meta', EXTENT);
  if (bytes === undefined) return undefined;
  return { bytes: bytes.readDoubleBE(8), oldest: decodeTime(bytes) };
}

function writeExtent(writer: KeyValueWriter, { bytes, oldest }: Extent): void {
  const value = Buffer.alloc(16);
  encodeTime(oldest).copy(value);
  value.writeDoubleBE(bytes, 8);
  writer.put('meta', EXTENT, value);
}
