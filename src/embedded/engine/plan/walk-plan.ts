import type { StoredCollection } from '../tables/catalog.ts';
import type { IndexScan } from './index-scan.ts';
import { decodeRecordId, indexPrefix, recordIdOf, recordKey } from '../tables/index-layout.ts';
import { keyAfter, type KeySpan } from '../keys/key-range.ts';
import type { KeyValuePair, KeyValueReader } from '../tables/key-value.ts';
import { mergeRuns } from './merge-runs.ts';
import type { Plan } from './plan.ts';
import { StoredDocument } from '../tables/document-codec.ts';

/** What a walk has looked at so far. */
export interface WalkCount {
  keys: number;
  documents: number;
}

/** The documents a plan admits, in its order, each once. */
export function* walkPlan(
  reader: KeyValueReader,
  collection: StoredCollection,
  plan: Plan,
  count: WalkCount,
): Generator<StoredDocument> {
  if (plan.kind === 'collection') {
    yield* walkCollection(reader, collection, plan.isReverse, count);
    return;
  }
  for (const recordId of recordIds(reader, plan, count)) {
    const raw = reader.get('records', recordKey(collection.id, recordId));
    if (raw === undefined) continue;
    count.documents += 1;
    yield new StoredDocument(raw, recordId);
  }
}

function* walkCollection(
  reader: KeyValueReader,
  collection: StoredCollection,
  isReverse: boolean,
  count: WalkCount,
): Generator<StoredDocument> {
  const start = indexPrefix(collection.id);
  const range = { start, end: keyAfter(start), ...(isReverse ? { reverse: true } : {}) };
  for (const { key, value } of reader.range('records', range)) {
    count.documents += 1;
    yield new StoredDocument(value, decodeRecordId(key));
  }
}

function* recordIds(
  reader: KeyValueReader,
  plan: Exclude<Plan, { kind: 'collection' }>,
  count: WalkCount,
): Generator<number> {
  const seen = new Set<number>();
  const mayRepeat = plan.kind === 'union' || plan.scan.hasDoubles || isWriting(reader);
  for (const recordId of plan.kind === 'union'
    ? unionIds(reader, plan.plans, count)
    : scanIds(reader, plan, count)) {
    if (mayRepeat) {
      if (seen.has(recordId)) continue;
      seen.add(recordId);
    }
    yield recordId;
  }
}

/** A caller that may write between two documents can move one ahead of the walk. */
function isWriting(reader: KeyValueReader): boolean {
  return 'put' in reader;
}

function* unionIds(
  reader: KeyValueReader,
  plans: readonly Plan[],
  count: WalkCount,
): Generator<number> {
  for (const plan of plans) {
    if (plan.kind !== 'collection') yield* recordIds(reader, plan, count);
  }
}

function* scanIds(
  reader: KeyValueReader,
  { scan, order }: Extract<Plan, { kind: 'index' }>,
  count: WalkCount,
): Generator<number> {
  const isReverse = order?.isReverse ?? false;
  if (isLookup(scan)) {
    yield* lookUp(reader, isReverse ? [...scan.spans].reverse() : scan.spans, count);
    return;
  }
  const entries =
    order?.needsMerge === true
      ? mergeRuns(reader, scan, isReverse)
      : walkSpans(reader, scan.spans, isReverse);
  for (const entry of entries) {
    count.keys += 1;
    yield recordIdOf(entry);
  }
}

/** Every span is one key of a unique index: get it rather than walk. */
function isLookup({ index, pointParts }: IndexScan): boolean {
  return index.spec.unique && !index.hasCutKeys && pointParts === index.spec.key.length;
}

function* lookUp(
  reader: KeyValueReader,
  spans: readonly KeySpan[],
  count: WalkCount,
): Generator<number> {
  for (const { start } of spans) {
    const value = reader.get('indexes', start);
    if (value === undefined) continue;
    count.keys += 1;
    yield decodeRecordId(value);
  }
}

/** All entries of the spans, in key order or against it. */
export function* walkSpans(
  reader: KeyValueReader,
  spans: readonly KeySpan[],
  isReverse: boolean,
): Generator<KeyValuePair> {
  const ordered = isReverse ? [...spans].reverse() : spans;
  for (const span of ordered) {
    yield* reader.range('indexes', isReverse ? { ...span, reverse: true } : span);
  }
}
