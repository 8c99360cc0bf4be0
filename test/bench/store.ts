/** Measures the embedded store against its targets; `npx tsx test/bench/store.ts`. Not part of the test run. */
import { rm } from 'node:fs/promises';
import { BSON, MongoClient, type Collection } from 'mongodb';

import { spawnStore, type StoreMemory } from '../support/spawn-store.ts';
import { temporaryDirectory } from '../support/store-location.ts';

/** One measured figure and the most it may be. */
interface Figure {
  readonly what: string;
  readonly value: number;
  readonly most: number;
  readonly unit: string;
}

interface Row {
  readonly _id: string;
  readonly name: string;
  readonly population: number;
  readonly country: string;
  readonly location: readonly number[];
  readonly _created_at: Date;
  readonly _updated_at: Date;
}

const BATCH = 1_000;
const FIRST = 100_000;
const ALL = 150_000;

function buildRow(index: number): Row {
  const date = new Date(1_700_000_000_000 + index * 1_000);
  return {
    _id: `o${index.toString(36).padStart(9, '0')}`,
    name: `city number ${index}`,
    population: (index * 7_919) % 1_000_003,
    country: `Country$c${index % 250}`,
    location: [(index % 360) - 180, (index % 170) - 85],
    _created_at: date,
    _updated_at: date,
  };
}

async function insertRows(rows: Collection<Row>, from: number, to: number): Promise<number> {
  const start = performance.now();
  for (let first = from; first < to; first += BATCH) {
    await rows.insertMany(Array.from({ length: BATCH }, (_, offset) => buildRow(first + offset)));
  }
  return performance.now() - start;
}

/** Milliseconds of each of `runs` finds of 100 ids that are spread over everything, sorted. */
async function timeFinds(rows: Collection<Row>, runs: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const ids = Array.from(
      { length: 100 },
      (_, index) => buildRow((index * 997 + run * 31) % FIRST)._id,
    );
    const start = performance.now();
    const found = await rows.find({ _id: { $in: ids } }, { batchSize: 200 }).toArray();
    times.push(performance.now() - start);
    if (found.length !== ids.length) throw new Error(`found ${found.length} of ${ids.length}`);
  }
  return times.sort((left, right) => left - right);
}

async function withRows<Result>(
  uri: string,
  work: (rows: Collection<Row>) => Promise<Result>,
): Promise<Result> {
  const client = await new MongoClient(uri).connect();
  try {
    return await work(client.db('bench').collection<Row>('City'));
  } finally {
    await client.close();
  }
}

async function measure(dataDirectory: string): Promise<readonly Figure[]> {
  const first = await spawnStore(dataDirectory);
  const empty = await first.memory();
  const [insertMs, indexMs, finds] = await withRows(first.uri, async (rows) => {
    const inserting = await insertRows(rows, 0, FIRST);
    const start = performance.now();
    await rows.createIndex({ country: 1, population: -1 });
    const indexing = performance.now() - start;
    const times = await timeFinds(rows, 200);
    await insertRows(rows, FIRST, ALL);
    return [inserting, indexing, times] as const;
  });
  const afterWrites = await first.memory();
  await first.close();
  const second = await spawnStore(dataDirectory);
  const firstFindMs = await withRows(second.uri, async (rows) => {
    const start = performance.now();
    await rows.find({ country: 'Country$c7' }).sort({ population: -1 }).limit(10).toArray();
    return performance.now() - start;
  });
  const scanMs = await withRows(second.uri, async (rows) => {
    const start = performance.now();
    const count = await rows.countDocuments({ name: /9$/u });
    if (count !== ALL / 10) throw new Error(`counted ${count}`);
    return performance.now() - start;
  });
  const afterReads = await second.memory();
  await second.close();
  const bsonBytes = Array.from({ length: ALL }, (_, index) => buildRow(index)).reduce(
    (sum, row) => sum + BSON.calculateObjectSize(row),
    0,
  );
  return [
    { what: 'data as BSON', value: bsonBytes / 1e6, most: Infinity, unit: 'MB' },
    { what: 'an empty store', value: empty.residentBytes / 1e6, most: Infinity, unit: 'MB' },
    { what: 'insert 100,000 documents', value: insertMs, most: 10_000, unit: 'ms' },
    { what: 'build an index over 100,000', value: indexMs, most: 5_000, unit: 'ms' },
    { what: 'find 100 of 100,000 ids, median', value: finds[100]!, most: 5, unit: 'ms' },
    { what: 'find 100 of 100,000 ids, 95 %', value: finds[190]!, most: 10, unit: 'ms' },
    { what: 'start over 150,000 documents', value: second.startMs, most: 3_000, unit: 'ms' },
    { what: 'first indexed find after it', value: firstFindMs, most: 500, unit: 'ms' },
    { what: 'scan of 150,000 documents', value: scanMs, most: 10_000, unit: 'ms' },
    ...memoryFigures('after the inserts', afterWrites, empty, bsonBytes),
    ...memoryFigures('after a restart and a scan', afterReads, empty, bsonBytes),
  ];
}

/**
 * What data cost beyond an empty store: everything resident, the mapped pages of the data file included, although those are the
 * system's cache and go when something else needs the room.
 */
function memoryFigures(
  when: string,
  used: StoreMemory,
  empty: StoreMemory,
  bsonBytes: number,
): readonly Figure[] {
  const own = (used.ownBytes ?? used.residentBytes) - (empty.ownBytes ?? empty.residentBytes);
  const resident = used.residentBytes - empty.residentBytes;
  return [
    { what: `memory ${when}`, value: resident / bsonBytes, most: 5, unit: '× BSON' },
    { what: '  without mapped pages', value: own / bsonBytes, most: Infinity, unit: '× BSON' },
    { what: '  whole process', value: used.residentBytes / 1e6, most: Infinity, unit: 'MB' },
  ];
}

function print(figures: readonly Figure[]): void {
  for (const { what, value, most, unit } of figures) {
    const verdict = value <= most ? 'ok' : 'TOO MUCH';
    const figure = value.toFixed(value < 100 ? 2 : 0).padStart(9);
    const target = most === Infinity ? '' : `(at most ${most})  ${verdict}`;
    process.stdout.write(`${what.padEnd(36)}${figure} ${unit.padEnd(7)} ${target}\n`);
  }
}

const dataDirectory = await temporaryDirectory();
try {
  const figures = await measure(dataDirectory);
  print(figures);
  process.exitCode = figures.every(({ value, most }) => value <= most) ? 0 : 1;
} finally {
  await rm(dataDirectory, { recursive: true, force: true });
}
