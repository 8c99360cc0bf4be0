import { rm } from 'node:fs/promises';
import { MongoClient } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { createStore } from '../../../src/embedded/create-store.ts';
import { openChangeStream } from '../../support/open-change-stream.ts';
import { EXTERNAL_STORE_URI, temporaryDirectory } from '../../support/store-location.ts';

interface Row {
  readonly _id: number;
}

describe('a restart of the store', () => {
  test('loses no event for a stream that resumes', async (context) => {
    if (EXTERNAL_STORE_URI !== undefined) context.skip('only the embedded store is restarted');
    const dataDirectory = await temporaryDirectory();
    try {
      const token = await writeAndWatch(dataDirectory);
      const events = await resumeAndRead(dataDirectory, token, 3);
      expect(events).toEqual([2, 3, 4]);
    } finally {
      await rm(dataDirectory, { recursive: true, force: true });
    }
  });
});

/** Writes 1, 2 and 3 and reads the event of 1. @returns its resume token. */
async function writeAndWatch(dataDirectory: string): Promise<unknown> {
  const store = await createStore({ dataDirectory, port: 0 });
  const client = await new MongoClient(store.uri).connect();
  const rows = client.db('restart').collection<Row>('rows');
  const stream = await openChangeStream(rows.watch());
  await rows.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
  const { _id } = await stream.next();
  await stream.close();
  await client.close();
  await store.close();
  return _id;
}

async function resumeAndRead(
  dataDirectory: string,
  resumeAfter: unknown,
  count: number,
): Promise<readonly unknown[]> {
  const store = await createStore({ dataDirectory, port: 0 });
  const client = await new MongoClient(store.uri).connect();
  const rows = client.db('restart').collection<Row>('rows');
  await rows.insertOne({ _id: 4 });
  const stream = rows.watch([], { resumeAfter });
  const ids: unknown[] = [];
  while (ids.length < count) {
    const event = await stream.next();
    if ('documentKey' in event) ids.push(event.documentKey._id);
  }
  await stream.close();
  await client.close();
  await store.close();
  return ids;
}
