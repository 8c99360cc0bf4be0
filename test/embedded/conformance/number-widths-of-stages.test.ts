import { Decimal128, Double, Int32, Long, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type OpenDatabase } from './open-database.ts';
import { typedText } from './typed-text.ts';

const long = (value: number): Long => Long.fromNumber(value);
const double = (value: number): Double => new Double(value);
const decimal = (text: string): Decimal128 => Decimal128.fromString(text);

let open: OpenDatabase;

beforeAll(async () => {
  open = await openDatabase({ promoteValues: false, promoteLongs: false });
});

afterAll(async () => {
  await open.close();
});

/** What a pipeline gives over these documents, with types. */
async function answer(documents: readonly Document[], pipeline: Document[]): Promise<string> {
  const given = [{ $documents: documents }, ...pipeline];
  return typedText(await open.database.aggregate(given).toArray());
}

/** What one accumulator makes of the values, in `$group` and over a window that holds everything. */
async function accumulated(accumulator: Document, values: readonly unknown[]): Promise<string> {
  const documents = values.map((v, _id) => ({ _id, v }));
  const grouped = await answer(documents, [
    { $group: { _id: null, a: accumulator } },
    { $project: { _id: 0 } },
  ]);
  const windowed = await answer(documents, [
    { $setWindowFields: { sortBy: { _id: 1 }, output: { a: accumulator } } },
    { $limit: 1 },
    { $project: { _id: 0, a: 1 } },
  ]);
  expect(windowed).toBe(grouped);
  return /^\[\{a: (.*)\}\]$/u.exec(grouped)?.[1] ?? grouped;
}

const INTS = [1, 3];
const LONGS = [1, long(3)];
const DOUBLES = [long(1), double(3)];
const DECIMALS = [double(1), decimal('3')];

describe('accumulators', () => {
  test.each([
    ['$sum', ['int 4', 'long 4', 'double 4', 'decimal 4']],
    ['$avg', ['double 2', 'double 2', 'double 2', 'decimal 2']],
    ['$max', ['int 3', 'long 3', 'double 3', 'decimal 3']],
    ['$min', ['int 1', 'int 1', 'long 1', 'double 1']],
    ['$first', ['int 1', 'int 1', 'long 1', 'double 1']],
    ['$last', ['int 3', 'long 3', 'double 3', 'decimal 3']],
    ['$push', ['[int 1, int 3]', '[int 1, long 3]', '[long 1, double 3]', '[double 1, decimal 3]']],
    ['$stdDevPop', ['double 1', 'double 1', 'double 1', 'double 1']],
  ])('%s of ints, of a long, of a double, of a decimal', async (name, expected) => {
    const made: string[] = [];
    for (const values of [INTS, LONGS, DOUBLES, DECIMALS]) {
      made.push(await accumulated({ [name]: '$v' }, values));
    }
    expect(made).toEqual(expected);
  });

  test.each<[Document, readonly unknown[], string]>([
    [{ $sum: 1 }, INTS, 'int 2'],
    [{ $sum: long(1) }, INTS, 'long 2'],
    [{ $sum: double(1) }, INTS, 'double 2'],
    [{ $sum: '$v' }, [0x7fffffff, 1], 'long 2147483648'],
    [{ $sum: '$v' }, [0x7fffffff, 1, -1], 'int 2147483647'],
    [{ $sum: '$v' }, [Long.MAX_VALUE, 1], 'double 9223372036854776000'],
    [{ $sum: '$v' }, [double(0.5), double(0.5)], 'double 1'],
    [{ $sum: '$absent' }, INTS, 'int 0'],
    [{ $avg: '$v' }, [2, 2], 'double 2'],
    [{ $count: {} }, INTS, 'int 2'],
    [{ $addToSet: '$v' }, [long(3), 3, double(3)], '[long 3]'],
    [{ $mergeObjects: { k: '$v' } }, LONGS, '{k: long 3}'],
    [{ $firstN: { input: '$v', n: 1 } }, DOUBLES, '[long 1]'],
    [{ $lastN: { input: '$v', n: long(1) } }, DOUBLES, '[double 3]'],
    [{ $maxN: { input: '$v', n: double(1) } }, LONGS, '[long 3]'],
    [{ $minN: { input: '$v', n: 1 } }, DOUBLES, '[long 1]'],
    [{ $top: { sortBy: { v: -1 }, output: '$v' } }, LONGS, 'long 3'],
    [{ $bottom: { sortBy: { v: double(-1) }, output: '$v' } }, DOUBLES, 'long 1'],
    [{ $topN: { n: 1, sortBy: { v: long(1) }, output: '$v' } }, DOUBLES, '[long 1]'],
    [{ $median: { input: '$v', method: 'approximate' } }, INTS, 'double 1'],
    [{ $percentile: { input: '$v', p: [1], method: 'approximate' } }, INTS, '[double 3]'],
    [{ $stdDevSamp: '$v' }, [2, 2], 'double 0'],
  ])('%j of %j is %s', async (accumulator, values, expected) => {
    expect(await accumulated(accumulator, values)).toBe(expected);
  });
});

describe('window functions', () => {
  const ROWS = [
    { _id: 1, x: 0, y: 2, l: long(2), m: decimal('2') },
    { _id: 2, x: 2, y: 6, l: long(6), m: decimal('6') },
    { _id: 3, x: 4, y: 10, l: long(10), m: decimal('10') },
  ];
  const ALL = { documents: ['unbounded', 'unbounded'] };

  test.each<[Document, string]>([
    [{ $rank: {} }, 'int 1, int 2, int 3'],
    [{ $denseRank: {} }, 'int 1, int 2, int 3'],
    [{ $documentNumber: {} }, 'int 1, int 2, int 3'],
    [{ $shift: { output: '$l', by: long(1), default: double(0) } }, 'long 6, long 10, double 0'],
    [{ $locf: '$l' }, 'long 2, long 6, long 10'],
    [{ $sum: '$l', window: { documents: ['unbounded', 'current'] } }, 'long 2, long 8, long 18'],
    [{ $sum: '$y', window: { documents: [-1, 0] } }, 'int 2, int 8, int 16'],
    [{ $sum: '$y', window: { range: [double(-2), long(0)] } }, 'int 2, int 8, int 16'],
    [{ $avg: '$y', window: { documents: [-1, 0] } }, 'double 2, double 4, double 8'],
    [{ $max: '$l', window: { documents: [-1, 0] } }, 'long 2, long 6, long 10'],
    [{ $push: '$l', window: { documents: [0, 0] } }, '[long 2], [long 6], [long 10]'],
    [{ $derivative: { input: '$y' }, window: ALL }, 'double 2, double 2, double 2'],
    [{ $derivative: { input: '$m' }, window: ALL }, 'decimal 2, decimal 2, decimal 2'],
    [{ $integral: { input: '$y' }, window: ALL }, 'double 24, double 24, double 24'],
    [{ $integral: { input: '$m' }, window: ALL }, 'decimal 24, decimal 24, decimal 24'],
    [
      { $covariancePop: ['$y', '$y'], window: { documents: [0, 1] } },
      'double 4, double 4, double 0',
    ],
    [{ $expMovingAvg: { input: '$l', alpha: 0.5 } }, 'long 2, double 4, double 7'],
    [{ $expMovingAvg: { input: '$l', N: double(3) } }, 'long 2, double 4, double 7'],
  ])('%j gives %s', async (output, expected) => {
    const stage = { $setWindowFields: { sortBy: { x: 1 }, output: { v: output } } };
    const made = await answer(ROWS, [stage, { $project: { _id: 0, v: 1 } }]);
    expect(made).toBe(`[${expected.replaceAll(/(\[.*?\]|[a-z]+ [\d.]+)(?=, |$)/gu, '{v: $1}')}]`);
  });

  test('$linearFill and $fill give doubles between, and leave what is there', async () => {
    const rows = [
      { x: 0, y: long(2) },
      { x: 1, y: null },
      { x: 2, y: 6 },
    ];
    const expected = '[{y: long 2}, {y: double 4}, {y: int 6}]';
    const filled = { $setWindowFields: { sortBy: { x: 1 }, output: { y: { $linearFill: '$y' } } } };
    expect(await answer(rows, [filled, { $project: { y: 1 } }])).toBe(expected);
    const fill = { $fill: { sortBy: { x: 1 }, output: { y: { method: 'linear' } } } };
    expect(await answer(rows, [fill, { $project: { y: 1 } }])).toBe(expected);
    const constant = { $fill: { output: { y: { value: long(9) } } } };
    expect(await answer(rows, [constant, { $project: { y: 1 } }])).toBe(
      '[{y: long 2}, {y: long 9}, {y: int 6}]',
    );
  });
});

describe('stages', () => {
  const ROWS = [
    { _id: long(1), n: double(1), t: [long(7), double(8)] },
    { _id: double(2), n: long(2), t: [] },
    { _id: 3, n: 2, t: [9] },
  ];

  test.each<[string, Document[], string]>([
    [
      '$group by value',
      [{ $group: { _id: '$n' } }, { $sort: { _id: 1 } }],
      '[{_id: double 1}, {_id: long 2}]',
    ],
    [
      '$sortByCount',
      [{ $sortByCount: '$n' }],
      '[{_id: long 2, count: int 2}, {_id: double 1, count: int 1}]',
    ],
    ['$count', [{ $count: 'c' }], '[{c: int 3}]'],
    [
      '$bucket',
      [{ $bucket: { groupBy: '$n', boundaries: [double(0), long(2)], default: double(9) } }],
      '[{_id: double 0, count: int 1}, {_id: double 9, count: int 2}]',
    ],
    [
      '$bucketAuto',
      [{ $bucketAuto: { groupBy: '$n', buckets: double(2) } }],
      '[{_id: {min: double 1, max: int 2}, count: int 3}]',
    ],
    [
      '$unwind',
      [{ $unwind: { path: '$t', includeArrayIndex: 'at' } }, { $project: { n: 0 } }],
      '[{_id: long 1, t: long 7, at: long 0}, {_id: long 1, t: double 8, at: long 1}, {_id: int 3, t: int 9, at: long 0}]',
    ],
    [
      '$facet',
      [{ $facet: { a: [{ $limit: long(1) }, { $project: { n: 1 } }], b: [{ $count: 'c' }] } }],
      '[{a: [{_id: long 1, n: double 1}], b: [{c: int 3}]}]',
    ],
    [
      '$match',
      [{ $match: { n: long(1) } }, { $project: { n: 1 } }],
      '[{_id: long 1, n: double 1}]',
    ],
    [
      '$skip and $limit',
      [{ $skip: double(1) }, { $limit: long(1) }, { $unset: 't' }],
      '[{_id: double 2, n: long 2}]',
    ],
    [
      '$replaceRoot',
      [{ $replaceRoot: { newRoot: { n: '$n' } } }],
      '[{n: double 1}, {n: long 2}, {n: int 2}]',
    ],
    [
      '$redact',
      [{ $redact: '$$KEEP' }, { $limit: 1 }, { $unset: 't' }],
      '[{_id: long 1, n: double 1}]',
    ],
    [
      '$sample',
      [{ $match: { _id: 1 } }, { $sample: { size: long(1) } }, { $unset: 't' }],
      '[{_id: long 1, n: double 1}]',
    ],
    [
      '$sort',
      [{ $sort: { n: double(-1), _id: long(1) } }, { $project: { n: 1, _id: 0 } }],
      '[{n: long 2}, {n: int 2}, {n: double 1}]',
    ],
    [
      '$addFields',
      [{ $addFields: { t: long(5) } }, { $limit: 1 }],
      '[{_id: long 1, n: double 1, t: long 5}]',
    ],
    [
      '$project with typed flags',
      [{ $project: { n: double(1), _id: long(0) } }, { $limit: 1 }],
      '[{n: double 1}]',
    ],
  ])('%s', async (_name, pipeline, expected) => {
    expect(await answer(ROWS, pipeline)).toBe(expected);
  });

  test.each<[unknown, unknown, string]>([
    [1, 1, '[{v: int 1}, {v: int 2}, {v: int 3}]'],
    [long(1), 1, '[{v: long 1}, {v: long 2}, {v: int 3}]'],
    [1, long(1), '[{v: int 1}, {v: long 2}, {v: int 3}]'],
    [1, double(1), '[{v: int 1}, {v: double 2}, {v: int 3}]'],
    [1, decimal('1'), '[{v: int 1}, {v: decimal 2}, {v: int 3}]'],
  ])('$densify from %j by %j', async (first, step, expected) => {
    const stage = { $densify: { field: 'v', range: { step, bounds: 'full' } } };
    expect(await answer([{ v: first }, { v: 3 }], [stage])).toBe(expected);
  });

  test('$lookup, $graphLookup and $unionWith bring documents as they are stored', async () => {
    const { database } = open;
    await database.collection('joined').insertMany([
      { _id: long(1) as never, next: double(2), n: long(5) },
      { _id: double(2) as never, next: 0, n: double(5) },
    ]);
    const rows = database.collection('joining');
    await rows.insertOne({ _id: 1 as never });
    const from = 'joined';
    const pipelines: readonly Document[][] = [
      [{ $lookup: { from, localField: '_id', foreignField: '_id', as: 'j' } }],
      [
        {
          $lookup: {
            from,
            let: { x: long(1) },
            pipeline: [
              { $match: { $expr: { $eq: ['$_id', '$$x'] } } },
              { $project: { x: '$$x', n: 1 } },
            ],
            as: 'j',
          },
        },
      ],
      [
        {
          $graphLookup: {
            from,
            startWith: '$_id',
            connectFromField: 'next',
            connectToField: '_id',
            maxDepth: double(1),
            depthField: 'd',
            as: 'j',
          },
        },
        { $set: { j: { $sortArray: { input: '$j', sortBy: { d: 1 } } } } },
      ],
      [{ $unionWith: { coll: from, pipeline: [{ $match: { n: 5 } }] } }, { $unset: 'next' }],
    ];
    const made: string[] = [];
    for (const pipeline of pipelines)
      made.push(typedText(await rows.aggregate(pipeline).toArray()));
    expect(made).toEqual([
      '[{_id: int 1, j: [{_id: long 1, next: double 2, n: long 5}]}]',
      '[{_id: int 1, j: [{_id: long 1, n: long 5, x: long 1}]}]',
      '[{_id: int 1, j: [{_id: long 1, next: double 2, n: long 5, d: long 0}, {_id: double 2, next: int 0, n: double 5, d: long 1}]}]',
      '[{_id: int 1}, {_id: long 1, n: long 5}, {_id: double 2, n: double 5}]',
    ]);
  });

  test('$geoNear and $meta give distances and scores as doubles', async () => {
    const rows = open.database.collection('places');
    await rows.insertOne({ _id: 1 as never, at: [double(0), long(0)], text: 'whale' });
    await rows.createIndexes([{ key: { at: '2d' } }, { key: { text: 'text' } }]);
    const near = { near: [3, 4], key: 'at', distanceField: 'far' };
    expect(
      typedText(await rows.aggregate([{ $geoNear: near }, { $unset: 'text' }]).toArray()),
    ).toBe('[{_id: int 1, at: [double 0, long 0], far: double 5}]');
    const [found] = await rows
      .find({ $text: { $search: 'whale' } }, { projection: { score: { $meta: 'textScore' } } })
      .toArray();
    expect(found?.['score']).toBeInstanceOf(Double);
  });
});

describe('commands', () => {
  const STORED = {
    _id: long(1),
    n: long(5),
    d: double(5),
    i: new Int32(5),
    list: [{ k: long(1) }, { k: double(2) }],
  };

  async function fresh(name: string): Promise<ReturnType<OpenDatabase['database']['collection']>> {
    const rows = open.database.collection(name);
    await rows.deleteMany({});
    await rows.insertOne({ ...STORED, _id: STORED._id as never });
    return rows;
  }

  test.each<[Document, string]>([
    [{ n: 1 }, '{_id: long 1, n: long 5}'],
    [{ n: long(1), _id: double(0) }, '{n: long 5}'],
    [{ list: 0 }, '{_id: long 1, n: long 5, d: double 5, i: int 5}'],
    [
      { _id: 0, list: { $slice: long(1) } },
      '{n: long 5, d: double 5, i: int 5, list: [{k: long 1}]}',
    ],
    [{ _id: 0, list: { $elemMatch: { k: 2 } } }, '{list: [{k: double 2}]}'],
    [{ _id: 0, 'list.k': 1 }, '{list: [{k: long 1}, {k: double 2}]}'],
    [{ _id: 0, x: '$d', y: { $literal: long(1) } }, '{x: double 5, y: long 1}'],
  ])('find with the projection %j', async (projection, expected) => {
    const rows = await fresh('projected');
    expect(typedText(await rows.findOne({}, { projection }))).toBe(expected);
    const inside = await rows.findOneAndUpdate({}, { $set: { u: 1 } }, { projection });
    expect(typedText(inside)).toBe(expected);
  });

  test('find with variables, and on a view', async () => {
    const rows = await fresh('viewed');
    const projection = { _id: 0, x: '$$x' };
    expect(typedText(await rows.findOne({}, { projection, let: { x: double(7) } }))).toBe(
      '{x: double 7}',
    );
    const pipeline = [{ $project: { _id: 0, n: 1, c: { $literal: double(1) } } }];
    await open.database.createCollection('view', { viewOn: 'viewed', pipeline });
    expect(typedText(await open.database.collection('view').findOne({}))).toBe(
      '{n: long 5, c: double 1}',
    );
  });

  test('distinct', async () => {
    const rows = await fresh('distinct');
    expect(typedText(await rows.distinct('list.k'))).toBe('[long 1, double 2]');
    expect(typedText(await rows.distinct('n', { n: double(5) }))).toBe('[long 5]');
    expect(typedText(await rows.distinct('d'))).toBe('[double 5]');
  });

  test('findAndModify gives the old and the new as they are stored', async () => {
    const rows = await fresh('modified');
    const before = await rows.findOneAndUpdate({}, { $inc: { n: 1 } }, { projection: { list: 0 } });
    expect(typedText(before)).toBe('{_id: long 1, n: long 5, d: double 5, i: int 5}');
    const after = await rows.findOneAndUpdate({}, [{ $set: { d: { $add: ['$d', '$$x'] } } }], {
      projection: { d: 1 },
      returnDocument: 'after',
      let: { x: long(1) },
    });
    expect(typedText(after)).toBe('{_id: long 1, d: double 6}');
    expect(typedText(await rows.findOneAndDelete({}, { projection: { n: 1 } }))).toBe(
      '{_id: long 1, n: long 6}',
    );
  });

  test('updates by pipeline store variables and constants with their types', async () => {
    const rows = await fresh('piped');
    await rows.updateOne({}, [{ $set: { a: '$$x', b: double(2), c: { $literal: long(3) } } }], {
      let: { x: long(1) },
    });
    const projection = { _id: 0, a: 1, b: 1, c: 1 };
    expect(typedText(await rows.findOne({}, { projection }))).toBe(
      '{a: long 1, b: double 2, c: long 3}',
    );
  });

  test('an upsert names the id it stored', async () => {
    const rows = await fresh('upserted');
    const { upsertedId } = await rows.updateOne(
      { _id: long(9) },
      { $set: { n: 1 } },
      { upsert: true },
    );
    expect(typedText(upsertedId)).toBe('long 9');
  });

  test('a duplicate key is told with its type', async () => {
    const rows = await fresh('duplicated');
    await rows.createIndex({ n: 1 }, { unique: true }, {});
    const again = { _id: 2 as never, n: double(5) };
    const refused: unknown = await rows.insertOne(again).catch((error: unknown) => error);
    expect(typedText(Reflect.get(refused as object, 'keyValue'))).toBe('{n: double 5}');
  });

  test('documents that come within the command are stored as they are', async () => {
    await open.database.command({
      insert: 'within',
      documents: [{ _id: long(1), n: double(1), m: [long(2)] }],
    });
    const found = await open.database.collection('within').findOne({});
    expect(typedText(found)).toBe('{_id: long 1, n: double 1, m: [long 2]}');
  });
});
