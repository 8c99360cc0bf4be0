import { beforeEach, describe, expect, test } from 'vitest';
import { encodeOffsetCursor } from '../../../src/api/arguments/cursor.ts';
import type { FindRequest } from '../../../src/query/find-request.ts';
import { ApiRun } from '../../support/api-run.ts';

interface Page {
  readonly teams: {
    readonly count?: number;
    readonly edges: readonly {
      readonly cursor: string;
      readonly node: { readonly name: string };
    }[];
    readonly pageInfo: {
      readonly hasNextPage: boolean;
      readonly hasPreviousPage: boolean;
      readonly startCursor: string | null;
      readonly endCursor: string | null;
    };
  };
}

let run: ApiRun;

beforeEach(() => {
  run = new ApiRun();
  for (const [index, name] of ['a', 'b', 'c', 'd', 'e'].entries()) {
    run.store.put('Team', `t${index}`, { name, budget: index % 2 });
  }
});

async function page(args: string): Promise<Page['teams']> {
  const parts =
    'edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
  const data = (await run.data(`{ teams${args === '' ? '' : `(${args})`} { ${parts} } }`)) as Page;
  return data.teams;
}

const names = ({ edges }: Page['teams']): string => edges.map(({ node }) => node.name).join('');
const flags = ({ pageInfo }: Page['teams']): string =>
  `${pageInfo.hasPreviousPage ? '<' : '|'}${pageInfo.hasNextPage ? '>' : '|'}`;

describe('pages', () => {
  test.each([
    ['', 'abcde', '||'],
    ['first: 2', 'ab', '|>'],
    ['first: 5', 'abcde', '||'],
    ['last: 2', 'de', '<|'],
    ['last: 9', 'abcde', '||'],
    ['first: 2, skip: 2', 'cd', '<>'],
    ['first: 4, last: 1', 'd', '<>'],
    ['skip: 9', '', '<|'],
    ['first: 0', '', '|>'],
    ['last: 0', '', '|>'],
    ['order: [name_DESC], first: 2', 'ed', '|>'],
    ['order: [name_ASC, id_ASC, name_DESC, budget_ASC], first: 2', 'ed', '|>'],
    ['order: [id_ASC, id_DESC, name_ASC], first: 2', 'ed', '|>'],
    ['order: [budget_DESC, name_DESC], first: 3', 'dbe', '|>'],
    ['order: [ACL_ASC, members_DESC, id_DESC, name_ASC], first: 2', 'ed', '|>'],
    ['where: {name: {equalTo: "zz"}}, skip: 1', '', '||'],
  ])('teams(%s) is %s %s', async (args, expected, sides) => {
    const found = await page(args);
    expect(names(found)).toBe(expected);
    expect(flags(found)).toBe(sides);
  });

  test('follow one another by cursor in both directions, through ties', async () => {
    const order = 'order: [budget_ASC, name_DESC]';
    const all = await page(order);
    expect(names(all)).toBe('ecadb');
    const forward = await page(`${order}, first: 2, after: "${all.edges[1]?.cursor ?? ''}"`);
    expect([names(forward), flags(forward)]).toEqual(['ad', '<>']);
    const backward = await page(`${order}, last: 2, before: "${all.edges[3]?.cursor ?? ''}"`);
    expect([names(backward), flags(backward)]).toEqual(['ca', '<>']);
    const between = await page(
      `${order}, after: "${all.edges[0]?.cursor ?? ''}", before: "${all.edges[4]?.cursor ?? ''}"`,
    );
    expect([names(between), flags(between)]).toEqual(['cad', '<>']);
    expect(forward.pageInfo.endCursor).toBe(forward.edges[1]?.cursor);
  });

  test('go on at the same row when rows before it come and go', async () => {
    const first = await page('order: [name_ASC], first: 2');
    run.store.put('Team', 'new', { name: 'aa' });
    expect(
      names(await page(`order: [name_ASC], first: 2, after: "${first.pageInfo.endCursor ?? ''}"`)),
    ).toBe('cd');
  });

  test('accept the cursors of Parse Server', async () => {
    const at = (offset: number) => JSON.stringify(encodeOffsetCursor(offset));
    expect(encodeOffsetCursor(1)).toBe('YXJyYXljb25uZWN0aW9uOjE=');
    expect(names(await page(`first: 2, after: ${at(1)}`))).toBe('cd');
    expect(names(await page(`skip: 1, after: ${at(1)}`))).toBe('de');
    expect(names(await page(`before: ${at(2)}`))).toBe('ab');
    expect(names(await page(`last: 1, before: ${at(2)}`))).toBe('b');
    expect(names(await page(`after: ${at(3)}, before: ${at(1)}`))).toBe('');
    expect(names(await page('after: ""'))).toBe('abcde');
  });

  test('number rows where rows have no position of their own', async () => {
    const order = 'order: [featured_ASC]';
    const first = await page(`${order}, first: 2`);
    expect(first.edges.map(({ cursor }) => cursor)).toEqual([
      encodeOffsetCursor(0),
      encodeOffsetCursor(1),
    ]);
    const last = await page(`${order}, last: 2`);
    expect(last.edges.map(({ cursor }) => cursor)).toEqual([
      encodeOffsetCursor(3),
      encodeOffsetCursor(4),
    ]);
    expect(flags(last)).toBe('<|');
  });

  test('ask for one more row only when it matters, and never for more than the cap', async () => {
    const limitOf = () => (run.store.calls.at(-1)?.request as FindRequest).page.limit;
    await run.data('{ teams(first: 2) { edges { node { name } } } }');
    expect(limitOf()).toBe(2);
    await run.data('{ teams(first: 2) { pageInfo { hasNextPage } } }');
    expect(limitOf()).toBe(3);
    await run.data('{ teams { edges { node { name } } } }');
    expect(limitOf()).toBe(100);
    const { store, ...capped } = {
      store: run.store,
      run: new ApiRun({ limits: { maxPageRows: 3 } }),
    };
    for (const args of ['first: 50', 'last: 2147483647', 'skip: 1']) {
      await capped.run.data(`{ teams(${args}) { edges { node { name } } } }`);
      expect((capped.run.store.calls.at(-1)?.request as FindRequest).page.limit).toBe(3);
    }
    expect(store.calls.length).toBe(3);
  });
});

describe('misuse of pages is refused with 102', () => {
  test.each([
    ['first: -1', 'First should be a positive number'],
    ['last: -2147483648', 'Last should be a positive number'],
    ['skip: -1', 'Skip should be a positive number'],
    ['after: "x"', 'After is not a valid cursor'],
    ['before: "YXJyYXljb25uZWN0aW9uOi0x"', 'Before is not a valid cursor'],
    ['after: "YXJyYXljb25uZWN0aW9uOjk5OTk5OTk5OTk5OTk5OTk5OTk5"', 'After is not a valid cursor'],
  ])('%s', async (args, message) => {
    expect(await run.refusal(`{ teams(${args}) { count } }`)).toBe(`102 ${message}`);
    expect(run.store.calls).toEqual([]);
  });

  test('a cursor of another order, and one that was tampered with', async () => {
    const { edges } = await page('order: [name_ASC]');
    const cursor = edges[0]?.cursor ?? '';
    const refused = '102 After is not a valid cursor';
    expect(await run.refusal(`{ teams(order: [name_DESC], after: "${cursor}") { count } }`)).toBe(
      refused,
    );
    const text = Buffer.from(cursor, 'base64url').toString();
    expect(text).toContain('"a"');
    for (const forged of [
      text.replace('"a"', '"b"'),
      text.slice(0, -1),
      `${text} `,
      text.toUpperCase(),
    ]) {
      const value = Buffer.from(forged).toString('base64url');
      expect(await run.refusal(`{ teams(order: [name_ASC], after: "${value}") { count } }`)).toBe(
        refused,
      );
    }
    expect(await run.refusal(`{ teams(order: [name_ASC], after: "${cursor}=") { count } }`)).toBe(
      refused,
    );
  });
});
