import type { Timestamp } from 'bson';

import type { Journal, JournalEntry } from '../engine/engine.ts';

const KEPT_ENTRIES = 2000;

/** The newest entries of the journal, read once for all streams that follow it. */
export interface JournalTail {
  /** Entries strictly after `time`, oldest first. */
  after(time: Timestamp): Iterable<JournalEntry>;
}

/** The first place whose entry is later than `time`. */
function firstAfter(entries: readonly JournalEntry[], time: Timestamp): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry?.time.greaterThan(time) === true) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Follows a journal lazily: nothing is read while nobody asks.
 *
 * A stream that is further behind than what is kept reads the journal itself.
 */
export function createJournalTail(journal: Journal): JournalTail {
  let entries: JournalEntry[] = [];
  /** Everything after this time, up to `seen`, is in `entries`. */
  let floor = journal.now;
  let seen = journal.now;

  const catchUp = (): void => {
    if (!journal.now.greaterThan(seen)) return;
    for (const entry of journal.after(seen)) {
      entries.push(entry);
      seen = entry.time;
      if (entries.length > 2 * KEPT_ENTRIES) trim();
    }
    if (entries.length > KEPT_ENTRIES) trim();
  };
  const trim = (): void => {
    const dropped = entries[entries.length - KEPT_ENTRIES - 1];
    if (dropped === undefined) return;
    floor = dropped.time;
    entries = entries.slice(-KEPT_ENTRIES);
  };

  return {
    after(time) {
      catchUp();
      if (time.lessThan(floor)) return journal.after(time);
      const first = firstAfter(entries, time);
      return first === entries.length ? [] : entries.slice(first);
    },
  };
}
