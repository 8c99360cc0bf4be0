import { Long, serialize } from 'bson';
import type { Document, SessionRecord } from './engine.ts';
import { decodeDocument } from './tables/decode-document.ts';
import type { KeyRange, KeyValueReader, KeyValueWriter } from './tables/key-value.ts';

/** Statements with consecutive numbers and the same outcome, kept as one. */
interface StatementRun {
  readonly first: number;
  readonly count: number;
  readonly outcome: Document;
}

interface StoredRecord {
  readonly txnNumber: Long;
  readonly runs?: readonly StatementRun[];
}

/** A value begins with its time, so that the old are found without decoding them. */
const TIME_BYTES = 8;
const KEY_BYTES = 16;
const EVERYTHING: KeyRange = { start: Buffer.alloc(1), end: Buffer.alloc(KEY_BYTES + 1, 0xff) };

const keyOf = (session: string): Buffer => Buffer.from(session, 'hex');

/** Puts what a session has done in place of what was kept of it. */
export function rememberSession(
  writer: KeyValueWriter,
  session: string,
  { txnNumber, at, statements }: SessionRecord,
): void {
  const time = Buffer.alloc(TIME_BYTES);
  time.writeDoubleBE(at.getTime());
  const stored: StoredRecord = {
    txnNumber: Long.fromBigInt(txnNumber),
    ...(statements === undefined ? {} : { runs: runsOf(statements) }),
  };
  writer.put(
    'sessions',
    keyOf(session),
    Buffer.concat([time, serialize(stored, { ignoreUndefined: true })]),
  );
}

/** What is kept of a session; undefined when there is nothing. */
export function readSession(reader: KeyValueReader, session: string): SessionRecord | undefined {
  const value = reader.get('sessions', keyOf(session));
  if (value === undefined) return undefined;
  // Only this store writes it, so its shape is taken on trust.
  const { txnNumber, runs } = decodeDocument(value.subarray(TIME_BYTES)) as unknown as StoredRecord;
  return {
    txnNumber: txnNumber.toBigInt(),
    at: new Date(value.readDoubleBE()),
    ...(runs === undefined ? {} : { statements: statementsOf(runs) }),
  };
}

/** Removes what sessions did before a time. Cost: one walk over what is kept of all sessions. */
export function forgetSessions(writer: KeyValueWriter, before: Date): void {
  for (const { key, value } of writer.range('sessions', EVERYTHING)) {
    if (value.readDoubleBE() < before.getTime()) writer.remove('sessions', key);
  }
}

function runsOf(statements: ReadonlyMap<number, Document>): readonly StatementRun[] {
  const runs: StatementRun[] = [];
  for (const [id, outcome] of statements) {
    const last = runs.at(-1);
    if (last !== undefined && last.first + last.count === id && isSame(last.outcome, outcome)) {
      runs[runs.length - 1] = { ...last, count: last.count + 1 };
    } else {
      runs.push({ first: id, count: 1, outcome });
    }
  }
  return runs;
}

/** Whether two outcomes are one count, as those of inserts are. */
function isSame(left: Document, right: Document): boolean {
  const [leftKeys, rightKeys] = [Object.keys(left), Object.keys(right)];
  return (
    leftKeys.length === 1 &&
    rightKeys.length === 1 &&
    typeof left['n'] === 'number' &&
    left['n'] === right['n']
  );
}

function statementsOf(runs: readonly StatementRun[]): ReadonlyMap<number, Document> {
  const statements = new Map<number, Document>();
  for (const { first, count, outcome } of runs) {
    for (let place = 0; place < count; place += 1) {
      statements.set(first + place, outcome);
    }
  }
  return statements;
}
