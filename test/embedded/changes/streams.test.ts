import type { ChangeStreamDocument, Collection, Document } from 'mongodb';
import { Long, Timestamp } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectRaw, opMsg } from '../wire/raw-connection.ts';
import { connectStore, failure, reply, type ConnectedStore } from '../commands/connect-store.ts';

let connected: ConnectedStore;
const open: { close(): Promise<void> | void }[] = [];

beforeAll(async () => {
  connected = await connectStore();
});

afterEach(async () => {
  for (const stream of open.splice(0)) await stream.close();
});

afterAll(async () => {
  await connected.close();
});

/** A stream that stands where the store is now, with the means to take a number of events. */
async function watch<Row extends Document>(
  target: Collection<Row>,
  pipeline: Document[] = [],
  options: Document = {},
) {
  const stream = target.watch(pipeline, options);
  open.push(stream);
  // The first look opens the cursor on the server.
  await stream.tryNext();
  const take = async (count: number): Promise<ChangeStreamDocument[]> => {
    const events: ChangeStreamDocument[] = [];
    while (events.length < count) events.push(await stream.next());
    return events;
  };
  return { stream, take };
}

/** Sends one command without a session, on a connection of its own. */
async function send(command: Document): Promise<Document> {
  const raw = await connectRaw(connected.store.uri);
  open.push(raw);
  raw.send(opMsg(1, { ...command, $db: connected.store.databaseName }));
  return (await raw.reply()).document;
}

/** Opens a stream on a collection by the bare command; answers what asks for its next page. */
async function openBare(collection: string, stages: Document[] = []): Promise<Document> {
  const opened = await send({
    aggregate: collection,
    pipeline: [{ $changeStream: {} }, ...stages],
    cursor: {},
  });
  const { id } = opened['cursor'] as { id: number | Long };
  const getMore = Long.fromValue(id);
  return { getMore, collection, maxTimeMS: 20_000 };
}

const quick = { maxAwaitTimeMS: 20 };

describe('a change stream', () => {
  it('wakes at the commit, not at the end of its wait', async () => {
    const waiting = send(await openBare('woken'));
    const started = performance.now();
    await connected.database.collection('woken').insertOne({});
    expect(await waiting).toMatchObject({ cursor: { nextBatch: [{ operationType: 'insert' }] } });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('gives tokens that are ordered like the events and resume after each', async () => {
    const rows = connected.database.collection<{ _id: number }>('ordered');
    const { take } = await watch(rows, [], quick);
    for (let id = 0; id < 5; id++) await rows.insertOne({ _id: id });
    const events = await take(5);
    const tokens = events.map((event) => (event._id as { _data: string })._data);
    expect([...tokens].sort()).toEqual(tokens);
    const resumed = rows.watch([], { resumeAfter: events[1]?._id, ...quick });
    open.push(resumed);
    expect(await resumed.next()).toMatchObject({ documentKey: { _id: 2 } });
    const time = events[3] as ChangeStreamDocument & { clusterTime: Timestamp };
    const at = rows.watch([], { startAtOperationTime: time.clusterTime, ...quick });
    open.push(at);
    expect(await at.next()).toMatchObject({ documentKey: { _id: 3 } });
  });

  it('moves its resume token on although nothing that it watches happens', async () => {
    const watched = connected.database.collection('quiet');
    const { stream } = await watch(watched, [], quick);
    const before = (stream.resumeToken as { _data: string })._data;
    await connected.database.collection('loud').insertMany([{}, {}, {}]);
    expect(await stream.tryNext()).toBeNull();
    expect((stream.resumeToken as { _data: string })._data > before).toBe(true);
  });

  it('filters and shapes events, and finds those behind many that it drops', async () => {
    const rows = connected.database.collection<{ _id: number; odd: boolean }>('filtered');
    const pipeline = [
      { $match: { 'fullDocument.odd': true } },
      { $project: { documentKey: 1, twice: { $multiply: ['$fullDocument._id', 2] } } },
    ];
    const { take } = await watch(rows, pipeline, quick);
    await rows.insertMany(Array.from({ length: 500 }, (_, id) => ({ _id: id, odd: id === 499 })));
    const [event] = await take(1);
    expect(event).toEqual({ _id: event?._id, documentKey: { _id: 499 }, twice: 998 });
  });

  it('tells the events of a transaction together, with its session', async () => {
    const rows = connected.database.collection<{ _id: number }>('transacted');
    await connected.database.createCollection('transacted');
    const { take } = await watch(rows, [], quick);
    const session = connected.client.startSession();
    open.push({ close: async () => session.endSession() });
    await session.withTransaction(async () => {
      await rows.insertOne({ _id: 1 }, { session });
      await rows.updateOne({ _id: 1 }, { $set: { a: 1 } }, { session });
    });
    const events = await take(2);
    expect(events).toMatchObject([
      { operationType: 'insert', lsid: { id: session.id?.id } },
      { operationType: 'update', updateDescription: { updatedFields: { a: 1 } } },
    ]);
  });

  it('ends with an invalidation, after which only startAfter goes on', async () => {
    const rows = connected.database.collection('dropped');
    await rows.insertOne({});
    const { take } = await watch(rows, [], quick);
    await rows.drop();
    const events = await take(2);
    expect(events.map(({ operationType }) => operationType)).toEqual(['drop', 'invalidate']);
    const token = events[1]?._id;
    const resumed = rows.watch([], { resumeAfter: token });
    open.push(resumed);
    expect(await failure(resumed.next())).toMatchObject({ code: 260 });
    const again = rows.watch([], { startAfter: token, ...quick });
    open.push(again);
    const next = again.next();
    await rows.insertOne({ again: true });
    expect(await next).toMatchObject({ operationType: 'insert', fullDocument: { again: true } });
  });

  it('goes on with the invalidation when it resumes at the drop before it', async () => {
    const rows = connected.database.collection('droppedTwice');
    await rows.insertOne({});
    const { take } = await watch(rows, [], quick);
    await rows.drop();
    const [drop] = await take(1);
    const resumed = rows.watch([], { resumeAfter: drop?._id, ...quick });
    open.push(resumed);
    expect(await resumed.next()).toMatchObject({ operationType: 'invalidate' });
  });

  it.each<readonly [string, Document, Document[], number]>([
    ['a damaged token', { resumeAfter: { _data: 'zz' } }, [], 260],
    ['a token without data', { resumeAfter: { other: 1 } }, [], 260],
    ['a token that is a string', { resumeAfter: '82' }, [], 14],
    [
      'two places to start',
      {
        resumeAfter: { _data: `82${'0'.repeat(16)}1404` },
        startAtOperationTime: new Timestamp({ t: 1, i: 1 }),
      },
      [],
      50674,
    ],
    [
      'a place that is no longer held',
      { startAtOperationTime: new Timestamp({ t: 1, i: 1 }) },
      [],
      286,
    ],
    ['an unknown option', { colour: 'red' }, [], 40415],
    ['an unknown choice', { fullDocument: 'sometimes' }, [], 2],
    ['the whole cluster from a collection', { allChangesForCluster: true }, [], 72],
    ['a stage that makes groups', {}, [{ $group: { _id: null } }], 20],
    ['an unknown stage', {}, [{ $nope: {} }], 40324],
  ])('refuses %s', async (_claim, options, stages, code) => {
    const command = {
      aggregate: 'rows',
      pipeline: [{ $changeStream: options }, ...stages],
      cursor: {},
    };
    expect(await reply(connected.database, command)).toMatchObject({ ok: 0, code });
  });

  it('stops where the pipeline takes the token away', async () => {
    const rows = connected.database.collection('tokenless');
    const stream = rows.watch([{ $project: { _id: 0 } }], quick);
    open.push(stream);
    const next = failure(stream.next());
    await rows.insertOne({});
    expect(await next).toMatchObject({ code: 280 });
  });

  it('is interrupted by killCursors while it waits', async () => {
    const more = await openBare('rows');
    const waiting = send(more);
    await send({ ping: 1 });
    const killed = { killCursors: 'rows', cursors: [more['getMore']] };
    expect(await reply(connected.database, killed)).toMatchObject({ ok: 1 });
    expect((await waiting)['code']).toBeOneOf([237, 43]);
  });
});

describe('many streams', () => {
  it('hear of their own event each, and cost a commit little', async () => {
    const pages = await Promise.all(
      Array.from({ length: 50 }, async (_, index) =>
        openBare('busy', [{ $match: { 'fullDocument.for': index } }]),
      ),
    );
    const heard = Promise.all(pages.map(send));
    const rows = connected.database.collection('busy');
    const started = performance.now();
    for (let index = 0; index < 50; index++) await rows.insertOne({ for: index });
    for (const [index, page] of (await heard).entries()) {
      expect(page).toMatchObject({ cursor: { nextBatch: [{ fullDocument: { for: index } }] } });
    }
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
