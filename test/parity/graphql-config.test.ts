import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparable } from './compare-answers.ts';
import { startPair, type Pair } from './start-pair.ts';

const FJORD = '{ __type: "Pointer", className: "Company", objectId: "{{fjord}}" }';

const answered: readonly string[] = [
  '{ staff(order: [firstName_ASC]) { edges { node { firstName } } } }',
  '{ staff(order: [createdAt_DESC], first: 3) { count edges { node { objectId salary manager { firstName } } } } }',
  '{ staffMember(id: "{{e1}}") { id objectId firstName createdAt ACL { public { read } } } }',
  '{ staff(where: { firstName: { equalTo: "Ann" } }) { count } }',
  '{ staff(where: { manager: { have: { firstName: { equalTo: "Bo" } } } }) { count } }',
  '{ teams(order: [name_ASC]) { edges { node { members(order: [firstName_ASC]) { edges { node { firstName } } } } } } }',
  '{ country(id: "{{NO}}") { name } }',
  // A class that is not served, at the end of a pointer.
  '{ staff(where: { company: { exists: true } }) { count } }',
  '{ staff(where: { company: { exists: false } }) { count } }',
  '{ staff(where: { company: {} }) { count } }',
  `{ staff(where: { company: { equalTo: ${FJORD} } }) { count edges { node { objectId } } } }`,
  `{ staff(where: { company: { notEqualTo: ${FJORD} } }) { count edges { node { objectId } } } }`,
  `{ staff(where: { company: { in: [${FJORD}] } }) { count edges { node { objectId } } } }`,
  `{ staff(where: { OR: [{ company: { in: [${FJORD}] } }, { firstName: { equalTo: "Bo" } }] }) { count } }`,
];

const refused: readonly string[] = [
  '{ employees { count } }',
  '{ employee(id: "{{e1}}") { firstName } }',
  '{ staff(where: { id: { equalTo: "{{e1}}" } }) { count } }',
  '{ staff(where: { objectId: { equalTo: "{{e1}}" } }) { count } }',
  '{ staff(where: { salary: { equalTo: 1 } }) { count } }',
  '{ staff(order: [firstName_DESC]) { count } }',
  '{ staff(order: [salary_ASC]) { count } }',
  '{ staff { edges { node { hiredAt } } } }',
  '{ staff { edges { node { company { name } } } } }',
  '{ companies { count } }',
  '{ company(id: "{{fjord}}") { name } }',
  '{ countries { count } }',
];

describe('the stored GraphQL configuration is kept as Parse Server keeps it', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair({
      graphqlConfig: {
        disabledForClasses: ['Company'],
        classConfigs: [
          {
            className: 'Employee',
            type: {
              outputFields: ['firstName', 'salary', 'company', 'manager'],
              constraintFields: ['firstName', 'company', 'manager'],
              sortFields: [
                { field: 'firstName', asc: true, desc: false },
                { field: 'createdAt', asc: true, desc: true },
              ],
            },
            query: { getAlias: 'staffMember', findAlias: 'staff' },
          },
          { className: 'Country', query: { find: false } },
        ],
      },
    });
  }, 120_000);
  afterAll(async () => {
    await pair.close();
  });

  it.for(answered)('%s', async (document) => {
    const [theirs, ours] = await both(document);
    expect(ours).toEqual(theirs);
    expect(ours.errors).toEqual([]);
  });

  it.for(refused)('has no %s', async (document) => {
    for (const { data, errors } of await both(document)) {
      expect(data).toBeNull();
      expect(errors.map(({ path }) => path)).toEqual(['']);
    }
  });

  it('a pointer to a class that is not served is shown as one; there as the whole object', async () => {
    const [theirs, ours] = await both('{ staffMember(id: "{{e0}}") { company } }');
    const objectId = pair.data.ids.get('fjord');
    expect(ours).toEqual({
      data: { staffMember: { company: { __type: 'Pointer', className: 'Company', objectId } } },
      errors: [],
    });
    expect(theirs).toMatchObject({
      data: { staffMember: { company: { name: 'Fjord Shipping' } } },
    });
  });

  it('what leads to a class that is not served is also filtered by its objects; there that is an internal error', async () => {
    const [theirs, ours] = await both(
      '{ staff(where: { company: { have: { name: { equalTo: "Kaze" } } } }) { count } }',
    );
    expect(ours).toEqual({ data: { staff: { count: 4 } }, errors: [] });
    expect(theirs.errors).toEqual([{ path: 'staff', code: 1 }]);
  });

  async function both(document: string) {
    const isOrdered = document.includes('order:');
    const [theirs, ours] = await Promise.all([
      pair.askParseServer(document, 'alice'),
      pair.askGateway(document, 'alice'),
    ]);
    return [comparable(theirs, isOrdered), comparable(ours, isOrdered)] as const;
  }
});
