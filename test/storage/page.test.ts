import { describe, expect, it } from 'vitest';
import { BY_OBJECT_ID, firstRows, type OrderKey, type Page } from '../../src/query/find-request.ts';
import { Pointer, type ParseValue } from '../../src/parse/values.ts';
import { compileKeyset, compileSort } from '../../src/storage/mongo/page.ts';
import { storedOrder } from '../../src/storage/mongo/stored-order.ts';
import { GAME } from './game-class.ts';

function by(name: string, direction: OrderKey['direction'] = 'ascending'): OrderKey {
  return { column: { name, path: [] }, direction };
}

function behind(...after: (ParseValue | undefined)[]): Page {
  return { ...firstRows(1), after };
}

function ahead(...before: (ParseValue | undefined)[]): Page {
  return { ...firstRows(1), before };
}

function stored(order: readonly OrderKey[]) {
  return storedOrder(order, 'Game', () => GAME);
}

describe('compileSort', () => {
  it('sorts by stored names, turned round on request, each key once', () => {
    const order = [by('owner', 'descending'), by('createdAt'), by('owner'), BY_OBJECT_ID];
    expect(Object.entries(compileSort(stored(order), false))).toEqual([
      ['_p_owner', -1],
      ['_created_at', 1],
      ['_id', 1],
    ]);
    expect(compileSort(stored(order), true)).toEqual({ _p_owner: 1, _created_at: -1, _id: -1 });
  });
});

describe('compileKeyset', () => {
  it.each([
    [behind('a'), [BY_OBJECT_ID], { _id: { $gt: 'a' } }],
    [ahead('a'), [BY_OBJECT_ID], { _id: { $lt: 'a' } }],
    [
      behind(5, 'a'),
      [by('score'), BY_OBJECT_ID],
      { $or: [{ score: { $gt: 5 } }, { score: { $eq: 5 }, _id: { $gt: 'a' } }] },
    ],
    [
      behind(undefined, 'a'),
      [by('score'), BY_OBJECT_ID],
      { $or: [{ score: { $ne: null } }, { score: { $eq: null }, _id: { $gt: 'a' } }] },
    ],
    [
      behind(5, 'a'),
      [by('score', 'descending'), BY_OBJECT_ID],
      {
        $or: [
          { $or: [{ score: { $lt: 5 } }, { score: { $eq: null } }] },
          { score: { $eq: 5 }, _id: { $gt: 'a' } },
        ],
      },
    ],
    [
      behind(null, 'a'),
      [by('score', 'descending'), BY_OBJECT_ID],
      { score: { $eq: null }, _id: { $gt: 'a' } },
    ],
    [
      ahead(new Pointer('_User', 'u'), 'a'),
      [by('owner', 'descending'), BY_OBJECT_ID],
      {
        $or: [
          { _p_owner: { $gt: '_User$u' } },
          { _p_owner: { $eq: '_User$u' }, _id: { $lt: 'a' } },
        ],
      },
    ],
    [firstRows(1), [BY_OBJECT_ID], {}],
  ] as const)('compiles a place (case %#)', (page, order, filter) => {
    expect(compileKeyset(page, stored(order))).toStrictEqual(filter);
  });

  it('holds between two places', () => {
    const page: Page = { ...firstRows(1), after: ['a'], before: ['d'] };
    expect(compileKeyset(page, stored([BY_OBJECT_ID]))).toStrictEqual({
      $and: [{ _id: { $gt: 'a' } }, { _id: { $lt: 'd' } }],
    });
  });

  it.each([
    [behind('a', 'b'), [BY_OBJECT_ID]],
    [behind('a'), []],
    [behind([1], 'a'), [by('tags'), BY_OBJECT_ID]],
    [behind([1], 'a'), [by('place'), BY_OBJECT_ID]],
  ] as const)('refuses with 102 a place that the order does not have (case %#)', (page, order) => {
    expect(() => compileKeyset(page, stored(order))).toThrow(
      expect.objectContaining({ parseCode: 102 }),
    );
  });
});
