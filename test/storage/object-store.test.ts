import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countRelated, findRelated } from '../support/related.ts';
import { GeoPoint, Pointer, type ParseValue } from '../../src/parse/values.ts';
import { column, EVERYTHING, hasObjectIdIn, type Constraint } from '../../src/query/constraint.ts';
import {
  BY_OBJECT_ID,
  firstRows,
  type FindRequest,
  type Link,
  type OrderKey,
  type Page,
} from '../../src/query/find-request.ts';
import { CollectionCommands } from '../../src/storage/mongo/collection-commands.ts';
import { RowCommands } from '../../src/storage/mongo/row-commands.ts';
import { buildMongoStore } from '../../src/storage/mongo/mongo-store.ts';
import { GAME_ROW } from './game-class.ts';
import {
  findGames,
  idsOf,
  openGameDatabase,
  type GameDatabase,
  type RawRow,
} from './open-game-database.ts';

let games: GameDatabase;

/** g0 … g9: score is the digit, but g8 has null and g9 none; owners alternate between u0 and u1. */
const ROWS: readonly RawRow[] = Array.from({ length: 10 }, (_, index) => ({
  _id: `g${index}`,
  name: index % 2 === 0 ? 'even' : 'odd',
  ...(index < 8 && { score: index }),
  ...(index === 8 && { score: null }),
  _p_owner: `_User$u${index % 2}`,
  place: [index, 0],
  tags: [`t${index}`, 'all'],
  _rperm: index === 0 ? ['u0'] : ['*'],
}));

const JOINS = [
  ['g0', 'g1'],
  ['g0', 'g2'],
  ['g0', 'g2'],
  ['g0', 'gone'],
  ['g1', 'g2'],
  ['g1', 'g3'],
  ['g1', 'g4'],
] as const;

beforeAll(async () => {
  games = await openGameDatabase();
  await games.raw.collection<RawRow>('Game').insertMany(ROWS.map((row) => ({ ...row })));
  await games.raw
    .collection<RawRow>('_User')
    .insertMany(
      ['u0', 'u1'].map((id) => ({ _id: id, username: `name ${id}`, _hashed_password: 'secret' })),
    );
  await games.raw
    .collection('_Join:links:Game')
    .insertMany(JOINS.map(([owningId, relatedId]) => ({ owningId, relatedId })));
});

afterAll(async () => {
  await games.close();
});

function by(name: string, direction: OrderKey['direction'] = 'ascending'): readonly OrderKey[] {
  return [{ column: column(name), direction }, BY_OBJECT_ID];
}

function equal(name: string, value: ParseValue): Constraint {
  return { kind: 'compare', column: column(name), comparison: 'equal', value };
}

async function find(request: FindRequest): Promise<readonly string[]> {
  return idsOf(await games.store.find(request));
}

const LINKS: Link = { kind: 'relation', ownerClass: 'Game', field: 'links' };
const OWNED: Link = { kind: 'inverse', ownerClass: '_User', field: 'owner' };

describe('find', () => {
  it('fetches exactly the selected columns in one command', async () => {
    const { result, commands } = await games.counted(() =>
      games.store.find(
        findGames(hasObjectIdIn(['g3']), { select: new Set(['score', 'owner', 'links']) }),
      ),
    );
    expect(commands).toEqual(['find Game']);
    expect(result[0]?.values).toEqual(
      new Map<string, ParseValue>([
        ['score', 3],
        ['owner', new Pointer('_User', 'u1')],
      ]),
    );
    expect(result[0]?.acl).toEqual({ readers: ['*'], writers: undefined });
  });

  it('never fetches a password, whatever is selected', async () => {
    for (const select of ['all', new Set(['authData', '_hashed_password'])] as const) {
      const users = await games.store.find(findGames(EVERYTHING, { className: '_User', select }));
      expect(users).toHaveLength(2);
      expect(JSON.stringify(users.map(({ values }) => [...values]))).not.toContain('secret');
    }
  });

  it('answers a limit of 0 without a command', async () => {
    const { result, commands } = await games.counted(() =>
      games.store.find(findGames(EVERYTHING, { page: firstRows(0) })),
    );
    expect([result, commands]).toEqual([[], []]);
  });

  it.each(['ascending', 'descending'] as const)(
    'pages %s through nulls and absent values by keyset, forwards and backwards, losing none',
    async (direction) => {
      const order = by('score', direction);
      const all = await find(findGames(EVERYTHING, { order }));
      expect(all).toHaveLength(10);
      const seen: string[] = [];
      let after: Page['after'];
      for (;;) {
        const page = { ...firstRows(1), after };
        const rows = await games.store.find(findGames(EVERYTHING, { order, page }));
        seen.push(...idsOf(rows));
        const last = rows.at(-1);
        if (last === undefined) break;
        after = [last.values.get('score'), last.objectId];
      }
      expect(seen).toEqual(all);
      const backwards: string[] = [];
      let before: Page['before'];
      for (;;) {
        const page = { ...firstRows(1), before, fromEnd: true };
        const rows = await games.store.find(findGames(EVERYTHING, { order, page }));
        backwards.unshift(...idsOf(rows));
        const [first] = rows;
        if (first === undefined) break;
        before = [first.values.get('score'), first.objectId];
      }
      expect(backwards).toEqual(all);
    },
  );

  it('skips first, also when the last rows are taken', async () => {
    const page = { ...firstRows(3), skip: 8 };
    expect(await find(findGames(EVERYTHING, { page }))).toEqual(['g8', 'g9']);
    expect(await find(findGames(EVERYTHING, { page: { ...page, fromEnd: true } }))).toEqual([
      'g8',
      'g9',
    ]);
    expect(
      await find(findGames(EVERYTHING, { page: { ...page, skip: 1, fromEnd: true } })),
    ).toEqual(['g7', 'g8', 'g9']);
    expect(
      await find(findGames(EVERYTHING, { page: { ...page, skip: 20, fromEnd: true } })),
    ).toEqual([]);
  });

  it('orders by nearness, bounds the distance, and counts the same objects', async () => {
    const near: Constraint = {
      kind: 'near',
      column: column('place'),
      center: new GeoPoint(0, 3.2),
      maxDistanceRadians: (1.5 * Math.PI) / 180,
    };
    const request = findGames(near, { order: [] });
    expect(await find(request)).toEqual(['g3', 'g4', 'g2']);
    expect(
      await games.store.count({ className: 'Game', where: near, readPreference: undefined }),
    ).toBe(3);
    expect(await find({ ...request, page: { ...firstRows(2), fromEnd: true } })).toEqual([
      'g4',
      'g2',
    ]);
    expect(await find(findGames(near, { order: by('score', 'descending') }))).toEqual([
      'g4',
      'g3',
      'g2',
    ]);
  });

  it('makes the text index that a search needs, and orders by relevance', async () => {
    const where: Constraint = {
      kind: 'text',
      column: column('name'),
      search: {
        term: 'even',
        language: undefined,
        isCaseSensitive: false,
        isDiacriticSensitive: false,
      },
    };
    expect(new Set(await find(findGames(where, { order: [] })))).toEqual(
      new Set(['g0', 'g2', 'g4', 'g6', 'g8']),
    );
  });

  it('reads a class without a row as empty, and refuses what is no class with 103', async () => {
    expect(await find(findGames(EVERYTHING, { className: 'Nothing' }))).toEqual([]);
    for (const className of ['_SCHEMA', '_Join:links:Game', 'fs.files', '']) {
      await expect(games.store.find(findGames(EVERYTHING, { className }))).rejects.toMatchObject({
        parseCode: 103,
      });
    }
  });

  it.each([
    [
      'a pattern that is none',
      { kind: 'regex', column: column('name'), pattern: '(', options: '' },
    ],
    [
      'a sphere that is none',
      {
        kind: 'withinSphere',
        column: column('place'),
        center: new GeoPoint(0, 0),
        radiusRadians: -1,
      },
    ],
    [
      'a polygon of two points',
      {
        kind: 'withinPolygon',
        column: column('place'),
        points: [new GeoPoint(0, 0), new GeoPoint(1, 1)],
      },
    ],
  ] as const)('refuses %s with 102', async (_what, where) => {
    await expect(games.store.find(findGames(where))).rejects.toMatchObject({ parseCode: 102 });
  });

  it('refuses a where that nests too deep with 102, quickly', async () => {
    let where: Constraint = EVERYTHING;
    for (let level = 0; level < 100_000; level += 1) where = { kind: 'nor', parts: [where] };
    await expect(games.store.find(findGames(where))).rejects.toMatchObject({ parseCode: 102 });
  });
});

describe('an order by a column of the objects that a pointer leads to', () => {
  /** Owner of each game by its name: u1's are odd and first, u0's even; a game of nobody readable comes as null. */
  const byOwnerName = (
    direction: OrderKey['direction'],
    where: Constraint = EVERYTHING,
  ): readonly OrderKey[] => [
    {
      column: column('username'),
      direction,
      through: { field: 'owner', targetClass: '_User', where },
    },
    BY_OBJECT_ID,
  ];
  const EVEN = ['g0', 'g2', 'g4', 'g6', 'g8'];
  const ODD = ['g1', 'g3', 'g5', 'g7', 'g9'];

  it('costs one command, and the values come with the objects where they are selected', async () => {
    const order = byOwnerName('descending');
    const select = new Set(['name', 'owner.username']);
    const { result, commands } = await games.counted(() =>
      games.store.find(findGames(EVERYTHING, { order, select, page: firstRows(6) })),
    );
    expect(commands).toEqual(['aggregate Game']);
    expect(idsOf(result)).toEqual([...ODD, 'g0']);
    expect([...result[5]!.values]).toEqual([
      ['name', 'even'],
      ['owner.username', 'name u0'],
    ]);
    const [other] = await games.store.find(
      findGames(EVERYTHING, { order, select: new Set(), page: firstRows(1) }),
    );
    expect([...other!.values]).toEqual([]);
  });

  it('takes objects that do not count for none, which come first upwards and last downwards', async () => {
    const where = equal('objectId', 'u0');
    expect(await find(findGames(EVERYTHING, { order: byOwnerName('ascending', where) }))).toEqual([
      ...ODD,
      ...EVEN,
    ]);
    expect(await find(findGames(EVERYTHING, { order: byOwnerName('descending', where) }))).toEqual([
      ...EVEN,
      ...ODD,
    ]);
  });

  it.each(['ascending', 'descending'] as const)(
    'pages %s by place in both directions, through rows without a target',
    async (direction) => {
      const order = byOwnerName(direction, equal('objectId', 'u0'));
      const all = await find(findGames(EVERYTHING, { order }));
      for (const fromEnd of [false, true]) {
        const seen: string[] = [];
        let place: Page['after'];
        for (;;) {
          const page = { ...firstRows(3), fromEnd, [fromEnd ? 'before' : 'after']: place };
          const rows = await games.store.find(findGames(EVERYTHING, { order, page }));
          const edge = fromEnd ? rows[0] : rows.at(-1);
          if (edge === undefined) break;
          if (fromEnd) seen.unshift(...idsOf(rows));
          else seen.push(...idsOf(rows));
          place = [edge.values.get('owner.username'), edge.objectId];
        }
        expect(seen).toEqual(all);
      }
      const skipping = { ...firstRows(4), skip: 7, fromEnd: true };
      expect(await find(findGames(EVERYTHING, { order, page: skipping }))).toEqual(all.slice(7));
    },
  );

  it('holds in the pages of relations and inverse pointers, one command for all', async () => {
    for (const [link, ownerIds] of [
      [LINKS, ['g0', 'g1']],
      [OWNED, ['u0', 'u1']],
    ] as const) {
      const find = findGames(EVERYTHING, {
        order: byOwnerName('descending'),
        page: firstRows(2),
        select: new Set(['owner.username']),
      });
      const { result, commands } = await games.counted(() =>
        findRelated(games.store, { link, ownerIds, find }),
      );
      expect(commands).toHaveLength(1);
      for (const id of ownerIds) {
        const own: Constraint =
          link.kind === 'relation'
            ? { kind: 'relatedTo', owner: new Pointer('Game', id), field: 'links' }
            : equal('owner', new Pointer('_User', id));
        expect(result.get(id)).toEqual(await games.store.find({ ...find, where: own }));
      }
    }
  });

  it('takes what is no pointer to that class for none', async () => {
    const odd = await openGameDatabase([GAME_ROW, { _id: '_User' }]);
    try {
      await odd.raw.collection<RawRow>('_User').insertOne({ _id: 'u0', username: 'someone' });
      const stored = [
        '_User$u0',
        'Game$u0',
        '_User$',
        '_User',
        '',
        7,
        null,
        ['_User$u0'],
        { a: 1 },
      ];
      await odd.raw
        .collection<RawRow>('Game')
        .insertMany([
          ...stored.map((owner, index) => ({ _id: `g${index}`, _p_owner: owner })),
          { _id: 'g9' },
        ]);
      const found = await odd.store.find(
        findGames(EVERYTHING, { order: byOwnerName('descending'), select: new Set() }),
      );
      expect(idsOf(found)).toEqual(['g0', ...Array.from({ length: 9 }, (_, i) => `g${i + 1}`)]);
    } finally {
      await odd.close();
    }
  });
});

describe('nested queries', () => {
  const even = equal('name', 'even');

  it.each([
    [
      'pointerTo',
      {
        kind: 'pointerTo',
        field: 'owner',
        targetClass: '_User',
        where: equal('username', 'name u1'),
        isNegated: false,
      },
      ['g1', 'g3', 'g5', 'g7', 'g9'],
      2,
    ],
    [
      'pointerTo, negated',
      {
        kind: 'pointerTo',
        field: 'owner',
        targetClass: '_User',
        where: equal('username', 'name u1'),
        isNegated: true,
      },
      ['g0', 'g2', 'g4', 'g6', 'g8'],
      2,
    ],
    [
      'relationTo',
      {
        kind: 'relationTo',
        field: 'links',
        targetClass: 'Game',
        where: hasObjectIdIn(['g3', 'g4']),
        isNegated: false,
      },
      ['g1'],
      3,
    ],
    [
      'relationTo, negated',
      {
        kind: 'relationTo',
        field: 'links',
        targetClass: 'Game',
        where: equal('objectId', 'g2'),
        isNegated: true,
      },
      ['g2', 'g3', 'g4', 'g5', 'g6', 'g7', 'g8', 'g9'],
      3,
    ],
    [
      'relatedTo',
      { kind: 'relatedTo', owner: new Pointer('Game', 'g0'), field: 'links' },
      ['g1', 'g2'],
      2,
    ],
    ['equality on a relation', equal('links', new Pointer('Game', 'g2')), ['g0', 'g1'], 2],
    [
      'inQueryKey',
      {
        kind: 'inQueryKey',
        column: column('score'),
        query: {
          className: 'Game',
          where: hasObjectIdIn(['g5', 'g9', 'g8']),
          key: column('score'),
        },
      },
      ['g5'],
      2,
    ],
    [
      'notInQueryKey over arrays',
      {
        kind: 'notInQueryKey',
        column: column('tags'),
        query: { className: 'Game', where: hasObjectIdIn(['g5']), key: column('tags') },
      },
      [],
      2,
    ],
  ] as readonly (readonly [string, Constraint, readonly string[], number])[])(
    'answers %s',
    async (_kind, where, expected, cost) => {
      const { result, commands } = await games.counted(() => find(findGames(where)));
      expect(result).toEqual(expected);
      expect(commands).toHaveLength(cost);
      expect(await games.store.count({ className: 'Game', where, readPreference: undefined })).toBe(
        expected.length,
      );
    },
  );

  it('keeps a relation where it stands: under or and nor, two at once, levels deep', async () => {
    const related = (id: string): Constraint => ({
      kind: 'relatedTo',
      owner: new Pointer('Game', id),
      field: 'links',
    });
    expect(await find(findGames({ kind: 'and', parts: [related('g0'), related('g1')] }))).toEqual([
      'g2',
    ]);
    expect(
      await find(findGames({ kind: 'or', parts: [related('g0'), equal('objectId', 'g9')] })),
    ).toEqual(['g1', 'g2', 'g9']);
    expect(
      await find(
        findGames({ kind: 'and', parts: [even, { kind: 'nor', parts: [related('g0')] }] }),
      ),
    ).toEqual(['g0', 'g4', 'g6', 'g8']);
    const deep: Constraint = {
      kind: 'relationTo',
      field: 'links',
      targetClass: 'Game',
      isNegated: false,
      where: {
        kind: 'pointerTo',
        field: 'owner',
        targetClass: '_User',
        where: equal('objectId', 'u1'),
        isNegated: false,
      },
    };
    expect(await find(findGames(deep))).toEqual(['g0', 'g1']);
  });
});

describe('findRelated', () => {
  it.each([
    [
      'relation',
      LINKS,
      ['g0', 'g1', 'g5'],
      'aggregate _Join:links:Game',
      { g0: ['g2', 'g1'], g1: ['g4', 'g3'], g5: [] },
    ],
    [
      'inverse',
      OWNED,
      ['u0', 'u1', 'u2'],
      'aggregate Game',
      { u0: ['g6', 'g4'], u1: ['g7', 'g5'], u2: [] },
    ],
  ] as const)(
    'cuts a page for each owner of a %s in one command',
    async (...[, link, ownerIds, command, expected]) => {
      const request = {
        link,
        ownerIds: [...ownerIds, ownerIds[0]],
        find: findGames(EVERYTHING, {
          order: by('score', 'descending'),
          page: firstRows(2),
          select: new Set(['name']),
        }),
      };
      const { result, commands } = await games.counted(() => findRelated(games.store, request));
      expect(commands).toEqual([command]);
      expect(Object.fromEntries([...result].map(([id, page]) => [id, idsOf(page)]))).toEqual(
        expected,
      );
      expect([...[...result.values()].flat()[0]!.values.keys()]).toEqual(['name']);
    },
  );

  it('answers the same through an index on the pointer, by one lookup per owner', async () => {
    const indexed = await openGameDatabase([{ _id: 'Game', owner: '*_User', score: 'number' }], {
      prepare: async (raw) => {
        await raw.collection('Game').createIndex({ _p_owner: 1, score: -1 });
      },
    });
    try {
      await indexed.raw.collection<RawRow>('Game').insertMany(ROWS.map((row) => ({ ...row })));
      for (const page of [
        firstRows(2),
        { ...firstRows(2), skip: 1 },
        { ...firstRows(2), fromEnd: true },
        { ...firstRows(2), fromEnd: true, skip: 2 },
        { ...firstRows(9), after: [4, 'g4'] },
      ]) {
        const request = {
          link: OWNED,
          ownerIds: ['u0', 'u1', 'u2'],
          find: findGames(EVERYTHING, { order: by('score', 'descending'), page }),
        };
        const { result, commands } = await indexed.counted(() =>
          findRelated(indexed.store, request),
        );
        expect(commands).toHaveLength(1);
        expect(commands[0]).toMatch(
          page.fromEnd && page.skip > 0 ? /^aggregate Game/ : /^aggregate test_/,
        );
        const scanned = await findRelated(games.store, request);
        expect([...result].map(([id, rows]) => [id, idsOf(rows)])).toEqual(
          [...scanned].map(([id, rows]) => [id, idsOf(rows)]),
        );
      }
    } finally {
      await indexed.close();
    }
  });

  it('answers the same through an index on the join rows, repeated rows, absent and unmeant members and all', async () => {
    const indexed = await openGameDatabase([GAME_ROW], {
      prepare: async (raw) => {
        const key = { owningId: 1, relatedId: 1 } as const;
        await raw.collection('_Join:links:Game').createIndex(key);
      },
    });
    const owners = ['many', 'twice', 'none', 'gone'];
    const rows = Array.from({ length: 40 }, (_, index) => ({
      _id: `m${String(index).padStart(2, '0')}`,
      score: index % 7,
      name: index % 3 === 0 ? 'no' : 'yes',
    }));
    const joins = rows.flatMap(({ _id: relatedId }, index) => [
      { owningId: 'many', relatedId },
      ...(index % 2 === 0 ? [{ owningId: 'twice', relatedId }] : []),
      ...(index % 10 === 4 ? [{ owningId: 'twice', relatedId }] : []),
      { owningId: 'gone', relatedId: `absent ${index}` },
    ]);
    const orders = [
      [BY_OBJECT_ID],
      [{ ...BY_OBJECT_ID, direction: 'descending' as const }],
      by('score'),
    ];
    const pages: readonly Page[] = [
      firstRows(4),
      { ...firstRows(4), skip: 3 },
      { ...firstRows(4), skip: 13 },
      { ...firstRows(4), skip: 100 },
      { ...firstRows(100), skip: 1 },
      { ...firstRows(4), fromEnd: true },
      { ...firstRows(4), skip: 2, fromEnd: true },
      { ...firstRows(30), skip: 15, fromEnd: true },
    ];
    const placed: readonly Page[] = [
      { ...firstRows(4), after: ['m05'] },
      { ...firstRows(4), after: ['m05'], skip: 1 },
      { ...firstRows(4), before: ['m23'], fromEnd: true },
      { ...firstRows(4), after: ['m05'], before: ['m09'] },
    ];
    try {
      await indexed.raw.collection<RawRow>('Game').insertMany(rows);
      await indexed.raw.collection('_Join:links:Game').insertMany(joins);
      for (const order of orders) {
        for (const page of order.length === 1 ? [...pages, ...placed] : pages) {
          const where: Constraint = {
            kind: 'and',
            parts: [
              equal('name', 'yes'),
              { kind: 'notIn', column: column('objectId'), values: ['m07', 'm10'] },
            ],
          };
          const find = findGames(where, { order, page });
          const request = { link: LINKS, ownerIds: owners, find };
          const { result, commands } = await indexed.counted(() =>
            findRelated(indexed.store, request),
          );
          expect(commands.length).toBeLessThanOrEqual(2);
          for (const owner of owners) {
            const own: Constraint = {
              kind: 'relatedTo',
              owner: new Pointer('Game', owner),
              field: 'links',
            };
            const one = { ...find, where: { ...where, parts: [...where.parts, own] } };
            const alone = await indexed.store.find(one);
            expect([page, idsOf(result.get(owner)!)]).toEqual([page, idsOf(alone)]);
          }
        }
      }
    } finally {
      await indexed.close();
    }
  });

  it('pages each owner forwards, backwards and by place as a find of that owner would', async () => {
    const pages: readonly Page[] = [
      { ...firstRows(2), skip: 1 },
      { ...firstRows(2), fromEnd: true },
      { ...firstRows(2), fromEnd: true, skip: 1 },
      { ...firstRows(5), after: [3, 'g3'] },
      { ...firstRows(5), before: [3, 'g3'] },
    ];
    for (const page of pages) {
      const request = findGames(equal('tags', 'all'), { order: by('score'), page });
      const result = await findRelated(games.store, {
        link: OWNED,
        ownerIds: ['u0', 'u1'],
        find: request,
      });
      for (const id of ['u0', 'u1']) {
        const where: Constraint = {
          kind: 'and',
          parts: [request.where, equal('owner', new Pointer('_User', id))],
        };
        expect(idsOf(result.get(id)!)).toEqual(await find({ ...request, where }));
      }
    }
  });

  it('lets the constraint narrow the members, nested queries once for all owners', async () => {
    const where: Constraint = {
      kind: 'pointerTo',
      field: 'owner',
      targetClass: '_User',
      where: equal('objectId', 'u0'),
      isNegated: false,
    };
    const { result, commands } = await games.counted(() =>
      findRelated(games.store, { link: LINKS, ownerIds: ['g0', 'g1'], find: findGames(where) }),
    );
    expect([...result].map(([id, page]) => [id, idsOf(page)])).toEqual([
      ['g0', ['g2']],
      ['g1', ['g2', 'g4']],
    ]);
    expect(commands).toHaveLength(2);
  });

  it('orders each owner’s members and children by nearness, in one command', async () => {
    const near: Constraint = {
      kind: 'near',
      column: column('place'),
      center: new GeoPoint(0, 9),
      maxDistanceRadians: undefined,
    };
    const find = findGames(near, { order: [], select: new Set(['name']) });
    const { result, commands } = await games.counted(() =>
      findRelated(games.store, { link: LINKS, ownerIds: ['g0', 'g1'], find }),
    );
    expect([...result].map(([id, page]) => [id, idsOf(page)])).toEqual([
      ['g0', ['g2', 'g1']],
      ['g1', ['g4', 'g3', 'g2']],
    ]);
    expect(commands).toHaveLength(1);
    expect([...result.get('g0')![0]!.values.keys()]).toEqual(['name']);
    const bounded = { ...near, maxDistanceRadians: (5.5 * Math.PI) / 180 };
    for (const page of [
      firstRows(2),
      { ...firstRows(2), skip: 1 },
      { ...firstRows(2), fromEnd: true },
      { ...firstRows(2), skip: 1, fromEnd: true },
    ]) {
      const request = { ...find, where: bounded, page };
      const owned = await games.counted(() =>
        findRelated(games.store, { link: OWNED, ownerIds: ['u0', 'u1'], find: request }),
      );
      expect(owned.commands).toHaveLength(1);
      for (const id of ['u0', 'u1']) {
        const own = equal('owner', new Pointer('_User', id));
        const alone = await games.store.find({
          ...request,
          where: { kind: 'and', parts: [bounded, own] },
        });
        expect([page, idsOf(owned.result.get(id)!)]).toEqual([page, idsOf(alone)]);
      }
    }
  });

  it('finds a text in each owner’s members and children in one command, best first, and counts them', async () => {
    const texts = await openGameDatabase();
    const words = ['tea', 'tea tea', 'tea milk', 'milk', 'tea tea tea milk', 'tea sugar milk rum'];
    const rows = Array.from({ length: 30 }, (_, index) => ({
      _id: `g${String(index).padStart(2, '0')}`,
      name: words[index % words.length],
      score: index % 4,
      _p_owner: `_User$u${index % 3}`,
    }));
    const joins = rows.flatMap(({ _id: relatedId }, index) => [
      { owningId: 'all', relatedId },
      ...(index % 2 === 0 ? [{ owningId: 'half', relatedId }] : []),
      ...(index % 10 === 4 ? [{ owningId: 'half', relatedId }] : []),
      { owningId: 'gone', relatedId: `absent ${index}` },
      { owningId: 'foreign', relatedId },
    ]);
    const search = { term: 'tea', language: undefined } as const;
    const text: Constraint = {
      kind: 'text',
      column: column('name'),
      search: { ...search, isCaseSensitive: false, isDiacriticSensitive: false },
    };
    const where: Constraint = {
      kind: 'and',
      parts: [text, { kind: 'notIn', column: column('objectId'), values: ['g06', 'g12'] }],
    };
    const pages: readonly Page[] = [
      firstRows(4),
      { ...firstRows(4), skip: 3 },
      { ...firstRows(40), skip: 2 },
      { ...firstRows(4), fromEnd: true },
      { ...firstRows(4), skip: 2, fromEnd: true },
    ];
    const links = [
      { link: LINKS, ownerIds: ['all', 'half', 'gone', 'none'] },
      { link: OWNED, ownerIds: ['u0', 'u1', 'u9'] },
    ];
    try {
      await texts.raw.collection<RawRow>('Game').insertMany(rows);
      await texts.raw.collection('_Join:links:Game').insertMany(joins);
      const count = { className: 'Game', where, readPreference: undefined };
      await expect(
        countRelated(texts.store, { link: LINKS, ownerIds: ['all', 'half', 'gone'], count }),
      ).resolves.toEqual(
        new Map([
          ['all', 23],
          ['half', 13],
          ['gone', 0],
        ]),
      );
      for (const { link, ownerIds } of links) {
        const counted = await texts.counted(() =>
          countRelated(texts.store, { link, ownerIds, count }),
        );
        expect(counted.commands).toEqual(['aggregate Game']);
        for (const order of [[], by('score')]) {
          for (const page of pages) {
            const find = findGames(where, { order, page, select: new Set(['name']) });
            const { result, commands } = await texts.counted(() =>
              findRelated(texts.store, { link, ownerIds, find }),
            );
            expect(commands).toEqual(['aggregate Game']);
            for (const owner of ownerIds) {
              const own: Constraint =
                link.kind === 'relation'
                  ? { kind: 'relatedTo', owner: new Pointer('Game', owner), field: 'links' }
                  : equal('owner', new Pointer('_User', owner));
              const one = { ...find, where: { ...where, parts: [...where.parts, own] } };
              const alone = await texts.store.find(one);
              expect([order, page, owner, idsOf(result.get(owner)!)]).toEqual([
                ...[order, page, owner, idsOf(alone)],
              ]);
              expect([...(result.get(owner)![0]?.values.keys() ?? ['name'])]).toEqual(['name']);
              expect(counted.result.get(owner)).toBe(await texts.store.count(one));
            }
          }
        }
      }
    } finally {
      await texts.close();
    }
  });

  it('answers any requests of one link in one command as each alone, and refuses one by one', async () => {
    const wheres: readonly Constraint[] = [
      EVERYTHING,
      equal('name', 'even'),
      {
        kind: 'near',
        column: column('place'),
        center: new GeoPoint(0, 9),
        maxDistanceRadians: undefined,
      },
      { kind: 'compare', column: column('score'), comparison: 'greater', value: 2 },
    ];
    const pages: readonly Page[] = [
      firstRows(1),
      { ...firstRows(2), skip: 1 },
      { ...firstRows(1), fromEnd: true },
      { ...firstRows(1), skip: 1, fromEnd: true },
    ];
    for (const [link, ownerIds] of [
      [LINKS, ['g0', 'g1', 'g5']],
      [OWNED, ['u0', 'u1', 'u2']],
    ] as const) {
      const requests = wheres.flatMap((where) =>
        pages.flatMap((page) =>
          [[BY_OBJECT_ID], by('score', 'descending')].map((order, index) => ({
            link,
            // Not all ask for the same owners.
            ownerIds: ownerIds.slice(index),
            find: findGames(where, { order, page, select: new Set(['name']) }),
          })),
        ),
      );
      expect(requests.length).toBe(32);
      const together = await games.counted(() => Promise.all(games.store.findRelated(requests)));
      expect(together.commands).toHaveLength(1);
      const alone = [];
      for (const request of requests) alone.push(await findRelated(games.store, request));
      expect(together.result).toEqual(alone);
      const counts = wheres.map((where) => ({
        ...{ link, ownerIds },
        count: { className: 'Game', where, readPreference: undefined },
      }));
      const counted = await games.counted(() => Promise.all(games.store.countRelated(counts)));
      expect(counted.commands).toHaveLength(1);
      const each = [];
      for (const count of counts) each.push(await countRelated(games.store, count));
      expect(counted.result).toEqual(each);

      const pattern = { kind: 'regex', column: column('name'), options: '' } as const;
      const [good] = requests;
      const mixed = ['(', 'odd', '['].map((text) => ({
        ...good!,
        find: findGames({ ...pattern, pattern: text }),
      }));
      const outcomes = await Promise.allSettled(games.store.findRelated([...mixed, good!]));
      expect(outcomes.map(({ status }) => status)).toEqual([
        ...['rejected', 'fulfilled', 'rejected', 'fulfilled'],
      ]);
      expect(outcomes[0]).toMatchObject({ reason: { parseCode: 102 } });
      expect(outcomes[3]).toEqual({ status: 'fulfilled', value: together.result[0] });
    }
  });

  it('takes a command for each hundred requests, and for each link, class and read preference', async () => {
    const request = { link: LINKS, ownerIds: ['g0'], find: findGames() };
    const many = Array.from({ length: 250 }, (_, index) => ({
      ...request,
      find: findGames(EVERYTHING, { page: firstRows(1 + (index % 2)) }),
    }));
    const { result, commands } = await games.counted(() =>
      Promise.all(games.store.findRelated(many)),
    );
    expect(commands).toHaveLength(3);
    expect(result.map((pages) => idsOf(pages.get('g0')!))).toEqual(
      many.map((_each, index) => (index % 2 === 0 ? ['g1'] : ['g1', 'g2'])),
    );
    const different = await games.counted(() =>
      Promise.all(
        games.store.findRelated([
          request,
          { ...request, find: findGames(EVERYTHING, { readPreference: 'PRIMARY' }) },
          { ...request, link: OWNED },
          { ...request, find: findGames(EVERYTHING, { className: 'Nothing' }) },
        ]),
      ),
    );
    expect(different.commands).toHaveLength(4);
  });

  it('counts per owner in one command, members that are gone or there twice once at most', async () => {
    const count = { className: 'Game', where: EVERYTHING, readPreference: undefined };
    const members = await games.counted(() =>
      countRelated(games.store, { link: LINKS, ownerIds: ['g0', 'g1', 'g5'], count }),
    );
    expect([...members.result]).toEqual([
      ['g0', 2],
      ['g1', 3],
      ['g5', 0],
    ]);
    expect(members.commands).toEqual(['aggregate _Join:links:Game']);
    const owned = await games.counted(() =>
      countRelated(games.store, {
        link: OWNED,
        ownerIds: ['u1', 'u2'],
        count: { ...count, where: equal('name', 'odd') },
      }),
    );
    expect([...owned.result]).toEqual([
      ['u1', 5],
      ['u2', 0],
    ]);
    expect(owned.commands).toEqual(['aggregate Game']);
  });

  it('asks nothing for no owners or no rows', async () => {
    const { commands } = await games.counted(async () => {
      expect(
        (await findRelated(games.store, { link: LINKS, ownerIds: [], find: findGames() })).size,
      ).toBe(0);
      const page = await findRelated(games.store, {
        link: LINKS,
        ownerIds: ['g0'],
        find: findGames(EVERYTHING, { page: firstRows(0) }),
      });
      expect(page.get('g0')).toEqual([]);
    });
    expect(commands).toEqual([]);
  });

  it('answers the same on servers that cannot do it in one command', async () => {
    const reports: string[] = [];
    const old = buildMongoStore({
      commands: new RowCommands(games.raw, { collectionPrefix: '', maxTimeMs: 1_000 }),
      collections: new CollectionCommands(games.raw, { collectionPrefix: '' }),
      catalog: games.database.catalog,
      abilities: { hasDocumentsStage: false, hasIndex: () => Promise.resolve(true) },
      writing: { hasTransactions: true },
      report: (line) => reports.push(line),
    });
    const count = { className: 'Game', where: EVERYTHING, readPreference: undefined };
    for (const [link, ownerIds] of [
      [LINKS, ['g0', 'g1', 'g5']],
      [OWNED, ['u0', 'u1', 'u2']],
    ] as const) {
      const page = { ...firstRows(2), skip: 1 };
      const request = { link, ownerIds, find: findGames(EVERYTHING, { order: by('score'), page }) };
      expect(await findRelated(old, request)).toEqual(await findRelated(games.store, request));
      const counted = { link, ownerIds, count };
      expect(await countRelated(old, counted)).toEqual(await countRelated(games.store, counted));
    }
    expect(reports).toEqual([]);
  });
});
