import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from './read-corpus.ts';
import { startPair, type GraphqlAnswer, type Pair } from './start-pair.ts';

/** One mutation for each server. `{{key}}` is a seed object's id, `{{it}}` the object that `before` made. */
interface WriteCase {
  readonly title: string;
  readonly caller: Caller;
  readonly className: string;
  /** Fields of an object that is made first, by the server that is then asked to change it. */
  readonly before?: string;
  readonly document: string;
  readonly relation?: string;
  /** Where the gateway answers otherwise on purpose: why, and its answer. */
  readonly difference?: { readonly reason: string; readonly answer: unknown };
}

const everyKind = `
  firstName: "Ida", salary: 12.5, active: false, hiredAt: "2020-02-29T12:00:00.001Z",
  profile: { deep: { list: [1, "two", null, true] }, when: { __type: "Date", iso: "2021-01-01T00:00:00.000Z" } },
  skills: ["a", 1, 2.5, { k: 1 }, { __type: "Pointer", className: "Country", objectId: "{{NO}}" }],
  position: { latitude: 59.9, longitude: 10.7 }, badge: "AQID",
  area: [{ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 5 }, { latitude: 5, longitude: 5 }],
  company: { link: "{{fjord}}" }, manager: { link: "{{e1}}" }`;

const payload = `{ employee { objectId firstName salary active hiredAt profile skills { ... on Element { value } }
  position { latitude longitude } badge area { latitude longitude } company { objectId name } manager { objectId }
  ACL { users { userId read write } roles { roleName read write } public { read write } } } }`;

const create = (fields: string): string =>
  `mutation { write: createEmployee(input: { fields: { ${fields} } }) ${payload} }`;
const update = (fields: string): string =>
  `mutation { write: updateEmployee(input: { id: "{{it}}", fields: { ${fields} } }) ${payload} }`;

const employee = { caller: 'alice', className: 'Employee' } as const;

const cases: readonly WriteCase[] = [
  { ...employee, title: 'creates with every field kind', document: create(everyKind) },
  { ...employee, title: 'creates an empty object', document: create('') },
  { ...employee, title: 'creates large and small numbers', document: create('salary: 3000000000') },
  { ...employee, title: 'creates a whole number', document: create('salary: 7') },
  {
    ...employee,
    title: 'creates with an ACL',
    document: create(
      `firstName: "Acl", ACL: { users: [{ userId: "{{alice}}", read: true, write: true }],
       roles: [{ roleName: "Editors", read: true, write: false }], public: { read: false, write: false } }`,
    ),
  },
  {
    ...employee,
    title: 'adds relations to a new object',
    document: `mutation { write: createTeam(input: { fields: { name: "New", members: { add: ["{{e1}}", "{{e2}}"] } } })
      { team { objectId name members(order: [hiredAt_ASC]) { edges { node { objectId } } } } } }`,
    className: 'Team',
    relation: 'members',
  },
  {
    ...employee,
    title: 'lacks a required field',
    document:
      'mutation { write: createTeam(input: { fields: { budget: 1 } }) { team { objectId } } }',
    difference: {
      reason:
        "a document that is refused as a whole has a word for a code there; here Parse's number",
      answer: { errors: [{ path: undefined, code: 102 }] },
    },
  },
  { ...employee, title: 'updates every field kind', before: '', document: update(everyKind) },
  {
    ...employee,
    title: 'unsets with null',
    before: everyKind,
    document: update(
      `firstName: null, salary: null, active: null, hiredAt: null, profile: null, skills: null,
       position: null, badge: null, area: null, company: null`,
    ),
  },
  { ...employee, title: 'updates nothing', before: 'firstName: "Same"', document: update('') },
  {
    ...employee,
    title: 'replaces an ACL',
    before: 'firstName: "Acl"',
    document: update('ACL: { public: { read: true, write: true } }'),
  },
  {
    ...employee,
    title: 'deletes',
    before: 'firstName: "Gone"',
    document: `mutation { write: deleteEmployee(input: { id: "{{it}}" }) { employee { objectId firstName } } }`,
  },
  {
    ...employee,
    caller: 'anonymous',
    title: 'may not write what its ACL closes',
    before: 'ACL: { users: [{ userId: "{{alice}}", read: true, write: true }] }',
    document: update('firstName: "Mine"'),
  },
  {
    ...employee,
    caller: 'anonymous',
    title: 'may not delete what its ACL closes',
    before: 'ACL: { public: { read: true, write: false } }',
    document: `mutation { write: deleteEmployee(input: { id: "{{it}}" }) { employee { objectId } } }`,
  },
  {
    ...employee,
    title: 'does not find what does not exist',
    document: `mutation { write: updateEmployee(input: { id: "nosuchid00", fields: { salary: 1 } }) { employee { objectId } } }`,
  },
  {
    ...employee,
    caller: 'bob',
    title: 'may not write a locked class',
    className: 'Locked',
    document: `mutation { write: createLocked(input: { fields: { title: "x" } }) { locked { objectId } } }`,
  },
];

/** What the two sides did, with ids and times masked so that they can be compared. */
interface Outcome {
  readonly answer: unknown;
  readonly stored: unknown;
  readonly related: readonly string[];
}

describe('writes answer and store as Parse Server does', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair();
  }, 120_000);
  afterAll(async () => {
    await pair.close();
  });

  async function perform(testCase: WriteCase, ask: Pair['askGateway']): Promise<Outcome> {
    const { before, document, caller, className, relation } = testCase;
    const made = before === undefined ? undefined : await ask(create(before), 'alice');
    const id = made === undefined ? undefined : objectIdIn(made);
    const answer = await ask(document.replaceAll('{{it}}', id ?? ''), caller);
    const changed = id ?? objectIdIn(answer);
    const related =
      relation === undefined || changed === undefined
        ? []
        : await pair.readRelated(className, relation, changed);
    const stored = changed === undefined ? null : await pair.readStored(className, changed);
    return { answer: masked(answer, changed), stored: masked(stored, changed), related };
  }

  it.for(cases)('$title', async (testCase) => {
    const theirs = await perform(testCase, pair.askParseServer);
    const ours = await perform(testCase, pair.askGateway);
    if (testCase.difference === undefined) {
      expect(ours).toEqual(theirs);
    } else {
      const { reason, answer } = testCase.difference;
      expect(ours, reason).toEqual({ ...theirs, answer });
      expect(ours.answer, 'no longer a difference').not.toEqual(theirs.answer);
    }
  });
});

function objectIdIn(answer: GraphqlAnswer): string | undefined {
  return /"objectId":"(\w+)"/.exec(JSON.stringify(answer.data ?? null))?.[1];
}

const times = new Set(['_created_at', '_updated_at', 'createdAt', 'updatedAt']);

/** Errors keep path and code; BSON values keep their type. */
function masked(value: unknown, id: string | undefined): unknown {
  if (value instanceof Date) return `Date ${value.toISOString()}`;
  if (typeof value === 'string') return value === id ? '(id)' : value;
  if (Array.isArray(value)) return value.map((item) => masked(item, id));
  if (typeof value !== 'object' || value === null) return value;
  if ('_bsontype' in value) return `${String(value._bsontype)} ${JSON.stringify(value)}`;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => {
      if (times.has(key)) return [key, '(time)'];
      if (key === 'errors') return [key, (item as GraphqlAnswer['errors'])?.map(comparableError)];
      return [key, masked(item, id)];
    }),
  );
}

function comparableError(error: NonNullable<GraphqlAnswer['errors']>[number]): unknown {
  return { path: error.path?.join('.'), code: error.extensions?.code };
}
