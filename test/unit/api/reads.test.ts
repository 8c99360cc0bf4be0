import { beforeEach, describe, expect, test } from 'vitest';
import { encodeGlobalId } from '../../../src/api/arguments/global-id.ts';
import { permissionDenied } from '../../../src/parse/errors.ts';
import { FileReference, GeoPoint, Pointer, Polygon } from '../../../src/parse/values.ts';
import type { FindRequest } from '../../../src/query/find-request.ts';
import { ApiRun } from '../../support/api-run.ts';

let run: ApiRun;

beforeEach(() => {
  run = new ApiRun();
  const { store } = run;
  const country = store.put('Country', 'c1', { name: 'Austria', code: 'AT' });
  const other = store.put('Country', 'c2', { name: 'Chile' });
  const acme = store.put('Company', 'co1', { name: 'Acme', country });
  const bolt = store.put('Company', 'co2', { name: 'Bolt', country: other });
  const ann = store.put('Employee', 'e1', { firstName: 'Ann', salary: 3, company: acme });
  const bob = store.put('Employee', 'e2', {
    firstName: 'Bob',
    salary: 1,
    company: bolt,
    manager: ann,
  });
  store.put('Employee', 'e3', {
    firstName: 'Cid',
    salary: 2,
    company: new Pointer('Company', 'gone'),
  });
  const red = store.put('Team', 't1', { name: 'Red', company: acme, lead: bob });
  const blue = store.put('Team', 't2', { name: 'Blue', company: bolt, lead: ann });
  store.relate(red, 'members', 'e1', 'e2');
  store.relate(blue, 'members', 'e2', 'e3');
});

const selects = (index: number): readonly string[] => {
  const { select } = run.store.calls[index]?.request as FindRequest;
  return select === 'all' ? ['all'] : [...select].sort();
};

describe('one object', () => {
  test('is found by object id and by global id', async () => {
    const found = { team: { objectId: 't1', id: encodeGlobalId('Team', 't1'), name: 'Red' } };
    const query = 'query ($id: ID!) { team(id: $id) { objectId id name } }';
    expect(await run.data(query, { id: 't1' })).toEqual(found);
    expect(await run.data(query, { id: encodeGlobalId('Team', 't1') })).toEqual(found);
    expect(
      await run.data(`{ node(id: "${encodeGlobalId('Team', 't1')}") { id ... on Team { name } } }`),
    ).toEqual({
      node: { id: encodeGlobalId('Team', 't1'), name: 'Red' },
    });
  });

  test.each([
    ['{ team(id: "nope") { id } }'],
    [`{ team(id: "${encodeGlobalId('Company', 'co1')}") { id } }`],
    ['{ node(id: "t1") { id } }'],
    [`{ node(id: "${encodeGlobalId('Nope', 't1')}") { id } }`],
  ])('is not found, with code 101: %s', async (query) => {
    expect(await run.refusal(query)).toBe('101 Object not found.');
  });

  test('shows every kind of value in its own form', async () => {
    run.store.put('Employee', 'e9', {
      active: true,
      salary: 1.5,
      hiredAt: new Date('2020-02-03T04:05:06.007Z'),
      profile: { at: new Date(0), deep: [new GeoPoint(1, 2)] },
      position: new GeoPoint(48, 16),
      area: new Polygon([
        new GeoPoint(0, 0),
        new GeoPoint(0, 1),
        new GeoPoint(1, 1),
        new GeoPoint(0, 0),
      ]),
      photo: new FileReference('a b.png'),
      skills: ['x', null, 2],
    });
    const fields = `active salary hiredAt profile position { latitude longitude } area { latitude }
      photo { name url } skills { ... on Element { value } } badge ACL { public { read write } users { userId } }`;
    expect(await run.data(`{ employee(id: "e9") { ${fields} } }`)).toEqual({
      employee: {
        active: true,
        salary: 1.5,
        hiredAt: '2020-02-03T04:05:06.007Z',
        profile: {
          at: { __type: 'Date', iso: '1970-01-01T00:00:00.000Z' },
          deep: [{ __type: 'GeoPoint', latitude: 1, longitude: 2 }],
        },
        position: { latitude: 48, longitude: 16 },
        area: [{ latitude: 0 }, { latitude: 0 }, { latitude: 1 }, { latitude: 0 }],
        photo: { name: 'a b.png', url: 'http://files/a b.png' },
        skills: [{ value: 'x' }, null, { value: 2 }],
        badge: null,
        ACL: { public: { read: true, write: true }, users: null },
      },
    });
  });

  test('hides a value that contradicts its column instead of failing', async () => {
    run.store.put('Employee', 'odd', {
      firstName: 3,
      salary: Number.NaN,
      position: 'x',
      company: new Pointer('Team', 't1'),
    });
    expect(
      await run.data(
        '{ employee(id: "odd") { firstName salary position { latitude } company { name } } }',
      ),
    ).toEqual({ employee: { firstName: null, salary: null, position: null, company: null } });
  });
});

describe('the database is asked for', () => {
  test('exactly the selected columns, through fragments, aliases and directives', async () => {
    await run.data(
      `query ($yes: Boolean!) {
        teams { edges { node { ...Names createdAt ACL { public { read } } b: budget @include(if: $yes) company @skip(if: $yes) { id } } } }
      }
      fragment Names on Team { n: name ... on ParseObject { objectId } ... on Node { id } ... { __typename } }`,
      { yes: true },
    );
    expect(run.store.commands).toEqual(['find Team']);
    expect(selects(0)).toEqual(['budget', 'name']);
  });

  test.each([
    ['position { latitude }', ['position']],
    ['area { latitude }', ['area']],
    ['photo { url }', ['photo']],
    ['ACL { roles { roleName } } id createdAt', []],
  ])('only the column of %s', async (field, columns) => {
    await run.data(`{ employees { edges { node { ${field} } } } }`);
    expect(selects(0)).toEqual(columns);
  });

  test('one page and one count, and the count only when selected', async () => {
    const query = '{ teams { count edges { node { name } } } }';
    expect(await run.data(query)).toMatchObject({ teams: { count: 2 } });
    expect(run.store.commands).toEqual(['find Team', 'count Team']);
    run.store.calls.length = 0;
    await run.data('{ teams(where: {name: {equalTo: "Red"}}) { count } }');
    expect(run.store.commands).toEqual(['count Team']);
  });

  test('one command a level, whatever the parents, aliases and paths', async () => {
    const data = await run.data(`{
      teams(order: [name_ASC]) { edges { node {
        name
        company { name country { name } }
        lead { firstName company { country { code } } }
        again: lead { manager { firstName } }
      } } }
    }`);
    expect(data).toEqual({
      teams: {
        edges: [
          {
            node: {
              name: 'Blue',
              company: { name: 'Bolt', country: { name: 'Chile' } },
              lead: { firstName: 'Ann', company: { country: { code: 'AT' } } },
              again: { manager: null },
            },
          },
          {
            node: {
              name: 'Red',
              company: { name: 'Acme', country: { name: 'Austria' } },
              lead: { firstName: 'Bob', company: { country: { code: null } } },
              again: { manager: { firstName: 'Ann' } },
            },
          },
        ],
      },
    });
    // Both companies and Ann are known by the time they are met again.
    expect([...run.store.commands].sort()).toEqual([
      'find Company',
      'find Country',
      'find Employee',
      'find Team',
    ]);
    const country = run.store.commands.indexOf('find Country');
    expect(selects(country)).toEqual(['code', 'name']);
  });

  test('the same class on one level once, though its parents answer at different times', async () => {
    await run.data(`{ teams { edges { node { company { country { name } } lead { company { name } } } } }
      employees { edges { node { company { country { code } } } } } }`);
    const levels = run.store.commands;
    expect(levels.slice(0, 2).sort()).toEqual(['find Employee', 'find Team']);
    expect(levels.slice(2, 4).sort()).toEqual(['find Company', 'find Employee']);
    // The leads' companies are known but for their names.
    expect(levels.slice(4).sort()).toEqual(['find Company', 'find Country']);
    expect(selects(levels.lastIndexOf('find Company'))).toEqual(['name']);
  });

  test('relations of all parents and equal aliases with one command', async () => {
    const data = await run.data(`{
      teams(order: [name_ASC]) { edges { node {
        members(order: [salary_ASC], first: 1) { count edges { node { firstName company { name } } } }
        same: members(order: [salary_ASC], first: 1) { edges { node { salary } } }
      } } }
    }`);
    expect(data).toMatchObject({
      teams: {
        edges: [
          {
            node: {
              members: {
                count: 2,
                edges: [{ node: { firstName: 'Bob', company: { name: 'Bolt' } } }],
              },
              same: { edges: [{ node: { salary: 1 } }] },
            },
          },
          { node: { members: { count: 2, edges: [{ node: { firstName: 'Bob' } }] } } },
        ],
      },
    });
    expect(run.store.commands[0]).toBe('find Team');
    expect(run.store.commands.slice(1, 3).sort()).toEqual([
      'countRelated Employee',
      'findRelated Employee',
    ]);
    expect(run.store.commands.slice(3)).toEqual(['find Company']);
  });
});

describe('an array', () => {
  beforeEach(() => {
    run.store.put('Team', 't9', {
      name: 'Mixed',
      featured: [
        new Pointer('Employee', 'e1'),
        new Pointer('Employee', 'gone'),
        5,
        null,
        new Pointer('Company', 'co1'),
        new Pointer('Nowhere', 'x'),
      ],
    });
  });

  test('shows pointers as objects, leaves the missing out, and keeps every other value', async () => {
    const data = await run.data(`{ team(id: "t9") { featured {
      __typename ... on Employee { firstName } ... on Company { name } ... on Element { value } } } }`);
    expect(data).toEqual({
      team: {
        featured: [
          { __typename: 'Employee', firstName: 'Ann' },
          { __typename: 'Element', value: 5 },
          null,
          { __typename: 'Company', name: 'Acme' },
          {
            __typename: 'Element',
            value: { __type: 'Pointer', className: 'Nowhere', objectId: 'x' },
          },
        ],
      },
    });
    expect([...run.store.commands].sort()).toEqual(['find Company', 'find Employee', 'find Team']);
  });

  test('has null and an error where a class is denied', async () => {
    run.store.failure = { className: 'Company', error: permissionDenied() };
    const { data, errors } = await run.ask('{ team(id: "t9") { name featured { __typename } } }');
    expect(data).toMatchObject({
      team: {
        name: 'Mixed',
        featured: [
          { __typename: 'Employee' },
          { __typename: 'Element' },
          null,
          null,
          { __typename: 'Element' },
        ],
      },
    });
    expect(errors).toEqual([
      { message: 'Permission denied', code: 119, path: ['team', 'featured', 3] },
    ]);
  });
});

describe('a failure', () => {
  test('of a pointer is null and an error at its path', async () => {
    run.store.failure = { className: 'Company', error: permissionDenied() };
    const { data, errors } = await run.ask(
      '{ teams(first: 1) { edges { node { name company { name } } } } }',
    );
    expect(data).toEqual({ teams: { edges: [{ node: { name: 'Red', company: null } }] } });
    expect(errors).toEqual([
      { message: 'Permission denied', code: 119, path: ['teams', 'edges', 0, 'node', 'company'] },
    ]);
  });

  test('of a relation leaves its owner standing', async () => {
    run.store.failure = { className: 'Employee', error: permissionDenied() };
    const { data, errors } = await run.ask(
      '{ team(id: "t1") { name members { edges { node { id } } } } }',
    );
    expect(data).toEqual({ team: { name: 'Red', members: { edges: null } } });
    expect(errors).toEqual([
      { message: 'Permission denied', code: 119, path: ['team', 'members', 'edges'] },
    ]);
  });

  test('nobody expected is masked, and reported once with all it says', async () => {
    run.store.failure = { className: 'Team', error: new Error('secret detail') };
    expect(await run.refusal('{ teams { edges { node { id } } } }')).toBe(
      '1 Internal server error.',
    );
    expect(run.unexpected).toEqual([new Error('secret detail')]);
  });
});

describe('who asks', () => {
  const describeClass =
    '{ class(name: "Team") { name schemaFields { name ... on SchemaPointerField { targetClassName } } } }';

  test('reads class descriptions with the master key only', async () => {
    expect(await run.data(describeClass)).toMatchObject({
      class: {
        name: 'Team',
        schemaFields: expect.arrayContaining([
          { name: 'company', targetClassName: 'Company' },
        ]) as unknown,
      },
    });
    expect(await run.refusal('{ class(name: "Nope") { name } }')).toBe(
      '103 Class Nope does not exist.',
    );
    const anonymous = new ApiRun({ principal: { kind: 'anonymous', installationId: undefined } });
    expect(await anonymous.refusal(describeClass)).toBe('119 Permission denied');
    expect(await anonymous.refusal('{ classes { name } }')).toBe('119 Permission denied');
  });

  test('is the viewer, or nobody', async () => {
    expect(await run.refusal('{ viewer { sessionToken } }')).toBe('209 Invalid session token');
    const user = new ApiRun({
      principal: {
        kind: 'user',
        userId: 'u1',
        sessionToken: 'r:1',
        roles: [],
        installationId: undefined,
      },
    });
    user.store.put('_User', 'u1', { username: 'ann' });
    expect(await user.data('{ viewer { sessionToken user { username } } health }')).toEqual({
      viewer: { sessionToken: 'r:1', user: { username: 'ann' } },
      health: true,
    });
  });
});
