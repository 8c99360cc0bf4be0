import { beforeEach, describe, expect, test } from 'vitest';
import { encodeGlobalId } from '../../../src/api/arguments/global-id.ts';
import { Bytes, FileReference, GeoPoint, Pointer, Polygon } from '../../../src/parse/values.ts';
import type { CreateRequest, UpdateRequest } from '../../../src/query/write-request.ts';
import { ApiRun } from '../../support/api-run.ts';

let run: ApiRun;

beforeEach(() => {
  run = new ApiRun();
  run.store.put('Company', 'co1', { name: 'Acme' });
  run.store.put('Employee', 'e1', { firstName: 'Ann' });
  run.store.put('Team', 't1', { name: 'Red', budget: 5 });
});

const create = (className: string, fields: string) =>
  `mutation { create${className}(input: {fields: ${fields}, clientMutationId: "m"}) { clientMutationId ${className.toLowerCase()} { objectId } } }`;
const update = (fields: string, selected = 'objectId') =>
  `mutation { updateTeam(input: {id: "t1", fields: ${fields}}) { team { ${selected} } } }`;
const created = () =>
  run.store.calls
    .filter(({ method }) => method === 'create')
    .map(({ request }) => request as CreateRequest);
const updated = () => run.store.calls.at(-1)?.request as UpdateRequest;

describe('a create', () => {
  test('stores every kind of value, defaults included', async () => {
    await run.data(
      create(
        'Employee',
        `{firstName: "Bo", salary: 1.5, active: false, hiredAt: "2020-01-01T00:00:00.000Z", badge: "AQID",
          profile: {a: {b: [1, {__type: "Date", iso: "2020-01-01T00:00:00.000Z"}]}}, skills: ["x", 1, {__type: "Pointer", className: "Team", objectId: "t1"}],
          position: {latitude: 1, longitude: 2}, photo: {file: "a.png"},
          area: [{latitude: 0, longitude: 0}, {latitude: 0, longitude: 1}, {latitude: 1, longitude: 1}],
          company: {link: "${encodeGlobalId('Company', 'co1')}"}, manager: {link: "e1"}, reports: {add: ["e1", "e1"]}}`,
      ),
    );
    const [request] = created();
    const date = new Date('2020-01-01T00:00:00.000Z');
    expect(Object.fromEntries(request?.values ?? [])).toEqual({
      firstName: 'Bo',
      salary: 1.5,
      active: false,
      hiredAt: date,
      badge: new Bytes('AQID'),
      profile: { a: { b: [1, date] } },
      skills: ['x', 1, new Pointer('Team', 't1')],
      position: new GeoPoint(1, 2),
      photo: new FileReference('a.png'),
      area: new Polygon([
        new GeoPoint(0, 0),
        new GeoPoint(0, 1),
        new GeoPoint(1, 1),
        new GeoPoint(0, 0),
      ]),
      company: new Pointer('Company', 'co1'),
      manager: new Pointer('Employee', 'e1'),
    });
    expect(request?.relations).toEqual(
      new Map([['reports', { targetClass: 'Employee', add: ['e1'] }]]),
    );
    expect(request?.acl).toEqual({ readers: undefined, writers: undefined });
  });

  test('fills in a default where nothing or null is given, and only there', async () => {
    for (const fields of ['{name: "x"}', '{name: "x", revenue: null}', '{name: "x", revenue: 7}']) {
      await run.data(create('Company', fields));
    }
    expect(created().map(({ values }) => values.get('revenue'))).toEqual([0, 0, 7]);
  });

  test('answers from what was stored, and echoes the client id', async () => {
    const data = await run.data(
      'mutation { createTeam(input: {fields: {name: "N", lead: {link: "e1"}}, clientMutationId: "m"}) { clientMutationId team { name lead { firstName } } } }',
    );
    expect(data).toEqual({
      createTeam: { clientMutationId: 'm', team: { name: 'N', lead: { firstName: 'Ann' } } },
    });
    expect(run.store.commands).toEqual(['find Employee', 'create Team', 'find Employee']);
  });

  test('gives exactly the rights it names', async () => {
    await run.data(
      create(
        'Team',
        `{name: "N", ACL: {public: {read: true, write: false},
        users: [{userId: "${encodeGlobalId('_User', 'u1')}", read: true, write: true}, {userId: "u2", read: false, write: false}],
        roles: [{roleName: "Admin", read: false, write: true}]}}`,
      ),
    );
    await run.data(create('Team', '{name: "N", ACL: {}}'));
    await run.data(create('Team', '{name: "N", ACL: null}'));
    expect(created().map(({ acl }) => acl)).toEqual([
      { readers: ['u1', '*'], writers: ['u1', 'role:Admin'] },
      { readers: [], writers: [] },
      { readers: undefined, writers: undefined },
    ]);
  });

  test('does not add to a relation what it removes, too', async () => {
    await run.data(create('Team', '{name: "N", members: {add: ["e1"], remove: ["e1", "e2"]}}'));
    expect(created()[0]?.relations.size).toBe(0);
  });

  test('creates linked objects first, in order', async () => {
    await run.data(
      create(
        'Team',
        `{name: "N", company: {createAndLink: {name: "New", country: {createAndLink: {name: "Land"}}}},
        members: {add: ["e1"], createAndAdd: [{firstName: "A"}, {firstName: "B"}]}}`,
      ),
    );
    expect(run.store.commands).toEqual([
      'find Employee',
      'create Country',
      'create Company',
      'create Employee',
      'create Employee',
      'create Team',
    ]);
    const team = created().at(-1);
    expect(team?.values.get('company')).toBeInstanceOf(Pointer);
    expect(team?.relations.get('members')?.add.length).toBe(3);
  });

  test.each([
    ['{name: ""}', '142 name is required'],
    ['{name: "x", company: {}}', '106 company needs either link or createAndLink'],
    [
      '{name: "x", company: {link: "co1", createAndLink: {}}}',
      '106 company needs either link or createAndLink',
    ],
    [
      `{name: "x", company: {link: "${encodeGlobalId('Team', 't1')}"}}`,
      '106 company must lead to Company',
    ],
    ['{name: "x", company: {link: ""}}', '106 company must lead to Company'],
    ['{name: "x", members: {}}', '106 members needs add, remove, set or createAndAdd'],
    [
      '{name: "x", members: {set: [], add: ["e1"]}}',
      '106 members: set goes without add and remove',
    ],
    [
      '{name: "x", members: {set: ["e1"], remove: ["e1"]}}',
      '106 members: set goes without add and remove',
    ],
    [
      `{name: "x", members: {add: ["${encodeGlobalId('Team', 't1')}"]}}`,
      '106 members must lead to Employee',
    ],
    [
      '{name: "x", company: {createAndLink: {country: {createAndLink: {name: ""}}}}}',
      '142 name is required',
    ],
    ['{name: "x", featured: [{__type: "Date", iso: "never"}]}', '111 This is not a valid Date.'],
    [
      '{name: "x", ACL: {users: [{userId: "*", read: true, write: true}]}}',
      '123 ACL.users: * is not a user',
    ],
    [
      '{name: "x", ACL: {users: [{userId: "role:Admin", read: true, write: true}]}}',
      '123 ACL.users: role:Admin is not a user',
    ],
    [
      `{name: "x", ACL: {users: [{userId: "${encodeGlobalId('Team', 't1')}", read: true, write: true}]}}`,
      `123 ACL.users: ${encodeGlobalId('Team', 't1')} is not a user`,
    ],
    [
      '{name: "x", ACL: {roles: [{roleName: "", read: true, write: true}]}}',
      '123 ACL.roles: a role has a name',
    ],
  ])('of a Team is refused, with nothing written: %s', async (fields, expected) => {
    expect(await run.refusal(create('Team', fields))).toBe(expected);
    expect(run.store.calls).toEqual([]);
  });

  test.each([
    [
      '{position: {latitude: 100, longitude: 0}}',
      '107 position: latitude must be between -90 and 90',
    ],
    [
      '{area: [{latitude: 0, longitude: 0}, {latitude: 0, longitude: 0}, {latitude: 1, longitude: 1}]}',
      '111 area needs at least 3 distinct points',
    ],
    ['{profile: {__op: "Delete"}}', '107 profile: operations are not values'],
    [
      '{profile: {__type: "Date", iso: "2020-01-01T00:00:00.000Z"}}',
      '111 profile must be an object',
    ],
    ['{photo: {}}', '130 Invalid file upload.'],
  ])('of an Employee is refused, with nothing written: %s', async (fields, expected) => {
    expect(await run.refusal(create('Employee', fields))).toBe(expected);
    expect(run.store.calls).toEqual([]);
  });

  test('refuses keys that are not data', async () => {
    const query =
      'mutation ($profile: Object) { createEmployee(input: {fields: {profile: $profile}}) { employee { id } } }';
    const asJson = (text: string): unknown => JSON.parse(text);
    expect(await run.refusal(query, { profile: { $set: 1 } })).toMatch(/^121 /);
    expect(await run.refusal(query, { profile: { a: [{ 'b.c': 1 }] } })).toMatch(/^121 /);
    expect(await run.refusal(query, { profile: asJson('{"a": {"__proto__": {}}}') })).toMatch(
      /^105 /,
    );
    const deep = asJson('{"a":'.repeat(5000) + '1' + '}'.repeat(5000));
    expect(await run.refusal(query, { profile: deep })).toMatch(/^107 /);
    expect(run.store.calls).toEqual([]);
    expect(run.unexpected).toEqual([]);
  });

  test.each([
    ['User', '{}', '200 bad or missing username'],
    ['User', '{username: "a"}', '201 password is required'],
    ['User', '{username: "a", password: ""}', '201 password is required'],
    ['User', '{username: "a", authData: {}}', '201 password is required'],
    ['User', '{authData: {facebook: {id: "1"}}}', '252 This authentication method is unsupported.'],
    ['Role', '{name: "r"}', '111 ACL is required.'],
    ['Role', '{ACL: {}}', '111 name is required.'],
    ['Product', '{title: "t"}', '111 productIdentifier is required.'],
  ])(
    'of a %s without what Parse demands, or cannot keep yet, is refused: %s',
    async (name, fields, expected) => {
      expect(await run.refusal(create(name, fields))).toBe(expected);
      expect(run.store.calls).toEqual([]);
    },
  );

  test('never stores a password as it is', async () => {
    const user = '{username: "a", password: "b"}';
    await run.data(create('User', user));
    await run.data(create('Employee', `{account: {createAndLink: ${user}}}`));
    const stored = JSON.stringify(run.store.calls, (_key, value: unknown) =>
      value instanceof Map ? [...value] : value,
    );
    expect(stored.match(/"_hashed_password","\$2/g)).toHaveLength(2);
    expect(stored).not.toContain('"password"');
  });

  test('never lets a credential in by another door', async () => {
    const change = (fields: string) =>
      `mutation { updateUser(input: {id: "u1", fields: ${fields}}) { user { id } } }`;
    expect(await run.refusal(change('{password: ""}'))).toMatch(/^201 /);
    expect(await run.refusal(change('{password: null}'))).toMatch(/^201 /);
    expect(await run.refusal(change('{authData: {facebook: {id: "1"}}}'))).toMatch(/^252 /);
    expect(await run.refusal(change('{authData: {a_b: null, _auth_data_a: {id: "1"}}}'))).toMatch(
      /^105 /,
    );
    expect(run.store.calls).toEqual([]);
  });
});

describe('an update', () => {
  test('sets, unsets by null, relates, and reads only what is selected', async () => {
    await run.data(
      update(
        '{budget: 7, company: null, featured: null, lead: {link: "e1"}, members: {add: ["e1"], remove: ["e2"]}}',
        'budget lead { firstName }',
      ),
    );
    const request = run.store.calls[1]?.request as UpdateRequest;
    expect(request).toMatchObject({
      className: 'Team',
      objectId: 't1',
      acl: undefined,
      select: new Set(['budget', 'lead']),
    });
    expect(Object.fromEntries(request.operations)).toEqual({
      budget: { kind: 'set', value: 7 },
      company: { kind: 'unset' },
      featured: { kind: 'unset' },
      lead: { kind: 'set', value: new Pointer('Employee', 'e1') },
      members: { kind: 'relate', targetClass: 'Employee', add: ['e1'], remove: ['e2'] },
    });
    expect(run.store.commands).toEqual(['find Employee', 'update Team', 'find Employee']);
  });

  test('sets a whole relation, empties it by null, and leaves it where a part is null', async () => {
    const changeOf = async (members: string) => {
      await run.data(update(`{members: ${members}}`));
      return updated().operations.get('members');
    };
    const relate = { kind: 'relate', targetClass: 'Employee' };
    expect(await changeOf('{set: ["e1", "e1"]}')).toEqual({
      ...relate,
      add: ['e1'],
      remove: 'others',
    });
    expect(await changeOf('{set: []}')).toEqual({ ...relate, add: [], remove: 'others' });
    expect(await changeOf('null')).toEqual({ ...relate, add: [], remove: 'others' });
    for (const part of ['add', 'remove', 'set', 'createAndAdd']) {
      expect(await changeOf(`{${part}: null}`)).toEqual({ ...relate, add: [], remove: [] });
    }
  });

  test('leaves an ACL alone that is null, and replaces one that is given', async () => {
    await run.data(update('{ACL: null}'));
    expect(updated().acl).toBeUndefined();
    await run.data(update('{ACL: {public: {read: true, write: true}}}'));
    expect(updated().acl).toEqual({ readers: ['*'], writers: ['*'] });
  });

  test.each(['{name: null}', '{name: ""}'])(
    'may not empty a required column: %s',
    async (fields) => {
      expect(await run.refusal(update(fields))).toBe('142 name is required');
      expect(run.store.calls).toEqual([]);
    },
  );

  test('without fields touches the object', async () => {
    expect(await run.data('mutation { updateTeam(input: {id: "t1"}) { team { name } } }')).toEqual({
      updateTeam: { team: { name: 'Red' } },
    });
    expect(updated().operations.size).toBe(0);
  });

  test.each(['update', 'delete'])('or %s of what is not there answers 101', async (verb) => {
    for (const id of ['gone', encodeGlobalId('Company', 'co1')]) {
      const mutation = `mutation { ${verb}Team(input: {id: "${id}"}) { team { id } } }`;
      expect(await run.refusal(mutation)).toBe('101 Object not found.');
    }
  });

  test('is seen by the reads that follow it in one operation', async () => {
    const data = await run.data(
      `mutation {
        a: updateTeam(input: {id: "t1", fields: {lead: {link: "e1"}}}) { team { lead { firstName } } }
        b: updateEmployee(input: {id: "e1", fields: {firstName: "Zoe"}}) { employee { firstName } }
        c: updateTeam(input: {id: "t1"}) { team { lead { firstName } } }
      }`,
    );
    expect(data).toMatchObject({
      a: { team: { lead: { firstName: 'Ann' } } },
      c: { team: { lead: { firstName: 'Zoe' } } },
    });
  });
});

test('a delete answers the object as it was', async () => {
  const data = await run.data(
    `mutation { deleteTeam(input: {id: "${encodeGlobalId('Team', 't1')}", clientMutationId: "d"}) { clientMutationId team { name budget } } }`,
  );
  expect(data).toEqual({ deleteTeam: { clientMutationId: 'd', team: { name: 'Red', budget: 5 } } });
  expect(await run.refusal('{ team(id: "t1") { id } }')).toBe('101 Object not found.');
});
