import type { IndexScan } from './index-scan.ts';
import type { KeySpan } from '../keys/key-range.ts';
import type { KeyValuePair, KeyValueReader } from '../tables/key-value.ts';

interface Run {
  readonly entries: Iterator<KeyValuePair>;
  readonly prefixLength: number;
  head: KeyValuePair;
  /** What the runs are merged by: the key behind the points. */
  rest: Buffer;
}

/** Merges the runs of a scan, each ordered by what follows its points, into one order by what follows the points. */
export function* mergeRuns(
  reader: KeyValueReader,
  scan: IndexScan,
  isReverse: boolean,
): Generator<KeyValuePair> {
  const sign = isReverse ? -1 : 1;
  const before = (a: Run, b: Run): boolean => Buffer.compare(a.rest, b.rest) * sign < 0;
  const runs: Run[] = [];
  for (const prefix of scan.prefixes) {
    const run = startRun(entriesOf(reader, scan, prefix, isReverse), prefix.length);
    if (run !== undefined) runs.push(run);
  }
  while (runs.length > 0) {
    let least = 0;
    for (let place = 1; place < runs.length; place += 1) {
      const [candidate, best] = [runs[place], runs[least]];
      if (candidate !== undefined && best !== undefined && before(candidate, best)) least = place;
    }
    const run = runs[least];
    if (run === undefined) return;
    yield run.head;
    if (!advance(run)) runs.splice(least, 1);
  }
}

function* entriesOf(
  reader: KeyValueReader,
  { spans }: IndexScan,
  prefix: Buffer,
  isReverse: boolean,
): Generator<KeyValuePair> {
  const own = spans.filter((span: KeySpan) => span.start.subarray(0, prefix.length).equals(prefix));
  for (const span of isReverse ? own.reverse() : own) {
    yield* reader.range('indexes', isReverse ? { ...span, reverse: true } : span);
  }
}

function startRun(entries: Iterator<KeyValuePair>, prefixLength: number): Run | undefined {
  const first = entries.next();
  if (first.done === true) return undefined;
  return {
    entries,
    prefixLength,
    head: first.value,
    rest: first.value.key.subarray(prefixLength),
  };
}

function advance(run: Run): boolean {
  const next = run.entries.next();
  if (next.done === true) return false;
  run.head = next.value;
  run.rest = next.value.key.subarray(run.prefixLength);
  return true;
}
