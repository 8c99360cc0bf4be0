import type { IndexScan } from './index-scan.ts';
import type { KeySpan } from '../keys/key-range.ts';
import type { KeyValuePair, KeyValueReader } from '../tables/key-value.ts';

interface Run {
  readonly entries: Generator<KeyValuePair>;
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
  try {
    for (let run = leastOf(runs, before); run !== undefined; run = leastOf(runs, before)) {
      yield run.head;
      if (!advance(run)) runs.splice(runs.indexOf(run), 1);
    }
  } finally {
    // A caller that has enough stops here; walks left open would hold on to their snapshot.
    for (const { entries } of runs) entries.return(undefined);
  }
}

function leastOf(runs: readonly Run[], before: (a: Run, b: Run) => boolean): Run | undefined {
  let [least] = runs;
  for (const run of runs) if (least !== undefined && before(run, least)) least = run;
  return least;
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

function startRun(entries: Generator<KeyValuePair>, prefixLength: number): Run | undefined {
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
