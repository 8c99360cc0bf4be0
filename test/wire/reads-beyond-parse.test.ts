import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/api/arguments/global-id.ts';
import { ADA_SESSION, seedGoldenWorld } from '../golden/seed-golden-world.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let test: TestGateway;
const ada = { 'x-parse-session-token': ADA_SESSION };

beforeAll(async () => {
  test = await startGateway({ seed: seedGoldenWorld });
  await test.graphql('{ teams { count } }', {}, ada);
});

afterAll(async () => {
  await test.close();
});

/** The answer's data, and the commands it cost. */
async function ask(document: string, headers: Readonly<Record<string, string>> = {}) {
  test.takeCommands();
  const { data, errors } = await test.graphql(document, {}, headers);
  expect(errors).toBeUndefined();
  return { data, commands: test.takeCommands().length };
}

describe('filters that Parse has not', () => {
  it.each<[list: string, where: string, ids: readonly string[]]>([
    ['employees', '{ firstName: { startsWith: "a" } }', []],
    ['employees', '{ firstName: { startsWith: "A" } }', ['ann']],
    ['employees', '{ firstName: { startsWith: "a", ignoreCase: true } }', ['ann']],
    ['employees', '{ firstName: { endsWith: "n" } }', ['ann', 'ben', 'dan']],
    ['employees', '{ firstName: { containsText: ".*" } }', []],
    ['employees', '{ firstName: { containsText: "A", ignoreCase: true } }', ['ann', 'cat', 'dan']],
    ['employees', '{ firstName: { in: ["BEN", "cAT", null], ignoreCase: true } }', ['ben', 'cat']],
    ['employees', '{ NOT: { firstName: { endsWith: "n" } } }', ['cat']],
    [
      'employees',
      '{ NOT: { NOT: { firstName: { notEqualTo: "ANN", ignoreCase: true } } } }',
      ['ben', 'cat', 'dan'],
    ],
    ['employees', '{ active: { in: [false, null] } }', []],
    [
      'employees',
      '{ active: { notIn: [false] }, skills: { size: 1 } }',
      ['ann', 'ben', 'cat', 'dan'],
    ],
    ['employees', '{ skills: { size: 0 } }', []],
    ['employees', '{ manager: { equalTo: null } }', ['ann']],
    ['employees', '{ manager: { in: ["ann", "nobody"] } }', ['ben', 'cat']],
    [
      'employees',
      '{ company: { notEqualTo: "acme" }, position: { equalTo: null } }',
      ['cat', 'dan'],
    ],
    ['employees', '{ profile: { equalTo: null } }', ['ann', 'ben', 'cat', 'dan']],
    [
      'companies',
      '{ settings: { equalTo: { key: "theme.dark", value: null } } }',
      ['bolt', 'cogs'],
    ],
    ['companies', '{ location: { equalTo: { latitude: 53, longitude: 13 } } }', ['bolt']],
    ['countries', '{ border: { equalTo: null } }', ['sudland']],
    ['teams', '{ members: { in: ["dan"] } }', ['green', 'red']],
    ['teams', '{ members: { notIn: ["dan"] } }', ['blue', 'empty']],
    // Who may not be seen cannot be asked for.
    ['teams', '{ members: { equalTo: "gus" } }', []],
  ])('%s where %s', async (list, where, ids) => {
    const { data } = await ask(`{ ${list}(where: ${where}) { edges { node { objectId } } } }`);
    expect(data?.[list]).toEqual({ edges: ids.map((objectId) => ({ node: { objectId } })) });
  });

  it('cost no command of their own for pointers by id', async () => {
    const { commands } = await ask(
      '{ employees(where: { manager: { equalTo: "ann" } }) { count } }',
    );
    expect(commands).toBe(1);
  });
});

describe('distances', () => {
  const to = (point: string) => `{ companies(order: [name_ASC]) { edges { node { location {
    kilometersTo(point: ${point}) milesTo(point: ${point}) radiansTo(point: ${point}) } } } } }`;

  it('are those that filters compare with, in all units', async () => {
    const { data, commands } = await ask(to('{ latitude: -30, longitude: -90 }'));
    expect(commands).toBe(1);
    const { edges } = (
      data as { companies: { edges: { node: { location: Record<string, number> } }[] } }
    ).companies;
    const [, , { location } = { location: {} }] = edges.map(({ node }) => node);
    // From 30° south over the pole to the other side: 120°.
    expect(location['radiansTo']).toBeCloseTo((2 * Math.PI) / 3, 10);
    expect(location['kilometersTo']).toBeCloseTo((6371 * 2 * Math.PI) / 3, 6);
    expect(location['milesTo']).toBeCloseTo((3959 * 2 * Math.PI) / 3, 6);
    const within = async (kilometers: number) =>
      ask(`{ companies(where: { location: {
        nearSphere: { latitude: -30, longitude: -90 }, maxDistanceInKilometers: ${kilometers} } }) { count } }`);
    const far = location['kilometersTo'] ?? 0;
    const others = edges.filter(({ node }) => (node.location['kilometersTo'] ?? 0) < far).length;
    expect((await within(far - 0.01)).data).toEqual({ companies: { count: others } });
    expect((await within(far + 0.01)).data).toEqual({ companies: { count: others + 1 } });
  });

  it('need a point on the globe, and are none where there is no position', async () => {
    const { errors = [] } = await test.graphql(to('{ latitude: 91, longitude: 0 }'));
    expect(errors[0]?.extensions['code']).toBe(107);
    const none = await ask(
      '{ country(id: "norland") { border { kilometersTo(point: { latitude: 50, longitude: 10 }) } } employee(id: "ann") { position { radiansTo(point: { latitude: 0, longitude: 0 }) } } }',
    );
    expect(none.data).toMatchObject({
      country: { border: [{ kilometersTo: 0 }, {}, {}, { kilometersTo: 0 }] },
      employee: { position: null },
    });
  });
});

describe('the objects that point here', () => {
  const document = `{ companies(order: [name_ASC]) { edges { node { name
    employees(order: [salary_DESC], first: 2) { count edges { node { objectId employees { count } } } }
    teams(where: { budget: { greaterThan: 15 } }) { edges { node { name } } } } } } }`;

  it('cost two commands a level, and who may not be seen is neither shown nor counted', async () => {
    const anonymous = await ask(document);
    const people = (...list: [string, number][]) => ({
      edges: list.map(([objectId, count]) => ({ node: { objectId, employees: { count } } })),
    });
    const teams = (...names: string[]) => ({ edges: names.map((name) => ({ node: { name } })) });
    const company = (name: string, employees: object, own: object) => ({
      node: { name, employees, teams: own },
    });
    const acme = company('Acme', { count: 2, ...people(['ann', 2], ['ben', 0]) }, teams('red'));
    const bolt = company('Bolt', { count: 2, ...people(['cat', 1], ['dan', 0]) }, teams('green'));
    expect(anonymous.data).toEqual({
      companies: {
        edges: [acme, bolt, company('Cogs', { count: 0, ...people() }, teams())],
      },
    });
    // Companies; employees, their number, teams; the numbers of the employees' own.
    expect(anonymous.commands).toBe(5);
    const signedIn = await ask(document, ada);
    expect(signedIn.data).toEqual({
      companies: {
        edges: [
          acme,
          bolt,
          company('Cogs', { count: 2, ...people(['eve', 0], ['fay', 0]) }, teams()),
        ],
      },
    });
    expect(signedIn.commands).toBe(5);
  });

  it('go on behind a cursor, and before one', async () => {
    const page = async (args: string): Promise<readonly [ids: unknown, cursor: unknown]> => {
      const { data } = await ask(
        `{ employee(id: "ann") { employees(order: [firstName_ASC], ${args}) {
          edges { cursor node { objectId } } } } }`,
      );
      const { edges } = (
        data as {
          employee: { employees: { edges: { cursor: string; node: { objectId: string } }[] } };
        }
      ).employee.employees;
      return [edges.map(({ node }) => node.objectId), edges.at(-1)?.cursor];
    };
    const [first, cursor] = await page('first: 1');
    const [second, last] = await page(`first: 1, after: "${String(cursor)}"`);
    expect([first, second]).toEqual([['ben'], ['cat']]);
    expect((await page(`first: 1, after: "${String(last)}"`))[0]).toEqual([]);
    expect((await page(`last: 1, before: "${String(last)}"`))[0]).toEqual(['ben']);
    expect((await page('last: 1'))[0]).toEqual(['cat']);
  });
});

describe('nodes', () => {
  const ids = [
    ['Employee', 'eve'],
    ['Company', 'bolt'],
    ['Employee', 'gus'],
    ['Employee', 'ann'],
  ].map(([className = '', objectId = '']) => encodeGlobalId(className, objectId));

  it('cost one command a class, and what may not be seen is null', async () => {
    const document = `{ nodes(ids: ${JSON.stringify([...ids, 'x'])}) { id ... on Company { name } } }`;
    const [eve, bolt, gus, ann] = ids;
    const signedIn = await ask(document, ada);
    expect(signedIn.data).toEqual({
      nodes: [{ id: eve }, { id: bolt, name: 'Bolt' }, null, { id: ann }, null],
    });
    expect(signedIn.commands).toBe(2);
    const anonymous = await ask(document);
    expect(anonymous.data).toMatchObject({ nodes: [null, { id: bolt }, null, { id: ann }, null] });
    expect(gus).toBeDefined();
  });
});
