import { Double, Long } from 'bson';
import { describe, expect, it, test } from 'vitest';
import {
  runPipeline,
  type PipelineOptions,
} from '../../../src/embedded/aggregation/run-pipeline.ts';
import type { Document } from '../../../src/embedded/engine/engine.ts';
import { codeOf, errorOf } from '../query/store-error-of.ts';
import { memorySnapshot } from './memory-snapshot.ts';

const SALES = [
  { _id: 1, item: 'abc', price: 10, n: 2, tags: ['x', 'y'] },
  { _id: 2, item: 'jkl', price: 20, n: 1, tags: [] },
  { _id: 3, item: 'xyz', price: 5, n: 10 },
  { _id: 4, item: 'abc', price: 5, n: 10, tags: ['y'] },
];
const STOCK = [
  { _id: 1, sku: 'abc', qty: 120 },
  { _id: 2, sku: 'def', qty: 80 },
  { _id: 3, sku: 'jkl', qty: 60 },
  { _id: 4, sku: null, qty: 1 },
  { _id: 5, qty: 2 },
];
const STAFF = [
  { _id: 1, name: 'Dev' },
  { _id: 2, name: 'Eliot', boss: 'Dev' },
  { _id: 3, name: 'Ron', boss: 'Eliot' },
  { _id: 4, name: 'Andrew', boss: 'Eliot' },
  { _id: 5, name: 'Asya', boss: 'Ron' },
];
const VIEWS = {
  cheap: { viewOn: 'sales', pipeline: [{ $match: { price: 5 } }] },
  cheapest: { viewOn: 'cheap', pipeline: [{ $limit: 1 }] },
};
const open = (indexed: string[] = []) =>
  memorySnapshot({ sales: SALES, stock: STOCK, staff: STAFF }, VIEWS, indexed);

const run = (pipeline: readonly Document[], options: PipelineOptions = {}) => [
  ...runPipeline(pipeline, { snapshot: open(), database: 'd', collection: 'sales', ...options }),
];

describe('stages', () => {
  test.each<[string, Document[], unknown[]]>([
    [
      '$group',
      [
        {
          $group: {
            _id: '$item',
            total: { $sum: { $multiply: ['$price', '$n'] } },
            ids: { $push: '$_id' },
          },
        },
      ],
      [
        { _id: 'abc', total: 70, ids: [1, 4] },
        { _id: 'jkl', total: 20, ids: [2] },
        { _id: 'xyz', total: 50, ids: [3] },
      ],
    ],
    [
      '$group of nothing named',
      [
        {
          $group: {
            _id: '$none',
            n: { $count: {} },
            a: { $avg: '$price' },
            s: { $addToSet: '$n' },
          },
        },
      ],
      [{ _id: null, n: 4, a: new Double(10), s: [2, 1, 10] }],
    ],
    [
      '$group with N',
      [
        {
          $group: {
            _id: null,
            t: { $topN: { n: 2, sortBy: { price: -1 }, output: '$_id' } },
            m: { $maxN: { n: 2, input: '$n' } },
            f: { $first: '$item' },
            l: { $last: '$item' },
            p: { $median: { input: '$n', method: 'approximate' } },
          },
        },
      ],
      [{ _id: null, t: [2, 1], m: [10, 10], f: 'abc', l: 'abc', p: new Double(2) }],
    ],
    [
      '$unwind',
      [{ $unwind: '$tags' }, { $project: { tags: 1 } }],
      [
        { _id: 1, tags: 'x' },
        { _id: 1, tags: 'y' },
        { _id: 4, tags: 'y' },
      ],
    ],
    [
      '$unwind keeping',
      [
        { $unwind: { path: '$tags', includeArrayIndex: 'at', preserveNullAndEmptyArrays: true } },
        { $project: { tags: 1, at: 1 } },
      ],
      [
        { _id: 1, tags: 'x', at: Long.ZERO },
        { _id: 1, tags: 'y', at: Long.ONE },
        { _id: 2, at: null },
        { _id: 3, at: null },
        { _id: 4, tags: 'y', at: Long.ZERO },
      ],
    ],
    [
      '$addFields',
      [
        { $match: { _id: 1 } },
        { $addFields: { 'm.p': { $add: ['$price', 1] }, n: '$$REMOVE', item: 'new' } },
      ],
      [{ _id: 1, item: 'new', price: 10, tags: ['x', 'y'], m: { p: 11 } }],
    ],
    [
      '$project',
      [
        { $match: { _id: 1 } },
        { $project: { _id: 0, half: { $divide: ['$n', 2] }, t: ['$item', '$none'] } },
      ],
      [{ half: new Double(1), t: ['abc', null] }],
    ],
    ['$unset', [{ $match: { _id: 3 } }, { $unset: ['price', 'n'] }], [{ _id: 3, item: 'xyz' }]],
    [
      '$replaceRoot',
      [{ $match: { _id: 3 } }, { $replaceRoot: { newRoot: { a: '$item' } } }],
      [{ a: 'xyz' }],
    ],
    [
      '$sortByCount',
      [{ $sortByCount: '$item' }],
      [
        { _id: 'abc', count: 2 },
        { _id: 'jkl', count: 1 },
        { _id: 'xyz', count: 1 },
      ],
    ],
    [
      '$bucket',
      [{ $bucket: { groupBy: '$price', boundaries: [0, 10, 20], default: 'more' } }],
      [
        { _id: 0, count: 2 },
        { _id: 10, count: 1 },
        { _id: 'more', count: 1 },
      ],
    ],
    [
      '$bucketAuto',
      [{ $bucketAuto: { groupBy: '$price', buckets: 2 } }],
      [
        { _id: { min: 5, max: 10 }, count: 2 },
        { _id: { min: 10, max: 20 }, count: 2 },
      ],
    ],
    [
      '$facet',
      [
        {
          $facet: {
            n: [{ $count: 'c' }],
            top: [{ $sort: { price: -1 } }, { $limit: 1 }, { $project: { _id: 1 } }],
          },
        },
      ],
      [{ n: [{ c: 4 }], top: [{ _id: 2 }] }],
    ],
    ['$count of nothing', [{ $match: { _id: 99 } }, { $count: 'c' }], []],
    [
      '$unionWith',
      [
        { $match: { _id: 1 } },
        { $project: { item: 1 } },
        { $unionWith: { coll: 'stock', pipeline: [{ $match: { _id: 2 } }] } },
      ],
      [
        { _id: 1, item: 'abc' },
        { _id: 2, sku: 'def', qty: 80 },
      ],
    ],
    [
      '$redact',
      [
        { $match: { _id: 1 } },
        { $redact: { $cond: [{ $eq: ['$price', 10] }, '$$KEEP', '$$PRUNE'] } },
        { $project: { _id: 1 } },
      ],
      [{ _id: 1 }],
    ],
    [
      '$skip after $limit',
      [{ $sort: { _id: 1 } }, { $limit: 3 }, { $skip: 1 }, { $limit: 1 }, { $project: { _id: 1 } }],
      [{ _id: 2 }],
    ],
    [
      '$setWindowFields',
      [
        {
          $setWindowFields: {
            partitionBy: '$item',
            sortBy: { _id: 1 },
            output: {
              sum: { $sum: '$n', window: { documents: ['unbounded', 'current'] } },
              rank: { $rank: {} },
              next: { $shift: { output: '$_id', by: 1, default: 'none' } },
            },
          },
        },
        { $project: { sum: 1, rank: 1, next: 1 } },
      ],
      [
        { _id: 1, sum: 2, rank: 1, next: 4 },
        { _id: 4, sum: 12, rank: 2, next: 'none' },
        { _id: 2, sum: 1, rank: 1, next: 'none' },
        { _id: 3, sum: 10, rank: 1, next: 'none' },
      ],
    ],
    [
      '$setWindowFields by range',
      [
        {
          $setWindowFields: {
            sortBy: { price: 1 },
            output: { near: { $push: '$_id', window: { range: [-5, 0] } } },
          },
        },
        { $project: { near: 1 } },
      ],
      [
        { _id: 3, near: [3, 4] },
        { _id: 4, near: [3, 4] },
        { _id: 1, near: [3, 4, 1] },
        { _id: 2, near: [2] },
      ],
    ],
    [
      '$densify',
      [
        { $match: { _id: { $in: [1, 3] } } },
        { $project: { _id: 1 } },
        { $densify: { field: '_id', range: { step: 1, bounds: 'full' } } },
      ],
      [{ _id: 1 }, { _id: 2 }, { _id: 3 }],
    ],
    [
      '$fill',
      [
        { $project: { tags: 1 } },
        { $fill: { sortBy: { _id: 1 }, output: { tags: { method: 'locf' } } } },
        { $match: { _id: 3 } },
      ],
      [{ _id: 3, tags: [] }],
    ],
    [
      '$graphLookup',
      [
        { $limit: 1 },
        {
          $graphLookup: {
            from: 'staff',
            startWith: 'Asya',
            connectFromField: 'boss',
            connectToField: 'name',
            as: 'up',
            depthField: 'd',
          },
        },
        { $project: { up: { $map: { input: '$up', in: ['$$this.name', '$$this.d'] } } } },
      ],
      [
        {
          _id: 1,
          up: [
            ['Asya', Long.fromNumber(0)],
            ['Ron', Long.fromNumber(1)],
            ['Eliot', Long.fromNumber(2)],
            ['Dev', Long.fromNumber(3)],
          ],
        },
      ],
    ],
  ])('%s', (_name, pipeline, result) => {
    expect(run(pipeline)).toEqual(result);
  });

  it('makes documents of its own on a database', () => {
    expect(
      run([{ $documents: [{ a: 1 }, { a: { $add: [1, 1] } }] }, { $match: { a: 2 } }], {
        collection: undefined,
      }),
    ).toEqual([{ a: 2 }]);
  });

  it('samples as many as are asked for, each once', () => {
    const ids = run([{ $sample: { size: 3 } }]).map(({ _id }) => _id);
    expect(new Set(ids).size).toBe(3);
  });
});

describe('$lookup', () => {
  const joined = (stage: Document, indexed: string[] = []) => {
    const snapshot = open(indexed);
    const result = run([{ $sort: { _id: 1 } }, { $lookup: { from: 'stock', as: 'j', ...stage } }], {
      snapshot,
    });
    return {
      ids: result.map(({ j }) => (j as Document[]).map(({ _id }) => _id)),
      reads: snapshot.reads,
    };
  };

  test.each([[[]], [['stock']]])('joins by equality, with or without an index (%j)', (indexed) => {
    expect(joined({ localField: 'item', foreignField: 'sku' }, indexed).ids).toEqual([
      [1],
      [3],
      [],
      [1],
    ]);
    expect(joined({ localField: 'none', foreignField: 'sku' }, indexed).ids).toEqual([
      [4, 5],
      [4, 5],
      [4, 5],
      [4, 5],
    ]);
    expect(joined({ localField: 'tags', foreignField: 'sku' }, indexed).ids).toEqual([
      [],
      [],
      [4, 5],
      [],
    ]);
  });

  it('joins every element of a local array', () => {
    const documents = [{ _id: 1, k: ['abc', 'jkl', 'abc'] }];
    const result = run(
      [{ $lookup: { from: 'stock', localField: 'k', foreignField: 'sku', as: 'j' } }],
      { documents },
    );
    expect((result[0]?.['j'] as Document[]).map(({ _id }) => _id)).toEqual([1, 3]);
  });

  it('runs a pipeline with variables of the parent', () => {
    const pipeline = [
      { $match: { $expr: { $and: [{ $eq: ['$sku', '$$item'] }, { $gt: ['$qty', 100] }] } } },
    ];
    expect(joined({ let: { item: '$item' }, pipeline }).ids).toEqual([[1], [], [], [1]]);
    expect(
      joined({
        localField: 'item',
        foreignField: 'sku',
        pipeline: [{ $match: { qty: { $lt: 100 } } }],
      }).ids,
    ).toEqual([[], [3], [], []]);
  });

  it('hands the leading filter and the variables to each read', () => {
    const { reads } = joined({
      let: { item: '$item' },
      pipeline: [
        { $match: { $expr: { $eq: ['$sku', '$$item'] } } },
        { $sort: { qty: 1 } },
        { $limit: 1 },
      ],
    });
    expect(reads[1]?.query).toMatchObject({
      filter: { $expr: { $eq: ['$sku', '$$item'] } },
      sort: [['qty', 1]],
      limit: 1,
      variables: { item: 'abc' },
    });
  });

  it('reads an indexed collection once a parent, any other at most three times', () => {
    const fields = { localField: 'item', foreignField: 'sku' };
    expect(joined(fields, ['stock']).reads).toHaveLength(1 + 4);
    expect(joined(fields).reads).toHaveLength(1 + 2);
    expect(joined({ pipeline: [{ $match: { qty: 60 } }] }).reads).toHaveLength(1 + 1);
  });
});

describe('reading', () => {
  it('takes leading stages into one read', () => {
    const snapshot = open();
    run(
      [
        { $match: { price: 5 } },
        { $match: { n: 10 } },
        { $sort: { _id: -1 } },
        { $skip: 1 },
        { $limit: 5 },
        { $project: { n: 1 } },
      ],
      { snapshot },
    );
    expect(snapshot.reads).toHaveLength(1);
    expect(snapshot.reads[0]?.query).toMatchObject({
      filter: { $and: [{ price: 5 }, { n: 10 }] },
      sort: [['_id', -1]],
      skip: 1,
      limit: 5,
    });
  });

  it('does not filter before it limits', () => {
    expect(run([{ $limit: 1 }, { $match: { _id: 2 } }])).toEqual([]);
  });

  it('resolves views on views', () => {
    expect(run([{ $project: { _id: 1 } }], { collection: 'cheap' })).toEqual([
      { _id: 3 },
      { _id: 4 },
    ]);
    expect(run([], { collection: 'cheapest' })).toHaveLength(1);
    expect(
      run([
        { $limit: 1 },
        { $lookup: { from: 'cheap', localField: 'x', foreignField: 'y', as: 'v' } },
      ])[0]?.['v'],
    ).toHaveLength(2);
  });

  it('reads nothing before the first document is asked for', () => {
    const snapshot = open();
    runPipeline([{ $group: { _id: 1 } }], { snapshot, database: 'd', collection: 'sales' });
    expect(snapshot.reads).toHaveLength(0);
  });

  it('stops when it is interrupted', () => {
    const interrupt = () => {
      throw new RangeError('stop');
    };
    expect(() => run([{ $group: { _id: 1 } }], { interrupt })).toThrow('stop');
  });
});

describe('refusals', () => {
  test.each<[Document[], number]>([
    [[{ $foo: 1 }], 40324],
    [[{ $match: {}, $limit: 1 }], 40323],
    [[{ $project: { a: { $foo: 1 } } }], 31325],
    [[{ $addFields: { a: { $foo: 1 } } }], 168],
    [[{ $project: {} }], 51272],
    [[{ $limit: 0 }], 15958],
    [[{ $skip: -1 }], 5107200],
    [[{ $sort: {} }], 15976],
    [[{ $group: { a: 1 } }], 15955],
    [[{ $group: { _id: 1, a: 1 } }], 40234],
    [[{ $group: { _id: 1, a: { $foo: 1 } } }], 15952],
    [[{ $unwind: 'a' }], 28818],
    [[{ $count: '$a' }], 40158],
    [[{ $limit: 1 }, { $collStats: {} }], 40602],
    [[{ $out: 'x' }, { $limit: 1 }], 40601],
    [[{ $search: {} }], 115],
    [[{ $match: { a: { $near: [0, 0] } } }], 5626500],
    [[{ $limit: 1 }, { $match: { $text: { $search: 'x' } } }], 17313],
    [[{ $lookup: { from: 'x', as: 'y' } }], 9],
    [[{ $lookup: { from: 'x', as: 'y', pipeline: [{ $foo: 1 }] } }], 40324],
    [[{ $facet: { a: [{ $facet: { b: [] } }] } }], 40600],
    [[{ $bucket: { groupBy: '$a', boundaries: [2, 1] } }], 40194],
    [[{ $bucketAuto: { groupBy: '$a', buckets: 2, granularity: 'R5' } }], 72],
    [[{ $geoNear: { near: [0, 0], distanceField: 'd' } }], 27],
    [[{ $addFields: { a: '$$nope' } }], 17276],
  ])('%j is refused with code %j, before anything is read', (pipeline, code) => {
    const snapshot = open();
    expect(
      codeOf(() => runPipeline(pipeline, { snapshot, database: 'd', collection: 'sales' })),
    ).toBe(code);
    expect(snapshot.reads).toHaveLength(0);
  });

  it('names the unknown stage and the unknown expression', () => {
    expect(errorOf(() => run([{ $foo: 1 }]))?.message).toBe(
      "Unrecognized pipeline stage name: '$foo'",
    );
    expect(errorOf(() => run([{ $set: { a: { $foo: 1 } } }]))?.message).toBe(
      "Unrecognized expression '$foo'",
    );
  });
});
