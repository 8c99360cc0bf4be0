import { isInputObjectType, isObjectType } from 'graphql';
import { beforeEach, describe, expect, test } from 'vitest';
import { buildApi } from '../../../src/api/build-api.ts';
import { encodeGlobalId } from '../../../src/api/arguments/global-id.ts';
import { permissionDenied } from '../../../src/parse/errors.ts';
import { Pointer } from '../../../src/parse/values.ts';
import { catalogOf, sampleCatalog, sampleRows } from '../../support/api-catalog.ts';
import { ApiRun } from '../../support/api-run.ts';

type Row = Readonly<Record<string, unknown>>;

/** Fields of the object type of one class that are no columns of it. */
function inverseFields(type: string, rows: readonly Row[], graphqlConfig?: unknown) {
  const { schema, report } = buildApi(catalogOf([...sampleRows, ...rows]), { graphqlConfig });
  const object = schema.getType(type);
  const fields = isObjectType(object) ? object.getFields() : {};
  const names = Object.values(fields)
    .filter(({ description }) => description?.startsWith('Objects of ') === true)
    .map(({ name }) => name);
  return { names, report };
}

let run: ApiRun;

beforeEach(() => {
  run = new ApiRun();
  const acme = run.store.put('Company', 'co1', { name: 'Acme' });
  const bolt = run.store.put('Company', 'co2', { name: 'Bolt' });
  run.store.put('Company', 'co3', { name: 'Cask' });
  const ann = run.store.put('Employee', 'e1', { firstName: 'Ann', salary: 3, company: acme });
  const bob = { firstName: 'Bob', salary: 1, company: acme, manager: ann };
  run.store.put('Employee', 'e2', bob);
  run.store.put('Employee', 'e3', { firstName: 'Cid', salary: 2, company: bolt, manager: ann });
  run.store.put('Employee', 'e4', { firstName: 'Dee', company: new Pointer('Company', 'gone') });
});

describe('a class that others point to', () => {
  test('lists them with every argument, in one command and one more for the count', async () => {
    const query = `{ companies(order: [name_ASC]) { edges { node { name
      employees(where: {salary: {greaterThan: 0}}, order: [salary_DESC], first: 1) {
        count pageInfo { hasNextPage } edges { node { firstName company { name } } } } } } } }`;
    expect(await run.data(query)).toEqual({
      companies: {
        edges: [
          ['Acme', 2, true, ['Ann']],
          ['Bolt', 1, false, ['Cid']],
          ['Cask', 0, false, []],
        ].map(([name, count, hasNextPage, people]) => ({
          node: {
            name,
            employees: {
              count,
              pageInfo: { hasNextPage },
              edges: (people as string[]).map((firstName) => ({
                node: { firstName, company: { name } },
              })),
            },
          },
        })),
      },
    });
    expect(run.store.commands.toSorted()).toEqual([
      'countRelated Employee',
      'find Company',
      'find Company',
      'findRelated Employee',
    ]);
  });

  test('follows pages by cursor, and aliases with equal arguments share a command', async () => {
    const page = (after: string) =>
      `{ company(id: "co1") { employees(order: [firstName_ASC], first: 1${after}) {
        pageInfo { endCursor } edges { node { objectId } } } same: employees(order: [firstName_ASC], first: 1${after}) {
        edges { node { firstName } } } } }`;
    const first = (await run.data(page(''))) as {
      company: { employees: { pageInfo: { endCursor: string } } };
    };
    const { endCursor } = first.company.employees.pageInfo;
    run.store.calls.length = 0;
    expect(await run.data(page(`, after: "${endCursor}"`))).toMatchObject({
      company: {
        employees: { edges: [{ node: { objectId: 'e2' } }] },
        same: { edges: [{ node: { firstName: 'Bob' } }] },
      },
    });
    expect(run.store.commands).toEqual(['find Company', 'findRelated Employee']);
  });

  test('leads through its own class, level by level', async () => {
    const query = `{ employee(id: "e1") { employees(order: [firstName_ASC]) { edges { node {
      firstName employees { count } } } } } }`;
    expect(await run.data(query)).toEqual({
      employee: {
        employees: {
          edges: ['Bob', 'Cid'].map((firstName) => ({
            node: { firstName, employees: { count: 0 } },
          })),
        },
      },
    });
    expect(run.store.commands).toEqual([
      'find Employee',
      'findRelated Employee',
      'countRelated Employee',
    ]);
  });

  test('is shown without them where the class may not be searched', async () => {
    run.store.failure = { className: 'Employee', error: permissionDenied() };
    const { data, errors } = await run.ask(
      '{ companies { edges { node { name employees { count } } } } }',
    );
    expect(data).toEqual({
      companies: {
        edges: ['Acme', 'Bolt', 'Cask'].map((name) => ({ node: { name, employees: null } })),
      },
    });
    expect(errors.map(({ code }) => code)).toEqual([119, 119, 119]);
  });
});

describe('the field is named', () => {
  test('like the list of the class that points', () => {
    expect(inverseFields('Company', [])).toEqual({ names: ['employees', 'teams'], report: [] });
  });

  test('with the pointer where a class has several', () => {
    const row = { _id: 'Deal', buyer: '*Company', seller: '*Company' };
    expect(inverseFields('Company', [row])).toEqual({
      names: ['dealsByBuyer', 'dealsBySeller', 'employees', 'teams'],
      report: [],
    });
  });

  test('with the pointer, and reported, where a column or another list has the name', () => {
    const rows = [
      { _id: 'Hub', spokes: 'number', spokes2: 'string', wheelsByHub: 'string', wheels: 'array' },
      { _id: 'Spoke', hub: '*Hub' },
      { _id: 'Wheel', hub: '*Hub' },
    ];
    expect(inverseFields('Hub', rows)).toEqual({
      names: ['spokesByHub', 'wheelsByHub_2'],
      report: [
        'pointer "hub" of class "Spoke" is followed back by spokesByHub of Hub: spokes is taken there',
        'pointer "hub" of class "Wheel" is followed back by wheelsByHub_2 of Hub: wheels is taken there',
      ],
    });
  });

  test('nothing where the configuration hides the pointer, the list, the class or the field', () => {
    const config = (className: string, part: object) => ({
      classConfigs: [{ className, ...part }],
    });
    for (const hiding of [
      config('Team', { type: { outputFields: ['name'] } }),
      config('Team', { query: { find: false } }),
      { disabledForClasses: ['Team'] },
      config('Company', { type: { outputFields: ['name', 'employees'] } }),
    ]) {
      expect(inverseFields('Company', [], hiding).names).toEqual(['employees']);
    }
  });
});

test('a column named NOT keeps its name in filters', () => {
  const { schema, report } = buildApi(catalogOf([{ _id: 'Gate', NOT: 'string', NOT_2: 'number' }]));
  const where = schema.getType('GateWhereInput');
  const fields = isInputObjectType(where) ? where.getFields() : {};
  expect(['NOT', 'NOT_2', 'NOT_3'].map((name) => String(fields[name]?.type))).toEqual([
    'StringWhereInput',
    'NumberWhereInput',
    'GateWhereInput',
  ]);
  expect(report).toEqual(['class "Gate" is negated by NOT_3: NOT is one of its columns']);
});

describe('nodes', () => {
  const id = encodeGlobalId;

  test('come in the order of their ids, one command for each class, null where there is none', async () => {
    const ids = [
      id('Employee', 'e2'),
      id('Company', 'co1'),
      'e1',
      id('Employee', 'nope'),
      id('Nope', 'e1'),
      id('Employee', 'e1'),
      id('Employee', 'e2'),
    ];
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Employee { firstName }
      ... on Company { name } } }`;
    expect(await run.data(query, { ids })).toEqual({
      nodes: [
        { id: ids[0], firstName: 'Bob' },
        { id: ids[1], name: 'Acme' },
        null,
        null,
        null,
        { id: ids[5], firstName: 'Ann' },
        { id: ids[0], firstName: 'Bob' },
      ],
    });
    expect(run.store.commands.toSorted()).toEqual(['find Company', 'find Employee']);
  });

  test('of a class that may not be read are null, and a failure is an error at its place', async () => {
    const query = `{ nodes(ids: ["${id('Employee', 'e1')}", "${id('Company', 'co1')}"]) { id } }`;
    const half = { nodes: [null, { id: id('Company', 'co1') }] };
    run.store.failure = { className: 'Employee', error: permissionDenied() };
    expect(await run.ask(query)).toEqual({ data: half, errors: [] });
    run.store.failure = { className: 'Employee', error: new Error('lost') };
    const { data, errors } = await run.ask(query);
    expect(data).toEqual(half);
    expect(errors).toMatchObject([{ path: ['nodes', 0], code: 1 }]);
  });

  test('are refused when too many', async () => {
    const ids = Array.from({ length: 1001 }, () => 'x');
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
    expect(await run.refusal(query, { ids })).toBe('102 nodes takes 1000 ids');
    expect(await run.data('{ nodes(ids: []) { id } }')).toEqual({ nodes: [] });
  });

  test('give way to a list that a class is configured to have', () => {
    const graphqlConfig = {
      classConfigs: [{ className: 'Team', query: { findAlias: 'nodes' } }],
    };
    const { schema, report } = buildApi(sampleCatalog, { graphqlConfig });
    const { nodes, nodes_2 } = schema.getQueryType()!.getFields();
    expect([String(nodes?.type), String(nodes_2?.type)]).toEqual(['TeamConnection!', '[Node]!']);
    expect(report).toEqual([
      'objects are found by their global ids in field nodes_2: nodes belongs to class Team',
    ]);
  });
});

test('a pointer named self keeps its name in orders, and what an app does not sort by is no way through', () => {
  const rows = [
    {
      _id: 'Gate',
      self: '*Gate',
      next: '*Gate',
      last: '*Gate',
      width: 'number',
      all: 'relation<Gate>',
    },
  ];
  const sortFields = [
    { field: 'self', asc: true, desc: false },
    { field: 'next', asc: false, desc: true },
    { field: 'all', asc: true, desc: true },
    { field: 'width', asc: true, desc: false },
  ];
  const graphqlConfig = { classConfigs: [{ className: 'Gate', type: { sortFields } }] };
  const { schema, report } = buildApi(catalogOf(rows), { graphqlConfig });
  const orderBy = schema.getType('GateOrderByInput');
  const fields = isInputObjectType(orderBy) ? orderBy.getFields() : {};
  expect(Object.entries(fields).map(([name, { type }]) => `${name}: ${String(type)}`)).toEqual([
    'self_2: GateOrder',
    'next: GateOrder',
    'self: GateOrder',
  ]);
  expect(report).toEqual(['class "Gate" is ordered by self_2: self is one of its columns']);
});
