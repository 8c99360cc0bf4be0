import { Binary, Double, Long, ObjectId } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { PUBLIC_ACL } from '../../src/parse/acl.ts';
import {
  Bytes,
  FileReference,
  GeoPoint,
  Pointer,
  Polygon,
  type ParseValue,
} from '../../src/parse/values.ts';
import { decodeDocument, encodeDocument } from '../../src/storage/mongo/document.ts';
import { classOf, GAME } from './game-class.ts';

const WHEN = new Date('2024-05-06T07:08:09.010Z');
const USER = classOf({ _id: '_User' });
const SESSION = classOf({ _id: '_Session' });
const RING = [
  [10, 1],
  [10, 2],
  [11, 2],
  [10, 1],
];

/** Column · what Parse Server stores · what we see. Both directions. */
const COLUMNS: readonly (readonly [
  column: string,
  key: string,
  stored: unknown,
  value: ParseValue,
])[] = [
  ['name', 'name', 'x', 'x'],
  ['name', 'name', null, null],
  ['score', 'score', 1.5, 1.5],
  ['isOver', 'isOver', false, false],
  ['startedAt', 'startedAt', WHEN, WHEN],
  ['place', 'place', [10, 1], new GeoPoint(1, 10)],
  [
    'area',
    'area',
    { type: 'Polygon', coordinates: [RING] },
    new Polygon(RING.map(([longitude, latitude]) => new GeoPoint(latitude!, longitude!))),
  ],
  ['picture', 'picture', 'a.png', new FileReference('a.png')],
  ['raw', 'raw', new Binary(Buffer.from([1, 2, 3])), new Bytes('AQID')],
  ['owner', '_p_owner', '_User$u1', new Pointer('_User', 'u1')],
  ['owner', '_p_owner', null, null],
  [
    'profile',
    'profile',
    {
      when: WHEN,
      friend: { __type: 'Pointer', className: 'Game', objectId: 'g1' },
      spot: { __type: 'GeoPoint', latitude: 1, longitude: 2 },
      file: { __type: 'File', name: 'a' },
      deep: { list: [1, null, { a: true }] },
      raw: new Binary(Buffer.from([1, 2, 3])),
    },
    {
      when: WHEN,
      friend: new Pointer('Game', 'g1'),
      spot: new GeoPoint(1, 2),
      file: new FileReference('a'),
      deep: { list: [1, null, { a: true }] },
      raw: new Bytes('AQID'),
    },
  ],
  ['tags', 'tags', ['a', 1, WHEN], ['a', 1, WHEN]],
];

function decode(document: Record<string, unknown>, schema = GAME) {
  const reports: string[] = [];
  const object = decodeDocument({ _id: 'g1', ...document }, schema, (line) => reports.push(line));
  return { object: object!, reports };
}

describe('documents as Parse Server stores them', () => {
  it.each(COLUMNS)('reads and writes %s as %s (case %#)', (column, key, stored, value) => {
    const { object, reports } = decode({ [key]: stored });
    expect(object.values).toStrictEqual(new Map([[column, value]]));
    expect(reports).toEqual([]);
    const document = encodeDocument({ values: new Map([[column, value]]), acl: PUBLIC_ACL }, GAME, {
      objectId: 'g1',
      now: WHEN,
    });
    expect(document).toStrictEqual({
      [value === null ? column : key]: stored,
      _id: 'g1',
      _created_at: WHEN,
      _updated_at: WHEN,
    });
  });

  it.each([
    ['a long', { score: Long.fromNumber(7) }, 'score', 7],
    ['a double', { score: new Double(7.5) }, 'score', 7.5],
    ['base64 text', { raw: 'AQID' }, 'raw', new Bytes('AQID')],
    [
      'a date of a dotted update',
      { profile: { d: { __type: 'Date', iso: WHEN.toISOString() } } },
      'profile',
      { d: WHEN },
    ],
    [
      'bytes that Parse Server 9 spread',
      { tags: [{ buffer: { 0: 1, 1: 2, 2: 3 }, sub_type: 0, position: 3 }] },
      'tags',
      [new Bytes('AQID')],
    ],
    [
      'a malformed pointer inside',
      { tags: [{ __type: 'Pointer' }] },
      'tags',
      [{ __type: 'Pointer' }],
    ],
    [
      'an ObjectId inside',
      { tags: [new ObjectId('0123456789abcdef01234567')] },
      'tags',
      ['0123456789abcdef01234567'],
    ],
    ['what no value can say, inside', { tags: [/x/, 1] }, 'tags', [null, 1]],
  ] as const)('reads %s', (_what, document, column, value) => {
    expect(decode(document).object.values.get(column)).toStrictEqual(value);
  });

  it.each([
    ['name', { name: 5 }],
    ['score', { score: '5' }],
    ['score', { score: Number.NaN }],
    ['isOver', { isOver: 1 }],
    ['startedAt', { startedAt: '2020-01-01' }],
    ['place', { place: [1] }],
    ['place', { place: { type: 'Point', coordinates: [1, 2] } }],
    ['area', { area: { type: 'Polygon' } }],
    [
      'area',
      {
        area: {
          type: 'Polygon',
          coordinates: [
            [
              [0, 0],
              [1, 1],
              [0, 0],
            ],
          ],
        },
      },
    ],
    ['picture', { picture: { name: 'x' } }],
    ['raw', { raw: 'not base64!' }],
    ['owner', { _p_owner: 'Game$g1' }],
    ['owner', { _p_owner: '_User$' }],
    ['owner', { _p_owner: 5 }],
    ['profile', { profile: [1] }],
    ['profile', { profile: WHEN }],
    ['tags', { tags: { 0: 'a' } }],
  ] as const)('leaves out a wrong %s and reports it (case %#)', (column, document) => {
    const { object, reports } = decode({ ...document, _p_next: 'Game$g2' });
    expect(object.values.has(column)).toBe(false);
    expect(object.values.get('next')).toEqual(new Pointer('Game', 'g2'));
    expect(reports).toHaveLength(1);
    expect(reports[0]).toContain(`Game.${column}`);
  });

  it('ignores keys that are no column: internals, unknown ones, relations, bare pointers', () => {
    const { object, reports } = decode({
      _unknown: 1,
      _p_other: 'Game$x',
      _p_name: 'Game$x',
      other: 1,
      fans: [1],
      owner: '_User$u1',
      _hashed_password: 'x',
    });
    expect(object.values.size).toBe(0);
    expect(reports).toEqual([]);
  });

  it('reads ids and times of other origin, and leaves out a document without an id', () => {
    const { object } = decode({ _id: new ObjectId('0123456789abcdef01234567'), createdAt: WHEN });
    expect(object).toMatchObject({ objectId: '0123456789abcdef01234567', createdAt: WHEN });
    expect(object.updatedAt).toBeUndefined();
    const { object: none, reports } = decode({ _id: { a: 1 } });
    expect(none).toBeUndefined();
    expect(reports).toHaveLength(1);
  });

  it('reads selected columns only', () => {
    const object = decodeDocument(
      { _id: 'a', name: 'x', score: 1 },
      GAME,
      () => undefined,
      new Set(['score']),
    );
    expect([...object!.values.keys()]).toEqual(['score']);
  });

  it('keeps both halves of an ACL apart, and mirrors them in _acl', () => {
    expect(decode({}).object.acl).toStrictEqual(PUBLIC_ACL);
    expect(decode({ _rperm: ['*'] }).object.acl).toStrictEqual({
      readers: ['*'],
      writers: undefined,
    });
    expect(decode({ _rperm: [], _wperm: null }).object.acl).toStrictEqual({
      readers: [],
      writers: undefined,
    });
    expect(decode({ _rperm: 5, _wperm: [1, 'u'] }).object.acl).toStrictEqual({
      readers: [],
      writers: ['u'],
    });
    const acl = { readers: ['*', 'u1'], writers: ['u1'] };
    const document = encodeDocument({ values: new Map(), acl }, GAME, { objectId: 'g', now: WHEN });
    expect(document).toStrictEqual({
      _id: 'g',
      _wperm: ['u1'],
      _rperm: ['*', 'u1'],
      _acl: { u1: { w: true, r: true }, '*': { r: true } },
      _created_at: WHEN,
      _updated_at: WHEN,
    });
  });

  it('gathers and spreads the providers of authData, and never reads a password', () => {
    const { object } = decode(
      {
        username: 'u',
        _hashed_password: 'x',
        _auth_data_facebook: { id: '1' },
        authData: { a: 1 },
      },
      USER,
    );
    expect(object.values).toStrictEqual(
      new Map<string, ParseValue>([
        ['username', 'u'],
        ['authData', { facebook: { id: '1' } }],
      ]),
    );
    const values = new Map<string, ParseValue>([['authData', { x: { id: '2' }, y: null }]]);
    const document = encodeDocument({ values, acl: PUBLIC_ACL }, USER, {
      objectId: 'u',
      now: WHEN,
    });
    expect(document).toMatchObject({ _auth_data_x: { id: '2' } });
    expect(Object.keys(document)).not.toContain('_auth_data_y');
    expect(Object.keys(document)).not.toContain('authData');
  });

  it('renames the columns of sessions', () => {
    const { object } = decode(
      { _session_token: 'r:1', _p_user: '_User$u', expiresAt: WHEN },
      SESSION,
    );
    expect(object.values).toStrictEqual(
      new Map<string, ParseValue>([
        ['sessionToken', 'r:1'],
        ['user', new Pointer('_User', 'u')],
        ['expiresAt', WHEN],
      ]),
    );
  });

  it.each([
    [111, 'score', 'x'],
    [111, 'owner', new Pointer('Game', 'x')],
    [111, 'owner', 'u1'],
    [111, 'profile', [1]],
    [111, 'tags', { a: 1 }],
    [111, 'fans', [1]],
    [255, 'nothing', 1],
    [255, '_hashed_password', 'x'],
  ] as const)('refuses with %i a wrong value of %s', (parseCode, column, value) => {
    const write = () =>
      encodeDocument(
        { values: new Map<string, ParseValue>([[column, value]]), acl: PUBLIC_ACL },
        GAME,
        {
          objectId: 'g',
          now: WHEN,
        },
      );
    expect(write).toThrow(expect.objectContaining({ parseCode }));
  });
});
