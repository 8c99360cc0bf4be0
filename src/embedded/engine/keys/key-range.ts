/** The first key after every key that begins with `prefix`. */
export function keyAfter(prefix: Buffer): Buffer {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length -= 1;
  if (length === 0) throw new RangeError('no key comes after this prefix');
  const after = Buffer.from(prefix.subarray(0, length));
  after[length - 1] = (after[length - 1] ?? 0) + 1;
  return after;
}

/** Whether a bound includes the values that begin with its bytes. */
export interface KeyBound {
  readonly bytes: Buffer;
  readonly isInclusive: boolean;
}

/**
 * A set of encoded values lying together. A bound's bytes stand for all values that begin with them:
 * one whole encoded value, or just a type's first byte, or nothing (no bound).
 */
export interface KeyInterval {
  readonly low: KeyBound;
  readonly high: KeyBound;
  /** Exactly one value. */
  readonly isPoint: boolean;
}

const NO_BOUND: KeyBound = { bytes: Buffer.alloc(0), isInclusive: true };

/** All values. */
export const EVERYTHING: KeyInterval = { low: NO_BOUND, high: NO_BOUND, isPoint: false };

/** One encoded value. */
export function pointInterval(bytes: Buffer): KeyInterval {
  const bound = { bytes, isInclusive: true };
  return { low: bound, high: bound, isPoint: true };
}

/** All values whose encoding begins with `bytes`. */
export function prefixInterval(bytes: Buffer): KeyInterval {
  return { ...pointInterval(bytes), isPoint: false };
}

/** Keys from `start` (inclusive) to `end` (exclusive). */
export interface KeySpan {
  readonly start: Buffer;
  readonly end: Buffer;
}

/** The keys that begin with `prefix` and go on with a value in `interval`, for an ascending or descending part. */
export function spanOf(prefix: Buffer, interval: KeyInterval, isDescending: boolean): KeySpan {
  const { low, high } = interval;
  const [first, last] = isDescending ? [high, low] : [low, high];
  const start = Buffer.concat([prefix, isDescending ? inverted(first.bytes) : first.bytes]);
  const end = Buffer.concat([prefix, isDescending ? inverted(last.bytes) : last.bytes]);
  return {
    start: first.isInclusive ? start : keyAfter(start),
    end: last.isInclusive ? keyAfter(end) : end,
  };
}

/** The bytes of a descending part: every bit flipped. */
export function inverted(bytes: Buffer): Buffer {
  const flipped = Buffer.allocUnsafe(bytes.length);
  for (let index = 0; index < bytes.length; index += 1) flipped[index] = ~(bytes[index] ?? 0);
  return flipped;
}

/** Where the interval's values begin and end, as comparable bytes. */
function edges({ low, high }: KeyInterval): { start: Buffer; end: Buffer | undefined } {
  return {
    start: low.isInclusive || low.bytes.length === 0 ? low.bytes : keyAfter(low.bytes),
    end: !high.isInclusive
      ? high.bytes
      : high.bytes.length === 0
        ? undefined
        : keyAfter(high.bytes),
  };
}

/** What lies in both; undefined when nothing does. */
export function intersect(left: KeyInterval, right: KeyInterval): KeyInterval | undefined {
  const a = edges(left);
  const b = edges(right);
  const low = Buffer.compare(a.start, b.start) >= 0 ? left : right;
  const high =
    a.end === undefined
      ? right
      : b.end === undefined || Buffer.compare(a.end, b.end) <= 0
        ? left
        : right;
  const start = edges(low).start;
  const end = edges(high).end;
  if (end !== undefined && Buffer.compare(start, end) >= 0) return undefined;
  return {
    low: low.low,
    high: high.high,
    isPoint: left.isPoint || right.isPoint,
  };
}

/** Sorted, with doubles dropped and overlaps joined. */
export function tidySpans(spans: readonly KeySpan[]): KeySpan[] {
  if (spans.length < 2) return [...spans];
  const sorted = [...spans].sort((a, b) => Buffer.compare(a.start, b.start));
  const tidy: KeySpan[] = [];
  for (const span of sorted) {
    const last = tidy.at(-1);
    if (last === undefined || Buffer.compare(last.end, span.start) <= 0) tidy.push(span);
    else if (Buffer.compare(last.end, span.end) < 0) {
      tidy[tidy.length - 1] = { start: last.start, end: span.end };
    }
  }
  return tidy;
}
