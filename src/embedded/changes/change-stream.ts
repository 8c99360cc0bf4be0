import { Timestamp } from 'bson';

import type { Document, Engine, JournalEntry } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { buildEvent, buildInvalidate, type Lookup } from './build-event.ts';
import type { JournalTail } from './journal-tail.ts';
import type { ChangeStreamOptions, StreamStart } from './parse-change-stream.ts';
import { encodeResumeToken, type ResumePoint } from './resume-token.ts';
import { isInvalidating, isWatched } from './watched-entry.ts';

/** Events of one look at the journal. */
export interface ChangeBatch {
  readonly events: readonly Document[];
  /** Nothing before this place is still to come; a client may resume from it. */
  readonly token: Document;
  /** The stream is invalidated: no event will follow. */
  readonly ended: boolean;
}

/** One change stream. */
export interface ChangeStream {
  /** Up to `most` events (at least one is asked for) that are there now, in order; never waits. */
  read(most: number): ChangeBatch;
  /** Where the stream stands. */
  readonly token: Document;
  /** Resolves at the next commit, after `milliseconds`, or when the stream is closed. */
  wait(milliseconds: number): Promise<void>;
  close(): void;
  readonly isClosed: boolean;
}

/** What a stream reads from. */
export interface ChangeSources {
  readonly engine: Engine;
  readonly tail: JournalTail;
  /** The stages after `$changeStream`; drops, changes or keeps each event. */
  readonly transform: (events: Iterable<Document>) => Iterable<Document>;
}

/** Tells drivers that opening the stream again would fail in the same way. */
const NOT_RESUMABLE = ['NonResumableChangeStreamError'] as const;

/** The time just before `time`, so that an event at `time` comes after it. */
function justBefore(time: Timestamp): Timestamp {
  return time.i > 0
    ? new Timestamp({ t: time.t, i: time.i - 1 })
    : new Timestamp({ t: Math.max(0, time.t - 1), i: 0xffffffff });
}

function firstPoint(start: StreamStart, now: Timestamp): ResumePoint {
  switch (start.kind) {
    case 'now':
      return { time: now, kind: 'highWaterMark' };
    case 'at':
      return { time: justBefore(start.time), kind: 'highWaterMark' };
    case 'after':
      // A new stream may start after an invalidation, and goes on as from any other place.
      return start.point.kind === 'invalidate'
        ? { time: start.point.time, kind: 'highWaterMark' }
        : start.point;
  }
}

function assertHistory(engine: Engine, { time }: ResumePoint): void {
  if (!time.lessThan(engine.journal.oldest)) return;
  throw new StoreError(
    'ChangeStreamHistoryLost',
    'Resume of change stream was not possible, as the resume point may no longer be in the oplog.',
    { labels: NOT_RESUMABLE },
  );
}

/** The hex of an event's token; undefined when the event has none any more. */
function tokenData(event: Document): string | undefined {
  const id = event['_id'];
  if (typeof id !== 'object' || id === null || !('_data' in id)) return undefined;
  return Object.keys(id).length === 1 && typeof id._data === 'string' ? id._data : undefined;
}

function assertTokens(given: readonly Document[], kept: readonly Document[]): void {
  const tokens = new Set(given.map(tokenData));
  for (const event of kept) {
    const token = tokenData(event);
    if (token !== undefined && tokens.has(token)) continue;
    throw new StoreError(
      'ChangeStreamFatalError',
      'Encountered an event whose _id field, which contains the resume token, was modified by the pipeline. Modifying the _id field of an event makes it impossible to resume the stream from that point. Only transformations that retain the unmodified _id field are allowed.',
      { labels: NOT_RESUMABLE },
    );
  }
}

/**
 * Opens a stream over the journal. It costs nothing until it is read, and while it waits only a wake-up per commit.
 *
 * @throws StoreError 286 when the journal no longer reaches back to its start.
 */
export function createChangeStream(
  sources: ChangeSources,
  options: ChangeStreamOptions,
): ChangeStream {
  const { engine, tail, transform } = sources;
  let point = firstPoint(options.start, engine.journal.now);
  /** An event whose invalidation is still to be told. */
  let invalidated: JournalEntry | undefined;
  let isClosed = false;
  let wake: (() => void) | undefined;
  assertHistory(engine, point);

  const lookup: Lookup = (namespace, id) => {
    for (const document of engine
      .read()
      .find(namespace, { filter: { _id: { $eq: id } }, limit: 1 })) {
      return document;
    }
    return undefined;
  };

  const lookInto = (most: number): { events: Document[]; isBehind: boolean } => {
    const events: Document[] = [];
    for (const entry of tail.after(point.time)) {
      if (!isWatched(entry, options)) {
        point = { time: entry.time, kind: 'highWaterMark' };
        continue;
      }
      events.push(buildEvent(entry, options, lookup));
      point = { time: entry.time, kind: 'event' };
      if (isInvalidating(entry, options.scope)) {
        invalidated = entry;
        return { events, isBehind: true };
      }
      if (events.length >= most) return { events, isBehind: true };
    }
    return { events, isBehind: false };
  };

  const shown = (events: readonly Document[]): Document[] => {
    if (events.length === 0) return [];
    const kept = [...transform(events)];
    assertTokens(events, kept);
    return kept;
  };

  const read = (most: number): ChangeBatch => {
    assertHistory(engine, point);
    let isBehind = true;
    while (isBehind) {
      if (invalidated !== undefined) {
        const event = buildInvalidate(invalidated);
        return { events: shown([event]), token: event._id, ended: true };
      }
      const look = lookInto(most);
      const events = shown(look.events);
      if (events.length > 0) return { events, token: encodeResumeToken(point), ended: false };
      isBehind = look.isBehind;
    }
    return { events: [], token: encodeResumeToken(point), ended: false };
  };

  // A stream that resumes right after the event that ended it goes on with the invalidation.
  if (point.kind === 'event') {
    const [resumed] = tail.after(justBefore(point.time));
    const isSame = resumed?.time.equals(point.time) === true;
    if (isSame && isWatched(resumed, options) && isInvalidating(resumed, options.scope)) {
      invalidated = resumed;
    }
  }

  return {
    read,
    get token() {
      return encodeResumeToken(point);
    },
    async wait(milliseconds) {
      if (isClosed) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => wake?.(), milliseconds);
        const stop = engine.journal.onCommit(() => wake?.());
        wake = () => {
          wake = undefined;
          clearTimeout(timer);
          stop();
          resolve();
        };
      });
    },
    close() {
      isClosed = true;
      wake?.();
    },
    get isClosed() {
      return isClosed;
    },
  };
}
