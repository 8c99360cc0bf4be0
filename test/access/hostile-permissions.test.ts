import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_ACCESS_RULES } from '../../src/access/access-rules.ts';
import { decideClassAccess } from '../../src/access/class-decision.ts';
import { columnRuleFor, visiblePart } from '../../src/access/column-rule.ts';
import { createGuardedStore } from '../../src/access/create-guarded-store.ts';
import { narrowingFor } from '../../src/access/narrow.ts';
import type { Principal } from '../../src/access/principal.ts';
import { Pointer, type ParseValue } from '../../src/parse/values.ts';
import { matches } from '../../src/query/matches.ts';
import { decodeAcl } from '../../src/storage/mongo/acl-codec.ts';
import { decodeClassSchema } from '../../src/storage/mongo/class-schema-codec.ts';
import { openAccessDatabase, type AccessDatabase } from './access-database.ts';
import { ANYBODY, catalogOf, classSchema, user } from './access-world.ts';

/** A class as it stands in `_SCHEMA`, with permissions that Parse Server would have refused to write. */
function storedClass(permissions: unknown) {
  const schema = decodeClassSchema(
    {
      _id: 'Doc',
      objectId: 'string',
      secret: 'string',
      owner: '*_User',
      place: '*Place',
      _metadata: { class_permissions: permissions },
    },
    () => undefined,
  );
  if (schema === undefined) throw new Error('the class does not decode');
  return schema;
}

const ANN = user('ann', 'Editors');

function mayFind(principal: Principal, permissions: unknown): string {
  const decision = decideClassAccess(principal, storedClass(permissions), 'find');
  if (decision.kind === 'deny') return String(decision.error.parseCode);
  const bare = { className: 'Doc', objectId: 'd1', createdAt: undefined, updatedAt: undefined };
  const acl = { readers: undefined, writers: undefined };
  return matches(decision.where, { ...bare, acl, values: new Map() }) ? 'all' : 'none';
}

describe('permissions that Parse Server could not have written let nobody in', () => {
  it.each([
    ['null', null],
    ['a text', 'open'],
    ['a list', [{ find: { '*': true } }]],
    ['a number', 1],
    ['an operation that is true', { find: true }],
    ['an operation that is null', { find: null }],
    ['an operation that is a list', { find: ['*'] }],
    ['everybody as 1', { find: { '*': 1 } }],
    ['everybody as a text', { find: { '*': 'true' } }],
    ['everybody as an object', { find: { '*': { read: true } } }],
    ['a blank around everybody', { find: { ' *': true } }],
    ['a role without its prefix', { find: { Editors: true } }],
    ['a role in another case', { find: { 'role:editors': true } }],
    ['signed in as a text', { find: { requiresAuthentication: 'yes' } }],
    ['another operation', { read: { '*': true } }],
    [
      'a key that looks like the prototype',
      JSON.parse('{"__proto__": {"find": {"*": true}}, "toString": {"*": true}}') as unknown,
    ],
  ])('%s', (_title, permissions) => {
    expect(mayFind(ANYBODY, permissions)).toBe('119');
    expect(mayFind(ANN, permissions)).toBe('119');
  });

  it.each([
    ['a column that is gone', ['nosuch']],
    ['a column of another class', ['place']],
    ['a column that holds no users', ['secret']],
    ['no text', [1]],
    ['a text instead of a list', 'nosuch'],
    ['an object', { owner: true }],
    ['null', null],
  ])('users whom %s names, alone and with signing in', (_title, pointerFields) => {
    for (const rule of [{ pointerFields }, { pointerFields, requiresAuthentication: true }]) {
      expect(['none', '119']).toContain(mayFind(ANN, { find: rule }));
      expect(['none', '119', '101']).toContain(mayFind(ANYBODY, { find: rule }));
    }
  });

  it.each([
    ['a text', 'owner'],
    ['an object', { owner: true }],
    ['a list in a list', [['owner']]],
    ['a column that holds no users', ['secret']],
    ['a column of objects', ['place']],
    ['a column that is gone', ['nosuch']],
    ['a key that looks like the prototype', ['__proto__']],
    ['null', null],
  ])('users whom readUserFields names as %s', (_title, readUserFields) => {
    for (const find of [{}, undefined]) {
      for (const principal of [ANYBODY, ANN]) {
        expect(['none', '119', '101']).toContain(mayFind(principal, { find, readUserFields }));
      }
    }
  });

  it.each([
    ['a role of null', { 'role:Editors': null }],
    ['a role of a text', { 'role:Editors': 'secret' }],
    ['a role of numbers', { 'role:Editors': [1] }],
    ['a role without its prefix', { Editors: [] }],
    ['a blank around everybody', { '* ': [] }],
    ['users of a column that is gone', { 'userField:nosuch': [] }],
    ['users of a column of objects', { 'userField:place': [] }],
    ['a key that looks like the prototype', JSON.parse('{"__proto__": []}') as object],
  ])('protected columns are not revealed to %s', (_title, group) => {
    const permissions = { find: { '*': true }, protectedFields: { '*': ['secret'], ...group } };
    for (const principal of [ANYBODY, ANN]) {
      const schema = storedClass(permissions);
      const rule = columnRuleFor(principal, schema, DEFAULT_ACCESS_RULES);
      expect(rule.access('secret')).toBe('hidden');
      const named = {
        className: 'Doc',
        objectId: 'd1',
        createdAt: undefined,
        updatedAt: undefined,
      };
      const values = new Map<string, ParseValue>([
        ['secret', 'x'],
        ['place', new Pointer('Place', 'ann')],
      ]);
      const acl = { readers: undefined, writers: undefined };
      const shown = visiblePart({ ...named, acl, values }, rule);
      expect(shown.values.has('secret')).toBe(false);
    }
  });

  it.each([
    ['a text', 'secret'],
    ['a list', ['secret']],
    ['null', null],
    ['a text for everybody', { '*': 'secret' }],
    ['null for everybody', { '*': null }],
    ['a number among columns', { '*': ['secret', 1] }],
  ])('protected columns that are %s hide', (_title, protectedFields) => {
    const schema = storedClass({ find: { '*': true }, protectedFields });
    for (const principal of [ANYBODY, ANN]) {
      const rule = columnRuleFor(principal, schema, DEFAULT_ACCESS_RULES);
      expect(rule.access('secret')).toBe('hidden');
    }
  });
});

describe('ACLs that Parse Server could not have written', () => {
  const catalog = catalogOf(classSchema('Doc', {}));
  const ODD: Readonly<Record<string, unknown>> = {
    absent: undefined,
    null: null,
    text: '*',
    object: { '*': true },
    number: 1,
    true: true,
    listInList: [['*']],
    objectInList: [{ '*': true }],
    numberInList: [1],
    nullInList: [null],
    nullAmongOthers: [null, 'bob'],
    blanks: ['', ' ', '* '],
    roleWithoutName: ['role:'],
    roleInAnotherCase: ['role:editors'],
    regular: ['*'],
  };

  let database: AccessDatabase;
  beforeAll(async () => {
    database = await openAccessDatabase();
    await database.raw.collection<Document & { _id: string }>('Doc').insertMany(
      Object.entries(ODD).map(([_id, _rperm]) => ({
        _id,
        ...(_rperm !== undefined && { _rperm }),
      })),
    );
  });
  afterAll(() => database.close());

  it('let the same people in as they do in Parse Server, and in memory nobody else', async () => {
    for (const principal of [ANYBODY, ANN]) {
      const rules = DEFAULT_ACCESS_RULES;
      const store = database.storeFor(catalog);
      const found = await createGuardedStore({ store, catalog, principal, rules }).get({
        className: 'Doc',
        objectIds: Object.keys(ODD),
        select: 'all',
      });
      const where = narrowingFor(principal, catalog, rules).rowsFor('Doc', 'get');
      const bare = { className: 'Doc', objectId: 'd', createdAt: undefined, updatedAt: undefined };
      const inMemory = Object.entries(ODD).filter(([, _rperm]) => {
        const acl = decodeAcl(_rperm === undefined ? {} : { _rperm });
        return matches(where, { ...bare, acl, values: new Map() });
      });
      // Its filter asks for null, which is also found inside a list, and finds a text as if it were a list of one.
      const expected = ['absent', 'null', 'text', 'nullInList', 'nullAmongOthers', 'regular'];
      expect(found.map(({ objectId }) => objectId)).toEqual(expected);
      // What is no subject is not decoded: events are narrower there.
      expect(inMemory.map(([id]) => id)).toEqual(['absent', 'null', 'text', 'regular']);
    }
  });
});
