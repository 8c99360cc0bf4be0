import { afterAll, beforeAll, expect, test } from 'vitest';
import { openChangeStream } from '../../support/open-change-stream.ts';
import { openOwnDatabase, refusalCode, type OpenDatabase } from './open-database.ts';

let open: OpenDatabase;

beforeAll(async () => {
  open = await openOwnDatabase();
  // MongoDB looks once a minute; both servers let a test ask for once a second.
  await open.client.db('admin').command({ setParameter: 1, ttlMonitorSleepSecs: 1 });
});

afterAll(async () => {
  await open.close();
});

interface Session {
  readonly _id: string;
  readonly expiresAt?: Date | string | readonly Date[];
}

test(
  'what has expired is deleted and announced; everything else stays',
  { timeout: 90_000 },
  async () => {
    const sessions = open.database.collection<Session>('sessions');
    await sessions.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 1 }, {});
    const deletes = [{ $match: { operationType: 'delete' } }];
    const changes = await openChangeStream(sessions.watch(deletes));
    const past = new Date(Date.now() - 5_000);
    const future = new Date(Date.now() + 3_600_000);
    await sessions.insertMany([
      { _id: 'past', expiresAt: past },
      { _id: 'one of several', expiresAt: [future, past] },
      { _id: 'future', expiresAt: future },
      { _id: 'no date', expiresAt: 'yesterday' },
      { _id: 'missing' },
    ]);
    const deleted = [await changes.next(), await changes.next()];
    await changes.close();
    const ids = deleted.map((event) => 'documentKey' in event && event.documentKey._id);
    expect(ids.toSorted()).toEqual(['one of several', 'past']);
    const left = await sessions.find().sort({ _id: 1 }).toArray();
    expect(left.map(({ _id }) => _id)).toEqual(['future', 'missing', 'no date']);
  },
);

test('a TTL index has one column and a whole number of seconds', async () => {
  const rows = open.database.collection('refused');
  expect(await refusalCode(rows.createIndex({ a: 1, b: 1 }, { expireAfterSeconds: 1 }, {}))).toBe(
    67,
  );
  expect(await refusalCode(rows.createIndex({ a: 1 }, { expireAfterSeconds: -1 }, {}))).toBe(67);
});
