import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JournalEntry } from '../../../src/embedded/engine/engine.ts';
import { createEngine } from '../../../src/embedded/engine/create-engine.ts';
import { index, openEngine, PEOPLE, temporaryFolder } from './open-engine.ts';

const kinds = (entries: Iterable<JournalEntry>): string[] => [...entries].map(({ kind }) => kind);

test('tells every write in order, with what changed', async () => {
  const engine = openEngine();
  const start = engine.journal.now;
  await engine.write((batch) => {
    batch.insert(PEOPLE, { _id: 1, a: { b: 1, c: 2 }, list: [1, 2, 3] });
  });
  await engine.write((batch) => {
    batch.replace(
      PEOPLE,
      { _id: 1 },
      { _id: 1, a: { b: 5 }, list: [1, 2], fresh: true },
      { kind: 'update' },
    );
    batch.replace(PEOPLE, { _id: 1 }, { _id: 1, whole: 1 });
    batch.remove(PEOPLE, { _id: 1 });
  });
  const [create, insert, update, replace, remove] = [...engine.journal.after(start)];
  expect(create).toMatchObject({ kind: 'create', namespace: PEOPLE });
  expect(insert).toMatchObject({
    kind: 'insert',
    documentId: 1,
    document: { _id: 1, a: { b: 1, c: 2 }, list: [1, 2, 3] },
  });
  expect(update).toMatchObject({
    kind: 'update',
    documentId: 1,
    updateDescription: {
      updatedFields: { 'a.b': 5, fresh: true },
      removedFields: ['a.c'],
      truncatedArrays: [{ field: 'list', newSize: 2 }],
    },
  });
  expect(update?.before).toBeUndefined();
  expect(replace).toMatchObject({ kind: 'replace', document: { _id: 1, whole: 1 } });
  expect(remove).toMatchObject({ kind: 'delete', documentId: 1 });
  expect(kinds(engine.journal.after(update!.time))).toEqual(['replace', 'delete']);
});

test('keeps both images where the collection asks for them', async () => {
  const engine = openEngine();
  await engine.write((batch) => {
    batch.createCollection(PEOPLE, { changeStreamPreAndPostImages: { enabled: true } });
    batch.insert(PEOPLE, { _id: 1, n: 1 });
  });
  const start = engine.journal.now;
  await engine.write((batch) => {
    batch.replace(PEOPLE, { _id: 1 }, { _id: 1, n: 2 }, { kind: 'update' });
    batch.remove(PEOPLE, { _id: 1 });
  });
  expect([...engine.journal.after(start)].map(({ before, after }) => ({ before, after }))).toEqual([
    { before: { _id: 1, n: 1 }, after: { _id: 1, n: 2 } },
    { before: { _id: 1, n: 2 }, after: undefined },
  ]);
});

test('a write that changes nothing is not told', async () => {
  const engine = openEngine();
  await engine.write((batch) => {
    batch.insert(PEOPLE, { _id: 1, n: 1 });
  });
  const start = engine.journal.now;
  const isChanged = await engine.write((batch) =>
    batch.replace(PEOPLE, { _id: 1 }, { _id: 1, n: 1 }),
  );
  expect(isChanged).toBe(false);
  expect(kinds(engine.journal.after(start))).toEqual([]);
});

test('a batch that throws is not told, its neighbours are', async () => {
  const engine = openEngine();
  const start = engine.journal.now;
  const outcomes = await Promise.allSettled([
    engine.write((batch) => {
      batch.insert(PEOPLE, { _id: 1 });
    }),
    engine.write((batch) => {
      batch.insert(PEOPLE, { _id: 2 });
      throw new Error('no');
    }),
    engine.write((batch) => {
      batch.insert(PEOPLE, { _id: 3 });
    }),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect([...engine.read().find(PEOPLE, {})]).toEqual([{ _id: 1 }, { _id: 3 }]);
  const told = [...engine.journal.after(start)].filter(({ kind }) => kind === 'insert');
  expect(told.map(({ documentId }) => documentId)).toEqual([1, 3]);
});

test('time goes forward over a restart with the clock set back', async () => {
  const path = temporaryFolder();
  const first = createEngine({ path, now: () => new Date('2030-01-01') });
  await first.write((batch) => {
    batch.insert(PEOPLE, { _id: 1 });
  });
  const last = first.journal.now;
  await first.close();
  const second = openEngine({ path, now: () => new Date('2020-01-01') });
  expect(second.journal.now.greaterThan(last)).toBe(true);
  await second.write((batch) => {
    batch.insert(PEOPLE, { _id: 2 });
  });
  expect(kinds(second.journal.after(last))).toEqual(['insert']);
});

test('forgets the oldest entries beyond its bound, and says since when', async () => {
  const engine = openEngine({ journalBytes: 20_000 });
  const start = engine.journal.oldest;
  for (let id = 0; id < 50; id += 1) {
    await engine.write((batch) => {
      batch.insert(PEOPLE, { _id: id, text: 'x'.repeat(1000) });
    });
  }
  expect(engine.journal.oldest.greaterThan(start)).toBe(true);
  const held = [...engine.journal.after(engine.journal.oldest)];
  expect(held.length).toBeGreaterThan(10);
  expect(held.length).toBeLessThan(20);
  expect(held.at(-1)?.documentId).toBe(49);
});

test('tells the inserts of one batch one by one, from any of them on', async () => {
  const engine = openEngine();
  const other = { ...PEOPLE, collection: 'other' };
  const ids = Array.from({ length: 3000 }, (_, id) => id);
  const text = 'x'.repeat(200);
  const start = engine.journal.now;
  await engine.write((batch) => {
    for (const id of ids.slice(0, 2000)) batch.insert(PEOPLE, { _id: id, text });
    batch.insert(other, { _id: 'between' });
    for (const id of ids.slice(2000)) batch.insert(PEOPLE, { _id: id, text });
    batch.remove(PEOPLE, { _id: 7 });
  });
  const toldAfter = (time: JournalEntry['time']): JournalEntry[] =>
    [...engine.journal.after(time)].filter(({ kind }) => kind !== 'create');
  const told = toldAfter(start);
  const expected = [...ids.slice(0, 2000), 'between', ...ids.slice(2000), 7];
  expect(told.map(({ documentId }) => documentId)).toEqual(expected);
  expect(told[1234]?.document).toEqual({ _id: 1234, text });
  expect(
    told.every(({ time }, place) => place === 0 || time.greaterThan(told[place - 1]!.time)),
  ).toBe(true);
  for (const place of [0, 1, 1500, 1999, 2000, 2001, 3000, 3001]) {
    const rest = toldAfter(told[place]!.time);
    expect(rest.map(({ documentId }) => documentId)).toEqual(expected.slice(place + 1));
  }
});

test('a bulk insert takes less than twice its bytes on the disk, journal and index included', async () => {
  const path = temporaryFolder();
  const engine = openEngine({ path });
  for (let first = 0; first < 20_000; first += 1000) {
    await engine.write((batch) => {
      for (let id = first; id < first + 1000; id += 1) {
        const row = { _id: id, name: `city number ${id}`, at: new Date(id), population: id * 7919 };
        batch.insert(PEOPLE, { ...row, text: 'lorem ipsum dolor sit amet '.repeat(5) });
      }
    });
  }
  const bytes = engine.read().dataSize(PEOPLE);
  expect(statSync(join(path, 'data.mdb')).size).toBeLessThan(2 * bytes);
});

test('a journal of many inserts takes less room than the documents', async () => {
  const engine = openEngine({ journalBytes: 20_000 });
  const start = engine.journal.oldest;
  await engine.write((batch) => {
    for (let id = 0; id < 500; id += 1) batch.insert(PEOPLE, { _id: id, text: 'x'.repeat(1000) });
  });
  expect(engine.journal.oldest.equals(start)).toBe(true);
  expect([...engine.journal.after(start)].length).toBe(501);
});

test('tells of collections and indexes', async () => {
  const engine = openEngine();
  const start = engine.journal.now;
  const moved = { ...PEOPLE, collection: 'moved' };
  await engine.write((batch) => {
    batch.createCollection(PEOPLE, {});
    batch.createIndex(PEOPLE, index({ a: 1 }));
    batch.modifyCollection(PEOPLE, { validator: { a: { $exists: true } } });
    batch.dropIndex(PEOPLE, 'a_1');
    batch.renameCollection(PEOPLE, moved, false);
    batch.dropDatabase('test');
  });
  expect(kinds(engine.journal.after(start))).toEqual([
    'create',
    'createIndexes',
    'modify',
    'dropIndexes',
    'rename',
    'drop',
    'dropDatabase',
  ]);
});

test('listeners hear of each commit until they stop', async () => {
  const engine = openEngine();
  let heard = 0;
  const stop = engine.journal.onCommit(() => (heard += 1));
  await engine.write((batch) => {
    batch.insert(PEOPLE, { _id: 1 });
  });
  expect(heard).toBe(1);
  stop();
  await engine.write((batch) => {
    batch.insert(PEOPLE, { _id: 2 });
  });
  expect(heard).toBe(1);
});
