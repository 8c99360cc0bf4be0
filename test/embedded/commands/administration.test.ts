import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectStore, failure, reply, type ConnectedStore } from './connect-store.ts';

let connected: ConnectedStore;

beforeAll(async () => {
  connected = await connectStore();
});

afterAll(async () => {
  await connected.close();
});

describe('collections', () => {
  it('are created with their options, listed by filter, renamed and dropped', async () => {
    const { database, client } = connected;
    await database.createCollection('plain');
    await database.createCollection('strict', {
      validator: { a: { $type: 'string' } },
      collation: { locale: 'en', strength: 2 },
      changeStreamPreAndPostImages: { enabled: true },
    });
    expect(await failure(database.createCollection('plain'))).toMatchObject({ code: 48 });
    const [strict] = await database.listCollections({ name: 'strict' }).toArray();
    expect(strict).toMatchObject({
      type: 'collection',
      options: { changeStreamPreAndPostImages: { enabled: true }, collation: { strength: 2 } },
      idIndex: { name: '_id_' },
    });
    const names = await database.listCollections({}, { nameOnly: true }).toArray();
    expect(names.map(({ name }) => name).sort()).toEqual(['plain', 'strict']);
    await database.collection('plain').insertOne({ a: 1 });
    await database.collection('plain').rename('renamed');
    expect(await database.collection('renamed').countDocuments()).toBe(1);
    const target = `${database.databaseName}.strict`;
    const command = { renameCollection: `${database.databaseName}.renamed`, to: target };
    expect(await reply(client.db('admin'), command)).toMatchObject({ code: 48 });
    expect(await reply(client.db('admin'), { ...command, dropTarget: true })).toMatchObject({
      ok: 1,
    });
    expect(await database.collection('never').drop()).toBe(true);
    expect(await database.collection('strict').drop()).toBe(true);
    expect(await database.listCollections().toArray()).toEqual([]);
  });

  it('refuse kinds that are not supported', async () => {
    for (const options of [
      { timeseries: { timeField: 't' } },
      { clusteredIndex: { key: { _id: 1 }, unique: true } },
      { expireAfterSeconds: 1 },
    ]) {
      expect(await reply(connected.database, { create: 'odd', ...options })).toMatchObject({
        code: 115,
      });
    }
  });

  it('validate what is written, unless told not to', async () => {
    const rows = await connected.database.createCollection('valid', {
      validator: { $jsonSchema: { required: ['a'] } },
    });
    expect(await failure(rows.insertOne({ b: 1 }))).toMatchObject({ code: 121 });
    await rows.insertOne({ b: 1 }, { bypassDocumentValidation: true });
    await connected.database.command({ collMod: 'valid', validator: {} });
    await rows.insertOne({ b: 2 });
    expect(await rows.countDocuments()).toBe(2);
  });

  it('can be views, which are read and never written', async () => {
    const { database } = connected;
    const base = database.collection<{ _id: number; a: number }>('base');
    await base.insertMany([1, 2, 3].map((n) => ({ _id: n, a: n })));
    await database.createCollection('view', {
      viewOn: 'base',
      pipeline: [{ $match: { a: { $gt: 1 } } }, { $set: { b: { $multiply: ['$a', 2] } } }],
    });
    const view = database.collection('view');
    const query = { b: { $gte: 4 } };
    expect(
      await view.find(query, { sort: { a: -1 }, projection: { _id: 0, b: 1 } }).toArray(),
    ).toEqual([{ b: 6 }, { b: 4 }]);
    expect(await view.countDocuments({ a: 2 })).toBe(1);
    expect(await view.distinct('b')).toEqual([4, 6]);
    expect(await failure(view.insertOne({ a: 1 }))).toMatchObject({ code: 166 });
  });
});

describe('indexes', () => {
  const create = async (...indexes: Document[]) =>
    reply(connected.database, { createIndexes: 'indexed', indexes });

  it('are made once, listed as given, and dropped by name, key or all', async () => {
    const rows = connected.database.collection('indexed');
    expect(await create({ key: { a: 1 }, name: 'a_1' })).toMatchObject({
      numIndexesBefore: 1,
      numIndexesAfter: 2,
      createdCollectionAutomatically: true,
    });
    expect(await create({ key: { a: 1 }, name: 'a_1' })).toMatchObject({
      note: 'all indexes already exist',
    });
    await create(
      { key: { t: 'text' }, name: 't_text', weights: { t: 3 } },
      { key: { at: '2dsphere' }, name: 'at_2dsphere' },
    );
    const listed = await rows.indexes();
    expect(listed.find(({ name }) => name === 't_text')).toMatchObject({
      key: { _fts: 'text', _ftsx: 1 },
      weights: { t: 3 },
      default_language: 'english',
    });
    await rows.dropIndex('a_1');
    expect(await failure(rows.dropIndex('a_1'))).toMatchObject({ code: 27 });
    expect(await failure(rows.dropIndex('_id_'))).toMatchObject({ code: 72 });
    expect(
      await reply(connected.database, { dropIndexes: 'indexed', index: { at: '2dsphere' } }),
    ).toMatchObject({ ok: 1 });
    await rows.dropIndexes();
    expect((await rows.indexes()).map(({ name }) => name)).toEqual(['_id_']);
  });

  it.each<readonly [string, Document, number]>([
    ['another name for the same key', { key: { x: 1 }, name: 'other' }, 85],
    ['another key under the same name', { key: { y: 1 }, name: 'x_1' }, 86],
    ['other options under the same name', { key: { x: 1 }, name: 'x_1', unique: true }, 86],
    ['an empty key', { key: {}, name: 'e' }, 67],
    ['an unknown kind', { key: { x: 'magic' }, name: 'e' }, 67],
    ['a wildcard', { key: { '$**': 1 }, name: 'e' }, 67],
    ['an unknown option', { key: { z: 1 }, name: 'e', sparkling: true }, 197],
    ['a bad expiry', { key: { z: 1 }, name: 'e', expireAfterSeconds: -1 }, 67],
  ])('refuse %s', async (_claim, index, code) => {
    await create({ key: { x: 1 }, name: 'x_1' });
    expect(await create(index)).toMatchObject({ ok: 0, code });
  });

  it('change their expiry and their visibility in place', async () => {
    await create({ key: { when: 1 }, name: 'when_1', expireAfterSeconds: 60 });
    const change = {
      collMod: 'indexed',
      index: { keyPattern: { when: 1 }, expireAfterSeconds: 5 },
    };
    expect(await reply(connected.database, change)).toMatchObject({
      expireAfterSeconds_old: 60,
      expireAfterSeconds_new: 5,
    });
    const hide = { collMod: 'indexed', index: { name: 'when_1', hidden: true } };
    expect(await reply(connected.database, hide)).toMatchObject({ hidden_new: true });
    const listed = await connected.database.collection('indexed').indexes();
    expect(listed).toContainEqual({
      v: 2,
      key: { when: 1 },
      name: 'when_1',
      expireAfterSeconds: 5,
      hidden: true,
    });
  });
});

describe('a pipeline that writes', () => {
  it('replaces a collection by $out and keeps its indexes', async () => {
    const { database } = connected;
    await database.collection('source').insertMany([{ a: 1 }, { a: 2 }]);
    await database.collection('sink').insertOne({ old: true });
    await database.collection('sink').createIndex({ a: 1 });
    expect(
      await database
        .collection('source')
        .aggregate([{ $out: 'sink' }])
        .toArray(),
    ).toEqual([]);
    expect(await database.collection('sink').distinct('a')).toEqual([1, 2]);
    expect(await database.collection('sink').indexExists('a_1')).toBe(true);
  });

  it('merges by a unique key as it is told', async () => {
    const { database } = connected;
    const target = database.collection('totals');
    await target.createIndex({ k: 1 }, { unique: true }, {});
    await target.insertOne({ k: 'a', n: 1, kept: true });
    const merge = async (stage: Document, rows: Document[]) =>
      database
        .aggregate([
          { $documents: rows },
          { $unset: '_id' },
          { $merge: { into: 'totals', on: 'k', ...stage } },
        ])
        .toArray();
    await merge({ whenMatched: [{ $set: { n: { $add: ['$n', '$$new.n'] } } }] }, [
      { k: 'a', n: 5 },
      { k: 'b', n: 7 },
    ]);
    expect(await target.find({}, { projection: { _id: 0 }, sort: { k: 1 } }).toArray()).toEqual([
      { k: 'a', n: 6, kept: true },
      { k: 'b', n: 7 },
    ]);
    expect(await failure(merge({ whenMatched: 'fail' }, [{ k: 'a' }]))).toMatchObject({
      code: 11000,
    });
    expect(await failure(merge({ on: 'n' }, [{ n: 1 }]))).toMatchObject({ code: 51183 });
  });
});

describe('explain', () => {
  it('names the index and counts what was looked at, and carries nothing out', async () => {
    const rows = connected.database.collection<{ _id: number; g: number }>('explained');
    await rows.insertMany(
      Array.from({ length: 100 }, (_, index) => ({ _id: index, g: index % 10 })),
    );
    await rows.createIndex({ g: 1 });
    expect(await rows.find({ g: 3 }).explain('executionStats')).toMatchObject({
      queryPlanner: {
        winningPlan: { stage: 'FETCH', inputStage: { stage: 'IXSCAN', indexName: 'g_1' } },
      },
      executionStats: { nReturned: 10, totalDocsExamined: 10 },
    });
    expect(await rows.find({ other: 1 }).explain('queryPlanner')).toMatchObject({
      queryPlanner: { winningPlan: { stage: 'COLLSCAN' } },
    });
    const remove = { delete: 'explained', deletes: [{ q: { g: 1 }, limit: 0 }] };
    expect(await reply(connected.database, { explain: remove })).toMatchObject({
      executionStats: { nReturned: 10 },
    });
    expect(await rows.countDocuments()).toBe(100);
    expect(await reply(connected.database, { explain: { ping: 1 } })).toMatchObject({ code: 115 });
  });
});

describe('diagnostics', () => {
  it('tell the version, the state of the set, and the sizes', async () => {
    const admin = connected.client.db('admin');
    expect(await admin.command({ buildInfo: 1 })).toMatchObject({ version: '7.0.14' });
    expect(await admin.command({ replSetGetStatus: 1 })).toMatchObject({
      myState: 1,
      members: [{ stateStr: 'PRIMARY' }],
    });
    const rows = connected.database.collection('sized');
    await rows.insertMany([{ a: 'x' }, { a: 'y' }]);
    expect(await connected.database.command({ collStats: 'sized' })).toMatchObject({
      count: 2,
      size: 62,
      nindexes: 1,
    });
    expect(await connected.database.command({ validate: 'sized' })).toMatchObject({ valid: true });
    const { databases } = await admin.admin().listDatabases();
    expect(databases.map(({ name }) => name)).toContain(connected.database.databaseName);
  });
});
