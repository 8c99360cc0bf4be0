import { LIMITS } from '../limits.ts';
import { PAGE_OVERHEAD_BYTES } from './reply.ts';
import type { ReadProgress } from './read-progress.ts';
import type { CursorSource, PageLimits, TakenPage } from './state/cursors.ts';

/** Where the documents of a cursor come from, and what ends with it. */
export interface DocumentFeed {
  /** BSON of each document; nothing is read before it is asked for. */
  readonly documents: Iterable<Uint8Array>;
  /** How many documents there are at most, so that the last page is known as the last. */
  readonly limit?: number | undefined;
  readonly release: () => void;
  /** Told before each page which command takes it. */
  readonly progress?: ReadProgress;
}

/**
 * A cursor over a lazy sequence; a page ends at its batch size or at 16 MB, whichever comes first.
 *
 * The sequence is advanced only as far as pages are taken.
 */
export function createDocumentSource(feed: DocumentFeed): CursorSource {
  const iterator = feed.documents[Symbol.iterator]();
  let held: Uint8Array | undefined;
  let taken = 0;
  let isOpen = true;

  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    iterator.return?.();
    feed.release();
  };

  const nextBytes = (limits: PageLimits): Uint8Array | undefined => {
    if (held !== undefined) {
      const bytes = held;
      held = undefined;
      return bytes;
    }
    if (!isOpen || taken === feed.limit) return undefined;
    limits.deadline.check();
    const next = iterator.next();
    if (next.done === true) return undefined;
    taken += 1;
    return next.value;
  };

  const take = (limits: PageLimits): TakenPage => {
    feed.progress?.follow(limits);
    const documents: Uint8Array[] = [];
    let pageBytes = 0;
    while (limits.batchSize === undefined || documents.length < limits.batchSize) {
      const bytes = nextBytes(limits);
      if (bytes === undefined) return { documents, exhausted: true };
      pageBytes += bytes.length + PAGE_OVERHEAD_BYTES;
      if (documents.length > 0 && pageBytes > LIMITS.documentBytes) {
        held = bytes;
        return { documents, exhausted: false };
      }
      documents.push(bytes);
    }
    return { documents, exhausted: taken === feed.limit && held === undefined };
  };

  return { take, close };
}
