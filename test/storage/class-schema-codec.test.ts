import { describe, expect, it } from 'vitest';
import { NOBODY, OPEN_PERMISSIONS } from '../../src/parse/class-permissions.ts';
import {
  buildCatalog,
  decodeClassSchema,
  decodeFieldType,
  encodeClassSchema,
  encodeFieldType,
} from '../../src/storage/mongo/class-schema-codec.ts';
import { GAME, GAME_ROW } from './game-class.ts';

function decode(row: unknown) {
  const reports: string[] = [];
  const schema = decodeClassSchema(row, (line) => reports.push(line));
  return { schema: schema!, reports };
}

function withPermissions(permissions: unknown, fields: Record<string, string> = {}) {
  return decode({ _id: 'Game', ...fields, _metadata: { class_permissions: permissions } });
}

describe('class schemas as stored', () => {
  it.each([
    ['string', { kind: 'String' }],
    ['number', { kind: 'Number' }],
    ['boolean', { kind: 'Boolean' }],
    ['date', { kind: 'Date' }],
    ['object', { kind: 'Object' }],
    ['array', { kind: 'Array' }],
    ['geopoint', { kind: 'GeoPoint' }],
    ['polygon', { kind: 'Polygon' }],
    ['file', { kind: 'File' }],
    ['bytes', { kind: 'Bytes' }],
    ['*_User', { kind: 'Pointer', targetClass: '_User' }],
    ['relation<Song>', { kind: 'Relation', targetClass: 'Song' }],
  ] as const)('reads and writes the type %s', (stored, type) => {
    expect(decodeFieldType(stored)).toStrictEqual(type);
    expect(encodeFieldType(type)).toBe(stored);
  });

  it('reads map as Object, and nothing else that Parse does not write', () => {
    expect(decodeFieldType('map')).toStrictEqual({ kind: 'Object' });
    for (const stored of [
      '*',
      '*A b',
      'relation<>',
      'relation<A',
      '*A>',
      'String',
      5,
      null,
      '*_Join:a:B',
    ]) {
      expect(decodeFieldType(stored)).toBeUndefined();
    }
  });

  it('keeps columns sorted by name, without the base columns, and writes the row back', () => {
    expect([...GAME.fields.keys()]).toEqual([...GAME.fields.keys()].sort());
    expect(GAME.fields.has('objectId')).toBe(false);
    expect(GAME.permissions).toBe(OPEN_PERMISSIONS);
    expect(encodeClassSchema(GAME)).toStrictEqual(GAME_ROW);
  });

  it('keeps options, indexes and permissions through a round trip', () => {
    const row = {
      _id: 'Game',
      objectId: 'string',
      updatedAt: 'date',
      createdAt: 'date',
      owner: '*_User',
      score: 'number',
      _metadata: {
        class_permissions: {
          find: { '*': true },
          get: { requiresAuthentication: true },
          count: { 'role:Admin': true, abc123: true },
          create: {},
          update: { pointerFields: ['owner'] },
          delete: {},
          addField: {},
          readUserFields: ['owner'],
          protectedFields: { '*': ['score'], 'userField:owner': [] },
          ACL: { '*': { read: true }, currentUser: { read: true, write: true } },
        },
        indexes: { _id_: { _id: 1 }, owner_score: { _p_owner: 1, score: -1 } },
        fields_options: { score: { required: true, defaultValue: 5 } },
      },
    };
    const { schema, reports } = decode(row);
    expect(reports).toEqual([]);
    expect(schema.fields.get('score')).toMatchObject({ isRequired: true, defaultValue: 5 });
    expect(schema.permissions.operations.get.requiresAuthentication).toBe(true);
    expect(schema.permissions.operations.create).toEqual(NOBODY);
    expect(encodeClassSchema(schema)).toStrictEqual(row);
  });

  it('gives system classes their columns, and never a password', () => {
    const { schema, reports } = decode({
      _id: '_User',
      password: 'string',
      nick: 'string',
      email: 'number',
    });
    expect([...schema.fields.keys()]).toEqual([
      'authData',
      'email',
      'emailVerified',
      'nick',
      'username',
    ]);
    expect(schema.fields.get('email')?.type.kind).toBe('String');
    expect(reports).toEqual(['_SCHEMA _User: column email is always string, not number']);
  });

  it('leaves out a column that Parse could not have written, and says so', () => {
    const { schema, reports } = decode({
      _id: 'Game',
      good: 'number',
      bad: 'integer',
      'a-b': 'string',
      length: 'number',
    });
    expect([...schema.fields.keys()]).toEqual(['good']);
    expect(reports).toHaveLength(3);
  });

  it('locks a class whose stored permissions are empty or unreadable', () => {
    for (const permissions of [{}, null, 'open', []]) {
      const { schema } = withPermissions(permissions);
      expect(
        Object.values(schema.permissions.operations).every((rule) => rule.subjects.size === 0),
      ).toBe(true);
    }
    expect(decode({ _id: 'Game', _metadata: {} }).schema.permissions).toBe(OPEN_PERMISSIONS);
  });

  it('never widens what it cannot read', () => {
    const { schema, reports } = withPermissions(
      {
        find: { '*': 'true', u1: true },
        get: 5,
        bogus: { '*': true },
        protectedFields: { '*': 'secret', authenticated: ['secret', 5] },
        ACL: { '*': true },
      },
      { secret: 'string', open: 'string' },
    );
    const { operations, protectedFields, defaultAcl } = schema.permissions;
    expect([...operations.find.subjects]).toEqual(['u1']);
    expect(operations.get).toEqual(NOBODY);
    expect(protectedFields.get('*')).toEqual(new Set(['secret', 'open']));
    expect(protectedFields.get('authenticated')).toEqual(new Set(['secret', 'open']));
    expect(defaultAcl).toEqual(new Map([['*', { read: false, write: false }]]));
    expect(reports).toHaveLength(6);
  });

  it('hides everything when the list of hidden columns cannot be read, and gives new objects to nobody', () => {
    const { schema } = withPermissions({ protectedFields: [], ACL: 'x' }, { secret: 'string' });
    expect(schema.permissions.protectedFields.get('*')).toEqual(new Set(['secret']));
    expect(schema.permissions.defaultAcl).toEqual(new Map());
    const open = withPermissions({ ACL: { '*': { read: true, write: true } } });
    expect(open.schema.permissions.defaultAcl).toBeUndefined();
  });

  it('builds a catalog in order, without volatile classes and rows that are none', () => {
    const reports: string[] = [];
    const rows = [
      GAME_ROW,
      { _id: 'Alpha' },
      { _id: '_User' },
      { _id: '_Hooks' },
      { _id: '_Join:a:B' },
      { _id: 7 },
      null,
      { _id: '__proto__' },
    ];
    const catalog = buildCatalog(rows, (line) => reports.push(line));
    expect([...catalog.classes.keys()]).toEqual(['_User', 'Alpha', 'Game']);
    expect(reports).toHaveLength(4);
  });

  it('versions by content, whatever the order of rows and keys', () => {
    const version = (rows: readonly unknown[]) => buildCatalog(rows, () => undefined).version;
    const reversed = Object.fromEntries(Object.entries(GAME_ROW).reverse());
    expect(version([GAME_ROW, { _id: 'A' }])).toBe(version([{ _id: 'A' }, reversed]));
    expect(version([GAME_ROW])).not.toBe(version([{ ...GAME_ROW, extra: 'string' }]));
    const index = (key: object) => version([{ _id: 'A', _metadata: { indexes: { i: key } } }]);
    expect(index({ a: 1, b: 1 })).not.toBe(index({ b: 1, a: 1 }));
  });
});
