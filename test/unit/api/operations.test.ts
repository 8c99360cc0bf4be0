import { type DocumentNode, getOperationAST, print, validate } from 'graphql';
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { printApi } from '../../../src/api/print-api.ts';
import { Pointer } from '../../../src/parse/values.ts';
import { sampleCatalog } from '../../support/api-catalog.ts';
import { ApiRun } from '../../support/api-run.ts';

/** `CreateTeamDocument` and the like, as `codegen.ts` writes them. */
let documents: Readonly<Record<string, DocumentNode>>;

beforeAll(async () => {
  // Runs as a script does: it writes its file when loaded.
  await import('../../../codegen.ts');
  const generated = new URL('../../support/generated/operations.ts', import.meta.url).pathname;
  documents = (await import(generated)) as typeof documents;
});

function seeded(): ApiRun {
  const run = new ApiRun();
  const country = run.store.put('Country', 'c1', { name: 'Austria' });
  const company = run.store.put('Company', 'co1', { name: 'Acme', country });
  const lead = run.store.put('Employee', 'e1', { firstName: 'Ann', salary: 3, company });
  const featured = [lead, 7];
  const team = run.store.put('Team', 't1', { name: 'Red', budget: 1, lead, featured });
  run.store.relate(team, 'members', 'e1');
  return run;
}

const ask = (run: ApiRun, name: string, variables: Readonly<Record<string, unknown>>) => {
  const document = documents[`${name}Document`];
  if (document === undefined) throw new Error(`codegen made no ${name}Document`);
  return run.data(print(document), variables);
};

test('schema/api.graphql is what is generated from schema/classes', () => {
  const committed = readFileSync(new URL('../../../schema/api.graphql', import.meta.url), 'utf8');
  expect(printApi(sampleCatalog)).toBe(committed);
});

test('codegen makes a valid document of every operation', () => {
  const operations = Object.values(documents).filter(
    (document) => getOperationAST(document) !== null,
  );
  expect(operations.length).toBe(9);
  const { schema } = new ApiRun();
  for (const document of operations) expect(validate(schema, document)).toEqual([]);
});

test('the reads answer', async () => {
  const run = seeded();
  expect(await ask(run, 'GetTeam', { id: 't1' })).toMatchObject({
    team: {
      name: 'Red',
      lead: { firstName: 'Ann', company: { name: 'Acme', country: { name: 'Austria' } } },
    },
  });
  expect(run.store.commands).toEqual([
    'find Team',
    'find Employee',
    'find Company',
    'find Country',
  ]);
  expect(
    await ask(run, 'ListEmployees', { where: { salary: { greaterThan: 2 } }, first: 1 }),
  ).toMatchObject({
    employees: {
      edges: [{ node: { firstName: 'Ann', salary: 3 } }],
      pageInfo: { hasNextPage: false },
    },
  });
  expect(await ask(run, 'TeamsWithMembers', { members: 5 })).toMatchObject({
    teams: {
      edges: [
        { node: { name: 'Red', members: { count: 1, edges: [{ node: { firstName: 'Ann' } }] } } },
      ],
    },
  });
  expect(await ask(run, 'CountWellPaid', { salary: 3 })).toEqual({ employees: { count: 0 } });
  expect(await ask(run, 'Featured', { id: 't1' })).toEqual({
    team: { featured: [{ firstName: 'Ann' }, { value: 7 }] },
  });
});

test('the writes write', async () => {
  const run = seeded();
  const made = (await ask(run, 'CreateTeam', {
    fields: { name: 'New', lead: { link: 'e1' } },
  })) as {
    createTeam: { team: { objectId: string } };
  };
  const { objectId: id } = made.createTeam.team;
  expect(await ask(run, 'UpdateTeam', { id, fields: { budget: 2 } })).toEqual({
    updateTeam: { team: { objectId: id, name: 'New', budget: 2 } },
  });
  expect(await ask(run, 'DeleteTeam', { id })).toEqual({ deleteTeam: { team: { objectId: id } } });
  expect(run.store.calls[1]?.request).toMatchObject({
    values: new Map<string, unknown>([
      ['name', 'New'],
      ['lead', new Pointer('Employee', 'e1')],
    ]),
  });
});
