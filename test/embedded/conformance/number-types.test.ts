import {
  BSON,
  Double,
  Int32,
  Long,
  MongoServerError,
  type Collection,
  type Document,
} from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openChangeStream } from '../../support/open-change-stream.ts';
import { openDatabase, type OpenDatabase } from './open-database.ts';

/** Without promotion every number arrives as the class of its stored type. */
let exact: OpenDatabase;
let rows: Collection<Document & { _id: string }>;

beforeAll(async () => {
  exact = await openDatabase({ promoteValues: false, promoteLongs: false });
});

afterAll(async () => {
  await exact.close();
});

const STORED = [
  { _id: 'int', n: new Int32(5) },
  { _id: 'long', n: Long.fromNumber(5) },
  { _id: 'double', n: new Double(5) },
  { _id: 'half', n: new Double(5.5) },
  { _id: 'bigLong', n: Long.fromString('9007199254740993') },
  { _id: 'wideLong', n: Long.fromNumber(2 ** 40) },
  { _id: 'wideDouble', n: new Double(2 ** 40) },
];

async function freshRows(name: string): Promise<void> {
  rows = exact.database.collection(name);
  await rows.deleteMany({});
  await rows.insertMany(STORED.map((row) => ({ ...row })));
}

const ids = (documents: readonly Document[]): string[] =>
  documents.map(({ _id }) => String(_id)).sort();

/** The code of a refusal, which is of a BSON class here as any other number. */
async function refusalCode(work: Promise<unknown>): Promise<number> {
  const reason: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(reason instanceof MongoServerError)) throw new Error('the server did not refuse');
  return Number(reason.code);
}

async function stored(id: string): Promise<unknown> {
  return (await rows.findOne({ _id: id }))?.['n'];
}

describe('number types that are stored', () => {
  beforeAll(() => freshRows('stored'));

  test('come back as the same bytes', async () => {
    for (const row of STORED) {
      const [raw] = await rows.find({ _id: row._id }, { raw: true }).toArray();
      expect(Buffer.from(raw as unknown as Uint8Array)).toEqual(Buffer.from(BSON.serialize(row)));
    }
  });

  test('survive an insert whose document lacks an _id', async () => {
    await exact.database.command({
      insert: 'plain',
      documents: [{ a: Long.fromNumber(5), b: new Double(1), c: [new Double(2)] }],
    });
    const found = await exact.database.collection('plain').findOne({});
    expect(found).toMatchObject({
      a: Long.fromNumber(5),
      b: new Double(1),
      c: [new Double(2)],
    });
  });
});

describe.each(['without an index', 'with an index'])('$type of a filter %s', (how) => {
  beforeAll(async () => {
    await freshRows('typed');
    if (how === 'with an index') await rows.createIndex({ n: 1 });
  });

  test.each([
    ['int', ['int']],
    ['long', ['bigLong', 'long', 'wideLong']],
    ['double', ['double', 'half', 'wideDouble']],
    [18, ['bigLong', 'long', 'wideLong']],
  ])('finds %s', async (type, expected) => {
    expect(ids(await rows.find({ n: { $type: type } }).toArray())).toEqual(expected);
    const count: unknown = await rows.countDocuments({ n: { $type: type } });
    expect(count).toEqual(new Int32(expected.length));
  });

  test('narrows an equality', async () => {
    expect(ids(await rows.find({ n: { $eq: 5, $type: 'long' } }).toArray())).toEqual(['long']);
    expect(ids(await rows.find({ n: 5 }).toArray())).toEqual(['double', 'int', 'long']);
  });

  test('holds in $expr and $jsonSchema', async () => {
    const byExpression = { $expr: { $eq: [{ $type: '$n' }, 'long'] } };
    expect(ids(await rows.find(byExpression).toArray())).toEqual(['bigLong', 'long', 'wideLong']);
    const bySchema = { $jsonSchema: { properties: { n: { bsonType: 'double' } } } };
    expect(ids(await rows.find(bySchema).toArray())).toEqual(['double', 'half', 'wideDouble']);
  });
});

describe('number types in expressions', () => {
  beforeAll(() => freshRows('expressions'));

  const TYPES = {
    bigLong: 'long',
    double: 'double',
    half: 'double',
    int: 'int',
    long: 'long',
    wideDouble: 'double',
    wideLong: 'long',
  };
  const typesOf = (documents: readonly Document[]): Document =>
    Object.fromEntries(
      documents.map((each): [string, unknown] => [String(each['_id']), each['type']]),
    );

  test('are told by $type in a stage and in a projection', async () => {
    const pipeline = [{ $project: { type: { $type: '$n' } } }];
    expect(typesOf(await rows.aggregate(pipeline).toArray())).toEqual(TYPES);
    const projection = { type: { $type: '$n' } };
    expect(typesOf(await rows.find({}, { projection }).toArray())).toEqual(TYPES);
  });

  test('are told of joined documents', async () => {
    const joined = await rows
      .aggregate([
        { $lookup: { from: 'expressions', localField: '_id', foreignField: '_id', as: 'same' } },
        { $project: { type: { $type: { $first: '$same.n' } } } },
      ])
      .toArray();
    expect(typesOf(joined)).toEqual(TYPES);
  });

  test('decide what arithmetic gives', async () => {
    const sums = await rows
      .aggregate([{ $project: { type: { $type: { $add: ['$n', 1] } } } }])
      .toArray();
    expect(typesOf(sums)).toEqual(TYPES);
    const whole = await rows
      .aggregate([{ $match: { _id: 'half' } }, { $project: { n: { $add: ['$n', 0.5] } } }])
      .toArray();
    expect(whole[0]?.['n']).toEqual(new Double(6));
  });

  test('decide what can be converted to a date', async () => {
    const asDate = (id: string): Promise<Document[]> =>
      rows.aggregate([{ $match: { _id: id } }, { $project: { at: { $toDate: '$n' } } }]).toArray();
    expect(await asDate('long')).toMatchObject([{ at: new Date(5) }]);
    expect(await refusalCode(asDate('int'))).toBe(241);
  });
});

describe('number types of updates', () => {
  beforeAll(() => freshRows('updates'));

  test.each([
    ['a long by an int stays long', Long.fromNumber(5), { $inc: { n: 1 } }, Long.fromNumber(6)],
    [
      'a long grows past 32 bits',
      Long.fromNumber(2 ** 31 - 1),
      { $inc: { n: 1 } },
      Long.fromNumber(2 ** 31),
    ],
    [
      'a long shrinks to 32 bits',
      Long.fromNumber(2 ** 40),
      { $inc: { n: -(2 ** 30) } },
      Long.fromNumber(2 ** 40 - 2 ** 30),
    ],
    ['an int stays int', new Int32(5), { $inc: { n: 1 } }, new Int32(6)],
    [
      'an int overflows to long',
      new Int32(2 ** 31 - 1),
      { $inc: { n: 1 } },
      Long.fromNumber(2 ** 31),
    ],
    ['an int by a long becomes long', new Int32(5), { $inc: { n: Long.ONE } }, Long.fromNumber(6)],
    ['a whole double stays double', new Double(5), { $inc: { n: 1 } }, new Double(6)],
    [
      'an int by a double becomes double',
      new Int32(5),
      { $inc: { n: new Double(1) } },
      new Double(6),
    ],
    ['halves add to a whole double', new Double(1.5), { $inc: { n: 1.5 } }, new Double(3)],
    [
      'a long is multiplied exactly',
      Long.fromNumber(2 ** 40),
      { $mul: { n: 3 } },
      Long.fromNumber(3 * 2 ** 40),
    ],
    ['a double is multiplied', new Double(5), { $mul: { n: 2 } }, new Double(10)],
    ['the least keeps its type', Long.fromNumber(5), { $min: { n: 7 } }, Long.fromNumber(5)],
    [
      'a new greatest brings its type',
      Long.fromNumber(5),
      { $max: { n: new Double(7) } },
      new Double(7),
    ],
    [
      'bits of a long stay long',
      Long.fromNumber(5),
      { $bit: { n: { or: new Int32(2) } } },
      Long.fromNumber(7),
    ],
    ['a set value brings its type', new Int32(5), { $set: { n: new Double(1) } }, new Double(1)],
    [
      'an equal set value brings its type',
      new Int32(5),
      { $set: { n: Long.fromNumber(5) } },
      Long.fromNumber(5),
    ],
    ['an untouched value keeps its type', new Double(5), { $set: { m: 1 } }, new Double(5)],
  ])('%s', async (_title, before, update, after) => {
    await rows.replaceOne({ _id: 'x' }, { n: before }, { upsert: true });
    expect(await stored('x')).toEqual(before);
    await rows.updateOne({ _id: 'x' }, update);
    expect(await stored('x')).toEqual(after);
    await rows.replaceOne({ _id: 'x' }, { n: before });
    const returned = await rows.findOneAndUpdate({ _id: 'x' }, update, { returnDocument: 'after' });
    expect(returned?.['n']).toEqual(after);
    expect(await stored('x')).toEqual(after);
  });

  test('hold in an update by pipeline', async () => {
    await rows.replaceOne({ _id: 'p' }, { n: Long.fromNumber(5) }, { upsert: true });
    await rows.updateOne({ _id: 'p' }, [{ $set: { n: { $add: ['$n', 1] }, t: { $type: '$n' } } }]);
    expect(await rows.findOne({ _id: 'p' })).toEqual({
      _id: 'p',
      n: Long.fromNumber(6),
      t: 'long',
    });
  });

  test('hold in what an upsert takes from its filter', async () => {
    const filter = { _id: 'u', k: Long.fromNumber(5) };
    await rows.updateOne(filter, { $inc: { n: new Double(1) } }, { upsert: true });
    expect(await rows.findOne({ _id: 'u' })).toEqual({ ...filter, n: new Double(1) });
  });

  test('hold in elements of arrays', async () => {
    const list = [Long.fromNumber(1), new Double(2), new Int32(3)];
    await rows.replaceOne({ _id: 'a' }, { list }, { upsert: true });
    await rows.updateOne({ _id: 'a' }, { $inc: { 'list.0': 1 } });
    const changes: readonly Document[] = [
      { $push: { list: new Double(4) } },
      { $pull: { list: 3 } },
    ];
    for (const change of changes) await rows.updateOne({ _id: 'a' }, change);
    const found = await rows.findOne({ _id: 'a' });
    expect(found?.['list']).toEqual([Long.fromNumber(2), new Double(2), new Double(4)]);
  });

  test('survive $out and $merge', async () => {
    await freshRows('source');
    await rows.aggregate([{ $out: 'copied' }]).toArray();
    await rows.aggregate([{ $merge: 'copied' }]).toArray();
    const copied = exact.database.collection('copied').find({});
    expect(await copied.toArray()).toEqual(await rows.find({}).toArray());
  });

  test('take whole doubles and longs where a command wants a number', async () => {
    await exact.database.command({
      update: rows.collectionName,
      updates: [
        { q: { _id: 'w' }, u: { $inc: { n: 1 } }, upsert: new Double(1), multi: Long.ZERO },
      ],
    });
    await exact.database.command({
      update: rows.collectionName,
      updates: [{ q: { _id: 'w' }, u: { $inc: { n: 1 } }, hint: { _id: new Double(1) } }],
    });
    expect(await stored('w')).toEqual(new Int32(2));
  });
});

describe('number types in change streams', () => {
  test('are those of the new document and of what an update changed', async () => {
    await freshRows('watched');
    const stream = await openChangeStream(rows.watch([], { fullDocument: 'updateLookup' }));
    await rows.insertOne({ _id: 'w', n: Long.fromNumber(5), d: new Double(1) });
    expect(await stream.next()).toMatchObject({
      fullDocument: { n: Long.fromNumber(5), d: new Double(1) },
    });
    await rows.updateOne({ _id: 'w' }, { $inc: { n: 1 } });
    expect(await stream.next()).toMatchObject({
      updateDescription: { updatedFields: { n: Long.fromNumber(6) } },
      fullDocument: { n: Long.fromNumber(6), d: new Double(1) },
    });
    await stream.close();
  });
});

describe('number types that a collection asks for', () => {
  test('are those its validator sees', async () => {
    const validator = { $jsonSchema: { properties: { n: { bsonType: 'long' } } } };
    const checked = await exact.database.createCollection<Document & { _id: string }>('checked', {
      validator,
    });
    await checked.insertOne({ _id: 'ok', n: Long.fromNumber(5) });
    expect(await refusalCode(checked.insertOne({ _id: 'no', n: new Int32(5) }))).toBe(121);
    await checked.updateOne({ _id: 'ok' }, { $inc: { n: 1 } });
    const wrong = checked.updateOne({ _id: 'ok' }, { $inc: { n: 0.5 } });
    expect(await refusalCode(wrong)).toBe(121);
  });

  test('are those its partial index goes by, also after updates and deletes', async () => {
    await freshRows('partial');
    await rows.createIndex(
      { n: 1 },
      { unique: true, partialFilterExpression: { n: { $type: 'long' } } },
      {},
    );
    expect(ids(await rows.find({ n: 5 }).toArray())).toEqual(['double', 'int', 'long']);
    const second = { _id: 'second', n: Long.fromNumber(5) };
    expect(await refusalCode(rows.insertOne({ ...second }))).toBe(11000);
    await rows.updateOne({ _id: 'long' }, { $set: { n: new Int32(5) } });
    await rows.insertOne({ ...second });
    await rows.deleteOne({ _id: 'second' });
    await rows.insertOne({ ...second });
    expect(ids(await rows.find({ n: { $type: 'long', $eq: 5 } }).toArray())).toEqual(['second']);
  });
});
