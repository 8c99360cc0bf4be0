import {
  MongoClient,
  type ChangeStream,
  type ChangeStreamDocument,
  type Collection,
  type Timestamp,
} from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openChangeStream } from '../../support/open-change-stream.ts';
import { openDatabase, refusalCode, type OpenDatabase } from './open-database.ts';

interface Row {
  readonly _id: number;
  readonly a?: number;
  readonly list?: readonly number[];
}

let open: OpenDatabase;
const streams: ChangeStream<Row>[] = [];

beforeAll(async () => {
  open = await openDatabase();
});

afterEach(async () => {
  for (const stream of streams.splice(0)) await stream.close();
});

afterAll(async () => {
  await open.close();
});

/** A stream whose first command has been sent: what is written from now on is seen. */
async function opened(stream: ChangeStream<Row>): Promise<ChangeStream<Row>> {
  streams.push(stream);
  return openChangeStream(stream);
}

async function take(
  stream: ChangeStream<Row>,
  count: number,
): Promise<readonly ChangeStreamDocument<Row>[]> {
  const events = [];
  while (events.length < count) events.push(await stream.next());
  return events;
}

const kinds = (events: readonly ChangeStreamDocument<Row>[]): readonly string[] =>
  events.map(({ operationType }) => operationType);

const rowsOf = (name: string): Collection<Row> => open.database.collection<Row>(name);

describe('a change stream of a collection', () => {
  test('tells every change in order, with the document or what changed', async () => {
    const rows = rowsOf('all');
    const stream = await opened(rows.watch());
    await rows.insertOne({ _id: 1, a: 1, list: [1, 2, 3] });
    await rows.updateOne({ _id: 1 }, { $set: { a: 2 }, $unset: { list: 1 } });
    await rows.replaceOne({ _id: 1 }, { a: 3 });
    await rows.deleteOne({ _id: 1 });
    const ns = { db: open.database.databaseName, coll: 'all' };
    expect(await take(stream, 4)).toMatchObject([
      { operationType: 'insert', ns, documentKey: { _id: 1 }, fullDocument: { a: 1 } },
      {
        operationType: 'update',
        documentKey: { _id: 1 },
        updateDescription: { updatedFields: { a: 2 }, removedFields: ['list'] },
      },
      { operationType: 'replace', fullDocument: { _id: 1, a: 3 } },
      { operationType: 'delete', documentKey: { _id: 1 } },
    ]);
  });

  test('says nothing of an update that changes nothing', async () => {
    const rows = rowsOf('nothing');
    await rows.insertOne({ _id: 1, a: 1 });
    const stream = await opened(rows.watch());
    await rows.updateOne({ _id: 1 }, { $set: { a: 1 } });
    await rows.insertOne({ _id: 2 });
    expect(kinds(await take(stream, 1))).toEqual(['insert']);
  });

  test('looks up the whole document after an update when asked', async () => {
    const rows = rowsOf('lookup');
    await rows.insertOne({ _id: 1, a: 1 });
    const stream = await opened(rows.watch([], { fullDocument: 'updateLookup' }));
    await rows.updateOne({ _id: 1 }, { $inc: { a: 1 } });
    expect(await take(stream, 1)).toMatchObject([{ fullDocument: { _id: 1, a: 2 } }]);
  });

  test('passes events through its pipeline', async () => {
    const rows = rowsOf('pipeline');
    const stream = await opened(
      rows.watch([{ $match: { 'fullDocument.a': { $gte: 2 } } }, { $addFields: { seen: true } }]),
    );
    await rows.insertMany([
      { _id: 1, a: 1 },
      { _id: 2, a: 2 },
    ]);
    expect(await take(stream, 1)).toMatchObject([{ documentKey: { _id: 2 }, seen: true }]);
  });

  test('refuses a stage that would change the identity of events', async () => {
    expect(
      await refusalCode(
        rowsOf('stage')
          .watch([{ $group: { _id: 1 } }])
          .next(),
      ),
    ).toBe(20);
  });

  test('ends with invalidate when the collection is dropped; startAfter goes on', async () => {
    const rows = rowsOf('dropped');
    await rows.insertOne({ _id: 1 });
    const stream = await opened(rows.watch());
    await rows.drop();
    const events = await take(stream, 2);
    expect(kinds(events)).toEqual(['drop', 'invalidate']);
    const token = events[1]!._id;
    expect(await refusalCode(rows.watch([], { resumeAfter: token }).next())).toBe(260);
    const after = await opened(rows.watch([], { startAfter: token }));
    await rows.insertOne({ _id: 2 });
    expect(await take(after, 1)).toMatchObject([{ documentKey: { _id: 2 } }]);
  });
});

describe('images', () => {
  test('before and after a change are kept where the collection says so', async () => {
    await open.database.createCollection('images', {
      changeStreamPreAndPostImages: { enabled: true },
    });
    const rows = rowsOf('images');
    await rows.insertOne({ _id: 1, a: 1 });
    const stream = await opened(
      rows.watch([], { fullDocument: 'required', fullDocumentBeforeChange: 'required' }),
    );
    await rows.updateOne({ _id: 1 }, { $set: { a: 2 } });
    await rows.updateOne({ _id: 1 }, { $set: { a: 3 } });
    await rows.deleteOne({ _id: 1 });
    expect(await take(stream, 3)).toMatchObject([
      { fullDocumentBeforeChange: { _id: 1, a: 1 }, fullDocument: { _id: 1, a: 2 } },
      { fullDocumentBeforeChange: { _id: 1, a: 2 }, fullDocument: { _id: 1, a: 3 } },
      { fullDocumentBeforeChange: { _id: 1, a: 3 } },
    ]);
  });

  test('that were not kept are null, or an error when required', async () => {
    const rows = rowsOf('noImages');
    await rows.insertOne({ _id: 1, a: 1 });
    const available = await opened(rows.watch([], { fullDocumentBeforeChange: 'whenAvailable' }));
    const required = await opened(rows.watch([], { fullDocumentBeforeChange: 'required' }));
    await rows.updateOne({ _id: 1 }, { $set: { a: 2 } });
    expect(await take(available, 1)).toMatchObject([{ fullDocumentBeforeChange: null }]);
    await expect(required.next()).rejects.toMatchObject({ code: 47 });
  });
});

describe('expanded events', () => {
  test('tell of collections and indexes that come, change and go', async () => {
    const stream = await opened(open.database.watch<Row>([], { showExpandedEvents: true }));
    const rows = rowsOf('expanded');
    await open.database.createCollection('expanded');
    await rows.createIndex({ a: 1 }, { name: 'byA' }, {});
    await open.database.command({
      collMod: 'expanded',
      changeStreamPreAndPostImages: { enabled: true },
    });
    await rows.dropIndex('byA');
    await rows.rename('renamed');
    await open.database.dropCollection('renamed');
    const events = await take(stream, 6);
    const ns = { db: open.database.databaseName, coll: 'expanded' };
    expect(events).toMatchObject([
      { operationType: 'create', ns, operationDescription: { idIndex: { name: '_id_' } } },
      { operationType: 'createIndexes', operationDescription: { indexes: [{ name: 'byA' }] } },
      { operationType: 'modify', ns },
      { operationType: 'dropIndexes', operationDescription: { indexes: [{ name: 'byA' }] } },
      { operationType: 'rename', to: { coll: 'renamed' } },
      { operationType: 'drop', ns: { coll: 'renamed' } },
    ]);
    expect(events.every((event) => 'collectionUUID' in event)).toBe(true);
  });

  test('tell apart paths that could be read in two ways', async () => {
    const rows = open.database.collection<{ _id: number; a: object }>('paths');
    await rows.insertOne({ _id: 1, a: { 1: 1 } });
    const stream = await openChangeStream(rows.watch([], { showExpandedEvents: true }));
    await rows.updateOne({ _id: 1 }, { $set: { 'a.1': 2 } });
    expect(await stream.next()).toMatchObject({
      updateDescription: { updatedFields: { 'a.1': 2 }, disambiguatedPaths: { 'a.1': ['a', '1'] } },
    });
    await stream.close();
  });

  test('are left out unless asked for', async () => {
    const stream = await opened(open.database.watch<Row>());
    await open.database.createCollection('unasked');
    await rowsOf('unasked').createIndex({ a: 1 });
    await rowsOf('unasked').insertOne({ _id: 1 });
    const [event] = await take(stream, 1);
    expect(event).toMatchObject({ operationType: 'insert' });
    expect(event).not.toHaveProperty('collectionUUID');
  });
});

describe('resuming', () => {
  test('after a token goes on with the next event, on another connection', async () => {
    const rows = rowsOf('resume');
    const stream = await opened(rows.watch());
    await rows.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
    const [first] = await take(stream, 1);
    await stream.close();
    const other = await new MongoClient(open.uri).connect();
    try {
      const resumed = other
        .db(open.database.databaseName)
        .collection<Row>('resume')
        .watch([], { resumeAfter: first!._id });
      const events = await take(resumed, 2);
      expect(events).toMatchObject([{ documentKey: { _id: 2 } }, { documentKey: { _id: 3 } }]);
    } finally {
      await other.close();
    }
  });

  test('startAtOperationTime tells everything from that time on', async () => {
    const rows = rowsOf('time');
    const { operationTime } = await open.database.command({ ping: 1 });
    await rows.insertMany([{ _id: 1 }, { _id: 2 }]);
    const stream = rows.watch([], { startAtOperationTime: operationTime as Timestamp });
    streams.push(stream);
    const keys = (await take(stream, 2)).map(
      (event) => 'documentKey' in event && event.documentKey,
    );
    expect(keys).toEqual([{ _id: 1 }, { _id: 2 }]);
  });

  test('with a token that is none is refused', async () => {
    const stream = rowsOf('token').watch([], { resumeAfter: { _data: 'nonsense' } });
    expect(await refusalCode(stream.next())).toBeOneOf([9, 50_811, 260]);
  });
});

describe('a wider change stream', () => {
  test('of a database tells of all its collections, and of no other database', async () => {
    const other = open.client.db(`${open.database.databaseName}_other`);
    const stream = await opened(open.database.watch<Row>());
    await other.collection<Row>('x').insertOne({ _id: 0 });
    await rowsOf('wide1').insertOne({ _id: 1 });
    await rowsOf('wide2').insertOne({ _id: 2 });
    await other.dropDatabase();
    const events = await take(stream, 2);
    expect(events).toMatchObject([{ ns: { coll: 'wide1' } }, { ns: { coll: 'wide2' } }]);
  });

  test('of the cluster tells of all databases', async () => {
    const names = [open.database.databaseName, `${open.database.databaseName}_second`];
    const stream = await opened(
      open.client.watch<Row>([{ $match: { 'ns.db': { $in: names }, operationType: 'insert' } }]),
    );
    for (const name of names) await open.client.db(name).collection<Row>('c').insertOne({ _id: 1 });
    const events = await take(stream, 2);
    await open.client.db(names[1]).dropDatabase();
    expect(events).toMatchObject(names.map((db) => ({ ns: { db, coll: 'c' } })));
  });
});

test('the events of a transaction come together, and only after its commit', async () => {
  const rows = rowsOf('transaction');
  await rows.insertOne({ _id: 0 });
  const stream = await opened(rows.watch());
  const session = open.client.startSession();
  session.startTransaction();
  await rows.insertOne({ _id: 1 }, { session });
  await rows.insertOne({ _id: 2 }, { session });
  await rows.insertOne({ _id: 3 });
  await session.commitTransaction();
  await session.endSession();
  const events = await take(stream, 3);
  const ids = events.map((event) => ('documentKey' in event ? event.documentKey._id : undefined));
  expect(ids).toEqual([3, 1, 2]);
  const numbers = events.map((event) => 'txnNumber' in event);
  expect(numbers).toEqual([false, true, true]);
});
